"""The bot as a table: which update leads to which function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias

import structlog
import telegram
from telegram.error import ChatMigrated, TelegramError
from telegram.ext import (
    Application,
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    Defaults,
    InlineQueryHandler,
    MessageHandler,
    MessageReactionHandler,
    filters,
)

from bot.chat import verify, welcome
from bot.chat.account import forget, members, mine, mydata, preferences, privacy
from bot.chat.admin import audit, moderation, stats
from bot.chat.expand import arrival, cancel
from bot.chat.expand.arrival import is_addressed
from bot.chat.gallery import browse as gallery
from bot.chat.gallery import channel, reactions, share, top
from bot.chat.routes import on_tap
from bot.chat.telegram.limiter import Limiter
from bot.chat.telegram.outcome import Fate, fate_of
from bot.chat.telegram.seat import take_a_seat
from bot.chat.telegram.transport import Transport
from bot.chat.telegram.visit import App, Bot, Visit, receive
from bot.metrics import REFUSALS
from bot.services import Services

log = structlog.get_logger()

Context: TypeAlias = ContextTypes.DEFAULT_TYPE
OnVisit: TypeAlias = Callable[[Services, Visit], Awaitable[None]]
Handle: TypeAlias = Callable[[telegram.Update, Context], Coroutine[Any, Any, None]]
OnUpdate: TypeAlias = Callable[[Services, Any, telegram.Update], Awaitable[None]]

COMMANDS: dict[str, OnVisit] = {
    "start": welcome.start,
    "help": welcome.help_,
    "expand": arrival.expand_command,
    "verify": verify.verify_command,
    "gallery": gallery.gallery,
    "top": top.top,
    "mine": mine.mine,
    "settings": preferences.settings,
    "cancel": cancel.cancel_command,
    "privacy": privacy.privacy,
    "mydata": mydata.mydata,
    "forget": forget.forget,
    "review": moderation.review,
    "ban": moderation.ban,
    "unban": moderation.unban,
    "audit": audit.audit,
    "stats": stats.stats,
}

SERVED_TO_ALL: set[OnVisit] = {privacy.privacy, mydata.mydata, forget.forget, members.membership, members.migrated}
"""What concerns a person's own data, or where the bot is, does not stop at a ban."""


IN_CHANNELS = ("expand", "cancel", "privacy", "forget")
"""Commands that a channel may post: what it says, everybody there reads."""

NEW = filters.UpdateType.MESSAGE  # not an edited one
POSTED = filters.UpdateType.CHANNEL_POST
EDITED = filters.UpdateType.EDITED
SHARED = filters.VIA_BOT & filters.PHOTO & (POSTED | (NEW & filters.ChatType.GROUPS))


class _HoldsPicture(filters.MessageFilter):
    """Messages with a file that is or may be a picture."""

    def filter(self, message: telegram.Message) -> bool:
        return arrival.attachment(message) is not None


PICTURES = _HoldsPicture()
OTHER_FILES = (
    filters.VIDEO
    | filters.ANIMATION
    | filters.Document.ALL
    | filters.Sticker.ALL
    | filters.VIDEO_NOTE
    | filters.VOICE
    | filters.AUDIO
)
COUNTS = MessageReactionHandler.MESSAGE_REACTION_COUNT_UPDATED
REACTIONS = MessageReactionHandler.MESSAGE_REACTION_UPDATED
EXPECTED = (Fate.NO_ENTRY, Fate.NO_RIGHTS, Fate.TOPIC_GONE, Fate.MIGRATED, Fate.GONE)  # part of a chat's life
DEFAULT_GROUP = 0  # python-telegram-bot sorts handlers into groups; all of ours are in the first


def build_application(services: Services, *, token: str, api: str, limiter: Limiter | None = None) -> App:
    """Return a python-telegram-bot application with every handler in place; not yet connected.

    It is the transport and the table of handlers. The dispatcher calls them, because python-telegram-bot's own loop
    swallows their errors and drops its queue when it stops.
    """
    application: App = (
        Application.builder()
        .token(token)
        .base_url(f"{api}/bot")
        .base_file_url(f"{api}/file/bot")
        .defaults(Defaults(parse_mode="HTML"))
        .request(Transport())
        .get_updates_request(Transport(1))
        .rate_limiter(limiter or Limiter())
        .updater(None)
        .build()
    )
    application.add_handlers(handlers(services))
    return application


async def handle(application: App, update: telegram.Update) -> None:
    """Have the first handler that wants an update handle it. Errors are the caller's."""
    for handler in application.handlers[DEFAULT_GROUP]:
        check = handler.check_update(update)
        if check is not None and check is not False:
            context = application.context_types.context.from_update(update, application)
            await handler.handle_update(update, application, check, context)
            return


def handlers(services: Services) -> list[BaseHandler[Any, Any, Any]]:
    """Who handles what, in the order in which they are asked."""
    on = partial(serve, services)
    return [
        *(CommandHandler(command, on(visitor), filters=NEW) for command, visitor in COMMANDS.items()),
        *(CommandHandler(command, on(COMMANDS[command]), filters=POSTED) for command in IN_CHANNELS),
        CallbackQueryHandler(on(on_tap)),
        InlineQueryHandler(tell(services, share.inline)),
        MessageReactionHandler(tell(services, channel.counted), message_reaction_types=COUNTS),
        MessageReactionHandler(on(reactions.native_reaction), message_reaction_types=REACTIONS),
        MessageHandler(SHARED, tell(services, channel.shared)),
        MessageHandler((NEW | POSTED) & PICTURES & ~filters.ANIMATION, on(arrival.photo_arrived)),
        MessageHandler((NEW | POSTED) & OTHER_FILES, on(arrival.other_file_arrived)),
        MessageHandler(EDITED & PICTURES & ~filters.ANIMATION, on(arrival.photo_edited)),
        MessageHandler(NEW & filters.StatusUpdate.MIGRATE, on(members.migrated)),
        ChatMemberHandler(on(members.membership), ChatMemberHandler.MY_CHAT_MEMBER),
        MessageHandler((NEW | POSTED) & filters.TEXT & ~filters.COMMAND, on(welcome.words)),
        MessageHandler(NEW & filters.ChatType.PRIVATE & filters.COMMAND, on(welcome.unknown_command)),
        MessageHandler(NEW & filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL, on(welcome.unknown_kind)),
    ]


def serve(services: Services, visitor: OnVisit) -> Handle:
    """A handler that knows its visitor; the banned are told so, except where their own data are concerned."""

    async def handle(update: telegram.Update, context: Context) -> None:
        visit = await receive(update, context.bot, services.people)
        if visit is None:
            return
        if visitor in (on_tap, *SERVED_TO_ALL) or not await moderation.refused(services, visit):
            await visitor(services, visit)

    return handle


def tell(services: Services, act: OnUpdate) -> Handle:
    """A handler of what is no visit: nobody waits in a chat for an answer."""

    async def handle(update: telegram.Update, context: Context) -> None:
        await act(services, context.bot, update)

    return handle


async def give_up(services: Services, bot: Bot, update: telegram.Update, error: Exception) -> None:
    """Tell the whole story to the operator, and one sentence to the person. Raises TelegramError."""
    REFUSALS.labels(type(error).__name__).inc()
    fate = fate_of(error) if isinstance(error, TelegramError) else None
    visit = await receive(update, bot, services.people)
    if fate in EXPECTED:
        log.info("update.refused", update_id=update.update_id, fate=fate and fate.value, reason=str(error))
    else:
        log.error("update.failed", exc_info=error, update_id=update.update_id)
    if visit is None:
        return
    if isinstance(error, ChatMigrated):
        await services.people.migrate_chat(visit.chat.id, error.new_chat_id)
    if fate is Fate.NO_ENTRY:
        await services.people.chat_gone(visit.chat.id)
    await _apologise(visit, "error.no_rights" if fate in (Fate.NO_RIGHTS, Fate.NO_ENTRY) else "error.sorry")


async def _apologise(visit: Visit, key: str) -> None:
    """Say one sentence to somebody who asked for something: in a toast, in the chat, or else in private."""
    if visit.query is not None:
        await visit.toast(key, alert=True)
        return
    if visit.message is None or not (visit.private or is_addressed(visit.message, visit.bot.username)):
        return
    text = visit.say.html(key)
    seats = visit.seat.and_elsewhere(visit.person.id)
    try:
        await take_a_seat(seats, lambda seat: visit.bot.send_message(text=text, **seat.address))
    except TelegramError as error:
        if fate_of(error).passes:
            raise
        log.info("apology.refused", chat=visit.chat.id, reason=str(error))
