"""The file ids of previews: found again, and only so many are kept."""

from __future__ import annotations

from bot.previews import Previews
from inference.canvas import Margins


def test_the_canvases_that_were_shown_last_are_kept() -> None:
    previews = Previews(kept=2)
    one, two, three = (("photo", Margins(width)) for width in (1, 2, 3))
    previews.learn(one, "a")
    previews.learn(two, "b")
    assert previews.file_id(one) == "a"
    previews.learn(three, "c")
    assert [previews.file_id(canvas) for canvas in (one, two, three)] == ["a", None, "c"]
    previews.learn(one, "d")
    assert previews.file_id(one) == "d"
