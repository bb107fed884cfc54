"""The environment of a child process."""

from __future__ import annotations

import sys

import pytest

from inference.worker.pipe import Link

TELL = """
import os, sys
from inference.worker.frame import Frame
for part in Frame(os.environ["OPENBLAS_NUM_THREADS"]).parts():
    sys.stdout.buffer.write(part)
"""


async def told() -> str:
    link = await Link.spawn(sys.executable, "-c", TELL)
    answer = await link.receive()
    await link.end()
    return answer.kind


async def test_numpy_uses_one_core_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    assert await told() == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert await told() == "3"
