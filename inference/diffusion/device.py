"""Queries torch about the devices of this machine."""

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
    """Return the named device, or else the CUDA card with the most free memory, Apple's GPU, or the CPU, in that order.

    Raises EngineUnavailable when a CUDA card is named and torch sees none.
    """
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
    """Return whether the device can hold 8-bit floats and widen them.

    The device itself is tested, because Apple's GPUs cannot (diffusers #14072, pytorch #148420).
    """
    try:
        return float(torch.ones(1).to(torch.float8_e4m3fn).to(device).to(torch.float16).cpu()) == 1.0
    except (RuntimeError, TypeError):  # NotImplementedError is a RuntimeError
        return False


def count_cards() -> int:
    """Return the number of CUDA cards, each of which can hold a model; 1 without any."""
    return max(1, torch.cuda.device_count())


def built_for() -> str:
    """Return torch's version and the CUDA version it was built for, such as «2.13.0 (for CUDA 13.0)»."""
    return f"{torch.__version__} (for {f'CUDA {torch.version.cuda}' if torch.version.cuda else 'no CUDA card'})"


def free_memory() -> float:
    """Return the available main memory in GiB."""
    return float(psutil.virtual_memory().available / GIB)


def forget_peak(card: Card) -> None:
    """Reset the card's peak memory statistics."""
    if card.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(card.device)


def peak_memory(card: Card) -> float | None:
    """Return the peak GiB of tensors on the card since `forget_peak`; None on devices that do not count it."""
    return torch.cuda.max_memory_allocated(card.device) / GIB if card.device.startswith("cuda") else None


@contextmanager
def limited(card: Card, gib: float) -> Iterator[None]:
    """Limit this process to `gib` GiB of a CUDA card in this context. Other devices cannot be limited."""
    if not card.device.startswith("cuda"):
        yield
        return
    torch.cuda.set_per_process_memory_fraction(min(1.0, gib / card.total), card.device)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, card.device)


def exhausted(error: BaseException) -> bool:
    """Return whether memory ran out.

    Only CUDA's allocator has an exception class for it; others are told by the text.
    """
    said = isinstance(error, RuntimeError) and any(words in str(error) for words in EXHAUSTED)
    return said or isinstance(error, torch.OutOfMemoryError)


def _best() -> str:
    if torch.cuda.is_available():
        free = [torch.cuda.mem_get_info(number)[0] for number in range(torch.cuda.device_count())]
        return f"cuda:{free.index(max(free))}"
    return "mps" if torch.backends.mps.is_available() else "cpu"
