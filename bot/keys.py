"""Opens the installation's keys: one file in the data folder, which only its owner can read."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from bot.errors import CannotRun
from bot.marks import Marks
from bot.settings import Settings
from inference.marks.keyring import BadKeys, Keyring, make, parse, renewed, signed_by

NAME: Final = "keys.pem"


def key_file(settings: Settings) -> Path:
    """Return the path of the key file. A backup takes it along."""
    return settings.data_dir / NAME


def open_keys(settings: Settings) -> Keyring:
    """Return the keys that the settings name. The file in the data folder is made if there is none. Raises CannotRun.

    KUOTU_INSTALLATION_KEY replaces the secret of that file, so that machines can share it.
    """
    keys = _own(key_file(settings))
    if settings.signing_key is not None and settings.signing_cert is not None:
        try:
            keys = signed_by(keys, settings.signing_key.read_text(), settings.signing_cert.read_text())
        except (OSError, UnicodeDecodeError, BadKeys) as error:
            where = f"KUOTU_SIGNING_KEY={settings.signing_key}, KUOTU_SIGNING_CERT={settings.signing_cert}"
            raise CannotRun(f"{where}: {error}") from None
    shared = settings.installation_key.get_secret_value()
    return Keyring(keys.private_key, keys.chain, bytes.fromhex(shared), keys.former) if shared else keys


def open_marks(settings: Settings) -> Marks:
    """Return the marks that the settings ask for. Raises CannotRun."""
    return Marks(open_keys(settings), settings.producer, settings.timestamp_url, settings.watermark, settings.label)


def renew_keys(settings: Settings) -> Keyring:
    """Replace the signing key in the data folder. Files that the former key signed still count as ours."""
    path = key_file(settings)
    keys = renewed(_own(path), datetime.now(UTC))
    _written(path.parent, keys).replace(path)
    return keys


def _own(path: Path) -> Keyring:
    try:
        if not path.exists():
            _create(path)
        return parse(path.read_text())
    except OSError as error:
        remedy = "set KUOTU_DATA_DIR to a folder that can be written"
        raise CannotRun(f"cannot keep the keys in {path.absolute()} ({error.strerror}); {remedy}") from None
    except (UnicodeDecodeError, BadKeys) as error:
        remedy = "restore it from a backup; without it, earlier files do not count as ours"
        raise CannotRun(f"{path.absolute()} is no key file: {error}; {remedy}") from None


def _create(path: Path) -> None:
    """Make the file at once and whole. If another program is faster, its file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _written(path.parent, make(datetime.now(UTC)))
    try:
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()


def _written(folder: Path, keys: Keyring) -> Path:
    """Return a new file with these keys, which only its owner can read, whoever else writes one at the same time."""
    handle, name = mkstemp(prefix=f".{NAME}.", dir=folder)
    with os.fdopen(handle, "w") as file:
        file.write(keys.to_pem())
    return Path(name)
