"""The command line: run, worker, migrate, expand, backup, restore, keys, verify, doctor, pull and others."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.environment import read_settings, strangers
from bot.errors import BadSettings, CannotRun, Refused
from bot.settings import UNDOWNLOADED, Settings
from inference.canvas import MAX_SCALE, MIN_SCALE, Direction
from inference.casting import cast
from inference.engine import EngineError, EngineName, EngineUnavailable, Style

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
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """扩图: expand photos beyond their frame. The README lists the settings (KUOTU_* variables or `.env`)."""


@cli.command()
def run(
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="also paint here")] = True,
) -> None:
    """Serve the bot: on Telegram if there is a token, else in the playground."""
    _serve(_settings(), work=worker, serve=True)


@cli.command()
def worker(
    drain: Annotated[bool, typer.Option("--drain", help="end when nothing waits in the queue")] = False,
) -> None:
    """Only paint: take expansions from the queue that KUOTU_QUEUE_URL and KUOTU_DATABASE_URL name.

    SIGTERM and Ctrl-C let the job in hand end. A second one stops at once, and another worker repeats the job.
    """
    _serve(_settings(), work=True, serve=False, drain=drain)


@cli.command()
def migrate() -> None:
    """Bring the database to the newest revision. Programs that share one queue wait for this when they start."""
    from bot.cli.migrate import prepare

    print(asyncio.run(prepare(_settings())))


@cli.command()
def expand(
    photo: Path,
    out: Annotated[Path, typer.Option("--out", "-o", help="a .png or .webp without loss, or a .jpg")],
    direction: Direction = Direction.ALL,
    scale: Annotated[float | None, typer.Option(help=f"{MIN_SCALE:g} to {MAX_SCALE:g}; else 1.5")] = None,
    ratio: Annotated[str | None, typer.Option(help="a target ratio such as 16:9, instead of a scale")] = None,
    margins: Annotated[str | None, typer.Option(help="pixels to add: left,top,right,bottom")] = None,
    style: Style = Style.FAITHFUL,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="the same seed, the same picture")] = None,
    engine: EngineName | None = None,
    model: Annotated[str | None, typer.Option(help="a preset, a hub id, or a local folder")] = None,
    prompt: str = "",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Expand one photo into a file."""
    from bot.cli.expand import EngineOptions, Wish, expand_file
    from bot.keys import open_marks

    settings = _settings()
    if sum(choice is not None for choice in (scale, ratio, margins)) > 1:
        raise Refused("--scale, --ratio and --margins exclude each other; give one")
    seed = random.randrange(2**31) if seed is None else seed
    wish = Wish(direction, scale, ratio, _four(margins), style, seed, prompt)
    chosen = cast(engine or settings.engine, settings.model)[style]
    chosen = replace(chosen, model=model) if model else chosen
    options = EngineOptions(chosen, settings.gate, settings.max_megapixels)
    with _in_one_line(photo):
        expand_file(photo, out, wish, options, open_marks(settings), as_json=as_json)


@cli.command()
def upscale(
    photo: Path,
    out: Annotated[Path, typer.Option("--out", "-o", help="a .png or .webp without loss, or a .jpg")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Double the width and height of a picture. Halving the result gives the picture back, bit for bit."""
    from bot.cli.upscale import upscale_file
    from bot.keys import open_marks

    settings = _settings()
    with _in_one_line(photo):
        upscale_file(photo, out, open_marks(settings), max_megapixels=settings.max_megapixels, as_json=as_json)


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


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="a new file, such as kuotu.zip; only you can read it")],
) -> None:
    """Write the database, the pictures and the keys into one file. Kuotu may go on running."""
    from bot.cli.backup import back_up_into

    settings = _settings()
    with _in_one_line(file):
        asyncio.run(back_up_into(file, settings))


@cli.command()
def restore(file: Annotated[Path, typer.Argument(help="a file that kuotu backup has written")]) -> None:
    """Fill an empty data folder and database from a backup."""
    from bot.cli.backup import restore_from

    settings = _settings()
    with _in_one_line(file):
        asyncio.run(restore_from(file, settings))


@cli.command()
def keys(
    renew: Annotated[bool, typer.Option("--renew", help="replace the signing key; older files stay ours")] = False,
) -> None:
    """Make the keys that sign files and number watermarks, if there are none, and say who signs."""
    from bot.cli.keys import keys as show

    show(_settings(), renew=renew)


@cli.command()
def verify(
    file: Path,
    photo: Annotated[Path | None, typer.Option(help="the original photo, to compare with")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="a .jpg with the untouched rectangle drawn")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Say whether a picture was made here, and whether the photo in it is untouched. Exits with 1 if it was not."""
    from bot.cli.verify import verify_file

    with _in_one_line(file):
        ours = verify_file(file, photo, out, _settings(), as_json=as_json)
    sys.exit(0 if ours else 1)


@cli.command()
def demo() -> None:
    """Play scripted conversations. Pictures and a transcript go to data/demo."""
    from bot.cli.demo import demonstrate

    asyncio.run(demonstrate(_settings()))


@cli.command()
def doctor() -> None:
    """Report what is set up, what is missing, and how to get it."""
    from bot.cli.doctor import examine

    sys.exit(asyncio.run(examine(read_settings())))


@cli.command()
def pull(
    model: Annotated[str, typer.Argument(help="a preset, or a hub id and the preset it is like")] = "",
    safety: Annotated[bool, typer.Option("--safety", help="the classifier that KUOTU_SAFETY names, instead")] = False,
    surprise: Annotated[bool, typer.Option("--surprise", help="the CLIP that KUOTU_SURPRISE names, instead")] = False,
    check: Annotated[bool, typer.Option("--check", help="download nothing; say how the hub differs")] = False,
) -> None:
    """Download a model. The size and the licence are shown first. Call it again to continue after an interruption."""
    from bot.cli.pull import download

    settings = _settings()
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


@cli.command()
def prove(
    models: Annotated[list[str] | None, typer.Argument(help="presets, or models as in KUOTU_MODEL; else all")] = None,
    minutes: Annotated[float, typer.Option(help="how long to go on; call again for the rest")] = 10.0,
    out: Annotated[Path | None, typer.Option(help="a folder for the table, the page and the pictures")] = None,
    side: Annotated[int, typer.Option(min=64, help="pixels of the photos' longer sides")] = 1280,
) -> None:
    """Measure every available model on this machine: speed, memory, repeatability, and pictures of experiments."""
    from bot.cli.prove import prove as proven

    page = proven(models or [], out or _settings().data_dir / "prove", minutes=minutes, side=side)
    print(page)


@cli.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="which benchmarks; all when none is named")] = None,
) -> None:
    """Run the benchmarks one after another, each in its own process."""
    from bot.cli.bench import measure

    sys.exit(measure(names or []))


@cli.command()
def warm() -> None:
    """Compile the engine's kernels in advance, so that nobody waits for that later. The set-up script does this."""
    from inference.patchmatch.warmup import warm_up

    warm_up()


def _settings() -> Settings:
    """Read the settings. A misspelt one ends the program, because its default value would be used silently."""
    for stranger in strangers():
        if stranger.meant:
            raise BadSettings(str(stranger))
        print(f"kuotu: {stranger}", file=sys.stderr)
    return read_settings()


def _serve(settings: Settings, *, work: bool, serve: bool, drain: bool = False) -> None:
    from bot.cli.serve import until_told
    from bot.logs import configure_logs

    configure_logs(settings)
    asyncio.run(until_told(settings, work=work, serve=serve, drain=drain))


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
