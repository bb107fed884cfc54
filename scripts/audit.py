"""Looks for known vulnerabilities in the packages of this virtual environment, by PyPI's advisories.

`.venv/bin/python scripts/audit.py`: exit code 1 when there is one. Where the advisories cannot be reached, one line
says so and the exit code is 0, because a machine without a network can still check everything else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from threading import Thread
from urllib.request import urlopen

PATIENCE = 4.0  # seconds for one answer, with looking up the host's name, which urlopen's own limit does not cover


def main(source: str = "https://pypi.org", *, patience: float = PATIENCE) -> int:
    if not answers(source, patience):
        print(f"kuotu: {source} gives no advisories here, so the dependencies are NOT AUDITED", file=sys.stderr)
        return 0
    command = (sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner", "off")
    return subprocess.run(command, check=False).returncode


def answers(source: str, patience: float = PATIENCE) -> bool:
    """Whether the advisories for one installed package are there, as pip-audit asks for them."""
    found: list[bool] = []
    asking = Thread(target=lambda: found.append(_has_advisories(source)), daemon=True)
    asking.start()
    asking.join(patience)
    return found == [True]


def _has_advisories(source: str) -> bool:
    try:
        with urlopen(f"{source}/pypi/pip-audit/{version('pip-audit')}/json", timeout=PATIENCE) as answer:
            return "vulnerabilities" in json.load(answer)
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
