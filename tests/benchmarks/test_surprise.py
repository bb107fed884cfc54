"""The surprise benchmark fits curves to cases and prints a setting that an operator can paste."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.surprise import ORDER, Case, fitted, setting
from inference.surprise.clip import ClipChoice
from inference.surprise.statistics import REASONS, Measures, Reason

CLIP = ClipChoice(model="org/name").reason
NUMBERS = range(12)


def cases(strange: Callable[[str], float]) -> list[Case]:
    """Return cases with the given CLIP scores by kind, which statistics cannot distinguish."""
    wobbles = [(number % 4 - 1.5) / 10 for number in NUMBERS]
    return [
        Case("photo", "all", kind, Measures(wobble, wobble, wobble, wobble, wobble, strange(kind) + wobble))
        for kind in ORDER
        for wobble in wobbles
    ]


def test_a_curve_tells_other_worlds_and_is_a_setting() -> None:
    known = cases(lambda kind: float(kind == "other"))
    curve = fitted(known, (*REASONS, CLIP))[-1]
    own, other = (
        curve.surprise(next(case for case in known if case.kind == kind).measures) for kind in ("own", "other")
    )
    assert own < 0.1
    assert other > 0.8
    name, _, text = setting("org/name?weight=3", curve).partition("=")
    assert name == "KUOTU_SURPRISE"
    assert ClipChoice.parse(text.strip("'")).reason == curve


def test_a_clip_that_tells_nothing_is_no_setting() -> None:
    curve = fitted(cases(lambda kind: -float(kind == "other")), (*REASONS, CLIP))[-1]
    assert setting("org/name", curve) == (
        "org/name finds other worlds no stranger than a photo's own border: it is of no use"
    )


@pytest.mark.parametrize("reasons", [REASONS, (*REASONS, CLIP)], ids=["statistics", "with a CLIP"])
def test_every_reason_is_fitted(reasons: tuple[Reason, ...]) -> None:
    found = fitted(cases(lambda _kind: 0.0), reasons)
    assert [set(reason.weights) for reason in found] == [set(reason.weights) for reason in reasons]
