"""The key file: what it holds, how it is renewed, and which keys it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from inference.marks.keyring import BadKeys, Keyring, make, parse, renewed, signed_by
from inference.marks.manifest import State, read, sign
from tests.support.marks import ORIGIN, encoded, keys, noise


def test_the_file_holds_everything() -> None:
    assert parse(keys().to_pem()) == keys()
    twice = renewed(renewed(keys(), datetime.now(UTC)), datetime.now(UTC))
    assert parse(twice.to_pem()) == twice
    assert len(twice.chains) == 3


def test_no_key_is_shown_by_accident() -> None:
    assert "PRIVATE" not in repr(keys())
    assert keys().secret.hex() not in repr(keys())
    assert repr(keys().secret) not in repr(keys())


def test_the_certificate_is_what_c2pa_wants() -> None:
    leaf = keys().certificate
    extensions = leaf.extensions
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert leaf.not_valid_after_utc - datetime.now(UTC) > timedelta(days=9 * 365)


def test_files_of_a_renewed_key_stay_ours_and_the_secret_stays() -> None:
    fresh = renewed(keys(), datetime.now(UTC))
    assert fresh.secret == keys().secret
    old, new = (sign(encoded(noise()), ORIGIN, whose) for whose in (keys(), fresh))
    assert [read(file, fresh).state for file in (old, new)] == [State.OURS, State.OURS]
    assert read(new, keys()).state is State.FOREIGN


def test_an_operators_own_key_signs_and_keeps_the_secret() -> None:
    other = make(datetime.now(UTC))
    mixed = signed_by(keys(), other.private_key, "".join(other.chain))
    assert (mixed.secret, mixed.private_key, mixed.chain) == (keys().secret, other.private_key, other.chain)
    assert read(sign(encoded(noise()), ORIGIN, keys()), mixed).state is State.OURS


def changed(keyring: Keyring, **parts: str) -> str:
    private, chain = parts.get("private", keyring.private_key), parts.get("chain", "".join(keyring.chain))
    return private + chain + keyring.to_pem()[keyring.to_pem().index("-----BEGIN KUOTU") :]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "one PRIVATE KEY"),
        (changed(keys(), chain=""), "no CERTIFICATE"),
        (changed(keys(), chain=keys().chain[0]), "issuer is missing"),
        (changed(keys(), private=keys("theirs").private_key), "does not belong"),
        (changed(keys(), chain="".join(keys().chain[::-1])), "does not belong"),
        (changed(keys()).replace("BEGIN PRIVATE KEY-----\nM", "BEGIN PRIVATE KEY-----\n!", 1), r"\w"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(text: str, complaint: str) -> None:
    with pytest.raises(BadKeys, match=complaint):
        parse(text)
