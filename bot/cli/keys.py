"""`kuotu keys`: makes, shows or renews the keys of this installation. The doctor reports on them, too."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.cli.finding import Finding, State
from bot.errors import CannotRun
from bot.keys import key_file, open_keys, renew_keys
from bot.settings import Settings
from inference.marks.keyring import Keyring


def keys(settings: Settings, *, renew: bool) -> None:
    """Print who signs. The file is made if there is none, and with `renew` its signing key is replaced."""
    if renew:
        renew_keys(settings)
    opened = open_keys(settings)
    print(f"{key_file(settings).absolute()}: only its owner may read it; keep a copy, it cannot be made again")
    print(signer_of(opened))


def signer_of(opened: Keyring) -> str:
    """Return who signs, until when, and whether others trust that."""
    certificate = opened.certificate
    name, end = certificate.subject.rfc4514_string(), certificate.not_valid_after_utc
    known = (
        "self-signed, so validators call files Valid and their signer untrusted"
        if opened.own_authority or len(opened.chain) == 1
        else f"issued by {certificate.issuer.rfc4514_string()}; validators that know it call files Trusted"
    )
    return f"signed by {name} until {end:%Y-%m-%d}: {known}"


def marks(settings: Settings) -> Finding:
    """Report how files are marked, and who signs them."""
    path = key_file(settings)
    if not path.exists():
        made = "the keys that sign results are made at the first start, or now by kuotu keys"
        return Finding(State.OPTIONAL, "marks", made)
    try:
        opened = open_keys(settings)
    except CannotRun as error:
        return Finding(State.BAD, "marks", str(error))
    if path.stat().st_mode & 0o077:
        return Finding(State.BAD, "marks", f"others can read {path.absolute()}; type: chmod 600 {path}")
    if opened.certificate.not_valid_after_utc < datetime.now(UTC):
        remedy = "put a new one into KUOTU_SIGNING_CERT" if settings.signing_cert else "type: kuotu keys --renew"
        return Finding(State.BAD, "marks", f"the certificate is over: {signer_of(opened)}; {remedy}")
    marked = "labels and a watermark" if settings.watermark else "labels, no watermark"
    dated = f"dated by {settings.timestamp_url}" if settings.timestamp_url else "without a time stamp"
    return Finding(State.GOOD, "marks", f"{marked}, KUOTU_LABEL={settings.label}; {signer_of(opened)}; {dated}")
