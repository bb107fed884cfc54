"""Delivers results into their messages. Every step is idempotent, so it can be repeated after a crash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import ChatMigrated, RetryAfter, TelegramError

from bot.chat.cards.journey import made_card
from bot.chat.cards.result import end_caption, end_keyboard, result_card
from bot.chat.cards.status import cancel_keyboard, status_caption
from bot.chat.cards.widgets import language_of
from bot.chat.expand.cancel import cancel_all
from bot.chat.expand.placing import place
from bot.chat.expand.progress import StatusBoard
from bot.chat.expand.ready import tell_ready
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import Medium, Shown, picture_of, put_picture, remember
from bot.chat.telegram.outbox import Outbox
from bot.chat.telegram.outcome import Fate, fate_of, pause_of
from bot.chat.telegram.seat import Seat, take_a_seat
from bot.chat.telegram.visit import Bot
from bot.chat.texts import Texts
from bot.jobs.watch import LATER
from bot.services import Services
from storage.models import Expansion, Job, MessageKind, Status

log = structlog.get_logger()


@dataclass
class Delivery:
    """The screen of expansion jobs: sends their status messages, updates them, and shows how the jobs end.

    `film` sends the film of the last step of a journey to where that was started.
    """

    services: Services
    bot: Bot
    outbox: Outbox
    board: StatusBoard
    film: Callable[[Expansion], Awaitable[object]]

    async def place(self, jobs: Sequence[Job]) -> None:
        """Send the status messages of expansions whose start was interrupted before their message id was stored."""
        groups: dict[str, list[Expansion]] = {}
        for expansion in await self.services.store.expansions([job.subject for job in jobs]):
            groups.setdefault(expansion.batch or expansion.key, []).append(expansion)
        for expansions in groups.values():
            say = await language_of(self.services, expansions[0])
            try:
                await place(self.services, self.bot, say, expansions, reply_to=None)
            except TelegramError as error:
                await self._not_placed(expansions, error)

    async def _not_placed(self, expansions: Sequence[Expansion], error: TelegramError) -> None:
        """Leave an outage or a flood to a later attempt. After a refusal nobody would see the result, so cancel it."""
        fate = fate_of(error)
        log.info("placing.failed", expansion=expansions[0].id, fate=fate.value, reason=str(error))
        if isinstance(error, ChatMigrated):
            await self.services.people.migrate_chat(expansions[0].chat_id, error.new_chat_id)
        elif not fate.passes:
            for expansion in expansions:
                await self.services.queue.cancel(expansion.id)

    async def changed(self, jobs: Sequence[Job]) -> None:
        """Update the status messages of jobs that have made progress."""
        await self.board.changed(jobs)

    async def show(self, job: Job) -> float | None:
        """Show how an expansion ended. Returns None, or the seconds after which it has to be tried again."""
        try:
            await self.deliver(job.subject)
        except TelegramError as error:
            return await self._not_shown(job.subject, error)
        return None

    async def deliver(self, expansion_id: int) -> None:
        """Show how an expansion ended. Every step may be repeated. Raises TelegramError."""
        expansion = await self.services.store.expansion(expansion_id)
        if expansion is not None and expansion.message_id is None and expansion.batch:
            expansion = await self._joined(expansion)
        if expansion is not None and expansion.message_id is None and expansion.status is Status.DONE:
            expansion = await self._placed_anew(expansion)
        if expansion is None or expansion.message_id is None:
            await self.services.store.delivered(expansion_id, None)
            return
        async with self.outbox.at_once((expansion.chat_id, expansion.message_id)):
            await self._show(expansion)

    async def _not_shown(self, expansion_id: int, error: TelegramError) -> float | None:
        """Decide what follows from an error: another attempt, or a sentence in the chat that it cannot be shown."""
        fate = fate_of(error)
        log.warning("delivery.failed", expansion=expansion_id, fate=fate.value, reason=str(error))
        expansion = await self.services.store.expansion(expansion_id)
        if isinstance(error, ChatMigrated) and expansion is not None:  # the next attempt reads the new id from the row
            await self.services.people.migrate_chat(expansion.chat_id, error.new_chat_id)
            return 0.0
        if fate.passes:
            return pause_of(error) if isinstance(error, RetryAfter) else LATER
        if expansion is not None and expansion.steps:  # nobody would see the steps that follow
            await cancel_all(self.services, await self._variants(expansion))
        if expansion is not None and fate is Fate.NO_ENTRY:
            await self.services.people.chat_gone(expansion.chat_id)
        elif expansion is not None:
            await self._apologise(expansion, "error.no_rights" if fate is Fate.NO_RIGHTS else "error.sorry")
        await self.services.store.delivered(expansion_id, None)
        return None

    async def _apologise(self, expansion: Expansion, key: str) -> None:
        say = await language_of(self.services, expansion)
        seats = Seat(expansion.chat_id, expansion.thread_id).and_elsewhere(expansion.person_id)
        try:
            await take_a_seat(seats, lambda seat: self.bot.send_message(text=say.html(key), **seat.address))
        except TelegramError as error:
            log.info("apology.lost", expansion=expansion.id, reason=str(error))

    async def _show(self, expansion: Expansion) -> None:
        say = await language_of(self.services, expansion)
        if expansion.batch:
            await self._show_sheet(say, expansion)
        elif expansion.status is Status.DONE:
            await self._show_result(say, expansion)
        else:
            await self._show_end(say, expansion)
        await tell_ready(self.services, self.bot, say, expansion, await self._variants(expansion))

    async def _show_result(self, say: Texts, expansion: Expansion) -> None:
        caption, markup = await result_card(self.services, say, self.bot, expansion, expansion.chat_id)
        medium = replace(picture_of(self.services, expansion), learn=None)
        shown = await self._put(expansion, medium, caption, markup)
        await self.services.store.delivered(expansion.id, shown.file_id)

    async def _show_sheet(self, say: Texts, expansion: Expansion) -> None:
        """Show what one start has made so far. Each delivery shows more of it."""
        variants = await self._variants(expansion)
        painted = [variant for variant in variants if variant.status is Status.DONE]
        over = all(variant.status.final for variant in variants)
        if painted and expansion.steps:
            await self._show_journey(say, expansion, variants)
        elif painted:
            await self._put(expansion, *made_card(self.services, say, variants))
        elif over:
            await self._show_end(say, expansion)
        await self.services.store.delivered(expansion.id, None)

    async def _show_journey(self, say: Texts, expansion: Expansion, steps: Sequence[Expansion]) -> None:
        """Show the newest step while a journey goes on, and in the end all steps, or the one that there is."""
        painted = [step for step in steps if step.status is Status.DONE]
        if any(step.status.live for step in steps):
            caption, markup = await status_caption(self.services, say, steps), cancel_keyboard(say, steps[-1])
            await self._put(expansion, picture_of(self.services, painted[-1]), caption, markup)
        elif len(painted) > 1:
            await self._put(expansion, *made_card(self.services, say, painted))
        else:
            await self._show_result(say, painted[0])
            alone = await self.services.store.expansion(painted[0].id) or painted[0]  # its message may be a new one
            where = (alone.chat_id, alone.message_id or 0)
            await remember(self.services, where, MessageKind.RESULT, alone.person_id, alone.id)
        if expansion.id == steps[-1].id and len(painted) > 1 and expansion.status.final:
            await self._send_film(painted[-1])

    async def _send_film(self, last: Expansion) -> None:
        """Send the film of a journey. The steps are shown without it, so only a flood is worth another attempt."""
        try:
            await self.film(last)
        except RetryAfter:
            raise
        except TelegramError as error:
            log.info("film.lost", expansion=last.id, reason=str(error))

    async def _show_end(self, say: Texts, expansion: Expansion) -> None:
        """Show that an expansion failed or was cancelled, in one sentence with buttons to try again."""
        caption = end_caption(say, expansion)
        markup = end_keyboard(say, expansion)
        request = self.bot.edit_message_caption(
            expansion.chat_id, expansion.message_id, caption=caption, parse_mode="HTML", reply_markup=markup
        )
        await edit(request)
        await self.services.store.delivered(expansion.id, None)

    async def _put(self, expansion: Expansion, medium: Medium, caption: str, markup: InlineKeyboardMarkup) -> Shown:
        """Put a result into its status message. If that is gone or refused, send a new status message first.

        A result is only ever shown by an edit, which may be repeated. A message that is sent twice because the answer
        was lost is a status message, never a second result.
        """
        shown = await self._edited(expansion, medium, caption, markup)
        if shown is None and (fresh := await self._placed_anew(expansion)) is not None:
            shown = await self._edited(fresh, medium, caption, markup)
        return shown or Shown()

    async def _placed_anew(self, expansion: Expansion) -> Expansion | None:
        """Send another status message in place of one that is gone. Returns the expansion with its new message."""
        variants = await self._variants(expansion)
        if expansion.message_id is not None:
            await self.services.store.displace([variant.id for variant in variants], expansion.message_id)
        await place(self.services, self.bot, await language_of(self.services, expansion), variants, reply_to=None)
        return await self.services.store.expansion(expansion.id)

    async def _joined(self, expansion: Expansion) -> Expansion | None:
        """Let an expansion share the message of its batch, which was replaced just when this step was started."""
        there = next((one for one in await self._variants(expansion) if one.message_id is not None), None)
        if there is None or there.message_id is None:
            return expansion
        await self.services.store.place(
            [expansion.id], there.message_id, chat_id=there.chat_id, thread_id=there.thread_id
        )
        return await self.services.store.expansion(expansion.id)

    async def _edited(
        self, expansion: Expansion, medium: Medium, caption: str, markup: InlineKeyboardMarkup
    ) -> Shown | None:
        """Put a result into its status message. Returns None if another message is needed."""
        where = (expansion.chat_id, expansion.message_id or 0)
        try:
            return await put_picture(self.services, self.bot, where, medium, caption, markup)
        except TelegramError as error:
            if fate_of(error).wants_another_place:
                return None
            raise

    async def _variants(self, expansion: Expansion) -> list[Expansion]:
        return await self.services.store.batch(expansion.batch) if expansion.batch else [expansion]
