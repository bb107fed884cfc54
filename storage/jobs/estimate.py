"""Estimates how long an expansion takes from earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from statistics import median

from sqlalchemy import Select, func, select

from storage.models import Expansion, Photo, Status, status_is

RECENT = 50  # newest jobs that are considered
LOOKED = 500  # newest jobs that are looked through for those of a model, or for finished ones
NEAREST = 9  # jobs nearest in size that the estimate is computed from


def past_jobs(engine: str | None, model: str) -> Select[int, float | None]:
    """Select the canvas pixels and the seconds of the newest jobs that an engine finished with a model.

    Without an engine, they are those of all engines.
    """
    pixels = (Photo.width + Expansion.left + Expansion.right) * (Photo.height + Expansion.top + Expansion.bottom)
    jobs = select(Expansion.id, Expansion.model, Expansion.seconds, pixels.label("pixels"))
    newest = (
        jobs.join(Photo, Expansion.source_id == Photo.id)
        .where(status_is(Expansion, Status.DONE), *([] if engine is None else [Expansion.engine == engine]))
        .order_by(Expansion.id.desc())
        .limit(LOOKED)
        .subquery()
    )
    own = select(newest.c.pixels, newest.c.seconds)
    own = own if engine is None else own.where(newest.c.model == model)
    return own.order_by(newest.c.id.desc()).limit(RECENT)


def newest_seconds() -> Select[float | None]:
    """Select the seconds of the newest finished jobs, whatever made them."""
    oldest = select(func.max(Expansion.id)).scalar_subquery() - LOOKED
    done = select(Expansion.seconds).where(status_is(Expansion, Status.DONE), Expansion.id > oldest)
    return done.order_by(Expansion.id.desc()).limit(RECENT)


def typical_seconds(jobs: Sequence[tuple[float, float]], megapixels: float) -> float | None:
    """Return the median time of the jobs that are nearest in size, or None if there are none.

    `jobs` holds (megapixels, seconds). Nearest neighbours by the logarithm of the size need no assumption about how
    time grows with size, and the median is robust against a job that hung.
    """
    nearest = sorted(jobs, key=lambda job: abs(log(job[0] / megapixels)))[:NEAREST]
    return median(seconds for _, seconds in nearest) if nearest else None
