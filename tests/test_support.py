"""Code that tests share is in tests/support. Nothing imports a test module or a conftest.py."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.photos import ROOT


def imported(source: str) -> Iterator[str]:
    """Yield every module that a source file imports, and every name it imports from one, with dots."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from (f"{base}.{alias.name}" for alias in node.names)


def misplaced(source: str) -> list[str]:
    """Return the imports of test modules and of conftest.py."""
    names = (name for name in imported(source) if name.startswith((".", "tests.")))
    return [name for name in names if any(_is_no_helper(part) for part in name.split("."))]


def _is_no_helper(part: str) -> bool:
    return part.startswith("test_") or part == "conftest"


FILES = [path for folder in ("tests", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_helpers_stand_in_support() -> None:
    found = {str(path.relative_to(ROOT)): names for path in FILES if (names := misplaced(path.read_text("utf-8")))}
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "from tests.conftest import photo",
        "from tests.bot.test_logs import read_until",
        "from .test_logs import read_until",
        "import tests.bot.test_logs",
        "from tests.bot import test_logs",
        "def inside():\n    from tests.conftest import photo",
    ],
)
def test_such_an_import_is_found(source: str) -> None:
    assert misplaced(source)


@pytest.mark.parametrize("source", ["from tests.support.photos import small_photo", "import tests.support.photos"])
def test_helpers_may_be_imported(source: str) -> None:
    assert not misplaced(source)


def test_plugins_are_not_named_in_test_modules() -> None:
    """`pytest_plugins` in a test module registers its fixtures for the whole session."""
    named = [path for path in FILES if path.name != Path(__file__).name and "pytest_plugins" in path.read_text("utf-8")]
    assert named == []
