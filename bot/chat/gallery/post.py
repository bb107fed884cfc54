"""Actions on one post: compare, expand further, and for its author rename, hide and delete."""

from __future__ import annotations

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, WebAppInfo

from bot.chat.access import live
from bot.chat.buttons.moderation import Report
from bot.chat.buttons.post import FilmOfPost, FlipPost, Fork, HidePost, Less, More, OpenPost
from bot.chat.buttons.result import Delete, Publish
from bot.chat.cards.gallery import gallery_caption, gallery_card
from bot.chat.cards.result import before_of
from bot.chat.cards.widgets import button
from bot.chat.expand.panel import open_panel
from bot.chat.gallery.browse import on_page, restore, send_card, show_page
from bot.chat.gallery.guests import call_back
from bot.chat.telegram.edits import edit, retract
from bot.chat.telegram.media import picture_of, put_picture, results_changed
from bot.chat.telegram.visit import Bot, Visit
from bot.services import Services
from storage import models
from storage.models import Gallery, Post


async def open_post(services: Services, visit: Visit, post_id: int) -> None:
    """Open a gallery that starts with one post, for a link to it."""
    row = await services.galleries.open(visit.person.id, visit.chat.id)
    page = await services.galleries.turn_to(row.id, visit.person.id, post_id)
    if page is None:
        await visit.reply("post.gone")
    else:
        await send_card(services, visit, row.id, page)


async def open_listed(services: Services, visit: Visit, tap: OpenPost) -> None:
    """Open a post from a list."""
    await visit.toast_nothing()
    await open_post(services, visit, tap.post)


async def fork(services: Services, visit: Visit, tap: Fork) -> None:
    """Open a panel of the visitor's own for a post's result. The chain credits the author."""
    post = await live(services, tap.post)
    if post is None or post.expansion.result is None:
        await visit.toast("post.gone")
        return
    await visit.toast("panel.below")
    await open_panel(services, visit, post.expansion.result, f"f{post.id}:{visit.chat.id}:{visit.person.id}")


async def flip(services: Services, visit: Visit, tap: FlipPost) -> None:
    """Switch between the result and the photo on its canvas."""

    async def turn(row: Gallery) -> None:
        post = await live(services, tap.post)
        if post is None:
            await visit.toast("post.gone")
            return
        await visit.toast_nothing()
        await services.galleries.flip(row.id, before=not row.before)
        await _put_flipped(services, visit, row.id, post)

    await on_page(services, visit, tap, turn)


async def more(services: Services, visit: Visit, tap: More) -> None:
    """Show the details and the less common buttons. A group sees the author's buttons, too; they check who taps."""

    async def unfold(row: Gallery) -> None:
        post = await live(services, tap.post)
        if post is None or row.message_id is None:
            await visit.toast("post.gone")
            return
        await visit.toast_nothing()
        caption = await gallery_caption(services, visit.say, post, details=True)
        markup = _more_keyboard(services, visit, row, post)
        where = (row.chat_id, row.message_id)
        await edit(visit.bot.edit_message_caption(*where, caption=caption, parse_mode="HTML", reply_markup=markup))

    await on_page(services, visit, tap, unfold)


def _more_keyboard(services: Services, visit: Visit, row: Gallery, post: Post) -> InlineKeyboardMarkup:
    say, mine = visit.say, post.person_id == visit.person.id
    own = [
        button(say("result.retitle"), Publish(post.expansion_id)),
        button(say("publish.unpublish"), HidePost(row.id, post.id)),
        button(say("result.delete"), Delete(post.expansion_id)),
    ]
    rows = [
        _view_buttons(services, visit, row, post),
        *([] if mine and visit.private else [[button(say("report"), Report(row.id, post.id))]]),
        *([own] if mine or not visit.private else []),
        [button(say("gallery.less"), Less(row.id, post.id))],
    ]
    return InlineKeyboardMarkup([some for some in rows if some])


def _view_buttons(services: Services, visit: Visit, row: Gallery, post: Post) -> list[InlineKeyboardButton]:
    """Return buttons to compare, for the film, and for the post's page.

    The page opens as a Mini App in private and as a link elsewhere.
    """
    address, say = f"{services.pages}/post/{post.id}", visit.say
    page = {"web_app": WebAppInfo(address)} if visit.private else {"url": address}
    return [
        button(say("result.after" if row.before else "result.before"), FlipPost(row.id, post.id)),
        *([button(say("result.film"), FilmOfPost(row.id, post.id))] if services.films else []),
        *([InlineKeyboardButton(say("gallery.page"), **page)] if services.pages else []),
    ]


async def less(services: Services, visit: Visit, tap: Less) -> None:
    """Show the usual buttons again, for a tap."""

    async def fold(row: Gallery) -> None:
        await visit.toast_nothing()
        await restore(services, visit, row, tap.post)

    await on_page(services, visit, tap, fold)


async def hide(services: Services, visit: Visit, tap: HidePost) -> None:
    """Hide a post for its author, remove it from all messages, and turn this page."""

    async def withdraw(row: Gallery) -> None:
        post = await live(services, tap.post)
        if post is None:
            await visit.toast("post.gone")
        elif post.person_id != visit.person.id:
            await visit.toast("result.not_yours")
        else:
            await call_back(services, visit.bot, post.expansion_id)
            await services.gallery.unpublish(post.id, visit.person.id)
            await visit.toast("publish.unpublished", alert=True)
            await turn_away(services, visit, row, post)
            await results_changed(services, post.expansion_id)

    await on_page(services, visit, tap, withdraw)


async def turn_away(services: Services, visit: Visit, row: Gallery, post: Post) -> None:
    """Show the next post on this page, if there is one, and remove the hidden one from every other message."""
    page = await services.galleries.next(row.id, visit.person.id)
    if page is not None:
        await show_page(services, visit, row.id, page)
    await take_down(services, visit.bot, post.expansion_id)


async def take_down(services: Services, bot: Bot, expansion_id: int) -> None:
    """Remove an expansion from all gallery pages, shared messages and films that other people requested elsewhere.

    Messages that are too old to delete lose their buttons.
    """
    expansion = await services.store.expansion(expansion_id)
    home = (expansion.chat_id, expansion.person_id) if expansion is not None else (None, None)
    shown = await services.messages.showing(expansion_id)
    pages = [m for m in shown if m.kind.leaves_with_post or _is_film_elsewhere(m, *home)]
    for page in pages:
        await services.messages.forget(page.chat_id, page.message_id)
    await retract(bot, pages)


def _is_film_elsewhere(shown: models.Message, chat_id: int | None, person_id: int | None) -> bool:
    """Tell whether this is a film that somebody else requested in another chat."""
    return shown.kind.is_film and shown.chat_id != chat_id and shown.person_id != person_id


async def _put_flipped(services: Services, visit: Visit, gallery_id: int, post: Post) -> None:
    row = await services.galleries.gallery(gallery_id)
    if row is None or row.message_id is None:
        return
    medium = (before_of if row.before else picture_of)(services, post.expansion)
    caption, markup = await gallery_card(services, visit.bot.username, visit.say, row, post)
    await put_picture(services, visit.bot, (row.chat_id, row.message_id), medium, caption, markup)
