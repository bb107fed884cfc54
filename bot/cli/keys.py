"""`kuotu keys`: makes, shows or renews the keys of this installation."""

from __future__ import annotations

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
