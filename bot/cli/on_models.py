"""The commands about models and this machine: doctor, pull, prove, bench and warm."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.reading import settings_of_this_machine
from bot.environment import read_settings
from bot.settings import UNDOWNLOADED

commands = typer.Typer()


@commands.command()
def doctor() -> None:
    """Report what is set up, what is missing, and how to get it."""
    from bot.cli.doctor import examine

    sys.exit(asyncio.run(examine(read_settings())))


@commands.command()
def pull(
    model: Annotated[str, typer.Argument(help="a preset, or a hub id and the preset it is like")] = "",
    safety: Annotated[bool, typer.Option("--safety", help="the classifier that KUOTU_SAFETY names, instead")] = False,
    surprise: Annotated[bool, typer.Option("--surprise", help="the CLIP that KUOTU_SURPRISE names, instead")] = False,
    check: Annotated[bool, typer.Option("--check", help="download nothing; say how the hub differs")] = False,
) -> None:
    """Download a model. The size and the licence are shown first. Call it again to continue after an interruption."""
    from bot.cli.pull import download

    settings = settings_of_this_machine()
    token = settings.hub_token.get_secret_value()
    beside = {"KUOTU_SAFETY": settings.safety} if safety else {}
    beside |= {"KUOTU_SURPRISE": settings.surprise} if surprise else {}
    if not beside:
        download(model or settings.model, token, check=check)
    for setting, named in beside.items():
        if named in UNDOWNLOADED:
            print(f"{setting}={named} needs no download")
        else:
            download(named, token, setting)


@commands.command()
def prove(
    models: Annotated[list[str] | None, typer.Argument(help="presets, or models as in KUOTU_MODEL; else all")] = None,
    minutes: Annotated[float, typer.Option(help="how long to go on; call again for the rest")] = 10.0,
    out: Annotated[Path | None, typer.Option(help="a folder for the table, the page and the pictures")] = None,
    side: Annotated[int, typer.Option(min=64, help="pixels of the photos' longer sides")] = 1280,
) -> None:
    """Measure every available model on this machine: speed, memory, repeatability, and pictures of experiments."""
    from bot.cli.prove import prove as proven

    page = proven(models or [], out or settings_of_this_machine().data_dir / "prove", minutes=minutes, side=side)
    print(page)


@commands.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="which benchmarks; all when none is named")] = None,
) -> None:
    """Run the benchmarks one after another, each in its own process."""
    from bot.cli.bench import measure

    sys.exit(measure(names or []))


@commands.command()
def warm() -> None:
    """Compile the engine's kernels in advance, so that nobody waits for that later. The set-up script does this."""
    from inference.patchmatch.warmup import warm_up

    warm_up()
