"""The page /explain: why a text finds what it finds, for those who keep the lexicon. Stores and logs nothing."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from referral_app.access import Permission
from referral_app.errors import InvalidInput, SearchDown
from referral_app.exchange import case
from referral_app.matching import LONGEST_TEXT, Explanation, readable
from referral_app.web.desk import desk
from referral_app.web.guard import needs

pages = Blueprint("explain", __name__)

EMPTY = "しらべる文を打ってください。"


@pages.get("/explain")
@needs(Permission.LEXICON)
def start() -> str:
    """An empty field."""
    return _page()


@pages.post("/explain")
@needs(Permission.LEXICON)
def find() -> str:
    """The same page with every source's answer; the text travels in the body only."""
    text = readable(request.form.get("text", "").replace("\r\n", "\n"))
    if not text.strip():
        return _page(text, error=EMPTY)
    try:
        return _page(text, desk().explain(text))
    except InvalidInput as error:
        return _page(text, error=str(error))
    except SearchDown:
        return _page(text)  # the desk's fault says why


def _page(text: str = "", found: Explanation | None = None, error: str = "") -> str:
    return render_template(
        "consult/explain.html",
        text=text,
        found=found,
        case=case(text) if found else "",
        error=error,
        fault=desk().fault,
        longest=LONGEST_TEXT,
    )
