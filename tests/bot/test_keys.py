"""The installation's keys: made once, private, shared by a setting, and refused with the remedy."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cli.finding import State
from bot.cli.keys import marks
from bot.errors import CannotRun
from bot.keys import key_file, open_keys, open_marks, renew_keys
from inference.marks.keyring import make
from inference.marks.label import Label
from tests.support.command import Run, runner
from tests.support.settings import settings_in


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    with chdir(tmp_path):
        yield runner(capfd)


def test_the_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(open_keys, [settings] * 4))
    assert len({keys.to_pem() for keys in opened}) == 1
    path = key_file(settings)
    assert path == tmp_path / "data" / "keys.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    renewed = renew_keys(settings)
    assert (renewed.secret, renewed.former) == (opened[0].secret, opened[0].chains)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.pem"]


def test_a_setting_shares_the_secret_and_another_names_the_signing_key(tmp_path: Path) -> None:
    other = make(datetime.now(UTC))
    key, cert = tmp_path / "sign.key", tmp_path / "sign.pem"
    key.write_text(other.private_key)
    cert.write_text("".join(other.chain))
    keys = open_keys(settings_in(tmp_path, installation_key="ab" * 32, signing_key=key, signing_cert=cert))
    assert (keys.secret, keys.chain) == (b"\xab" * 32, other.chain)
    cert.write_text(other.chain[0])
    with pytest.raises(CannotRun, match=r"sign\.pem: .*issuer is missing; append it"):
        open_keys(settings_in(tmp_path, signing_key=key, signing_cert=cert))


def test_settings_choose_the_marks(tmp_path: Path) -> None:
    knobs: dict[str, Any] = {
        "watermark": False,
        "label": "corner",
        "producer": "A & Co",
        "timestamp_url": "http://127.0.0.1:9",
    }
    chosen = open_marks(settings_in(tmp_path, **knobs))
    assert (chosen.watermark, chosen.label, chosen.producer) == (False, Label.CORNER, "A & Co")
    usual = open_marks(settings_in(tmp_path))
    assert (usual.watermark, usual.label, usual.timestamp_url) == (True, Label.CAPTION, "")


def test_a_damaged_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "keys.pem").write_text("nothing")
    with pytest.raises(CannotRun, match=r"keys\.pem is no key file: .*restore it from a backup"):
        open_keys(settings_in(tmp_path))
    assert (tmp_path / "keys.pem").read_text() == "nothing"


def test_the_command_says_who_signs(run: Run) -> None:
    code, first, _ = run("keys")
    assert code == 0
    assert "signed by CN=Kuotu,O=Kuotu until 20" in first
    assert "self-signed" in first
    assert run("keys")[1] == first
    assert Path("data/keys.pem").exists()
    assert run("keys", "--renew")[0] == 0


def test_the_doctor_says_what_is_marked_and_who_signs(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert marks(settings).state is State.OPTIONAL
    open_keys(settings)
    good = marks(settings)
    assert (good.state, good.words.startswith("labels and a watermark, KUOTU_LABEL=caption;")) == (State.GOOD, True)
    assert "self-signed, so validators call files Valid and their signer untrusted" in good.words
    assert "labels, no watermark" in marks(settings_in(tmp_path, watermark=False)).words
    key_file(settings).chmod(0o644)
    assert (marks(settings).state, "chmod 600" in marks(settings).words) == (State.BAD, True)
    key_file(settings).write_text(make(datetime.now(UTC) - timedelta(days=11 * 365)).to_pem())
    key_file(settings).chmod(0o600)
    assert (marks(settings).state, "kuotu keys --renew" in marks(settings).words) == (State.BAD, True)


def test_a_key_and_its_certificate_go_together(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUOTU_SIGNING_KEY", "sign.key")
    code, _, complaints = run("keys")
    assert (code, "go together" in complaints) == (78, True)
