"""The gallery's order, as published formulas. Pure functions of counts.

Both bounds come from E. B. Wilson's score interval («Probable Inference, the Law of Succession, and Statistical
Inference», Journal of the American Statistical Association 22, 1927, pages 209 to 212): the rates that s successes in n
trials do not contradict at z standard deviations. The lower bound is what is certainly good, and suits a hall of fame.
The upper bound is what may be good, so it shows posts that few people have seen: optimism in the face of uncertainty,
as in UCB (Auer, Cesa-Bianchi and Fischer, «Finite-time Analysis of the Multiarmed Bandit Problem», Machine Learning
47, 2002). benchmarks/ranking.py simulates the constants below, and docs/ranking.md reports the results.
"""

from __future__ import annotations

from datetime import datetime
from math import copysign, log10, sqrt

CERTAIN = 1.96  # 95 %, two-sided
CURIOUS = 1.28  # 90 %, one-sided
PRIOR_IMPRESSIONS = 2.0  # impressions that the machine's guess is worth
TRUSTED = 0.8  # factor on the guess when it decides what to show: too low costs few views, too high costs many
USUAL, USUAL_IMPRESSIONS = 0.1, 8.0  # prior share of surprised viewers, and its weight in impressions
DOUBTS = 3.0  # standard deviations
FIRST_VIEWERS = 5  # people who must have seen a post before its index is shown
INDEX_IMPRESSIONS = 12.0  # impressions that the guess is worth in the index, which people read and should be steady
HALF_DAY = 45_000.0  # seconds by which a post must be newer to rank equal to one with ten times the votes


def wilson_lower(successes: float, trials: float, z: float = CERTAIN) -> float:
    """Return the lowest rate, 0 to 1, that the trials do not contradict; 0 without trials."""
    return max(0.0, _wilson(successes, trials, -z)) if trials else 0.0


def wilson_upper(successes: float, trials: float, z: float = CURIOUS) -> float:
    """Return the highest rate, 0 to 1, that the trials do not contradict; 1 without trials."""
    return min(1.0, _wilson(successes, trials, z)) if trials else 1.0


def surprise(laughing: int, mind_blown: int, screaming: int, impressions: int, prior: float) -> float:
    """Return how surprising a post may be, 0 to 1, which decides what to show next.

    The machine's guess, `prior`, counts as PRIOR_IMPRESSIONS impressions, TRUSTED * prior of which were surprised.
    """
    surprised = laughing + mind_blown + screaming
    return wilson_upper(surprised + PRIOR_IMPRESSIONS * TRUSTED * prior, impressions + PRIOR_IMPRESSIONS)


def rate(surprised: int, impressions: int) -> float:
    """Return the estimated share of viewers whom a post surprises, 0 to 1: the mean of a Beta posterior."""
    return (surprised + USUAL_IMPRESSIONS * USUAL) / (impressions + USUAL_IMPRESSIONS)


def doubt(surprised: int, impressions: int, cut: float) -> float:
    """Return how much one more view tells about whether a post's rate is above `cut`. The highest is worth showing.

    This is the straddle heuristic: DOUBTS standard deviations of the posterior, less the distance to the cut (Bryan,
    Nichol, Genovese, Schneider, Miller and Wasserman, «Active Learning for Identifying Function Threshold Boundaries»,
    NIPS 2005, with 1.96 standard deviations).
    """
    mean = rate(surprised, impressions)
    deviation: float = (mean * (1 - mean) / (impressions + USUAL_IMPRESSIONS + 1)) ** 0.5
    return DOUBTS * deviation - abs(mean - cut)


def top(surprised: int, impressions: int) -> float:
    """Return how surprising a post certainly is: the lower bound, 0 to 1."""
    return wilson_lower(surprised, impressions)


def hot(votes: int, created_at: datetime) -> float:
    """Return the rank by current votes: their logarithm (negative for votes against), plus a term for the age.

    This is Reddit's rank (reddit/r2/r2/lib/db/_sorts.pyx of its published source, `_hot`). It decays without
    updates: a post keeps its rank, and newer posts start higher. Hacker News divides by a power of the age instead, so
    every rank changes with the clock, which no index can hold.
    """
    return copysign(log10(max(1, abs(votes))), votes) + created_at.timestamp() / HALF_DAY


def surprise_index(surprised: int, impressions: int, prior: float) -> int:
    """Return the surprise index, 0 to 100: the share of surprised viewers, with the guess as INDEX_IMPRESSIONS more.

    From FIRST_VIEWERS on, one more viewer moves it by at most 6 points.
    """
    return round(100 * (surprised + INDEX_IMPRESSIONS * prior) / (impressions + INDEX_IMPRESSIONS))


def _wilson(successes: float, trials: float, z: float) -> float:
    rate = successes / trials
    spread = z * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    return (rate + z * z / (2 * trials) + spread) / (1 + z * z / trials)
