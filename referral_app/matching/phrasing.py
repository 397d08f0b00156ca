"""Named groups of phrases: which of them stand in a text. For what is no worry, such as a trainee's question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from referral_app.matching.analyser import Analyser
from referral_app.matching.phrases import PhraseBook, PhraseError, expand
from referral_app.matching.reading import Reading, read

Restore = Callable[[str], Reading]  # such as Finder.read: puts kanji back into long runs of hiragana


def phrase_fault(line: str) -> str:
    """Why a line cannot be a phrase, as a Japanese sentence; "" when it can. Word classes are the lexicon's alone."""
    if "<" in line or ">" in line:
        return "ここでは、語の組 < > は使えません。"
    try:
        spellings = [spelling.strip() for part in line.split("&") for spelling in expand(part.strip())]
    except PhraseError as error:
        return str(error)
    exact = [spelling[1:].strip() for spelling in spellings if spelling.startswith("=")]
    if not all(spellings) or any(len(spelling) < 2 for spelling in exact):
        return "空の言葉か、= のうしろが1字の言葉があります。= のうしろは2字以上で書いてください。"
    return ""


class Phrasings:
    """Compiled once; ``heard`` may be called from any thread."""

    def __init__(self, groups: Mapping[str, Iterable[str]], analyser: Analyser, restore: Restore | None = None) -> None:
        """``groups``: name → lines of the phrase language. Raises PhraseError for a line that cannot be compiled.

        restore: with it, a text in hiragana alone is heard as typed and in kanji too.
        """
        self._analyser, self._restore = analyser, restore
        self._names = list(groups)
        self._book = PhraseBook(lambda text: list(read(text, analyser).units), {})
        for owner, name in enumerate(self._names):
            for line in groups[name]:
                self._book.add(line, owner)

    def heard(self, text: str) -> dict[str, tuple[str, ...]]:
        """The groups of which a line stands in the text, each with the words as typed, in the order of the groups.

        ない denies nothing here (けがはないですか asks about けが), and a line also stands where negation, wish or
        passive is added: お仕事はされていますか, けがはしていませんか. Raises InvalidInput when the text is longer than
        LONGEST_TEXT.
        """
        found: dict[int, list[str]] = {}
        for reading in self._readings(text):
            plain = [replace(unit, flags=0) for unit in reading.units]
            as_said, _ = self._book.find(list(reading.units), reading.cleaned.text, deny=False)
            as_named, _ = self._book.find(plain, reading.cleaned.text, deny=False)
            spans: dict[int, list[tuple[int, int]]] = {}
            for hit in (*as_said, *as_named):
                spans.setdefault(hit.owner, []).extend(piece for span in hit.spans for piece in span.pieces)
            for owner, pieces in spans.items():
                found.setdefault(owner, []).extend(reading.said(pieces))
        return {self._names[owner]: tuple(dict.fromkeys(found[owner])) for owner in sorted(found)}

    def _readings(self, text: str) -> Iterable[Reading]:
        yield read(text, self._analyser)
        restored = self._restore(text) if self._restore else None
        if restored and restored.restored:
            yield restored
