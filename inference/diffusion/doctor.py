"""Checks for operators of the diffusion engine, step by step. Pure functions from facts to sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from inference.diffusion.availability import Facts
from inference.diffusion.model_spec import ModelChoice
from inference.diffusion.offload import Card, Mode, choose
from inference.diffusion.presets import Preset, load_presets
from inference.engine import EngineUnavailable, Reads

INSTALL = ".venv/bin/pip install -c constraints.txt -e '.[diffusion]'"
NF4 = ".venv/bin/pip install -c constraints.txt -e '.[nf4]'"
PROCESSOR = "sd15-cpu"
TORCH = "https://pytorch.org/get-started/locally/"


@dataclass(frozen=True)
class Check:
    """The result of one step."""

    good: bool
    subject: str
    words: str  # what is present, or what is missing and the remedy


def checks(facts: Facts, choice: ModelChoice) -> Iterator[Check]:
    """Yield the steps to a running model in the order in which an operator takes them."""
    if facts.missing:
        yield Check(False, "libraries", f"{', '.join(facts.missing)} missing; {INSTALL}")
        return
    yield Check(True, "libraries", f"all of the extra [diffusion]{f'; torch {facts.torch}' if facts.torch else ''}")
    presets = load_presets(choice.presets)
    preset = facts.preset or presets.get(choice.model) or presets.get(choice.like)
    yield _card(facts)
    if preset:
        yield Check(True, "licence", f"{preset.licence}; {preset.permits}")
        yield from _before_pulling(preset, facts)
    if facts.problem:
        yield Check(False, "model", facts.problem)
    else:
        yield Check(True, "model", f"{choice.model} at {facts.revision}")
    if preset and facts.card:
        yield _memory(preset, facts.card, choice)
        yield from _main_memory(preset, facts, choice)


def _before_pulling(preset: Preset, facts: Facts) -> Iterator[Check]:
    """Yield what a model and its download need besides the extra [diffusion]."""
    if preset.quantized:
        yield Check(facts.nf4, "4 bits", "bitsandbytes is here" if facts.nf4 else f"bitsandbytes missing; {NF4}")
    if not facts.problem:
        return
    if preset.gated:
        remedy = f"accept the licence at https://huggingface.co/{preset.repo} and set KUOTU_HUB_TOKEN"
        yield Check(facts.token, "token", "KUOTU_HUB_TOKEN is set" if facts.token else f"it is gated: {remedy}")
    if facts.disk is not None:
        words = f"{preset.disk:g} GB to download, {facts.disk:.1f} GB free"
        enough = facts.disk > preset.disk
        yield Check(enough, "disk", words if enough else f"{words}; make room, or set HF_HOME to a larger disk")


def catalogue(card: Card | None, choice: ModelChoice) -> Iterator[str]:
    """Yield one line per preset: its cost, its licence, and how it would run on the card."""
    for name, preset in load_presets(choice.presets).items():
        terms = "commercial" if preset.commercial else "NON-COMMERCIAL"
        gate = ", gated" if preset.gated else ""
        yield (
            f"{name:15} {preset.title}; {preset.steps} steps, {preset.budget / 1e6:.1f} MP, "
            f"{preset.disk:g} GB to download, {terms}{gate}, reads {_languages(preset)}; {_fit(preset, card)}"
        )


def _card(facts: Facts) -> Check:
    card = facts.card
    if card is None:
        return Check(False, "card", "none was found")
    if not card.accelerates:
        torch = f"torch {facts.torch}" if facts.torch else "torch"
        remedy = f"install a driver, and the torch for your card from {TORCH}"
        without = f"without one, KUOTU_ENGINE=diffusion with KUOTU_MODEL={PROCESSOR} is the fastest preset"
        return Check(False, "card", f"{torch} sees no GPU: a picture would take many minutes; {remedy}; {without}")
    return Check(True, "card", f"{card.name} ({card.device}), {card.free:.1f} of {card.total:.1f} GiB free")


def _memory(preset: Preset, card: Card, choice: ModelChoice) -> Check:
    needs = ", ".join(f"{mode} {need:g}" for mode, need in preset.memory.items())
    try:
        mode = choose(preset.memory, card, choice.memory)
    except EngineUnavailable as reason:
        return Check(False, "memory", str(reason))
    forced = " (forced)" if choice.memory else ""
    return Check(True, "memory", f"mode {mode}{forced}; GiB needed: {needs}")


def _main_memory(preset: Preset, facts: Facts, choice: ModelChoice) -> Iterator[Check]:
    """Yield a check of main memory for the offload modes, which keep the weights there."""
    if facts.card is None or facts.memory is None:
        return
    with suppress(EngineUnavailable):
        if choose(preset.memory, facts.card, choice.memory) in (Mode.OFFLOAD, Mode.GROUP):
            needed = preset.disk * 1e9 / 2**30
            words = f"{facts.memory:.1f} GiB free for {needed:.1f} GiB of weights"
            yield Check(facts.memory > needed, "main memory", words)


def _languages(preset: Preset) -> str:
    return "English alone" if preset.reads is Reads.ENGLISH else "English and Chinese"


def _fit(preset: Preset, card: Card | None) -> str:
    if card is None or not card.accelerates:
        return f"needs {min(preset.memory.values()):g} GiB of a GPU at least"
    try:
        return f"runs here in mode {choose(preset.memory, card)}"
    except EngineUnavailable:
        return f"too large for this card: needs {min(preset.memory.values()):g} GiB free"
