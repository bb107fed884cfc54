"""The bot as a table: which update leads to which function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias

import structlog
import telegram
from telegram.error import BadRequest, Forbidden, NetworkError
from telegram.ext import (
    AIORateLimiter,
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
from bot.chat.gallery import browse as gallery
from bot.chat.gallery import channel, reactions, share, top
from bot.chat.routes import on_tap
from bot.chat.telegram.inbox import DurableQueue, InOrder
from bot.chat.telegram.visit import App, Visit, receive
from bot.metrics import REFUSALS
from bot.services import Services
from storage.people.inbox import Inbox

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
PATIENCE = 30.0  # seconds: a call that is given up may have been done, so waiting on a busy machine is better


def build_application(services: Services, inbox: Inbox, *, token: str, api: str) -> App:
    """A python-telegram-bot application with every handler in place; not yet connected."""
    application: App = (
        Application.builder()
        .token(token)
        .base_url(f"{api}/bot")
        .base_file_url(f"{api}/file/bot")
        .defaults(Defaults(parse_mode="HTML"))
        .read_timeout(PATIENCE)
        .write_timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .pool_timeout(PATIENCE)
        .rate_limiter(AIORateLimiter(max_retries=3))
        .get_updates_connection_pool_size(2)  # with one, stopping waits for the long poll and logs a timeout
        .concurrent_updates(InOrder(inbox))
        .update_queue(DurableQueue(inbox))
        .build()
    )

    application.add_handlers(handlers(services))
    application.add_error_handler(on_error(services))
    return application


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
        MessageHandler(NEW & filters.StatusUpdate.MIGRATE, on(members.migrated)),
        ChatMemberHandler(on(members.membership), ChatMemberHandler.MY_CHAT_MEMBER),
        MessageHandler((NEW | POSTED) & filters.TEXT & ~filters.COMMAND, on(welcome.words)),
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


def on_error(services: Services) -> Callable[[object, Context], Coroutine[Any, Any, None]]:
    """The whole story to the operator, one sentence to the person."""

    async def handle(update: object, context: Context) -> None:
        error = context.error
        REFUSALS.labels(type(error).__name__).inc()
        visit = await receive(update, context.bot, services.people) if isinstance(update, telegram.Update) else None
        if isinstance(error, Forbidden) and visit is not None:
            log.info("chat.refused", chat=visit.chat.id, reason=str(error))
            await services.people.chat_gone(visit.chat.id)
            return
        log.error("update.failed", exc_info=error, update_id=getattr(update, "update_id", None))
        if visit is None or (isinstance(error, NetworkError) and not isinstance(error, BadRequest)):
            return
        if visit.query is not None:
            await visit.toast("error.sorry", alert=True)
        elif visit.private:
            await visit.reply("error.sorry")

    return handle
