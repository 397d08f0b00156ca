"""Floor 1, understand: a library of its own without web or database."""

from referral_app.matching.alarm import joined
from referral_app.matching.analyser import Analyser
from referral_app.matching.crisis import CrisisReader, load_crisis
from referral_app.matching.explaining import Explanation, explain
from referral_app.matching.finder import Finder
from referral_app.matching.furigana import KANJI, Furigana, Ruby, load_corrections, names_of
from referral_app.matching.nearness import Nearest
from referral_app.matching.phrases import PhraseError
from referral_app.matching.phrasing import Phrasings, Restore, phrase_fault
from referral_app.matching.reading import Reading
from referral_app.matching.sources import is_built
from referral_app.matching.text import LONGEST as LONGEST_TEXT
from referral_app.matching.text import readable

__all__ = [
    "KANJI",
    "LONGEST_TEXT",
    "Analyser",
    "CrisisReader",
    "Explanation",
    "Finder",
    "Furigana",
    "Nearest",
    "PhraseError",
    "Phrasings",
    "Reading",
    "Restore",
    "Ruby",
    "explain",
    "is_built",
    "joined",
    "load_corrections",
    "load_crisis",
    "names_of",
    "phrase_fault",
    "readable",
]
