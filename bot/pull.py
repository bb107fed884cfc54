"""`kuotu pull`: a model's files into the hub library's cache."""

from __future__ import annotations

import typer

from bot.refusal import CannotRun
from inference.diffusion.doctor import INSTALL
from inference.engine import EngineUnavailable


def download(model: str, token: str, *, classifier: bool = False) -> None:
    """Say what a model costs and permits, then bring what is missing. Raises CannotRun with the remedy.

    `classifier`: the model is what KUOTU_SAFETY names, and not an engine's.
    """
    try:
        from inference.diffusion.choice import parse_choice
        from inference.diffusion.classifier import parse_classification
        from inference.diffusion.pull import Hub
    except ModuleNotFoundError as error:
        raise CannotRun(f"kuotu pull needs {error.name}: {INSTALL}") from error
    try:
        hub = Hub(token)
        wanted = hub.plan_classifier(parse_classification(model)) if classifier else hub.plan(parse_choice(model))
        typer.echo("\n".join(wanted.lines()))
        hub.pull(wanted)
    except EngineUnavailable as reason:
        raise CannotRun(str(reason)) from reason
    typer.echo(
        f"{wanted.name} is here; {'KUOTU_SAFETY' if classifier else 'KUOTU_MODEL'}={model or wanted.name} uses it"
    )
