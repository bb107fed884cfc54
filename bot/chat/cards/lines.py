"""Lines that several captions share: credits, anonymous reactions, and what was drawn."""

from __future__ import annotations

from collections.abc import Sequence

from babel.lists import format_list
from telegram import InlineKeyboardButton

from bot.chain import growth
from bot.chat.buttons.result import React
from bot.chat.cards.widgets import button
from bot.chat.texts import Texts
from bot.services import Services
from inference.beings.credits import credit_in
from inference.diffusion.surprises import labels
from inference.marks.label import Label
from storage.models import Expansion, Feeling, PostStatus

LISTED = 6  # most frequent emoji of anonymous counts that are listed


def detail_lines(say: Texts, expansion: Expansion, chain: Sequence[Expansion]) -> list[str]:
    """Return what few people want to know: the seed, which reproduces a result, its size, its engine, and its depth."""
    depth, result = len(growth(chain)), expansion.result or expansion.source
    facts = {"seed": expansion.seed, "width": result.width, "height": result.height, "engine": expansion.engine}
    return [say.html("result.details", **facts), *([say.html("result.step", depth=depth)] if depth > 1 else [])]


async def credit_lines(services: Services, say: Texts, chain: Sequence[Expansion]) -> list[str]:
    """Return the nearest step of a chain by another author, and its guests. `chain` starts at the root."""
    lines = []
    other = next((step for step in reversed(chain) if step.person_id != chain[-1].person_id), None)
    post = await services.gallery.post_of(other.id) if other is not None else None
    if post is not None and post.status is PostStatus.LIVE:
        key = "credit.titled" if post.title else "credit.untitled"
        lines.append(say.html(key, title=post.title, name=post.author.name))
    if guests := guests_of(say, chain, await authors_in(services, chain)):
        lines.append(say.html("credit.guests", guests=guests))
    return lines


def guests_of(say: Texts, chain: Sequence[Expansion], authors: Sequence[str] = ()) -> str:
    """Return the credits of the photos whose cut-outs walk about in a chain: «a moose by Ryan Hagerty», or nothing.

    `authors` are the names of the people whose guests from the chat do so.
    """
    kept = dict.fromkeys(credit for step in chain for credit in (step.recipe or {}).get("credits", ()))
    visitors = [say("guest.from", name=name) for name in authors]
    return format_list([*(_credited(say, text) for text in kept), *visitors], locale=say.language)


def _credited(say: Texts, text: str) -> str:
    """Return a credit in a language. One that is not known, such as that of a guest of the past, stays as it is."""
    credit = credit_in(text)
    return say("credit.guest", guest=credit.names[say.language], author=credit.author) if credit else text


async def authors_in(services: Services, chain: Sequence[Expansion]) -> list[str]:
    """Return the names of the people whose guests from the chat walk about in a chain."""
    visited = [step.id for step in chain if (step.recipe or {}).get("visitors")]
    return await services.guests.authors(visited) if visited else []


def reaction_row(expansion_id: int, counts: dict[Feeling, int]) -> list[InlineKeyboardButton]:
    """Return the row of reaction buttons with their counts."""
    return [button(f"{f.value} {counts[f]}" if counts.get(f) else f.value, React(expansion_id, f)) for f in Feeling]


async def label_lines(services: Services, say: Texts, expansion: Expansion) -> list[str]:
    """Return the line that says that a machine painted, unless the picture says so or the operator wants none."""
    label = services.marks.label
    if label is Label.NONE:
        return []
    if label is Label.CAPTION:
        return [say("label.made")]
    mark = (await services.register.of([expansion.id])).get(expansion.id)
    return [] if mark is not None and mark.labelled else [say("label.no_room")]


def anonymous_lines(say: Texts, counts: str) -> list[str]:
    """Return the line «📢 In channels: 👍 12 · 🤣 3», if there are counts."""
    return [say.html("reaction.anonymous", counts=counts)] if counts else []


async def anonymous_counts(services: Services, expansion_id: int, *, outside: int | None = None) -> str:
    """Return the counts in channels, «👍 12 · 🤣 3», or an empty string.

    Telegram shows those of the chat `outside` itself.
    """
    counts = await services.anonymous.of(expansion_id, outside=outside)
    return " · ".join(f"{emoji} {count}" for emoji, count in counts.most_common(LISTED))


def drawn(say: Texts, expansion: Expansion) -> str:
    """Return what was drawn: «a giant yellow rubber duck and kites», or an empty string."""
    return format_list(labels(expansion.words or (), say.language), locale=say.language)


def drawn_lines(say: Texts, expansion: Expansion) -> list[str]:
    """Return the line about what was drawn, if any, for a caption."""
    words = drawn(say, expansion)
    return [say.html("result.words", words=words)] if words else []
