"""A finished expansion in the chat: its caption, its buttons, and what they do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from io import BytesIO

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram.constants import ChatAction

from bot.chain import growth
from bot.chat.buttons.result import (
    BackOneStep,
    BackToStart,
    Cancel,
    Delete,
    Double,
    Film,
    FullSize,
    Further,
    Loop,
    PickVariant,
    Publish,
    Reroll,
    ShowAfter,
    ShowBefore,
    Variants,
)
from bot.chat.cards.lines import credit_lines
from bot.chat.cards.preview import canvas_preview
from bot.chat.choice import extent_of, may_double
from bot.chat.drawn import drawn_lines
from bot.chat.expand.panel import button, described, open_panel
from bot.chat.gallery.reactions import anonymous_lines, reaction_row
from bot.chat.telegram.media import is_veiled, remember, send_picture
from bot.chat.telegram.visit import Visit, answer_to, thread_of
from bot.chat.texts import Texts
from bot.services import Services
from inference.canvas import Extent, Margins
from inference.image.codec import full_resolution
from storage.models import Expansion, Photo, Post, PostStatus, Status


async def result_caption(services: Services, say: Texts, expansion: Expansion) -> str:
    """The title if it has one, what was asked, and what makes it come back: the seed."""
    result, post = expansion.result, await services.gallery.post_of(expansion.id)
    chain = await services.store.ancestry(expansion.id)
    lines = [
        *([say.html("post.title", title=post.title)] if post and post.title else []),
        say.html("result.caption", choice=described(say, expansion), seed=expansion.seed),
        *([say.html("result.size", width=result.width, height=result.height)] if result else []),
        *drawn_lines(say, expansion),
        *await credit_lines(services, say, chain),
        *await anonymous_lines(services, say, expansion),
        *([say.html("result.published")] if is_live(post) else []),
        *([say.html("result.veiled")] if is_veiled(expansion) else []),
    ]
    return "\n".join(lines)


async def result_keyboard(
    services: Services, say: Texts, expansion: Expansion, *, before: bool = False
) -> InlineKeyboardMarkup:
    """Reactions; what makes more of it; what goes back; what shows how it grew; what is done with it."""
    number = expansion.id
    counts = await services.gallery.counts(number)
    flip = (
        button(say("result.after"), ShowAfter(number)) if before else button(say("result.before"), ShowBefore(number))
    )
    published = is_live(await services.gallery.post_of(number))
    steps = [button(say("result.back"), BackOneStep(number)), button(say("result.start"), BackToStart(number))]
    chain = await services.store.ancestry(number)
    loop = [button(say("result.loop"), Loop(number))] if len(growth(chain)) > 1 else []
    films = [button(say("result.film"), Film(number)), *loop]
    return InlineKeyboardMarkup(
        [
            reaction_row(number, counts),
            _more(services, say, expansion),
            *([steps] if len(chain) > 1 else []),
            [flip, *(films if services.films and growth(chain) else [])],
            [
                button(say("result.retitle" if published else "result.publish"), Publish(number)),
                button(say("result.full"), FullSize(number)),
                button(say("result.delete"), Delete(number)),
            ],
        ]
    )


def _more(services: Services, say: Texts, expansion: Expansion) -> list[InlineKeyboardButton]:
    """Doubling again would draw nothing new, so what was doubled is not rerolled."""
    number, result = expansion.id, expansion.result
    again = [
        button(say("result.reroll"), Reroll(number, expansion.rerolls)),
        button(say("result.variants"), Variants(number, expansion.rerolls)),
    ]
    larger = result is not None and may_double(extent_of(result), services.limits.max_megapixels)
    return [
        *([] if expansion.doubles else again),
        button(say("result.further"), Further(number)),
        *([button(say("result.double"), Double(number))] if larger else []),
    ]


def is_live(post: Post | None) -> bool:
    return post is not None and post.status is PostStatus.LIVE


def end_keyboard(say: Texts, expansion: Expansion) -> InlineKeyboardMarkup:
    """Under what failed or was cancelled: another try."""
    tap = Double(expansion.id) if expansion.doubles else Reroll(expansion.id, expansion.rerolls)
    return InlineKeyboardMarkup([[button(say("end.again"), tap)]])


def sheet_keyboard(say: Texts, variants: Sequence[Expansion]) -> InlineKeyboardMarkup:
    """1 2 3 4 for those that are ready, and Cancel while any is not."""
    ready = [button(str(v.variant), PickVariant(v.id)) for v in variants if v.status is Status.DONE]
    live = next((v for v in variants if v.status in (Status.WAITING, Status.RUNNING)), None)
    return InlineKeyboardMarkup(
        [row for row in (ready, [button(say("status.cancel"), Cancel(live.id))] if live else []) if row]
    )


async def further(services: Services, visit: Visit, tap: Further) -> None:
    """Go on from the master: a new panel for the result."""
    if expansion := await finished(services, visit, tap.expansion):
        await _panel_of(services, visit, expansion.result, expansion, "further")


async def back_one_step(services: Services, visit: Visit, tap: BackOneStep) -> None:
    if expansion := await finished(services, visit, tap.expansion):
        await _panel_of(services, visit, expansion.source, expansion, "back")


async def back_to_start(services: Services, visit: Visit, tap: BackToStart) -> None:
    if expansion := await finished(services, visit, tap.expansion):
        root = (await services.store.ancestry(expansion.id))[0]
        await _panel_of(services, visit, root.source, expansion, "start")


async def show_before(services: Services, visit: Visit, tap: ShowBefore) -> None:
    """The photo alone on its canvas, in the very place, so that tapping back and forth compares."""
    expansion = await finished(services, visit, tap.expansion, anyone=True)
    if expansion is None or visit.message is None:
        return
    await visit.toast_nothing()
    picture = expansion.before_file_id or await before_picture(services, expansion)
    sent = await _flip(services, visit, expansion, picture, before=True)
    if sent and expansion.before_file_id is None:
        await services.store.remember_before(expansion.id, sent)


async def show_after(services: Services, visit: Visit, tap: ShowAfter) -> None:
    expansion = await finished(services, visit, tap.expansion, anyone=True)
    if expansion is not None and visit.message is not None:
        await visit.toast_nothing()
        await _flip(services, visit, expansion, expansion.file_id or await services.picture(expansion), before=False)


async def full_size(services: Services, visit: Visit, tap: FullSize) -> None:
    """The master as a file, without loss wherever Telegram takes it."""
    expansion = await finished(services, visit, tap.expansion, anyone=True)
    if expansion is None or expansion.result is None:
        return
    await visit.toast("result.full_coming")
    await visit.bot.send_chat_action(visit.chat.id, ChatAction.UPLOAD_DOCUMENT)
    master = await services.blobs.get(expansion.result.blob)
    data, extension, lossless = await asyncio.to_thread(full_resolution, master)
    sent = await visit.bot.send_document(
        visit.chat.id,
        BytesIO(data),
        filename=f"kuotu-{expansion.id}.{extension}",
        caption=visit.say.html(
            "result.full_lossless" if lossless else "result.full_lossy",
            width=expansion.result.width,
            height=expansion.result.height,
        ),
        parse_mode="HTML",
        message_thread_id=thread_of(visit.message),
        reply_parameters=answer_to(visit.message),
    )
    await remember(services, (visit.chat.id, sent.message_id), "file", visit.person.id, expansion.id)


async def pick_variant(services: Services, visit: Visit, tap: PickVariant) -> None:
    """Bring one of four, or an old one, as a result of its own; its seed alone makes it again."""
    expansion = await finished(services, visit, tap.expansion)
    if expansion is not None and visit.message is not None:
        await visit.toast_nothing()
        await send_result(services, visit, expansion)


async def send_result(services: Services, visit: Visit, expansion: Expansion) -> None:
    caption = await result_caption(services, visit.say, expansion)
    markup = await result_keyboard(services, visit.say, expansion)
    await send_picture(services, visit, expansion, "result", caption, markup)


async def finished(services: Services, visit: Visit, expansion_id: int, *, anyone: bool = False) -> Expansion | None:
    """The visitor's own finished expansion, or `anyone`'s of this chat; otherwise the visitor is told why not."""
    expansion = await services.store.expansion(expansion_id)
    if expansion is None or expansion.status is not Status.DONE:
        await visit.toast("tap.gone")
    elif expansion.person_id != visit.person.id and not (anyone and expansion.chat_id == visit.chat.id):
        await visit.toast("result.not_yours")
    else:
        return expansion
    return None


async def _panel_of(services: Services, visit: Visit, photo: Photo | None, expansion: Expansion, step: str) -> None:
    if photo is None:
        await visit.toast("tap.gone")
        return
    await visit.toast("panel.below")
    await open_panel(services, visit, photo, f"e{expansion.id}:{step}:{visit.chat.id}", expansion.prompt)


async def before_picture(services: Services, expansion: Expansion) -> bytes:
    """Drawn at the size of the chat picture, so that nothing jumps. Of what was doubled, as before it grew."""
    steps = growth(await services.store.ancestry(expansion.id))
    photo, zoom = (steps[-1].step.source, steps[-1].zoom) if steps else (expansion.source, 2)
    margins, extent = steps[-1].margins if steps else Margins(), Extent(zoom * photo.width, zoom * photo.height)
    thumb = await services.blobs.get(photo.thumb)
    return await asyncio.to_thread(canvas_preview, thumb, extent, margins, 1280)


async def _flip(
    services: Services, visit: Visit, expansion: Expansion, picture: str | bytes, *, before: bool
) -> str | None:
    """Put the other picture into the message; returns its file id."""
    if visit.message is None:
        return None
    where = (visit.chat.id, visit.message.message_id)
    async with services.hand_on(where):
        media = InputMediaPhoto(
            picture, caption=await result_caption(services, visit.say, expansion), parse_mode="HTML"
        )
        markup = await result_keyboard(services, visit.say, expansion, before=before)
        sent = await visit.bot.edit_message_media(media, *where, reply_markup=markup)
        await remember(services, where, "before" if before else "result", expansion.person_id, expansion.id)
    return sent.photo[-1].file_id if not isinstance(sent, bool) and sent.photo else None
