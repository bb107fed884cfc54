"""What messages show, and which of them are to be redrawn."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.expansions import Store
from storage.jobs.queue import Queue
from storage.models import Message, MessageKind, Photo
from storage.people.messages import Messages
from tests.support.rows import ANN, make


async def test_what_tells_votes_is_outdated_until_it_was_redrawn(
    engine: AsyncEngine, store: Store, queue: Queue, source: Photo
) -> None:
    messages, made = Messages(engine), await make(store, queue, source)
    for number, kind in enumerate((MessageKind.RESULT, MessageKind.MINE, MessageKind.FILM, MessageKind.GALLERY)):
        await messages.remember(Message(chat_id=ANN, message_id=number, kind=kind, person_id=ANN, expansion_id=made.id))
    assert sorted(await messages.outdate(made.id, (ANN, 3), (ANN, 99))) == [(ANN, 0), (ANN, 1), (ANN, 3)]
    assert sorted(await Messages(engine).outdated()) == [(ANN, 0), (ANN, 1), (ANN, 3)]
    seen = await messages.message(ANN, 0)
    assert seen is not None
    await messages.redrawn(seen)
    assert sorted(await messages.outdated()) == [(ANN, 1), (ANN, 3)]


async def test_a_change_during_a_redraw_is_not_forgotten(
    engine: AsyncEngine, store: Store, queue: Queue, source: Photo
) -> None:
    messages, made = Messages(engine), await make(store, queue, source)
    await messages.remember(
        Message(chat_id=ANN, message_id=1, kind=MessageKind.RESULT, person_id=ANN, expansion_id=made.id)
    )
    await messages.outdate(made.id)
    seen = await messages.message(ANN, 1)
    await messages.outdate(made.id)
    assert seen is not None
    await messages.redrawn(seen)
    assert await messages.outdated() == [(ANN, 1)]
