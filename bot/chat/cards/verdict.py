"""The answer of a verification, as lines of text for chats, pages and the command line."""

from __future__ import annotations

from babel.dates import format_date
from babel.lists import format_list

from bot.chat.texts import Texts
from bot.verification import Layer, Verdict


def verdict_lines(say: Texts, verdict: Verdict) -> list[str]:
    """Return the answer, the most important line first."""
    return [
        say("verify.ours" if verdict.ours else "verify.unknown"),
        *([say("verify.layers", layers=_layers(say, verdict))] if verdict.ours else []),
        *_made(say, verdict),
        say(f"verify.manifest.{verdict.manifest}"),
        *([say(f"verify.proof.{verdict.proof}")] if verdict.ours else []),
        *([say("verify.too_small")] if verdict.too_small else []),
    ]


def _layers(say: Texts, verdict: Verdict) -> str:
    layers = [say(f"verify.layer.{layer}") for layer in Layer if layer in verdict.layers]
    return format_list(layers, locale=say.language)


def _made(say: Texts, verdict: Verdict) -> list[str]:
    """Return by what it was made and when, and of a longer chain also which step of it this is."""
    if not verdict.steps:
        return []
    engine, number = verdict.engine, len(verdict.steps)
    if verdict.made_at is None:
        return [say("verify.made_step" if number > 1 else "verify.made", engine=engine, number=number)]
    date = format_date(verdict.made_at, "long", "zh_CN" if say.language == "zh" else say.language)
    key = "verify.made_step_on" if number > 1 else "verify.made_on"
    return [say(key, date=date, engine=engine, number=number)]
