"""Small parts that several cards share: buttons, progress bars, and the names of choices."""

from __future__ import annotations

import asyncio

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.buttons.base import Tap
from bot.chat.choice import Choice
from bot.chat.signs import Sign
from bot.chat.telegram.visit import Visit, start_link
from bot.chat.texts import Texts, best_language, texts
from bot.services import Services
from inference.canvas import Direction
from inference.engine import Style
from storage.models import Expansion, Film, Gallery

BAR = 12


ARROWS = {
    Direction.LEFT: Sign.LEFT,
    Direction.UP: Sign.UP,
    Direction.DOWN: Sign.DOWN,
    Direction.RIGHT: Sign.RIGHT,
    Direction.HORIZONTAL: Sign.HORIZONTAL,
    Direction.VERTICAL: Sign.VERTICAL,
    Direction.ALL: Sign.ALL,
}
STYLE_EMOJI = {Style.FAITHFUL: Sign.FAITHFUL, Style.PLAYFUL: Sign.PLAYFUL, Style.WILD: Sign.WILD}


def describe(say: Texts, choice: Choice) -> str:
    """Return a choice as text: «⤢ 1.5× · 🌿 Faithful»."""
    return f"{measure(choice)} · {style_name(say, choice.style)}"


def measure(choice: Choice) -> str:
    """Return the direction and the scale or ratio of a choice: «⤢ 1.5×»."""
    return f"{ARROWS[choice.direction]} {choice.ratio or f'{choice.scale:g}×'}"


def described(say: Texts, expansion: Expansion) -> str:
    """Return the choices of an expansion, and whether its result is doubled."""
    choice = describe(say, Choice.of(expansion))
    return say("choice.doubled", choice=choice) if expansion.doubles else choice


def style_name(say: Texts, style: Style) -> str:
    """Return the name of a style with its sign."""
    return f"{STYLE_EMOJI[style]} {say(f'style.{style}')}"


def button(label: str, tap: Tap, *, chosen: bool = False, style: str | None = None) -> InlineKeyboardButton:
    """Return a button. The chosen one carries a mark, because not all apps show colours."""
    return InlineKeyboardButton(
        f"{Sign.CHOSEN} {label}" if chosen else label, callback_data=tap.pack(), style="primary" if chosen else style
    )


def bar(fraction: float) -> str:
    """Return a progress bar of text. `fraction` is 0 to 1."""
    full = round(min(1.0, max(0.0, fraction)) * BAR)
    return "▓" * full + "░" * (BAR - full)


async def language_of(services: Services, shown: Expansion | Gallery | Film) -> Texts:
    """Return the texts in the language of the chat, or else of the person."""
    chat, person = await asyncio.gather(
        services.people.chat(shown.chat_id or 0), services.people.person(shown.person_id or 0)
    )
    wishes = [chat.language] if chat else []
    return texts(best_language([*wishes, person.language, person.language_code] if person else wishes))


def private_chat_keyboard(visit: Visit, payload: str) -> InlineKeyboardMarkup:
    """Return a button that opens the private chat and repeats the command there."""
    url = start_link(visit.bot.username, payload)
    return InlineKeyboardMarkup([[InlineKeyboardButton(visit.say("mine.our_chat"), url=url)]])
