"""The picture of a canvas before it is painted: in a panel, and in the status message that a start sends."""

from __future__ import annotations

import asyncio
from functools import partial

from bot.chat.cards.preview import canvas_preview
from bot.chat.choice import extent_of
from bot.chat.telegram.media import Medium
from bot.services import Services
from inference.canvas import Margins
from storage.models import Photo


def canvas_of(services: Services, photo: Photo, margins: Margins) -> Medium:
    """Return the preview of a canvas. A start from a panel sends the panel's own picture once more."""
    canvas = (photo.thumb, margins)

    async def learn(file_id: str) -> None:
        services.previews.learn(canvas, file_id)

    return Medium(partial(_drawn, services, photo, margins), photo.spoiler, services.previews.file_id(canvas), learn)


async def _drawn(services: Services, photo: Photo, margins: Margins) -> bytes:
    return await asyncio.to_thread(canvas_preview, await services.blobs.get(photo.thumb), extent_of(photo), margins)
