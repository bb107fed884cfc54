"""Fixtures that tests of more than one package use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.support.databases import engine, postgres, postgres_server, sqlite_template, url
from tests.support.photos import small_photo

__all__ = ["engine", "postgres", "postgres_server", "sqlite_template", "url"]  # fixtures

structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture
def photo() -> bytes:
    return small_photo()


@pytest.fixture(scope="session")
def tiny_presets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The presets file of tiny random pipelines; they have the classes of the real ones and lie beside the file."""
    from tests.support.tiny import save_all

    return save_all(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_engine(tiny_presets: Path) -> Any:
    """`tiny_engine("tiny-sd15", memory="fp8")` opens an engine; the same arguments return the same engine."""
    from tests.support.tiny import opener

    return opener(tiny_presets)
