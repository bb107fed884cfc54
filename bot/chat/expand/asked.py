"""The rows of expansions that somebody asks for, before they are stored."""

from __future__ import annotations

from bot.chat.choice import Choice, new_seed
from inference.canvas import Margins
from storage.models import Expansion, Panel, Photo


def row_of(
    asked: Panel | Expansion,
    chat_id: int,
    photo: Photo,
    choice: Choice,
    margins: Margins,
    key: str,
    batch: str | None = None,
    variant: int = 0,
) -> Expansion:
    """Return the row of an expansion of a photo, for the person and the topic of a panel or an earlier expansion."""
    return Expansion(
        key=key,
        panel_id=asked.id if isinstance(asked, Panel) else asked.panel_id,
        person_id=asked.person_id,
        chat_id=chat_id,
        thread_id=asked.thread_id if chat_id == asked.chat_id else None,
        source_id=photo.id,
        batch=batch,
        variant=variant,
        direction=choice.direction,
        scale=choice.scale,
        ratio=choice.ratio,
        left=margins.left,
        top=margins.top,
        right=margins.right,
        bottom=margins.bottom,
        style=choice.style,
        prompt=choice.prompt,
        chosen_engine=choice.engine,
        seed=new_seed(variant),
    )


def doubling_of(asked: Expansion, chat_id: int, photo: Photo, key: str) -> Expansion:
    """Return the row that doubles a result.

    It copies the seed, words, surprise and verdict of the request, because they stay true for the larger picture.
    """
    row = row_of(asked, chat_id, photo, Choice.of(asked), Margins(), key)
    row.doubles, row.seed, row.words = True, asked.seed, asked.words
    row.surprise, row.verdict = asked.surprise, asked.verdict
    return row
