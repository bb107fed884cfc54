"""One update's visitor: who, where, in which language, and how to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import telegram
from telegram.constants import ChatType
from telegram.ext import Application, ExtBot

from bot.chat.texts import Texts, best_language, texts
from bot.chat.titles import clean_name
from storage.models import Chat, Person
from storage.people.people import People

Bot: TypeAlias = ExtBot[Any]
App: TypeAlias = Application[Any, Any, Any, Any, Any, Any]


@dataclass(frozen=True)
class Visit:
    """`say` speaks the language of the chat, for messages that stay; `whisper` the person's own, for toasts."""

    person: Person
    chat: Chat
    say: Texts
    whisper: Texts
    bot: Bot
    message: telegram.Message | None
    query: telegram.CallbackQuery | None = None
    membership: telegram.ChatMemberUpdated | None = None
    reaction: telegram.MessageReactionUpdated | None = None
    update_id: int | None = None

    @property
    def private(self) -> bool:
        return self.chat.kind == ChatType.PRIVATE

    async def toast(self, key: str, /, *, alert: bool = False, **values: object) -> None:
        """Answer the tap. A tap too old to be answered needs no answer any more."""
        if self.query is not None:
            await answer(self.query, self.whisper(key, **values), alert=alert)

    async def toast_nothing(self) -> None:
        """Stop the button's spinner."""
        if self.query is not None:
            await answer(self.query)

    async def reply(
        self, key: str, /, *, markup: telegram.InlineKeyboardMarkup | None = None, **values: object
    ) -> telegram.Message:
        """A message in answer to the visitor's own."""
        return await self.bot.send_message(
            self.chat.id,
            self.say.html(key, **values),
            reply_markup=markup,
            message_thread_id=thread_of(self.message),
            reply_parameters=answer_to(self.message),
        )


async def answer(query: telegram.CallbackQuery, text: str | None = None, *, alert: bool = False) -> None:
    try:
        await query.answer(text, show_alert=alert)
    except telegram.error.BadRequest as error:
        if "query" not in error.message.lower():
            raise


def thread_of(message: telegram.Message | None) -> int | None:
    return message.message_thread_id if message is not None and message.is_topic_message else None


def answer_to(message: telegram.Message | None) -> telegram.ReplyParameters | None:
    return (
        telegram.ReplyParameters(message.message_id, allow_sending_without_reply=True) if message is not None else None
    )


async def receive(update: telegram.Update, bot: Bot, people: People) -> Visit | None:
    """The visit that an update is; None where nobody is to be answered. What is posted in a channel, it says itself."""
    user, where, message = update.effective_user, update.effective_chat, update.effective_message
    if where is None or (user is None and update.channel_post is None):
        return None
    title = clean_name(where.title) if where.title else ""
    person = (
        await people.see(user.id, clean_name(user.full_name), user.language_code)
        if user is not None
        else await people.see(where.id, title)
    )
    chat = await people.see_chat(where.id, where.type, title)
    say, whisper = speak(person, chat)
    return Visit(
        person,
        chat,
        say,
        whisper,
        bot,
        message,
        update.callback_query,
        update.my_chat_member,
        update.message_reaction,
        update.update_id,
    )


def speak(person: Person, chat: Chat) -> tuple[Texts, Texts]:
    """What a chat is spoken to in, and what the person is whispered to in."""
    whisper = texts(best_language([person.language, person.language_code]))
    return texts(chat.language) if chat.language else whisper, whisper
