"""Morphology: the only module that knows SudachiPy. Text in, tokens with offsets out."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib.metadata import version

from sudachipy import Dictionary, SplitMode

from referral_app.errors import SearchDown

# SudachiPy refuses inputs over 49,149 bytes; 8,000 characters stay below it in any script.
_CHUNK = 8_000


@dataclass(frozen=True, slots=True)
class Token:
    """One long unit (split mode C). ``start``/``end`` are offsets into the analysed text.

    lemma: Sudachi's normalised form (払え → 払う, 子ども → 子供).
    head: lemma of the last short unit (split mode A) when it differs: 住宅ローン → ローン; else "".
    pos: the six part-of-speech fields. reading: katakana.
    """

    surface: str
    start: int
    end: int
    lemma: str
    head: str
    pos: tuple[str, ...]
    reading: str


def analyser_version() -> str:
    """Names what every reading depends on: analyser and dictionary."""
    return f"sudachipy {version('sudachipy')} core {version('sudachidict-core')}"


class Analyser:
    """Thread-safe over one shared dictionary; each thread gets a tokenizer of its own."""

    def __init__(self) -> None:
        """Raises SearchDown when the dictionary cannot be read."""
        try:
            self._dictionary = Dictionary(dict="core")
        except Exception as error:  # sudachipy raises its own error types from Rust
            raise SearchDown("言葉の辞書を読めません。「make setup」で入れ直してください。") from error
        self._local = threading.local()

    def tokens(self, text: str) -> list[Token]:
        """All tokens of a text of any length, punctuation included."""
        if not hasattr(self._local, "tokenizer"):
            self._local.tokenizer = self._dictionary.tokenizer(mode=SplitMode.C)
        found: list[Token] = []
        for offset, chunk in _chunks(text):
            for m in self._local.tokenizer.tokenize(chunk):
                found.append(
                    Token(
                        surface=m.surface(),
                        start=offset + m.begin(),
                        end=offset + m.end(),
                        lemma=m.normalized_form(),
                        head=_head(m),
                        pos=m.part_of_speech(),
                        reading=m.reading_form(),
                    )
                )
        return found


# Prefixes that turn a word around: 登校 must not be found in 不登校.
_REVERSING = frozenset("不無非未反")


def _head(morpheme) -> str:  # type: ignore[no-untyped-def]  # sudachipy ships no type for it
    if len(morpheme.surface()) < 3 or morpheme.part_of_speech()[0] != "名詞":
        return ""
    parts = morpheme.split(SplitMode.A)
    if len(parts) < 2 or parts[0].surface() in _REVERSING or len(parts[-1].surface()) < 2:
        return ""
    return str(parts[-1].normalized_form())


def _chunks(text: str) -> list[tuple[int, str]]:
    """Pieces of at most 8,000 characters, cut after a sentence end where there is one."""
    pieces, start = [], 0
    while start < len(text):
        end = min(start + _CHUNK, len(text))
        if end < len(text):
            cut = max(text.rfind(mark, start, end) for mark in "。\n、 ")
            end = cut + 1 if cut > start else end
        pieces.append((start, text[start:end]))
        start = end
    return pieces
