"""The program reads settings from the environment and `.env`, and reports names that are not settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.environment import read_settings, strangers
from bot.errors import BadSettings


def test_the_file_is_read_and_the_environment_outranks_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        "# the bot",
        "KUOTU_TELEGRAM_TOKEN='1:a_b'",
        "export KUOTU_PORT=9000",
        "KUOTU_QUOTA=7",
        "KUOTU_HOSTS=",
        "TZ=UTC",
    )
    (tmp_path / ".env").write_text("\n".join(lines), "utf-8")
    monkeypatch.setenv("KUOTU_QUOTA", "8")
    monkeypatch.setenv("KUOTU_PORT", "")
    settings = read_settings(tmp_path)
    assert settings.telegram_token.get_secret_value() == "1:a_b"
    assert (settings.port, settings.quota, settings.hosts) == (9000, 8, ())


def test_without_a_file_the_environment_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUOTU_QUOTA", "8")
    assert read_settings(tmp_path).quota == 8


@pytest.mark.parametrize("text", [b"KUOTU_PORT=http\n", b"KUOTU_MODEL=\xff\n"], ids=["value", "encoding"])
def test_what_cannot_be_in_the_file_is_told(tmp_path: Path, text: bytes) -> None:
    (tmp_path / ".env").write_bytes(text)
    with pytest.raises(BadSettings, match=r"KUOTU_PORT='http': use a whole number|\.env cannot be read"):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("KUOTU_PRUT", ("KUOTU_PORT",), id="letters-swapped"),
        pytest.param("KUOTU_QUOAT", ("KUOTU_QUOTA",), id="letters-swapped-again"),
        pytest.param("KUOTU_LOGLEVEL", ("KUOTU_LOG_LEVEL",), id="underscore"),
        pytest.param("KUOTU_ADMIN", ("KUOTU_ADMINS",), id="singular"),
        pytest.param("KUOTU_TOKEN", ("KUOTU_TELEGRAM_TOKEN", "KUOTU_HUB_TOKEN"), id="a-part-of-two"),
        pytest.param("KUOTU_SERVICE_HOST", (), id="kubernetes"),
        pytest.param("KUOTU_PORT_8080_TCP_ADDR", (), id="docker-link"),
    ],
)
def test_a_name_that_is_no_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, meant: tuple[str, ...]
) -> None:
    monkeypatch.setenv("KUOTU_GATE", "true")
    (tmp_path / ".env").write_text(f"{name}=1\n", "utf-8")
    assert [(stranger.name, stranger.meant) for stranger in strangers(tmp_path)] == [(name, meant)]
    (tmp_path / ".env").unlink()
    monkeypatch.setenv(name, "1")
    (stranger,) = strangers(tmp_path)
    assert str(stranger).startswith(f"{name} is no setting of Kuotu; {'did you mean' if meant else 'the README'}")
