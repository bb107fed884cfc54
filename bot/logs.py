"""Logging for operators, as text or JSON. Secrets are removed from every line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import structlog
from structlog.typing import EventDict, WrappedLogger

from bot.settings import Settings

HIDDEN = "<secret>"
CHATTY = ("aiohttp.access", "alembic", "telegram.ext.Application")  # these log a line for every call


class Redactor:
    """Renders an event and replaces every secret in the line, tracebacks included."""

    def __init__(self, render: structlog.types.Processor, secrets: Sequence[str]) -> None:
        self.render, self.secrets = render, secrets

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> str:
        line = str(self.render(logger, name, event))
        for secret in self.secrets:
            line = line.replace(secret, HIDDEN)
        return line


def configure_logs(settings: Settings) -> None:
    """Send the logs of structlog and of the standard library to stderr in one format."""
    render: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    before: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        *([structlog.processors.format_exc_info] if settings.log == "json" else []),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, Redactor(render, settings.secrets)],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    level = getattr(logging, settings.log_level.upper())
    root.handlers, root.level = [handler], level
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.DEBUG if level == logging.DEBUG else logging.WARNING)
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
