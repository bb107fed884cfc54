"""What we sign is valid for a second implementation of C2PA, and what was changed is not."""

from __future__ import annotations

from pathlib import Path

from inference.canvas import Margins
from inference.film.encoder import before_after
from inference.marks.labels import labelled
from inference.marks.manifest import State, read, sign
from tests.support.c2pa_ts import validated
from tests.support.films import difference, played, sample
from tests.support.marks import ORIGIN, encoded, keys, noise


def test_pictures_and_films_are_valid_and_a_changed_one_is_not(tmp_path: Path) -> None:
    film = before_after(sample("sunset", 96, 64), Margins(16, 8, 16, 8))
    files = {kind: encoded(noise(), kind) for kind in ("png", "jpg", "webp")} | {"mp4": film}
    signed = {kind: sign(labelled(data, ORIGIN, "Kuotu"), ORIGIN, keys()) for kind, data in files.items()}
    assert [read(data, keys()).state for data in signed.values()] == [State.OURS] * 4
    assert difference(played(signed["mp4"])[0], played(film)[0]) == 0
    broken = {
        "changed.png": changed(signed["png"], signed["png"].index(b"IDAT") + 400),
        "changed.webp": changed(signed["webp"], signed["webp"].index(b"VP8L") + 400),
    }
    paths = []
    for kind, data in {**signed, **broken}.items():
        paths.append(tmp_path / f"file.{kind}")
        paths[-1].write_bytes(data)
    found = validated(paths)
    assert [found[path] for path in paths[:4]] == [(True, [])] * 4
    assert [found[path] for path in paths[4:]] == [(False, ["assertion.dataHash.mismatch"])] * 2


def changed(data: bytes, at: int) -> bytes:
    """Return a file with one bit changed at an offset."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
