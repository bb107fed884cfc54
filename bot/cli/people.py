"""What the doctor says about people: who moderates, and what Telegram knows about the bot and its groups."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, User
from telegram.error import InvalidToken, TelegramError

from bot.cli.finding import Finding, State
from bot.settings import Settings
from storage.models import Chat
from storage.people.people import People


async def moderators(settings: Settings, database: AsyncEngine | None) -> Finding:
    """Report who judges reported posts, by name if they have used the bot already."""
    if not settings.admins:
        remedy = "put your Telegram id into KUOTU_ADMINS; otherwise reports hide posts that nobody can judge"
        return Finding(State.OPTIONAL, "moderators", f"nobody; {remedy}")
    known = database is not None and await _has_tables(database)
    people = [await People(database).person(one) for one in settings.admins] if known and database else []
    names = {person.id: person.name for person in people if person is not None}
    told = [
        f"{names[one]} ({one})" if one in names else f"{one}, who has not used the bot yet" for one in settings.admins
    ]
    return Finding(State.GOOD, "moderators", "; ".join(told))


async def _has_tables(database: AsyncEngine) -> bool:
    """Return whether Kuotu has ever run with this database."""
    async with database.connect() as connection:
        return await connection.run_sync(lambda sync: inspect(sync).has_table(Chat.__tablename__))


async def telegram(settings: Settings, database: AsyncEngine | None) -> AsyncIterator[Finding]:
    if not settings.on_telegram:
        remedy = "for Telegram, ask @BotFather for a token and set KUOTU_TELEGRAM_TOKEN"
        yield Finding(State.OPTIONAL, "Telegram", f"no token, so the playground serves; {remedy}")
        return
    api = settings.telegram_api
    bot = Bot(settings.telegram_token.get_secret_value(), base_url=f"{api}/bot", base_file_url=f"{api}/file/bot")
    try:
        async with bot:
            yield _myself(await bot.get_me())
            if database is not None:
                async for finding in _groups(bot, database):
                    yield finding
    except InvalidToken:
        yield Finding(State.BAD, "Telegram", "does not know this token; copy it from @BotFather again")
    except TelegramError as error:
        yield Finding(State.BAD, "Telegram", f"{error}; check the network and KUOTU_TELEGRAM_API")


def _myself(me: User) -> Finding:
    lacks = [] if me.can_join_groups else ["it cannot join groups: /setjoingroups at @BotFather"]
    lacks += ["privacy mode is off, so it is sent every group message: /setprivacy"] * bool(
        me.can_read_all_group_messages
    )
    return Finding(State.OPTIONAL if lacks else State.GOOD, "Telegram", "; ".join([f"@{me.username}", *lacks]))


async def _groups(bot: Bot, database: AsyncEngine) -> AsyncIterator[Finding]:
    """Report the bot's status in each group, because Telegram sends reactions only to administrators."""
    if not await _has_tables(database):
        return
    for group in await People(database).groups():
        try:
            member = await bot.get_chat_member(group.id, bot.id)
        except TelegramError as error:
            yield Finding(State.OPTIONAL, f"group «{group.title}»", str(error))
            continue
        if member.status == member.ADMINISTRATOR:
            yield Finding(State.GOOD, f"group «{group.title}»", "administrator, sees native reactions")
        else:
            remedy = "make it an administrator; the buttons work anyway"
            yield Finding(
                State.OPTIONAL, f"group «{group.title}»", f"{member.status}, sees no native reactions: {remedy}"
            )
