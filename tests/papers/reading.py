"""Reads a PDF back: its text, fonts, tags and the texts of its pictures, as a person or a program would find them."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pypdf import PdfReader
from pypdf.generic import DictionaryObject

MILLIMETRES = 25.4 / 72
SHOWN = 4  # pages whose words are kept for review


class Paper:
    """A PDF that was read back."""

    def __init__(self, pdf: bytes) -> None:
        self.reader = PdfReader(io.BytesIO(pdf))

    @cached_property
    def pages(self) -> list[str]:
        """The text of each page, in the order it was drawn."""
        return [page.extract_text() for page in self.reader.pages]

    @property
    def text(self) -> str:
        """All text without any space or line end: words are found across the ends of lines."""
        return re.sub(r"\s", "", "".join(self.pages))

    @property
    def fonts(self) -> dict[str, bool]:
        """Name without its subset mark → whether it is embedded, over all pages."""
        found = {}
        for page in self.reader.pages:
            for font in page["/Resources"].get("/Font", {}).values():  # type: ignore[attr-defined]
                inner = font.get_object()["/DescendantFonts"][0].get_object()
                descriptor = inner["/FontDescriptor"].get_object()
                name = str(inner["/BaseFont"]).split("+")[-1].removesuffix("-Identity-H")
                found[name] = any(key in descriptor for key in ("/FontFile2", "/FontFile3"))
        return dict(sorted(found.items()))

    @property
    def tags(self) -> Counter[str]:
        """How often each structure element stands in the tag tree."""
        return Counter(str(node["/S"])[1:] for node in self._nodes())

    @property
    def pictures(self) -> Counter[str]:
        """The texts that stand for pictures: boxes, marks, QR codes."""
        return Counter(str(node["/Alt"]) for node in self._nodes() if "/Alt" in node)

    @property
    def bookmarks(self) -> list[str]:
        return [str(one.title) for one in self.reader.outline if not isinstance(one, list)]

    @property
    def says_ua(self) -> bool:
        """Whether the file declares itself PDF/UA-1."""
        xmp = self.reader.xmp_metadata
        return xmp is not None and "pdfuaid" in xmp.rdf_root.toxml()

    def shape(self) -> str:
        """What is worth reviewing, as text: how it is made, and the words of its first pages."""
        sizes = Counter("×".join(f"{float(n) * MILLIMETRES:.0f}" for n in p.mediabox[2:]) for p in self.reader.pages)
        head = [
            f"pages: {', '.join(f'{count} of {size} mm' for size, count in sizes.items())}",
            f"title: {self.reader.metadata.title if self.reader.metadata else ''}",
            f"language: {self.reader.root_object.get('/Lang')}, PDF/UA-1: {'yes' if self.says_ua else 'no'}",
            f"fonts: {', '.join(name if inside else f'{name} NOT EMBEDDED' for name, inside in self.fonts.items())}",
            f"tags: {_counted(self.tags)}",
            f"pictures: {_counted(self.pictures)}",
            f"bookmarks: {', '.join(self.bookmarks)}",
        ]
        pages = [f"\n--- page {n}\n{text.strip()}" for n, text in enumerate(self.pages[:SHOWN], 1)]
        return "\n".join([*head, *pages]) + "\n"

    def _nodes(self) -> Iterator[DictionaryObject]:
        waiting: list[Any] = [self.reader.root_object.get("/StructTreeRoot", {}).get("/K", [])]  # type: ignore[attr-defined]
        while waiting:
            node = waiting.pop().get_object() if hasattr(waiting[-1], "get_object") else waiting.pop()
            if isinstance(node, list):
                waiting.extend(reversed(node))
            elif isinstance(node, DictionaryObject):
                if "/S" in node:
                    yield node
                waiting.append(node.get("/K", []))


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))
