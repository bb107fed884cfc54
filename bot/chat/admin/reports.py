"""Reporting a post, and telling the moderators of it."""

from __future__ import annotations

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.chat.admin.moderation import case_card, words_for
from bot.chat.buttons.moderation import Report, ReportFor
from bot.chat.buttons.post import Less
from bot.chat.cards.widgets import button
from bot.chat.gallery.browse import on_page, restore
from bot.chat.gallery.post import take_down, turn_away
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import picture_of, put_picture, remember, results_changed, send_picture
from bot.chat.telegram.seat import Seat
from bot.chat.telegram.visit import Bot, Visit
from bot.services import Services
from storage.gallery.moderation import Reported
from storage.models import Gallery, MessageKind, Post, Reason

log = structlog.get_logger()


async def report(services: Services, visit: Visit, tap: Report) -> None:
    """Ask for the reason of a report."""

    async def ask(row: Gallery) -> None:
        await visit.toast_nothing()
        say = visit.say
        reasons = [button(say(f"report.{reason}"), ReportFor(row.id, tap.post, reason)) for reason in Reason]
        rows = [*([reason] for reason in reasons), [button(say("gallery.less"), Less(row.id, tap.post))]]
        markup = InlineKeyboardMarkup(rows)
        if row.message_id is not None:
            await edit(visit.bot.edit_message_reply_markup(row.chat_id, row.message_id, reply_markup=markup))

    await on_page(services, visit, tap, ask)


async def report_for(services: Services, visit: Visit, tap: ReportFor) -> None:
    """Store a report. The one that reaches the threshold withholds the post until a moderator judges."""

    async def keep(row: Gallery) -> None:
        post = await services.gallery.post(tap.post)
        threshold = services.limits.reports
        said = await services.moderation.report(tap.post, visit.person.id, tap.reason, threshold)
        if post is None or said is None:
            await visit.toast("post.gone")
        else:
            await visit.toast("report.thanks" if said.first else "report.again", alert=True)
            if said.first:
                await _tell_moderators(services, visit.bot, post)
            if said.withheld:
                await turn_away(services, visit, row, post)
                await results_changed(services, post.expansion_id)
                return
        await restore(services, visit, row, tap.post)

    await on_page(services, visit, tap, keep)


async def heard(services: Services, bot: Bot, post: Post, said: Reported) -> None:
    """Act on a report that came from a page: tell the moderators, and take down a post that it withheld."""
    if said.first:
        await _tell_moderators(services, bot, post)
    if said.withheld:
        await take_down(services, bot, post.expansion_id)
        await results_changed(services, post.expansion_id)


async def _tell_moderators(services: Services, bot: Bot, post: Post) -> None:
    """Show every moderator the reported post with the buttons of /review. Later reports change the same message."""
    case = await services.moderation.case(post.id - 1)
    if case is None or case.post.id != post.id:
        return  # somebody has judged it meanwhile
    shown = [m for m in await services.messages.showing(post.expansion_id) if m.kind is MessageKind.REVIEW]
    there = {message.person_id: (message.chat_id, message.message_id) for message in shown}
    for moderator in sorted(services.limits.admins):
        caption, markup = case_card(await words_for(services, moderator), case)
        picture = picture_of(services, post.expansion)
        try:
            if moderator in there:
                async with services.turns.drawing(there[moderator]):
                    await put_picture(services, bot, there[moderator], picture, caption, markup)
                continue
            sent, _ = await send_picture(bot, (Seat(moderator),), picture, caption, markup)
            where = (moderator, sent.message_id)
            await remember(services, where, MessageKind.REVIEW, moderator, post.expansion_id)
        except TelegramError as error:  # a moderator who never opened the chat; /review shows the post all the same
            log.info("report.untold", moderator=moderator, post=post.id, reason=str(error))
