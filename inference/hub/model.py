"""A secondary model that a setting names by hub id or folder, with options. This module does not import torch."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

from inference.engine import EngineUnavailable
from inference.hub.repository import Repository, folder_of

Named = TypeVar("Named", bound=BaseModel)

_log = logging.getLogger(__name__)


class HubModel(BaseModel):
    """The value of a setting such as `org/name?revision=…`. Subclasses name the setting and add options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    setting: ClassVar[str]
    purpose: ClassVar[str]  # `kuotu pull` shows it before the download
    command: ClassVar[str]  # the command that downloads the model
    example: ClassVar[str]  # an example of the options

    model: str
    revision: str = "main"
    cache: Path | None = None  # where downloads are kept; None is the hub library's own folder

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a setting's text. Raises EngineUnavailable, which names the invalid option."""
        return named(cls, cls.setting, text, cls.example)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Turn any exception raised in this context into EngineUnavailable with one sentence, and log the traceback."""
        try:
            yield
        except ModuleNotFoundError:
            raise
        except Exception as error:
            _log.exception("loading %s for %s failed", self.model, self.setting)
            reason = str(error).strip().split("\n")[0]
            told = f"{self.setting}={self.model} cannot be loaded ({reason}); run: {self.command}"
            raise EngineUnavailable(told) from error

    @property
    def repository(self) -> Repository:
        """The model's repository at the chosen revision."""
        return Repository(repo=self.model, revision=self.revision)

    def folder(self) -> Path:
        """Return the model's folder on this machine. Raises EngineUnavailable with the command that downloads it."""
        folder = folder_of(self.repository, self.cache)
        if folder is None:
            raise EngineUnavailable(f"{self.setting}={self.model} is not on this machine; run: {self.command}")
        return folder


def named(kind: type[Named], setting: str, text: str, example: str, default: str = "") -> Named:
    """Parse a setting's text into a value of `kind`, which has a field `model`. `example` shows options in errors.

    Raises EngineUnavailable, which names the invalid option.
    """
    model, _, query = text.partition("?")
    try:
        return kind.model_validate({"model": model or default, **dict(parse_qsl(query, strict_parsing=bool(query)))})
    except ValidationError as error:
        first = error.errors()[0]
        known = ", ".join(name for name in kind.model_fields if name != "model")
        wrong = f"option {first['loc'][0]}: {first['msg']} (the options are {known})"
        raise EngineUnavailable(f"{setting}={text}: {wrong}") from None
    except ValueError:
        raise EngineUnavailable(f"{setting}={text}: options are written {example}") from None
