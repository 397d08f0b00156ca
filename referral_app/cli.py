"""The command ``referral``: serve, init, index, match, explain, check."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import click

from referral_app import db
from referral_app.checking import faults
from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.errors import InvalidInput, ReferralError, SearchDown
from referral_app.exchange import answer, case, question
from referral_app.matching import is_built


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


@main.command()
@click.option("--port", default=8000, type=click.IntRange(1, 65535), show_default=True, help="待ち受ける番号。")
@click.option("--demo", "with_demo", is_flag=True, help="空のデータベースに、架空のシートを入れる。")
def serve(port: int, with_demo: bool) -> None:
    """画面を動かす (このパソコンの中だけ)。"""
    from referral_app import serving  # the other commands start without the pages

    serving.run(Settings.from_environment(), port, with_demo, click.echo)


@main.command()
def init() -> None:
    """保存場所・データベース・鍵・索引を用意する。何度実行しても安全。"""
    settings = Settings.from_environment()
    settings.secret_key()
    done = db.migrate(db.open_engine(settings.database_url))
    click.echo("データベースを用意しました。" if done else "データベースは、すでに最新です。")
    fault = Desk.open(settings).fault
    if fault:
        raise ReferralError(fault)
    click.echo(f"用意ができました ({settings.home})。次は: referral serve")


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


if __name__ == "__main__":
    main()
