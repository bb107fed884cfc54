"""What KUOTU_MODEL says: a preset, a hub id or a folder, and options after a question mark.

`sdxl?memory=fp8&batch=2`, `/models/mine?like=sdxl-quality`, `mine?presets=/etc/kuotu/presets.toml`, `?memory=offload`
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from inference.diffusion.offload import Mode
from inference.diffusion.presets import DEFAULT
from inference.hub.model import named


class ModelChoice(BaseModel):
    """A model and what its operator wants of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = DEFAULT
    memory: Mode | None = None  # None: by what the card has
    batch: int = Field(1, ge=1, le=16)  # pictures per call: variants of one photo
    device: str = ""  # as torch names it; empty: the first card, else the processor
    compile: str = ""  # a torch compiler («inductor»), run for every work size before the first photo
    attention: str = ""  # a backend of attention by diffusers' name for it; empty: torch's own
    sides: bool = False  # large photos: a window for each side, so that less is enlarged; up to four times the work
    presets: Path | None = None  # an operator's own file
    like: str = ""  # the preset that a folder or a hub id is asked as; empty: the first that opens its class
    cache: Path | None = None  # where downloads are kept; None: the hub library's own folder


def parse_choice(text: str) -> ModelChoice:
    """Raises EngineUnavailable naming the option that is wrong."""
    return named(ModelChoice, "KUOTU_MODEL", text, "?memory=fp8&batch=2", DEFAULT)
