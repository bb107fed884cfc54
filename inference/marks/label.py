"""Where people see that a picture is generated."""

from __future__ import annotations

from enum import StrEnum


class Label(StrEnum):
    """The values of KUOTU_LABEL."""

    CAPTION = "caption"
    CORNER = "corner"  # of the picture; where it has no room, in the caption
    NONE = "none"
