"""The programs `kuotu run` and `kuotu worker` with an engine that looks for no subjects, to start sooner."""

from __future__ import annotations

from bot.cli.reading import settings_of_this_machine
from bot.cli.serve import until_told
from bot.logs import configure_logs

BLIND = "tests.support.blind_engine:open_engine"


async def main(role: str, *options: str) -> None:
    """Do what `python -m bot` does with these arguments, `run --no-worker` for example."""
    settings = settings_of_this_machine()
    configure_logs(settings)
    paints, drains = "--no-worker" not in options, "--drain" in options
    await until_told(settings, work=paints, serve=role == "run", drain=drains, opener=BLIND)
