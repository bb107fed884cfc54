"""After a SIGKILL at the worst moment, nothing is lost or shown twice, and every button still works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground import Person
from storage.database import open_database
from tests.support.databases import sqlite_in
from tests.support.messages import is_doubled, is_film, is_panel, is_result
from tests.support.photos import SAMPLES, small_photo
from tests.support.program import Program, program_in
from tests.support.scenes import expansion_of, felt, on_show
from tests.support.traces import inbox_is_empty, stray_blobs, traces


@pytest.fixture
async def program(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Program]:
    """A program; a test may name settings of its own."""
    async with program_in(tmp_path, **getattr(request, "param", {})) as program:
        yield program


@pytest.fixture
async def ann(program: Program) -> AsyncIterator[Person]:
    async with Person(program.address, 7001, name="Ann", language="en") as ann:
        yield ann


def results(chat: Person) -> list[int]:
    return [message.id for message in chat.messages if is_result(message)]


@pytest.mark.parametrize(
    ("method", "time"),
    [
        pytest.param("sendPhoto", 1, id="status-message-sent-but-not-recorded"),
        pytest.param("editMessageMedia", 1, id="panel-refreshed"),
        pytest.param("editMessageMedia", 2, id="result-shown-but-not-recorded"),
        pytest.param("answerCallbackQuery", 1, id="tap-answered"),
    ],
)
async def test_a_kill_between_a_call_and_its_record_shows_the_result_once(
    program: Program, ann: Person, photo: bytes, method: str, time: int
) -> None:
    await ann.send_document(photo)
    panel = await ann.wait_for(is_panel)
    program.kill_when_called(method, time)
    await ann.press(panel, "Expand")
    await program.killed()
    await program.start()
    result = await ann.wait_for(is_result)
    await ann.tap(result, "Before")  # an old button, after the restart
    await ann.wait_for(lambda m: m.id == result.id and "◑ After" in m.labels)
    assert results(ann) == [result.id]
    for orphan in [m for m in ann.messages if "❌ Cancel" in m.labels]:  # not recorded: a tap deletes it
        await ann.tap(orphan, "Cancel")
        await ann.wait_gone(orphan)


async def test_a_kill_right_after_a_vote_does_not_take_it_back(program: Program, ann: Person, photo: bytes) -> None:
    await ann.send_document(photo)
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    result = await ann.wait_for(is_result)
    program.kill_when_called("answerCallbackQuery")
    await ann.press_data(result, f"fe|{expansion_of(result)}|🤣")
    await program.killed()
    await program.start()
    assert await felt(ann, result, "🤣") == "🤣 taken back"  # the vote had been kept


async def test_a_kill_in_mid_expansion_starts_it_again(program: Program, ann: Person) -> None:
    await ann.send_document(SAMPLES / "picos.jpg", "picos.jpg", "image/jpeg")
    panel = await ann.wait_for(is_panel)
    await ann.press(panel, "Expand")
    await ann.wait_for(lambda m: "Painting" in m.text or "Looking" in m.text)
    await program.kill()
    await program.start()
    await ann.wait_for(is_result)
    assert len(results(ann)) == 1


@pytest.mark.parametrize(
    ("method", "longest"),
    [
        pytest.param("answerCallbackQuery", 160, id="tap-answered"),
        pytest.param("sendPhoto", 160, id="status-message-sent-but-not-recorded"),
        pytest.param("editMessageCaption", 480, id="in-the-making"),  # which takes long enough to be told
        pytest.param("editMessageMedia", 160, id="result-shown-but-not-recorded"),
    ],
)
async def test_a_kill_while_a_result_is_doubled_doubles_it_once(
    program: Program, ann: Person, method: str, longest: int
) -> None:
    await ann.send_document(small_photo(longest=longest))
    panel = await ann.wait_for(is_panel)
    await ann.tap(panel, "Expand")
    result = await ann.wait_for(is_result)
    program.kill_when_called(method)
    doubling = f"x2|{expansion_of(result)}"
    await ann.press_data(result, doubling)
    await program.killed()
    orphans = {m.id for m in ann.messages if "Cancel" in str(m.labels)}  # sent, but not recorded before the kill
    await program.start()
    first = await ann.wait_for(is_doubled)
    assert [m.id for m in ann.messages if is_doubled(m)] == [first.id]
    tapped = await ann.press_data(result, doubling)  # an old button, which shows the existing result after the restart
    said = (await ann.answer_to(tapped))["text"]
    assert said in ("", None, "That has started already.")
    assert {expansion_of(m) for m in ann.messages if is_doubled(m)} == {expansion_of(first)}
    assert {m.id for m in ann.messages if "×2" in m.text and not is_doubled(m)} <= orphans


@pytest.mark.parametrize(
    ("method", "time"),
    [
        pytest.param("sendPhoto", 1, id="status-message-sent-but-not-recorded"),
        pytest.param("editMessageMedia", 1, id="first-step-shown-but-not-recorded"),
        pytest.param("editMessageMedia", 2, id="in-its-later-steps"),
        pytest.param("sendPhoto", 2, id="film-announced-but-not-recorded"),
    ],
)
@pytest.mark.parametrize("program", [{"MAX_MEGAPIXELS": "0.05", "QUOTA": "4"}], indirect=True, ids=["short"])
async def test_a_kill_in_mid_journey_lets_it_go_on_and_shows_it_once(
    program: Program, ann: Person, method: str, time: int
) -> None:
    await ann.send_document(small_photo(longest=64))
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    result = await ann.wait_for(is_result)
    program.kill_when_called(method, time)
    await ann.press_data(result, f"jo|{expansion_of(result)}|0")
    await program.killed()
    await program.start()
    await goes_on(ann)


@pytest.mark.parametrize("program", [{"MAX_MEGAPIXELS": "0.15", "QUOTA": "4"}], indirect=True, ids=["short"])
async def test_a_kill_while_a_step_of_a_journey_is_painted(program: Program, ann: Person) -> None:
    await ann.send_document(small_photo(longest=64))
    await ann.tap(await ann.wait_for(is_panel), "Expand")
    result = await ann.wait_for(is_result)
    await ann.press_data(result, f"jo|{expansion_of(result)}|0")
    await ann.wait_for(lambda m: "Step 2 of 3" in m.text)
    await program.kill()
    assert not [m for m in ann.messages if "🎬" in m.text]
    await program.start()
    await goes_on(ann)


async def goes_on(ann: Person) -> None:
    """Wait until a journey of three steps is over, and see that it and its film are shown once and its buttons work."""
    over = await ann.wait_for(lambda m: "3 steps, the most surprising first." in m.text)
    await ann.wait_for(is_film)
    steps = [button.data for button in over.buttons]
    assert sorted(button.label for button in over.buttons) == ["1", "2", "3"]
    assert len(set(steps)) == 3
    assert len([m for m in ann.messages if is_film(m)]) == 1
    assert len([m for m in ann.messages if [button.data for button in m.buttons] == steps]) == 1
    await ann.tap(over, "3")  # an old button, after the restart
    await ann.wait_for(lambda m: is_result(m) and m.id > over.id)


async def test_what_was_sent_while_the_bot_was_down_is_served(program: Program, ann: Person, photo: bytes) -> None:
    await program.kill()
    await ann.send_document(photo)
    await program.start()
    await ann.wait_for(is_panel)


async def test_a_photo_whose_handling_was_killed_still_gets_its_panel(
    program: Program, ann: Person, photo: bytes
) -> None:
    program.kill_when_called("getFile")
    await ann.send_document(photo)
    await program.killed()
    await program.start()
    await ann.wait_for(is_panel)
    assert len([m for m in ann.messages if is_panel(m)]) == 1


async def test_a_kill_in_mid_forgetting_still_forgets_everything(program: Program, ann: Person, photo: bytes) -> None:
    await ann.send_document(photo)
    await ann.wait_for(is_panel)
    await ann.say("/forget")
    question = await ann.wait_for(lambda m: "everything" in str(m.labels))
    program.kill_when_called("deleteMessages")
    await ann.press(question, "everything")
    await program.killed()
    await program.start()
    await ann.wait_for(lambda m: "Everything about you is gone" in m.text)
    database = await open_database(sqlite_in(program.folder / "data"))
    await inbox_is_empty(database)
    assert await traces(database, ann.user) == set()
    assert await stray_blobs(database, program.folder / "data") == set()
    await database.dispose()


async def test_a_kill_in_mid_deletion_leaves_neither_message_nor_file(
    program: Program, ann: Person, photo: bytes
) -> None:
    await ann.send_document(photo)
    panel = await ann.wait_for(is_panel)
    await ann.tap(panel, "Expand")
    result = await ann.wait_for(is_result)
    await ann.tap(result, "🗑")
    await ann.wait_for(lambda m: m.id == result.id and "Yes, delete" in str(m.labels))
    program.kill_when_called("answerCallbackQuery")
    await ann.press(result, "Yes, delete")
    await program.killed()
    await program.start()
    await ann.wait_gone(result)
    database = await open_database(sqlite_in(program.folder / "data"))
    await inbox_is_empty(database)
    assert await stray_blobs(database, program.folder / "data") == set()
    await database.dispose()


async def test_a_kill_between_a_vote_and_its_redraw(program: Program, ann: Person) -> None:
    result = await on_show(ann)
    program.kill_when_called("answerCallbackQuery")  # the redraw waits for the pace of the chat
    await ann.press(result, "🤣")
    await program.killed()
    await program.start()
    await ann.wait_for(lambda m: m.id == result.id and "🤣 1" in m.labels)
