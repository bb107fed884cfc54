"""Checks what the import contracts in pyproject.toml do not see: modules named by strings, and packages' `__init__`.

A string such as «inference.registry:open_engine» is an import as well. And importing a module first imports the
`__init__` of every folder above it, with everything that these import.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "inference", "storage")
OURS = re.compile(rf"((?:{'|'.join(PACKAGES)})(?:\.\w+)+)(?::(\w+))?")
"""A string that names a module of the project, with or without a function after a colon."""

CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
    "contracts"
]
LAYERED = {c["containers"][0]: c["layers"] for c in CONTRACTS if c["type"] == "layers"}
FORBIDDEN = [c for c in CONTRACTS if c["type"] == "forbidden"]
INDEPENDENT = [set(c["modules"]) for c in CONTRACTS if c["type"] == "independence"]
OPTIONAL_TORCH = {"inference.safety.transformers_classifier", "inference.surprise.clip"}
"""Classifiers that an operator may choose instead of those that come with the program."""


class Named(NamedTuple):
    """A module that a file names in a string. `function` is empty unless the string names an opener."""

    by: str
    module: str
    function: str


def modules() -> dict[str, Path]:
    """Return the path of every module of the three packages by its dotted name; a package stands for its `__init__`."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()
PACKAGE_FILES = {name for name, path in MODULES.items() if path.name == "__init__.py"}


@cache
def telling(module: str) -> list[ast.AST]:
    """Return the nodes of a module that name other modules, without the rest of its large syntax tree."""
    return [node for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))) if _tells(node)]


def _tells(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "import_module"
    return isinstance(node, ast.Import | ast.ImportFrom) or bool(_named(node))


def _named(node: ast.AST) -> re.Match[str] | None:
    text = node.value if isinstance(node, ast.Constant) else None
    return OURS.fullmatch(text) if isinstance(text, str) else None


def within(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def room(module: str, container: str) -> str:
    """Return the child of a container that a module lies in, or an empty string."""
    return module.removeprefix(f"{container}.").split(".")[0] if within(module, container) else ""


def allowed(importer: str, imported: str) -> bool:
    """Tell whether the contracts let one module import another."""
    return (
        all(_downwards(importer, imported, container, layers) for container, layers in LAYERED.items())
        and not any(_forbidden(importer, imported, contract) for contract in FORBIDDEN)
        and {importer.split(".")[0], imported.split(".")[0]} not in INDEPENDENT
    )


def _downwards(importer: str, imported: str, container: str, layers: list[str]) -> bool:
    depth = {name: number for number, layer in enumerate(layers) for name in layer.split(" : ")}
    here, there = room(importer, container), room(imported, container)
    return here not in depth or there not in depth or here == there or depth[here] < depth[there]


def _forbidden(importer: str, imported: str, contract: dict[str, Any]) -> bool:
    exceptions = (pair.split(" -> ") for pair in contract.get("ignore_imports", []))
    return (
        any(within(importer, source) for source in contract["source_modules"])
        and any(within(imported, module) for module in contract["forbidden_modules"])
        and not any(fnmatch(importer, source) and within(imported, target) for source, target in exceptions)
    )


def strings() -> Iterator[Named]:
    """Return every string that names a module of the project, with or without a function after a colon."""
    for module in MODULES:
        for found in filter(None, map(_named, telling(module))):
            yield Named(module, found[1], found[2] or "")


def dynamic_imports() -> Iterator[tuple[str, str | None]]:
    """Return the calls of `import_module`: the calling module and the imported one, or None if that is computed."""
    for module in MODULES:
        for node in telling(module):
            if isinstance(node, ast.Call):
                asked = node.args[0]
                yield module, asked.value if isinstance(asked, ast.Constant) and isinstance(asked.value, str) else None


@cache
def imports(module: str) -> set[str]:
    """Return which of our modules a module imports. A name that is no module counts for the module it comes from."""
    found = set[str]()
    for node in telling(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            children = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= children if len(children) == len(node.names) else children | {node.module}
    return found & MODULES.keys()


@cache
def reached(package: str) -> set[str]:
    """Return everything below a package that importing the package imports."""
    found, todo = set[str](), [package]
    while todo:
        more = {one for one in imports(todo.pop()) if within(one, package)} - found - {package}
        found |= more
        todo += more
    return found


@pytest.mark.parametrize(
    ("importer", "imported", "lets"),
    [
        pytest.param("inference.worker.child", "inference.registry", True, id="downwards"),
        pytest.param("inference.worker.child", "inference.worker.frame", True, id="in one room"),
        pytest.param("inference.registry", "inference.worker.child", False, id="upwards"),
        pytest.param("inference.quality.gate", "inference.safety.verdict", False, id="aside"),
        pytest.param("inference.registry", "bot.settings", False, id="into the bot"),
        pytest.param("storage.blobs", "inference.canvas", False, id="between the two"),
        pytest.param("bot.playground.world", "storage.models", False, id="from the playground"),
        pytest.param("inference.patchmatch.engine", "torch", False, id="torch"),
        pytest.param("inference.diffusion.engine", "torch.nn", True, id="torch where it belongs"),
    ],
)
def test_the_contracts_are_read_as_they_are_meant(importer: str, imported: str, lets: bool) -> None:
    assert allowed(importer, imported) is lets


def test_a_module_named_by_a_string_exists_and_may_be_imported() -> None:
    named = set(strings())
    assert {"open_engine"} <= {one.function for one in named}
    assert not [one for one in named if one.module not in MODULES or not allowed(one.by, one.module)]
    openers = [one for one in named if one.function]
    assert not [one for one in openers if not callable(getattr(import_module(one.module), one.function))]


def test_a_dynamic_import_names_what_exists_where_it_may_be_imported() -> None:
    asked = set(dynamic_imports())
    assert {importer for importer, module in asked if module is None} == {"inference.worker.opening"}  # the openers
    named = {(importer, module) for importer, module in asked if module is not None}
    assert not [pair for pair in named if not find_spec(pair[1])]
    assert not [pair for pair in named if not allowed(*pair) and pair[0] not in OPTIONAL_TORCH]


def test_a_package_brings_its_children_nothing_that_they_may_not_import() -> None:
    wrong = [
        f"{child} imports {brought} through {package}"
        for package in PACKAGE_FILES
        for child in MODULES
        if within(child, package) and child != package
        for brought in imports(package)
        if not allowed(child, brought)
    ]
    assert not wrong


def test_no_module_reads_names_from_a_package_that_imports_it() -> None:
    """Otherwise the module finds a half-initialized package when the package is imported first."""
    wrong = [
        f"{module} reads from {package}"
        for module in MODULES
        for package in imports(module) & PACKAGE_FILES
        if within(module, package) and module in reached(package)
    ]
    assert not wrong
