"""Buttons that page through the gallery. Each carries the post it was shown with, so a double tap turns one page."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.buttons.base import Tap
from storage.gallery.listing import Order, Period


@dataclass(frozen=True)
class NextPost(Tap, tag="gn"):
    gallery: int
    post: int


@dataclass(frozen=True)
class PreviousPost(Tap, tag="gp"):
    gallery: int
    post: int


@dataclass(frozen=True)
class SortGallery(Tap, tag="gs"):
    gallery: int
    post: int
    sort: Order


@dataclass(frozen=True)
class Orders(Tap, tag="gq"):
    """Show the orders to choose from."""

    gallery: int
    post: int


@dataclass(frozen=True)
class PickPeriod(Tap, tag="gd"):
    gallery: int
    post: int
    period: Period
