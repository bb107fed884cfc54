"""Log lines contain everything an operator needs, and no secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.logs import HIDDEN, Redactor
from bot.playground.playground import DEFAULT_TOKEN
from tests.support.limits import HANG
from tests.support.messages import is_panel
from tests.support.playground import Site, site

SECRET = DEFAULT_TOKEN.partition(":")[2]


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path / "playground") as telegram:
        yield telegram


async def read_until(lines: asyncio.StreamReader, words: str) -> list[str]:
    """Return the lines up to and including the first one that contains the given words."""
    read = []
    async with asyncio.timeout(HANG):
        async for raw in lines:
            read.append(raw.decode())
            if words in read[-1]:
                return read
    raise AssertionError(f"{words!r} is not in:\n{''.join(read)}")


async def test_with_everything_logged_a_conversation_and_a_conflict_show_no_token(
    telegram: Site, tmp_path: Path, photo: bytes
) -> None:
    knobs = {
        "TELEGRAM_TOKEN": DEFAULT_TOKEN,
        "TELEGRAM_API": telegram.url,
        "DATA_DIR": str(tmp_path / "data"),
        "PORT": "0",
    }
    knobs |= {"ENGINE": "patchmatch", "WORKERS": "1", "LOG": "json", "LOG_LEVEL": "debug"}
    environment = os.environ | {f"KUOTU_{name}": value for name, value in knobs.items()}
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "bot", "run")
    program = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe, limit=2**24
    )
    assert program.stderr
    try:
        log = await read_until(program.stderr, "getUpdates")
        ann = await telegram.person(name="Ann", language="en")
        await ann.send_document(photo)
        reading = asyncio.create_task(read_until(program.stderr, "another program receives this bot's updates"))
        await ann.wait_for(is_panel)
        await telegram.call("getUpdates")  # as another program on the same token would
        log += await reading
        program.send_signal(signal.SIGTERM)
        told, rest = await program.communicate()
    finally:
        if program.returncode is None:
            program.kill()
            await program.communicate()
    log += rest.decode().splitlines()
    assert program.returncode == 0
    assert b"@kuotu_bot" in told
    whole = "".join(log)
    assert f"bot7000000001:{HIDDEN}/getFile" in whole  # at this level every call is logged
    assert SECRET not in whole
    assert "Traceback" not in whole
    assert {json.loads(line)["level"] for line in log if line.strip()} >= {"debug", "info", "warning"}


@pytest.mark.parametrize("secret", [SECRET, "hook_secret"])
def test_secrets_are_blotted_out_of_whatever_is_rendered(secret: str) -> None:
    redact = Redactor(lambda _logger, _name, event: str(event), [SECRET, "hook_secret"])
    error = ValueError(f"https://api.telegram.org/bot1:{secret}/getMe")
    line = redact(logging.getLogger(), "error", {"event": "failed", "exception": repr(error), "url": f"…{secret}…"})
    assert secret not in line
    assert line.count(HIDDEN) == 2
