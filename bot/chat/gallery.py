"""/gallery: one message that pages through what people published."""

from __future__ import annotations

from telegram import InlineKeyboardMarkup

from bot.chat.buttons import NextPost, PreviousPost, SortGallery
from bot.chat.choices import Choice
from bot.chat.panel import button, describe
from bot.chat.pictures import put_picture, remember, send_picture
from bot.chat.reactions import reaction_row
from bot.chat.texts import Texts
from bot.chat.visit import Visit
from bot.services import MessageKey, Services
from storage.gallery import Page
from storage.models import Gallery, Post
from storage.listing import Order


async def gallery(services: Services, visit: Visit) -> None:
    """Open a gallery at what this person has not seen and may find the most surprising."""
    row = await services.gallery.open_gallery(visit.person.id, visit.chat.id)
    page = await services.gallery.next(row.id, visit.person.id)
    if page is None:
        await visit.reply("gallery.empty")
        return
    caption, markup = await gallery_card(services, visit.say, row, page.post)
    sent = await send_picture(services, visit, page.post.expansion, "gallery", caption, markup)
    await services.gallery.place_gallery(row.id, sent.message_id)


async def next_post(services: Services, visit: Visit, tap: NextPost) -> None:
    """▶: anybody in the chat may turn the page, and it counts as seen by who did."""
    await _turn(services, visit, tap)


async def previous_post(services: Services, visit: Visit, tap: PreviousPost) -> None:
    await _turn(services, visit, tap)


async def sort_gallery(services: Services, visit: Visit, tap: SortGallery) -> None:
    await _turn(services, visit, tap)


async def gallery_card(services: Services, say: Texts, row: Gallery, post: Post) -> tuple[str, InlineKeyboardMarkup]:
    """Caption and buttons of one page."""
    expansion = post.expansion
    lines = [
        *([say.html("gallery.title", title=post.title)] if post.title else []),
        say.html("gallery.author", name=post.author.name),
        describe(say, Choice.of(expansion)),
        say.html("gallery.seen", count=post.impressions),
    ]
    sorts = [button(say(f"gallery.{s}"), SortGallery(row.id, post.id, s), chosen=s == row.sort) for s in (Order.SURPRISING, Order.NEWEST)]
    turns = [button("◀", PreviousPost(row.id, post.id)), button("▶", NextPost(row.id, post.id))]
    counts = await services.gallery.counts(expansion.id)
    return "\n".join(lines), InlineKeyboardMarkup([reaction_row(expansion.id, counts), turns, sorts])


async def _turn(services: Services, visit: Visit, tap: NextPost | PreviousPost | SortGallery) -> None:
    """Turn the page that the button was on; when somebody has turned it already, nothing happens."""
    row = await services.gallery.gallery(tap.gallery)
    if row is None or row.message_id is None or row.chat_id != visit.chat.id:
        await visit.toast("tap.gone")
        return
    async with services.hand_on((row.chat_id, row.message_id)):
        before = await services.gallery.gallery(row.id)
        if before is None or before.post_id not in (tap.post, None):
            await visit.toast("gallery.turned")
        elif isinstance(tap, SortGallery) and tap.sort == before.sort:
            await visit.toast_nothing()
        else:
            await _show(services, visit, before, await _asked(services, visit, tap), tap)


async def _asked(services: Services, visit: Visit, tap: NextPost | PreviousPost | SortGallery) -> Page | None:
    match tap:
        case PreviousPost():
            return await services.gallery.previous(tap.gallery, visit.person.id)
        case SortGallery():
            return await services.gallery.next(tap.gallery, visit.person.id, tap.sort)
        case NextPost():
            return await services.gallery.next(tap.gallery, visit.person.id)


async def _show(
    services: Services, visit: Visit, before: Gallery, page: Page | None, tap: NextPost | PreviousPost | SortGallery
) -> None:
    if page is None:
        await visit.toast("gallery.first" if isinstance(tap, PreviousPost) else "gallery.empty", alert=True)
        return
    left = await services.gallery.post(before.post_id) if before.post_id else None
    if isinstance(tap, NextPost) and before.steps_back == 0 and left and started_over(before, left, page):
        await visit.toast("gallery.again")
    else:
        await visit.toast_nothing()
    row = await services.gallery.gallery(before.id)
    if row is None or row.message_id is None:
        return
    where: MessageKey = (row.chat_id, row.message_id)
    await remember(services, where, "gallery", row.person_id, page.post.expansion_id)
    caption, markup = await gallery_card(services, visit.say, row, page.post)
    await put_picture(services, visit, where, page.post.expansion, caption, markup)


def started_over(row: Gallery, left: Post, page: Page) -> bool:
    """Whether a page comes from the top again, because the person has seen the rest."""
    ranks = [(post.surprise if row.sort == Order.SURPRISING else 0.0, post.id) for post in (left, page.post)]
    return page.again and ranks[1] >= ranks[0]
