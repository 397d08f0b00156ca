"""Pages of the administrator: the record (記録), and what has been kept long enough."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from referral_app import accounts, audit, db, retention, sheets, training
from referral_app.access import Permission
from referral_app.audit import ACTIONS, Action, Line, Verdict
from referral_app.consent import REASONS_TO_OPEN
from referral_app.errors import Conflict, InvalidInput
from referral_app.inbox import TABS
from referral_app.steps import STEPS
from referral_app.web.desk import engine, moment, person, rules
from referral_app.web.guard import needs

pages = Blueprint("record", __name__)


@pages.get("/record")
@needs(Permission.RECORD)
def listing() -> str:
    """The record, newest first; looking at it stands in it too."""
    return _page(None)


@pages.post("/record")
@needs(Permission.RECORD)
def sift() -> Response:
    """Leads to the lines asked for. What was typed gets into no address unless it is a number."""
    typed, action = request.form.get("sheet", ""), request.form.get("action", "")
    number = sheets.number_in(typed, moment())
    if typed.strip() and not number:
        flash("シート番号は、R8-0001 か 0001 の形で入れてください。名前では探せません。")
    known = action if action in ACTIONS else None
    return redirect(url_for("record.listing", action=known, sheet=number or None), 303)


@pages.post("/record/check")
@needs(Permission.RECORD)
def check() -> str | tuple[str, int]:
    """Walks the whole chain."""
    closing = request.form.get("closing", "")
    try:
        with db.transaction(engine()) as transaction:
            verdict = audit.verify(transaction, closing)
            line = Line(Action.RECORD_CHECKED, detail="bad" if verdict.wrong else "")
            audit.write(transaction, person(), moment(), line)
    except InvalidInput as error:
        return _page(None, error.fields, closing), 400
    return _page(verdict)


def _page(verdict: Verdict | None, fields: dict[str, str] | None = None, closing: str = "") -> str:
    action, sheet = request.args.get("action", ""), request.args.get("sheet", "").strip().upper()
    with db.transaction(engine()) as transaction:
        page = audit.listing(transaction, request.args.get("page", 1, type=int), action, sheet)
        names = accounts.names(transaction)
        if verdict is None:
            audit.write(transaction, person(), moment(), Line(Action.RECORD_READ))
    return render_template(
        "record/list.html",
        page=page,
        names=names,
        actions=ACTIONS,
        details=_DETAILS | _refused_at() | {str(number): name for number, name in names.items()},
        verdict=verdict,
        fields=fields or {},
        closing=closing,
        action=action,
        sheet=sheet,
    )


def _refused_at() -> dict[str, str]:
    """Every route that may stand behind 断られた → the page it belongs to."""
    return {name: _PAGES.get(name.partition(".")[0], name) for name in current_app.view_functions}


# blueprint → the page as people call it
_PAGES = {
    **dict.fromkeys(("sheets", "sending", "steps"), "シート"),
    **dict.fromkeys(("practice", "self_check"), "研修"),
    "inbox": "受信箱",
    "papers": "紙",
    "explain": "しらべる",
    "accounts": "利用者",
    "record": "記録・保存期間",
    "training": "研修の準備",
}
# What the keys behind a line mean.
_DETAILS = {
    **{code: step.label for code, step in STEPS.items()},
    **REASONS_TO_OPEN,
    **{f"inbox:{code}": f"受信箱 {label}" for code, (label, _) in TABS.items()},
    "sheets": "シート",
    "keeping": "保存期間",
    "users": "利用者",
    "resident": "本人控え",
    "office": "庁内用",
    "desk": "届いた課の1枚",
    "wait": "待つ間に試した",
    "bad": "合わない行がある",
}


@pages.get("/keeping")
@needs(Permission.KEEPING)
def keeping() -> str:
    """Sheets to be deleted, before anything is deleted."""
    with db.transaction(engine()) as transaction:
        due = retention.due(transaction, rules(), person(), moment())
        hanging = retention.hanging(transaction, rules(), person(), moment())
        audit.write(transaction, person(), moment(), Line(Action.LIST_READ, detail="keeping"))
        practised = training.due(transaction, rules(), person(), moment())
    return render_template("record/keeping.html", due=due, hanging=hanging, practised=practised, rules=rules())


@pages.post("/keeping")
@needs(Permission.KEEPING)
def end() -> Response:
    """Deletes what was ticked on the list, and clears the file of it."""
    numbers = request.form.getlist("numbers")
    try:
        with db.transaction(engine()) as transaction:
            count = retention.end(transaction, rules(), numbers, person(), moment())
    except Conflict as error:
        flash(str(error))
        return redirect(url_for("record.keeping"), 303)
    flash(f"{count}枚を消しました。{_cleared(count)}")
    return redirect(url_for("record.keeping"), 303)


@pages.post("/keeping/practice")
@needs(Permission.KEEPING)
def end_practice() -> Response:
    """Deletes practice whose time is over. Nobody is shown whose it was."""
    with db.transaction(engine()) as transaction:
        count = training.end_due(transaction, rules(), person(), moment())
    flash(f"練習と答え {count}件を消しました。{_cleared(count)}")
    return redirect(url_for("record.keeping"), 303)


def _cleared(count: int) -> str:
    """Clears the file of what was deleted; a sentence when that must wait."""
    db.forget(engine())
    if not count or db.scrub(engine()):
        return ""
    return "ほかの人が使っているため、消した跡(暗号のまま)は、画面を止めたときになくなります。"
