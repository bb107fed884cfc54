"""Time limits that only a hang reaches, on a busy machine too."""

from __future__ import annotations

HANG = 300.0  # seconds; below the `timeout` of pytest, so that the test that hangs says what it waited for
