"""`kuotu bench`: runs the benchmarks of the checkout one after another, each in its own process."""

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
    """Run the named benchmarks, or all, and return how many failed. Raises Refused for an unknown name."""
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
    """Return the names of the modules that have a `main`. Raises CannotRun if there are none."""
    found = [path.stem for path in sorted(folder.glob("*.py")) if "main" in _functions(path)]
    if not found:
        raise CannotRun(f"no benchmarks in {folder}; they are in the checkout, not in the package")
    return found


def heading(path: Path) -> str:
    """Return the first sentence of a module's docstring."""
    words = " ".join((ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split())
    return words.partition(". ")[0].rstrip(".")


def _functions(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}
