"""Fixtures for the tests of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir

import pytest

from tests.support.command import Run, runner


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """`run("expand", ...)` runs a command without `.env` and returns exit code, standard output and standard error."""
    with chdir(tmp_path_factory.mktemp("here")):
        yield runner(capfd)
