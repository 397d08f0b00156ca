"""The worry lexicon (悩み辞書): loads it from text files, hears worries and persons in a text."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from referral_app import datafile
from referral_app.catalogue import STAFF_CIRCLES, Catalogue
from referral_app.datafile import Entry
from referral_app.errors import DataError
from referral_app.matching.phrases import Analysed, Hit, PhraseBook, PhraseError, Read
from referral_app.matching.units import Unit
from referral_app.types import NATIONAL_ITEMS

LONGEST_LABEL = 16
LONGEST_WHY = 30
# A strong phrase must say more than one of these words alone.
TOO_COMMON = frozenset(
    word
    for row in (
        "居る 有る 無い 何 言う 行く 来る 出る 良い 人 物 所 時 今 分かる 見る 聞く 思う 困る 家",
        "私 自分 未だ もう 歳 前 後 日 年 月 頃 気 方 どう 此処 其れ 欲しい 遣る 会う 貰う",
        "持つ 使う 入る 取る 付く",
    )
    for word in row.split()
)
_NOT_THEMES = ("classes.toml", "outside.toml", "person.toml")


@dataclass(frozen=True)
class Link:
    """A worry's programme or outside window. weight: 3 right, 2 also good, 1 worth knowing."""

    to: str
    weight: int
    why: str


@dataclass(frozen=True)
class Worry:
    """One worry with its links, best first; ``strong`` and ``weak`` are (file line, phrase).

    by_name: its first window is no help for a person in difficulty (a leaflet, a lecture), so it is
    shown only when a phrase asks for it, never guessed.
    """

    code: str
    label: str
    item: str
    theme: str
    links: tuple[Link, ...]
    outside: tuple[Link, ...]
    only_for: tuple[str, ...]
    only_with: str
    by_name: bool
    strong: tuple[tuple[int, str], ...]
    weak: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Theme:
    """A group of worries as the start page offers them."""

    code: str
    label: str
    order: int
    worries: tuple[Worry, ...]


@dataclass(frozen=True)
class Heard:
    """What one reading heard: hits per worry, topics outside the catalogue, kinds of person.

    denied: indexes of units the person denied (借金はない); they must lead nowhere.
    """

    strong: dict[str, list[Hit]]
    weak: dict[str, list[Hit]]
    outside: list[Hit]
    person: frozenset[str]
    denied: frozenset[int]


@dataclass(frozen=True)
class LexiconData:
    """The files, parsed and checked for shape; phrases are compiled by ``Lexicon``."""

    version: str
    themes: tuple[Theme, ...]
    classes: dict[str, tuple[str, ...]]
    outside: tuple[tuple[int, str], ...]
    person: dict[str, tuple[str, tuple[tuple[int, str], ...]]]
    files: dict[str, str]


def version(folder: Path) -> str:
    """Changes with any edit of data/lexicon."""
    paths = sorted(folder.glob("*.toml"))
    return hashlib.sha256(b"\0".join(path.name.encode() + path.read_bytes() for path in paths)).hexdigest()[:12]


def load(folder: Path, catalogue: Catalogue) -> LexiconData:
    """Reads ``data/lexicon/``; raises DataError with file, line and reason, loading nothing."""
    themes: list[Theme] = []
    files: dict[str, str] = {}
    paths = sorted(folder.glob("*.toml"))
    for path in paths:
        if path.name in _NOT_THEMES:
            continue
        theme = _theme(path, catalogue)
        for worry in theme.worries:
            if worry.code in files:
                raise DataError(
                    f"lexicon/{path.name}", None, f"悩み [{worry.code}] は {files[worry.code]} にもあります。"
                )
            files[worry.code] = f"lexicon/{path.name}"
        themes.append(theme)
    classes_file = datafile.read(folder / "classes.toml")
    classes = {k: tuple(row for _, row in classes_file.top().lines(k)) for k in classes_file.values}
    empty = next((name for name, members in classes.items() if not members), None)
    if empty:
        raise classes_file.refuse(f"語の組「{empty}」が空です。", classes_file.line_of("", empty))
    person = {
        entry.key: (entry.text("label", longest=LONGEST_LABEL), entry.lines("strong"))
        for entry in datafile.read(folder / "person.toml").entries()
    }
    return LexiconData(
        version=version(folder),
        themes=tuple(sorted(themes, key=lambda theme: theme.order)),
        classes=classes,
        outside=datafile.read(folder / "outside.toml").top().lines("strong", required=True),
        person=person,
        files=files,
    )


def _theme(path: Path, catalogue: Catalogue) -> Theme:
    file = datafile.read(path)
    top = file.top()
    return Theme(
        code=path.stem,
        label=top.text("theme", longest=LONGEST_LABEL),
        order=top.number("order", 1, 99),
        worries=tuple(_worry(e, path.stem, catalogue) for e in file.entries(without=("theme", "order"))),
    )


def _worry(entry: Entry, theme: str, catalogue: Catalogue) -> Worry:
    links = tuple(sorted(_links(entry, "links", catalogue.programmes), key=lambda link: -link.weight))
    first = catalogue.programmes[links[0].to] if links else None
    worry = Worry(
        code=entry.key,
        label=entry.text("label", longest=LONGEST_LABEL),
        item=entry.choice("item", NATIONAL_ITEMS),
        theme=theme,
        links=links,
        outside=tuple(_links(entry, "outside", catalogue.outside)),
        only_for=entry.texts("only_for", STAFF_CIRCLES),
        only_with=entry.text("only_with", required=False),
        by_name=first is not None and not first.referable and not first.only_for,
        strong=entry.lines("strong", required=True),
        weak=entry.lines("weak"),
    )
    if not worry.links and not worry.outside:
        raise entry.refuse("つなぐ先 (links か outside) が1つもありません。")
    entry.done()
    return worry


def _links(entry: Entry, key: str, known: Iterable[str]) -> list[Link]:
    links = []
    codes = set(known)
    for row in entry.tables(key):
        to = row.text("to")
        if to not in codes:
            raise row.refuse(f"「{to}」という窓口は目録にありません。", containing=f'"{to}"')
        weight = row.number("weight", 1, 3) if key == "links" else 1
        links.append(Link(to, weight, row.text("why", longest=LONGEST_WHY)))
        row.done()
    return links


class Lexicon:
    """The compiled lexicon. ``hear`` finds every phrase of a text in one pass."""

    def __init__(self, data: LexiconData, read: Read, analysed: Analysed | None = None) -> None:
        """Compiles every phrase; ``analysed`` spares the analyser what it has read before. Raises DataError."""
        self.data = data
        self.worries = {worry.code: worry for theme in data.themes for worry in theme.worries}
        self._book = PhraseBook(read, data.classes, analysed)
        self._owners: list[tuple[str, str]] = []
        self.words: dict[str, list[str]] = {}
        for worry in self.worries.values():
            file = data.files[worry.code]
            strong = self._add_all("strong", worry.code, worry.strong, file)
            weak = self._add_all("weak", worry.code, worry.weak, file)
            self.words[worry.code] = strong + weak
            if worry.only_with:
                self._add_all("with", worry.code, ((0, worry.only_with),), file)
        self._add_all("outside", "", data.outside, "lexicon/outside.toml")
        for code, (_, lines) in data.person.items():
            self._add_all("person", code, lines, "lexicon/person.toml")

    @property
    def analysed(self) -> Analysed:
        """What each spelling was read as, to be kept beside the index."""
        return self._book.analysed

    def _add_all(self, kind: str, code: str, lines: tuple[tuple[int, str], ...], file: str) -> list[str]:
        """Compiles lines under (kind, code); returns their keys, the words the index is expanded by."""
        self._owners.append((kind, code))
        owner = len(self._owners) - 1
        words: list[str] = []
        for number, line in lines:
            try:
                sequences = self._book.add(line, owner)
            except PhraseError as error:
                raise DataError(file, number or None, f"[{code}] {error}" if code else str(error)) from None
            for keys in sequences:
                if kind == "strong" and len(keys) == 1 and keys[0] in TOO_COMMON and "&" not in line:
                    raise DataError(
                        file,
                        number,
                        f"[{code}]「{line}」は「{keys[0]}」だけになり、広すぎます。= をつけるか、語を足してください。",
                    )
                if not line.startswith("="):
                    words += [key for key in keys if not key.startswith("<")]
        return words

    def hear(self, units: list[Unit], text: str) -> Heard:
        """Hits per worry. A worry with ``only_with`` counts only where its company stands too."""
        kinds: dict[str, dict[str, list[Hit]]] = defaultdict(lambda: defaultdict(list))
        hits, denied = self._book.find(units, text)
        for hit in hits:
            kind, code = self._owners[hit.owner]
            kinds[kind][code].append(hit)
        alone = {c for c, worry in self.worries.items() if worry.only_with and c not in kinds["with"]}
        return Heard(
            strong={code: hits for code, hits in kinds["strong"].items() if code not in alone},
            weak={code: hits for code, hits in kinds["weak"].items() if code not in alone},
            outside=kinds["outside"][""],
            person=frozenset(kinds["person"]),
            denied=frozenset(denied),
        )
