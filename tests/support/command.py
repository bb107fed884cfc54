"""The command line, run in this process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.__main__ import main

Run = Callable[..., tuple[int, str, str]]


def runner(capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs one command and returns its exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        if isinstance(end.value.code, str):  # Python itself prints it and exits with 1
            return 1, out, f"{err}{end.value.code}\n"
        return int(end.value.code or 0), out, err

    return run
