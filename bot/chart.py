"""The statistics as one picture: expansions and times by day, engines and surprise as bars."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from storage.statistics import Statistics

WIDTH, HEIGHT, MARGIN = 1280, 960, 64
PAPER, INK, FAINT, GRID = (17, 20, 28), (232, 236, 244), (134, 144, 164), (42, 48, 62)
TEAL, CORAL, AMBER, VIOLET = (64, 201, 180), (255, 111, 97), (255, 190, 85), (154, 134, 255)
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]


def chart(numbers: Statistics) -> bytes:
    """A PNG of 1280 x 960 px."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    middle = HEIGHT // 2
    _days(draw, (MARGIN, 0, WIDTH // 2 - MARGIN // 2, middle), numbers)
    _times(draw, (WIDTH // 2 + MARGIN, 0, WIDTH - MARGIN // 2, middle), numbers)
    engines = {name: float(count) for name, count in numbers.engines.most_common(5)}
    _bars(draw, (MARGIN, middle, WIDTH // 2 - MARGIN // 2, HEIGHT), "Engines", engines, TEAL, "{:.0f}")
    surprise = {style: 100 * mean for style, mean in sorted(numbers.surprise.items(), key=lambda one: one[1])}
    right = (WIDTH // 2 + MARGIN, middle, WIDTH - MARGIN // 2, HEIGHT)
    _bars(draw, right, "Surprise, guessed, by style", surprise, VIOLET, "{:.0f}", top=100)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _days(draw: ImageDraw.ImageDraw, box: Box, numbers: Statistics) -> None:
    plot = _frame(draw, box, "Expansions by day", [("done", TEAL), ("failed", CORAL)])
    most = max([a + b for a, b in zip(numbers.done, numbers.failed, strict=True)] + [1])
    left, top, right, bottom = plot
    _grid(draw, plot, most, "{:.0f}")
    step = (right - left) / len(numbers.days)
    for place, (done, failed) in enumerate(zip(numbers.done, numbers.failed, strict=True)):
        x, y = left + place * step, float(bottom)
        for count, colour in ((done, TEAL), (failed, CORAL)):
            rise = (bottom - top) * count / most
            if count:
                draw.rounded_rectangle((x + step * 0.15, y - rise, x + step * 0.85, y), 3, fill=colour)
            y -= rise
    _dates(draw, plot, numbers)


def _times(draw: ImageDraw.ImageDraw, box: Box, numbers: Statistics) -> None:
    plot = _frame(draw, box, "Median seconds", [("waiting", AMBER), ("running", TEAL)])
    most = max([value for value in (*numbers.waiting, *numbers.running) if value is not None] + [1.0])
    _grid(draw, plot, most, "{:.0f}" if most >= 10 else "{:.1f}")
    _line(draw, plot, numbers.waiting, most, AMBER)
    _line(draw, plot, numbers.running, most, TEAL)
    _dates(draw, plot, numbers)


def _line(draw: ImageDraw.ImageDraw, plot: Box, values: Sequence[float | None], most: float, colour: Colour) -> None:
    """Days without a value are passed over."""
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


def _bars(
    draw: ImageDraw.ImageDraw, box: Box, title: str, values: dict[str, float], colour: Colour, how: str, top: float = 0
) -> None:
    left, above, right, _below = _frame(draw, box, title, [])
    most = top or max([*values.values(), 1.0])
    for place, (name, value) in enumerate(values.items()):
        y = above + place * 64
        draw.text((left, y), name or "-", fill=INK, font=_font(20))
        draw.rounded_rectangle((left, y + 28, right - 70, y + 44), 8, fill=GRID)
        if value > 0:
            end = left + max(16.0, (right - 70 - left) * value / most)
            draw.rounded_rectangle((left, y + 28, end, y + 44), 8, fill=colour)
        draw.text((right, y + 36), how.format(value), fill=INK, font=_font(22), anchor="rm")
    if not values:
        draw.text((left, above), "nothing yet", fill=FAINT, font=_font(20))


def _frame(draw: ImageDraw.ImageDraw, box: Box, title: str, legend: list[tuple[str, Colour]]) -> Box:
    """Title and legend; gives where the plot goes."""
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


def _dates(draw: ImageDraw.ImageDraw, plot: Box, numbers: Statistics) -> None:
    left, _top, right, bottom = plot
    step = (right - left) / len(numbers.days)
    for place in range(0, len(numbers.days), max(1, len(numbers.days) // 5)):
        x = left + (place + 0.5) * step
        draw.text((x, bottom + 10), f"{numbers.days[place]:%m-%d}", fill=FAINT, font=_font(16), anchor="ma")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
