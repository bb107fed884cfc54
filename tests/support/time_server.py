"""A time-stamp authority (RFC 3161) on this machine, which `openssl ts` answers for."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/cert.pem
signer_key = {folder}/key.pem
certs = {folder}/issuer.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


@contextmanager
def time_server(folder: Path, *, sound: bool = True) -> Iterator[str]:
    """Serve the time at an address until the block ends. `folder` keeps the authority's files.

    C2PA refuses the stamps of a clock that is not `sound`, because its certificate is not for signatures.
    """
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here, which answers for the time server")
    _set_up(folder, sound=sound)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked, answer = folder / "asked.tsq", folder / "answer.tsr"
            asked.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            command = ("openssl", "ts", "-reply", "-config", folder / "tsa.cnf", "-queryfile", asked, "-out", answer)
            subprocess.run(command, check=True, capture_output=True)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer.read_bytes())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _set_up(folder: Path, *, sound: bool) -> None:
    issuer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _begun("A maker of clocks", "A maker of clocks", issuer_key.public_key())
    issuer = issuer.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    clock = _begun("A clock", "A maker of clocks", key.public_key())
    clock = clock.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    clock = clock.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    if sound:
        clock = clock.add_extension(x509.KeyUsage(True, *[False] * 8), critical=True)
    whose = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    clock = clock.add_extension(whose, critical=False)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    for name, builder in (("cert.pem", clock), ("issuer.pem", issuer)):
        (folder / name).write_bytes(builder.sign(issuer_key, hashes.SHA256()).public_bytes(pem))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))


def _begun(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    whose, by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer))
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(whose).issuer_name(by).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
