"""Updates are stored once, and the updates of a person belong to one program at a time."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.people.inbox import Arrived, Inbox

ANN, BEN = 7, -8


def said(*numbers: int, person: int = ANN) -> dict[int, Arrived]:
    return {number: Arrived(person, f"update {number}") for number in numbers}


@pytest.fixture
def programs(engine: AsyncEngine) -> tuple[Inbox, Inbox]:
    """The inbox as two programs see it."""
    return Inbox(engine), Inbox(engine)


async def do(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


async def let_claims_run_out(engine: AsyncEngine) -> None:
    await do(engine, "UPDATE inbox SET until = '2020-01-01 00:00:00' WHERE until IS NOT NULL")


async def test_an_update_is_new_once_whoever_gets_it(programs: tuple[Inbox, Inbox]) -> None:
    one, other = programs
    assert await one.record(said(1)) == ({1}, {1})
    assert await other.record(said(1)) == (set(), set())
    await one.record({}, done=[1])
    assert await one.record(said(1)) == (set(), set())
    assert await other.record(said(1, 2)) == ({2}, {2})


async def test_a_handled_update_names_nobody(engine: AsyncEngine, programs: tuple[Inbox, Inbox]) -> None:
    await programs[0].record(said(1))
    await programs[0].record({}, done=[1])
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT person, body, owner FROM inbox"))).one()
    assert tuple(row) == (0, "", None)


async def test_a_transaction_whose_end_is_unknown_is_repeated(programs: tuple[Inbox, Inbox]) -> None:
    one, other = programs
    assert await one.record(said(1), begun=[1]) == await one.record(said(1), begun=[1]) == ({1}, {1})
    await one.release()
    (left,) = await other.claim()
    assert left.tries == 1


async def test_a_persons_updates_are_claimed_by_one_program(programs: tuple[Inbox, Inbox]) -> None:
    one, other = programs
    await one.record(said(2))
    assert await other.record(said(3) | said(9, person=BEN)) == ({3, 9}, {9})
    assert await other.claim() == []
    assert [left.update_id for left in await one.claim()] == [3]
    await one.record(said(1), done=[2, 3])
    await one.record({}, done=[1])
    assert (await other.record(said(4))).ours == {4}


async def test_the_claims_of_a_dead_program_run_out(engine: AsyncEngine, programs: tuple[Inbox, Inbox]) -> None:
    one, other = programs
    await one.record(said(1, 2), begun=[1])
    await let_claims_run_out(engine)
    assert (await other.record(said(3))).ours == set()  # its turn comes after the two
    assert [(left.update_id, left.tries) for left in await other.claim()] == [(1, 1), (2, 0), (3, 0)]
    assert (await one.record({}, begun=[2])).ours == set()  # it was only slow, and begins nothing more
    await one.record({}, done=[1])
    assert (await other.record({}, begun=[1, 2])).ours == {2}  # what it has handled is not handled again


async def test_claims_that_are_renewed_last(engine: AsyncEngine, programs: tuple[Inbox, Inbox]) -> None:
    one, other = programs
    await one.record(said(1, 2))
    await let_claims_run_out(engine)
    await one.renew([1])  # which holds the second, too
    assert await other.claim() == []
    assert (await other.record(said(3))).ours == set()
    await one.release()
    assert [left.update_id for left in await other.claim()] == [1, 2, 3]


async def test_the_only_program_need_not_wait_for_a_former_life(programs: tuple[Inbox, Inbox]) -> None:
    former, only = programs
    await former.record(said(1))
    await only.free()
    assert [left.update_id for left in await only.claim()] == [1]


async def test_programs_that_store_at_the_same_time_agree(engine: AsyncEngine) -> None:
    programs = [Inbox(engine) for _ in range(4)]
    for lot in range(10):
        numbers = range(8 * lot, 8 * lot + 8)
        recorded = await asyncio.gather(
            *(programs[n % 4].record(said(n) | said(1000 + n, person=BEN)) for n in numbers)
        )
        assert {n for one in recorded for n in one.new} == {*numbers, *(1000 + n for n in numbers)}
        while any([await program.claim() for program in programs]):
            pass
        async with engine.connect() as connection:
            owners = await connection.execute(text("SELECT person, count(DISTINCT owner) FROM inbox GROUP BY person"))
            assert sorted(map(tuple, owners)) == [(BEN, 1), (ANN, 1)]
        await do(engine, "DELETE FROM inbox")
