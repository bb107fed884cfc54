"""Writes prompts from the preset's template, the person's words and, for bolder styles, unexpected things."""

from __future__ import annotations

from dataclasses import dataclass

from inference.canvas import Margins
from inference.diffusion.presets import Preset
from inference.diffusion.surprises import Place, drawn
from inference.engine import Style


@dataclass(frozen=True)
class Wording:
    """The prompts of one call, and the ids of the drawn words."""

    prompt: str
    negative: str
    words: tuple[str, ...]  # ids


def write(preset: Preset, style: Style, margins: Margins, seed: int, prompt: str = "", scenery: str = "") -> Wording:
    """Write the wording of one call. A person's prompt is used verbatim, in any language.

    It comes first, and the photo's scenery last, because a text encoder may cut the end off.
    """
    found = drawn(style, margins, seed, prompt)
    surprises = [f"{word} {_where(place, margins)}" for word, place in found]
    scene = ", ".join(filter(None, [prompt.strip(), *surprises, scenery]))
    sentence = preset.prompt.format(scene=scene).strip(" ,")
    return Wording(sentence, preset.manner(style).negative, tuple(word.id for word, _ in found))


def _where(place: Place, margins: Margins) -> str:
    match place:
        case Place.ABOVE:
            return "above"
        case Place.BELOW:
            return "in the foreground below"
        case Place.BESIDE if margins.left and margins.right:
            return "on both sides"
        case Place.BESIDE:
            return "on the left" if margins.left else "on the right"
