"""Stages of a whole: each reports its own 0 to 1."""

from __future__ import annotations

from inference.engine import Report


def part(report: Report, start: float, end: float) -> Report:
    """A Report that covers the stretch from `start` to `end` of another."""
    return lambda fraction: report(start + (end - start) * fraction)
