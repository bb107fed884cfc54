"""All settings, read once from KUOTU_* variables and `.env`. No other module reads the environment."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.values import (
    Address,
    BearerToken,
    ClassifierName,
    EngineOffer,
    Engines,
    GuessName,
    Host,
    Key,
    Networks,
    Numbers,
    Token,
    WebhookSecret,
    Words,
)
from inference.casting import Casting, Offer, cast, offered
from inference.engine import EngineName
from inference.marks.label import Label
from inference.safety.verdict import SHIPPED
from inference.surprise.semantic import STATISTICS
from inference.worker.checks import NO_CLASSIFIER

UNDOWNLOADED = (SHIPPED, NO_CLASSIFIER, STATISTICS)  # values of KUOTU_SAFETY and KUOTU_SURPRISE that need no download


class Settings(BaseSettings):
    """Each field is the variable KUOTU_<NAME>. Its description is its line in the README's table.

    The program gets its settings from `bot.environment.read_settings`, which also reads `.env` and explains errors.
    """

    model_config = SettingsConfigDict(env_prefix="KUOTU_", env_ignore_empty=True, frozen=True, allow_inf_nan=False)

    telegram_token: Token = Field(
        default=SecretStr(""), description="The bot's token from @BotFather. Without one, the playground is served."
    )
    telegram_api: Address = Field(
        default="https://api.telegram.org", description="The address of the Bot API, or of a server that replaces it."
    )
    telegram_rate: float = Field(
        default=30, gt=0, description="How many messages a second the bot may send, all its chat processes together."
    )
    webhook_url: Address = Field(
        default="", description="The public address for Telegram's updates. When it is empty, the bot polls for them."
    )
    webhook_secret: WebhookSecret = Field(
        default=SecretStr(""), description="The secret of every webhook call. When empty, it is derived from the token."
    )
    public_url: Address = Field(
        default="",
        description="The gallery's public address in links. When empty: KUOTU_WEBHOOK_URL, or this machine's.",
    )
    database_url: str = Field(
        default="", description="`postgresql+psycopg://…`, or empty for an SQLite file in the data folder."
    )
    database_pool: int = Field(
        default=10, ge=2, description="The most connections to PostgreSQL that one program opens; one more listens."
    )
    blobs_url: str = Field(
        default="",
        description="`s3://bucket/prefix`, `file:///folder`, `memory://`, or empty for a folder in the data folder.",
    )
    blobs_outside: Address = Field(
        default="",
        description="The S3 server's address for browsers. When set, web pages load pictures from there, through links "
        "that are valid for five minutes.",
    )
    queue_url: str = Field(
        default="local",
        description="Where jobs wait: `local`, or the database's own `postgresql://…` to let Procrastinate carry them.",
    )
    engine: Engines = Field(
        default=EngineName.AUTO.value,
        description="`patchmatch`, `diffusion`, or `auto`: diffusion if a model and a GPU are there, else patchmatch. "
        "Or an engine or a model for a style: `faithful=patchmatch,wild=sd15-cpu`.",
    )
    engine_choice: EngineOffer = Field(
        default="",
        description="Engines or models that people may choose from under ⚙, such as `patchmatch,sd15-cpu`. "
        "When it is empty, people do not choose.",
    )
    model: str = Field(
        default="", description="A preset, a Hugging Face repository id or a folder; when empty, the default preset."
    )
    hub_token: SecretStr = Field(
        default=SecretStr(""), description="A Hugging Face token, for models whose licence must be accepted first."
    )
    data_dir: Path = Field(
        default=Path("data"), description="The folder of the database, the pictures and the playground."
    )
    host: Host = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port to listen on. 0 chooses a free one.")
    admins: Numbers = Field(
        default=(), description="The Telegram ids of the moderators, separated by commas. Moderators have no quota."
    )
    quota: int = Field(default=50, ge=1, description="How many expansions one person may start in 24 hours.")
    first_sheet: bool = Field(
        default=True, description="Show a person's first Expand in all three styles, if no model has to paint them."
    )
    reports: int = Field(
        default=3, ge=1, description="How many reports hide a post until a moderator has looked at it."
    )
    words: Path | None = Field(
        default=None, description="A file of words, one per line, that titles may not contain; it extends our own list."
    )
    retention_days: int = Field(
        default=90, ge=0, description="After how many days unpublished pictures are deleted. 0 keeps them for ever."
    )
    max_megapixels: float = Field(default=64, gt=0, le=200, description="The largest canvas, in megapixels.")
    workers: int = Field(
        default=0, ge=0, description="Engine processes. 0 means one per CPU core without a model, one per GPU with one."
    )
    time_limit: float = Field(
        default=300, gt=0, description="How many seconds one expansion may take before its engine process is stopped."
    )
    gate: bool = Field(
        default=True, description="Check every result and repaint defective ones. Off is for untrained models only."
    )
    safety: ClassifierName = Field(
        default=SHIPPED,
        description="What classifies pictures: `mobilenet`, `none`, or a transformers model's hub id or folder.",
    )
    safety_unsure: float = Field(
        default=0.75, ge=0, le=1.01, description="Explicit score from which pictures get a spoiler; 1.01 means never."
    )
    safety_unsafe: float = Field(
        default=0.95, ge=0, le=1.01, description="Explicit score from which pictures cannot be published."
    )
    safety_suggestive: float = Field(
        default=1.01, ge=0, le=1.01, description="Suggestive score from which pictures get a spoiler; 1.01 means never."
    )
    surprise: GuessName = Field(
        default=STATISTICS,
        description="What rates how outrageous a result is: `statistics`, or a CLIP's hub id or folder as well.",
    )
    guests: str = Field(
        default="",
        description="A folder of your own transparent PNGs or WebPs, which may walk into wild pictures.",
    )
    signing_key: Path | None = Field(
        default=None, description="A PEM file of the key that signs results. When empty: one in the data folder."
    )
    signing_cert: Path | None = Field(
        default=None, description="A PEM file of the certificate of KUOTU_SIGNING_KEY, followed by its issuers."
    )
    timestamp_url: Address = Field(
        default="", description="The address of a time-stamp server (RFC 3161) that confirms when a file was signed."
    )
    installation_key: Key = Field(
        default=SecretStr(""),
        description="64 hexadecimal digits for watermarks, the same on all machines. When empty: the data folder's.",
    )
    watermark: bool = Field(default=True, description="Put an invisible number into the new pixels of every result.")
    label: Label = Field(
        default=Label.CAPTION,
        description="Where people see that a machine painted: `caption`, `corner` of the picture itself, or `none`.",
    )
    producer: str = Field(
        default="Kuotu", description="The name or code of your service in the labels of generated files."
    )
    playground: Literal["auto", "always"] = Field(
        default="auto", description="The local chat page: `auto` serves it only without a token, `always` in any case."
    )
    hosts: Words = Field(
        default=(),
        description="This machine's host names besides localhost, with commas between, for the playground and links.",
    )
    proxies: Networks = Field(
        default=(),
        description="Your proxies' addresses or networks, with commas between. Only their `X-Forwarded-For` counts.",
    )
    metrics: BearerToken = Field(
        default=SecretStr(""),
        description="The bearer token that `/metrics` demands. When empty, only the local playground serves it.",
    )
    log: Literal["text", "json"] = Field(default="text", description="The format of log lines: `text` or `json`.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="The lowest level to log: `debug`, `info`, `warning` or `error`. Secrets are masked.",
    )

    @model_validator(mode="after")
    def _a_key_has_a_certificate(self) -> Self:
        if (self.signing_key is None) != (self.signing_cert is None):
            raise ValueError("KUOTU_SIGNING_KEY and KUOTU_SIGNING_CERT go together: set both, or neither")
        return self

    @model_validator(mode="after")
    def _unsure_comes_before_unsafe(self) -> Self:
        if self.safety_unsafe < self.safety_unsure <= 1:
            raise ValueError(
                f"KUOTU_SAFETY_UNSURE={self.safety_unsure:g} is above KUOTU_SAFETY_UNSAFE={self.safety_unsafe:g}: "
                "a picture is unsure before it is unsafe, so lower the first or raise the second"
            )
        return self

    @property
    def casting(self) -> Casting:
        """The engine and the model of each style."""
        return cast(self.engine, self.model)

    @property
    def offer(self) -> Offer:
        """The engines that people may choose from, by name."""
        return offered(self.engine_choice, self.model)

    @property
    def on_telegram(self) -> bool:
        """Whether a bot token is set, so that the bot runs on Telegram and not in the playground."""
        return bool(self.telegram_token.get_secret_value())

    def secret_for(self, token: str) -> str:
        """Return the secret of webhook calls. All programs of one bot derive the same one from its token."""
        derived = hmac.new(token.encode(), b"kuotu webhook", "sha256").hexdigest()
        return self.webhook_secret.get_secret_value() or derived

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'kuotu.db'}"

    @property
    def blobs(self) -> str:
        """The URL of the blob store."""
        return self.blobs_url or (self.data_dir.resolve() / "blobs").as_uri()

    @property
    def secrets(self) -> list[str]:
        """The secrets that logs must never show. The bot's id before the colon of its token is public."""
        token = self.telegram_token.get_secret_value()
        derived = self.secret_for(token) if token else self.webhook_secret.get_secret_value()
        others = (self.hub_token, self.metrics, self.installation_key)
        found = [token.partition(":")[2], derived, *(other.get_secret_value() for other in others)]
        return [secret for secret in found if secret]
