"""The gallery's order, as published formulas. Pure functions of counts.

Both bounds are E. B. Wilson's score interval («Probable Inference, the Law of Succession, and Statistical Inference»,
Journal of the American Statistical Association 22, 1927, pages 209 to 212): the rates that n trials with s successes do
not contradict at z standard deviations. The lower bound says what is surely good, and suits a hall of fame. The upper
bound says what may be, and so shows what few have seen: optimism in the face of uncertainty, as in UCB (Auer,
Cesa-Bianchi and Fischer, «Finite-time Analysis of the Multiarmed Bandit Problem», Machine Learning 47, 2002).
What the constants below give is simulated in benchmarks/ranking.py and reported in docs/ranking.md.
"""

from __future__ import annotations

from datetime import datetime
from math import copysign, log10, sqrt

CERTAIN = 1.96  # 95 % two-sided
CURIOUS = 1.28  # 90 % one-sided
PRIOR_IMPRESSIONS = 2.0  # how many people's word the machine's guess is worth
TRUSTED = 0.8  # of the guess when it decides what to show: guessing low costs few views, guessing high many
USUAL, USUAL_IMPRESSIONS = 0.1, 8.0  # the share of viewers that a post surprises, before anybody has seen it
DOUBTS = 3.0  # standard deviations
HALF_DAY = 45_000.0  # seconds by which a post must be newer to be as hot as one with ten times the votes


def wilson_lower(successes: float, trials: float, z: float = CERTAIN) -> float:
    """The lowest rate that is not contradicted, 0 to 1; nothing is known of no trials, so 0."""
    return max(0.0, _wilson(successes, trials, -z)) if trials else 0.0


def wilson_upper(successes: float, trials: float, z: float = CURIOUS) -> float:
    """The highest rate that is not contradicted, 0 to 1; nothing is known of no trials, so 1."""
    return min(1.0, _wilson(successes, trials, z)) if trials else 1.0


def surprise(laughing: int, mind_blown: int, screaming: int, impressions: int, prior: float) -> float:
    """What to show next: how surprising a post may be, 0 to 1, from those who said so among those who saw it.

    The machine's guess, `prior`, counts as PRIOR_IMPRESSIONS impressions of which TRUSTED * prior came out so.
    """
    surprised = laughing + mind_blown + screaming
    return wilson_upper(surprised + PRIOR_IMPRESSIONS * TRUSTED * prior, impressions + PRIOR_IMPRESSIONS)


def rate(surprised: int, impressions: int) -> float:
    """The share of viewers that a post surprises, 0 to 1, as far as one can tell: the mean of a Beta posterior."""
    return (surprised + USUAL_IMPRESSIONS * USUAL) / (impressions + USUAL_IMPRESSIONS)


def doubt(surprised: int, impressions: int, cut: float) -> float:
    """How much a view tells about whether a post's rate is above `cut`; the highest is the most worth knowing.

    The straddle heuristic: DOUBTS standard deviations of the posterior, less the distance to the cut (Bryan, Nichol,
    Genovese, Schneider, Miller and Wasserman, «Active Learning for Identifying Function Threshold Boundaries», NIPS
    2005; they take 1.96).
    """
    mean = rate(surprised, impressions)
    deviation: float = (mean * (1 - mean) / (impressions + USUAL_IMPRESSIONS + 1)) ** 0.5
    return DOUBTS * deviation - abs(mean - cut)


def top(surprised: int, impressions: int) -> float:
    """What is surely surprising: the lower bound, 0 to 1."""
    return wilson_lower(surprised, impressions)


def hot(votes: int, created_at: datetime) -> float:
    """What is talked about: votes (those against are negative) on a logarithm, and how new the post is.

    Reddit's rank (reddit/r2/r2/lib/db/_sorts.pyx in the source published by reddit, `_hot`). It decays with no update:
    a post keeps its rank while newer ones start higher. Hacker News divides by a power of the age instead, so that
    every rank changes with the clock, which no index can hold.
    """
    return copysign(log10(max(1, abs(votes))), votes) + created_at.timestamp() / HALF_DAY


def surprise_index(laughing: int, mind_blown: int, screaming: int, impressions: int, prior: float) -> int:
    """How surprising a post is, 0 to 100: the share of its viewers who said so, the guess counted as above."""
    surprised = laughing + mind_blown + screaming
    return round(100 * (surprised + PRIOR_IMPRESSIONS * prior) / (impressions + PRIOR_IMPRESSIONS))


def _wilson(successes: float, trials: float, z: float) -> float:
    rate = successes / trials
    spread = z * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    return (rate + z * z / (2 * trials) + spread) / (1 + z * z / trials)
