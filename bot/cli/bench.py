"""`kuotu bench`: every benchmark of the checkout, one after another, each in a process of its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bot.errors import CannotRun, Refused

FOLDER = Path(__file__).parents[2] / "benchmarks"


def measure(names: Sequence[str], folder: Path = FOLDER) -> int:
    """Run the benchmarks named, or all; the number of those that failed. Raises Refused for a name that is none."""
    found = benchmarks(folder)
    if unknown := set(names) - set(found):
        raise Refused(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(found)}")
    console, failed = Console(), []
    for name in names or found:
        console.rule(f"[bold]{name}[/]  {heading(folder / f'{name}.py')}")
        command = (sys.executable, "-m", f"{folder.name}.{name}")
        if subprocess.run(command, cwd=folder.parent, check=False).returncode:
            failed.append(name)
    if failed:
        console.print(f"[red]failed:[/] {', '.join(failed)}")
    return len(failed)


def benchmarks(folder: Path) -> list[str]:
    """The modules that have a `main`. Raises CannotRun where there are none."""
    found = [path.stem for path in sorted(folder.glob("*.py")) if "main" in _functions(path)]
    if not found:
        raise CannotRun(f"no benchmarks in {folder}; they are in the checkout, not in the package")
    return found


def heading(path: Path) -> str:
    """The first sentence of a module's docstring."""
    words = " ".join((ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split())
    return words.partition(". ")[0].rstrip(".")


def _functions(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}
