"""How a form's fields become the verbs' input, where more than one page asks for the same."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from referral_app.sheet_input import HandoverInput


def text(form: MultiDict[str, str], name: str) -> str:
    """A text field: line ends as everywhere else, no blanks around it."""
    return form.get(name, "").replace("\r\n", "\n").strip()


def destination(form: MultiDict[str, str], window: str, end: str = "") -> HandoverInput:
    """One destination; ``end`` stands behind each field's name where a form holds several."""
    return HandoverInput(
        window=window,
        ask=text(form, f"ask{end}"),
        way=form.get(f"way{end}", ""),
        consent=form.get(f"consent{end}", ""),
        name_only=form.get(f"name_only{end}") == "yes",
        legal_ground=form.get(f"legal_ground{end}", ""),
        legal_reason=text(form, f"legal_reason{end}"),
        scope=form.get(f"scope{end}", "all"),
    )
