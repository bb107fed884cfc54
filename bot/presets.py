"""Which preset a job names, and which presets a worker serves.

A preset stands for one style, because KUOTU_ENGINE may name another engine for each: `wild:sd15-cpu`, or
`wild:diffusion` where no model is named. A program that leaves the choice to the workers (`auto`) names none.
"""

from __future__ import annotations

from hashlib import sha256

from inference.engine import EngineName, Style
from inference.worker.protocol import EngineInfo
from storage.jobs.dispatch import ANY
from storage.models import Expansion

LONGEST = 80  # characters of a name; folders and hub ids beyond it are represented by their hash


def preset_of(asked: EngineInfo, expansion: Expansion) -> str:
    """Return the preset that is to paint an expansion. Doubling is the same with every engine."""
    return ANY if expansion.doubles else _asked(asked, expansion.style)


def served_by(asked: EngineInfo, opened: EngineInfo) -> set[str]:
    """Return the presets that a program serves: what its settings ask for, and each style's model and engine."""
    served = {_asked(asked, style) for style in Style}
    for style in Style:
        engine = opened.for_style(style)
        served |= {_name(style, name) for name in (engine.model, engine.name) if name}
    return served - {ANY}


def _asked(asked: EngineInfo, style: str) -> str:
    engine = asked.for_style(style)
    return ANY if engine.name == EngineName.AUTO else _name(style, engine.model or engine.name)


def _name(style: str, name: str) -> str:
    return f"{style}:{name if len(name) <= LONGEST else sha256(name.encode()).hexdigest()}"
