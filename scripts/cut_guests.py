"""Cuts the guests of the wild style out of photos that are in the public domain, CC0 or CC BY.

    apt-get download gcompris-qt-data=3.1-2
    .venv/bin/python scripts/cut_guests.py gcompris-qt-data_3.1-2_all.deb inference/beings/guests

GCompris 3.1 keeps its photos, and beside them a README with the author, the source and the licence of each, in Qt's
resource files. Its licence lines are newer than those of Debian's copyright file, which still describes the photos of
an older release under the same names. Only what a README calls public domain, CC0 or CC BY is taken.
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PIL import Image

from inference.beings.being import closed
from inference.beings.sprite import resized
from inference.engine import Pixels
from inference.image.bands import Side
from inference.subject.salience import salience, squeezed
from inference.subject.subject import find_subject

DIGEST = "e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f"
ACTIVITIES = ("categorization", "erase", "explore_farm_animals", "explore_world_animals")
FREE = re.compile(r"(?i)public domain|cc0-1\.0|cc-by-\d\.\d")
LONGEST = 640  # px of a sprite; most photos have 320
DROP = re.compile(r"[-~]commonswiki$")


@dataclass(frozen=True)
class Guest:
    name: str  # as a caption says it: «with a moose by …»
    chinese: str  # likewise
    file: str
    crop: tuple[float, float, float, float] = (0, 0, 1, 1)  # left, top, right, bottom of the photo that is looked at
    base: float = 1.0  # of the cut-out's height that stays: what it stands on is cut off


GUESTS = (
    Guest("a bison", "美洲野牛", "animals/bison.webp", (0, 0, 0.84, 1), 0.72),
    Guest("a hedgehog", "刺猬", "animals/hedgehog.webp", base=0.9),
    Guest("a koala", "考拉", "animals/koala.webp"),
    Guest("a lemur", "狐猴", "animals/lemur.webp", (0.3, 0, 0.85, 1)),
    Guest("a moose", "驼鹿", "animals/moose.webp", base=0.86),
    Guest("a panda", "大熊猫", "animals/panda.webp", base=0.9),
    Guest("a macaw", "金刚鹦鹉", "animals/scarlet_macaw.webp", base=0.86),
    Guest("a kangaroo", "袋鼠", "animals/kangaroo.webp", (0, 0, 0.62, 1), 0.8),
    Guest("a cow", "奶牛", "animals/cow.webp", base=0.62),
    Guest("a dog", "狗", "animals/dog.webp", base=0.62),
    Guest("a duck", "鸭子", "animals/duck.webp", base=0.92),
    Guest("a sheep", "绵羊", "animals/sheep.webp", base=0.76),
    Guest("a kitten", "小猫", "animals/cat.webp"),
    Guest("a crab", "螃蟹", "erase/resource/crab.webp"),
    Guest("a gibbon", "长臂猿", "erase/resource/gibbon.webp"),
    Guest("a kingfisher", "翠鸟", "erase/resource/kingfisher.webp", base=0.9),
    Guest("a chameleon", "变色龙", "erase/resource/chamaeleon.webp", base=0.86),
    Guest("a red panda", "小熊猫", "erase/resource/red_panda.webp"),
    Guest("an angelfish", "神仙鱼", "fishes/fish1.webp"),
    Guest("a goldfish", "金鱼", "fishes/fish25.webp"),
    Guest("a pufferfish", "河豚", "fishes/fish28.webp"),
    Guest("a boarfish", "羊鲂", "fishes/fish18.webp"),
    Guest("a perch", "鲈鱼", "fishes/fish4.webp", (0, 0, 1, 1)),
    Guest("the Bayterek tower", "巴伊杰列克塔", "monuments/bayterek.webp", base=0.92),
    Guest("the Colosseum", "罗马斗兽场", "monuments/colosseum.webp", base=0.9),
    Guest("the Eiffel Tower", "埃菲尔铁塔", "monuments/eiffelTower.webp", base=0.93),
    Guest("the tower of Pisa", "比萨斜塔", "monuments/leaningTowerOfPisa.webp", base=0.92),
    Guest("the Statue of Liberty", "自由女神像", "monuments/statueOfLiberty.webp"),
    Guest("a windmill", "风车", "renewable/windmill4.webp", base=0.9),
    Guest("a wooden windmill", "木风车", "renewable/windmill12.webp", base=0.9),
    Guest("a bucket", "木桶", "others/bucket.webp"),
    Guest("a pan", "平底锅", "others/pan.webp"),
    Guest("a teacup", "茶杯", "others/cup.webp"),
    Guest("a butterfly cup", "蝴蝶茶杯", "others/buffetset.webp"),
    Guest("a light bulb", "灯泡", "others/bulb.webp"),
    Guest("a chair", "椅子", "others/chair.webp", base=0.66),
    Guest("a volleyball", "排球", "others/volleyball.webp"),
    Guest("kitchen scales", "厨房秤", "others/weighingMachine.webp"),
    Guest("a multimeter", "万用表", "tools/multimeter2.webp"),
    Guest("a tape measure", "卷尺", "tools/measuringTape1.webp"),
    Guest("scissors", "剪刀", "tools/scissors1.webp"),
)


@dataclass(frozen=True)
class Credit:
    """Of one guest, as it is kept beside its picture."""

    name: dict[str, str]  # by language
    author: str
    licence: str
    source: str
    file: str  # within gcompris-qt-data 3.1-2


def main(package: Path, folder: Path) -> None:
    if sha256(package.read_bytes()).hexdigest() != DIGEST:
        sys.exit(f"{package} is not gcompris-qt-data_3.1-2_all.deb; `apt-get download gcompris-qt-data=3.1-2` gets it")
    files = _files(package)
    credits_: dict[str, Credit] = {}
    for guest in GUESTS:
        (path,) = [path for path in files if str(path).endswith(f"/{guest.file}")]
        sprite = _cut(np.asarray(Image.open(BytesIO(files[path])).convert("RGB")), guest)
        if sprite is None:
            print(f"{guest.name}: nothing stands out; left out")
            continue
        name = re.sub(r"^(an? |the )", "", guest.name).replace(" ", "-").lower()
        credits_[name] = _credit(guest, path, files[path.parent / "README"].decode())
        Image.fromarray(sprite).save(folder / f"{name}.webp", quality=80, alpha_quality=90, method=6)
    listed = {name: asdict(credit) for name, credit in sorted(credits_.items())}
    (folder / "credits.json").write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _files(package: Path) -> dict[PurePosixPath, bytes]:
    with TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        resources = Path(folder, "usr/share/gcompris-qt/rcc")
        return {
            path: data
            for activity in ACTIVITIES
            for path, data in _resource((resources / f"{activity}.rcc").read_bytes())
        }


def _resource(data: bytes) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The files of a Qt resource file of version 2 or 3."""
    magic, version, tree, contents, names = struct.unpack(">4s4I", data[:20])
    if magic != b"qres" or version < 2:
        raise ValueError(f"not a Qt resource file that this script reads: {magic!r}, version {version}")

    def walk(node: int, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, bytes]]:
        at = tree + node * 22
        name, flags = struct.unpack(">IH", data[at : at + 6])
        if node:
            (length,) = struct.unpack(">H", data[names + name :][:2])
            path /= data[names + name + 6 :][: 2 * length].decode("utf-16-be")
        if flags & 2:  # a folder
            count, first = struct.unpack(">II", data[at + 6 : at + 14])
            for child in range(first, first + count):
                yield from walk(child, path)
            return
        start = contents + struct.unpack(">I", data[at + 10 : at + 14])[0]
        (length,) = struct.unpack(">I", data[start : start + 4])
        content = data[start + 4 :][:length]
        yield path, zlib.decompress(content[4:]) if flags & 1 else content

    yield from walk(0, PurePosixPath())


def _credit(guest: Guest, path: PurePosixPath, readme: str) -> Credit:
    for block in re.split(r"\n\s*\n", readme):
        fields = dict(re.findall(r"(?m)^(Copyright|Source|License): *(.+)$", block))
        if re.search(rf"(?m)(^|\s){re.escape(path.name)}\s*$", block):
            if not FREE.fullmatch(fields["License"].strip()):
                sys.exit(f"{path} is under {fields['License']}, which does not ship")
            return Credit(
                {"en": guest.name, "zh": guest.chinese},
                DROP.sub("", fields["Copyright"].strip()),
                fields["License"].strip(),
                fields["Source"].strip(),
                str(path),
            )
    sys.exit(f"no README names {path}")


def _cut(photo: Pixels, guest: Guest) -> Pixels | None:
    height, width = photo.shape[:2]
    left, top, right, bottom = guest.crop
    seen = np.ascontiguousarray(photo[int(top * height) : int(bottom * height), int(left * width) : int(right * width)])
    found = find_subject(seen, salience(squeezed(seen)))
    if found is None:
        return None
    cutout = found.cutout[: max(1, int(guest.base * found.cutout.shape[0]))]
    cutout[..., 3] = cv2.erode(cutout[..., 3], np.ones((3, 3), np.uint8))
    cut = found.cut | {Side.BOTTOM} if guest.base < 1 else found.cut
    return closed(resized(cutout, min(1.0, LONGEST / max(cutout.shape))), frozenset(cut))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
