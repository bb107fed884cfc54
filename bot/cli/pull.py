"""`kuotu pull`: downloads the files of a model into the hub library's cache."""

from __future__ import annotations

import typer

from bot.errors import CannotRun
from inference.diffusion.doctor import INSTALL
from inference.engine import EngineUnavailable


def download(model: str, token: str, setting: str = "KUOTU_MODEL", *, check: bool = False) -> None:
    """Print the size and licence of a model, then download its missing files. Raises CannotRun with the remedy.

    `setting` is the variable that names the model: KUOTU_SAFETY and KUOTU_SURPRISE name models other than the engine's.
    With `check`, nothing is downloaded, and the differences between the hub and the preset are printed.
    """
    try:
        from inference.diffusion.model_spec import parse_choice
        from inference.diffusion.pull import Hub
        from inference.safety.transformers_classifier import Classification
        from inference.surprise.clip import ClipChoice
    except ModuleNotFoundError as error:
        raise CannotRun(f"kuotu pull needs {error.name}: {INSTALL}") from error
    beside = {kind.setting: kind for kind in (Classification, ClipChoice)}
    try:
        hub, kind = Hub(token), beside.get(setting)
        if check and kind is None:
            typer.echo("\n".join(hub.check(parse_choice(model))))
            return
        wanted = hub.plan_beside(kind.parse(model)) if kind else hub.plan(parse_choice(model))
        typer.echo("\n".join(wanted.lines()))
        hub.pull(wanted)
    except EngineUnavailable as reason:
        raise CannotRun(str(reason)) from reason
    typer.echo(f"{wanted.name} is here; {setting}={model or wanted.name} uses it")
