"""A suitcase of our own, as triangles: a rounded shell with ribs, corners, a belt and a handle."""

from __future__ import annotations

import numpy as np
from mesh import Array, Faces, Mesh, normals
from numpy.typing import NDArray

SHELL, BELT, METAL = (168, 62, 48), (66, 44, 34), (206, 190, 150)


def suitcase() -> Mesh:
    parts = [
        _box((0, 0, 0), (0.31, 0.11, 0.21), 0.05, SHELL, ribs=True),
        _box((-0.17, 0, 0), (0.022, 0.118, 0.218), 0.02, BELT),
        _box((0.17, 0, 0), (0.022, 0.118, 0.218), 0.02, BELT),
        _box((-0.17, -0.118, 0.09), (0.03, 0.012, 0.022), 0.008, METAL),
        _box((0.17, -0.118, 0.09), (0.03, 0.012, 0.022), 0.008, METAL),
        _box((-0.07, 0, 0.235), (0.012, 0.018, 0.03), 0.008, METAL),
        _box((0.07, 0, 0.235), (0.012, 0.018, 0.03), 0.008, METAL),
        _box((0, 0, 0.27), (0.085, 0.022, 0.014), 0.012, BELT),
    ]
    angle = np.radians(24)
    turned = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]], np.float32)
    points = np.concatenate([points for points, _, _ in parts]) @ turned.T
    firsts = np.cumsum([0] + [len(points) for points, _, _ in parts])
    faces = np.concatenate([faces + first for (_, faces, _), first in zip(parts, firsts, strict=False)])
    colours = np.concatenate([colours for _, _, colours in parts])
    return Mesh(points.astype(np.float32), faces, colours, normals(points, faces))


def _box(
    middle: tuple[float, float, float],
    half: tuple[float, float, float],
    radius: float,
    colour: tuple[int, int, int],
    ribs: bool = False,
) -> tuple[Array, Faces, Array]:
    """A box with rounded edges: a sphere's points moved out to its eight corners."""
    rows, columns = 96, 192
    down, around = np.meshgrid(np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, columns), indexing="ij")
    ball = np.stack([np.sin(down) * np.cos(around), np.sin(down) * np.sin(around), np.cos(down)], -1)
    flat = np.sign(ball) * np.abs(ball) ** 0.22
    inner = np.array(half) - radius
    points = flat * inner + ball * radius
    if ribs:
        points[..., 1] *= 1 + 0.03 * np.sin(points[..., 0] * 130)
    faces = _grid(rows, columns)
    colours = np.tile(np.array(colour, np.float32), (rows * columns, 1))
    return (points.reshape(-1, 3) + middle).astype(np.float32), faces, colours


def _grid(rows: int, columns: int) -> NDArray[np.int64]:
    at = np.arange(rows * columns).reshape(rows, columns)
    corners = at[:-1, :-1].ravel(), at[1:, :-1].ravel(), at[1:, 1:].ravel(), at[:-1, 1:].ravel()
    return np.concatenate([np.column_stack(corners[:3]), np.column_stack([corners[0], corners[2], corners[3]])])
