"""The keys of an installation: what signs files, and the secret that watermarks depend on. They are one PEM file.

A certificate for C2PA needs CA:FALSE, digitalSignature and the extended key usage emailProtection, and some validators
refuse one that signs itself. So `make` creates an authority, which issues one certificate and whose key is thrown away
at once: nobody can issue a second one. C2PA technical specification 2.4, section 14.5.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from re import DOTALL, findall
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS: Final = 10
SECRET: Final = "KUOTU INSTALLATION KEY"  # the label of the secret's block
SECRET_BYTES: Final = 32
_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class BadKeys(ValueError):
    """The text is no set of keys that can sign. The message says what is wrong with it."""


@dataclass(frozen=True)
class Keyring:
    """The key that signs, the certificates of the files that it and its predecessors signed, and the secret."""

    private_key: str = field(repr=False)  # PEM, ECDSA on P-256
    chain: tuple[str, ...]  # PEM certificates: the signing one, then its issuers
    secret: bytes = field(repr=False)
    former: tuple[tuple[str, ...], ...] = ()  # the chains of keys that signed before this one

    @property
    def certificate(self) -> x509.Certificate:
        """The signing certificate."""
        return x509.load_pem_x509_certificate(self.chain[0].encode())

    @property
    def chains(self) -> tuple[tuple[str, ...], ...]:
        """The chains whose files count as ours, newest first."""
        return self.chain, *self.former

    @property
    def own_authority(self) -> bool:
        """Whether the certificate comes from the authority that `make` created, which nobody else trusts."""
        return x509.load_pem_x509_certificate(self.chain[-1].encode()).subject == _name(_AUTHORITY)

    def to_pem(self) -> str:
        """Return the one file that holds everything."""
        secret = b64encode(self.secret).decode()
        block = f"-----BEGIN {SECRET}-----\n{secret}\n-----END {SECRET}-----\n"
        return "".join([self.private_key, *(part for chain in self.chains for part in chain), block])


def make(now: datetime) -> Keyring:
    """Return new keys, whose certificate is valid for ten years."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key, now)
    leaf = _leaf(key.public_key(), authority, authority_key, now)
    return Keyring(_pem(key), (_certificate(leaf), _certificate(authority)), secrets.token_bytes(SECRET_BYTES))


def renewed(keys: Keyring, now: datetime) -> Keyring:
    """Return keys with a new signing key. The secret stays, so that watermarks and pixels stay the same."""
    fresh = make(now)
    return Keyring(fresh.private_key, fresh.chain, keys.secret, keys.chains)


def parse(text: str) -> Keyring:
    """Read the file of `to_pem`. Raises BadKeys."""
    private = _blocks(text, "(?:EC )?PRIVATE KEY")
    secret = _blocks(text, SECRET)
    if len(private) != 1 or len(secret) != 1:
        raise BadKeys(f"it needs one PRIVATE KEY and one {SECRET}")
    chain, *former = _chains(_blocks(text, "CERTIFICATE"))
    check(private[0], chain)
    return Keyring(private[0], chain, b64decode(secret[0].splitlines()[1]), tuple(former))


def signed_by(keys: Keyring, private_key: str, certificates: str) -> Keyring:
    """Return keys that sign with another key and its PEM chain, and keep the secret. Raises BadKeys."""
    private = _blocks(private_key, "(?:EC )?PRIVATE KEY")
    if len(private) != 1:
        raise BadKeys("the key file needs one PRIVATE KEY without a password")
    chain = _chains(_blocks(certificates, "CERTIFICATE"))[0]
    check(private[0], chain)
    return Keyring(private[0], chain, keys.secret, keys.chains)


def check(private_key: str, chain: Sequence[str]) -> None:
    """Raise BadKeys unless the key fits the certificate, and C2PA accepts the certificate."""
    try:
        key = serialization.load_pem_private_key(private_key.encode(), None)
        leaf = x509.load_pem_x509_certificate(chain[0].encode())
    except (ValueError, TypeError) as error:
        raise BadKeys(str(error).splitlines()[0]) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadKeys("the key must be ECDSA on P-256: openssl ecparam -name prime256v1 -genkey")
    if key.public_key() != leaf.public_key():
        raise BadKeys("the first certificate does not belong to the key")
    if leaf.issuer != leaf.subject and len(chain) == 1:
        raise BadKeys("the certificate of its issuer is missing; append it, or nobody can tell whose files are ours")
    if ExtendedKeyUsageOID.EMAIL_PROTECTION not in _purposes(leaf):
        raise BadKeys("the certificate needs the extended key usage emailProtection; C2PA accepts none without")


def _purposes(leaf: x509.Certificate) -> list[x509.ObjectIdentifier]:
    try:
        return list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return []


def _blocks(text: str, label: str) -> list[str]:
    found = findall(rf"-----BEGIN {label}-----.*?-----END {label}-----", text, DOTALL)
    return [f"{block}\n" for block in found]


def _chains(certificates: Sequence[str]) -> list[tuple[str, ...]]:
    """Split certificates into chains: each begins with one that is no authority, or that nobody issued before it."""
    chains: list[list[str]] = []
    for pem in certificates:
        try:
            one = x509.load_pem_x509_certificate(pem.encode())
            last = x509.load_pem_x509_certificate(chains[-1][-1].encode()) if chains else None
        except ValueError as error:
            raise BadKeys(f"a certificate cannot be read: {error}") from None
        if last is not None and last.issuer == one.subject and last.issuer != last.subject:
            chains[-1].append(pem)
        else:
            chains.append([pem])
    if not chains:
        raise BadKeys("there is no CERTIFICATE")
    return [tuple(chain) for chain in chains]


_AUTHORITY, _SIGNER = "Kuotu installation", "Kuotu"


def _name(common: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Kuotu")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name(_AUTHORITY)
    builder = _dated(now).subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(identity, critical=False).sign(key, hashes.SHA256())


def _leaf(
    key: ec.EllipticCurvePublicKey, issuer: x509.Certificate, issuer_key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.Certificate:
    builder = _dated(now).subject_name(_name(_SIGNER)).issuer_name(issuer.subject).public_key(key)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage("digital_signature"), critical=True)
    mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    builder = builder.add_extension(mail, critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return builder.add_extension(authority, critical=False).sign(issuer_key, hashes.SHA256())


def _dated(now: datetime) -> x509.CertificateBuilder:
    start = now.astimezone(UTC) - timedelta(days=1)  # clocks of validators differ
    end = start + timedelta(days=365 * YEARS)
    builder = x509.CertificateBuilder().serial_number(x509.random_serial_number())
    return builder.not_valid_before(start).not_valid_after(end)


def _usage(*names: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in names for usage in _USAGES})


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def _certificate(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
