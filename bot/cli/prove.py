"""`kuotu prove`: measures models on this machine. Writes a table, a JSON file and a page with pictures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from bot.cli.expand import encode_as
from bot.errors import CannotRun
from inference.canvas import Extent
from inference.engine import EngineUnavailable, Pixels, Request
from inference.growth import Direction, scaled
from inference.image.codec import decode

if TYPE_CHECKING:
    from inference.diffusion.prove import Row, Shown

SAMPLES = Path(__file__).parents[1] / "playground" / "samples"
PHOTOS = ("coffee", "life", "picos")  # names of sample photos
SIDE = 1280  # px of the photos' longer sides, as chats send them
COLUMNS = ("preset", "what", "loaded", "painted", "peak", "repeats", "alone", "gate", "seam", "problem")


def prove(
    models: Sequence[str], out: Path, *, minutes: float, side: int = SIDE, tell: Callable[[str], None] = print
) -> Path:
    """Try every available model until the time is over. Another run continues with what is missing.

    Writes `prove.json` and `prove.html` into `out` after every step, and returns the path of the page. `minutes` limits
    the whole run, and `side` is the longer side of the photos in px. Raises CannotRun if the libraries are missing.
    """
    try:
        from inference.diffusion.model_spec import parse_choice
        from inference.diffusion.presets import load_presets
        from inference.diffusion.prove import Row, Trial
    except ModuleNotFoundError as error:
        from inference.diffusion.doctor import INSTALL

        raise CannotRun(f"kuotu prove needs {error.name}: {INSTALL}") from error
    out.mkdir(parents=True, exist_ok=True)
    file, end, missing = out / "prove.json", time.monotonic() + 60 * minutes, list[str]()
    rows = [Row(**row) for row in json.loads(file.read_text("utf-8"))] if file.is_file() else list[Row]()
    for model in models or load_presets():
        if time.monotonic() > end:
            missing.append(f"{model}: no time was left; run the same command again")
            continue
        trial = Trial(model.partition("?")[0], parse_choice(model), _request(PHOTOS[0], side), _requests(side))
        try:
            for shown in trial.rows({row.key for row in rows}):
                rows.append(shown.row)
                tell(_line(shown.row))
                _keep(out, rows, shown)
                if time.monotonic() > end:
                    missing.append(f"{model}: the time was over; run the same command again")
                    break
        except EngineUnavailable as reason:
            missing.append(f"{model}: {reason}")
    return _page(out, rows, missing, tell)


def _requests(side: int) -> list[Request]:
    return [_request(name, side) for name in PHOTOS]


def _request(name: str, side: int) -> Request:
    photo = decode((SAMPLES / f"{name}.jpg").read_bytes())
    scale = min(1.0, side / max(photo.shape))
    photo = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    return Request(photo, scaled(Extent(photo.shape[1], photo.shape[0]), Direction.ALL, 1.5), seed=7)


def _line(row: Row) -> str:
    return " | ".join(f"{name} {text}" for name, text in _cells(row) if text)


def _cells(row: Row) -> Iterator[tuple[str, str]]:
    values = asdict(row)
    for name in COLUMNS:
        yield name, _told(values[name])


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _keep(out: Path, rows: Sequence[Row], shown: Shown) -> None:
    """Store all rows so far, and the pictures of the last row."""
    (out / "prove.json").write_text(json.dumps([asdict(row) for row in rows], indent=1), "utf-8")
    if shown.pictures:
        (out / _sheet_of(shown.row)).write_bytes(encode_as(_sheet(list(shown.pictures.values())), ".jpg"))


def _sheet_of(row: Row) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in row.key) + ".jpg"


def _sheet(pictures: Sequence[Pixels]) -> Pixels:
    """Arrange pictures in rows of two, at equal widths, with a white line between them."""
    width = min(900, max(picture.shape[1] for picture in pictures))
    scaled_ = [cv2.resize(one, (width, round(one.shape[0] * width / one.shape[1]))) for one in pictures]
    lines = list[Pixels]()
    for first in range(0, len(scaled_), 2):
        pair = scaled_[first : first + 2]
        line = np.full((max(one.shape[0] for one in pair), 2 * width + 8 if len(pictures) > 1 else width, 3), 255)
        for number, one in enumerate(pair):
            line[: one.shape[0], number * (width + 8) :][:, :width] = one
        lines.append(line.astype(np.uint8))
    return np.concatenate(lines)


def _page(out: Path, rows: Sequence[Row], missing: Sequence[str], tell: Callable[[str], None]) -> Path:
    """Write the page: a table of all rows, a list of what did not run, and the pictures."""
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for _, text in _cells(row)) + "</tr>\n" for row in rows)
    left = "".join(f"<li>{escape(line)}</li>\n" for line in missing) or "<li>nothing</li>\n"
    sheets = "".join(
        f'<h2>{escape(row.key)}</h2>\n<img src="{_sheet_of(row)}" alt="{escape(row.key)}">\n'
        for row in rows
        if (out / _sheet_of(row)).is_file()
    )
    page = out / "prove.html"
    style = "body{font:15px sans-serif;margin:2em}td,th{padding:.3em .6em;border-bottom:1px solid #ccc;text-align:left}"
    page.write_text(
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>kuotu prove</title><style>{style}'
        f"img{{max-width:100%}}</style>\n<h1>kuotu prove</h1>\n<table><tr>{head}</tr>\n{body}</table>\n"
        f"<h2>What did not run</h2>\n<ul>{left}</ul>\n{sheets}</html>\n",
        "utf-8",
    )
    for line in missing:
        tell(f"did not run: {line}")
    return page
