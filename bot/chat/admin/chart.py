"""The statistics as one image: expansions, people and times per day, and bars for engines and surprise.

Its text is English, because Pillow's built-in font has no Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from inference.diffusion.surprises import labels
from storage.statistics import Statistics, Surprise

WIDTH, ROW, MARGIN = 1280, 480, 64
BARS, WORDS = 5, 8  # most bars per chart
LEAST = 2  # of the word bars, for the least surprising words: candidates for removal
PAPER, INK, FAINT, GRID = (17, 20, 28), (232, 236, 244), (134, 144, 164), (42, 48, 62)
TEAL, CORAL, AMBER, VIOLET, SLATE = (64, 201, 180), (255, 111, 97), (255, 190, 85), (154, 134, 255), (96, 106, 132)
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
SAID = [("people say", VIOLET), ("guessed", SLATE)]


@dataclass(frozen=True)
class Bar:
    """One bar of a chart. `note` is written after it."""

    name: str
    value: float
    note: str
    colour: Colour


def chart(numbers: Statistics) -> bytes:
    """Return a PNG of 1280 x 1440 px."""
    picture = Image.new("RGB", (WIDTH, 3 * ROW), PAPER)
    draw = ImageDraw.Draw(picture)
    outcomes = {"done": (numbers.done, TEAL), "failed": (numbers.failed, CORAL)}
    _days(draw, _left(0), "Expansions by day", outcomes, numbers.days)
    title = f"People by day, {numbers.people} in all"
    _days(draw, _right(0), title, {"": (numbers.active, AMBER)}, numbers.days)
    _times(draw, _left(1), numbers)
    engines = [Bar(name, count, "", TEAL) for name, count in numbers.engines.most_common(BARS)]
    _bars(draw, _right(1), "Engines", engines)
    _bars(draw, _left(2), "Surprise by style", surprises(numbers.styles, BARS), SAID, 100)
    words = {", ".join(labels([word], "en")) or word: found for word, found in numbers.words.items()}
    _bars(draw, _right(2), "Surprise by word", surprises(words, WORDS), SAID, 100)
    if len(words) > WORDS:
        between = f"the {WORDS - LEAST} highest and the {LEAST} lowest of {len(words)}"
        draw.text((_right(2)[2], 3 * ROW - 44), between, fill=FAINT, font=_font(16), anchor="ra")
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _left(row: int) -> Box:
    return MARGIN, row * ROW, WIDTH // 2 - MARGIN // 2, (row + 1) * ROW


def _right(row: int) -> Box:
    return WIDTH // 2 + MARGIN, row * ROW, WIDTH - MARGIN // 2, (row + 1) * ROW


def _days(
    draw: ImageDraw.ImageDraw,
    box: Box,
    title: str,
    counts: Mapping[str, tuple[Sequence[int], Colour]],
    days: Sequence[date],
) -> None:
    """Draw counts per day as stacked bars."""
    plot = _frame(draw, box, title, [(name, colour) for name, (_, colour) in counts.items() if name])
    most = max([sum(day) for day in zip(*(numbers for numbers, _ in counts.values()), strict=True)] + [1])
    most += most % 2  # even, so that half of it is an integer for the grid line
    left, top, right, bottom = plot
    _grid(draw, plot, most, "{:.0f}")
    step = (right - left) / len(days)
    for place in range(len(days)):
        x, y = left + place * step, float(bottom)
        for numbers, colour in counts.values():
            rise = (bottom - top) * numbers[place] / most
            if numbers[place]:
                draw.rounded_rectangle((x + step * 0.15, y - rise, x + step * 0.85, y), 3, fill=colour)
            y -= rise
    _dates(draw, plot, days)


def _times(draw: ImageDraw.ImageDraw, box: Box, numbers: Statistics) -> None:
    plot = _frame(draw, box, "Median seconds", [("waiting", AMBER), ("running", TEAL)])
    most = max([value for value in (*numbers.waiting, *numbers.running) if value is not None] + [1.0])
    _grid(draw, plot, most, "{:.0f}" if most >= 10 else "{:.1f}")
    _line(draw, plot, numbers.waiting, most, AMBER)
    _line(draw, plot, numbers.running, most, TEAL)
    _dates(draw, plot, numbers.days)


def _line(draw: ImageDraw.ImageDraw, plot: Box, values: Sequence[float | None], most: float, colour: Colour) -> None:
    """Draw a line through the values. Days without a value are skipped."""
    left, top, right, bottom = plot
    step = (right - left) / len(values)
    points = [
        (left + (place + 0.5) * step, bottom - (bottom - top) * value / most)
        for place, value in enumerate(values)
        if value is not None
    ]
    if len(points) > 1:
        draw.line(points, fill=colour, width=4, joint="curve")
    for x, y in points:
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=colour)


def surprises(found: Mapping[str, Surprise], most: int) -> list[Bar]:
    """Return bars of the most surprising, and if there are more than `most`, of the least surprising."""
    rows = list(found.items())
    shown = rows if len(rows) <= most else [*rows[: most - LEAST], *rows[-LEAST:]]
    return [
        Bar(name, one.index, f"{one.impressions} seen" if one.impressions else "", VIOLET if one.impressions else SLATE)
        for name, one in shown
    ]


def _bars(
    draw: ImageDraw.ImageDraw,
    box: Box,
    title: str,
    bars: Sequence[Bar],
    legend: Sequence[tuple[str, Colour]] = (),
    top: float = 0,
) -> None:
    left, above, right, below = _frame(draw, box, title, legend if bars else ())
    most = top or max([*(bar.value for bar in bars), 1.0])
    step = min(64.0, (below - above) / max(1, len(bars)))
    for place, bar in enumerate(bars):
        y, end = above + place * step, right - 70
        size, thick = (20, 16) if step > 50 else (16, 8)
        note = draw.textlength(bar.note, _font(16))
        name = _shortened(draw, bar.name or "-", size, end - left - note - 12)
        draw.text((left, y), name, fill=INK, font=_font(size))
        draw.text((end, y + size - 2), bar.note, fill=FAINT, font=_font(16), anchor="rs")
        y += size * 1.4
        draw.rounded_rectangle((left, y, end, y + thick), thick // 2, fill=GRID)
        if bar.value > 0:
            length = max(float(thick), (end - left) * bar.value / most)
            draw.rounded_rectangle((left, y, left + length, y + thick), thick // 2, fill=bar.colour)
        draw.text((right, y + thick), f"{bar.value:.0f}", fill=INK, font=_font(size + 2), anchor="rs")
    if not bars:
        draw.text((left, above), "nothing yet", fill=FAINT, font=_font(20))


def _shortened(draw: ImageDraw.ImageDraw, text: str, size: int, room: float) -> str:
    while text and draw.textlength(text, _font(size)) > room:
        text = text.rstrip("…")[:-1] + "…"
    return text


def _frame(draw: ImageDraw.ImageDraw, box: Box, title: str, legend: Sequence[tuple[str, Colour]]) -> Box:
    """Draw the title and the legend, and return the box for the plot."""
    left, top, right, bottom = box
    draw.text((left, top + 36), title, fill=INK, font=_font(28))
    x = float(right)
    for name, colour in reversed(legend):
        x -= draw.textlength(name, _font(18))
        draw.text((x, top + 44), name, fill=FAINT, font=_font(18))
        draw.ellipse((x - 20, top + 48, x - 8, top + 60), fill=colour)
        x -= 36
    return left, top + 100, right, bottom - 56


def _grid(draw: ImageDraw.ImageDraw, plot: Box, most: float, how: str) -> None:
    left, top, right, bottom = plot
    for part in (0.0, 0.5, 1.0):
        y = bottom - (bottom - top) * part
        draw.line((left, y, right, y), fill=GRID, width=1)
        draw.text((left - 8, y), how.format(most * part), fill=FAINT, font=_font(16), anchor="rm")


def _dates(draw: ImageDraw.ImageDraw, plot: Box, days: Sequence[date]) -> None:
    left, _top, right, bottom = plot
    step = (right - left) / len(days)
    for place in range(0, len(days), max(1, len(days) // 5)):
        x = left + (place + 0.5) * step
        draw.text((x, bottom + 10), f"{days[place]:%m-%d}", fill=FAINT, font=_font(16), anchor="ma")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
