"""The npm package @trustnxt/c2pa-ts, a validator of C2PA that shares no code with the library that signs.

The package does not know WebP's container, so the script finds the manifest in it (C2PA 2.2, A.3.4: the chunk `C2PA`).
Everything else, from the manifest's boxes to the hash of the file, is the package's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kuotu" / "c2pa-ts"
SCRIPT = """
import { readFile } from "node:fs/promises";
import { BMFF, JPEG, PNG } from "@trustnxt/c2pa-ts/asset";
import { SuperBox } from "@trustnxt/c2pa-ts/jumbf";
import { ManifestStore } from "@trustnxt/c2pa-ts/manifest";
BMFF.canReadBrands.add("isom"); // it reads the boxes of an MP4, but names only HEIC
class WebP {
  mimeType = "image/webp";
  constructor(data) {
    this.data = data;
    for (this.at = 12; this.name() !== "C2PA"; this.at += 8 + this.size() + (this.size() % 2));
  }
  static canRead = (data) => data.toString("latin1", 0, 4) + data.toString("latin1", 8, 12) === "RIFFWEBP";
  name = () => this.data.toString("latin1", this.at, this.at + 4);
  size = () => this.data.readUInt32LE(this.at + 4);
  getDataLength = () => this.data.length;
  getDataRange = async (start = 0, length = this.data.length - start) => this.data.subarray(start, start + length);
  getManifestJUMBF = () => this.data.subarray(this.at + 8, this.at + 8 + this.size());
  getHashExclusionRange = () => ({ start: this.at, length: 8 + this.size() + (this.size() % 2) });
}
const found = {};
for (const path of process.argv.slice(1)) {
  const file = await readFile(path);
  const asset = new ([JPEG, PNG, BMFF, WebP].find((kind) => kind.canRead(file)))(file);
  const result = await ManifestStore.read(SuperBox.fromBuffer(asset.getManifestJUMBF())).validate(asset);
  const failures = result.statusEntries.filter((entry) => !entry.success);
  found[path] = [result.isValid, failures.map((entry) => entry.code)];
}
console.log(JSON.stringify(found));
"""


def validated(paths: list[Path]) -> dict[Path, tuple[bool, list[str]]]:
    """Return for each PNG, JPEG, WebP or MP4 whether it is valid, and what is wrong with it."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "@trustnxt" / "c2pa-ts").is_dir():
        pytest.skip(f"no @trustnxt/c2pa-ts in {FOLDER}: scripts/programs brings it")
    command = (node, "--input-type=module", "-e", SCRIPT, *map(str, paths))
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    return {Path(path): (valid, failures) for path, (valid, failures) in json.loads(run.stdout).items()}
