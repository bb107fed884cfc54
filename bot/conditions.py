"""What is wrong with the running program right now, for `/readyz` and for the operator's log."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()


@dataclass
class Conditions:
    """Named parts of the program that do not work at the moment, each with its reason."""

    _wrong: dict[str, str] = field(default_factory=dict)

    @property
    def wrong(self) -> dict[str, str]:
        """The reasons by the name of the part. Empty while everything works."""
        return dict(self._wrong)

    def report(self, part: str, reason: str) -> None:
        """Record that a part does not work. Only the first report in a row is logged."""
        if part not in self._wrong:
            log.warning("condition.bad", part=part, reason=reason)
        self._wrong[part] = reason

    def recovered(self, part: str) -> None:
        """Record that a part works."""
        if self._wrong.pop(part, None) is not None:
            log.info("condition.good", part=part)
