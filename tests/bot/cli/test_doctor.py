"""`kuotu doctor` reports what is set up, what is missing, and how to get it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Kuotu
from bot.cli.doctor import examine
from bot.playground import Person
from inference.engine import EngineName
from tests.support.databases import new_sqlite
from tests.support.settings import settings_in

Examine = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Examine:
    """`await examined(port=80)` returns whether something must be fixed, and the report."""

    async def look(folder: Path | None = None, **knobs: Any) -> tuple[int, str]:
        worst = await examine(settings_in(folder or tmp_path / "data", **knobs))
        return worst, capsys.readouterr().out

    return look


def line(told: str, subject: str) -> str:
    """Return the report's line about a subject: its mark and its words."""
    found = [line.strip() for line in told.splitlines() if line[3:].startswith(f"{subject}  ")]
    assert len(found) == 1, told
    return found[0].replace(f"{subject}  ", "")


async def test_a_healthy_machine_without_a_token(examined: Examine, tmp_path: Path) -> None:
    new_sqlite(tmp_path / "data")
    worst, told = await examined()
    assert worst == 0
    assert line(told, "data folder").startswith(f"✓ {tmp_path / 'data'}, ")
    assert line(told, "database").startswith("✓ sqlite+aiosqlite:///")
    assert line(told, "queue") == "✓ local"
    assert line(told, "engine") == "✓ patchmatch, 1 at a time"
    assert line(told, "films") == f"✓ PyAV {version('av')}"
    assert "playground serves; for Telegram, ask @BotFather" in line(told, "Telegram")


async def test_it_looks_for_a_data_folder_and_makes_none(examined: Examine, tmp_path: Path) -> None:
    worst, told = await examined(tmp_path / "wrong" / "data")
    assert worst == 0
    assert line(told, "data folder").startswith(f"✓ {tmp_path / 'wrong' / 'data'}, made at the first start, ")
    assert line(told, "database") == f"– {tmp_path / 'wrong' / 'data' / 'kuotu.db'}, made at the first start"
    assert line(told, "pictures").endswith("/wrong/data/blobs, made at the first start")
    assert not await asyncio.to_thread((tmp_path / "wrong").exists)


async def test_what_is_broken_is_told_with_its_remedy(examined: Examine) -> None:
    worst, told = await examined(
        database_url="nope", blobs_url="ftp://x", telegram_token="1:a", telegram_api="http://127.0.0.1:9"
    )
    assert worst == 1
    assert line(told, "database").startswith("✗ 'nope' is not a database URL")
    assert line(told, "pictures").startswith("✗ cannot keep pictures in")
    assert line(told, "Telegram").endswith("check the network and KUOTU_TELEGRAM_API")


async def test_a_folder_that_cannot_be_written(examined: Examine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    worst, told = await examined(tmp_path / "file" / "data")
    assert worst == 1
    assert "set KUOTU_DATA_DIR to a folder that can be written" in line(told, "data folder")


async def test_an_unknown_queue(examined: Examine) -> None:
    worst, told = await examined(queue_url="nope")
    assert worst == 1
    assert line(told, "queue").startswith("✗ no queue at 'nope'; KUOTU_QUEUE_URL=local keeps jobs in the database")


async def test_a_port_in_use(examined: Examine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        worst, told = await examined(port=server.getsockname()[1])
    assert worst == 0
    assert line(told, "port").endswith("Kuotu runs already, or set KUOTU_PORT")


async def test_a_host_that_is_not_ours(examined: Examine) -> None:
    worst, told = await examined(host="192.0.2.1")
    assert worst == 1
    assert line(told, "port").startswith("✗ KUOTU_HOST=192.0.2.1 is no address of this machine")


async def test_a_misspelt_setting_must_be_mended(examined: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUOTU_PRUT", "9000")
    worst, told = await examined()
    assert worst == 1
    assert line(told, "setting") == "✗ KUOTU_PRUT is no setting of Kuotu; did you mean KUOTU_PORT?"


async def test_a_token_that_telegram_does_not_know(examined: Examine, kuotu: Kuotu) -> None:
    worst, told = await examined(telegram_token="7000000001:another", telegram_api=kuotu.address)
    assert worst == 1
    assert line(told, "Telegram") == "✗ does not know this token; copy it from @BotFather again"


@pytest.fixture
async def fresh(fresh_with: Any) -> Kuotu:
    """A Kuotu that the doctor asks as it asks Telegram, so it needs no engine."""
    return await fresh_with(work=False)


@pytest.fixture
async def host(fresh: Kuotu) -> Any:
    async with Person(fresh.address, 1, name="Ann", language="en") as ann:
        yield ann


async def test_what_telegram_tells_about_the_bot_and_its_groups(
    examined: Examine, fresh: Kuotu, host: Person, tmp_path: Path
) -> None:
    for title, standing in (("Club", "administrator"), ("[bold]Pub", "member")):
        group = await host.new_group(title, [])
        async with Person(fresh.address, 1, chat=group) as ann:
            await ann.set_standing(standing)
            await ann.say("/help@kuotu_bot")
            await ann.wait_for(lambda message: message.from_bot)
    assert fresh.playground is not None
    worst, told = await examined(tmp_path / "data", telegram_token=fresh.playground.token, telegram_api=fresh.address)
    assert worst == 0
    assert line(told, "Telegram") == "✓ @kuotu_bot"
    assert line(told, "group «Club»") == "✓ administrator, sees native reactions"
    assert line(told, "group «[bold]Pub»").startswith("– member, sees no native reactions: make it an administrator")
    assert fresh.playground.token not in told


async def test_who_moderates(examined: Examine, fresh: Kuotu, host: Person, tmp_path: Path) -> None:
    assert line((await examined())[1], "moderators").startswith("– nobody; put your Telegram id into KUOTU_ADMINS")
    await host.say("/help")
    await host.wait_for(lambda message: message.from_bot)
    _, told = await examined(tmp_path / "data", admins=(1, 77))
    assert line(told, "moderators") == "✓ Ann (1); 77, who has not used the bot yet"
    _, told = await examined(tmp_path / "unused", admins=(1,))
    assert line(told, "moderators") == "✓ 1, who has not used the bot yet"


async def test_the_steps_to_the_engine_with_weights(examined: Examine) -> None:
    worst, told = await examined(engine=EngineName.DIFFUSION, model="sdxl?cache=/nowhere")
    assert worst == 1
    assert line(told, "model").startswith("✗ SG161222/RealVisXL_V5.0_Lightning is not on this machine")
    assert line(told, "model").endswith("run: kuotu pull sdxl")
    assert "GB to download, commercial" in told
    assert "9.9 GB to download, " in line(told, "disk")
    worst, told = await examined(engine=EngineName.AUTO, model="sdxl?cache=/nowhere")
    assert worst == 0
    assert line(told, "engine") == "✓ patchmatch, 1 at a time"
    assert ("GB to download, commercial" in told) == (line(told, "GPU")[0] == "✓")  # without a GPU they are no use


async def test_a_model_that_is_here(examined: Examine, tiny_presets: Path) -> None:
    _, told = await examined(engine=EngineName.DIFFUSION, model=f"tiny-sd15?presets={tiny_presets}&device=cpu")
    assert line(told, "engine") == "✓ diffusion, 1 at a time"
    assert line(told, "model").startswith("✓ tiny-sd15 at ")
    assert "sees no GPU" in line(told, "card")
    assert "; torch 2." in line(told, "libraries")
    assert line(told, "memory").startswith("✓ mode resident; GiB needed: resident 4")


async def test_each_style_has_its_engine(examined: Examine, tiny_presets: Path) -> None:
    here = f"tiny-sd15?presets={tiny_presets}&device=cpu"
    worst, told = await examined(engine=f"faithful=patchmatch,wild={here},patchmatch", model="sdxl")
    assert worst == 0
    engines = [line.strip() for line in told.splitlines() if "✓ engine " in line]
    assert engines == [
        "✓ engine  patchmatch for faithful, 1 at a time",
        "✓ engine  patchmatch for playful, 1 at a time",
        "✓ engine  diffusion for wild, 1 at a time",
    ]
    assert line(told, "model").startswith("✓ tiny-sd15 at ")


async def test_an_option_of_a_model_that_is_none(examined: Examine) -> None:
    worst, told = await examined(engine=EngineName.DIFFUSION, model="sdxl?memory=lots")
    assert worst == 1
    assert "memory" in line(told, "model")


@pytest.mark.parametrize(
    ("safety", "said"),
    [
        pytest.param("mobilenet", "✓ mobilenet, unsure from 0.75, unsafe from 0.95", id="the one that ships"),
        pytest.param("none", "– nothing is checked; KUOTU_SAFETY=mobilenet is the classifier that ships", id="none"),
        pytest.param(
            "org/name?cache=/nowhere",
            "✗ KUOTU_SAFETY=org/name is not on this machine; run: kuotu pull --safety",
            id="not here",
        ),
    ],
)
async def test_what_looks_at_pictures(examined: Examine, safety: str, said: str) -> None:
    worst, told = await examined(safety=safety)
    assert line(told, "safety") == said
    assert worst == int(said.startswith("✗"))


async def test_what_the_doctor_understood_of_a_classifier(examined: Examine, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"id2label": {"0": "sfw", "1": "nsfw"}}', "utf-8")
    _, told = await examined(safety=str(tmp_path))
    assert line(told, "safety").endswith("unsafe from 0.95; explicit: nsfw; suggestive: none")


@pytest.mark.parametrize(
    ("guesser", "said"),
    [
        pytest.param("statistics", "✓ statistics", id="what ships"),
        pytest.param(
            "org/name?cache=/nowhere",
            "✗ KUOTU_SURPRISE=org/name is not on this machine; run: kuotu pull --surprise",
            id="not here",
        ),
    ],
)
async def test_what_guesses_the_surprise(examined: Examine, guesser: str, said: str) -> None:
    worst, told = await examined(surprise=guesser)
    assert line(told, "surprise") == said
    assert worst == int(said.startswith("✗"))


@pytest.mark.parametrize(
    ("kind", "said"),
    [("clip", "✓ statistics and {0}?weight=8; {0}; weight 8, offset -6"), ("vit", "✗ KUOTU_SURPRISE={0} is a vit; ")],
)
async def test_what_the_doctor_finds_of_a_clip(examined: Examine, tmp_path: Path, kind: str, said: str) -> None:
    (tmp_path / "config.json").write_text(f'{{"model_type": "{kind}"}}', "utf-8")
    (tmp_path / "model.safetensors").touch()
    _, told = await examined(surprise=f"{tmp_path}?weight=8")
    assert line(told, "surprise").startswith(said.format(tmp_path))
