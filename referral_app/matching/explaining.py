"""Why a text finds what it finds: every source's voice, for those who keep the lexicon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from referral_app.matching import ranking
from referral_app.matching.finder import NOTHING, Finder
from referral_app.matching.lexicon import Heard
from referral_app.matching.phrases import Hit
from referral_app.matching.ranking import Evidence
from referral_app.matching.reading import Reading
from referral_app.matching.units import NEGATED, PASSIVE, WISHED
from referral_app.types import Alert, Finding, Reason

_FLAGS = ((NEGATED, "ない"), (WISHED, "たい"), (PASSIVE, "れる"))
_KINDS = {
    "suicide": "死にたい気持ち",
    "self_harm": "自分を傷つける",
    "other_person": "身近な人が死ぬかもしれない",
    "child_abuse": "子どもが傷つけられている",
    "violence": "暴力を受けている",
    "bereavement": "自死で遺された",
}
_LEVELS = {"imminent": "いま・今日", "high": "はっきり", "concern": "遠回し"}
SHOWN = 8

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """What one source said: a heading, the columns' names, rows of text; ``note`` says how to read them."""

    title: str
    columns: Row
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True)
class Explanation:
    """The tables in the order in which a text is understood; ``finding`` is what the screen shows."""

    tables: tuple[Table, ...]
    finding: Finding


def explain(
    finder: Finder,
    text: str | Reading,
    person: Sequence[str] = (),
    alerts: Sequence[Alert] = (),
    first: Mapping[str, tuple[str, ...]] = NOTHING,
    also: Mapping[str, tuple[str, ...]] = NOTHING,
) -> Explanation:
    """All evidence for one text. alerts, first, also: what another reading heard, see ``Finder.find``.

    Raises InvalidInput when the text is too long.
    """
    sources = finder.sources
    reading = sources.read(text) if isinstance(text, str) else text
    evidence = sources.evidence(reading)
    finding = finder.find(reading, person, first=first, also=also)
    label = {code: worry.label for code, worry in sources.lexicon.worries.items()}
    own = ranking.voices(evidence, sources.lexicon, frozenset(finding.person))
    return Explanation(
        tables=(
            *_read(reading, evidence.heard),
            Table("悩み辞書", ("悩み", "強さ", "辞書の行", "打った言葉"), _phrases(evidence.heard, reading, label)),
            *_beliefs(evidence, label),
            Table("一覧にない用件", ("みかた", "結果"), _outside(evidence, finding)),
            *_alerts(alerts, sources.alarm(reading)),
            _voices({voice.worry.code: voice.strength for voice in own}, {*first, *also}, finding),
            _order(finder, finding, label),
        ),
        finding=finding,
    )


def _read(reading: Reading, heard: Heard) -> Iterator[Table]:
    """The text where it was respelt, and its units; one row for what stands there many times."""
    cleaned = reading.cleaned
    if cleaned.text != cleaned.original:
        how = "かなを漢字に戻した" if reading.restored else "字の形をそろえた"
        yield Table("読みかえた文", ("したこと", "読んだ文"), ((how, cleaned.text),))
    units = (_unit(reading, i, i in heard.denied) for i in range(len(reading.units)))
    yield Table("言葉", ("打った言葉", "読んだ形", "打ち消し"), tuple(dict.fromkeys(units)))


def _unit(reading: Reading, position: int, denied: bool) -> Row:
    unit = reading.units[position]
    flags = "".join(f"+{word}" for flag, word in _FLAGS if unit.flags & flag)
    return reading.cleaned.said(unit.start, unit.end), "/".join(unit.keys) + flags, "数えない" if denied else ""


def _phrases(heard: Heard, reading: Reading, label: Mapping[str, str]) -> tuple[Row, ...]:
    rows = (
        (label[code], kind, hit.line, _hit(hit, reading))
        for kind, found in (("強", heard.strong), ("弱", heard.weak))
        for code, hits in found.items()
        for hit in hits
    )
    outside = (("一覧にない用件", "—", hit.line, _hit(hit, reading)) for hit in heard.outside)
    return tuple(dict.fromkeys((*rows, *outside)))


def _hit(hit: Hit, reading: Reading) -> str:
    return " … ".join(reading.cleaned.said(start, end) for span in hit.spans for start, end in span.pieces)


def _beliefs(evidence: Evidence, label: Mapping[str, str]) -> Iterator[Table]:
    similar = tuple((label[code], f"{score:.1f}") for code, score in evidence.similar[:SHOWN])
    taught = tuple((label[code], f"{belief:.2f}") for code, belief in evidence.taught[:SHOWN])
    yield Table("言葉の近い悩み (BM25)", ("悩み", "点"), similar)
    yield Table("例から習ったこと", ("悩み", "確信"), taught, "確信は 0 から 1 までです。")


def _outside(evidence: Evidence, finding: Finding) -> tuple[Row, ...]:
    named = (("辞書が名ざした用件", "・".join(finding.outside_topics)),) if finding.outside_topics else ()
    return ("例から習った確信", f"{evidence.outside:.2f}"), *named


def _alerts(alerts: Sequence[Alert], belief: float | None) -> Iterator[Table]:
    rows = (
        (
            f"{_KINDS[alert.kind]} ({alert.kind})",
            f"{_LEVELS[alert.level]} ({alert.level})",
            "・".join(alert.words),
            "はっきりした言い方" if alert.sure else "弱い言い方",
        )
        for alert in alerts
    )
    yield Table("注意の言い方", ("種類", "言い方", "打った言葉", "確かさ"), tuple(rows))
    near = "言えない" if belief is None else f"{belief:.2f}"
    note = "打った文が、例の文にどれだけ近いか (0 から 1)。人を測る数ではありません。"
    yield Table("言い方の例との近さ", ("くらべた例", "近さ"), (("注意の言い方の例", near),), note)


def _voices(strength: Mapping[str, float], raised: set[str], finding: Finding) -> Table:
    """The worries as the screen orders them; one that crisis wording placed may have no strength of its own."""
    rows = (
        (
            worry.label,
            f"{strength[worry.code]:.3f}" if worry.code in strength else "—",
            "注意の言い方" if worry.code in raised else "推しはかり" if worry.guessed else "言葉",
        )
        for worry in finding.worries
    )
    note = "上から、画面に出る順です。「注意の言い方」から来た悩みは、強さによらずに置きます。"
    return Table("悩み", ("悩み", "強さ", "もと"), tuple(rows), note)


def _order(finder: Finder, finding: Finding, label: Mapping[str, str]) -> Table:
    programmes = finder.catalogue.programmes
    rows = (
        (f"{f.code} {programmes[f.code].name}", f"{f.score:.4f}", "\n".join(_reason(r, label) for r in f.reasons))
        for f in finding.programmes
    )
    return Table("事業", ("事業", "点", "理由"), tuple(rows), "上から、画面に出る順です。点は順を決めるだけの数です。")


def _reason(reason: Reason, label: Mapping[str, str]) -> str:
    worry = label[reason.worry] if reason.worry else "言葉の近い事業"
    return f"{worry}{''.join(f'「{word}」' for word in reason.words)} {reason.why}"
