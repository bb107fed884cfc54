"""A line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How serious a finding is."""

    GOOD = "[green]✓[/]"
    OPTIONAL = "[yellow]–[/]"  # Kuotu works without it; the text says what it adds
    BAD = "[red]✗[/]"  # Kuotu does not run until this is fixed


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    state: State
    subject: str
    words: str
