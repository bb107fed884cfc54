"""The HTTP server: health, metrics, the webhook, and the redirect from `/`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from bot.bootstrap import Kuotu
from bot.hosting import free_port
from bot.playground import Person
from bot.web.app import SECRET_HEADER, WEBHOOK_PATH
from bot.web.metrics import add_metrics
from tests.support.bot import kuotu_in
from tests.support.limits import HANG
from tests.support.messages import is_panel, is_result
from tests.support.playground import Site, site

METRICS = "a-token-of-sixteen-or-more"


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture(scope="module")
async def telegram(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("telegram")) as telegram:
        yield telegram


@pytest.fixture(scope="module")
async def hooked(telegram: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a Kuotu with a token, which receives updates by its webhook."""
    address = f"http://127.0.0.1:{(port := free_port('127.0.0.1'))}"
    knobs = {"telegram_token": telegram.playground.token, "telegram_api": telegram.url, "port": port}
    hook = {"webhook_url": f"{address}/", "webhook_secret": "right_secret"}
    async with kuotu_in(tmp_path_factory.mktemp("hooked"), **knobs, **hook):
        yield address


async def test_health_tells_the_engine_and_the_queue(kuotu: Kuotu, http: ClientSession) -> None:
    async with http.get(f"{kuotu.address}healthz") as answer:
        facts = await answer.json()
    assert answer.status == 200
    assert facts["ok"] is True
    assert (facts["engine"], facts["telegram"]) == ("patchmatch", False)


def rename(database: Path, table: str, name: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO {name}")


async def status_of(http: ClientSession, address: str) -> int:
    async with http.get(address) as answer:
        return answer.status


async def test_without_its_tables_kuotu_is_alive_but_not_ready(
    fresh: Kuotu, tmp_path: Path, http: ClientSession
) -> None:
    database = tmp_path / "data" / "kuotu.db"
    await asyncio.to_thread(rename, database, "jobs", "elsewhere")
    async with http.get(f"{fresh.address}readyz") as answer:
        facts = await answer.json()
    async with http.get(f"{fresh.address}healthz") as alive:
        assert alive.status == 200
    await asyncio.to_thread(rename, database, "elsewhere", "jobs")
    assert (answer.status, facts["ok"]) == (503, False)
    assert "jobs" in facts["wrong"]["database"]
    async with asyncio.timeout(HANG):  # a supervised task that met the outage comes back after its pause
        while await status_of(http, f"{fresh.address}readyz") != 200:
            pass


async def test_metrics_are_prometheus(kuotu: Kuotu, chat: Person, photo: bytes, http: ClientSession) -> None:
    await chat.send_document(photo)
    await chat.press(await chat.wait_for(is_panel), "Expand")
    await chat.wait_for(is_result)
    async with http.get(f"{kuotu.address}metrics") as answer:
        text = await answer.text()
    assert answer.content_type == "text/plain"
    assert "# TYPE kuotu_" in text


async def test_on_telegram_nobody_reads_the_metrics(hooked: str, http: ClientSession) -> None:
    async with http.get(f"{hooked}/metrics") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("given", "status"),
    [
        pytest.param({}, 401, id="nothing"),
        pytest.param({"Authorization": f"Bearer {METRICS[:-1]}"}, 401, id="almost"),
        pytest.param({"Authorization": "Bearer öffne-dich"}, 401, id="not-ascii"),
        pytest.param({"Authorization": f"Basic {METRICS}"}, 401, id="another-scheme"),
        pytest.param({"Authorization": f"Bearer {METRICS}"}, 200, id="token"),
    ],
)
async def test_only_who_knows_the_token_reads_the_metrics(given: dict[str, str], status: int) -> None:
    app = web.Application()
    add_metrics(app, METRICS)
    async with TestClient(TestServer(app)) as client, client.get("/metrics", headers=given) as answer:
        assert (answer.status, b"# TYPE kuotu_" in await answer.read()) == (status, status == 200)


async def test_a_whole_conversation_comes_by_webhook(hooked: str, telegram: Site, photo: bytes) -> None:
    async with asyncio.timeout(HANG):  # the program is ready before its webhook is set
        while (await telegram.call("getWebhookInfo"))["result"]["url"] != hooked + WEBHOOK_PATH:
            pass
    ann = await telegram.person(name="Ann", language="en")
    await ann.send_document(photo)
    panel = await ann.wait_for(is_panel)
    await ann.tap(panel, "1.25")
    await ann.press(panel, "Expand")
    await ann.wait_for(is_result)


UPDATE: dict[str, Any] = {
    "update_id": 10**9,
    "message": {
        "message_id": 1,
        "date": 1,
        "chat": {"id": 1, "type": "private", "first_name": "Eve"},
        "from": {"id": 1, "is_bot": False, "first_name": "Eve"},
        "text": "hello",
    },
}


FAR = UPDATE | {"message": UPDATE["message"] | {"date": 2**70}}


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        pytest.param({}, UPDATE, 403, id="no-secret"),
        pytest.param({SECRET_HEADER: "wrong"}, UPDATE, 403, id="wrong-secret"),
        pytest.param({SECRET_HEADER: "right_secre"}, UPDATE, 403, id="half-a-secret"),
        pytest.param({SECRET_HEADER: "öffne dich"}, UPDATE, 403, id="not-ascii"),
        pytest.param({SECRET_HEADER: "right_secret"}, ["no", "update"], 400, id="no-update"),
        pytest.param({SECRET_HEADER: "right_secret"}, {"message": {}}, 400, id="half-an-update"),
        pytest.param({SECRET_HEADER: "right_secret"}, UPDATE | {"update_id": 2**63}, 400, id="64-bits"),
        pytest.param({SECRET_HEADER: "right_secret"}, FAR, 400, id="year-beyond-all"),
        pytest.param({SECRET_HEADER: "right_secret"}, UPDATE, 200, id="right-secret"),
    ],
)
async def test_only_who_knows_the_secret_is_heard(
    hooked: str, http: ClientSession, headers: dict[str, str], body: object, status: int
) -> None:
    async with http.post(f"{hooked}{WEBHOOK_PATH}", json=body, headers=headers) as answer:
        assert answer.status == status


async def test_without_a_webhook_nobody_listens_there(kuotu: Kuotu, http: ClientSession) -> None:
    async with http.post(f"{kuotu.address.rstrip('/')}{WEBHOOK_PATH}", json=UPDATE) as answer:
        assert answer.status in (404, 405)


async def test_with_a_token_the_root_leads_to_the_gallery(hooked: str, http: ClientSession) -> None:
    async with http.get(f"{hooked}/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/gallery")
    async with http.get(f"{hooked}/") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"


async def test_beside_a_token_there_is_no_playground(hooked: str, telegram: Site, http: ClientSession) -> None:
    for path in ("playground/state", f"bot{telegram.playground.token}/getMe"):
        async with http.get(f"{hooked}/{path}") as answer:
            assert answer.status == 404


async def test_without_a_token_the_root_is_the_playground(kuotu: Kuotu, http: ClientSession) -> None:
    async with http.get(kuotu.address, allow_redirects=False) as answer:
        assert answer.status == 200
        assert "/playground/page/" in await answer.text()
