"""Publishing one's own result in the gallery, choosing its title《…》, and unpublishing it."""

from __future__ import annotations

from datetime import timedelta

from telegram import ForceReply, InlineKeyboardMarkup, Message
from telegram.helpers import mention_html

from bot.chat.access import finished
from bot.chat.buttons.publish import AgreeToPublish, NoTitle, NotNow, OwnTitle, SuggestedTitle, Unpublish
from bot.chat.buttons.result import Publish
from bot.chat.cards.post import about, title_keyboard, titled_keyboard
from bot.chat.cards.widgets import button
from bot.chat.film.request import kinds_of
from bot.chat.gallery.channel import acting_for
from bot.chat.gallery.guests import call_back, walks
from bot.chat.gallery.post import take_down
from bot.chat.gallery.twins import refusal
from bot.chat.telegram.edits import edit, retract
from bot.chat.telegram.media import remember, results_changed
from bot.chat.telegram.visit import Visit
from bot.chat.texts import LANGUAGES, texts
from bot.chat.titles import LONGEST, clean_title, suggested
from bot.services import Services
from inference.safety.verdict import Level
from storage import models
from storage.models import Expansion, MessageKind, PostStatus, now

FIRST_GUESS = 0.5  # surprise of a post that was made before the machine guessed
RIGHT_AFTER = timedelta(minutes=15)  # text sent this soon after the question for a title is the answer


async def publish(services: Services, visit: Visit, tap: Publish) -> None:
    """Publish a result once its author has consented. If it is published already, ask for another title."""
    expansion = await _publishable(services, visit, tap.expansion)
    if expansion is None:
        return
    if visit.person.consented_at is None:
        await visit.toast_nothing()
        row = [
            button(visit.say("publish.agree"), AgreeToPublish(expansion.id), style="success"),
            button(visit.say("publish.not_now"), NotNow(expansion.id)),
        ]
        text = visit.say.html("publish.ask", name=visit.person.name)
        await _ask(services, visit, expansion, MessageKind.CONSENT, text, InlineKeyboardMarkup([row]))
    else:
        await _publish(services, visit, expansion)


async def agree(services: Services, visit: Visit, tap: AgreeToPublish) -> None:
    """Record the consent, which holds for later posts, too, and publish."""
    if expansion := await _publishable(services, visit, tap.expansion):
        await services.people.consent(visit.person.id)
        await _publish(services, visit, expansion)


async def _publishable(services: Services, visit: Visit, expansion_id: int) -> Expansion | None:
    """Return the visitor's own finished expansion. If it is unsafe to publish, tell the visitor and return None."""
    expansion = await finished(services, visit, expansion_id)
    if expansion is not None and expansion.verdict == Level.UNSAFE:
        await visit.toast("publish.unsafe", alert=True)
        return None
    return expansion


async def not_now(services: Services, visit: Visit, tap: NotNow) -> None:
    """Decline the consent."""
    if await finished(services, visit, tap.expansion):
        await visit.toast_nothing()
        await _close(visit, visit.say("publish.not_published"))


async def suggested_title(services: Services, visit: Visit, tap: SuggestedTitle) -> None:
    """Set a suggested title. All suggestions of the locale are valid, so that old buttons still work."""
    expansion = await finished(services, visit, tap.expansion)
    if expansion is None:
        return
    say = texts(tap.language) if tap.language in LANGUAGES else None
    title = suggested(say, tap.number, await about(services, say, expansion)) if say is not None else None
    if title is None:
        await visit.toast("tap.stale")
    else:
        await _set_title(services, visit, expansion, clean_title(title))


async def no_title(services: Services, visit: Visit, tap: NoTitle) -> None:
    """Set no title."""
    if expansion := await finished(services, visit, tap.expansion):
        await _set_title(services, visit, expansion, "")


async def own_title(services: Services, visit: Visit, tap: OwnTitle) -> None:
    """Ask for a title with a forced reply, because in groups the bot receives only replies."""
    expansion = await finished(services, visit, tap.expansion)
    if expansion is None:
        return
    await visit.toast_nothing()
    text = f"{mention_html(visit.person.id, visit.person.name)}\n{visit.say('title.force')}"
    force = ForceReply(selective=True, input_field_placeholder=visit.say("title.placeholder"))
    asked = await visit.write(text, force)
    await remember(services, (asked.chat.id, asked.message_id), MessageKind.TITLE, visit.person.id, expansion.id)


async def unpublish(services: Services, visit: Visit, tap: Unpublish) -> None:
    """Unpublish a result."""
    expansion = await finished(services, visit, tap.expansion)
    if expansion is None:
        return
    await call_back(services, visit.bot, expansion.id)
    post = await services.gallery.post_of(expansion.id)
    if post is None or not await services.gallery.unpublish(post.id, visit.person.id):
        await visit.toast("publish.not_there")
        return
    await visit.toast_nothing()
    again = InlineKeyboardMarkup([[button(visit.say("publish.agree"), Publish(expansion.id))]])
    await _close(visit, visit.say("publish.unpublished"), again)
    await take_down(services, visit.bot, expansion.id)
    await results_changed(services, expansion.id)


async def title_words(services: Services, visit: Visit) -> bool:
    """Set the text of a message as the title if it answers the question for one. Returns whether it does."""
    message = visit.message
    asked = await _question(services, visit, message) if message is not None else None
    if message is None or asked is None or asked.expansion_id is None:
        return False
    if visit.private and asked.person_id is not None and asked.person_id != visit.person.id:
        visit = await acting_for(services, visit, asked.person_id)
    if asked.person_id != visit.person.id:
        return False
    title = clean_title(message.text or "")
    if not title:
        await visit.reply("title.empty", limit=LONGEST)
        return True
    if title in services.words:
        await visit.reply("title.forbidden")
        return True
    post = await services.gallery.post_of(asked.expansion_id)
    if post is None or post.status is not PostStatus.LIVE:
        await visit.reply("publish.not_there")
        return True
    post = await services.gallery.retitle(post.id, visit.person.id, title) or post
    await _close_questions(services, visit, post.expansion_id)
    sent = await visit.reply(
        "publish.titled", title=title, markup=titled_keyboard(visit, post, await walks(services, post, visit.chat.id))
    )
    await remember(services, (visit.chat.id, sent.message_id), MessageKind.POST, visit.person.id, post.expansion_id)
    await results_changed(services, post.expansion_id)
    return True


async def _close_questions(services: Services, visit: Visit, expansion_id: int) -> None:
    """Delete the questions for a title, once it has one."""
    questions = [m for m in await services.messages.showing(expansion_id) if m.kind is MessageKind.TITLE]
    for question in questions:
        await services.messages.forget(question.chat_id, question.message_id)
    await retract(visit.bot, questions)


async def _question(services: Services, visit: Visit, message: Message) -> models.Message | None:
    """Return the question that a message answers: the one it replies to, or in private the newest if it is fresh.

    Telegram's apps omit the reference of a reply to the latest message.
    """
    if message.reply_to_message is not None:
        asked = await services.messages.message(visit.chat.id, message.reply_to_message.message_id)
    elif visit.private:
        asked = await _fresh_question(services, visit.chat.id)
    else:
        return None
    return asked if asked is not None and asked.kind is MessageKind.TITLE else None


async def awaits_title(services: Services, chat_id: int) -> bool:
    """Tell whether the next words in a private chat are the answer to the question for a title."""
    return await _fresh_question(services, chat_id) is not None


async def _fresh_question(services: Services, chat_id: int) -> models.Message | None:
    """Return the newest message in a chat if it asks for a title and was sent a moment ago."""
    newest = await services.messages.newest(chat_id)
    fresh = newest is not None and newest.kind is MessageKind.TITLE and now() - newest.sent_at < RIGHT_AFTER
    return newest if fresh else None


async def _publish(services: Services, visit: Visit, expansion: Expansion) -> None:
    if reason := await refusal(services, expansion):
        await visit.toast(reason, alert=True)
        return
    guess = FIRST_GUESS if expansion.surprise is None else expansion.surprise
    post = await services.gallery.publish(expansion.id, visit.person.id, "", guess)
    if post is None or post.status is not PostStatus.LIVE:
        await visit.toast("publish.withheld" if post else "tap.gone", alert=True)
        return
    await visit.toast_nothing()
    if services.films is not None:  # the post's page shows them
        await services.films.want(expansion.id, kinds_of(await services.store.ancestry(expansion.id)))
    lead = visit.say.html("publish.titled", title=post.title) if post.title else visit.say("publish.done")
    text = f"{lead}\n{visit.say('title.write' if visit.private else 'title.reply')}"
    keyboard = await title_keyboard(services, visit, post, await walks(services, post, visit.chat.id))
    await _ask(services, visit, expansion, MessageKind.TITLE, text, keyboard)
    await results_changed(services, expansion.id)


async def _set_title(services: Services, visit: Visit, expansion: Expansion, title: str) -> None:
    post = await services.gallery.post_of(expansion.id)
    if post is None or post.status is not PostStatus.LIVE:
        await visit.toast("publish.not_there")
        return
    post = await services.gallery.retitle(post.id, visit.person.id, title) or post
    await visit.toast_nothing()
    text = visit.say.html("publish.titled" if title else "publish.untitled", title=title)
    await _close(visit, text, titled_keyboard(visit, post, await walks(services, post, visit.chat.id)))
    if visit.message is not None:
        await remember(
            services, (visit.chat.id, visit.message.message_id), MessageKind.POST, visit.person.id, expansion.id
        )
    await results_changed(services, expansion.id)


async def _ask(
    services: Services, visit: Visit, expansion: Expansion, kind: MessageKind, text: str, markup: InlineKeyboardMarkup
) -> None:
    """Ask a question below the image. A follow-up question replaces the previous one."""
    tapped = visit.message
    if tapped is not None and not tapped.photo and await edit(tapped.edit_text(text, reply_markup=markup)):
        where = tapped.message_id
    else:
        where = (await visit.write(text, markup)).message_id
    await remember(services, (visit.chat.id, where), kind, visit.person.id, expansion.id)


async def _close(visit: Visit, text: str, markup: InlineKeyboardMarkup | None = None) -> None:
    """Replace the text of an answered question."""
    if visit.message is not None and not visit.message.photo:
        await edit(visit.message.edit_text(text, reply_markup=markup))
