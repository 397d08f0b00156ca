"""Cleans what was typed and keeps the way back to the original characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from referral_app.errors import InvalidInput

LONGEST = 10_000  # characters; a consultation of half an hour is about 6,000

# Anything but the letters, marks and digits of ordinary Japanese typing is looked at one by one.
_UNUSUAL = re.compile("[^ -~\n、。「」『』々〇〜…―ぁ-ゖァ-ヶー・一-龥]")
_VOICING = {"ﾞ": "\u3099", "ﾟ": "\u309a", "\u3099": "\u3099", "\u309a": "\u309a"}


@dataclass(frozen=True)
class CleanText:
    """``text`` is what is analysed; ``origin[i]`` is the offset in the original of character i."""

    original: str
    text: str
    origin: tuple[int, ...]

    def said(self, start: int, end: int) -> str:
        """The resident's own characters behind ``text[start:end]``."""
        if start >= end:
            return ""
        last = self.origin[end] if end < len(self.origin) else len(self.original)
        return self.original[self.origin[start] : last].strip()


def readable(text: str) -> str:
    """The text with lone surrogates replaced, so that it can be shown, stored and sent."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean(original: str) -> CleanText:
    """NFKC per character, control characters dropped, white space kept as breaks.

    Raises InvalidInput when the text is longer than LONGEST.
    """
    if len(original) > LONGEST:
        raise InvalidInput({"text": f"文が長すぎます。{LONGEST:,} 字までにしてください (いま {len(original):,} 字)。"})
    original = readable(original)
    if not _UNUSUAL.search(original) and unicodedata.is_normalized("NFKC", original):
        return CleanText(original, original, tuple(range(len(original))))
    characters: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(original):
        if character in _VOICING and characters:
            # Half-width ｶﾞ is two characters: join the mark to the kana before it; no other letter takes it.
            joined = unicodedata.normalize("NFC", characters[-1] + _VOICING[character])
            characters[-1] = joined if len(joined) == 1 else characters[-1]
            continue
        for plain in _plain(character):
            characters.append(plain)
            origin.append(position)
    return CleanText(original, "".join(characters), tuple(origin))


def _plain(character: str) -> str:
    if character in "\n\r\t":
        return "\n" if character == "\n" else " "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return ""
    return unicodedata.normalize("NFKC", character)
