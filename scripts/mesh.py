"""A small renderer for the sprites that ship: triangles with colours and normals to a shaded picture with alpha."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float32]
Faces = NDArray[np.int64]

LIGHT = np.array([-0.45, -0.65, 0.62], np.float32) / np.float32(0.998)  # from the left, the front and above
SUPERSAMPLED = 2
PAD = 8  # px around the thing, before it is made smaller


@dataclass(frozen=True, eq=False)
class Mesh:
    """Points in metres: x to the right, y away from the viewer, z up."""

    points: Array  # (points, 3)
    faces: Faces  # (faces, 3)
    colours: Array  # (points, 3), 0 to 255
    normals: Array  # (points, 3)


def normals(points: Array, faces: Faces) -> Array:
    around = np.zeros_like(points)
    across = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    for corner in range(3):
        np.add.at(around, faces[:, corner], across)
    return np.asarray(around / (np.linalg.norm(around, axis=1, keepdims=True) + 1e-9), np.float32)


def render(mesh: Mesh, height: int, seed: int) -> NDArray[np.uint8]:
    """(height, width, 4), seen from the front without perspective, with the grain of cloth."""
    used = np.unique(mesh.faces)
    low, high = mesh.points[used].min(axis=0), mesh.points[used].max(axis=0)
    scale = (height - PAD) * SUPERSAMPLED / (high[2] - low[2])
    tall = height * SUPERSAMPLED
    wide = (int((high[0] - low[0]) * scale) // SUPERSAMPLED + PAD) * SUPERSAMPLED
    at = (mesh.points - [low[0], 0, high[2]]) * [scale, 1, -scale] + [PAD, 0, PAD]
    placed = np.ascontiguousarray(at[:, [0, 2, 1]], np.float32)
    colours, facing, depth = raster(placed, mesh.faces, mesh.colours, mesh.normals, tall, wide)
    seen = depth < 1e8
    lit = colours * _light(facing, depth, seen)[..., None] * _grain(tall, wide, seed)[..., None]
    whole = np.dstack([np.clip(lit, 0, 255) * seen[..., None], 255.0 * seen]).astype(np.float32)
    small = cv2.resize(whole, (wide // SUPERSAMPLED, height), interpolation=cv2.INTER_AREA)
    small[..., :3] /= np.maximum(small[..., 3:] / 255, 1e-3)
    return np.clip(np.rint(small), 0, 255).astype(np.uint8)


def _light(facing: Array, depth: Array, seen: NDArray[np.bool_]) -> Array:
    """A sky, a sun, and the dark of folds and of what stands close behind something else."""
    facing = facing / (np.linalg.norm(facing, axis=2, keepdims=True) + 1e-6)
    light = 0.42 + 0.22 * facing[..., 2] + 0.55 * np.clip(facing @ LIGHT, 0, 1)
    filled = np.where(seen, depth, depth[seen].max()).astype(np.float32)
    behind = filled - cv2.GaussianBlur(filled, (0, 0), 14)
    return np.asarray(light * np.clip(1 - 6 * behind, 0.55, 1.12), np.float32)


def _grain(tall: int, wide: int, seed: int) -> Array:
    random = np.random.default_rng(seed)
    fine, coarse = (
        cv2.GaussianBlur(random.normal(0, 1, (tall, wide)).astype(np.float32), (0, 0), width) for width in (1.2, 9)
    )
    return np.asarray(1 + 0.025 * fine / fine.std() + 0.03 * coarse / coarse.std(), np.float32)


@njit
def raster(
    points: Array, faces: Faces, colours: Array, facing: Array, tall: int, wide: int
) -> tuple[Array, Array, Array]:
    """Colours, normals and depths, each (tall, wide, …), with a z-buffer."""
    painted = np.zeros((tall, wide, 3), np.float32)
    towards = np.zeros((tall, wide, 3), np.float32)
    depth = np.full((tall, wide), 1e9, np.float32)
    for face in faces:
        a, b, c = points[face[0]], points[face[1]], points[face[2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(area) < 1e-9:
            continue
        left, right = max(0, int(min(a[0], b[0], c[0]))), min(wide - 1, int(max(a[0], b[0], c[0])) + 1)
        top, bottom = max(0, int(min(a[1], b[1], c[1]))), min(tall - 1, int(max(a[1], b[1], c[1])) + 1)
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                one = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area
                other = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area
                rest = 1 - one - other
                if rest < -1e-4 or one < -1e-4 or other < -1e-4:
                    continue
                here = rest * a[2] + one * b[2] + other * c[2]
                if here < depth[y, x]:
                    depth[y, x] = here
                    for k in range(3):
                        painted[y, x, k] = (
                            rest * colours[face[0], k] + one * colours[face[1], k] + other * colours[face[2], k]
                        )
                        towards[y, x, k] = (
                            rest * facing[face[0], k] + one * facing[face[1], k] + other * facing[face[2], k]
                        )
    return painted, towards, depth
