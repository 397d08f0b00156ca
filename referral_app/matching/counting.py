"""Reads a number with its counter aloud, where the analyser does not: 一階 いっかい, 四月 しがつ, 10日 とおか.

After Arabic digits (and kanji numbers of a hundred or more) only the counter is read: 16時 → 時 じ,
3階 → 階 がい. Where the two melt into one word, both are read: 2日 ふつか to 10日 とおか, 14日, 20日, 24日,
1人 ひとり, 2人 ふたり. 1日 is ついたち right after 月, else にち. In 2、3日 or 1、2人 nothing is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIGURES = {"一": "いち", "二": "に", "三": "さん", "四": "よん", "五": "ご", "六": "ろく", "七": "なな", "八": "はち"}
_FIGURES |= {"九": "きゅう", "十": "じゅう"}

# Counter → its reading, and the last figure with the counter wherever one of the two changes.
_COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("", ()),
    "日": ("にち", ("七しちにち", "九くにち")),
    "月": ("がつ", ("四しがつ", "七しちがつ", "九くがつ")),
    "時": ("じ", ("四よじ", "七しちじ", "九くじ")),
    "年": ("ねん", ("四よねん",)),
    "人": ("にん", ("四よにん", "七しちにん")),
    "歳": ("さい", ("一いっさい", "八はっさい", "十じゅっさい")),
    "週": ("しゅう", ("一いっしゅう", "八はっしゅう", "十じゅっしゅう")),
    "回": ("かい", ("一いっかい", "六ろっかい", "八はっかい", "十じゅっかい")),
    "階": ("かい", ("一いっかい", "三さんがい", "六ろっかい", "八はっかい", "十じゅっかい")),
    "本": ("ほん", ("一いっぽん", "三さんぼん", "六ろっぽん", "八はっぽん", "十じゅっぽん")),
    "分": ("ふん", ("一いっぷん", "三さんぷん", "四よんぷん", "六ろっぷん", "八はっぷん", "十じゅっぷん")),
    "件": ("けん", ("一いっけん", "六ろっけん", "八はっけん", "十じゅっけん")),
    "冊": ("さつ", ("一いっさつ", "八はっさつ", "十じゅっさつ")),
    "泊": ("はく", ("一いっぱく", "三さんぱく", "四よんぱく", "六ろっぱく", "八はっぱく", "十じゅっぱく")),
    "万": ("まん", ()),
    "か月": ("かげつ", ("一いっかげつ", "六ろっかげつ", "八はっかげつ", "十じゅっかげつ")),
    "か所": ("かしょ", ("一いっかしょ", "六ろっかしょ", "八はっかしょ", "十じゅっかしょ")),
}
_MELTED = {
    "一人": "ひとり",
    "二人": "ふたり",
    "二日": "ふつか",
    "三日": "みっか",
    "四日": "よっか",
    "五日": "いつか",
    "六日": "むいか",
    "七日": "なのか",
    "八日": "ようか",
    "九日": "ここのか",
    "十日": "とおか",
    "十四日": "じゅうよっか",
    "二十日": "はつか",
    "二十四日": "にじゅうよっか",
}
_NUMBER = re.compile(
    r"(?P<number>\d[\d.,．，]*|[〇一二三四五六七八九十百千万]+)"
    r"(?:(?P<counter>[かカヶヵケ箇][月所]|[日月](?!曜)|[時年人歳週回階本分件冊泊万])(?P<span>間?))?"
)
_BELOW_HUNDRED = re.compile("[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]")
_FIGURE = re.compile(r"[\d〇一二三四五六七八九十百千万]")
_LISTED = re.compile(r"[\d一二三四五六七八九][、，・]$")


@dataclass(frozen=True)
class Counted:
    """``bare`` stays without reading, ``word`` after it is read as ``reading`` (hiragana, "" for not at all)."""

    bare: str
    word: str
    reading: str


def follows_figure(text: str, at: int) -> bool:
    """True when the character before ``at`` belongs to a number."""
    return at > 0 and _FIGURE.match(text[at - 1]) is not None


def begins(word: str) -> bool:
    """True for a word that begins with a figure or a counter: after a figure it would be cut out of a number."""
    return word[0] in _COUNTERS or _FIGURE.match(word) is not None


def read(text: str, at: int, ends: set[int]) -> Counted | None:
    """The number with counter that begins at ``at`` and ends where a word ends; None when there is none."""
    found = _NUMBER.match(text, at)
    if not found or found.end() not in ends or follows_figure(text, at):
        return None
    written, counter, span = found["number"], found["counter"] or "", found["span"] or ""
    kind = re.sub("^[カヶヵケ箇]", "か", counter)
    number = _in_kanji(written)
    in_kanji = _BELOW_HUNDRED.fullmatch(written) is not None
    if not counter and not (in_kanji and len(number) > 1):
        return None
    after = "かん" if span else ""
    if whole := _melted(number + kind, text[at - 1 : at]):
        return Counted("", found[0], "" if _LISTED.search(text[:at]) else whole + after)
    base, changed = _COUNTERS[kind]
    if kind == "分" and re.match(r"の[\d一二三四五六七八九十]", text[found.end() :]):
        base, changed = "ぶん", ()
    last = next((change[1:] for change in changed if change[0] == number[-1:]), "")
    if in_kanji:
        start = "".join(_FIGURES[figure] for figure in number[:-1])
        return Counted("", found[0], start + (last or _FIGURES[number[-1]] + base) + after)
    return Counted(written, counter + span, (last[-len(base) :] or base) + after)


def _melted(counted: str, before: str) -> str:
    return "ついたち" if counted == "一日" and before == "月" else _MELTED.get(counted, "")


def _in_kanji(written: str) -> str:
    """A whole number's last two figures in kanji, after 百 when there are more; "" for fractions and 0."""
    if not written.isdecimal():
        return "" if written[0].isdecimal() else written
    tens, ones = divmod(int(written[-2:]), 10)
    figures = ("", *"一二三四五六七八九")
    last = ((figures[tens] if tens > 1 else "") + "十" if tens else "") + figures[ones]
    more = any(int(figure) for figure in written[:-2])
    return "百" + (last or "十") if more else last
