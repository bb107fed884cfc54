"""The panel has six buttons, and behind ⚙ rows of choices, which stay open for those who use them."""

from __future__ import annotations

from bot.playground import Message, Person
from tests.support.messages import is_panel
from tests.support.photos import small_photo
from tests.support.scenes import taps, unfolded

USUAL = [["✨ Expand", "🎲 Surprise me"], ["✓ 🌿 Faithful", "🎈 Playful", "🌀 Wild"], ["⚙ Adjust"]]
CHOICES = [
    ["Side", "⬅️", "⬆️", "⬇️", "➡️"],
    ["Sides", "↔️", "↕️", "✓ ⤢"],
    ["Size", "1.25×", "✓ 1.5×", "2×"],
    ["Shape", "1:1", "4:5", "16:9", "9:16"],
    ["‹ Fewer choices"],
]


def rows(message: Message) -> list[list[str]]:
    return [[button.label for button in row] for row in message.rows]


async def panel_for(chat: Person) -> Message:
    sent = await chat.send_document(small_photo())
    return await chat.wait_for(lambda m: is_panel(m) and m.id > sent.id)


async def test_six_buttons_are_the_usual_sight(chat: Person) -> None:
    assert rows(await panel_for(chat)) == USUAL


async def test_adjust_opens_rows_that_begin_with_a_word(chat: Person) -> None:
    panel = await unfolded(chat, await panel_for(chat))
    assert rows(panel) == [*USUAL[:2], *CHOICES]
    assert "px" in panel.text
    assert rows(await taps(chat, panel, "Fewer choices")) == USUAL


async def test_a_word_says_what_its_row_is_for(chat: Person) -> None:
    panel = await unfolded(chat, await panel_for(chat))
    told = [await chat.tap(panel, word) for word in ("Side", "Sides", "Size", "Shape")]
    assert told[0] == "Pick the one side where your picture grows."
    assert len(set(told)) == 4


async def test_what_a_person_adjusted_last_opens_adjusted(chat: Person) -> None:
    looked = await unfolded(chat, await panel_for(chat))
    assert rows(await panel_for(chat)) == USUAL  # a look at the choices is no use of them
    await taps(chat, looked, "2×")
    assert len(rows(await panel_for(chat))) == 7
    await taps(chat, looked, "Fewer choices")
    assert rows(await panel_for(chat)) == USUAL


async def test_the_choices_stay_open_while_they_are_used(chat: Person) -> None:
    panel = await unfolded(chat, await panel_for(chat))
    assert "✓ 16:9" in (await taps(chat, panel, "16:9")).labels
    assert "✓ 🌀 Wild" in (await taps(chat, panel, "Wild")).labels
    assert "‹ Fewer choices" in (await taps(chat, panel, "➡️")).labels
