"""The command line in this process."""

from __future__ import annotations

import pytest

from tests.support.command import Run, runner


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """`run("expand", …)` returns the exit code, standard output and standard error of a command."""
    return runner(capfd)
