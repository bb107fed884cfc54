"""A short, seeded part of each trial; `make soak` runs the whole."""

from __future__ import annotations

from pathlib import Path

from tests.soak import cluster, crowd, faults, kills, webhook
from tests.support.server import server


async def test_nothing_is_lost_while_the_program_is_killed(tmp_path: Path) -> None:
    survived = await kills.survive(tmp_path, people=4, kills=2, longest=2.0, at_once=4)
    assert survived.wrong == []
    assert survived.kills == 2


async def test_every_conversation_ends_well_while_calls_fail(tmp_path: Path) -> None:
    outcome = await faults.survive(tmp_path, people=7, at_once=5)
    assert outcome.wrong == []
    assert outcome.faults.total() > 10


async def test_nobody_in_a_crowd_waits_for_ever(tmp_path: Path) -> None:
    crowded = await crowd.survive(tmp_path, people=4, seconds=0)
    assert crowded.wrong == []
    assert len(crowded.conversations) == 4


async def test_programs_behind_a_webhook_answer_as_one(tmp_path: Path, empty_postgres: str) -> None:
    outcome = await webhook.survive(tmp_path, empty_postgres, people=6)
    assert outcome.wrong == []


async def test_a_cluster_shows_everything_once_whatever_is_killed(tmp_path: Path) -> None:
    async with server() as postgresql:
        outcome = await cluster.survive(tmp_path, postgresql, people=3, kills=3, away=1.0, longest=1.5)
    assert outcome.wrong == []
    assert len(outcome.kills) == 3
