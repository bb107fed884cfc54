"""The commands that read or write a file: expand, upscale, verify, backup and restore."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.reading import settings_of_this_machine
from bot.errors import Refused
from inference.casting import cast
from inference.engine import SEEDS, EngineError, EngineName, EngineUnavailable, Style
from inference.growth import MAX_SCALE, MIN_SCALE, Direction

commands = typer.Typer()


@commands.command()
def expand(
    photo: Path,
    out: Annotated[Path, typer.Option("--out", "-o", help="a .png or .webp without loss, or a .jpg")],
    direction: Direction = Direction.ALL,
    scale: Annotated[float | None, typer.Option(help=f"{MIN_SCALE:g} to {MAX_SCALE:g}; else 1.5")] = None,
    ratio: Annotated[str | None, typer.Option(help="a target ratio such as 16:9, instead of a scale")] = None,
    margins: Annotated[str | None, typer.Option(help="pixels to add: left,top,right,bottom")] = None,
    style: Style = Style.FAITHFUL,
    seed: Annotated[int | None, typer.Option(min=0, max=SEEDS - 1, help="the same seed, the same picture")] = None,
    engine: EngineName | None = None,
    model: Annotated[str | None, typer.Option(help="a preset, a hub id, or a local folder")] = None,
    prompt: Annotated[str, typer.Option(help="what to paint, in words; only models read it")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Expand one photo into a file."""
    from bot.cli.expand import EngineOptions, Wish, expand_file
    from bot.keys import open_marks

    settings = settings_of_this_machine()
    if sum(choice is not None for choice in (scale, ratio, margins)) > 1:
        raise Refused("--scale, --ratio and --margins exclude each other; give one")
    seed = random.randrange(SEEDS) if seed is None else seed
    wish = Wish(direction, scale, ratio, _four(margins), style, seed, prompt)
    chosen = cast(engine or settings.engine, settings.model)[style]
    chosen = replace(chosen, model=model) if model else chosen
    options = EngineOptions(chosen, settings.gate, settings.max_megapixels)
    with _in_one_line(photo):
        expand_file(photo, out, wish, options, open_marks(settings), as_json=as_json)


@commands.command()
def upscale(
    photo: Path,
    out: Annotated[Path, typer.Option("--out", "-o", help="a .png or .webp without loss, or a .jpg")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Double the width and height of a picture. Halving the result gives the picture back, bit for bit."""
    from bot.cli.upscale import upscale_file
    from bot.keys import open_marks

    settings = settings_of_this_machine()
    with _in_one_line(photo):
        upscale_file(photo, out, open_marks(settings), max_megapixels=settings.max_megapixels, as_json=as_json)


@commands.command()
def verify(
    file: Path,
    photo: Annotated[Path | None, typer.Option(help="the original photo, to compare with")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="a .jpg with the untouched rectangle drawn")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Say whether a picture was made here, and whether the photo in it is untouched. Exits with 1 if it was not."""
    from bot.cli.verify import verify_file

    with _in_one_line(file):
        ours = verify_file(file, photo, out, settings_of_this_machine(), as_json=as_json)
    sys.exit(0 if ours else 1)


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="a new file, such as kuotu.zip; only you can read it")],
) -> None:
    """Write the database, the pictures and the keys into one file. Kuotu may go on running."""
    from bot.cli.backup import back_up_into

    settings = settings_of_this_machine()
    with _in_one_line(file):
        asyncio.run(back_up_into(file, settings))


@commands.command()
def restore(file: Annotated[Path, typer.Argument(help="a file that kuotu backup has written")]) -> None:
    """Fill an empty data folder and database from a backup."""
    from bot.cli.backup import restore_from

    settings = settings_of_this_machine()
    with _in_one_line(file):
        asyncio.run(restore_from(file, settings))


@contextmanager
def _in_one_line(photo: Path) -> Iterator[None]:
    """Turn errors about a file into one line that names the file."""
    try:
        yield
    except OSError as error:
        raise Refused(f"{error.filename or photo}: {error.strerror or error}") from error
    except (ValueError, EngineError, EngineUnavailable) as error:
        raise Refused(f"{photo}: {error}") from error


def _four(text: str | None) -> tuple[int, int, int, int] | None:
    if text is None:
        return None
    try:
        left, top, right, bottom = map(int, text.split(","))
    except ValueError:
        raise Refused(f"--margins {text!r} is not of the form left,top,right,bottom") from None
    return left, top, right, bottom
