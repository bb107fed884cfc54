"""Renders the legs that things grow in the wild style, and their suitcase.

    .venv/bin/pip install --target build/anny --no-deps anny==0.6.2 roma trimesh warp-lang pyyaml requests safetensors
    PYTHONPATH=build/anny .venv/bin/python scripts/render_legs.py inference/beings

The bodies come from anny (Apache-2.0), whose body data is MakeHuman's (CC0). Only what is below the waist is drawn, and
every pair wears trousers or shorts to the knee, and shoes. anny is needed by this script alone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import anny
import numpy as np
import torch
from mesh import Array, Faces, Mesh, normals, render
from numpy.typing import NDArray
from PIL import Image
from suitcase import suitcase

HEIGHT = 880  # px of a pair of legs
Colour = tuple[int, int, int]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Wear:
    cloth: Colour
    shoe: Colour
    sole: Colour = (235, 235, 230)
    sock: Colour = (240, 240, 238)
    short: bool = False  # to the knee
    flare: float = 0.01  # metres that the hem is wider than the knee


@dataclass(frozen=True)
class Pose:
    """Degrees: how far hips and knees are bent, left and right; how far the legs are apart; how far the body turns."""

    left: tuple[int, int] = (0, 0)
    right: tuple[int, int] = (0, 0)
    apart: int = 0
    turned: int = 0


WEAR = {
    "jeans": Wear((52, 74, 118), (238, 238, 235)),
    "black": Wear((58, 58, 66), (128, 78, 44), (70, 44, 28), flare=0.02),
    "shorts": Wear((196, 176, 128), (200, 50, 40), short=True),
    "pink": Wear((222, 96, 150), (245, 245, 245), flare=0.0),
    "football": Wear((238, 238, 244), (28, 28, 32), (230, 220, 40), (196, 40, 48), short=True),
    "bell": Wear((70, 98, 150), (150, 90, 40), flare=0.07),
    "track": Wear((40, 130, 70), (250, 210, 40)),
    "red": Wear((178, 38, 44), (238, 238, 235), flare=0.0),
}
POSES = {
    "stand": Pose(apart=3, turned=12),
    "wide": Pose(apart=16),
    "walk": Pose((28, 6), (-22, 28), turned=48),
    "stride": Pose((-24, 34), (26, 4), turned=62),
    "run": Pose((62, 70), (-24, 70), turned=60),
    "kick": Pose((85, 8), (-4, 4), turned=55),
    "knee": Pose((85, 95), (0, 0), 4, 30),
    "cross": Pose((4, 0), (-4, 0), -11, 5),
}
PAIRS = {
    "jeans": ("walk", "stand", "run", "wide"),
    "black": ("stride", "stand"),
    "shorts": ("walk", "knee", "wide"),
    "pink": ("run", "cross", "kick"),
    "football": ("wide", "kick", "stride"),
    "bell": ("walk", "wide", "knee"),
    "track": ("run", "stride"),
    "red": ("stand", "walk"),
}
SKIN: tuple[Colour, ...] = ((205, 160, 135), (150, 105, 80), (228, 190, 165), (105, 72, 55))


@dataclass(frozen=True, eq=False)
class Body:
    rest: Array
    posed: Array
    faces: Faces
    joints: dict[str, Array] = field(repr=False)


def main(folder: Path) -> None:
    model = anny.Anny(local_changes="none", phenotype_blendshapes="original").to(dtype=torch.float32)
    for nth, (wear, pose) in enumerate((wear, pose) for wear, poses in PAIRS.items() for pose in poses):
        build = {"muscle": (0.5, 0.8, 0.3)[nth % 3], "weight": (0.5, 0.65, 0.4, 0.8)[nth % 4], "gender": float(nth % 2)}
        mesh = dressed(body(model, POSES[pose], build), WEAR[wear], SKIN[nth % 4], POSES[pose].turned)
        _save(render(mesh, HEIGHT, nth), folder / "legs" / f"{wear}-{pose}.webp")
    _save(render(suitcase(), 520, 99), folder / "luggage" / "suitcase.webp")


def _save(sprite: NDArray[np.uint8], path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(sprite).save(path, quality=84, alpha_quality=90, method=6)


def body(model: anny.Anny, pose: Pose, build: dict[str, float]) -> Body:
    bones = {label: nth for nth, label in enumerate(model.bone_labels)}
    turns = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)
    for side, (hip, knee), apart in (("L", pose.left, -pose.apart), ("R", pose.right, pose.apart)):
        turns[0, bones[f"upperleg01.{side}"], :3, :3] = torch.tensor(turn(-hip, apart), dtype=torch.float32)
        turns[0, bones[f"lowerleg01.{side}"], :3, :3] = torch.tensor(turn(knee), dtype=torch.float32)
    phenotype = dict.fromkeys(model.phenotype_labels, 0.5) | build
    with torch.no_grad():
        shown = model(pose_parameters=turns, phenotype_kwargs=phenotype)
    heads = {label: shown["rest_bone_heads"][0, nth].numpy() for label, nth in bones.items()}
    return Body(
        shown["rest_vertices"][0].numpy(), shown["vertices"][0].numpy(), model.faces.numpy().astype(np.int64), heads
    )


def turn(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Array:
    """A rotation about x, then y, then z, in degrees."""
    matrix = np.eye(3)
    for angle, (i, j) in ((x, (1, 2)), (y, (2, 0)), (z, (0, 1))):
        step, (cosine, sine) = np.eye(3), (np.cos(np.radians(angle)), np.sin(np.radians(angle)))
        step[i, i] = step[j, j] = cosine
        step[i, j], step[j, i] = -sine, sine
        matrix = step @ matrix
    return matrix.astype(np.float32)


def dressed(who: Body, wear: Wear, skin: Colour, turned: float) -> Mesh:
    """Below the waist, clothed: points move outwards along their normals by the thickness of the cloth."""
    ankle, knee = who.joints["foot.L"][2] + 0.03, who.joints["lowerleg01.L"][2]
    waist = who.joints["spine05"][2] + 0.10
    height = who.rest[:, 2]
    arms = _arms(who)
    hem = knee - 0.04 if wear.short else ankle
    cloth = (height > hem) & ~arms
    shoe = (height < ankle + 0.005) & ~arms
    colours = np.tile(np.array(skin, np.float32), (len(height), 1))
    colours[(height < knee - 0.10) & ~arms] = wear.sock if wear.short else skin
    colours[cloth], colours[shoe] = wear.cloth, wear.shoe
    colours[shoe & (height < height.min() + 0.022)] = wear.sole
    thick = np.where(cloth, 0.016 + wear.flare * np.clip((knee + 0.05 - height) / (knee - ankle), 0, 1), 0)
    points = who.posed + normals(who.posed, who.faces) * thick[:, None]
    points = smoothed(points.astype(np.float32), who.faces, cloth, 9)
    for side in (-1, 1):
        foot = shoe & (np.sign(who.rest[:, 0]) == side)
        points[foot] = shod(who.rest[foot], who.posed[foot], ankle)
    points = np.asarray(points @ turn(z=turned).T, np.float32)
    kept = ((height < waist) & ~arms)[who.faces].all(axis=1)
    facing = _creased(points, normals(points, who.faces), cloth)
    return Mesh(points, who.faces[kept], colours.astype(np.float32), facing)


def shod(rest: Array, posed: Array, ankle: float) -> Array:
    """The points of a foot moved onto a shoe: slices across it become one rounded outline, and toes vanish."""
    y, low = rest[:, 1], rest[:, 2].min()
    slices = np.linspace(y.min(), y.max(), 24)
    near = [np.abs(y - at) < 0.016 for at in slices]
    left, right, top = (
        _even(np.array([choose(rest[here, axis]) for here in near]))
        for choose, axis in ((np.min, 0), (np.max, 0), (np.max, 2))
    )
    tip = np.clip((slices - y.min()) / 0.035, 0, 1)
    narrow = 0.35 + 0.65 * np.sqrt(1 - (1 - tip) ** 2)
    middle = np.interp(y, slices, (left + right) / 2)
    half = np.interp(y, slices, ((right - left) / 2 + 0.006) * narrow)
    tall = np.interp(y, slices, (np.minimum(top, ankle) - low + 0.012) / 2 * (0.6 + 0.4 * narrow))
    angle = np.arctan2((rest[:, 2] - low - tall) / tall, (rest[:, 0] - middle) / half)
    x = middle + half * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.55
    z = low - 0.008 + tall + tall * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.55
    on = np.clip((ankle - rest[:, 2]) / 0.035, 0, 1)[:, None]
    longer = y + 0.008 * np.sign(y - y.mean()) * np.clip(np.abs(y - y.mean()) / 0.08, 0, 1)
    return _moved(rest * (1 - on) + np.column_stack([x, longer, z]) * on, rest, posed)


def _even(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.convolve(np.pad(values, 2, "edge"), np.ones(5) / 5, "valid")


def _moved(points: NDArray[np.float64], rest: Array, posed: Array) -> Array:
    """Points carried along as stiffly as possible (Kabsch 1976) from where a foot rests to where it is."""
    one, other = rest.mean(axis=0), posed.mean(axis=0)
    u, _, v = np.linalg.svd((rest - one).T @ (posed - other))
    u[:, -1] *= np.sign(np.linalg.det(u @ v))
    return np.asarray((points - one) @ (u @ v) + other, np.float32)


def _arms(who: Body) -> Flags:
    """Points nearer to the bones of an arm than to those of a leg."""
    joints, folded = who.joints, np.column_stack([np.abs(who.rest[:, 0]), who.rest[:, 1:]])
    wrist, elbow = joints["wrist.L"], joints["lowerarm01.L"]
    arm = (joints["upperarm01.L"], elbow, wrist, wrist + (wrist - elbow) * 0.8)
    leg = (joints["upperleg01.L"], joints["lowerleg01.L"], joints["foot.L"])
    outer = np.abs(who.rest[:, 0]) > abs(joints["upperarm01.L"][0]) - 0.02
    return outer & (who.rest[:, 2] > joints["lowerleg01.L"][2]) & (_away(folded, arm) < _away(folded, leg))


def _away(points: Array, chain: tuple[Array, ...]) -> Array:
    """Distance of each point from a chain of bones of the left side."""
    nearest = np.full(len(points), 9.0)
    for start, end in pairwise(chain):
        start, end = np.array([abs(start[0]), *start[1:]]), np.array([abs(end[0]), *end[1:]])
        along = np.clip((points - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(points - start - along[:, None] * (end - start), axis=1))
    return nearest.astype(np.float32)


def smoothed(points: Array, faces: Faces, where: Flags, rounds: int) -> Array:
    """Laplacian smoothing of some points: cloth does not show what it covers."""
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.unique(np.sort(pairs, axis=1), axis=0)
    degree = np.maximum(np.bincount(edges.ravel(), minlength=len(points)), 1)[:, None]
    points = points.copy()
    for _ in range(rounds):
        around = np.zeros_like(points)
        np.add.at(around, edges[:, 0], points[edges[:, 1]])
        np.add.at(around, edges[:, 1], points[edges[:, 0]])
        points[where] += 0.6 * (around / degree - points)[where]
    return points


def _creased(points: Array, facing: Array, cloth: Flags) -> Array:
    """Normals bent by creases across the cloth."""
    x, z = points[:, 0], points[:, 2]
    across = np.sin(31 * z + 60 * x)
    down = np.sin(47 * z - 75 * x + 2 * np.sin(17 * z))
    bent = facing + 0.07 * np.column_stack([across, np.zeros_like(x), down]) * cloth[:, None]
    return np.asarray(bent / np.linalg.norm(bent, axis=1, keepdims=True), np.float32)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
