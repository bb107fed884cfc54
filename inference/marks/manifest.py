"""The signed metadata of a file: a C2PA manifest that says how the picture came to be, without the photo or a name.

C2PA technical specification 2.4. An edit cannot be the first action, so the photo is opened as an ingredient first. The
ingredient carries no hash; the hashes stand in an assertion of our own. The library's thumbnails are switched off,
because they would put small copies of the photo into the file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from io import BytesIO
from typing import Any, Final

from cryptography import x509

from inference.marks.keyring import Keyring
from inference.marks.origin import Origin

ASSERTION: Final = "io.github.kuotu.origin"
_PHOTO: Final = "xmp:iid:photo"
_QUIET: Final = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}
_NOT_THE_FILE: Final = ("assertion.dataHash.mismatch", "assertion.bmffHash.mismatch", "assertion.boxesHash.mismatch")
_UNTRUSTED: Final = "signingCredential.untrusted"


class State(StrEnum):
    """What a file's manifest is worth."""

    NONE = "none"  # the file has none
    OURS = "ours"  # signed by a key of this installation, and nothing has changed since
    FOREIGN = "foreign"  # signed by somebody else, whatever name the certificate carries
    ALTERED = "altered"  # a sound manifest, but of another picture, or the picture was changed afterwards
    FORGED = "forged"  # the signature does not belong to what the manifest says


@dataclass(frozen=True)
class Found:
    """What was found in a file. `signer` is a name that anybody may write into a certificate."""

    state: State
    signer: str = ""
    origin: Origin | None = None


class CannotSign(Exception):
    """The file could not be signed. The message says why."""


def sign(data: bytes, origin: Origin, keys: Keyring, timestamp_url: str = "") -> bytes:
    """Return the file with a manifest. A server is asked for the time only if its address is given.

    Raises CannotSign.
    """
    import c2pa  # it loads 16 MB

    kind = kind_of(data)
    if not kind:
        raise CannotSign("only PNG, JPEG, WebP and MP4 can be signed")
    signed = BytesIO()
    try:
        with (
            c2pa.Context.from_dict(_QUIET) as context,
            c2pa.Builder(_definition(kind, origin), context) as builder,
            c2pa.Signer.from_info(_information(keys, timestamp_url)) as signer,
        ):
            builder.sign(signer, kind, BytesIO(data), signed)
    except c2pa.C2paError as error:
        raise CannotSign(str(error)) from error
    return signed.getvalue()


def read(data: bytes, keys: Keyring) -> Found:
    """Return what a file's manifest says, and whether this installation said so."""
    kind = kind_of(data)
    found = Found(State.NONE)
    for chain in keys.chains if kind else ():
        report = _report(data, kind, chain)
        if report is None:
            return Found(State.NONE)
        found = _judged(report, chain)
        if found.state is not State.FOREIGN:
            return found
    return found


def kind_of(data: bytes) -> str:
    """Return the MIME type of a file that can carry a manifest, by its first bytes, or an empty string."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "video/mp4" if data[4:8] == b"ftyp" and data[8:12] in (b"isom", b"mp42", b"iso5", b"avc1") else ""


def _definition(kind: str, origin: Origin) -> dict[str, Any]:
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [_PHOTO]}}
    edited = [
        {
            "action": "c2pa.edited",
            "digitalSourceType": str(step.nature),
            "softwareAgent": {"name": f"Kuotu {step.engine}", "version": step.version or version("kuotu")},
        }
        for step in origin.steps
    ]
    photo = {"title": "photo", "format": kind, "relationship": "parentOf", "instance_id": _PHOTO}
    return {
        "claim_generator_info": [{"name": "Kuotu", "version": version("kuotu")}],
        "format": kind,
        "title": f"kuotu-{origin.number}",
        "ingredients": [photo],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [opened, *edited]}},
            {"label": ASSERTION, "data": origin.to_json()},
        ],
    }


def _information(keys: Keyring, timestamp_url: str) -> Any:
    from c2pa import C2paSignerInfo, C2paSigningAlg

    chain = "".join(keys.chain).encode()
    return C2paSignerInfo(C2paSigningAlg.ES256, chain, keys.private_key.encode(), timestamp_url.encode() or None)


def _report(data: bytes, kind: str, chain: Sequence[str]) -> dict[str, Any] | None:
    """Return the library's report. An authority's certificate is the anchor, or the certificate itself if alone."""
    import c2pa

    anchors = "".join(chain[1:] or chain)
    trust = {"verify": {"verify_trust": True}, "trust": {"user_anchors": anchors}}
    try:
        with c2pa.Context.from_dict(trust) as context, c2pa.Reader(kind, BytesIO(data), context=context) as reader:
            return dict(json.loads(reader.json()))
    except c2pa.C2paError.ManifestNotFound:
        return None
    except c2pa.C2paError as error:
        return {"validation_status": [{"code": f"unreadable: {error}"}]}


def _judged(report: dict[str, Any], chain: Sequence[str]) -> Found:
    manifest = report.get("manifests", {}).get(report.get("active_manifest"), {})
    signature = manifest.get("signature_info", {})
    signer = signature.get("common_name") or signature.get("issuer") or ""
    failures = {status["code"] for status in report.get("validation_status", [])}
    if failures & set(_NOT_THE_FILE):
        return Found(State.ALTERED, signer)
    if failures - {_UNTRUSTED}:
        return Found(State.FORGED, signer)
    # Within one authority a serial number names one certificate, and the authority may have issued others.
    serial = str(x509.load_pem_x509_certificate(chain[0].encode()).serial_number)
    ours = report.get("validation_state") == "Trusted" and signature.get("cert_serial_number") == serial
    return Found(State.OURS if ours else State.FOREIGN, signer, _origin(manifest))


def _origin(manifest: dict[str, Any]) -> Origin | None:
    for assertion in manifest.get("assertions", []):
        if assertion.get("label") == ASSERTION:
            try:
                return Origin.from_json(assertion["data"])
            except ValueError:
                return None
    return None
