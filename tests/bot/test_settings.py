"""Settings: read from KUOTU_*, typed, and one line for what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.settings import Settings, complaint, strangers
from inference.engine import EngineName

TOKEN = "123456789:AAF-geheim_geheim"


def test_without_a_variable_everything_has_a_default() -> None:
    settings = Settings()
    assert not settings.on_telegram
    assert (settings.host, settings.port, settings.engine) == ("127.0.0.1", 8080, EngineName.AUTO)


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        pytest.param("TELEGRAM_API", "http://api:8081/", "telegram_api", "http://api:8081", id="address-without-slash"),
        pytest.param("ADMINS", "12, 34 56", "admins", (12, 34, 56), id="ids"),
        pytest.param("HOSTS", "kuotu.lan,box", "hosts", ("kuotu.lan", "box"), id="names"),
        pytest.param("MAX_MEGAPIXELS", "12.5", "max_megapixels", 12.5, id="number"),
        pytest.param("GATE", "false", "gate", False, id="switch"),
        pytest.param("ENGINE", "diffusion", "engine", EngineName.DIFFUSION, id="engine"),
        pytest.param("QUOTA", "", "quota", 50, id="empty-is-the-default"),
    ],
)
def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch, name: str, text: str, field: str, value: object) -> None:
    monkeypatch.setenv(f"KUOTU_{name}", text)
    assert getattr(Settings(), field) == value


@pytest.mark.parametrize(
    ("knobs", "line"),
    [
        pytest.param({"port": "http"}, "KUOTU_PORT='http': Input should be a valid integer", id="port-word"),
        pytest.param({"port": 65536}, "KUOTU_PORT=65536: Input should be less than or equal to 65535", id="port-range"),
        pytest.param({"engine": "dalle"}, "KUOTU_ENGINE='dalle': Input should be 'auto', 'patchmatch'", id="engine"),
        pytest.param({"admins": "1,me"}, "KUOTU_ADMINS='1,me': ids are numbers, with commas between them", id="admins"),
        pytest.param({"safety": "oracle"}, "KUOTU_SAFETY='oracle': use mobilenet, none, a hub id", id="safety"),
        pytest.param({"surprise": "oracle"}, "KUOTU_SURPRISE='oracle': use statistics, a hub id", id="surprise"),
        pytest.param({"quota": 0}, "KUOTU_QUOTA=0: Input should be greater than or equal to 1", id="quota"),
        pytest.param({"telegram_api": "telegram"}, "KUOTU_TELEGRAM_API='telegram': an address looks like", id="api"),
        pytest.param({"webhook_url": "ftp://me"}, "KUOTU_WEBHOOK_URL='ftp://me': an address looks like", id="webhook"),
        pytest.param({"telegram_token": "geheim"}, "KUOTU_TELEGRAM_TOKEN: a token looks like", id="token"),
        pytest.param({"webhook_secret": "geheim!"}, "KUOTU_WEBHOOK_SECRET: Telegram takes up to 256", id="secret"),
    ],
)
def test_what_cannot_be_is_one_line_without_secrets(knobs: dict[str, Any], line: str) -> None:
    with pytest.raises(ValidationError) as problem:
        Settings(**knobs)
    told = complaint(problem.value)
    assert told.startswith(line)
    assert "\n" not in told
    assert "geheim" not in told


def test_secrets_are_not_in_what_settings_show() -> None:
    settings = Settings(telegram_token=TOKEN, webhook_secret="geheim2", hub_token="geheim3")
    assert "geheim" not in f"{settings!r} {settings}"
    assert settings.secrets == ["AAF-geheim_geheim", "geheim2", "geheim3"]


def test_a_misspelt_variable_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUOTU_TOKEN", "1")
    monkeypatch.setenv("KUOTU_QUOTA", "1")
    assert strangers() == ["KUOTU_TOKEN"]


def test_places_default_to_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path / 'kuotu.db'}"
    assert settings.blobs == (tmp_path / "blobs").as_uri()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]
