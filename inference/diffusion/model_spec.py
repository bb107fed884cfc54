"""Parses KUOTU_MODEL: a preset, a hub id or a folder, with options after a question mark. Examples:

`sdxl?memory=fp8&batch=2`, `/models/mine?like=sdxl-quality`, `mine?presets=/etc/kuotu/presets.toml`, `?memory=offload`
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from inference.diffusion.offload import Mode
from inference.diffusion.presets import DEFAULT
from inference.hub.model import named


class ModelChoice(BaseModel):
    """A model, and the operator's options for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = DEFAULT
    memory: Mode | None = None  # None: chosen by the card's free memory
    batch: int = Field(1, ge=1, le=16)  # images per call: variants of one photo
    device: str = ""  # torch's name of the device; empty: the CUDA card with the most free memory, else the CPU
    compile: str = ""  # a torch compiler («inductor»), run for every work size before the first photo
    attention: str = ""  # diffusers' name of an attention backend; empty: torch's own
    sides: bool = (
        False  # for large photos: one window per side, which needs less enlargement but up to four times the work
    )
    presets: Path | None = None  # the operator's own presets file
    like: str = ""  # the preset that a folder or a hub id is run with; empty: the first one for its pipeline class
    cache: Path | None = None  # where downloads are kept; None is the hub library's own folder


def parse_choice(text: str) -> ModelChoice:
    """Parse KUOTU_MODEL. Raises EngineUnavailable, which names the invalid option."""
    return named(ModelChoice, "KUOTU_MODEL", text, "?memory=fp8&batch=2", DEFAULT)
