"""`kuotu doctor`: reports what is set up, what is missing, and how to get it."""

from __future__ import annotations

import asyncio
import errno
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.cli.finding import Finding, State
from bot.cli.keys import signer_of
from bot.cli.people import moderators, telegram
from bot.environment import strangers
from bot.errors import CannotRun
from bot.hosting import cannot_listen, sqlite_file, try_port
from bot.jobs.films import films_possible
from bot.keys import key_file, open_keys
from bot.settings import Settings
from inference.casting import EngineChoice
from inference.diffusion.availability import Facts, missing_libraries, suitable
from inference.diffusion.availability import examine as facts_of
from inference.diffusion.doctor import INSTALL, catalogue, checks
from inference.diffusion.model_spec import ModelChoice, parse_choice
from inference.engine import EngineName, EngineUnavailable, Style
from inference.safety import transformers_classifier as classifier
from inference.safety.verdict import SHIPPED
from inference.surprise import clip
from inference.surprise.semantic import STATISTICS
from inference.worker.checks import NO_CLASSIFIER
from storage.blobs import BlobsUnavailable, open_blobs
from storage.database import DatabaseUnavailable, open_database
from storage.jobs.expansions import EXPANSIONS
from storage.jobs.opening import open_queue
from storage.jobs.queue import QueueUnavailable

MEMORY = "sqlite+aiosqlite:///:memory:"
FIRST = "made at the first start"  # of what the report only looks for
ROOM = 2.0  # GB of free disk space below which the report warns


async def examine(settings: Settings) -> int:
    """Print every finding as soon as it is made. Returns 1 if something prevents Kuotu from running, else 0."""
    console, worst = Console(), 0
    console.print(f"扩图 Kuotu {version('kuotu')}, Python {sys.version.split()[0]}", highlight=False)
    async for finding in _findings(settings):
        line = f" {finding.state.value} [bold]{escape(finding.subject)}[/]  {escape(finding.words)}"
        console.print(line, highlight=False, soft_wrap=True)
        worst = max(worst, int(finding.state is State.BAD))
    return worst


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    for stranger in strangers():
        yield Finding(State.BAD if stranger.meant else State.OPTIONAL, "setting", str(stranger))
    yield _folder(settings)
    database, finding = await _database(settings)
    yield finding
    if database is not None:
        yield _queue(settings, database)
    yield _blobs(settings)
    for finding in await asyncio.to_thread(lambda: list(_engine(settings))):
        yield finding
    yield _safety(settings)
    yield _surprise(settings)
    yield _films()
    yield _marks(settings)
    yield _port(settings)
    yield await moderators(settings, database)
    async for finding in telegram(settings, database):
        yield finding
    if database is not None:
        await database.dispose()


def _folder(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        probe = there / ".doctor"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        remedy = "set KUOTU_DATA_DIR to a folder that can be written"
        return Finding(State.BAD, "data folder", f"{folder}: {error.strerror}; {remedy}")
    free, new = shutil.disk_usage(there).free / 1e9, "" if there == folder else f", {FIRST}"
    return Finding(State.GOOD if free > ROOM else State.OPTIONAL, "data folder", f"{folder}{new}, {free:.1f} GB free")


async def _database(settings: Settings) -> tuple[AsyncEngine | None, Finding]:
    file = sqlite_file(settings.database)
    if file is not None and not file.exists():
        return await open_database(MEMORY), Finding(State.OPTIONAL, "database", f"{file}, {FIRST}")
    try:
        engine = await open_database(settings.database)
    except DatabaseUnavailable as error:
        return None, Finding(State.BAD, "database", str(error))
    return engine, Finding(State.GOOD, "database", engine.url.render_as_string(hide_password=True))


def _blobs(settings: Settings) -> Finding:
    address = urlsplit(settings.blobs)
    if address.scheme == "file" and not Path(address.path).exists():
        return Finding(State.OPTIONAL, "pictures", f"{settings.blobs}, {FIRST}")
    try:
        open_blobs(settings.blobs, settings.blobs_outside)
    except BlobsUnavailable as error:
        return Finding(State.BAD, "pictures", str(error))
    return Finding(State.GOOD, "pictures", settings.blobs)


def _queue(settings: Settings, database: AsyncEngine) -> Finding:
    try:
        open_queue(settings.queue_url, database, EXPANSIONS)
    except QueueUnavailable as error:
        return Finding(State.BAD, "queue", str(error))
    return Finding(State.GOOD, "queue", settings.queue_url)


def _at_once(settings: Settings) -> str:
    return f"{settings.workers} at a time" if settings.workers else "one for each core or card"


def _engine(settings: Settings) -> Iterator[Finding]:
    """Report the chosen engines, and of each that is not patchmatch, each requirement of the diffusion engine."""
    casting = settings.casting
    for chosen in dict.fromkeys(casting.values()):
        painted = [style.value for style in Style if casting[style] == chosen]
        told = f" for {' and '.join(painted)}" if len(painted) < len(Style) else ""
        yield from _one_engine(settings, chosen, told)


def _one_engine(settings: Settings, chosen: EngineChoice, told: str) -> Iterator[Finding]:
    if chosen.name is EngineName.PATCHMATCH:
        yield Finding(State.GOOD, "engine", f"patchmatch{told}, {_at_once(settings)}")
        return
    try:
        choice = parse_choice(chosen.model)
    except EngineUnavailable as error:
        yield Finding(State.BAD, "model", str(error))
        return
    facts = facts_of(chosen.model, token=bool(settings.hub_token.get_secret_value()))
    name = suitable(facts) if chosen.name is EngineName.AUTO else chosen.name
    yield Finding(State.GOOD, "engine", f"{name}{told}, {_at_once(settings)}")
    yield from _steps(facts, choice, needed=chosen.name is EngineName.DIFFUSION)


def _steps(facts: Facts, choice: ModelChoice, *, needed: bool) -> Iterator[Finding]:
    driver = _driver()
    yield driver
    found = list(checks(facts, choice))
    for check in found:
        grave = needed and check.subject != "card"  # the CPU works too, only slowly
        state = State.GOOD if check.good else State.BAD if grave else State.OPTIONAL
        yield Finding(state, check.subject, check.words)
    usable = needed or driver.state is State.GOOD or (facts.card is not None and facts.card.accelerates)
    if usable and not all(check.good for check in found):
        for line in catalogue(facts.card, choice):
            yield Finding(State.OPTIONAL, "preset", line)


def _safety(settings: Settings) -> Finding:
    """Report the classifier of the safety check and its thresholds."""
    name, bounds = settings.safety, f"unsure from {settings.safety_unsure:g}, unsafe from {settings.safety_unsafe:g}"
    if name == NO_CLASSIFIER:
        words = "nothing is checked; KUOTU_SAFETY=mobilenet is the classifier that ships"
        return Finding(State.OPTIONAL, "safety", words)
    if name == SHIPPED:
        return Finding(State.GOOD, "safety", f"{name}, {bounds}")
    return _beside("safety", name, f"{name}, {bounds}", classifier.locate)


def _surprise(settings: Settings) -> Finding:
    if settings.surprise == STATISTICS:
        return Finding(State.GOOD, "surprise", STATISTICS)
    return _beside("surprise", settings.surprise, f"{STATISTICS} and {settings.surprise}", clip.locate)


def _beside(subject: str, name: str, words: str, locate: Callable[[str], object]) -> Finding:
    """Report on a model other than the engine's. The value that `locate` returns describes itself when printed."""
    if missing := missing_libraries():
        return Finding(State.BAD, subject, f"{name} needs {', '.join(missing)}; {INSTALL}")
    try:
        return Finding(State.GOOD, subject, f"{words}; {locate(name)}")
    except EngineUnavailable as reason:
        return Finding(State.BAD, subject, str(reason))


def _films() -> Finding:
    if films_possible():
        return Finding(State.GOOD, "films", f"PyAV {version('av')}")
    return Finding(State.OPTIONAL, "films", "no 🎬 button; .venv/bin/pip install -c constraints.txt -e '.[video]'")


def _driver() -> Finding:
    """Report what `nvidia-smi` says, which works without torch."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Finding(
            State.OPTIONAL, "GPU", "no nvidia-smi here, so no NVIDIA driver; a GPU runs the engine with weights"
        )
    query = (tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    words = "; ".join((answer.stdout or answer.stderr).strip().splitlines()) or f"{tool} says nothing"
    return Finding(State.OPTIONAL if answer.returncode else State.GOOD, "GPU", words)


def _marks(settings: Settings) -> Finding:
    """Report how files are marked, and who signs them."""
    path = key_file(settings)
    if not path.exists():
        made = "the keys that sign results are made at the first start, or now by kuotu keys"
        return Finding(State.OPTIONAL, "marks", made)
    try:
        keys = open_keys(settings)
    except CannotRun as error:
        return Finding(State.BAD, "marks", str(error))
    if path.stat().st_mode & 0o077:
        return Finding(State.BAD, "marks", f"others can read {path.absolute()}; type: chmod 600 {path}")
    marked = "labels and a watermark" if settings.watermark else "labels, no watermark"
    dated = f"dated by {settings.timestamp_url}" if settings.timestamp_url else "without a time stamp"
    return Finding(State.GOOD, "marks", f"{marked}, KUOTU_LABEL={settings.label}; {signer_of(keys)}; {dated}")


def _port(settings: Settings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    try:
        try_port(settings.host, settings.port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Finding(State.OPTIONAL, "port", f"{where}: {error.strerror}; Kuotu runs already, or set KUOTU_PORT")
        return Finding(State.BAD, "port", cannot_listen(settings.host, settings.port, error))
    return Finding(State.GOOD, "port", f"{where} is free")
