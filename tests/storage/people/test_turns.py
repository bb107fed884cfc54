"""Several programs agree on who edits a message, and on the pace of a chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.turns import LocalTurns, Turns
from storage.database import open_database
from storage.people.turns import TIDY, SharedTurns
from tests.support.limits import HANG

MESSAGE, OTHER = (7, 1), (7, 2)


@pytest.fixture
async def engine(empty_postgres: str) -> AsyncIterator[AsyncEngine]:
    engine = await open_database(empty_postgres)
    yield engine
    await engine.dispose()


@pytest.fixture(params=["local", "shared"])
def programs(request: pytest.FixtureRequest, engine: AsyncEngine) -> list[Turns]:
    """The turns as three tasks of one program, or three programs, see them."""
    if request.param == "local":
        return [LocalTurns()] * 3
    return [SharedTurns(engine) for _ in range(3)]


async def test_a_message_is_drawn_by_one_at_a_time(programs: list[Turns]) -> None:
    inside, most, drawn = 0, 0, 0

    async def draw(turns: Turns) -> None:
        nonlocal inside, most, drawn
        async with turns.drawing(MESSAGE):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1
            drawn += 1

    async with asyncio.timeout(HANG):
        await asyncio.gather(*(draw(turns) for turns in programs * 3))
    assert (most, drawn) == (1, 9)


async def test_messages_of_one_chat_do_not_block_each_other(programs: list[Turns]) -> None:
    async with asyncio.timeout(HANG), programs[0].drawing(MESSAGE), programs[1].drawing(OTHER):
        pass


async def test_an_edit_delays_the_next_in_its_chat_whoever_made_it(programs: list[Turns]) -> None:
    first, second, _ = programs
    assert await first.pause(7) == 0
    await first.edited(7, 600)
    assert 500 < await second.pause(7) <= 600
    assert await second.pause(8) == 0
    await second.edited(7, 0)
    assert await first.pause(7) == 0


async def test_what_a_killed_program_held_is_free_again(engine: AsyncEngine) -> None:
    dead, alive = SharedTurns(engine), SharedTurns(engine)
    holding = dead.drawing(MESSAGE)
    await holding.__aenter__()
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE turns SET until = now() - interval '1 second'"))
    async with asyncio.timeout(HANG), alive.drawing(MESSAGE):
        await holding.__aexit__(None, None, None)  # it was only slow, and must not free what is not its own
        assert await rows(engine) == 1
    assert await rows(engine) == 0


async def test_old_rows_are_deleted(engine: AsyncEngine) -> None:
    turns = SharedTurns(engine)
    await turns.edited(1, -3600)
    for _ in range(TIDY):
        await turns.edited(2, 60)
    assert await rows(engine) == 1


async def rows(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM turns")) or 0)
