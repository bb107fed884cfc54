"""Reviewing reported posts, and banning people and chats."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import structlog
from telegram import InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.chat.buttons.moderation import Judge, NextCase, ReallyJudge
from bot.chat.cards.gallery import index_of
from bot.chat.cards.widgets import button
from bot.chat.expand.cancel import cancel_all
from bot.chat.gallery.deletion import delete_everywhere
from bot.chat.gallery.post import take_down
from bot.chat.signs import Sign
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import answer_with_picture, picture_of, put_picture, remember, results_changed
from bot.chat.telegram.visit import Bot, Visit
from bot.chat.texts import Texts, best_language, texts
from bot.services import Services
from storage.gallery.moderation import Case
from storage.models import Judgement, MessageKind, Post

log = structlog.get_logger()

SUBJECT = re.compile(r"-?[1-9]\d{0,18}", re.ASCII)


# Reviewing


def is_admin(services: Services, visit: Visit) -> bool:
    """Tell whether the visitor is an admin of this bot."""
    return visit.person.id in services.limits.admins


async def review(services: Services, visit: Visit) -> None:
    """Show a moderator the reported posts one by one, in one message of the private chat."""
    if not is_admin(services, visit):
        await _decline(visit)
    elif not visit.private:
        await visit.reply("review.private")
    elif (case := await services.moderation.case()) is None:
        await visit.reply("review.none")
    else:
        caption, markup = case_card(visit.say, case)
        await answer_with_picture(services, visit, case.post.expansion, MessageKind.REVIEW, caption, markup)


async def next_case(services: Services, visit: Visit, tap: NextCase) -> None:
    """Show the next reported post."""
    if await _may_judge(services, visit):
        await visit.toast_nothing()
        await _show_case(services, visit, tap.post)


async def judge(services: Services, visit: Visit, tap: Judge) -> None:
    """Keep a post at once. Before any other judgement, ask whether it is meant."""
    if tap.judgement is Judgement.KEEP:
        await really_judge(services, visit, ReallyJudge(tap.post, tap.judgement))
    elif await _may_judge(services, visit) and visit.message is not None:
        await visit.toast_nothing()
        say = visit.say
        sure = button(
            say("judge.sure", what=say(f"judge.{tap.judgement}")), ReallyJudge(tap.post, tap.judgement), style="danger"
        )
        markup = InlineKeyboardMarkup([[sure], [button(say("judge.no"), NextCase(tap.post - 1))]])
        await edit(visit.message.edit_reply_markup(markup))


async def really_judge(services: Services, visit: Visit, tap: ReallyJudge) -> None:
    """Carry out a judgement, notify the author if it went against them, and show the next post."""
    if not await _may_judge(services, visit):
        return
    post = await services.gallery.post(tap.post)
    if post is not None and tap.judgement is Judgement.BAN and post.person_id in services.limits.admins:
        await visit.toast("ban.admin", alert=True)
        return
    judged = await services.moderation.judge(tap.post, visit.person.id, tap.judgement)
    await visit.toast(f"judged.{tap.judgement}" if judged else "review.done_already")
    if judged is not None and tap.judgement is not Judgement.KEEP:
        if visit.message is not None:  # this message shows the next case, no longer the post
            await remember(services, (visit.chat.id, visit.message.message_id), MessageKind.REVIEW, visit.person.id)
        await take_down(services, visit.bot, judged.expansion_id)
        await _carry_out(services, visit, judged, tap.judgement)
        await results_changed(services, judged.expansion_id)
    await _show_case(services, visit, tap.post)


async def _carry_out(services: Services, visit: Visit, post: Post, judgement: Judgement) -> None:
    author = post.person_id
    if judgement is Judgement.BAN:
        await _ban(services, visit, author)
        return
    await _tell(services, visit.bot, author, "judged.tell_deleted" if judgement is Judgement.DELETE else "judged.tell")
    if judgement is Judgement.DELETE:
        await delete_everywhere(services, visit.bot, post.expansion_id)


async def _may_judge(services: Services, visit: Visit) -> bool:
    if is_admin(services, visit) and visit.private:
        return True
    await visit.toast("review.not_yours")
    return False


async def _show_case(services: Services, visit: Visit, after: int) -> None:
    """Show the next case in the same message."""
    if visit.message is None:
        return
    where, case = (visit.chat.id, visit.message.message_id), await services.moderation.case(after)
    async with services.turns.drawing(where):
        if case is None:
            await services.messages.forget(*where)
            await edit(visit.message.edit_caption(visit.say("review.none")))
            return
        await remember(services, where, MessageKind.REVIEW, visit.person.id, case.post.expansion_id)
        caption, markup = case_card(visit.say, case)
        await put_picture(services, visit.bot, where, picture_of(services, case.post.expansion), caption, markup)


def case_card(say: Texts, case: Case) -> tuple[str, InlineKeyboardMarkup]:
    """Return the caption and the buttons of a case."""
    post = case.post
    lines = [
        *([say.html("gallery.title", title=post.title)] if post.title else []),
        f"{say.html('gallery.author', name=post.author.name)} (<code>{post.person_id}</code>)",
        f"{say.html('gallery.index', index=index_of(post))} · {say.html('gallery.seen', count=post.impressions)}",
        say(f"review.{post.status}"),
        *(f"{Sign.REPORT} {count} × {say(f'report.{reason}')}" for reason, count in case.reasons.most_common()),
        *([say("review.strangers", count=case.strangers)] if case.strangers else []),
        say.html("review.open", count=case.open),
    ]
    judgements = [button(say(f"judge.{judgement}"), Judge(post.id, judgement)) for judgement in Judgement]
    skip = [[button(Sign.NEXT, NextCase(post.id))]] if case.open > 1 else []
    return "\n".join(lines), InlineKeyboardMarkup([judgements[:2], judgements[2:], *skip])


# Banning


async def ban(services: Services, visit: Visit) -> None:
    """/ban 123, or /ban as a reply to a message: ban somebody. A bare /ban lists the bans."""

    async def act(subject: int) -> None:
        if subject in services.limits.admins:
            await visit.reply("ban.admin")
        else:
            await visit.reply("ban.done" if await _ban(services, visit, subject) else "ban.already", id=subject)

    await _with_subject(services, visit, act)


async def unban(services: Services, visit: Visit) -> None:
    """/unban 123, or /unban as a reply to a message: lift a ban."""

    async def act(subject: int) -> None:
        lifted = await services.moderation.unban(subject, visit.person.id)
        await visit.reply("unban.done" if lifted else "unban.not", id=subject)

    await _with_subject(services, visit, act)


async def refused(services: Services, visit: Visit) -> bool:
    """Tell whether the visitor or the chat is banned. If the visitor asked for something, answer that they are."""
    if visit.person.id in services.limits.admins or not visit.banned:
        return False
    words = (visit.message.text or "") if visit.message is not None and visit.query is None else ""
    if visit.query is not None:
        await visit.toast("banned", alert=True)
    elif visit.message is not None and (visit.private or words.startswith("/")):
        await visit.reply("banned")
    return True


async def _with_subject(services: Services, visit: Visit, act: Callable[[int], Awaitable[None]]) -> None:
    if not is_admin(services, visit):
        await _decline(visit)
        return
    subject = _subject(visit)
    if subject is not None:
        await act(subject)
        return
    bans = [str(ban.id) for ban in await services.moderation.bans()]
    listed = visit.say("ban.list", ids=", ".join(bans)) if bans else visit.say("ban.nobody")
    await visit.write(f"{visit.say('ban.how')}\n{listed}")


def _subject(visit: Visit) -> int | None:
    """Return the id that a command names, or else the author of the message that it replies to."""
    message = visit.message
    _command, _, words = ((message.text if message is not None else None) or "").partition(" ")
    if SUBJECT.fullmatch(words.strip()):
        return int(words)
    answered = visit.answered
    if answered is None or words.strip():
        return None
    author = answered.sender_chat or answered.from_user  # an anonymous administrator shares a user id with all others
    return author.id if author is not None and author.id != visit.bot.id else None


async def _ban(services: Services, visit: Visit, subject: int) -> bool:
    """Ban a person or a chat: their posts leave the gallery, and their running jobs are cancelled."""
    posts = await services.moderation.ban(subject, visit.person.id)
    for post in posts or []:
        await take_down(services, visit.bot, post.expansion_id)
    await cancel_all(services, await services.store.live(subject))
    return posts is not None


async def words_for(services: Services, person_id: int) -> Texts:
    """Return the texts in the language of a person who has not just written."""
    person = await services.people.person(person_id)
    return texts(best_language([person.language, person.language_code] if person else []))


async def _tell(services: Services, bot: Bot, author: int, key: str) -> None:
    say = await words_for(services, author)
    try:
        await bot.send_message(author, say(key))
    except TelegramError as error:
        log.info("judgement.untold", person=author, reason=str(error))


async def _decline(visit: Visit) -> None:
    """Refuse in private. The bot stays silent in a group, because the command may be meant for another bot."""
    if visit.private:
        await visit.reply("review.not_yours")
