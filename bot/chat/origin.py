"""Believes a tap only for the message that it came from.

Any client may send any callback data for any message of the bot. Telegram itself adds the message, with the buttons
that it has at that moment, so data that stands on one of these buttons was put there by the bot. A button that was
replaced a moment ago is believed if the row of the message says that it still shows what the button is about. So a
quick second tap is answered as one, and data forged for somebody else's message is out of date.

A message that the bot sent without learning its id is recognised here, too: by the first tap on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from telegram import InlineKeyboardMarkup, Message

from bot.chat.buttons.base import Tap
from bot.chat.buttons.mine import Newer, Older
from bot.chat.buttons.panel import Expand, Roll
from bot.chat.buttons.preferences import ResetDefaults, SetDirection, SetLanguage, SetScale, SetStyle
from bot.chat.buttons.result import Cancel, ExpandYours, ShowAfter, ShowBefore, Tools
from bot.chat.expand.panel import settle_panel
from bot.chat.expand.placing import settle_in
from bot.chat.telegram.edits import retract
from bot.chat.telegram.media import remember
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage import models
from storage.models import MessageKind

log = structlog.get_logger()

RECENT = timedelta(hours=1)  # a message whose id was not learnt is adopted within this time
RESULTS = (MessageKind.RESULT, MessageKind.BEFORE)
IN_PLACE = (Tools, ShowBefore, ShowAfter)  # buttons of a result that change the message which has them
PREFERENCES = (SetLanguage, SetDirection, SetScale, SetStyle, ResetDefaults)


@dataclass(frozen=True)
class Stray:
    """The position of a message that the bot did not know, and when it was sent."""

    chat_id: int
    message_id: int
    sent_at: datetime


async def believed(services: Services, visit: Visit, tap: Tap) -> bool:
    """Return whether a tap may act. If not, the visitor is told.

    A message that the bot does not know is adopted or taken back first.
    """
    if visit.message is None:  # nobody can see whether such a message has the button
        await visit.toast("tap.stale")
        return False
    row = visit.shown
    if _holds(visit.message, tap.pack()):
        return row is not None or await _found(services, visit, visit.message, tap)
    if row is not None and await _still_about(services, row, tap):
        return True
    await visit.toast("tap.stale")
    return False


def _holds(message: Message, data: str) -> bool:
    markup = message.reply_markup if isinstance(message.reply_markup, InlineKeyboardMarkup) else None
    return any(button.callback_data == data for row in (markup.inline_keyboard if markup else ()) for button in row)


async def _still_about(services: Services, row: models.Message, tap: Tap) -> bool:
    """Tell whether a message shows what a button that it no longer has is about."""
    here = (row.chat_id, row.message_id)
    if isinstance(tap, PREFERENCES):
        return row.kind is MessageKind.SETTINGS
    if isinstance(tap, Older | Newer):
        return row.kind is MessageKind.MINE
    if (number := getattr(tap, "panel", None)) is not None:
        panel = await services.store.panels.panel(number)
        return panel is not None and (panel.chat_id, panel.message_id) == here
    if (number := getattr(tap, "gallery", None)) is not None:
        gallery = await services.galleries.gallery(number)
        return gallery is not None and (gallery.chat_id, gallery.message_id) == here
    if (number := getattr(tap, "expansion", None)) is not None:
        return number == row.expansion_id or await _of_one_start(services, number, row.expansion_id)
    if (number := getattr(tap, "post", None)) is not None:
        post = await services.gallery.post(number)
        return post is not None and (post.expansion_id == row.expansion_id or row.kind is MessageKind.REVIEW)
    return False


async def _of_one_start(services: Services, one: int, other: int | None) -> bool:
    """Tell whether two expansions are variants of one start, which share a message."""
    if other is None:
        return False
    first, second = await services.store.expansion(one), await services.store.expansion(other)
    return first is not None and second is not None and first.batch is not None and first.batch == second.batch


async def _found(services: Services, visit: Visit, message: Message, tap: Tap) -> bool:
    """Handle a tap on a message that no row knows. Questions are not recorded, so their taps simply act.

    The bot did not learn the id of such a panel or status message, because the answer to its sending was lost. If the
    panel or the expansion has no message yet, this one is adopted. Otherwise another was sent in its place, and this
    one is taken back. It is the same with a result that somebody has asked for again.
    """
    if (number := getattr(tap, "panel", None)) is not None:
        return await _found_panel(services, visit, message, number, starts=isinstance(tap, Expand | Roll))
    if isinstance(tap, Cancel):
        return await _found_status(services, visit, message, tap.expansion)
    if (number := getattr(tap, "expansion", None)) is not None and _is_result(message, number):
        return await _found_result(services, visit, message, number, changes=isinstance(tap, IN_PLACE))
    return True


async def _found_panel(services: Services, visit: Visit, message: Message, number: int, *, starts: bool) -> bool:
    panel = await services.store.panels.panel(number)
    if panel is None or (panel.chat_id, panel.message_id) == (message.chat.id, message.message_id):
        return True
    if panel.message_id is None and _fits(message, panel.chat_id, panel.person_id, visit):
        log.info("panel.adopted", panel=panel.id, message=message.message_id)
        await settle_panel(services, panel, message)
        return True
    await _take_back(visit, message)
    if not starts:  # a start is wanted, whichever message it stands on; a change is to be seen where it is made
        await visit.toast("tap.stray")
    return starts


async def _found_status(services: Services, visit: Visit, message: Message, number: int) -> bool:
    expansion = await services.store.expansion(number)
    if expansion is None or (expansion.chat_id, expansion.message_id) == (message.chat.id, message.message_id):
        return True
    if expansion.message_id is None and _fits(message, expansion.chat_id, expansion.person_id, visit):
        log.info("status.adopted", expansion=expansion.id, message=message.message_id)
        variants = await services.store.batch(expansion.batch) if expansion.batch else [expansion]
        await settle_in(services, visit.bot, variants, message)
    else:
        await _take_back(visit, message)
    return True  # whoever taps Cancel wants it cancelled, whichever message it stands on


def _is_result(message: Message, number: int) -> bool:
    return _holds(message, Tools(number, 1).pack()) or _holds(message, ExpandYours(number).pack())


async def _found_result(services: Services, visit: Visit, message: Message, number: int, *, changes: bool) -> bool:
    """Take back a result that was sent again since, and adopt another, so that it is redrawn and deleted as all are."""
    expansion = await services.store.expansion(number)
    if expansion is None or models.now() - message.date >= RECENT:
        return True
    known = [row for row in await services.messages.showing(number) if row.kind in RESULTS]
    if any(row.chat_id == message.chat.id and row.sent_at >= message.date for row in known):
        await _take_back(visit, message)
        if changes:
            await visit.toast("tap.stray")
        return not changes
    log.info("result.adopted", expansion=number, message=message.message_id)
    await remember(services, (message.chat.id, message.message_id), MessageKind.RESULT, expansion.person_id, number)
    return True


def _fits(message: Message, chat_id: int, person_id: int, visit: Visit) -> bool:
    recent = models.now() - message.date < RECENT
    return recent and message.chat.id == chat_id and visit.person.id == person_id


async def _take_back(visit: Visit, message: Message) -> None:
    log.info("stray.taken_back", chat=message.chat.id, message=message.message_id)
    await retract(visit.bot, [Stray(message.chat.id, message.message_id, message.date)])
