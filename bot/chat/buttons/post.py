"""What can be done with a post, on its card or in a list."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap


@dataclass(frozen=True)
class FlipPost(Tap, tag="gf"):
    """Before or after: the other one."""

    gallery: int
    post: int


@dataclass(frozen=True)
class Fork(Tap, tag="gx"):
    """Expand this too."""

    post: int


@dataclass(frozen=True)
class More(Tap, tag="gm"):
    gallery: int
    post: int


@dataclass(frozen=True)
class Less(Tap, tag="gl"):
    gallery: int
    post: int


@dataclass(frozen=True)
class HidePost(Tap, tag="gh"):
    gallery: int
    post: int


@dataclass(frozen=True)
class FilmOfPost(Tap, tag="gv"):
    gallery: int
    post: int


@dataclass(frozen=True)
class OpenPost(Tap, tag="op"):
    """From a list of posts."""

    post: int
