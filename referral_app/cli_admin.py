"""Commands of the administrator: user, audit, retention, tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from referral_app import accounts, audit, db, retention, rules
from referral_app.access import PERMISSIONS, ROLES, Person
from referral_app.audit import Action, Line
from referral_app.config import Settings
from referral_app.errors import ReferralError
from referral_app.sealing import KeyFile
from referral_app.steps import FIELDS, SIDE_LABELS, STATES, STEPS

OPERATOR = Person(None, "", "保守", "admin")  # whoever may use the server's own console


def register(main: click.Group) -> None:
    for command in (user, record, keeping, tables):
        main.add_command(command)


@contextmanager
def _opened(settings: Settings) -> Iterator[Engine]:
    with db.opened(settings.database_url, KeyFile(settings.key_file)) as engine:
        if not db.is_current(engine):
            raise ReferralError("データベースがまだないか、前の版のままです。先に referral init を実行してください。")
        yield engine


@contextmanager
def _work() -> Iterator[Session]:
    with _opened(Settings.from_environment()) as engine, db.transaction(engine) as session:
        yield session


def note(settings: Settings, action: Action) -> None:
    """A deed of the console, in the record."""
    with _opened(settings) as engine, db.transaction(engine) as session:
        audit.write(session, OPERATOR, _now(), Line(action))


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)


@click.group()
def user() -> None:
    """利用者を見る、一度だけのパスワードを出す (画面に入れなくなったとき)。"""


@user.command("list")
def list_users() -> None:
    """利用者の一覧。"""
    with _work() as session:
        audit.write(session, OPERATOR, _now(), Line(Action.LIST_READ, detail="users"))
        for one in accounts.listing(session):
            places = "・".join(row.department for row in one.departments)
            click.echo(f"{one.login}\t{ROLES[one.role].label}\t{places}\t{'停止' if one.stopped_at else ''}")


@user.command("reset")
@click.argument("login")
def reset_user(login: str) -> None:
    """LOGIN に、一度だけ使えるパスワードを出す。待ち時間もなくなる。"""
    with _work() as session:
        account = accounts.by_login(session, login)
        if account.demo:
            raise ReferralError("見本の人です。見本 (make run) でだけ入れます。")
        again = accounts.resume if account.stopped_at else accounts.reset
        password = again(session, account.id, OPERATOR, _now())
    click.echo(f"利用者名 {account.login}\nパスワード {password}\nログインすると、新しいものを決めます。")


@click.group("audit")
def record() -> None:
    """記録 (だれが何をしたか) を確かめる。"""


@record.command()
@click.option("--closing", default="", help="前に控えた「しめくくり」。末尾が切りとられていないかも確かめる。")
def verify(closing: str) -> None:
    """記録の鎖をはじめから確かめる。書きかえ・抜き取り・差しこみがあれば、何番目かを知らせる。"""
    with _work() as session:
        verdict = audit.verify(session, closing)
        audit.write(session, OPERATOR, _now(), Line(Action.RECORD_CHECKED, detail="bad" if verdict.wrong else ""))
    if verdict.wrong is not None:
        raise click.ClickException(f"記録の {verdict.wrong} 番目から先が合いません。手が加わったか、壊れています。")
    click.echo(f"記録 {verdict.lines} 行は、すべて合っています。しめくくり {verdict.closing} を紙に控えてください。")


@click.group("retention")
def keeping() -> None:
    """保存期間の終わったシートを見る・消す。"""


@keeping.command("list")
def list_due() -> None:
    """消すもののいちらん。まだ何も消さない。"""
    spans = rules.load(Settings.from_environment().data / "rules.toml")
    with _work() as session:
        audit.write(session, OPERATOR, _now(), Line(Action.LIST_READ, detail="keeping"))
        for row in retention.due(session, spans, OPERATOR, _now()):
            kind = "送ったもの" if row.was_sent else "下書き"
            click.echo(f"{row.number}\t{row.department}\t{kind}\t{row.since:%Y-%m-%d}")


@keeping.command("end")
@click.argument("numbers", nargs=-1, required=True)
def end_due(numbers: tuple[str, ...]) -> None:
    """いちらんにある NUMBERS のシートを消す。元に戻せない。"""
    settings = Settings.from_environment()
    spans = rules.load(settings.data / "rules.toml")
    with _opened(settings) as engine:
        with db.transaction(engine) as session:
            count = retention.end(session, spans, numbers, OPERATOR, _now())
        db.forget(engine)
        cleared = db.scrub(engine)
    later = "" if cleared else " 消した跡 (暗号のまま) は、動いている画面を止めたときになくなります。"
    click.echo(f"{count}枚を消しました。{later}控えには残っています。控えと古い鍵の扱いは README を見てください。")


@click.command()
def tables() -> None:
    """役割と手続きの表 (docs/tables.md の中身)。"""
    click.echo(as_markdown())


def as_markdown() -> str:
    """The tables of roles and steps, as they stand in docs/tables.md."""
    roles = [
        "| できること | " + " | ".join(role.label for role in ROLES.values()) + " |",
        "|---|" + "---|" * len(ROLES),
        *(
            f"| {label} | " + " | ".join("○" if one in role.permissions else "" for role in ROLES.values()) + " |"
            for one, label in PERMISSIONS.items()
        ),
    ]
    steps = ["| 手続き | いま | つぎ | する人 | 要るもの |", "|---|---|---|---|---|"]
    for step in STEPS.values():
        now = "・".join(STATES[code].label for code in step.origins)
        then = STATES[step.target].label if step.target else "同じ"
        who = "・".join(SIDE_LABELS[side] for side in step.sides)
        needs = "・".join(FIELDS[name].label for name in step.needs) or "なし"
        steps.append(f"| {step.label} | {now} | {then} | {who} | {needs} |")
    return "\n".join(["## 役割と、できること", "", *roles, "", "## つなぎの手続き", "", *steps])
