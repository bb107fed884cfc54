"""Every knob, typed, read from KUOTU_* and `.env` once. Nothing else reads the environment."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from inference.engine import EngineName
from inference.safety.verdict import SHIPPED
from inference.surprise.semantic import STATISTICS
from inference.worker.checks import NO_CLASSIFIER

UNDOWNLOADED = (SHIPPED, NO_CLASSIFIER, STATISTICS)  # values of KUOTU_SAFETY and KUOTU_SURPRISE that are no models


class Settings(BaseSettings):
    """Each field is KUOTU_<NAME> in the environment; the description is its line in the README's table.

    `bot.environment.read_settings` is how the program makes one: it reads `.env` too, and complains in plain words.
    """

    model_config = SettingsConfigDict(env_prefix="KUOTU_", env_ignore_empty=True, frozen=True, allow_inf_nan=False)

    telegram_token: SecretStr = Field(
        default=SecretStr(""), description="the bot's token from @BotFather; empty: the playground serves instead"
    )
    telegram_api: str = Field(
        default="https://api.telegram.org", description="a self-hosted Bot API server, or any emulator"
    )
    webhook_url: str = Field(default="", description="the public address to receive updates at; empty: long polling")
    webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="checked on every webhook call; made anew at each start when empty"
    )
    public_url: str = Field(
        default="", description="the gallery's public address, for links that unfold; empty: as it was asked for"
    )
    database_url: str = Field(default="", description="`postgresql+psycopg://…`; empty: SQLite in the data folder")
    blobs_url: str = Field(
        default="",
        description="`s3://bucket/prefix`, `file:///folder` or `memory://`; empty: a folder in the data folder",
    )
    queue_url: str = Field(default="local", description="where jobs wait: `local` is the database itself")
    engine: EngineName = Field(default=EngineName.AUTO, description="`auto`, `patchmatch` or `diffusion`")
    model: str = Field(default="", description="a preset, a hub id, or a local folder; empty: the default preset")
    hub_token: SecretStr = Field(
        default=SecretStr(""), description="a Hugging Face token, for models whose licence asks for one"
    )
    data_dir: Path = Field(default=Path("data"), description="database, pictures and the playground live here")
    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="the port to listen on; 0: any free one")
    admins: Annotated[tuple[int, ...], NoDecode] = Field(
        default=(), description="Telegram ids, with commas, of those who have no quota and moderate the gallery"
    )
    quota: int = Field(default=50, ge=1, description="expansions per person in 24 hours")
    reports: int = Field(
        default=3, ge=1, description="reports that take a post out of the gallery until a moderator has looked"
    )
    words: Path | None = Field(
        default=None, description="a file of words, one a line, that no title may hold, besides those that ship"
    )
    retention_days: int = Field(
        default=90, ge=0, description="days until pictures that were not published are deleted; 0: never"
    )
    max_megapixels: float = Field(default=64, gt=0, le=200, description="the largest canvas")
    workers: int = Field(
        default=0, ge=0, description="engine processes; 0: one per core without weights, one per GPU with"
    )
    time_limit: float = Field(
        default=300, gt=0, description="seconds that one expansion may take before its engine is ended"
    )
    gate: bool = Field(
        default=True, description="look at every result and paint again what is broken; off only for untrained models"
    )
    safety: str = Field(
        default=SHIPPED,
        description="what classifies photos and results: `mobilenet`, `none`, a transformers model's hub id or folder",
    )
    safety_unsure: float = Field(
        default=0.75, ge=0, le=1.01, description="explicit from here on: a spoiler and a sentence; 1.01 is never"
    )
    safety_unsafe: float = Field(default=0.95, ge=0, le=1.01, description="explicit from here on: never published")
    safety_suggestive: float = Field(
        default=1.01, ge=0, le=1.01, description="revealing from here on: a spoiler and a sentence; 1.01 is never"
    )
    surprise: str = Field(
        default=STATISTICS,
        description="what guesses how outrageous a result is: `statistics`, or besides a CLIP's hub id or folder",
    )
    playground: Literal["auto", "always"] = Field(
        default="auto", description="`always`: serve the playground beside a real token too"
    )
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="host names, with commas, that the playground answers to besides localhost"
    )
    log: Literal["text", "json"] = Field(default="text", description="how log lines look: `text` or `json`")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="what is logged; `debug` is everything, secrets blotted out"
    )

    @field_validator("telegram_token")
    @classmethod
    def _like_a_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not re.fullmatch(r"\d+:[\w-]+", value.get_secret_value(), re.ASCII):
            raise ValueError("a token looks like 123456789:AAF…; copy it from @BotFather again")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _like_a_secret(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[\w-]{0,256}", value.get_secret_value(), re.ASCII):
            raise ValueError("Telegram takes up to 256 of A-Z a-z 0-9 _ -")
        return value

    @field_validator("telegram_api", "webhook_url", "public_url")
    @classmethod
    def _like_an_address(cls, value: str) -> str:
        address = urlsplit(value)
        if value and (address.scheme not in ("http", "https") or not address.hostname):
            raise ValueError("an address looks like https://example.org")
        return value.rstrip("/")

    @field_validator("host")
    @classmethod
    def _like_a_host(cls, value: str) -> str:
        host = value.removeprefix("[").removesuffix("]")
        if not _is_address(host):
            if host.isdecimal() or re.fullmatch(r"[^:/]*:\d+", host):
                raise ValueError("the port belongs in KUOTU_PORT; a host is like 127.0.0.1, or 0.0.0.0 for everybody")
            if not re.fullmatch(r"[\w.-]+", host):
                raise ValueError("a host is a name or an address and nothing else, like 127.0.0.1")
        return host

    @field_validator("safety")
    @classmethod
    def _like_a_classifier(cls, value: str) -> str:
        if value not in (SHIPPED, NO_CLASSIFIER) and "/" not in value:
            raise ValueError("use mobilenet, none, a hub id like org/name, or a folder with its path")
        return value

    @field_validator("surprise")
    @classmethod
    def _like_a_guesser(cls, value: str) -> str:
        if value != STATISTICS and "/" not in value:
            raise ValueError("use statistics, a hub id like org/name, or a folder with its path")
        return value

    @field_validator("admins", mode="before")
    @classmethod
    def _split_numbers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(int(part) for part in value.replace(",", " ").split())
        except ValueError:
            raise ValueError("ids are numbers, with commas between them") from None

    @field_validator("hosts", mode="before")
    @classmethod
    def _split_words(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _unsure_comes_before_unsafe(self) -> Self:
        if self.safety_unsafe < self.safety_unsure <= 1:
            raise ValueError(
                f"KUOTU_SAFETY_UNSURE={self.safety_unsure:g} is above KUOTU_SAFETY_UNSAFE={self.safety_unsafe:g}: "
                "a picture is unsure before it is unsafe, so lower the first or raise the second"
            )
        return self

    @property
    def on_telegram(self) -> bool:
        return bool(self.telegram_token.get_secret_value())

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'kuotu.db'}"

    @property
    def blobs(self) -> str:
        return self.blobs_url or (self.data_dir.resolve() / "blobs").as_uri()

    @property
    def secrets(self) -> list[str]:
        """What must never be shown: of the Telegram token, the part after the bot's own number."""
        token = self.telegram_token.get_secret_value().partition(":")[2]
        found = [token, self.webhook_secret.get_secret_value(), self.hub_token.get_secret_value()]
        return [secret for secret in found if secret]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
