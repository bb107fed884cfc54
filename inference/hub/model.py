"""A model beside the engine's that a setting names: a hub id or a folder, with options. Imports no torch."""

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
    """What a setting says, as in `org/name?revision=…`; subclasses say which setting, and add options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    setting: ClassVar[str]
    purpose: ClassVar[str]  # for `kuotu pull`, before it downloads
    command: ClassVar[str]  # that downloads it
    example: ClassVar[str]  # of options

    model: str
    revision: str = "main"
    cache: Path | None = None  # where downloads are kept; None: the hub library's own folder

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises EngineUnavailable naming the option that is wrong."""
        return named(cls, cls.setting, text, cls.example)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Whatever goes wrong in here is one sentence to whoever reads it, and the whole story in the log."""
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
        return Repository(repo=self.model, revision=self.revision)

    def folder(self) -> Path:
        """Where it is on this machine. Raises EngineUnavailable with the command that downloads it."""
        folder = folder_of(self.repository, self.cache)
        if folder is None:
            raise EngineUnavailable(f"{self.setting}={self.model} is not on this machine; run: {self.command}")
        return folder


def named(kind: type[Named], setting: str, text: str, example: str, default: str = "") -> Named:
    """Read what a setting says into a value of `kind`, which has a field `model`. `example` shows options.

    Raises EngineUnavailable naming the option that is wrong.
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
