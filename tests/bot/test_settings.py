"""Settings are read from KUOTU_* variables with types, and an invalid one is reported in one line."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.environment import complaint
from bot.settings import Settings
from inference.engine import EngineName

TOKEN = "123456789:AAF-geheim_geheim"
PROXIES = (ip_network("127.0.0.1"), ip_network("fd00::/8"))


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
        pytest.param("PROXIES", "127.0.0.1, fd00::/8", "proxies", PROXIES, id="networks"),
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
        pytest.param({"port": "http"}, "KUOTU_PORT='http': use a whole number", id="port-word"),
        pytest.param({"port": 65536}, "KUOTU_PORT=65536: use at most 65535", id="port-range"),
        pytest.param({"engine": "dalle"}, "KUOTU_ENGINE='dalle': use auto, patchmatch or diffusion", id="engine"),
        pytest.param(
            {"engine": "Difusion"},
            "KUOTU_ENGINE='Difusion': use auto, patchmatch or diffusion; did you mean diffusion?",
            id="engine-misspelt",
        ),
        pytest.param({"log": "jsno"}, "KUOTU_LOG='jsno': use text or json; did you mean json?", id="word-misspelt"),
        pytest.param({"gate": "maybe"}, "KUOTU_GATE='maybe': use true or false", id="switch"),
        pytest.param({"time_limit": "0"}, "KUOTU_TIME_LIMIT='0': use more than 0", id="limit"),
        pytest.param({"time_limit": "inf"}, "KUOTU_TIME_LIMIT='inf': use a number", id="no-limit"),
        pytest.param({"max_megapixels": "many"}, "KUOTU_MAX_MEGAPIXELS='many': use a number", id="number"),
        pytest.param({"host": "8080"}, "KUOTU_HOST='8080': the port belongs in KUOTU_PORT", id="host-port"),
        pytest.param({"host": "localhost:80"}, "KUOTU_HOST='localhost:80': the port belongs", id="host-with-port"),
        pytest.param({"host": "http://me"}, "KUOTU_HOST='http://me': a host is a name or an address", id="host-url"),
        pytest.param(
            {"safety_unsure": 0.97},
            "KUOTU_SAFETY_UNSURE=0.97 is above KUOTU_SAFETY_UNSAFE=0.95: ",
            id="unsure-above-unsafe",
        ),
        pytest.param({"admins": "1,me"}, "KUOTU_ADMINS='1,me': ids are numbers, with commas between them", id="admins"),
        pytest.param({"safety": "oracle"}, "KUOTU_SAFETY='oracle': use mobilenet, none, a hub id", id="safety"),
        pytest.param({"surprise": "oracle"}, "KUOTU_SURPRISE='oracle': use statistics, a hub id", id="surprise"),
        pytest.param({"quota": 0}, "KUOTU_QUOTA=0: use at least 1", id="quota"),
        pytest.param({"proxies": "10.0.0.0/8,me"}, "KUOTU_PROXIES='10.0.0.0/8,me': 'me' does not", id="proxies"),
        pytest.param({"metrics": "geheim"}, "KUOTU_METRICS: use at least 16 of", id="metrics"),
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
    settings = Settings(
        telegram_token=TOKEN, webhook_secret="geheim2", hub_token="geheim3", metrics="geheim4-geheim4-geheim4"
    )
    assert "geheim" not in f"{settings!r} {settings}"
    assert settings.secrets == ["AAF-geheim_geheim", "geheim2", "geheim3", "geheim4-geheim4-geheim4"]


def test_every_setting_that_cannot_be_is_told_and_a_contradiction_shows_no_secret() -> None:
    with pytest.raises(ValidationError) as several:
        Settings(port="x", quota="y")  # type: ignore[arg-type]
    assert [line.partition("=")[0] for line in complaint(several.value).splitlines()] == ["KUOTU_PORT", "KUOTU_QUOTA"]
    with pytest.raises(ValidationError) as contradiction:
        Settings(telegram_token=TOKEN, safety_unsure=0.9, safety_unsafe=0.5)
    assert "geheim" not in complaint(contradiction.value)


@pytest.mark.parametrize(("unsure", "unsafe"), [(0.95, 0.95), (1.01, 0.95), (0.5, 1.01), (1.01, 1.01)])
def test_thresholds_that_do_not_contradict_each_other(unsure: float, unsafe: float) -> None:
    """1.01 means never, so «never unsure, but unsafe from 0.95» is valid."""
    assert Settings(safety_unsure=unsure, safety_unsafe=unsafe).safety_unsure == unsure


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "[::1]", "localhost", "box.lan"])
def test_hosts_that_are_hosts(host: str) -> None:
    assert Settings(host=host).host == host.strip("[]")


def test_places_default_to_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path / 'kuotu.db'}"
    assert settings.blobs == (tmp_path / "blobs").as_uri()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


def test_all_programs_of_a_bot_share_the_secret_of_the_webhook() -> None:
    own, other = Settings(telegram_token=TOKEN), Settings(telegram_token="987654321:AAF-something_else")
    secret = own.secret_for(TOKEN)
    assert secret == Settings(telegram_token=TOKEN).secret_for(TOKEN)
    assert secret != other.secret_for("987654321:AAF-something_else")
    assert Settings(webhook_secret=secret).webhook_secret.get_secret_value() == secret  # Telegram accepts its letters
    assert secret in own.secrets
    assert Settings(telegram_token=TOKEN, webhook_secret="chosen").secret_for(TOKEN) == "chosen"
