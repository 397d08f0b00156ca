"""Turns tokens into units: content words with negation, wish and passive as flags on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from referral_app.matching.analyser import Token

NEGATED, WISHED, PASSIVE = 1, 2, 4

_CONTENT = frozenset(("名詞", "代名詞", "動詞", "形容詞", "形状詞", "副詞", "接頭辞", "接尾辞", "感動詞", "連体詞"))
# Words that carry no meaning of their own in a worry.
_EMPTY = frozenset(
    ("為る", "成る", "事", "御", "さん", "様", "ちゃん", "君", "達", "其の", "此の", "何か", "訳", "筈", "儘", "積り")
)
_NEGATIVES = frozenset(("ない", "ず", "ぬ", "へん", "ん", "まい", "無い"))
_WISHES = frozenset(("たい", "たがる"))
_PASSIVES = frozenset(("れる", "られる"))
# Helpers after て/で or a verb's stem: 返して「いる」, 食べて「しまう」, つら「すぎる」.
_HELPERS = frozenset(
    (
        "居る",
        "仕舞う",
        "来る",
        "行く",
        "置く",
        "見る",
        "貰う",
        "呉れる",
        "上げる",
        "頂く",
        "下さる",
        "過ぎる",
        "始める",
        "続ける",
        "出す",
        "切る",
        "掛ける",
    )
)
_SENTENCE_END = frozenset("。！？!?\n")


@dataclass(frozen=True, slots=True)
class Unit:
    """A content word. ``keys`` are the forms it may be found under; offsets are of the clean text."""

    keys: tuple[str, ...]
    flags: int
    start: int
    end: int
    sentence: int
    noun: bool


def units(tokens: list[Token]) -> list[Unit]:
    """Content units in order, each with the flags its auxiliaries give it."""
    found: list[Unit] = []
    sentence, previous = 0, None
    for token in tokens:
        if token.surface in _SENTENCE_END or "\n" in token.surface:
            sentence += 1
            previous = None
            continue
        if found and found[-1].sentence == sentence and _flag(token, previous, found[-1]):
            found[-1] = _flagged(found[-1], _flag(token, previous, found[-1]), token.end)
        elif found and _trails(token, found[-1]):
            found[-1] = replace(found[-1], end=token.end)
        elif _has_content(token, previous):
            found.append(_unit(token, sentence))
        previous = token
    return found


def _flag(token: Token, previous: Token | None, last: Unit) -> int:
    """The flag this token adds to the unit before it, 0 if none."""
    if token.pos[0] == "助動詞":
        if token.lemma in _NEGATIVES:
            return NEGATED
        if token.lemma in _WISHES:
            return WISHED
        if token.lemma in _PASSIVES:
            return PASSIVE
    # 楽しくない, 行きたくない: the adjective ない right behind an adjective or たい negates it.
    follows = previous is not None and (previous.pos[0] in ("形容詞", "動詞") or previous.lemma in _WISHES)
    return NEGATED if token.lemma == "無い" and follows else 0


def _trails(token: Token, last: Unit) -> bool:
    """返せなく「て」 belongs to the word it follows when shown to the clerk."""
    return token.pos[0] == "助詞" and token.surface in ("て", "で") and token.start == last.end and not last.noun


def _flagged(unit: Unit, flag: int, end: int) -> Unit:
    if flag == NEGATED and unit.keys[0] == "有る":
        # お金がありません is お金がない.
        return replace(unit, keys=("無い",), end=end)
    return replace(unit, flags=unit.flags | flag, end=end)


def _has_content(token: Token, previous: Token | None) -> bool:
    kind = token.pos[0]
    if kind not in _CONTENT or token.lemma in _EMPTY:
        return False
    if kind == "接尾辞" and token.pos[1] == "動詞的":
        return False
    is_helper = token.pos[1] == "非自立可能" and token.lemma in _HELPERS and previous is not None
    return not (is_helper and previous is not None and _leads_to_helper(previous))


def _leads_to_helper(previous: Token) -> bool:
    return (previous.pos[0] == "助詞" and previous.surface in ("て", "で", "ちゃ", "じゃ")) or previous.pos[0] in (
        "動詞",
        "助動詞",
        "形容詞",
    )


def _unit(token: Token, sentence: int) -> Unit:
    keys = (token.lemma, token.head) if token.head and token.head != token.lemma else (token.lemma,)
    return Unit(keys, 0, token.start, token.end, sentence, token.pos[0] in ("名詞", "代名詞", "接頭辞", "形状詞"))
