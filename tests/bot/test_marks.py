"""Files are dated by a server of the operator's choice, and leave without a date where that fails."""

from __future__ import annotations

import json
import logging
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa
import pytest

from bot.marks import Marks
from inference.marks.manifest import State, read
from tests.support.marks import ORIGIN, encoded, keys, noise
from tests.support.time_server import time_server


def signed(url: str) -> bytes:
    return Marks(keys(), "Kuotu", url).marked(encoded(noise()), ORIGIN)


def time_of(file: bytes) -> Any:
    report = json.loads(c2pa.Reader("image/png", BytesIO(file)).json())
    return report["manifests"][report["active_manifest"]]["signature_info"].get("time")


def test_a_named_server_dates_files(tmp_path: Path) -> None:
    with time_server(tmp_path) as url:
        file = signed(url)
    assert time_of(file)
    assert read(file, keys()).state is State.OURS


@pytest.mark.parametrize("sound", [None, False], ids=["no server", "a clock that C2PA refuses"])
def test_without_a_usable_stamp_a_file_is_signed_all_the_same(
    tmp_path: Path, sound: bool | None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), time_server(tmp_path, sound=bool(sound)) as url:
        file = signed(url if sound is not None else "http://127.0.0.1:9")
    assert (read(file, keys()).state, time_of(file)) == (State.OURS, None)
    assert "signed without a time stamp from http://127.0.0.1:" in caplog.text
