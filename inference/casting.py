"""Reads KUOTU_ENGINE: one engine for all styles, or one for each, such as `faithful=patchmatch,wild=sd15-cpu`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from inference.engine import EngineName, Style


@dataclass(frozen=True)
class EngineChoice:
    """An engine, and the model that it is opened with."""

    name: EngineName
    model: str = ""


Casting: TypeAlias = Mapping[Style, EngineChoice]
"""The engine of each style."""


def cast(text: str, model: str = "") -> Casting:
    """Read a setting's text. An engine without a style paints the styles that are not named; by default, that is auto.

    `model` is KUOTU_MODEL, which engines are opened with unless a model is named in their place. Engines and styles are
    known in any letter case. Raises ValueError, which names the part that is wrong.
    """
    rest, named = list[EngineName](), dict[Style, EngineChoice]()
    for part in (part.strip() for part in text.split(",")):
        style, sign, engine = (piece.strip() for piece in part.partition("="))
        if not sign:
            rest.append(_engine(style))
        elif style.lower() not in list(Style):
            raise ValueError(f"{style} is no style; there are {', '.join(Style)}")
        elif Style(style.lower()) in named or not engine:
            raise ValueError(f"{style} needs one engine or model")
        else:
            named[Style(style.lower())] = _choice(engine, model)
    if len(rest) > 1:
        raise ValueError(f"{' and '.join(rest)} cannot both paint what is not named")
    return {style: named.get(style) or EngineChoice(rest[0] if rest else EngineName.AUTO, model) for style in Style}


def _choice(text: str, model: str) -> EngineChoice:
    engine = _known(text)
    if engine is None:
        return EngineChoice(EngineName.DIFFUSION, text)
    return EngineChoice(engine, "" if engine is EngineName.PATCHMATCH else model)


def _engine(text: str) -> EngineName:
    if engine := _known(text):
        return engine
    near = get_close_matches(text.lower(), list(EngineName), n=1)
    raise ValueError("use auto, patchmatch or diffusion" + (f"; did you mean {near[0]}?" if near else ""))


def _known(text: str) -> EngineName | None:
    return EngineName(text.lower()) if text.lower() in list(EngineName) else None
