"""Runs pip and compiles the engine's kernels for scripts/setup, and shows how far it is.

`.venv/bin/python scripts/install.py -e '.[video]'`: the arguments are pip's. Everything that pip says goes to
`.venv/setup.log`; on a terminal one line moves, elsewhere a new one appears every few seconds. Needs no package.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TextIO

VENV = Path(sys.prefix)
LOG = VENV / "setup.log"
DOWNLOAD = re.compile(r"Downloading \S+ \(([\d.]+) ([kMG]B)\)")
MEGABYTES = {"kB": 0.001, "MB": 1.0, "GB": 1000.0}


class Progress:
    """Where the installation stands, by what pip prints line after line."""

    def __init__(self) -> None:
        self.found, self.megabytes, self.unpacking, self.step = 0, 0.0, 0, "1/3 looking at what is needed"

    def read(self, line: str) -> None:
        line = line.strip()
        if line.startswith("Collecting "):
            self.found += 1
        elif size := DOWNLOAD.match(line):
            self.megabytes += float(size[1]) * MEGABYTES[size[2]]
        elif line.startswith("Installing collected packages: "):
            self.unpacking = line.count(",") + 1
        elif "Retrying" in line:
            self.step = "1/3 the network does not answer; trying again"
            return
        if self.found and not self.unpacking:
            self.step = f"1/3 downloading: {self.found} packages, {self.megabytes:.0f} MB"

    def count(self, unpacked: int) -> None:
        """`unpacked` packages of those that pip installs are there."""
        if self.unpacking:
            self.step = f"2/3 unpacking: {min(unpacked, self.unpacking)} of {self.unpacking} packages"


def main(arguments: Sequence[str], out: TextIO = sys.stderr) -> int:
    progress = Progress()
    with showing(progress, out):
        code = install(progress, arguments)
        if not code:
            progress.unpacking, progress.step = 0, "3/3 compiling the engine's kernels"
            code = subprocess.run((VENV / "bin" / "kuotu", "warm"), check=False).returncode
    if code:
        print(f"kuotu: set-up failed; {LOG} has all that pip said", file=out)
    return code


def install(progress: Progress, arguments: Sequence[str], log_path: Path = LOG) -> int:
    """Run pip; its errors are printed, whatever else it says only goes to the log."""
    command = (sys.executable, "-m", "pip", "install", "--progress-bar", "off", "--no-input", *arguments)
    errors = []
    with (
        log_path.open("w", encoding="utf-8") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip,
    ):
        for line in pip.stdout or ():
            log.write(line)
            progress.read(line)
            if line.startswith(("ERROR", "error")):
                errors.append(line)
    if pip.returncode:
        print("\n", *errors[-3:], sep="", file=sys.stderr)
    return pip.returncode


@contextmanager
def showing(progress: Progress, out: TextIO) -> Iterator[None]:
    """Show the progress twice a second on a terminal, every five seconds elsewhere."""
    done, started, before = Event(), time.monotonic(), _packages()
    moving = out.isatty()

    def show() -> None:
        while True:
            progress.count(_packages() - before)
            line = f"  {time.monotonic() - started:3.0f} s  {progress.step}"
            print(f"\r{line}\033[K" if moving else line, end="" if moving else "\n", file=out, flush=True)
            if done.wait(0.5 if moving else 5):
                return

    shower = Thread(target=show, daemon=True)
    shower.start()
    try:
        yield
    finally:
        done.set()
        shower.join()
        if moving:
            print(file=out)


def _packages() -> int:
    return sum(1 for _ in VENV.glob("lib/python*/site-packages/*.dist-info"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
