"""Tells authors, at most once a day, that people laughed at what they published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from babel.lists import format_list
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.chat.buttons.applause import Hear
from bot.chat.buttons.post import OpenPost
from bot.chat.cards.widgets import button
from bot.chat.gallery.publish import awaits_title
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import remember
from bot.chat.telegram.outcome import Fate, fate_of
from bot.chat.telegram.visit import Bot, Visit
from bot.chat.texts import Texts, best_language, texts
from bot.clock import Clock
from bot.services import Services
from storage.gallery.applause import Ovation
from storage.models import MessageKind, now

log = structlog.get_logger()

LOOK = 600.0  # seconds between two looks at who is to be told
PLACES = ("first", "second", "third")


@dataclass(frozen=True)
class Applauding:
    """Sends the messages. What is told is recorded before it is sent, so that nothing is ever told twice."""

    services: Services
    bot: Bot
    clock: Clock
    moment: Callable[[], datetime] = now

    async def run(self) -> None:
        """Tell everybody to whom a message is due, again and again, until cancelled."""
        while True:
            for author in await self.services.applause.due(self.moment()):
                await self._tell(author)
            await self.clock.sleep(LOOK)

    async def _tell(self, author: int) -> None:
        if await awaits_title(self.services, author):
            return  # the author's next words are a title, and stay next to the question for it
        ovation = await self.services.applause.claim(author, self.moment())
        person = await self.services.people.person(author)
        if ovation is None or person is None:
            return
        say = texts(best_language([person.language, person.language_code]))
        try:
            sent = await self.bot.send_message(
                author, _words(say, ovation), reply_markup=_keyboard(say, ovation), disable_notification=True
            )
        except TelegramError as error:
            await self._untold(author, ovation, error)
            return
        where = (author, sent.message_id)
        await remember(self.services, where, MessageKind.POST, author, ovation.post.expansion_id)

    async def _untold(self, author: int, ovation: Ovation, error: TelegramError) -> None:
        """Settle a refusal. A message whose fate is unknown counts as told."""
        fate = fate_of(error)
        log.info("applause.untold", author=author, fate=fate.value, reason=str(error))
        if fate is Fate.NO_ENTRY:
            await self.services.people.chat_gone(author)
        elif fate is Fate.FLOOD:
            await self.services.applause.untell(author, ovation.told_before)


async def hear(services: Services, visit: Visit, tap: Hear) -> None:
    """Mute the messages, or have them again, and turn the button into the other one."""
    on = bool(tap.on)
    await services.applause.mute(visit.person.id, muted=not on)
    await visit.toast("applause.heard" if on else "applause.hushed")
    shown = visit.message.reply_markup if visit.message is not None else None
    if visit.message is None or shown is None:
        return
    rows = [[key for key in row if key.callback_data != tap.pack()] for row in shown.inline_keyboard]
    rows = [[*rows[0], _switch(visit.say, on=not on)], *rows[1:]] if rows else [[_switch(visit.say, on=not on)]]
    await edit(visit.message.edit_reply_markup(InlineKeyboardMarkup(rows)))


def _words(say: Texts, ovation: Ovation) -> str:
    """Return the message, one sentence for each thing that happened."""
    post = ovation.post
    what = say("post.title", title=post.title) if post.title else say("applause.untitled")
    followers = format_list(ovation.followers, locale=say.language)
    return "\n".join(
        [
            say.html("applause.laughed", count=ovation.laughs, what=what),
            *([say.html("applause.followed", names=followers)] if followers else []),
            *([say(f"applause.{PLACES[ovation.place - 1]}")] if ovation.place else []),
            *([say("applause.elsewhere", count=ovation.elsewhere)] if ovation.elsewhere else []),
        ]
    )


def _keyboard(say: Texts, ovation: Ovation) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[button(say("post.see"), OpenPost(ovation.post.id)), _switch(say, on=False)]])


def _switch(say: Texts, *, on: bool) -> InlineKeyboardButton:
    return button(say("applause.hear" if on else "applause.hush"), Hear(int(on)))
