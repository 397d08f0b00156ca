"""Puts database, desk and pages together and listens: to this machine only, unless told otherwise."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from waitress.server import create_server

from referral_app import accounts, db, demo, keeping
from referral_app.access import ROLES
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.errors import ReferralError
from referral_app.matching import is_built
from referral_app.sealing import KeyFile, KeyTrouble
from referral_app.web import create_app

HOST = "127.0.0.1"
THREADS = 8

FIRST_STEPS = """
つながるデスクが動いています。

  開く      http://{host}:{port}
  試す      「借金が返せません。子どもを預ける所もなくて働けない」と打ってみてください。
  止める    Ctrl+C
"""
DEMO = """見本として動いています。実在の方の情報は入れないでください。ログイン画面で、次の人を選べます。
{accounts}
"""
NO_ACCOUNTS = "利用者がまだいません。referral init を実行すると、最初の管理者ができます。"
NO_TLS = (
    "ほかのPCから開くと、パスワードとシートが庁内の線をそのまま流れます。"
    "TLS を話す中継 (リバースプロキシ) の後ろに置き、REFERRAL_HTTPS=1 を付けて、もう一度動かしてください。"
    "中継が同じパソコンなら、--host は要りません。"
)
REAL_PEOPLE = "実際の利用者がいるので、見本の人は使えません。ふつうの画面として動かします。"


def run(settings: Settings, port: int, with_demo: bool, say: Callable[[str], None], host: str = HOST) -> None:
    """Serves until interrupted. Raises DataError (bad data file), ReferralError (taken port, a demo for others)."""
    if with_demo and host != HOST:
        raise ReferralError("見本のパスワードはだれでも知っています。見本は、このパソコンの中だけで動かせます。")
    if host != HOST and not settings.https:
        raise ReferralError(NO_TLS)
    _build_index(settings, say)
    desk = Desk.open(settings)
    engine, is_demo = _open_database(settings, desk, with_demo, say)
    try:
        app = create_app(settings, desk, engine, is_demo)
        server = create_server(app, host=host, port=port, threads=THREADS, ident=None)
    except OSError as error:
        raise ReferralError(
            f"{port} 番は使えません ({error.strerror})。ほかで動いていないかを見るか、"
            "PORT=8001 make run のように番号を変えてください。"
        ) from None
    if desk.fault:
        say(desk.fault)
    say(FIRST_STEPS.format(host=host, port=port))
    if is_demo:
        rows = (f"  {one.login:<8} {one.password:<20} {ROLES[one.role].label} {one.name}" for one in demo.ACCOUNTS)
        say(DEMO.format(accounts="\n".join(rows)))
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # "busy" is no fault: a line for every waiting press
    server.run()


def _open_database(settings: Settings, desk: Desk, with_demo: bool, say: Callable[[str], None]) -> tuple[Engine, bool]:
    """The database, and whether this is a demo. Windows and memo must be there even when no sheet can be kept."""
    keys = KeyFile(settings.key_file)
    engine = db.open_engine(settings.database_url, keys)
    try:
        if keeping.prepare(engine, keys).key_made:
            say(keeping.KEY_MADE.format(path=keys.path))
        with db.transaction(engine) as session:
            return engine, _people(session, desk, with_demo, say)
    except KeyTrouble as error:
        say(f"{error}\nそれまでシートは使えませんが、窓口探しと対応メモは動きます。")
        engine.dispose()
        return db.open_engine(settings.database_url), False  # without keys nothing is sealed under a wrong one
    except (SQLAlchemyError, db.Unavailable):
        say(f"データベースを開けません ({settings.home})。シートは使えませんが、窓口探しと対応メモは動きます。")
    return engine, False


def _people(session: Session, desk: Desk, with_demo: bool, say: Callable[[str], None]) -> bool:
    """Opens the demo's accounts, or closes them; True for a demo."""
    now = datetime.now().replace(microsecond=0)
    if with_demo and demo.open_accounts(session, desk.catalogue, now):
        demo.fill(session, desk.catalogue, now.replace(second=0))
        return True
    demo.close_accounts(session, now)
    if with_demo:
        say(REAL_PEOPLE)
    elif not accounts.any_open(session):
        say(NO_ACCOUNTS)
    return False


def _build_index(settings: Settings, say: Callable[[str], None]) -> None:
    """Builds a stale index in a process of its own, whose memory is given back when it ends."""
    if is_built(settings.data, settings.index_dir):
        return
    say("索引を作っています (データを変えたあとの一度だけ、1分ほどかかります)…")
    environment = {**os.environ, "REFERRAL_HOME": str(settings.home)}
    subprocess.run([sys.executable, "-m", "referral_app.cli", "index"], env=environment, stdout=subprocess.DEVNULL)
