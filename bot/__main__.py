"""The command line: kuotu run, worker, expand, demo, doctor, bench, pull."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from bot.settings import Settings

cli = typer.Typer(
    name="kuotu", help="扩图: expand photos past their frame.", no_args_is_help=True, add_completion=False
)


@cli.command()
def run(
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="also paint here, beside serving the chat")
    ] = True,
) -> None:
    """Serve the bot: on Telegram with a token, else in the playground."""
    _serve(Settings(), work=worker, serve=True)


@cli.command()
def worker() -> None:
    """Only paint: take expansions from the queue that KUOTU_QUEUE_URL and KUOTU_DATABASE_URL name."""
    _serve(Settings(), work=True, serve=False)


def _serve(settings: Settings, *, work: bool, serve: bool) -> None:
    from bot.bootstrap import running
    from bot.logs import configure_logs

    configure_logs(settings)

    async def until_told() -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        async with running(settings, work=work, serve=serve) as kuotu:
            print(f"\n  扩图 Kuotu is ready: {kuotu.address}\n  Ctrl-C stops it.\n", flush=True)
            await stop.wait()

    asyncio.run(until_told())


def main() -> None:
    """Run a command; whatever keeps it from running is one line on stderr."""
    from bot.bootstrap import CannotRun

    try:
        cli()
    except CannotRun as reason:
        sys.exit(f"kuotu: {reason}")
    except ValidationError as error:
        first = error.errors()[0]
        sys.exit(f"kuotu: KUOTU_{'_'.join(map(str, first['loc'])).upper()}={first.get('input')!r}: {first['msg']}")


if __name__ == "__main__":
    main()
