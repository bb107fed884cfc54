"""/stats draws a chart of the numbers, and only for admins."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.chat.admin.chart import LEAST, PAPER, WORDS, chart, surprises
from storage.database import open_database
from storage.models import FilmKind, Job
from storage.statistics import Statistics, Surprise
from tests.support.databases import sqlite_in
from tests.support.jobs import wait_long
from tests.support.messages import is_panel, is_status
from tests.support.rows import add
from tests.support.scenes import result_in

TODAY = datetime(2030, 6, 15, 18, tzinfo=UTC)


@pytest.mark.parametrize("count", [0, 1, WORDS, WORDS + 1, 31], ids=lambda n: f"{n} words")
def test_the_chart_holds_however_many_words_there_are(count: int) -> None:
    words = {f"word number {n} with a name that goes on and on and on" * 2: Surprise(n, n % 3) for n in range(count)}
    bars = [bar.name for bar in surprises(words, WORDS)]
    assert bars == list(words) if count <= WORDS else bars == [*list(words)[: WORDS - LEAST], *list(words)[-LEAST:]]
    days = [TODAY.date()]
    numbers = Statistics(days, [1], [0], [1], [None], [2.0], Counter(x=1), {}, words, 7)
    picture = np.asarray(Image.open(BytesIO(chart(numbers))))
    assert picture.shape == (1440, 1280, 3)
    assert (picture[:, -16:] == PAPER).all()  # nothing is drawn beyond the margin
    assert ((picture[-480:, 700:] != PAPER).any(axis=(1, 2)).sum() > 100) == (count > 1)


async def test_stats_are_for_admins(fresh_with: Any, newcomer: Any) -> None:
    kuotu = await fresh_with(admins=(5,))
    admin = await newcomer("Mo", user=5, address=kuotu.address)
    bob = await newcomer("Bob", address=kuotu.address)
    await result_in(admin)
    await bob.say("/stats")
    await bob.wait_for(lambda m: m.text == "Only the moderators of the gallery can do this.")
    await admin.say("/stats")
    sent = await admin.wait_for(lambda m: m.photo and m.text.startswith("The last 14 days"))
    numbers, queue, worker = sent.text.splitlines()
    assert numbers == "The last 14 days: 1 expansions, 0 failed or cancelled. 2 people."
    assert queue == "0 waiting, 0 running. Workers: 1."
    assert "patchmatch ×1" in worker


async def test_stats_tell_what_no_worker_serves(fresh_with: Any, newcomer: Any, tmp_path: Path, photo: bytes) -> None:
    kuotu = await fresh_with(admins=(5,), work=False)
    admin = await newcomer("Mo", user=5, address=kuotu.address)
    await admin.send_document(photo)
    await admin.tap(await admin.wait_for(is_panel), "✨ Expand")
    await admin.wait_for(is_status)
    database = await open_database(sqlite_in(tmp_path / "data"))
    await add(database, Job(kind=FilmKind.ZOOM, subject=1, person_id=5))
    await wait_long(database)
    await database.dispose()
    await admin.say("/stats")
    sent = await admin.wait_for(lambda m: m.photo and m.text.startswith("The last 14 days"))
    assert set(sent.text.splitlines()[2:]) == {
        "1 wait for faithful:patchmatch, which no worker serves.",
        "1 wait, and no worker is there.",
    }
