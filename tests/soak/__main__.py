"""Run a trial whole and print what it left: `python -m tests.soak kills 60 45`, `faults 500` or `crowd 50 180`."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.soak import crowd, faults, kills


async def main(trial: str, *numbers: int) -> int:
    """Run one trial in a temporary folder. Returns 1 if anything is wrong."""
    with TemporaryDirectory(prefix="kuotu-soak-") as folder:
        if trial == "kills":
            survived = await kills.survive(Path(folder), *numbers)
            print(f"{survived.kills} kills, {survived.votes} votes, {survived.stray_blobs} stray blobs")
            talks, wrong = survived.conversations, survived.wrong
        elif trial == "crowd":
            crowded = await crowd.survive(Path(folder), *numbers)
            talks, wrong = crowded.conversations, crowded.wrong
        else:
            outcome = await faults.survive(Path(folder), *numbers)
            print(f"{outcome.faults.total()} calls failed: {dict(Counter(f for _, f in outcome.faults.elements()))}")
            talks, wrong = outcome.conversations, outcome.wrong
    print(f"{len(talks)} conversations, {len(wrong)} faults, {sum(t.strays for t in talks)} messages that stand twice")
    print(*wrong, sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:]))))
