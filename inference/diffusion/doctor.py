"""What an operator needs to know about the engine with weights, step by step. Pure: facts come in, sentences go out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from inference.diffusion.choice import Choice
from inference.diffusion.facts import Facts
from inference.diffusion.memory import Card, choose
from inference.diffusion.presets import Preset, load_presets
from inference.engine import EngineUnavailable

INSTALL = ".venv/bin/pip install -c constraints.txt -e '.[diffusion]'"


@dataclass(frozen=True)
class Check:
    good: bool
    subject: str
    words: str  # what is there, or what is missing and the remedy


def checks(facts: Facts, choice: Choice) -> Iterator[Check]:
    """The steps to a running model, in the order in which an operator takes them."""
    if facts.missing:
        yield Check(False, "libraries", f"{', '.join(facts.missing)} missing; {INSTALL}")
        return
    yield Check(True, "libraries", "all of the extra [diffusion]")
    presets = load_presets(choice.presets)
    preset = presets.get(choice.model) or presets.get(choice.like)
    yield _card(facts.card)
    if facts.problem:
        yield Check(False, "model", facts.problem)
    else:
        yield Check(True, "model", f"{choice.model} at {facts.revision}")
    if preset:
        yield Check(True, "licence", f"{preset.licence}; {preset.permits}")
        if facts.card:
            yield _memory(preset, facts.card, choice)


def catalogue(card: Card | None, choice: Choice) -> Iterator[str]:
    """One line per preset: what it costs, what it permits, how it would run on the card."""
    for name, preset in load_presets(choice.presets).items():
        terms = "commercial" if preset.commercial else "NON-COMMERCIAL"
        gate = ", gated" if preset.gated else ""
        yield (
            f"{name:15} {preset.title}; {preset.steps} steps, {preset.budget / 1e6:.1f} MP, "
            f"{preset.disk:g} GB to download, {terms}{gate}; {_fit(preset, card)}"
        )


def _card(card: Card | None) -> Check:
    if card is None:
        return Check(False, "card", "none was found")
    if not card.accelerates:
        words = "torch sees no GPU: a picture would take many minutes; install a driver and the torch build for it"
        return Check(False, "card", words)
    return Check(True, "card", f"{card.name} ({card.device}), {card.free:.1f} of {card.total:.1f} GiB free")


def _memory(preset: Preset, card: Card, choice: Choice) -> Check:
    needs = ", ".join(f"{mode} {need:g}" for mode, need in preset.memory.items())
    try:
        mode = choose(preset.memory, card, choice.memory)
    except EngineUnavailable as reason:
        return Check(False, "memory", str(reason))
    forced = " (forced)" if choice.memory else ""
    return Check(True, "memory", f"mode {mode}{forced}; GiB needed: {needs}")


def _fit(preset: Preset, card: Card | None) -> str:
    if card is None or not card.accelerates:
        return f"needs {min(preset.memory.values()):g} GiB of a GPU at least"
    try:
        return f"runs here in mode {choose(preset.memory, card)}"
    except EngineUnavailable:
        return f"too large for this card: needs {min(preset.memory.values()):g} GiB free"
