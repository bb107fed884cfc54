"""Journeys of five steps: how they are begun, what shows that they are over, and their rows."""

from __future__ import annotations

from bot.bootstrap import Kuotu
from bot.playground import Message, Person
from storage.models import Expansion

GO = "Five steps in one go"


def is_over(message: Message) -> bool:
    """Tell whether a message shows the steps of a journey that is over."""
    return bool(message.buttons) and all((button.data or "").startswith("pv|") for button in message.buttons)


async def gone(chat: Person, result: Message) -> Message:
    """Tap the button and return the message that shows all steps."""
    assert str(await chat.tap(result, GO)).startswith("On its way ✨")
    return await chat.wait_for(lambda m: is_over(m) and m.id > result.id)


async def steps_of(kuotu: Kuotu, chat: Person) -> list[Expansion]:
    """Return the steps of the person's newest journey."""
    newest = (await kuotu.services.store.mine(chat.user)).expansions[0]
    return await kuotu.services.store.batch(newest.batch or "")
