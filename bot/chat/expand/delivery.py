"""Delivers results into their messages. Every step is idempotent, so it can be repeated after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, TelegramError

from bot.chat.cards.preview import variants_sheet
from bot.chat.cards.result import end_keyboard, result_caption, result_keyboard, sheet_caption, sheet_keyboard
from bot.chat.cards.widgets import described, language_of
from bot.chat.choice import extent_of, margins_of
from bot.chat.expand.progress import StatusBoard
from bot.chat.expand.start import place
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import Medium, Seat, Shown, is_veiled, picture_of, put_picture, remember, send_picture
from bot.chat.telegram.outbox import Outbox
from bot.chat.telegram.visit import Bot
from bot.chat.texts import Texts
from bot.services import Services
from storage.models import Expansion, Job, MessageKind, Status

log = structlog.get_logger()

PATIENCE = 15.0  # seconds of waiting after which a person is told by a «ready» message


@dataclass
class Delivery:
    """The screen of expansion jobs: sends their status messages, updates them, and shows how the jobs end."""

    services: Services
    bot: Bot
    outbox: Outbox
    board: StatusBoard

    async def place(self, jobs: Sequence[Job]) -> None:
        """Send the status messages of expansions whose start was interrupted before their message id was stored."""
        groups: dict[str, list[Expansion]] = {}
        for expansion in await self.services.store.expansions([job.subject for job in jobs]):
            groups.setdefault(expansion.batch or expansion.key, []).append(expansion)
        for expansions in groups.values():
            try:
                say = await language_of(self.services, expansions[0])
                await place(self.services, self.bot, say, expansions, reply_to=None)
            except (BadRequest, Forbidden) as refusal:  # the chat cannot be written to, so nobody would see the result
                log.info("placing.refused", expansion=expansions[0].id, reason=str(refusal))
                for expansion in expansions:
                    await self.services.queue.cancel(expansion.id)

    async def changed(self, jobs: Sequence[Job]) -> None:
        """Update the status messages of jobs that have made progress."""
        await self.board.changed(jobs)

    async def show(self, job: Job) -> bool:
        """Show how an expansion ended. Returns False if the delivery has to be tried again later."""
        try:
            await self.deliver(job.subject)
        except BadRequest as error:  # PTB derives it from NetworkError, but a retry would be refused again
            log.error("delivery.given_up", expansion=job.subject, reason=str(error))
            await self.services.store.delivered(job.subject, None)
        except NetworkError as error:
            log.warning("delivery.postponed", expansion=job.subject, reason=str(error))
            return False
        return True

    async def deliver(self, expansion_id: int) -> None:
        """Show how an expansion ended. If the bot may no longer write to the chat, give up at once."""
        expansion = await self.services.store.expansion(expansion_id)
        if expansion is None or expansion.message_id is None:
            await self.services.store.delivered(expansion_id, None)
            return
        async with self.outbox.at_once((expansion.chat_id, expansion.message_id)):
            try:
                await self._show(expansion)
            except Forbidden as refusal:
                log.info("delivery.refused", expansion=expansion.id, chat=expansion.chat_id, reason=str(refusal))
                await self.services.people.chat_gone(expansion.chat_id)
                await self.services.store.delivered(expansion.id, None)
            except ChatMigrated as moved:  # the next attempt reads the new chat id from the row
                raise NetworkError("the group has become a supergroup") from moved

    async def _show(self, expansion: Expansion) -> None:
        say = await language_of(self.services, expansion)
        if expansion.batch:
            await self._show_sheet(say, expansion)
        elif expansion.status is Status.DONE:
            await self._show_result(say, expansion)
        else:
            await self._show_end(say, expansion)
        await self._announce(say, expansion)

    async def _show_result(self, say: Texts, expansion: Expansion) -> None:
        caption = await result_caption(self.services, say, expansion)
        markup = await result_keyboard(self.services, say, expansion)
        medium = replace(picture_of(self.services, expansion), learn=None)
        shown = await self._put(expansion, medium, caption, markup)
        await self.services.store.delivered(expansion.id, shown.file_id)

    async def _show_sheet(self, say: Texts, expansion: Expansion) -> None:
        """Show all variants that are finished so far. Each delivery sends the sheet again with one more variant."""
        variants = await self.services.store.batch(expansion.batch or "")
        if any(variant.status is Status.DONE for variant in variants):
            sheet = Medium(partial(self._sheet, variants), spoiler=any(map(is_veiled, variants)))
            await self._put(expansion, sheet, sheet_caption(say, variants), sheet_keyboard(say, variants))
        elif all(v.status.final for v in variants):
            await self._show_end(say, expansion)
        await self.services.store.delivered(expansion.id, None)

    async def _sheet(self, variants: Sequence[Expansion]) -> bytes:
        first, pictures = variants[0], await asyncio.gather(*map(self._cell, variants))
        extent = margins_of(first).canvas(extent_of(first.source))
        return await asyncio.to_thread(variants_sheet, pictures, extent)

    async def _cell(self, variant: Expansion) -> bytes | None:
        return await self.services.picture(variant) if variant.status is Status.DONE else None

    async def _show_end(self, say: Texts, expansion: Expansion) -> None:
        """Show that an expansion failed or was cancelled, in one sentence with a button to try again."""
        key = "end.cancelled" if expansion.status is Status.CANCELLED else "end.failed"
        caption = say.html(key, choice=described(say, expansion))
        markup = end_keyboard(say, expansion)
        request = self.bot.edit_message_caption(
            expansion.chat_id, expansion.message_id, caption=caption, parse_mode="HTML", reply_markup=markup
        )
        await edit(request)
        await self.services.store.delivered(expansion.id, None)

    async def _put(self, expansion: Expansion, medium: Medium, caption: str, markup: InlineKeyboardMarkup) -> Shown:
        """Edit the status message. If a person has deleted it, send a new message instead."""
        where = (expansion.chat_id, expansion.message_id or 0)
        shown = await put_picture(self.services, self.bot, where, medium, caption, markup)
        if shown is not None:
            return shown
        message, shown = await send_picture(
            self.bot, Seat(expansion.chat_id, expansion.thread_id), medium, caption, markup
        )
        variants = await self._variants(expansion)
        ids = [variant.id for variant in variants]
        await self.services.store.replace_message(ids, expansion.message_id, message.message_id)
        kind, where = MessageKind.SHEET if expansion.batch else MessageKind.RESULT, (where[0], message.message_id)
        await remember(self.services, where, kind, expansion.person_id, expansion.id)
        return shown

    async def _variants(self, expansion: Expansion) -> list[Expansion]:
        return await self.services.store.batch(expansion.batch) if expansion.batch else [expansion]

    async def _announce(self, say: Texts, expansion: Expansion) -> None:
        """Send one «ready» message to a person who has waited long, because edits cause no notification.

        For a batch it is sent after the last variant. The intent is stored before sending, so nobody gets it twice.
        """
        variants = await self._variants(expansion)
        ends = {variant.status for variant in variants}
        if expansion.status is Status.CANCELLED or Status.DONE not in ends or any(end.live for end in ends):
            return
        finished = expansion.finished_at or expansion.created_at
        waited = (finished - expansion.created_at).total_seconds()
        if waited < PATIENCE or not await self.services.store.claim_announcement(variants[0].id):
            return
        try:
            await self.bot.send_message(
                expansion.chat_id,
                say("result.ready"),
                message_thread_id=expansion.thread_id,
                reply_to_message_id=expansion.message_id,
                allow_sending_without_reply=True,
            )
        except TelegramError as error:
            log.info("ready.lost", expansion=expansion.id, reason=str(error))
