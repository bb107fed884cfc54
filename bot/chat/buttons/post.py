"""Buttons of a post, on its card or in a list."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap


@dataclass(frozen=True)
class FlipPost(Tap, tag="gf"):
    """Switch between before and after."""

    gallery: int
    post: int


@dataclass(frozen=True)
class Fork(Tap, tag="gx"):
    """Open a panel for this post's result."""

    post: int


@dataclass(frozen=True)
class DoLikeThis(Tap, tag="gk"):
    """Let the next photo open with this post's choices."""

    post: int


@dataclass(frozen=True)
class More(Tap, tag="gm"):
    """Show the less common buttons."""

    gallery: int
    post: int


@dataclass(frozen=True)
class Less(Tap, tag="gl"):
    """Show the usual buttons again."""

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
    """Open a post from a list."""

    post: int
