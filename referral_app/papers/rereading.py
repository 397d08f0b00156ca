"""Readings a clerk mends before printing, for this one paper. What is wrong every time belongs in data/ruby.toml.

``words`` lists what can be mended, in the order of the paper; the form sends a reading for each back,
``mended`` lays them over the same view-model. Nothing is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from referral_app.errors import InvalidInput
from referral_app.matching import KANJI, Ruby

Paper = TypeVar("Paper")

LONGEST = 20  # kana over one word
_KANJI_RUN = re.compile(f"([{KANJI}]+)")
_HIRAGANA = re.compile("[ぁ-ゖー]*")
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def words(paper: object) -> tuple[Ruby, ...]:
    """Every word with its reading, and every kanji without one, each once, in the paper's order."""
    return tuple(dict.fromkeys(word for piece in _pieces(paper) for word in _split(piece) if _mendable(word)))


def typed(paper: object, readings: Sequence[str]) -> dict[Ruby, str]:
    """The readings that differ from the paper's, out of one per word in the order of ``words``.

    Katakana becomes hiragana; an empty one takes the reading away. Raises InvalidInput with ``ruby-N`` per fault.
    """
    asked = words(paper)
    if len(asked) != len(readings):
        raise InvalidInput({"ruby": "紙の中身が変わりました。もう一度、印刷の画面を開いてください。"})
    given = [reading.strip().translate(_TO_HIRAGANA) for reading in readings]
    faults = {
        f"ruby-{n}": f"「{word.base}」の読みは、{LONGEST}字までのひらがなで書いてください。"
        for n, (word, reading) in enumerate(zip(asked, given, strict=True))
        if len(reading) > LONGEST or not _HIRAGANA.fullmatch(reading)
    }
    if faults:
        raise InvalidInput(faults)
    return {word: reading for word, reading in zip(asked, given, strict=True) if reading != word.reading}


def mended(paper: Paper, readings: Mapping[Ruby, str]) -> Paper:
    """The same view-model with other readings; its words stay what they were."""
    return cast(Paper, _mended(paper, readings))


def _mended(value: Any, readings: Mapping[Ruby, str]) -> Any:
    if _are_rubies(value):
        return tuple(Ruby(word.base, readings.get(word, word.reading)) for piece in value for word in _split(piece))
    if isinstance(value, tuple):
        return tuple(_mended(item, readings) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _mended(getattr(value, field.name), readings) for field in fields(value)})
    return value


def _pieces(value: Any) -> Iterator[Ruby]:
    if _are_rubies(value):
        yield from value
    elif isinstance(value, tuple):
        for item in value:
            yield from _pieces(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _pieces(getattr(value, field.name))


def _are_rubies(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, Ruby) for item in value)


def _split(piece: Ruby) -> Iterator[Ruby]:
    """A piece without reading falls into its kanji and the rest, so that each kanji word can be given one."""
    if piece.reading:
        yield piece
    else:
        yield from (Ruby(part, "") for part in _KANJI_RUN.split(piece.base) if part)


def _mendable(word: Ruby) -> bool:
    return bool(word.reading or _KANJI_RUN.fullmatch(word.base))
