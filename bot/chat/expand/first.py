"""A person's very first Expand: all three styles as one sheet, so that everybody meets the fun before choosing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.chat.choice import Choice
from bot.chat.telegram.visit import Visit
from bot.services import Services
from inference.canvas import Extent, Margins
from inference.engine import EngineName, Style
from storage.models import Expansion

QUICK = 10.0  # seconds that one of the pictures may take


async def affordable(services: Services, visit: Visit, choice: Choice, canvas: Extent) -> bool:
    """Tell whether the sheet costs seconds and fits into the quota. In groups it is not shown."""
    engines = {services.painting.for_style(style, choice.engine).name for style in Style}
    if not (services.limits.first_sheet and visit.private and engines == {EngineName.PATCHMATCH}):
        return False
    seconds = await services.store.typical_seconds(EngineName.PATCHMATCH, "", canvas.megapixels)
    if seconds is not None and seconds > QUICK:
        return False
    quota = services.limits.quota_of(visit.person.id)
    return quota is None or await services.store.left(visit.person.id, quota) >= len(Style)


def in_all_styles(asked: Callable[..., Expansion], choice: Choice, margins: Margins, key: str) -> list[Expansion]:
    """Return the rows of one batch, a style each. `asked` makes a row of a choice, its margins and a key."""
    return [
        asked(replace(choice, style=style), margins, f"{key}:{number}", batch=key, variant=number)
        for number, style in enumerate(Style, 1)
    ]
