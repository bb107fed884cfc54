"""Damaged metadata, previews and file ends neither prevent decoding nor reveal other content."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from struct import calcsize, pack

import numpy as np
import pytest
from PIL import Image

from inference.engine import Pixels
from inference.image.codec import decode, extent, look
from inference.image.jpeg_end import completed
from inference.image.refusal import BadPhoto, Reason
from tests.support.pictures import SIGNATURE, chunk, file, iccp, png_with, scene, turned
from tests.support.profiles import ADOBE_RGB, rgb_profile

BIG = bytes(2_000_000)
XMP = b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(chunk(b"tEXt", b"Comment\0hello", check=1), id="bad checksum"),
        pytest.param(chunk(b"tEXt", b"Comment\0" + BIG), id="2 MB"),
        pytest.param(chunk(b"tEXt", b"a\0" + BIG) * 40, id="80 MB"),
        pytest.param(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(BIG * 20)), id="a bomb of 40 MB"),
        pytest.param(chunk(b"zTXt", b"Comment\0\7"), id="unknown compression"),
        pytest.param(chunk(b"iTXt", b"\xff\xfe\xff"), id="broken"),
        pytest.param(chunk(b"pHYs", b"\1"), id="cut density"),
        pytest.param(chunk(b"tIME", b""), id="no time"),
        pytest.param(chunk(b"cHRM", b"\1\2"), id="cut chromaticities"),
        pytest.param(chunk(b"gAMA", b"\1"), id="cut gamma"),
        pytest.param(chunk(b"sRGB", b""), id="empty sRGB"),
        pytest.param(chunk(b"iCCP", b""), id="empty profile"),
        pytest.param(chunk(b"iCCP", b"name\0\0" + b"\0" * 50), id="profile that is not packed"),
        pytest.param(iccp(BIG * 20), id="a profile of 40 MB"),
        pytest.param(chunk(b"eXIf", b"II*\0" + b"\xff" * 30), id="broken EXIF"),
        pytest.param(chunk(b"tRNS", b"\1"), id="cut transparency"),
        pytest.param(chunk(b"tRNS", bytes(6), check=5), id="transparency with a bad checksum"),
        pytest.param(chunk(b"acTL", b"\0\0"), id="cut animation"),
        pytest.param(chunk(b"acTL", pack(">II", 5, 0)), id="an animation without frames"),
        pytest.param(chunk(b"fcTL", b"\0" * 26) * 3, id="frames without an animation"),
        pytest.param(chunk(b"\xff\xfe\xfd\xfc", b"?"), id="a name of no letters"),
    ],
)
@pytest.mark.parametrize("behind", [False, True])
def test_chunks_that_carry_no_pixels_cannot_spoil_a_png(words: bytes, behind: bool) -> None:
    data = png_with(words, behind=behind)
    assert np.array_equal(decode(data), scene())
    assert extent(data) == look(data)[0] == (60, 40)


def test_a_profile_with_padding_behind_it_counts() -> None:
    profile = rgb_profile("Adobe RGB", ADOBE_RGB, 2.2)
    padded = png_with(iccp(profile + BIG))
    assert np.array_equal(decode(padded), decode(png_with(iccp(profile))))


def test_a_png_without_its_end_is_whole() -> None:
    data = file(scene(), "PNG")
    assert np.array_equal(decode(data[:-12]), scene())


def test_the_size_of_a_png_is_told_without_its_pixels() -> None:
    data = SIGNATURE + chunk(b"IHDR", pack(">IIBBBBB", 6000, 4000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", b"no pixels")
    assert extent(data) == (6000, 4000)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:4:4"}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("ending", [b"", b"\xff", b"\0\0\0\0"])
def test_a_jpeg_without_its_end_is_shown(options: dict[str, object], ending: bytes) -> None:
    data = file(scene(96, 64), "JPEG", **options)
    assert np.array_equal(decode(data[:-2] + ending), decode(data))
    assert look(data[:-2] + ending) == look(data)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:4:4"}])
def test_a_jpeg_that_lacks_pixels_is_not(options: dict[str, object]) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (64, 96, 3), np.uint8)
    data = file(noise, "JPEG", **options)
    for missing in (8, 40, len(data) // 4, len(data) // 2):
        assert completed(data[:-missing]) is None
        for read in (decode, look):
            with pytest.raises(BadPhoto) as refusal:
                read(data[:-missing])
            assert refusal.value.reason is Reason.TRUNCATED


@pytest.mark.parametrize("format_", ["JPEG", "WEBP", "TIFF", "PNG"])
def test_exif_alone_turns_a_photo(format_: str) -> None:
    options = {} if format_ == "PNG" else {"xmp": XMP}
    assert decode(file(scene(), format_, **options)).shape == (40, 60, 3)
    assert extent(file(scene(), format_, **options)) == (60, 40)
    both = file(scene(), format_, **options, exif=turned(3))
    assert np.abs(decode(both).astype(int) - scene()[::-1, ::-1]).mean() < 4


def test_xmp_in_a_png_turns_nothing() -> None:
    words = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    assert np.array_equal(decode(png_with(words)), scene())


def tiff(directories: Sequence[dict[int, int | bytes]]) -> bytes:
    """Return a TIFF with a chain of directories. Bytes are the data that offset (273) and count (279) tags refer to."""
    body, places = bytearray(b"II*\0" + pack("<I", 0)), []
    for directory in directories:
        entries = []
        for tag, value in sorted(directory.items()):
            if isinstance(value, bytes):
                entries += [(tag, 4, len(body)), (tag + (1 if tag == 513 else 6), 4, len(value))]
                body += value
            else:
                entries.append((tag, 4, value))
        places.append((len(body), len(entries)))
        body += pack("<H", len(entries))
        body += b"".join(pack("<HHII", tag, kind, 1, value) for tag, kind, value in sorted(entries)) + bytes(4)
    for (at, count), (following, _) in zip([(2, 0), *places], [*places, (0, 0)], strict=True):
        where = 4 if at == 2 else at + 2 + count * calcsize("<HHII")
        body[where : where + 4] = pack("<I", following)
    return bytes(body)


def jpeg(width: int, height: int) -> bytes:
    return file(scene(width, height), "JPEG", quality=95)


MOSAIC = {256: 600, 257: 400, 258: 14, 259: 1, 262: 32803, 277: 1, 273: b"\0" * 64}
SMALL = {256: 60, 257: 40, 258: 8, 259: 7, 262: 6, 277: 3, 273: jpeg(60, 40), 274: 1, 50706: 0x0401}


@pytest.mark.parametrize(
    "preview",
    [
        pytest.param({256: 600, 257: 400, 259: 7, 262: 6, 277: 3, 273: jpeg(600, 400)}, id="as a strip"),
        pytest.param({256: 592, 257: 392, 259: 6, 262: 6, 277: 3, 513: jpeg(592, 392)}, id="as an old JPEG, cropped"),
        pytest.param({259: 7, 273: jpeg(500, 333)}, id="nearly the size"),
    ],
)
def test_a_raw_file_gives_its_full_size_preview(preview: dict[int, int | bytes]) -> None:
    data = tiff([SMALL, MOSAIC, preview])
    expected = decode(next(value for value in preview.values() if isinstance(value, bytes)))
    assert np.array_equal(decode(data), expected)
    assert extent(data) == look(data)[0] == expected.shape[1::-1]
    assert decode(tiff([SMALL | {274: 6}, MOSAIC, preview])).shape == expected.transpose(1, 0, 2).shape


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(tiff([SMALL, MOSAIC]), Reason.RAW, id="DNG with a thumbnail"),
        pytest.param(tiff([SMALL, MOSAIC, {259: 7, 273: jpeg(300, 200)}]), Reason.RAW, id="preview of half the size"),
        pytest.param(tiff([MOSAIC]), Reason.RAW, id="raw alone"),
        pytest.param(tiff([SMALL, MOSAIC, {259: 7, 273: b"\xff\xd8\xff\0junk"}]), Reason.RAW, id="broken preview"),
        pytest.param(tiff([{256: 60, 257: 40, 258: 32, 259: 1, 262: 2, 277: 3, 339: 3}]), Reason.FLOAT, id="floats"),
        pytest.param(b"FUJIFILMCCD-RAW 0201" + bytes(99), Reason.RAW, id="RAF"),
        pytest.param(b"\0\0\0\x18ftypcrx " + bytes(60), Reason.RAW, id="CR3"),
        pytest.param(b"IIU\0" + bytes(60), Reason.RAW, id="RW2"),
    ],
)
def test_what_is_not_developed_is_told_so(data: bytes, reason: Reason) -> None:
    for read in (decode, look, extent):
        with pytest.raises(BadPhoto) as refusal:
            read(data)
        assert refusal.value.reason is reason


def test_directories_that_lead_in_a_circle_end() -> None:
    ring = bytearray(tiff([SMALL, MOSAIC]))
    (first,) = np.frombuffer(ring[4:8], "<u4")
    ring[-4:] = pack("<I", int(first))
    with pytest.raises(BadPhoto):
        decode(bytes(ring))


@pytest.mark.parametrize("size", [(60, 40), (1400, 900), (3000, 1000), (2600, 2600)])
@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_a_look_gives_the_size_and_the_thumbnail_of_what_is_decoded(size: tuple[int, int], format_: str) -> None:
    data = file(
        scene(*size), format_, exif=turned(6), **({"quality": 95} if format_ == "JPEG" else {"compress_level": 1})
    )
    measured, thumb = look(data)
    assert measured == (size[1], size[0]) == extent(data)
    small = decode(thumb)
    assert max(small.shape[:2]) == min(640, max(size))
    expected = shrunk(decode(data), small)
    assert np.abs(small.astype(int) - expected).mean() < 3


def shrunk(pixels: Pixels, like: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize(like.shape[1::-1], Image.Resampling.BOX))
