"""Progress is passed on as a part of other work, and no more often than a person can see."""

from __future__ import annotations

import pytest

from inference.engine import part, whole_percents


@pytest.mark.parametrize(("fraction", "told"), [(0.0, 0.2), (0.5, 0.5), (1.0, 0.8)])
def test_a_part_covers_its_stretch_of_the_whole(fraction: float, told: float) -> None:
    seen: list[float] = []
    part(seen.append, 0.2, 0.8)(fraction)
    assert seen == [pytest.approx(told)]


def test_parts_may_be_nested() -> None:
    seen: list[float] = []
    part(part(seen.append, 0.5, 1.0), 0.0, 0.5)(1.0)
    assert seen == [pytest.approx(0.75)]


def test_only_another_whole_percent_is_passed_on() -> None:
    seen: list[float] = []
    report = whole_percents(seen.append)
    for fraction in (0.0, 0.004, 0.01, 0.0199, 0.5, 0.4, 1.0, 1.0):
        report(fraction)
    assert seen == [0.0, 0.01, 0.5, 1.0]
