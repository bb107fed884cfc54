"""Telegram's file ids of canvas previews. A canvas that a chat has seen need not be drawn and uploaded again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeAlias

from inference.canvas import Margins

Canvas: TypeAlias = tuple[str, Margins]
"""The blob of a photo's thumbnail, and what is added around the photo."""

KEPT = 2000


@dataclass
class Previews:
    """The file ids of the canvases that were shown last. They may be lost at any time: then a preview is drawn."""

    kept: int = KEPT
    _ids: OrderedDict[Canvas, str] = field(default_factory=OrderedDict)

    def file_id(self, canvas: Canvas) -> str | None:
        """Return the file id of a canvas, or None."""
        if canvas in self._ids:
            self._ids.move_to_end(canvas)
        return self._ids.get(canvas)

    def learn(self, canvas: Canvas, file_id: str) -> None:
        """Keep the file id of a canvas. The one that was unused for the longest time is dropped."""
        self._ids[canvas] = file_id
        self._ids.move_to_end(canvas)
        if len(self._ids) > self.kept:
            self._ids.popitem(last=False)
