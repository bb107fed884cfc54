"""Conversations are had about the cheapest photo, and without films: modules that need others ask for them."""

from __future__ import annotations

import pytest

from tests.support.photos import small_photo


@pytest.fixture
def photo() -> bytes:
    """A photo of 48 × 32 pixels, whose seams pass at the first attempt."""
    return small_photo("aitzgorri", 48)


@pytest.fixture(scope="module")
def films() -> bool:
    return False
