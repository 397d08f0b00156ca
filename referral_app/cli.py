"""The command ``referral``: serve, init, key, backup, restore, index, match, explain, check; more in cli_*."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click

from referral_app import accounts, cli_admin, db, keeping
from referral_app.audit import Action
from referral_app.checking import faults
from referral_app.cli_print import printing
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.errors import InvalidInput, ReferralError, SearchDown
from referral_app.exchange import answer, case, question
from referral_app.matching import is_built
from referral_app.sealing import KeyFile


class JapaneseErrors(click.Group):
    """Our own errors end the command with their sentence, not with a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except ReferralError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=JapaneseErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tsunagaru-desk")
def main() -> None:
    """つながるデスク: 一つの窓口から、必要な窓口へつなぐ。"""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # a Japanese Windows console would say cp932


main.add_command(printing)


@main.command()
@click.option("--port", default=8000, type=click.IntRange(1, 65535), show_default=True, help="待ち受ける番号。")
@click.option("--demo", "with_demo", is_flag=True, help="空のデータベースに、架空のシートを入れる。")
@click.option("--host", default="127.0.0.1", show_default=True, help="ほかのPCからも開くときは 0.0.0.0。")
def serve(port: int, with_demo: bool, host: str) -> None:
    """画面を動かす (ふつうは、このパソコンの中だけ)。"""
    from referral_app import serving  # the other commands start without the pages

    serving.run(Settings.from_environment(), port, with_demo, click.echo, host)


@main.command()
def init() -> None:
    """保存場所・データベース・鍵・索引・最初の管理者を用意する。何度実行しても安全。"""
    settings = Settings.from_environment()
    settings.secret_key()
    keys = KeyFile(settings.key_file)
    with db.opened(settings.database_url, keys) as engine:
        done = keeping.prepare(engine, keys, thorough=True)
        with db.transaction(engine) as session:
            first = accounts.first_administrator(session, datetime.now().replace(microsecond=0))
    click.echo("データベースを用意しました。" if done.migrated else "データベースは、すでに最新です。")
    if done.key_made:
        click.echo(keeping.KEY_MADE.format(path=keys.path))
    if first:
        click.echo(FIRST_ADMINISTRATOR.format(login=first[0], password=first[1]))
    fault = Desk.open(settings).fault
    if fault:
        raise ReferralError(fault)
    click.echo(f"用意ができました ({settings.home})。次は: referral serve")


FIRST_ADMINISTRATOR = """最初の管理者を作りました。パスワードは一度だけ使えます。ログインすると、新しいものを決めます。
  利用者名      {login}
  パスワード    {password}"""


@main.group()
def key() -> None:
    """データの鍵 (個人の言葉を封じる鍵) を扱う。"""


@key.command()
def rotate() -> None:
    """新しい鍵を足し、すべての行をその鍵で封じ直す。動いている画面は止めなくてよい。"""
    settings = Settings.from_environment()
    keys = KeyFile(settings.key_file)
    with db.opened(settings.database_url, keys) as engine:
        rows = keeping.rotate(engine, keys)
    cli_admin.note(settings, Action.KEY_ROTATED)
    click.echo(
        f"新しい鍵で {rows} 行を封じ直しました。{keys.path} の写しを、取り直してください。\n"
        "2行目からの古い鍵は、前に取った控えを開くのに要ります。古い控えを捨てたら、その行を消せます。"
    )


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """データベースの控えを FILE に取る。動いている画面は止めなくてよい。鍵は入らない。"""
    settings = Settings.from_environment()
    keeping.backup(settings, file)
    cli_admin.note(settings, Action.BACKED_UP)
    click.echo(f"控えを取りました ({file})。開くには鍵 ({settings.key_file}) が要ります。別に保管してください。")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="いまのデータベースと入れ替える (いまのものは、名前を変えて残す)。")
def restore(file: Path, replace: bool) -> None:
    """控え FILE を調べ、鍵で開けることを確かめてから、データベースとして置く。"""
    settings = Settings.from_environment()
    aside = keeping.restore(settings, file, replace, datetime.now())
    cli_admin.note(settings, Action.RESTORED)
    if aside:
        click.echo(f"前のデータベースは {aside} に残しました。要らなくなったら消してください。")
    click.echo("控えから戻しました。次は: referral serve")


@main.command()
def index() -> None:
    """検索の索引を作り直す。動いている画面は止めなくてよい。"""
    settings = Settings.from_environment()
    built_before = is_built(settings.data, settings.index_dir)
    desk = Desk.open(settings)
    if desk.finder is None or (desk.fault and not built_before):
        raise SearchDown(desk.fault)
    if built_before:
        desk.finder.sources.rebuild()
    click.echo(f"索引を作り直しました ({desk.finder.sources.stamp})。")


@main.command()
@click.argument("source", type=click.File("r", encoding="utf-8-sig", errors="replace"), default="-")
def match(source: IO[str]) -> None:
    """1行1件の JSON {"id", "text", "person"?} を読み、1行1件の答えを書く。"""
    desk = Desk.open(Settings.from_environment())
    failed = False
    for line in _lines(source):
        result = _match_line(desk, line)
        failed = failed or "error" in result
        click.echo(json.dumps(result, ensure_ascii=False))
    sys.exit(1 if failed else 0)


def _lines(source: Iterable[str]) -> Iterable[str]:
    return (line for line in source if line.strip())


def _match_line(desk: Desk, line: str) -> dict[str, Any]:
    try:
        asked = question(json.loads(line))
        return answer(asked, *desk.match(asked.text, asked.person), desk.fault)
    except json.JSONDecodeError as error:
        return {"id": None, "error": f"JSON として読めません (桁 {error.colno})。"}
    except (ValueError, RecursionError):  # numbers of thousands of digits, brackets without end
        return {"id": None, "error": "JSON として読めません。"}
    except InvalidInput as error:
        return {"id": None, "error": str(error)}


@main.command("explain")
@click.argument("text")
def explain_text(text: str) -> None:
    """なぜその窓口が出るのかを、言葉・悩み・点まで見せる。最後の行は、検査の例として残せる形。"""
    desk = Desk.open(Settings.from_environment())
    for table in desk.explain(text).tables:
        rows = ["  ".join(" ".join(cell.split()) for cell in row if cell) for row in table.rows]
        click.echo("\n".join([f"■ {table.title}", *(f"  {row}" for row in rows or ["なし"])]))
    if desk.fault:
        click.echo(desk.fault, err=True)
    click.echo(case(text))


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="調べるフォルダ (ふつうは書かない)。")
def check(data: Path | None) -> None:
    """data/ のファイルをすべて調べ、まちがいをファイル名と行で知らせる。"""
    found = faults(data or Settings.from_environment().data)
    for fault in found:
        click.echo(str(fault), err=True)
    if found:
        raise click.ClickException(f"{len(found)} か所を直してください。直すまで、前の内容のまま動きます。")
    click.echo("data/ に、まちがいはありません。")


cli_admin.register(main)

if __name__ == "__main__":
    main()
