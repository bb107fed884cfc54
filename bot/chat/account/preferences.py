"""/settings: language and the defaults of new panels; of a person in private, of the group in a group."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from telegram import ChatMember, InlineKeyboardMarkup

from bot.chat.buttons.preferences import ResetDefaults, SetDirection, SetLanguage, SetScale, SetStyle
from bot.chat.cards.widgets import ARROWS, button, style_name, way_here
from bot.chat.choice import SCALES, Choice
from bot.chat.telegram.edits import edit
from bot.chat.telegram.media import remember
from bot.chat.telegram.menu import set_menu_in
from bot.chat.telegram.visit import Visit, speak
from bot.chat.texts import LANGUAGES, Texts
from bot.services import Services
from inference.canvas import Direction
from inference.engine import Style
from storage.models import Chat, MessageKind, Person
from storage.people.people import Settings

AUTO = "auto"


async def settings(services: Services, visit: Visit) -> None:
    if not await _may_change(visit):
        await visit.reply("settings.admins", markup=way_here(visit, "settings"))
        return
    row = _whose(visit)
    sent = await visit.reply(_caption(visit), markup=_keyboard(visit.say, row))
    await remember(services, (visit.chat.id, sent.message_id), MessageKind.SETTINGS, visit.person.id)


async def set_language(services: Services, visit: Visit, tap: SetLanguage) -> None:
    if tap.language not in (*LANGUAGES, AUTO):
        await visit.toast("tap.stale")
        return
    language = None if tap.language == AUTO else tap.language
    if await _save(services, visit, language=language):
        await set_menu_in(visit.bot, visit.chat.id, language)


async def set_direction(services: Services, visit: Visit, tap: SetDirection) -> None:
    await _save(services, visit, direction=tap.direction)


async def set_scale(services: Services, visit: Visit, tap: SetScale) -> None:
    if tap.percent / 100 in SCALES:
        await _save(services, visit, scale=tap.percent / 100)
    else:
        await visit.toast("tap.stale")


async def set_style(services: Services, visit: Visit, tap: SetStyle) -> None:
    await _save(services, visit, style=tap.style)


async def reset_defaults(services: Services, visit: Visit, tap: ResetDefaults) -> None:
    await _save(services, visit, direction=None, scale=None, style=None)


async def _save(services: Services, visit: Visit, **chosen: Unpack[Settings]) -> bool:
    """Keep it where the visitor may, and let the message show it."""
    if not await _may_change(visit):
        await visit.toast("settings.admins", alert=True)
        return False
    if visit.private:
        await services.people.choose(visit.person.id, **chosen)
    else:
        await services.people.choose_chat(visit.chat.id, **chosen)
    after = await _again(services, visit)
    await after.toast("settings.saved")
    if visit.message is not None:
        text = after.say.html(_caption(after))
        await edit(visit.message.edit_text(text, reply_markup=_keyboard(after.say, _whose(after))))
    return True


async def _again(services: Services, visit: Visit) -> Visit:
    """The visit as it is after a change, in the language of then."""
    person = await services.people.person(visit.person.id) or visit.person
    chat = await services.people.chat(visit.chat.id) or visit.chat
    say, whisper = speak(person, chat)
    return replace(visit, person=person, chat=chat, say=say, whisper=whisper)


async def _may_change(visit: Visit) -> bool:
    """One's own settings always; a group's as its admin, also one who writes in the group's name."""
    if visit.private:
        return True
    if visit.query is None and visit.message is not None and visit.message.sender_chat is not None:
        return visit.message.sender_chat.id == visit.chat.id
    member = await visit.bot.get_chat_member(visit.chat.id, visit.person.id)
    return member.status in (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


def _whose(visit: Visit) -> Person | Chat:
    return visit.person if visit.private else visit.chat


def _caption(visit: Visit) -> str:
    return "settings.person" if visit.private else "settings.group"


def _keyboard(say: Texts, row: Person | Chat) -> InlineKeyboardMarkup:
    """Marked is what holds, be it chosen or how it is at first."""
    first = Choice()
    direction, scale = Direction(row.direction or first.direction), row.scale or first.scale
    style, language = Style(row.style or first.style), row.language or AUTO
    arrows = [button(ARROWS[d], SetDirection(d), chosen=d is direction) for d in ARROWS]
    return InlineKeyboardMarkup(
        [
            [
                button(say(f"settings.language.{name}"), SetLanguage(name), chosen=name == language)
                for name in (*LANGUAGES, AUTO)
            ],
            arrows[:4],
            arrows[4:],
            [button(f"{s:g}×", SetScale(round(s * 100)), chosen=s == scale) for s in SCALES],
            [button(style_name(say, s), SetStyle(s), chosen=s is style) for s in Style],
            [button(say("settings.reset"), ResetDefaults())],
        ]
    )
