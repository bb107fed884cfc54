"""The buttons under a finished expansion."""

from __future__ import annotations

from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.chat.access import finished
from bot.chat.buttons.result import (
    Adjust,
    BackOneStep,
    BackToStart,
    ExpandYours,
    FullSize,
    PickVariant,
    ShowAfter,
    ShowBefore,
    Tools,
)
from bot.chat.cards.result import before_of, result_card
from bot.chat.cards.tools import tools_card
from bot.chat.choice import Choice, extent_of
from bot.chat.expand.panel import open_panel
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import answer_with_picture, picture_of, put_picture, remember, send_picture
from bot.chat.telegram.outcome import fate_of
from bot.chat.telegram.seat import Seat
from bot.chat.telegram.visit import Visit
from bot.marks import ROOM
from bot.services import Services
from inference.image.codec import FILE_BYTES
from inference.image.whole import full_resolution
from storage.models import Expansion, MessageKind, Photo


async def adjust(services: Services, visit: Visit, tap: Adjust) -> None:
    """Open a panel for the result, so that the next step starts from its master.

    It shows all choices, and begins with those that the result was made with.
    """
    if expansion := await finished(services, visit, tap.expansion):
        wish = Choice.of(expansion)
        await _panel_of(services, visit, expansion.result, expansion, "further", wish, unfolded=True)


async def back_one_step(services: Services, visit: Visit, tap: BackOneStep) -> None:
    """Open a panel for the photo that this expansion was made from."""
    if expansion := await finished(services, visit, tap.expansion):
        await _panel_of(services, visit, expansion.source, expansion, "back")


async def back_to_start(services: Services, visit: Visit, tap: BackToStart) -> None:
    """Open a panel for the first photo of the chain."""
    if expansion := await finished(services, visit, tap.expansion):
        root = (await services.store.ancestry(expansion.id))[0]
        await _panel_of(services, visit, root.source, expansion, "start")


async def show_before(services: Services, visit: Visit, tap: ShowBefore) -> None:
    """Show only the original photo on its canvas in the same message, so that a person can switch back and forth."""
    await _flip(services, visit, tap.expansion, MessageKind.BEFORE)


async def show_after(services: Services, visit: Visit, tap: ShowAfter) -> None:
    """Show the result again in a message that shows the original photo."""
    await _flip(services, visit, tap.expansion, MessageKind.RESULT)


async def tools(services: Services, visit: Visit, tap: Tools) -> None:
    """Show the less common buttons of a result and its details, or the usual ones again."""
    expansion = await finished(services, visit, tap.expansion)
    if expansion is None or visit.message is None:
        return
    await visit.toast_nothing()
    where, say = (visit.chat.id, visit.message.message_id), visit.say
    async with services.turns.drawing(where):
        row = await services.messages.message(*where)
        before = row is not None and row.kind is MessageKind.BEFORE
        if tap.shown:
            caption, markup = await tools_card(services, say, expansion, private=visit.private, before=before)
        else:
            caption, markup = await result_card(services, say, visit.bot, expansion, visit.chat.id, before=before)
        await edit(visit.bot.edit_message_caption(*where, caption=caption, parse_mode="HTML", reply_markup=markup))


async def full_size(services: Services, visit: Visit, tap: FullSize) -> None:
    """Send the master as a file. It is lossless unless it would be too large for Telegram."""
    expansion = await finished(services, visit, tap.expansion, anyone=True)
    if expansion is None or expansion.result is None:
        return
    await visit.toast("result.full_coming")
    await visit.show_activity(ChatAction.UPLOAD_DOCUMENT)
    extent = extent_of(expansion.result)
    master = await services.pictures.of(expansion.result)
    data, extension, lossless = await services.decoding.run(
        extent.width * extent.height, full_resolution, master.mosaic, FILE_BYTES - ROOM
    )
    data = await services.marked(data, expansion)
    words = "result.full_lossless" if lossless else "result.full_lossy"
    caption = visit.say.html(words, width=extent.width, height=extent.height)
    name = f"kuotu-{expansion.id}.{extension}"
    sent = await visit.send(
        lambda seat: visit.bot.send_document(document=data, filename=name, caption=caption, **seat.address)
    )
    await remember(services, (visit.chat.id, sent.message_id), MessageKind.FILE, visit.person.id, expansion.id)


async def pick_variant(services: Services, visit: Visit, tap: PickVariant) -> None:
    """Send one of four variants, or an older expansion, as a result message of its own. Nothing is painted again."""
    expansion = await finished(services, visit, tap.expansion)
    if expansion is not None and visit.message is not None:
        await visit.toast_nothing()
        await send_result(services, visit, expansion)


async def expand_yours(services: Services, visit: Visit, tap: ExpandYours) -> None:
    """Open the private chat. An administrator of the channel gets the result with all its buttons there."""
    expansion = await services.store.expansion(tap.expansion)
    if visit.query is not None and expansion is not None and expansion.person_id == visit.person.id:
        try:
            await _send_tools(services, visit, expansion, visit.query.from_user.id)
        except TelegramError as error:
            if not fate_of(error).wants_another_place:
                raise
        else:
            await visit.toast("result.tools", alert=True)
            return
    await visit.lead_to_private_chat("expand")


async def _send_tools(services: Services, visit: Visit, expansion: Expansion, user_id: int) -> None:
    """Send a result of a channel to an administrator, whose taps on it act in the channel's name."""
    caption, markup = await result_card(services, visit.whisper, visit.bot, expansion, user_id)
    sent, _ = await send_picture(visit.bot, (Seat(user_id),), picture_of(services, expansion), caption, markup)
    where = (user_id, sent.message_id)
    await remember(services, where, MessageKind.RESULT, expansion.person_id, expansion.id)


async def send_result(services: Services, visit: Visit, expansion: Expansion) -> None:
    """Answer the visitor with a finished expansion, its caption and its buttons."""
    caption, markup = await result_card(services, visit.say, visit.bot, expansion, visit.chat.id)
    await answer_with_picture(services, visit, expansion, MessageKind.RESULT, caption, markup)


async def _panel_of(
    services: Services,
    visit: Visit,
    photo: Photo | None,
    expansion: Expansion,
    step: str,
    wish: Choice | None = None,
    *,
    unfolded: bool = False,
) -> None:
    if photo is None:
        await visit.toast("tap.gone")
        return
    await visit.toast("panel.below")
    key = f"e{expansion.id}:{step}:{visit.chat.id}"
    await open_panel(services, visit, photo, key, expansion.prompt, wish, unfolded=unfolded)


async def _flip(services: Services, visit: Visit, expansion_id: int, kind: MessageKind) -> None:
    """Put the result or the original photo into the message that was tapped."""
    expansion = await finished(services, visit, expansion_id, anyone=True)
    if expansion is None or visit.message is None:
        return
    await visit.toast_nothing()
    where, before = (visit.chat.id, visit.message.message_id), kind is MessageKind.BEFORE
    medium = (before_of if before else picture_of)(services, expansion)
    async with services.turns.drawing(where):
        caption, markup = await result_card(services, visit.say, visit.bot, expansion, visit.chat.id, before=before)
        if await put_picture(services, visit.bot, where, medium, caption, markup):
            await remember(services, where, kind, expansion.person_id, expansion.id)
