"""The benchmark of marks: it says what is too slow, keeps what was measured, and counts false alarms by photo."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.marks import LIMITS, above
from benchmarks.watermarks import ATTACKS, KEYS, RESULTS, TRIALS, Progress, attacks, false_alarms
from inference.canvas import Extent


def test_what_takes_longer_than_it_may_is_named() -> None:
    limits = {Extent(1024, 683): 60.0, Extent(6360, 4240): 600.0}
    assert limits == LIMITS
    assert above(dict.fromkeys(LIMITS, 60.0)) == ""
    assert above(dict.fromkeys(LIMITS, 70.4)) == "1024x683 took 70 ms and may take 60"


def test_the_table_is_large_enough() -> None:
    assert (RESULTS, TRIALS) >= (200, 10_000)


def test_a_later_run_goes_on_where_an_earlier_one_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "progress.json"
    first = Progress.at(path)
    first.outcomes = {name: [(True, True, 0), (True, False, 32)] for name in ATTACKS}
    first.keep()
    second = Progress.at(path)
    attacks(second, results=2)
    told = capsys.readouterr().out
    assert "(2 results)" in told
    assert "| JPEG 80 | 100.0% | 50.0% | 50.0% | 25.0% |" in told
    attacks(second, results=3)
    assert {name: len(seen) for name, seen in Progress.at(path).outcomes.items()} == dict.fromkeys(ATTACKS, 3)


def test_false_alarms_are_counted_by_trial_and_by_photo(capsys: pytest.CaptureFixture[str]) -> None:
    photos = [Path(f"{number}.jpg") for number in range(20)]
    fits = {photo.stem: [[5.0] * KEYS] for photo in photos}
    fits["3"][0][:2] = [7.5, 9.0]
    false_alarms(Progress(fits=fits), photos, trials=20 * KEYS)
    told = capsys.readouterr().out
    assert "| trials: 2 | 500 | 0.11% to 1.45% |" in told
    assert "| photos: 1 | 20 | 0.89% to 23.61% |" in told
    assert "best 9.00" in told
