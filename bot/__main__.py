"""The command line: run, worker, migrate, expand, backup, restore, keys, verify, doctor, pull and others."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Final

import typer

from bot.cli import on_files, on_models
from bot.cli.reading import settings_of_this_machine
from bot.errors import BadSettings, CannotRun, Refused
from bot.settings import Settings

EX_CONFIG: Final = 78  # from sysexits.h; deploy/kuotu.service does not restart the program after this code

cli = typer.Typer(
    name="kuotu",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"kuotu {version('kuotu')}")
        raise typer.Exit


@cli.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", "-V", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """扩图: expand photos beyond their frame. The README lists the settings (KUOTU_* variables or `.env`)."""


@cli.command()
def run(
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="also paint here")] = True,
) -> None:
    """Serve the bot: on Telegram if there is a token, else in the playground."""
    _serve(settings_of_this_machine(), work=worker, serve=True)


@cli.command()
def worker(
    drain: Annotated[bool, typer.Option("--drain", help="end when nothing waits in the queue")] = False,
) -> None:
    """Only paint: take expansions from the queue that KUOTU_QUEUE_URL and KUOTU_DATABASE_URL name.

    SIGTERM and Ctrl-C let the job in hand end. A second one stops at once, and another worker repeats the job.
    """
    _serve(settings_of_this_machine(), work=True, serve=False, drain=drain)


@cli.command()
def migrate() -> None:
    """Bring the database to the newest revision. Programs that share one queue wait for this when they start."""
    from bot.cli.migrate import prepare

    print(asyncio.run(prepare(settings_of_this_machine())))


@cli.command()
def keys(
    renew: Annotated[bool, typer.Option("--renew", help="replace the signing key; older files stay ours")] = False,
) -> None:
    """Make the keys that sign files and number watermarks, if there are none, and say who signs."""
    from bot.cli.keys import keys as show

    show(settings_of_this_machine(), renew=renew)


@cli.command()
def demo() -> None:
    """Play scripted conversations. Pictures and a transcript go to data/demo."""
    from bot.cli.demo import demonstrate

    asyncio.run(demonstrate(settings_of_this_machine()))


def _serve(settings: Settings, *, work: bool, serve: bool, drain: bool = False) -> None:
    from bot.cli.serve import until_told
    from bot.logs import configure_logs

    configure_logs(settings)
    asyncio.run(until_told(settings, work=work, serve=serve, drain=drain))


cli.add_typer(on_files.commands)
cli.add_typer(on_models.commands)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command. If it fails, print one line to stderr and exit with a code that says why."""
    try:
        cli(arguments)
    except Refused as reason:
        print(f"kuotu: {reason}", file=sys.stderr)
        sys.exit(2)
    except BadSettings as reasons:
        print(*(f"kuotu: {reason}" for reason in str(reasons).splitlines()), sep="\n", file=sys.stderr)
        sys.exit(EX_CONFIG)
    except CannotRun as reason:
        sys.exit(f"kuotu: {reason}")


if __name__ == "__main__":
    main()
