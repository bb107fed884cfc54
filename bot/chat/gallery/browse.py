"""/gallery: one message that pages through the published posts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from bot.chat.buttons.gallery import NextPost, Orders, PickPeriod, PreviousPost, SortGallery
from bot.chat.cards.gallery import gallery_card, orders_keyboard
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import answer_with_picture, picture_of, put_picture, remember
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.gallery.browsing import Page
from storage.gallery.listing import Period
from storage.models import Gallery, MessageKind

Turn: TypeAlias = NextPost | PreviousPost | SortGallery | PickPeriod


class OnPage(Protocol):
    """A button that carries the page it was shown on."""

    @property
    def gallery(self) -> int: ...
    @property
    def post(self) -> int: ...


async def gallery(services: Services, visit: Visit) -> None:
    """Open a gallery at the unseen post that may surprise the most."""
    row = await services.galleries.open(visit.person.id, visit.chat.id)
    page = await services.galleries.next(row.id, visit.person.id)
    if page is None:
        await visit.reply("gallery.empty")
    else:
        await send_card(services, visit, row.id, page)


async def send_card(services: Services, visit: Visit, gallery_id: int, page: Page) -> None:
    """Send the message of a gallery with its first page."""
    row = await services.galleries.gallery(gallery_id)
    if row is None:
        return
    caption, markup = await gallery_card(services, visit.bot.username, visit.say, row, page.post)
    sent = await answer_with_picture(services, visit, page.post.expansion, MessageKind.GALLERY, caption, markup)
    await services.galleries.place(row.id, sent.message_id)


async def next_post(services: Services, visit: Visit, tap: NextPost) -> None:
    """▶: turn the page. Anybody in the chat may; the post counts as seen by whoever tapped."""
    await _turn(services, visit, tap)


async def previous_post(services: Services, visit: Visit, tap: PreviousPost) -> None:
    """◀: turn back."""
    await _turn(services, visit, tap)


async def orders(services: Services, visit: Visit, tap: Orders) -> None:
    """Show the orders to choose from, in place of the usual buttons."""

    async def unfold(row: Gallery) -> None:
        post = await services.gallery.post(tap.post)
        if post is None or row.message_id is None:
            await visit.toast("post.gone")
            return
        await visit.toast_nothing()
        markup = orders_keyboard(visit.say, row, post)
        await edit(visit.bot.edit_message_reply_markup(row.chat_id, row.message_id, reply_markup=markup))

    await on_page(services, visit, tap, unfold)


async def sort_gallery(services: Services, visit: Visit, tap: SortGallery) -> None:
    """Change the order."""
    await _turn(services, visit, tap)


async def pick_period(services: Services, visit: Visit, tap: PickPeriod) -> None:
    """Change the period."""
    await _turn(services, visit, tap)


async def on_page(services: Services, visit: Visit, tap: OnPage, act: Callable[[Gallery], Awaitable[None]]) -> None:
    """Act on the gallery that a button belongs to, under its lock. Refuses if somebody turned the page before."""
    row = await services.galleries.gallery(tap.gallery)
    if row is None or row.message_id is None or row.chat_id != visit.chat.id:
        await visit.toast("tap.gone")
        return
    async with services.turns.drawing((row.chat_id, row.message_id)):
        now = await services.galleries.gallery(row.id)
        if now is None or now.post_id not in (tap.post, None):
            await visit.toast("gallery.turned")
        else:
            await act(now)


async def _turn(services: Services, visit: Visit, tap: Turn) -> None:
    async def turn(row: Gallery) -> None:
        if isinstance(tap, SortGallery | PickPeriod) and _chosen(tap) in (row.sort, row.period):
            await _toast_order(visit, tap)
            await restore(services, visit, row, tap.post)
            return
        page = await _page_for(services, visit, tap)
        if page is None:
            await visit.toast("gallery.first" if isinstance(tap, PreviousPost) else "gallery.none", alert=True)
            return
        await _toast_order(visit, tap, page)
        await show_page(services, visit, row.id, page)

    await on_page(services, visit, tap, turn)


async def _toast_order(visit: Visit, tap: Turn, page: Page | None = None) -> None:
    """Show the name of the chosen order, or that the person has now seen every post."""
    if isinstance(tap, SortGallery):
        await visit.toast(f"gallery.{tap.sort}")
    elif isinstance(tap, NextPost) and page is not None and page.over:
        await visit.toast("gallery.again")
    else:
        await visit.toast_nothing()


def _chosen(tap: SortGallery | PickPeriod) -> str:
    return tap.sort if isinstance(tap, SortGallery) else tap.period


async def _page_for(services: Services, visit: Visit, tap: Turn) -> Page | None:
    gallery, person = tap.gallery, visit.person.id
    match tap:
        case PreviousPost():
            return await services.galleries.previous(gallery, person)
        case SortGallery():
            return await services.galleries.next(gallery, person, tap.sort, Period.ALL)
        case PickPeriod():
            return await services.galleries.next(gallery, person, period=tap.period)
        case NextPost():
            return await services.galleries.next(gallery, person)


async def show_page(services: Services, visit: Visit, gallery_id: int, page: Page) -> None:
    """Put a page into the gallery's message. The caller holds the message's lock."""
    row = await services.galleries.gallery(gallery_id)
    if row is None or row.message_id is None:
        return
    where = (row.chat_id, row.message_id)
    await remember(services, where, MessageKind.GALLERY, row.person_id, page.post.expansion_id)
    caption, markup = await gallery_card(services, visit.bot.username, visit.say, row, page.post)
    await put_picture(services, visit.bot, where, picture_of(services, page.post.expansion), caption, markup)


async def restore(services: Services, visit: Visit, row: Gallery, post_id: int) -> None:
    """Put the usual buttons back under a post."""
    post = await services.gallery.post(post_id)
    if post is not None and row.message_id is not None:
        caption, markup = await gallery_card(services, visit.bot.username, visit.say, row, post)
        where = (row.chat_id, row.message_id)
        await edit(visit.bot.edit_message_caption(*where, caption=caption, parse_mode="HTML", reply_markup=markup))
