"""Which preset a job names, and which presets a worker serves.

A preset stands for one style, because KUOTU_ENGINE may name another engine for each: `wild:sd15-cpu`, or
`wild:diffusion` where no model is named. An engine that a person chose is one of its own: `chosen:sd15-cpu`. A program
that leaves the choice to the workers (`auto`) names none.
"""

from __future__ import annotations

from hashlib import sha256

from inference.engine import EngineName, Style
from inference.worker.protocol import EngineInfo
from storage.jobs.dispatch import ANY
from storage.models import Expansion

CHOSEN = "chosen"  # in place of a style
LONGEST = 80  # characters of a name; folders and hub ids beyond it are represented by their hash


def preset_of(asked: EngineInfo, expansion: Expansion) -> str:
    """Return the preset that is to paint an expansion. Doubling is the same with every engine."""
    if expansion.doubles:
        return ANY
    if expansion.chosen_engine in asked.offered:
        return _name(CHOSEN, expansion.chosen_engine)
    return _asked(asked, expansion.style)


def served_by(asked: EngineInfo, opened: EngineInfo) -> set[str]:
    """Return the presets that a program serves: what its settings ask for, styles' models and engines, and choices."""
    served = {_asked(asked, style) for style in Style} | {_name(CHOSEN, name) for name in opened.offered}
    for style in Style:
        engine = opened.for_style(style)
        served |= {_name(style, name) for name in (engine.model, engine.name) if name}
    return served - {ANY}


def _asked(asked: EngineInfo, style: str) -> str:
    engine = asked.for_style(style)
    return ANY if engine.name == EngineName.AUTO else _name(style, engine.model or engine.name)


def _name(style: str, name: str) -> str:
    return f"{style}:{name if len(name) <= LONGEST else sha256(name.encode()).hexdigest()}"
