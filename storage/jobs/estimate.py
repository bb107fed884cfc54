"""How long an expansion will take, told from those before it."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from statistics import median

from sqlalchemy import Select, select

from storage.models import Expansion, Photo, Status, status_is

RECENT = 50  # past jobs that are looked at
NEAREST = 9  # those among them that are believed


def past_jobs(engine: str) -> Select[int, float | None]:
    """Canvas pixels and seconds of the newest jobs that an engine finished."""
    pixels = (Photo.width + Expansion.left + Expansion.right) * (Photo.height + Expansion.top + Expansion.bottom)
    jobs = select(pixels, Expansion.seconds).join(Photo, Expansion.source_id == Photo.id)
    return (
        jobs.where(status_is(Expansion, Status.DONE), Expansion.engine == engine)
        .order_by(Expansion.id.desc())
        .limit(RECENT)
    )


def typical_seconds(jobs: Sequence[tuple[float, float]], megapixels: float) -> float | None:
    """The median time of the jobs (megapixels, seconds) that are nearest in size; None when there are none.

    Nearest neighbours (by the logarithm of the size) need no assumption on how time grows with it, and the median
    survives a job that hung.
    """
    nearest = sorted(jobs, key=lambda job: abs(log(job[0] / megapixels)))[:NEAREST]
    return median(seconds for _, seconds in nearest) if nearest else None
