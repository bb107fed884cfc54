"""Conversations are had without films, which nobody looks at. Modules and tests about films ask for them."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def films() -> bool:
    return False
