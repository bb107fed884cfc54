"""The rate limit of the pages: a client's bucket is in the database, and every program spends from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from sqlalchemy import event, select

from bot.web.rate import CLIENTS, Allowance, Clients
from storage.buckets import Buckets, Rate
from storage.database import transactions
from storage.models import Bucket
from tests.support.wall import Wall, wall_in


@pytest.fixture
async def wall(tmp_path: Path) -> AsyncIterator[Wall]:
    async with wall_in(tmp_path) as wall:
        yield wall


async def test_a_flood_is_refused_and_told_when_to_come_back(wall: Wall) -> None:
    time = [0.0]
    wall.ration(12, lambda: time[0])
    answers = [await wall.get("/gallery") for _ in range(3)]
    assert [answer[0] for answer in answers] == [200, 200, 429]
    time[0] = float(answers[2][1]["Retry-After"])
    assert time[0] >= 1
    assert (await wall.get("/gallery"))[0] == 200


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Wall]:
    """A site behind a proxy on this machine, which is behind another one."""
    proxies = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]
    async with wall_in(tmp_path / "behind", proxies=proxies) as wall:
        wall.ration(5)
        yield wall


async def test_nobody_else_is_believed_to_ask_for_another(wall: Wall) -> None:
    """Otherwise everybody could have a new bucket for every request."""
    wall.ration(5)
    answers = [(await wall.get("/gallery", **{"X-Forwarded-For": f"1.1.1.{n}"}))[0] for n in range(2)]
    assert answers == [200, 429]


@pytest.mark.parametrize(
    ("told", "client"),
    [
        pytest.param("1.1.1.1", "1.1.1.1", id="one-proxy"),
        pytest.param("9.9.9.9, 1.1.1.1", "1.1.1.1", id="the-client-lies"),
        pytest.param("9.9.9.9, 1.1.1.1 , 10.1.2.3", "1.1.1.1", id="two-proxies"),
        pytest.param("10.1.2.3", "10.1.2.3", id="only-proxies"),
        pytest.param("nonsense", "127.0.0.1", id="nonsense"),
        pytest.param("", "127.0.0.1", id="nothing"),
        pytest.param("::ffff:1.1.1.1", "1.1.1.1", id="mapped"),
        pytest.param("2001:db8::17", "2001:db8::", id="a-network-is-one-client"),
    ],
)
async def test_a_proxy_that_is_named_tells_for_whom_it_asks(behind: Wall, told: str, client: str) -> None:
    door = behind.door
    assert await door.allowance.take(door.clients.disguised(client), 5.0) == 0
    assert (await behind.get("/gallery", **{"X-Forwarded-For": told}))[0] == 429


async def test_each_client_of_a_proxy_has_a_bucket(behind: Wall) -> None:
    wall = behind
    for client, status in (("1.1.1.1", 200), ("1.1.1.1", 429), ("2.2.2.2", 200), ("9.9.9.9, 1.1.1.1", 429)):
        assert (await wall.get("/gallery", **{"X-Forwarded-For": client}))[0] == status
    for client, status in (("2001:db8::1", 200), ("2001:db8::2", 429), ("2001:db8:0:1::1", 200)):
        assert (await wall.get("/gallery", **{"X-Forwarded-For": client}))[0] == status


async def test_programs_share_the_tokens_of_a_client(wall: Wall) -> None:
    time = [0.0]
    one, other = [Allowance(Buckets(wall.database, lambda: time[0]), Rate(100, 2), lambda: time[0]) for _ in range(2)]
    assert [await one.take("a", 5) for _ in range(8)] == [0] * 8  # a lot
    assert [await other.take("a", 5) for _ in range(8)] == [0] * 8
    assert [await one.take("a", 5) for _ in range(5)] == [0, 0, 0, 0, 3]  # the rest, which is less than a lot
    assert await other.take("a", 5) == 3
    assert await other.take("b", 5) == 0
    time[0] = 2.5
    assert [await other.take("a", 5), await one.take("a", 5)] == [0, 3]


async def test_a_program_forgets_whom_it_has_not_seen_for_long_and_what_it_did_not_use(wall: Wall) -> None:
    time = [0.0]
    mine = Allowance(Buckets(wall.database, lambda: time[0]), Rate(50, 2), lambda: time[0])
    assert await mine.take("a", 1) == 0  # 39 of the lot are left
    time[0] = 25.0  # the bucket is full again
    assert [await mine.take("a", 50), await mine.take("a", 1)] == [0, 1]
    for number in range(CLIENTS):
        mine.purse(str(number))
    assert len(mine.purses) == CLIENTS


async def test_a_waiting_client_costs_no_transaction(wall: Wall) -> None:
    statements: list[str] = []
    mine = Allowance(Buckets(wall.database, lambda: 0.0), Rate(5, 1), lambda: 0.0)
    assert [await mine.take("a", 5), await mine.take("a", 5)] == [0, 5]
    event.listen(wall.database.sync_engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    assert [await mine.take("a", 5) for _ in range(100)] == [5] * 100
    assert statements == []


async def test_the_pictures_of_a_page_share_one_transaction(wall: Wall) -> None:
    statements: list[str] = []
    mine = Allowance(Buckets(wall.database, lambda: 0.0), Rate(100, 1), lambda: 0.0)
    event.listen(wall.database.sync_engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    assert await asyncio.gather(*(mine.take("a", 1) for _ in range(40))) == [0] * 40
    assert len([said for said in statements if said.startswith("INSERT")]) == 1
    assert sorted(await asyncio.gather(*(mine.take("a", 1) for _ in range(62)))) == [0] * 60 + [1] * 2


async def test_no_address_is_stored(wall: Wall) -> None:
    await wall.get("/gallery")
    async with transactions(wall.database).read() as session:
        names = list(await session.scalars(select(Bucket.name)))
    assert names == [f"web:{wall.door.clients.disguised('127.0.0.1')}"]
    assert Clients(key="another").disguised("127.0.0.1") not in names[0]
