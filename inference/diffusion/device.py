"""What this machine computes with, asked of torch."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psutil
import torch

from inference.diffusion.offload import Card
from inference.engine import EngineUnavailable

GIB = 2**30
EXHAUSTED: Final = ("out of memory", "can't allocate memory", "STATUS_ALLOC_FAILED")


def find_card(device: str = "") -> Card:
    """The named device, else the CUDA card with the most free memory, else Apple's, else the processor."""
    if not device:
        device = _best()
    kind = torch.device(device).type
    memory = psutil.virtual_memory()
    if kind == "cuda":
        if not torch.cuda.is_available():
            raise EngineUnavailable(
                f"device={device}, but torch {torch.__version__} sees no CUDA card; see kuotu doctor"
            )
        free, total = torch.cuda.mem_get_info(device)
        return Card(device, torch.cuda.get_device_name(device), total / GIB, free / GIB, holds_fp8(device))
    if kind == "mps":
        name = f"Apple {platform.machine()}"
        return Card(device, name, memory.total / GIB, memory.available / GIB, holds_fp8(device))
    return Card(device, platform.processor() or platform.machine(), memory.total / GIB, memory.available / GIB)


def holds_fp8(device: str) -> bool:
    """Whether weights can be kept there as 8-bit floats and widened there. Asked of the device itself: Apple's refuse
    (diffusers #14072, pytorch #148420)."""
    try:
        return float(torch.ones(1).to(torch.float8_e4m3fn).to(device).to(torch.float16).cpu()) == 1.0
    except (RuntimeError, TypeError):  # NotImplementedError is one of the first
        return False


def count_cards() -> int:
    """How many cards could each hold a model; at least one, if only the processor."""
    return max(1, torch.cuda.device_count())


def built_for() -> str:
    """«2.13.0 (for CUDA 13.0)»"""
    return f"{torch.__version__} (for {f'CUDA {torch.version.cuda}' if torch.version.cuda else 'no CUDA card'})"


def free_memory() -> float:
    """GiB of main memory that nobody uses."""
    return float(psutil.virtual_memory().available / GIB)


def forget_peak(card: Card) -> None:
    """Begin to measure anew how much of the card is used."""
    if card.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(card.device)


def peak_memory(card: Card) -> float | None:
    """GiB that tensors took on the card at most since then; None where nothing counts that."""
    return torch.cuda.max_memory_allocated(card.device) / GIB if card.device.startswith("cuda") else None


@contextmanager
def limited(card: Card, gib: float) -> Iterator[None]:
    """Let this process use no more of a CUDA card than that; elsewhere nothing can be limited."""
    if not card.device.startswith("cuda"):
        yield
        return
    torch.cuda.set_per_process_memory_fraction(min(1.0, gib / card.total), card.device)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, card.device)


def exhausted(error: BaseException) -> bool:
    """Whether memory ran out. Only CUDA's own allocator has a class for that; the others say it in words."""
    said = isinstance(error, RuntimeError) and any(words in str(error) for words in EXHAUSTED)
    return said or isinstance(error, torch.OutOfMemoryError)


def _best() -> str:
    if torch.cuda.is_available():
        free = [torch.cuda.mem_get_info(number)[0] for number in range(torch.cuda.device_count())]
        return f"cuda:{free.index(max(free))}"
    return "mps" if torch.backends.mps.is_available() else "cpu"
