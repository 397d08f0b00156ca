"""Two readings of crisis wording: clear wording stands, weak voices need each other, no fault silences it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.errors import DataError
from referral_app.matching import alarm, examples
from referral_app.matching.alarm import DYING, joined
from referral_app.matching.crisis import CrisisReader
from referral_app.matching.meaning import Meanings, word_key

DATA = Settings.at(Path(".")).data


def dying(desk: Desk, text: str) -> list[str]:
    return [alert.level for alert in desk.listen(text)[0] if alert.kind in DYING]


@pytest.mark.parametrize(
    "text", ["死にたいです", "今夜死にます", "もう生きていたくない", "息子が死にたいと言っています"]
)
def test_clear_wording_stands_whatever_the_examples_believe(desk: Desk, monkeypatch, text: str) -> None:  # type: ignore[no-untyped-def]
    assert desk.finder
    monkeypatch.setattr(desk.finder.sources, "alarm", lambda reading: 0.0)
    assert dying(desk, text)


def test_weak_wording_falls_without_belief_and_stands_with_a_little(desk: Desk, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    text = "家の中のことは何も知らずに生きてきた"
    assert [alert.sure for alert in desk.named(text) if alert.kind in DYING] == [False]
    assert desk.finder
    monkeypatch.setattr(desk.finder.sources, "alarm", lambda reading: 0.0)
    assert not dying(desk, text)
    monkeypatch.setattr(desk.finder.sources, "alarm", lambda reading: alarm.CONFIRMS)
    assert dying(desk, text)


def test_a_strong_belief_speaks_alone_and_is_only_a_concern(desk: Desk, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    assert desk.finder
    monkeypatch.setattr(desk.finder.sources, "alarm", lambda reading: 1.0)
    assert dying(desk, "印鑑証明をください") == ["concern"]


def test_wording_typed_in_kana_is_heard_with_the_words_as_typed(desk: Desk) -> None:
    text = "もうこのよからきえてしまいたいとおもっています"
    alerts = [alert for alert in desk.listen(text)[0] if alert.kind in DYING]
    assert alerts
    assert all(word in text for alert in alerts for word in alert.words)


def test_a_broken_model_leaves_the_rules_speaking(desk: Desk, monkeypatch, caplog) -> None:  # type: ignore[no-untyped-def]
    def broken(reading: object) -> float:
        raise RuntimeError("死にたい")

    assert desk.finder
    monkeypatch.setattr(desk.finder.sources, "alarm", broken)
    assert dying(desk, "死にたいです")
    assert "死にたい" not in caplog.text


def test_without_analyser_the_rules_go_on(desk: Desk) -> None:
    reader: CrisisReader = desk._reader
    assert joined("死にたい", reader, None, None)[0].kind == "suicide"


def test_example_lines_are_of_known_levels_and_unsure_worries_exist(desk: Desk) -> None:
    lines = examples.load_crisis(DATA / examples.CRISIS)
    assert {level for row in lines for level in row.tells} == set(examples.LEVELS.values())
    assert len(lines) > 3000


def test_words_near_in_meaning_lie_near(desk: Desk) -> None:
    meanings = Meanings(DATA / "words")

    def near(one: str, other: str) -> float:
        a, b = meanings.total([(one, 1.0)]), meanings.total([(other, 1.0)])
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    assert near("毛布", "布団") > near("毛布", "税金") + 0.3
    assert not meanings.total([("ありえない言葉の並び", 1.0)]).any()
    assert word_key("夫") == 7160533410622871478


def test_a_broken_table_of_words_is_told(tmp_path: Path) -> None:
    (tmp_path / "words.npz").write_bytes(b"half")
    with pytest.raises(DataError, match="data/words"):
        Meanings(tmp_path)
