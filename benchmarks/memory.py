"""The peak memory of a process."""

from __future__ import annotations

from pathlib import Path


def peak_memory(process: int | str = "self") -> float:
    """Return the most memory that a process has held, in MB. Raises OSError if it has ended.

    `getrusage` is of no use: it includes what the parent held when it started the process.
    """
    for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(process)  # a process that is ending has no memory any more
