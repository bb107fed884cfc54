"""Malicious files are decoded or refused quickly, in bounded memory."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from PIL import Image

from inference.image.codec import decode, extent, look
from inference.image.refusal import BadPhoto, Reason
from tests.support.pictures import SIGNATURE, chunk, cicp, file, iccp, png_with, scene, turned
from tests.support.profiles import DISPLAY_P3, rgb_profile

P3 = rgb_profile("P3", DISPLAY_P3, 2.2)
WHOLE = {
    "jpeg": file(scene(), "JPEG", icc_profile=P3, exif=turned(6)),
    "progressive": file(scene(), "JPEG", progressive=True),
    "mpo": file(scene(), "MPO", save_all=True, append_images=[Image.fromarray(scene())]),
    "png": png_with(cicp(9, 16), iccp(P3), chunk(b"eXIf", turned(6).tobytes()[6:])),
    "palette": file(Image.fromarray(scene()).quantize(16), "PNG", transparency=3),
    "webp": file(scene(), "WEBP", icc_profile=P3, exif=turned(6)),
    "lossless webp": file(scene(), "WEBP", lossless=True),
    "gif": file(Image.fromarray(scene()).quantize(16), "GIF"),
    "avif": file(scene(), "AVIF"),
    "heic": file(scene(), "HEIF", exif=turned(6).tobytes()),
    "tiff": file(scene(), "TIFF"),
    "lzw": file(scene(), "TIFF", compression="tiff_lzw"),
    "jpeg in tiff": file(scene(), "TIFF", compression="jpeg"),
    "float": file(Image.fromarray(scene()[..., 0] / np.float32(255)), "TIFF"),
    "bmp": file(scene(), "BMP"),
}
kinds = pytest.mark.parametrize("kind", WHOLE)


def told(data: bytes, ask: Callable[[bytes, float], object]) -> object:
    """Return the reason for which a file is refused, or the size of the photo."""
    try:
        found = ask(data, 2)
    except BadPhoto as refusal:
        return refusal.reason
    return found.shape[1::-1] if isinstance(found, np.ndarray) else found


def read(data: bytes) -> None:
    """Check that `look` and `decode` agree on the refusal or the size of a file.

    `extent`, which reads only the header, must give the same size.
    """
    said = told(data, decode)
    assert told(data, lambda *asked: look(*asked)[0]) == said
    assert isinstance(said, Reason) or told(data, extent) == said


@kinds
def test_files_cut_anywhere_are_photos_or_refused(kind: str) -> None:
    data = WHOLE[kind]
    for end in {*range(0, 64), *range(0, len(data), max(1, len(data) // 60)), *range(len(data) - 24, len(data))}:
        read(data[:end])


@kinds
@pytest.mark.parametrize("seed", range(3))
def test_files_with_any_byte_changed_are_photos_or_refused(kind: str, seed: int) -> None:
    whole, random = np.frombuffer(WHOLE[kind], np.uint8), np.random.default_rng(seed)
    for _ in range(30):
        data = whole.copy()
        head = min(len(data), 600) if random.random() < 0.7 else len(data)  # where headers and directories are
        for place in random.integers(0, head, random.integers(1, 6)):
            data[place] = random.choice([0, 1, 127, 128, 255, random.integers(256)])
        read(data.tobytes())


@kinds
def test_files_with_pieces_doubled_or_left_out_are_photos_or_refused(kind: str) -> None:
    data, random = WHOLE[kind], np.random.default_rng(7)
    for _ in range(25):
        a, b = sorted(random.integers(0, len(data), 2))
        read(data[:a] + data[b:])
        read(data[:b] + data[a:])


def test_every_kind_is_whole_before_it_is_cut() -> None:
    for data in WHOLE.values():
        assert decode(data).shape[2] == 3


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return SIGNATURE + chunk(b"IHDR", pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(header(2**31 - 1, 2**31 - 1) + chunk(b"IDAT", b""), id="PNG of 4 exapixels"),
        pytest.param(header(0, 0) + chunk(b"IDAT", b""), id="PNG of nothing"),
        pytest.param(header(60, 40, 7, 9) + chunk(b"IDAT", b""), id="PNG of no known colour"),
        pytest.param(header(60, 40) + header(600, 400)[8:] + chunk(b"IDAT", b"x"), id="PNG with two headers"),
        pytest.param(SIGNATURE + chunk(b"IDAT", zlib.compress(bytes(7240))), id="PNG without a header"),
        pytest.param(SIGNATURE + pack(">I4s", 2**31 - 1, b"IHDR"), id="PNG with a chunk of 2 GB"),
        pytest.param(header(60, 40) + chunk(b"tEXt", b"") * 200_000, id="PNG of 200,000 chunks"),
        pytest.param(b"II*\0\x08\0\0\0\xff\xff" + bytes(99), id="TIFF of 65,535 entries that are not there"),
        pytest.param(b"II*\0\xff\xff\xff\xff", id="TIFF whose directory lies at 4 GB"),
        pytest.param(b"MM\0*\0\0\0\x08\0\x01\x01\x4a\0\x04\xff\xff\xff\xff\0\0\0\x08", id="TIFF with 4 G directories"),
        pytest.param(b"\0\0\0\x18ftypheic" + bytes(16) + b"\xff" * 400, id="HEIC of noise"),
        pytest.param(b"\0\0\0\x18ftypmif1" + bytes(16), id="HEIF of nothing"),
        pytest.param(b"\xff\xd8" + b"\xff\xe1\xff\xff" * 20_000, id="JPEG of nothing but long markers"),
        pytest.param(b"\xff\xd8\xff" * 9, id="JPEG of beginnings"),
    ],
)
def test_headers_that_lie_are_refused(data: bytes) -> None:
    for ask in (decode, look):
        with pytest.raises(BadPhoto):
            ask(data)


def png_bomb(width: int, height: int, depth: int, colour: int, channels: int) -> bytes:
    """Return a black PNG of some hundred kilobytes with tens of megapixels."""
    packing, rows = zlib.compressobj(9), bytes(1 + width * channels * depth // 8)
    packed = b"".join(packing.compress(rows) for _ in range(height)) + packing.flush()
    return header(width, height, depth, colour) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


MEASURE = """
import re, sys
from pathlib import Path
from inference.image.codec import decode, look
if sys.argv[2] != "nothing":
    {"look": look, "decode": decode}[sys.argv[2]](open(sys.argv[1], "rb").read())
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def peak(path: Path, way: str) -> float:
    """Return the peak memory in megabytes of a process that does this once."""
    asked = [sys.executable, "-c", MEASURE, str(path), way]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout) / 1024


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> float:
    return peak(tmp_path_factory.mktemp("idle"), "nothing")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process tells its peak here on Linux alone")
@pytest.mark.parametrize(
    ("make", "way", "bytes_a_pixel"),
    [
        pytest.param(lambda: png_bomb(5000, 5000, 16, 6, 4), "look", 6, id="16-bit PNG, a look"),
        pytest.param(lambda: png_bomb(5000, 5000, 8, 2, 3), "decode", 8.5, id="PNG, decoded"),
        pytest.param(lambda: file(Image.new("RGB", (6250, 4000), "teal"), "JPEG"), "look", 1.5, id="JPEG, a look"),
        pytest.param(
            lambda: file(Image.new("RGB", (6250, 4000), "teal"), "WEBP", method=0), "look", 7, id="WebP, a look"
        ),
        pytest.param(lambda: file(Image.new("CMYK", (6250, 4000)), "JPEG"), "look", 1.5, id="CMYK JPEG, a look"),
    ],
)
def test_large_photos_take_the_memory_that_is_stated(
    tmp_path: Path, idle: float, make: Callable[[], bytes], way: str, bytes_a_pixel: float
) -> None:
    path = tmp_path / "large"
    path.write_bytes(make())
    assert (peak(path, way) - idle) / 25 <= bytes_a_pixel  # MB of 25 megapixels


TOGETHER = """
import asyncio, re, sys
from pathlib import Path
from inference.image.budget import PixelBudget
from inference.image.codec import look
from inference.image.memory import return_large_blocks

def megabytes(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

async def main():
    return_large_blocks()
    data, budget, before = Path(sys.argv[1]).read_bytes(), PixelBudget(20_000_000), megabytes("VmRSS")
    await asyncio.gather(*(budget.run(16_000_000, look, data) for _ in range(3)))
    print(megabytes("VmHWM") - before, megabytes("VmRSS") - before)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a process tells its peak here on Linux alone")
def test_many_large_photos_at_once_take_the_memory_of_one_and_give_it_back(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(png_bomb(4000, 4000, 16, 6, 4))
    asked = [sys.executable, "-c", TOGETHER, str(path)]
    peak_of_all, kept = map(float, subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split())
    assert peak_of_all <= 16 * 7  # MB: one at a time
    assert kept <= 40
