"""The commands under ``referral print``: papers for anyone, to a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from referral_app.config import Settings
from referral_app.consult import Desk
from referral_app.errors import ReferralError
from referral_app.papers.press import Printed
from referral_app.papers.stationery import Stationery, Subject

_OUT = click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="書き出す PDF。")


@click.group("print")
def printing() -> None:
    """配る紙を PDF にする。"""


@printing.command("list")
def list_subjects() -> None:
    """案内リーフレットの番号を並べる。"""
    stationery = _opened()
    for title, rows in (
        ("手続き (--moment)", [(one.code, one.name) for one in stationery.moments.values()]),
        ("悩み (--worry)", [(one.code, one.label) for one in stationery.worries.values()]),
    ):
        click.echo("\n".join([f"■ {title}", *(f"  {code:16}{name}" for code, name in rows)]))


@printing.command()
@click.option("--worry", help="悩みの番号。悩みの名前は、紙には出ない。")
@click.option("--moment", help="手続きの番号。")
@click.option("--all", "everything", is_flag=True, help="すべての案内を、一つの PDF にする。")
@_OUT
def leaflet(worry: str | None, moment: str | None, everything: bool, out: Path) -> None:
    """相談窓口の案内: A4 を二つ折り。両面印刷 (短い辺でとじる) にする。"""
    if sum((worry is not None, moment is not None, everything)) != 1:
        raise click.UsageError("--worry、--moment、--all のうち、一つを書いてください。番号は referral print list。")
    stationery, today = _opened(), date.today()
    if worry is not None:
        _write(stationery.leaflet_for_worry(worry, today), out)
    elif moment is not None:
        _write(stationery.leaflet_for_moment(moment, today), out)
    else:
        _all(stationery, today, out)


def _all(stationery: Stationery, today: date, out: Path) -> None:
    def watched(subjects: tuple[Subject, ...]) -> Iterator[Subject]:
        with click.progressbar(subjects, label="案内を書いています") as bar:
            yield from bar
        click.echo("PDF にまとめています…")

    batch = stationery.all_leaflets(today, watched)
    _write(batch.printed, out)
    click.echo(f"案内は {batch.count} 種類です。しおりから選べます。")
    if batch.left_out:
        click.echo(f"紙で案内する窓口がなく、作らなかったもの: {'、'.join(batch.left_out)}")


@printing.command()
@_OUT
def booklet(out: Path) -> None:
    """相談窓口べんり帳: 課ごとに、A5。"""
    _write(_opened().booklet(date.today()), out)


@printing.command()
@_OUT
def slip(out: Path) -> None:
    """主な窓口の一覧: A5。だれに渡しても同じ紙。"""
    _write(_opened().slip(date.today()), out)


@printing.command()
@_OUT
def card(out: Path) -> None:
    """名刺の大きさのカード: A4 に10枚、両面。"""
    _write(_opened().card(date.today()), out)


def _opened() -> Stationery:
    settings = Settings.from_environment()
    desk = Desk.open(settings)
    if desk.fault:
        click.echo(desk.fault, err=True)  # papers are still printed, without ふりがな when there is no dictionary
    return Stationery.open(settings, desk)


def _write(printed: Printed, out: Path) -> None:
    try:
        out.write_bytes(printed.pdf)
    except OSError as error:
        raise ReferralError(f"{out} に書けません ({error.strerror})。別の場所を --out に書いてください。") from None
    for warning in printed.warnings:
        click.echo(warning, err=True)
    click.echo(f"書き出しました ({out})。")
