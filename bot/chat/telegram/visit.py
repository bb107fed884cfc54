"""One update's visitor: who, where, in which language, and how to answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import structlog
import telegram
from telegram.constants import ChatType
from telegram.ext import Application, ExtBot

from bot.chat.telegram.seat import Seat, take_a_seat, thread_of
from bot.chat.texts import Texts, best_language, texts
from bot.chat.titles import clean_name
from storage.models import Chat, Message, Person
from storage.people.people import People

log = structlog.get_logger()

TOAST_TIMEOUT = 10.0  # seconds; a later answer to a tap is of no use to anybody

T = TypeVar("T")
Bot: TypeAlias = ExtBot[Any]
Markup: TypeAlias = telegram.InlineKeyboardMarkup | telegram.ForceReply
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
    banned: bool = False  # the person or the chat
    shown: Message | None = None  # what the tapped message shows, if the database knows

    @property
    def private(self) -> bool:
        return self.chat.kind == ChatType.PRIVATE

    @property
    def answered(self) -> telegram.Message | None:
        """The message that the visitor's message replies to.

        In a topic, Telegram makes every message a reply to the one that created the topic; that is no reply.
        """
        message = self.message.reply_to_message if self.message is not None else None
        created = message is not None and message.forum_topic_created is not None
        return None if created else message

    @property
    def seat(self) -> Seat:
        """The place of an answer."""
        return Seat.beside(self.chat.id, self.message)

    async def toast(self, key: str, /, *, alert: bool = False, **values: object) -> None:
        """Answer the tap. A tap too old to be answered needs no answer any more."""
        if self.query is not None:
            await answer(self.query, self.whisper(key, **values), alert=alert)

    async def toast_nothing(self) -> None:
        """Stop the button's spinner."""
        if self.query is not None:
            await answer(self.query)

    async def lead_to_private_chat(self, payload: str) -> None:
        """Answer the tap by opening the private chat with the bot, as the link `?start=payload` does."""
        if self.query is not None:
            await answer(self.query, url=start_link(self.bot.username, payload))

    async def reply(
        self, key: str, /, *, markup: telegram.InlineKeyboardMarkup | None = None, **values: object
    ) -> telegram.Message:
        """Send a text of the locale in answer to the visitor's message."""
        return await self.write(self.say.html(key, **values), markup)

    async def write(self, text: str, markup: Markup | None = None) -> telegram.Message:
        """Send HTML in answer to the visitor's message."""
        return await self.send(lambda seat: self.bot.send_message(text=text, reply_markup=markup, **seat.address))

    async def send(self, request: Callable[[Seat], Awaitable[T]]) -> T:
        """Send something in answer to the visitor's message, outside its topic if that is gone."""
        return await take_a_seat(self.seat.and_elsewhere(), request)

    async def show_activity(self, action: str) -> None:
        """Show «is uploading …» in the chat. It is a courtesy, so a failure is only logged."""
        try:
            await self.bot.send_chat_action(self.chat.id, action, message_thread_id=thread_of(self.message))
        except telegram.error.TelegramError as error:
            log.info("activity.not_shown", chat=self.chat.id, reason=str(error))


def start_link(username: str, payload: str) -> str:
    """Return the link that opens the private chat with a bot and sends `/start payload` there."""
    return f"https://t.me/{username}?start={payload}"


async def answer(
    query: telegram.CallbackQuery, text: str | None = None, *, alert: bool = False, url: str | None = None
) -> None:
    """Answer a tap. A failure is only logged: the tap has its effect, and the spinner ends by itself."""
    try:
        await query.answer(text, show_alert=alert, url=url, read_timeout=TOAST_TIMEOUT)
    except telegram.error.TelegramError as error:
        log.info("toast.not_shown", reason=str(error))


async def receive(update: telegram.Update, bot: Bot, people: People) -> Visit | None:
    """Return the visit that an update is, or None if nobody is to be answered.

    What is posted in a channel, the channel says itself.
    """
    where, seen = update.effective_chat, update.effective_message
    # Telegram no longer shows very old messages to the bot: only their chat and id come, with a date of 0
    message = seen if isinstance(seen, telegram.Message) and seen.is_accessible else None
    if where is None or (message is not None and message.is_automatic_forward):
        return None  # the channel's own post was answered where it stands
    title = clean_name(where.title) if where.title else ""
    author = _author(update, where, title)
    if author is None:
        return None
    tapped = message.message_id if message is not None and update.callback_query is not None else None
    known = await people.meet(author, Chat(id=where.id, kind=where.type, title=title), tapped)
    say, whisper = speak(known.person, known.chat)
    return Visit(
        known.person,
        known.chat,
        say,
        whisper,
        bot,
        message,
        update.callback_query,
        update.my_chat_member,
        update.message_reaction,
        update.update_id,
        known.banned,
        known.message,
    )


def _author(update: telegram.Update, where: telegram.Chat, title: str) -> Person | None:
    """Return who acts, as a row to be stored: a user, or the chat in whose name a message was written.

    Telegram gives anonymous administrators and people who write as a channel the id of a bot that all of them share,
    so the chat that they write for is the author.
    """
    user = update.effective_user
    written = update.message or update.edited_message
    sender = written.sender_chat if written is not None else None
    if sender is not None:
        return Person(id=sender.id, name=clean_name(sender.title or title))
    if user is not None:
        return Person(id=user.id, name=clean_name(user.full_name), language_code=user.language_code)
    if update.channel_post is not None or update.edited_channel_post is not None:
        return Person(id=where.id, name=title)
    return None


def speak(person: Person, chat: Chat) -> tuple[Texts, Texts]:
    """What a chat is spoken to in, and what the person is whispered to in."""
    whisper = texts(best_language([person.language, person.language_code]))
    return texts(chat.language) if chat.language else whisper, whisper
