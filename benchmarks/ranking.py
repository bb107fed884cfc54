"""Which order finds the funniest posts? A simulation with the gallery's own formulas.

python -m benchmarks.ranking [RUNS]        32 runs by default; about 10 s per line

400 posts arrive over time. The share of viewers whom a post surprises follows Beta(0.6, 6): 9 % on average, and 50 %
for a few. 4000 pages of five posts are shown. The figures are surprises per view, and how many of the true best 20 are
among the first 20 by the lower bound at the end. All rules see the same posts. Intervals are 95 % over the runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from storage.gallery.browsing import ASIDE, BEST, LOOKED_AT
from storage.gallery.ranking import PRIOR_IMPRESSIONS, doubt, hot, rate, surprise, top, wilson_upper

RUNS: Final = 32
POSTS, PAGES, PER_PAGE = 400, 4000, 5
ARRIVING: Final = 0.8  # fraction of the time during which posts arrive
PAGE_MINUTES: Final = 2.5  # 4000 pages are then a week
PRODUCT, BARE = "surprising, and 1 of 20 in doubt", "without those in doubt"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)

Floats, Ints, Bools = NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]
Score = Callable[[int, int, float, int], float]
"""The score of a post: (surprised viewers, viewers, the machine's guess, page of its arrival) -> score."""


@dataclass(frozen=True)
class World:
    """The assumptions of a simulation."""

    name: str
    pages: int = PAGES
    people: int | None = None  # each sees a post at most once; None: every view is by a new person
    knows: float | None = None  # weight of the true rank in the guess; None: the same guess for all posts


WORLDS: Final = (
    World("the guess says nothing: 0.5 for all"),
    World("the same, 1000 pages", pages=1000),
    World("the same, each of 300 people sees a post once", people=300),
    World("the guess is noise", knows=0.0),
    World("the guess goes with the truth (rank correlation 0.45)", knows=0.5),
)


def main() -> None:
    """Print the figures of every rule in every world."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    for world in WORLDS:
        print(f"\n{world.name}\n{'':34} surprises a view   best 20 found   never shown")
        results = dict[str, tuple[Floats, Floats, Floats]]()
        for name, score in RULES.items():
            if world == WORLDS[0] or name in ESSENTIAL:
                views, found, unseen = results[name] = simulated(score, world, runs)
                print(f"{name:34} {_interval(views)}   {_interval(found)}   {unseen.mean():.2f}", flush=True)
        for other in ESSENTIAL[1:]:
            views, found = (results[PRODUCT][k] - results[other][k] for k in (0, 1))
            print(f"{'less ' + other:34} {_interval(views)}   {_interval(found)}")


def upper(surprised: int, impressions: int, prior: float, _born: int, z: float, share: float = 1.0) -> float:
    """Return the product's score with other constants. `share` scales the machine's guess."""
    return wilson_upper(surprised + PRIOR_IMPRESSIONS * share * prior, impressions + PRIOR_IMPRESSIONS, z)


RULES: Final[dict[str, Score]] = {
    "by lot": lambda s, n, prior, born: 0.0,
    "most reactions": lambda s, n, prior, born: s,
    "top (lower bound)": lambda s, n, prior, born: top(s, n),
    "hot": lambda s, n, prior, born: hot(s, START + timedelta(minutes=PAGE_MINUTES * born)),
    "upper bound alone, z 1.64": lambda s, n, prior, born: wilson_upper(s, n, 1.64),
    PRODUCT: lambda s, n, prior, born: surprise(s, 0, 0, n, prior),
    BARE: lambda s, n, prior, born: surprise(s, 0, 0, n, prior),
    "all of the guess, z 1.28": partial(upper, z=1.28),
    "all of the guess, z 1.64": partial(upper, z=1.64),
    "all of the guess, z 1.96": partial(upper, z=1.96),
    "0.4 of the guess, z 1.28": partial(upper, share=0.4, z=1.28),
    "0.4 of the guess, z 1.64": partial(upper, share=0.4, z=1.64),
    "0.4 of the guess, z 1.96": partial(upper, share=0.4, z=1.96),
}
ESSENTIAL: Final = (PRODUCT, BARE, "all of the guess, z 1.28", "all of the guess, z 1.64")


def simulated(score: Score, world: World, runs: int) -> tuple[Floats, Floats, Floats]:
    """Return per run: surprises per view, share of the best posts found, and share of posts never shown."""
    made, chance, rows = np.random.default_rng(7), np.random.default_rng(8), np.arange(runs)[:, None]
    rate = made.beta(0.6, 6.0, (runs, POSTS))
    born = np.sort(made.integers(0, int(world.pages * ARRIVING), (runs, POSTS)), axis=1)
    prior, tie = _guesses(world, rate, made), made.random((runs, POSTS)) * 1e-9
    seen = np.zeros((runs, world.people or 1, POSTS), bool)
    cached = lru_cache(None)(score)
    said, shown = np.zeros((runs, POSTS), int), np.zeros((runs, POSTS), int)
    scores = np.vectorize(cached, otypes=[float])(said, shown, prior, born)
    for page in range(world.pages):
        person = chance.integers(0, seen.shape[1], runs)[:, None]
        free = (born <= page) & ~seen[rows[:, 0], person[:, 0]]
        order = np.where(free, scores + (tie if score is not RULES["by lot"] else chance.random(tie.shape)), -np.inf)
        if score is RULES[PRODUCT] and page % (ASIDE // PER_PAGE) == 0:
            order[rows[:, 0], _in_doubt(said, shown, born <= page, order)] = np.inf
        chosen = np.argpartition(-order, PER_PAGE - 1, axis=1)[:, :PER_PAGE]
        there = free[rows, chosen]
        said[rows, chosen] += there & (chance.random(chosen.shape) < rate[rows, chosen])
        shown[rows, chosen] += there
        seen[rows, person, chosen] |= there & (world.people is not None)
        facts = (array[rows, chosen].ravel().tolist() for array in (said, shown, prior, born))
        scores[rows, chosen] = np.reshape([cached(*fact) for fact in zip(*facts, strict=True)], chosen.shape)
    final = np.vectorize(top, otypes=[float])(said, shown)
    best, claimed = (np.argsort(-values, axis=1)[:, :BEST] for values in (rate, final))
    found = [len(np.intersect1d(a, b)) / BEST for a, b in zip(best, claimed, strict=True)]
    return said.sum(1) / shown.sum(1), np.array(found), (shown == 0).mean(1)


def _in_doubt(said: Ints, shown: Ints, there: Bools, order: Floats) -> Ints:
    """Return per run the post of uncertain rank that storage/gallery/browsing.py would choose."""
    rates, lines = rate(said, shown), np.arange(len(said))[:, None]
    lower = np.where(there, np.vectorize(lru_cache(None)(top), otypes=[float])(said, shown), -1.0)
    cut = rates[lines, np.argsort(-lower, axis=1)[:, BEST - 1 : BEST + 1]].mean(1, keepdims=True)
    near = order >= np.sort(order, axis=1)[:, -LOOKED_AT][:, None]
    return np.argmax(np.where(near & np.isfinite(order), doubt(said, shown, cut), -np.inf), axis=1)


def _guesses(world: World, rate: Floats, random: np.random.Generator) -> Floats:
    """Return the machine's guess for each post, evenly spread from 0 to 1 in hundredths."""
    if world.knows is None:
        return np.full(rate.shape, 0.5)
    ranks = rate.argsort(1).argsort(1) / POSTS
    mixed = world.knows * ranks + random.random(rate.shape)
    return np.round(mixed.argsort(1).argsort(1) / POSTS, 2)


def _interval(values: Floats) -> str:
    half = 1.96 * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():.3f} ± {half:.3f}"


if __name__ == "__main__":
    main()
