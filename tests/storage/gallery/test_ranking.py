"""The ranking formulas agree with published values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage.gallery.ranking import (
    FIRST_VIEWERS,
    doubt,
    hot,
    rate,
    surprise,
    surprise_index,
    top,
    wilson_lower,
    wilson_upper,
)


@pytest.mark.parametrize(
    ("successes", "trials", "lower", "upper"),
    [
        (0, 10, 0.0, 0.2775),
        (1, 10, 0.0179, 0.4042),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (
            81,
            263,
            0.2553,
            0.3662,
        ),  # Newcombe, «Two-sided confidence intervals for the single proportion», 1998, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_score_interval(successes: int, trials: int, lower: float, upper: float) -> None:
    assert wilson_lower(successes, trials, z=1.959964) == pytest.approx(lower, abs=5e-5)
    assert wilson_upper(successes, trials, z=1.959964) == pytest.approx(upper, abs=5e-5)


def test_nothing_is_known_of_nothing() -> None:
    assert (wilson_lower(0, 0), wilson_upper(0, 0)) == (0.0, 1.0)


@pytest.mark.parametrize("trials", [1, 3, 10, 1000])
def test_the_rate_lies_between_the_bounds(trials: int) -> None:
    for successes in range(0, trials + 1, max(1, trials // 10)):
        lower, upper = wilson_lower(successes, trials), wilson_upper(successes, trials)
        assert 0 <= lower <= successes / trials <= upper <= 1


def test_surprise_is_any_of_three_feelings() -> None:
    scores = {surprise(*votes, impressions=10, prior=0.5) for votes in [(3, 0, 0), (0, 3, 0), (0, 0, 3), (1, 1, 1)]}
    assert len(scores) == 1


def test_more_surprised_is_more_surprising_and_more_shrugs_less() -> None:
    assert surprise(4, 0, 0, 10, 0.5) > surprise(3, 0, 0, 10, 0.5) > surprise(3, 0, 0, 11, 0.5)


def test_the_unseen_comes_before_the_seen_of_the_same_rate() -> None:
    assert surprise(0, 0, 0, 0, 0.2) > surprise(2, 0, 0, 10, 0.2) > surprise(20, 0, 0, 100, 0.2)


def test_the_machines_guess_orders_the_unseen_and_fades() -> None:
    assert surprise(0, 0, 0, 0, 0.9) > surprise(0, 0, 0, 0, 0.1)
    unseen = surprise(0, 0, 0, 0, 0.9) - surprise(0, 0, 0, 0, 0.1)
    seen = surprise(50, 0, 0, 500, 0.9) - surprise(50, 0, 0, 500, 0.1)
    assert seen < unseen / 50


def test_doubt_is_about_the_cut_and_fades_with_views() -> None:
    assert doubt(3, 10, 0.25) > doubt(30, 100, 0.25) > doubt(300, 1000, 0.25)
    assert doubt(3, 10, 0.25) > max(doubt(0, 10, 0.25), doubt(10, 10, 0.25))
    assert doubt(2, 8, 0.2) == pytest.approx(3 * (0.175 * 0.825 / 17) ** 0.5 - 0.025)
    assert rate(0, 0) == 0.1
    assert rate(500, 1000) == pytest.approx(0.5, abs=0.01)


def test_the_index_moves_slowly_once_it_is_shown_and_still_follows_the_votes() -> None:
    for surprised, prior in ((0, 0.9), (3, 0.5), (FIRST_VIEWERS, 0.1)):
        now = surprise_index(surprised, FIRST_VIEWERS, prior)
        steps = [surprise_index(surprised + one, FIRST_VIEWERS + 1, prior) - now for one in (0, 1)]
        assert steps[0] <= 0 <= steps[1]
        assert max(map(abs, steps)) <= 6
    assert surprise_index(0, 1000, 0.9) < 3
    assert surprise_index(900, 1000, 0.1) > 88
    assert [surprise_index(0, 0, prior) for prior in (0.0, 0.66, 1.0)] == [0, 66, 100]


def test_top_asks_for_witnesses() -> None:
    assert top(90, 100) > top(9, 10) > top(1, 1) > top(0, 0) == 0.0


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("votes", "hours", "rank"),
    [(1, 0, 0.0), (10, 0, 1.0), (1, 12.5, 1.0), (100, -12.5, 1.0), (0, 0, 0.0), (-10, 0, -1.0), (-10, 25, 1.0)],
    ids=["one", "ten", "newer", "older-and-more", "none", "against", "against-but-newer"],
)
def test_ten_times_the_votes_are_worth_twelve_and_a_half_hours(votes: int, hours: float, rank: float) -> None:
    assert hot(votes, NEW_YEAR + timedelta(hours=hours)) - hot(0, NEW_YEAR) == pytest.approx(rank, abs=1e-9)
