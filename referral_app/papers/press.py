"""The press: a template and data in, a PDF out. The only door to typst, to its fonts and to the QR maker.

Everything comes from the installation (compiler and fonts ship in packages): nothing is asked of the
system or the network. Data travels as JSON and is set as strings; no text is ever read as markup.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any, cast

import noto_cjk_sans_jp_bold
import noto_cjk_sans_jp_regular
import segno
import typst

from referral_app.errors import ReferralError
from referral_app.papers.glyphs import Glyphs

FONTS = (Path(str(noto_cjk_sans_jp_regular.FONT_PATH)), Path(str(noto_cjk_sans_jp_bold.FONT_PATH)))
_TAGGED = "ua-1"  # PDF/UA-1, ISO 14289-1: tags, language, title, a text for every picture
_NOT_TAGGED = (
    "読み上げのしるし(PDF/UA)を付けずに作りました。紙に印刷するには、さしつかえありません。"
    "画面で読み上げて使うときは、シートの画面をお使いください。"
)
_FAILED = "PDF を作れませんでした。印刷の画面から、ブラウザで印刷してください。"
_NO_PRINT = (range(9), range(11, 13), range(14, 32), range(127, 160), range(0x200B, 0x2010), range(0x202A, 0x202F))
_UNSEEN: dict[int, str | None] = {
    **{code: None for span in (*_NO_PRINT, range(0x2060, 0x2065), (0xFEFF,)) for code in span},
    **dict.fromkeys(map(ord, "\r\x85\u2028\u2029"), "\n"),
    ord("\t"): " ",
}


@dataclass(frozen=True)
class Printed:
    """A paper. ``warnings`` are Japanese sentences for the clerk: what will not look or read as it should."""

    pdf: bytes
    tagged: bool
    warnings: tuple[str, ...] = ()


class Press:
    """Prints templates of one folder. Threads may share it: each gets a compiler of its own."""

    def __init__(self, templates: Path) -> None:
        self._templates = templates.resolve()
        self._fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(file.parent) for file in FONTS]
        )
        self._own = threading.local()
        self._glyphs = Glyphs.of(*FONTS)

    def print(self, template: str, value: Any, **more: Any) -> Printed:
        """The PDF of ``template`` (a name without .typ) drawn from ``value``, a dataclass or mapping.

        ``more`` adds keys of its own to the value. Raises ReferralError when nothing can be drawn.
        A character no font holds is named in the warnings and leaves the PDF without its PDF/UA mark.
        """
        data = {**clean(value), **more}
        warnings = self._glyphs.warnings(_texts(data))
        inputs = {"data": json.dumps(data, ensure_ascii=False)}
        try:
            return Printed(self._compile(template, inputs, _TAGGED), True, warnings)
        except typst.TypstError:
            pass  # most often a glyph that is missing, which PDF/UA forbids
        try:
            return Printed(self._compile(template, inputs, None), False, (*warnings, _NOT_TAGGED))
        except typst.TypstError as error:
            raise ReferralError(_FAILED) from error

    def warnings(self, value: Any) -> tuple[str, ...]:
        """What the clerk should know before printing, without printing: characters no font holds."""
        return self._glyphs.warnings(_texts(clean(value)))

    def _compile(self, template: str, inputs: Mapping[str, str], standard: Any) -> bytes:
        if not hasattr(self._own, "compiler"):
            self._own.compiler = typst.Compiler(root=str(self._templates), font_paths=self._fonts)
        source = str(self._templates / f"{template}.typ")
        made = self._own.compiler.compile(
            input=source, format="pdf", sys_inputs=dict(inputs), pdf_standards=standard or []
        )
        return cast(bytes, made)  # one PDF in memory: bytes, not a list of pages and not a file


def qr(text: str) -> str:
    """A QR code (never a micro QR: few readers know them) as SVG, with its quiet zone."""
    svg = io.BytesIO()
    segno.make_qr(text, error="m").save(svg, kind="svg", border=4, xmldecl=False)
    return svg.getvalue().decode()


def clean(value: Any) -> Any:
    """Data without what is no print: controls and marks of no width go, a tab is a space, every line end is one."""
    if isinstance(value, str):
        whole = value.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text
        return whole.replace("\r\n", "\n").translate(_UNSEEN)
    if is_dataclass(value) and not isinstance(value, type):
        return clean(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(item) for item in value]
    return value


def _texts(value: Any) -> str:
    """Every text of the data, joined."""
    if isinstance(value, str):
        return value
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return "\n".join(map(_texts, items))
