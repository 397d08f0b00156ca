"""Pages of the administrator's accounts. A one-time password is shown once, in the answer, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from referral_app import accounts as verbs
from referral_app import audit, db
from referral_app.access import PERMISSIONS, ROLES, Permission
from referral_app.accounts import AccountInput
from referral_app.audit import Action, Line
from referral_app.db import Session
from referral_app.errors import InvalidInput, NotFound
from referral_app.models import Account
from referral_app.web.desk import desk, engine, moment, person
from referral_app.web.guard import needs

pages = Blueprint("accounts", __name__)

Answer = str | Response | tuple[str, int]


@pages.get("/accounts")
@needs(Permission.ACCOUNTS)
def listing() -> str:
    """All accounts, and the table of what each role may do."""
    with db.transaction(engine()) as transaction:
        found = verbs.listing(transaction)
        audit.write(transaction, person(), moment(), Line(Action.LIST_READ, detail="users"))
    return render_template("accounts/list.html", accounts=found, roles=ROLES, permissions=PERMISSIONS)


@pages.get("/accounts/new")
@needs(Permission.ACCOUNTS)
def blank() -> str:
    return _form(None, AccountInput(), {})


@pages.post("/accounts/new")
@needs(Permission.ACCOUNTS)
def create() -> Answer:
    given = _given()
    try:
        with db.transaction(engine()) as transaction:
            account, password = verbs.create(transaction, given, desk().catalogue.departments, person(), moment())
    except InvalidInput as error:
        return _form(None, given, error.fields), 400
    except db.Unavailable as error:
        return _form(None, given, {}, f"まだ登録していません。{error}"), 503
    return _password(account, password, "登録しました")


@pages.get("/accounts/<int(max=2147483647):number>")
@needs(Permission.ACCOUNTS)
def edit(number: int) -> str:
    with db.reading(engine()) as reading:
        account = verbs.get(reading, number)
    places = tuple(row.department for row in account.departments)
    return _form(account, AccountInput(account.login, account.name, account.role, places), {})


@pages.post("/accounts/<int(max=2147483647):number>")
@needs(Permission.ACCOUNTS)
def save(number: int) -> Answer:
    given = _given()
    try:
        with db.transaction(engine()) as transaction:
            verbs.change(transaction, number, given, desk().catalogue.departments, person(), moment())
    except InvalidInput as error:
        with db.reading(engine()) as reading:
            return _form(verbs.get(reading, number), given, error.fields), 400
    except db.Unavailable as error:
        with db.reading(engine()) as reading:
            return _form(verbs.get(reading, number), given, {}, f"まだ保存していません。{error}"), 503
    flash("保存しました")
    return redirect(url_for("accounts.listing"), 303)


@pages.post("/accounts/<int(max=2147483647):number>/<deed>")
@needs(Permission.ACCOUNTS)
def act(number: int, deed: str) -> Answer:
    """Stop, resume, or a new one-time password."""
    if deed not in _DEEDS:
        raise NotFound("この操作はありません。一覧から選び直してください。")
    with db.transaction(engine()) as transaction:
        password, told = _DEEDS[deed](transaction, number)
        account = verbs.get(transaction, number)
    if password:
        return _password(account, password, told)
    flash(told)
    return redirect(url_for("accounts.listing"), 303)


def _stop(session: Session, number: int) -> tuple[str, str]:
    given_back = verbs.stop(session, number, person(), moment())
    held = f"手元のつなぎ {given_back}件は、課に戻しました。" if given_back else ""
    return "", f"停止しました。{held}"


_DEEDS: dict[str, Callable[[Session, int], tuple[str, str]]] = {
    "stop": _stop,
    "resume": lambda session, number: (verbs.resume(session, number, person(), moment()), "停止を解きました"),
    "reset": lambda session, number: (verbs.reset(session, number, person(), moment()), "新しくしました"),
}


def _given() -> AccountInput:
    form = request.form
    desk_first = [form.get("desk", ""), *form.getlist("departments")]
    chosen = tuple(dict.fromkeys(name for name in desk_first if name))
    return AccountInput(form.get("login", ""), form.get("name", ""), form.get("role", ""), chosen)


def _form(account: Account | None, given: AccountInput, fields: dict[str, str], notice: str = "") -> str:
    return render_template(
        "accounts/edit.html",
        account=account,
        given=given,
        fields=fields,
        notice=notice,
        roles=ROLES,
        departments=tuple(desk().catalogue.departments),
    )


def _password(account: Account, password: str, told: str) -> str:
    return render_template("accounts/password.html", account=account, password=password, told=told)
