"""Ended jobs are handed over while their claims hold, and no more of them than asked for."""

from __future__ import annotations

from storage.jobs.handover import FRESH, Handover
from storage.models import Job


def ended(number: int, owner: str | None = "server") -> Job:
    return Job(id=number, owner=owner)


def test_no_more_are_fetched_than_there_is_room_for() -> None:
    handover = Handover()
    jobs = [ended(number) for number in range(3)]
    for job in jobs:
        handover.hand(job)
    assert [handover.fetch("server", limit) for limit in (0, 2, 2, 2)] == [[], jobs[:2], jobs[2:], []]


def test_what_has_waited_as_long_as_its_claim_may_not_hold_any_more_is_left_to_everybody() -> None:
    moment = 0.0
    handover = Handover(lambda: moment)
    handover.hand(ended(1))
    moment = FRESH / 2
    handover.hand(young := ended(2))
    moment = FRESH + 1
    assert handover.fetch("server", 9) == [young]
    assert handover.leave() == []


def test_what_nobody_claimed_is_not_kept() -> None:
    handover = Handover()
    handover.hand(ended(1, owner=None))
    assert handover.fetch("server", 9) == []


def test_who_leaves_gets_what_was_not_fetched() -> None:
    handover = Handover()
    for job in (jobs := [ended(1), ended(2)]):
        handover.hand(job)
    assert handover.fetch("server", 1) == jobs[:1]
    assert handover.leave() == jobs[1:]
    assert handover.fetch("server", 9) == []
