"""Puts database, desk and pages together and listens on this machine only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from waitress.server import create_server

from referral_app import db, demo, keeping
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.errors import ReferralError
from referral_app.matching import is_built
from referral_app.sealing import KeyFile, KeyTrouble
from referral_app.web import create_app

HOST = "127.0.0.1"  # until accounts exist, the server answers its own machine only
THREADS = 8

FIRST_STEPS = """
つながるデスクが動いています。

  開く      http://{host}:{port}
  試す      「借金が返せません。子どもを預ける所もなくて働けない」と打ってみてください。
  止める    Ctrl+C

試用中です。実在の方の情報は入れないでください。
"""


def run(settings: Settings, port: int, with_demo: bool, say: Callable[[str], None]) -> None:
    """Serves until interrupted. Raises DataError for a bad data file, ReferralError for a taken port."""
    _build_index(settings, say)
    desk = Desk.open(settings)
    engine = _open_database(settings, desk, with_demo, say)
    try:
        server = create_server(create_app(settings, desk, engine), host=HOST, port=port, threads=THREADS, ident=None)
    except OSError as error:
        raise ReferralError(
            f"{port} 番は使えません ({error.strerror})。ほかで動いていないかを見るか、"
            "PORT=8001 make run のように番号を変えてください。"
        ) from None
    if desk.fault:
        say(desk.fault)
    say(FIRST_STEPS.format(host=HOST, port=port))
    server.run()


def _open_database(settings: Settings, desk: Desk, with_demo: bool, say: Callable[[str], None]) -> Engine:
    """Windows and memo must be there even when no sheet can be kept."""
    keys = KeyFile(settings.key_file)
    engine = db.open_engine(settings.database_url, keys)
    try:
        if keeping.prepare(engine, keys).key_made:
            say(keeping.KEY_MADE.format(path=keys.path))
        if with_demo:
            with db.transaction(engine) as session:
                demo.fill(session, desk.catalogue)
    except KeyTrouble as error:
        say(f"{error}\nそれまでシートは使えませんが、窓口探しと対応メモは動きます。")
        engine.dispose()
        return db.open_engine(settings.database_url)  # without keys nothing is sealed under a wrong one
    except SQLAlchemyError:
        say(f"データベースを開けません ({settings.home})。シートは使えませんが、窓口探しと対応メモは動きます。")
    return engine


def _build_index(settings: Settings, say: Callable[[str], None]) -> None:
    """Builds a stale index in a process of its own, whose memory is given back when it ends."""
    if is_built(settings.data, settings.index_dir):
        return
    say("索引を作っています (データを変えたあとの一度だけ、1分ほどかかります)…")
    environment = {**os.environ, "REFERRAL_HOME": str(settings.home)}
    subprocess.run([sys.executable, "-m", "referral_app.cli", "index"], env=environment, stdout=subprocess.DEVNULL)
