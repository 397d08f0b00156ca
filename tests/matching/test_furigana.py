"""ふりがな: right over the words of the catalogue, absent where it would be guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referral_app import catalogue
from referral_app.catalogue import Catalogue
from referral_app.errors import DataError
from referral_app.matching.analyser import Analyser
from referral_app.matching.furigana import KANJI, Furigana, Ruby, align, load_corrections, names_of
from referral_app.types import Contact

DATA = Path(__file__).parents[2] / "data"
REVIEWED = Path(__file__).with_name("furigana_reviewed.txt")
HAS_KANJI = re.compile(f"[{KANJI}]")
HIRAGANA = re.compile("[ぁ-ゖー]+")


@pytest.fixture(scope="module")
def held() -> Catalogue:
    return catalogue.load(DATA)


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser()


@pytest.fixture(scope="module")
def furigana(held: Catalogue, analyser: Analyser) -> Furigana:
    return Furigana(analyser, load_corrections(DATA / "ruby.toml", names_of(held)))


def shown(pieces: tuple[Ruby, ...]) -> str:
    return "".join(piece.base + (f"[{piece.reading}]" if piece.reading else "") for piece in pieces)


def contact_texts(contact: Contact) -> Iterator[str]:
    yield from (contact.place, contact.hours, contact.note)


def printed_texts(held: Catalogue) -> list[str]:
    """Every text of the catalogue that may stand on paper."""
    texts = [held.address, held.switchboard.name]
    for programme in held.programmes.values():
        texts += [programme.name, programme.plain_name, programme.summary, programme.for_whom]
        texts += [programme.condition, programme.what_to_say, programme.which_one]
    for outside in held.outside.values():
        texts += [outside.name, outside.plain_name, outside.what, outside.condition, outside.what_to_say]
    texts += [*held.departments, *(line.name for line in held.help_lines)]
    named = [held.switchboard, *held.departments.values(), *held.outside.values(), *held.help_lines]
    for contact in (*(one.contact for one in named), *held.places.values()):
        texts += contact_texts(contact)
    return sorted({text for text in texts if text})


def words(text: str, furigana: Furigana, analyser: Analyser) -> Iterator[tuple[str, str]]:
    """Each word with kanji and its whole reading: 預[あず]ける → 預ける, あずける."""
    token_ends = {token.end for token in analyser.tokens(text)}
    word, reading, end = "", "", 0
    for piece in furigana.ruby(text):
        parts = [(piece.base, piece.reading)] if piece.reading else [(c, c) for c in piece.base]
        for base, kana in parts:
            word, reading, end = word + base, reading + kana, end + len(base)
            if end in token_ends:
                if HAS_KANJI.search(word):
                    yield word, reading
                word = reading = ""


@pytest.mark.parametrize(
    "expected",
    [
        # okurigana stays outside
        "預[あず]ける",
        "取[と]り組[く]み",
        "話[はな]し合[あ]い",
        "お母[かあ]さん",
        "気[き]がかり",
        "読[よ]み返[かえ]す",
        # compounds are cut into their words where these alone read the same
        "国民[こくみん]健康[けんこう]保険[ほけん]",
        "児童[じどう]扶養[ふよう]手当[てあて]の現況届[げんきょうとどけ]",
        # kanji numbers
        "一階[いっかい]",
        "三階[さんがい]",
        "第[だい]2庁舎[ちょうしゃ]1階[かい]",
        "四月[しがつ]",
        "七月[しちがつ]",
        "九月[くがつ]",
        "四時[よじ]",
        "七時[しちじ]",
        "九時[くじ]",
        "二日[ふつか]",
        "十日[とおか]",
        "十七日[じゅうしちにち]",
        "二十日[はつか]",
        "二十四日[にじゅうよっか]",
        "三十一日[さんじゅういちにち]",
        "一日[いちにち]",
        "四月[しがつ]一日[ついたち]",
        "一日中[いちにちじゅう]",
        "一人[ひとり]ひとり",
        "二人[ふたり]",
        "四人[よにん]",
        "一人暮[ひとりぐ]らし",
        "五十歳[ごじゅっさい]",
        "二十歳[はたち]",
        "三十分[さんじゅっぷん]",
        "十分[じゅうぶん]な休養[きゅうよう]",
        "一週間[いっしゅうかん]",
        "一[いっ]か月[げつ]",
        "一冊[いっさつ]",
        "一[ひと]つ",
        "一対一[いったいいち]",
        "一時的[いちじてき]",
        "第三者[だいさんしゃ]",
        "三百円[えん]",
        "二〇二六年[ねん]",
        "〇歳[さい]",
        # Arabic digits: over the counter …
        "16時[じ]30分[ぷん]",
        "17時[じ]15分[ふん]",
        "24時間[じかん]",
        "9月[がつ]と3月[がつ]",
        "11月[がつ]23日[にち]",
        "2026年[ねん]",
        "１日[にち]健康[けんこう]診断[しんだん]",
        "1階[かい]",
        "3階[がい]",
        "8階[かい]",
        "4人[にん]",
        "18歳[さい]",
        "5か月[げつ]未満[みまん]",
        "10か所[しょ]",
        "5分[ぶん]の1",
        "3,000円[えん]",
        "1万[まん]円[えん]",
        "1.5日[にち]",
        "102日[にち]",
        "2年生[ねんせい]",
        "第[だい]1月曜日[げつようび]",
        "第[だい]1日曜日[にちようび]",
        # … or over both, where they melt into one word
        "4月[がつ]1日[ついたち]",
        "毎月[まいつき]10日[とおか]は8時[じ]",
        "１０日[とおか]",
        "20日[はつか]",
        "2日間[ふつかかん]",
        "1人[ひとり]",
        "２人[ふたり]目[め]",
        "1人暮[ひとりぐ]らし",
        # a list of days can be read two ways
        "2、3日",
        "1、2人",
        # words the analyser reads otherwise
        "高齢[こうれい]の方[かた]は",
        "相談[そうだん]した方[ほう]がよい",
        "受[う]け方[かた]と方法[ほうほう]",
        "私[わたし]は",
        "病院[びょういん]に行[い]って",
        "支援[しえん]を行[おこな]って",
        "市[し]が行[おこな]っている事業[じぎょう]",
        "行[い]ったことがある",
        "通[かよ]っている学校[がっこう]",
        "学校[がっこう]を通[とお]して",
        "何[なに]が使[つか]えるか",
        "何[なん]か月[げつ]",
        "その後[ご]も",
        "亡[な]くした後[あと]の心[こころ]",
        "その間[あいだ]、",
        "平日[へいじつ](月[げつ]〜金[きん])",
        "11月[がつ]23日[にち](月[げつ])",
        "要[よう]確[かく]認[にん]",
        "老人[ろうじん]憩[いこい]の家[いえ]",
        "寿[ことぶき]荘[そう]",
        "小[しょう]・中学校[ちゅうがっこう]",
        "支援[しえん]（サービス）",
        "療育[りょういく]",
        "就学[しゅうがく]援助[えんじょ]",
        "令和[れいわ]8年[ねん]11月[がつ]24日[にじゅうよっか](火[か])に作[つく]りました",
        "確認日[かくにんび] 令和[れいわ]8年[ねん]4月[がつ]1日[ついたち](水[すい])",
        "係[かかり]の者[もの]に",
        "福祉[ふくし]総合[そうごう]支援課[しえんか]",
        "厚木市[あつぎし]中町[なかちょう]3-17-17",
        # no ruby rather than a wrong one
        "髙﨑さん",
        "山田さん",
        "𠮷田さん",
        "渡邉様[さま]",
        "齋藤 花子",
        "々",
        "〇〇課[か]",
        # nothing over kana, Latin letters and digits
        "つながるシート",
        "ファミリー・サポート・センター",
        "#いのちSOS 0120-061-338",
        "",
        " \n",
    ],
)
def test_a_text_is_read_as_a_person_would_read_it_aloud(expected: str, furigana: Furigana) -> None:
    text = re.sub(r"\[[ぁ-ゖー]+\]", "", expected)
    assert shown(furigana.ruby(text)) == expected


@pytest.mark.parametrize(
    ("word", "reading", "expected"),
    [
        ("取り組み", "トリクミ", "取[と]り組[く]み"),
        ("地域包括ケア推進課", "ちいきほうかつけあすいしんか", "地域包括[ちいきほうかつ]ケア推進課[すいしんか]"),
        ("霞ヶ関", "カスミガセキ", "霞[かすみ]ヶ関[せき]"),
        ("言い合い", "いいあい", "言[い]い合[あ]い"),
        ("現況届", "げんきょうとどけ", "現況届[げんきょうとどけ]"),
        ("髙﨑", "髙﨑", ""),
        ("行って", "おこなう", ""),
        ("子の子", "このこのこ", ""),
        ("現況届", "", ""),
    ],
)
def test_a_reading_is_laid_over_the_kanji_only_when_it_can_be_told_which_part_is_theirs(
    word: str, reading: str, expected: str
) -> None:
    assert shown(align(word, reading)) == expected


def assert_well_formed(text: str, pieces: tuple[Ruby, ...]) -> None:
    assert "".join(piece.base for piece in pieces) == text
    for piece in pieces:
        assert piece.base
        assert not piece.reading or (HIRAGANA.fullmatch(piece.reading) and HAS_KANJI.search(piece.base))


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_the_pieces_of_any_text_join_to_the_text_and_readings_are_hiragana(furigana: Furigana, text: str) -> None:
    assert_well_formed(text, furigana.ruby(text))


JAPANESE = st.sampled_from(
    "一二三十百千万〇日月時分人階歳間々ヶかをのに行っ方中後私何生髙﨑𠮷市課相談大小水１0289、・.（）Aア ー\n"
)


@given(st.text(JAPANESE, max_size=25))
@settings(max_examples=500, deadline=None)
def test_the_pieces_of_any_japanese_text_join_to_the_text_and_readings_are_hiragana(
    furigana: Furigana, text: str
) -> None:
    assert_well_formed(text, furigana.ruby(text))


def test_a_text_longer_than_the_analyser_takes_at_once_is_read_to_its_end(furigana: Furigana) -> None:
    text = "相談の方法を案内してください。" * 1_000
    pieces = furigana.ruby(text)
    assert_well_formed(text, pieces)
    assert sum(piece == Ruby("案内", "あんない") for piece in pieces) == 1_000


def test_every_kanji_of_the_catalogue_has_a_reading(held: Catalogue, furigana: Furigana) -> None:
    bare = [
        f"「{text}」の「{piece.base}」"
        for text in printed_texts(held)
        for piece in furigana.ruby(text)
        if not piece.reading and HAS_KANJI.search(piece.base)
    ]
    assert not bare, "ふりがなが付かない漢字があります。data/ruby.toml に読みを書いてください:\n" + "\n".join(bare)


def test_digits_and_letters_of_the_catalogue_have_no_ruby_except_in_days_and_persons(
    held: Catalogue, furigana: Furigana
) -> None:
    pieces = {piece for text in printed_texts(held) for piece in furigana.ruby(text) if piece.reading}
    odd = {piece.base for piece in pieces if re.search(f"[^{KANJI}]", piece.base)}
    assert not {base for base in odd if not re.fullmatch(r"\d+(日間?|人)", base)}


def test_names_are_read_as_their_kana_in_the_data_files_say(held: Catalogue, furigana: Furigana) -> None:
    for name, kana in names_of(held).items():
        pieces = furigana.ruby(name)
        if re.search(r"[\dA-Za-z]", name):
            assert all(piece.reading in kana for piece in pieces)
            continue
        read = "".join(piece.reading or piece.base for piece in pieces)
        assert to_hiragana(read) == kana, name


def to_hiragana(text: str) -> str:
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)


def test_every_word_of_the_catalogue_has_a_reading_a_person_has_reviewed(
    held: Catalogue, furigana: Furigana, analyser: Analyser
) -> None:
    reviewed = set(REVIEWED.read_text(encoding="utf-8").splitlines())
    places: dict[str, str] = {}
    for text in printed_texts(held):
        for word, reading in words(text, furigana, analyser):
            places.setdefault(f"{word} = {reading}", text)
    new = [f"{line}\n    # {text}" for line, text in sorted(places.items()) if line not in reviewed]
    assert not new, (
        "まだ人が確かめていない読みがあります。一つずつ読み、正しければその行 (「言葉 = 読み」) を "
        f"tests/matching/{REVIEWED.name} に足してください。違っていれば data/ruby.toml に正しい読みを書いてから、"
        "もう一度検査を動かしてください。\n" + "\n".join(new)
    )


def test_the_reviewed_readings_are_hiragana_for_words_with_kanji() -> None:
    lines = [line for line in REVIEWED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))
    for line in lines:
        word, reading = line.split(" = ")
        assert HAS_KANJI.search(word), line
        assert not HAS_KANJI.search(reading), line


def written(folder: Path, text: str) -> Path:
    path = folder / "data" / "ruby.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def reader(analyser: Analyser, path: Path, names: dict[str, str] | None = None) -> Furigana:
    return Furigana(analyser, load_corrections(path, names or {}))


def test_a_correction_wins_before_the_analyser_and_the_longest_first(tmp_path: Path, analyser: Analyser) -> None:
    path = written(tmp_path, '["組"]\n"相談" = "そうだ"\n"相談窓口" = "そうだんぐち"\n')
    assert shown(reader(analyser, path).ruby("相談と相談窓口")) == "相談[そうだ]と相談窓口[そうだんぐち]"


def test_a_correction_cut_with_bars_puts_ruby_over_each_kanji(tmp_path: Path, analyser: Analyser) -> None:
    path = written(tmp_path, '["組"]\n"要確認" = "よう|かく|にん"\n')
    assert shown(reader(analyser, path).ruby("(要確認)")) == "(要[よう]確[かく]認[にん])"


def test_a_correction_of_one_kanji_is_not_used_inside_another_word(tmp_path: Path, analyser: Analyser) -> None:
    path = written(tmp_path, '["組"]\n"方" = "かた"\n')
    assert shown(reader(analyser, path).ruby("方針")) == "方針[ほうしん]"


def test_a_correction_is_not_cut_out_of_a_number(tmp_path: Path, analyser: Analyser) -> None:
    path = written(tmp_path, '["組"]\n"十日" = "じゅうにち"\n"日中" = "ひなか"\n')
    assert shown(reader(analyser, path).ruby("二百十日")) == "二百十日[にち]"
    assert "ひなか" not in shown(reader(analyser, path).ruby("3日中に"))


def test_a_word_beside_a_correction_is_read_on_its_own(tmp_path: Path, analyser: Analyser) -> None:
    path = written(tmp_path, '["組"]\n"健康相" = "けんこうそう"\n')
    assert shown(reader(analyser, path).ruby("健康相談")) == "健康相[けんこうそう]談[だん]"


def test_a_name_is_read_by_its_kana_and_ruby_toml_wins_over_it(tmp_path: Path, analyser: Analyser) -> None:
    path = written(tmp_path, '["組"]\n"本町課" = "もとまちか"\n')
    furigana = reader(
        analyser, path, {"上町ケア課": "うえまちけあか", "本町課": "ほんちょうか", "#SOS1課": "えすおーえす"}
    )
    assert shown(furigana.ruby("上町ケア課と本町課")) == "上町[うえまち]ケア課[か]と本町課[もとまちか]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["組"]\n"現況届" = "げんきょう届"\n', "data/ruby.toml:2: [組] 「現況届」と「げんきょう届」が合いません。"),
        ('["組"]\n"行って" = "おこなう"\n', "data/ruby.toml:2: [組] 「行って」と「おこなう」が合いません。"),
        ('["組"]\n"かな" = "かな"\n', "data/ruby.toml:2: [組] 「かな」と「かな」が合いません。"),
        ('["組"]\n"現況届" = ""\n', "data/ruby.toml:2: [組] 「現況届」が空です。"),
        ('["組"]\n"現況届" = 3\n', "data/ruby.toml:2: [組] 「現況届」は 文字"),
        ('["組"]\n"要確認" = "よう|かくにん"\n', "data/ruby.toml:2: [組] 「要確認」の | は、漢字だけの言葉で、"),
        ('["組"]\n"行き先" = "い|き|さき"\n', "data/ruby.toml:2: [組] 「行き先」の | は、漢字だけの言葉で、"),
        ('["甲"]\n"要" = "よう"\n["乙"]\n"要" = "よう"\n', "data/ruby.toml:4: [乙] 「要」は、ほかの組にもあります。"),
        ('"要" = "よう"\n', 'data/ruby.toml:1: 「要」は、["…"] の見出しより下に書いてください。'),
        ("[組]\n", "data/ruby.toml:1: 書き方が読みとれません"),
    ],
)
def test_a_fault_in_ruby_toml_is_refused_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        load_corrections(written(tmp_path, text), {})
    assert str(refused.value).startswith(message)


def test_a_missing_ruby_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="ファイルがありません"):
        load_corrections(tmp_path / "ruby.toml", {})
