"""Estimates how long an expansion takes from earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from statistics import median

from sqlalchemy import Select, select

from storage.models import Expansion, Photo, Status, status_is

RECENT = 50  # newest jobs that are considered
NEAREST = 9  # jobs nearest in size that the estimate is computed from


def past_jobs(engine: str) -> Select[int, float | None]:
    """Select the canvas pixels and the seconds of the newest jobs that an engine finished."""
    pixels = (Photo.width + Expansion.left + Expansion.right) * (Photo.height + Expansion.top + Expansion.bottom)
    jobs = select(pixels, Expansion.seconds).join(Photo, Expansion.source_id == Photo.id)
    return (
        jobs.where(status_is(Expansion, Status.DONE), Expansion.engine == engine)
        .order_by(Expansion.id.desc())
        .limit(RECENT)
    )


def typical_seconds(jobs: Sequence[tuple[float, float]], megapixels: float) -> float | None:
    """Return the median time of the jobs that are nearest in size, or None if there are none.

    `jobs` holds (megapixels, seconds). Nearest neighbours by the logarithm of the size need no assumption about how
    time grows with size, and the median is robust against a job that hung.
    """
    nearest = sorted(jobs, key=lambda job: abs(log(job[0] / megapixels)))[:NEAREST]
    return median(seconds for _, seconds in nearest) if nearest else None
