"""Copies of images for web pages: what cannot be stored is shown all the same."""

from __future__ import annotations

import errno

from bot.thumbnails import WEBP, Thumbnails
from storage.blobs import ObjectBlobs, open_blobs
from tests.support.photos import small_photo


class Full:
    """A store whose disk is full."""

    outside = ""

    def __init__(self, blobs: ObjectBlobs) -> None:
        self.get, self.put, self.delete = blobs.get, blobs.put, blobs.delete
        self.link, self.listed = blobs.link, blobs.listed

    async def put_at(self, key: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


async def as_it_is(copy: bytes) -> bytes:
    return copy


async def test_a_copy_that_cannot_be_stored_is_shown_all_the_same() -> None:
    blobs = open_blobs("memory://")
    assert isinstance(blobs, ObjectBlobs)
    key, size = await blobs.put(small_photo(), ".png"), WEBP[0]
    shown = await Thumbnails(Full(blobs)).get(key, size, as_it_is)
    assert shown == await Thumbnails(blobs).get(key, size, as_it_is)
