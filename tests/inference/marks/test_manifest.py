"""Signed metadata: what a manifest says, whose it is, and what it never contains."""

from __future__ import annotations

import json
from io import BytesIO

import c2pa
import numpy as np
import pytest

from inference.marks.labels import labelled
from inference.marks.manifest import ASSERTION, CannotSign, Found, State, kind_of, read, sign
from inference.marks.origin import Nature
from tests.support.marks import FORMATS, NUMBER, ORIGIN, decoded, encoded, keys, noise

formats = pytest.mark.parametrize("kind", FORMATS)


def signed(kind: str = "png", whose: str = "ours") -> bytes:
    return sign(labelled(encoded(noise(), kind), ORIGIN, "Kuotu"), ORIGIN, keys(whose))


def start_of_pixels(file: bytes, kind: str) -> int:
    """Return where the coded pixels start. The signature before a JPEG's pixels may contain its two-byte marker."""
    return file.rindex(b"\xff\xda") if kind == "jpg" else file.index(b"IDAT" if kind == "png" else b"VP8", 12)


@formats
def test_a_signed_file_has_the_same_pixels_and_says_its_origin(kind: str) -> None:
    plain, file = encoded(noise(), kind), signed(kind)
    assert np.array_equal(decoded(file), decoded(plain))
    assert read(file, keys()) == Found(State.OURS, "Kuotu", ORIGIN)
    assert len(file) - len(plain) < 8_000


def test_the_library_itself_finds_the_file_valid_and_its_actions_in_order() -> None:
    reader = c2pa.Reader("image/png", BytesIO(signed()))
    report = json.loads(reader.json())
    assert report["validation_state"] == "Valid"
    assert [status["code"] for status in report["validation_status"]] == ["signingCredential.untrusted"]
    manifest = report["manifests"][report["active_manifest"]]
    actions = next(a for a in manifest["assertions"] if a["label"].startswith("c2pa.actions"))["data"]["actions"]
    assert [action["action"] for action in actions] == ["c2pa.opened", "c2pa.edited", "c2pa.edited"]
    assert [action["digitalSourceType"] for action in actions[1:]] == [Nature.SYNTHETIC, Nature.TRAINED]
    own = next(a for a in manifest["assertions"] if a["label"] == ASSERTION)["data"]
    assert own["number"] == NUMBER
    assert own["steps"][0]["box"] == {"left": 20, "top": 10, "right": 100, "bottom": 70}


@formats
def test_no_picture_is_embedded(kind: str) -> None:
    file = signed(kind)
    starts = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"WEBPVP8")
    assert sum(file.count(start) for start in starts) == 1
    assert b"thumbnail" not in file


@formats
def test_a_foreign_key_is_never_ours_whatever_its_name(kind: str) -> None:
    assert read(signed(kind, "theirs"), keys()).state is State.FOREIGN


@formats
def test_altered_forged_and_missing_manifests_are_told_apart(kind: str) -> None:
    file = signed(kind)
    assert read(encoded(noise(), kind), keys()).state is State.NONE
    assert read(file.replace(b"patchmatch", b"patchmuddy"), keys()).state in (State.FORGED, State.ALTERED)
    forged = file.replace(b"kuotu-" + NUMBER.encode(), b"kuotu-" + NUMBER[::-1].encode())
    assert forged != file
    assert read(forged, keys()).state is State.FORGED
    changed = bytearray(file)
    changed[start_of_pixels(file, kind) + 400] ^= 1
    assert read(bytes(changed), keys()).state is State.ALTERED


def test_a_manifest_of_another_picture_does_not_count() -> None:
    file, other = signed(), encoded(noise(seed=1))
    at = file.index(b"caBX") - 4  # the chunk that holds a PNG's manifest
    chunk = file[at : at + 12 + int.from_bytes(file[at : at + 4])]
    assert read(other[:33] + chunk + other[33:], keys()).state is State.ALTERED


def test_another_format_is_not_signed() -> None:
    assert kind_of(b"GIF89a") == ""
    with pytest.raises(CannotSign, match="PNG, JPEG, WebP and MP4"):
        sign(b"GIF89a", ORIGIN, keys())
    assert read(b"GIF89a", keys()).state is State.NONE
    assert read(encoded(noise())[:40], keys()).state in (State.NONE, State.FORGED)
