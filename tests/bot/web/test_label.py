"""Pages, previews and captions say that a machine painted, where the operator wants it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.cards.lines import label_lines
from bot.chat.texts import texts
from inference.marks.label import Label
from inference.marks.manifest import State, read
from storage.database import transactions
from storage.models import Mark
from tests.support.wall import flat, wall_in


async def test_pages_and_previews_say_it_and_their_large_pictures_are_signed(tmp_path: Path) -> None:
    async with wall_in(tmp_path) as wall:
        post = await wall.hang(flat(1600, 900))
        for path, language in ((f"/post/{post.id}", "en"), ("/gallery", "en"), (f"/post/{post.id}", "zh")):
            _, _, body = await wall.get(f"{path}?lang={language}")
            label = texts(language)("label.made")
            assert f'<meta property="og:description" content="{label} · ' in body.decode()
            assert body.decode().count(label) >= 2
            assert f"<footer><p>{label} · " in body.decode()  # a full stop would be a Western one in Chinese, too
        _, _, large = await wall.get(f"/picture/{post.id}/1280.webp")
        assert read(large, wall.services.marks.keys).state is State.OURS
        _, _, small = await wall.get(f"/picture/{post.id}/320.webp")
        assert (read(small, wall.services.marks.keys).state, b"TC260:AIGC" in small) == (State.NONE, True)


@pytest.mark.parametrize(
    ("label", "drawn", "line"),
    [
        (Label.CAPTION, True, ["Expanded by AI"]),
        (Label.CORNER, True, []),
        (Label.CORNER, False, ["Expanded by AI (the picture has no room for the label)"]),
        (Label.NONE, False, []),
    ],
)
async def test_a_caption_says_it_unless_the_picture_does(
    tmp_path: Path, label: Label, drawn: bool, line: list[str]
) -> None:
    async with wall_in(tmp_path) as wall:
        made = await wall.make(flat(160, 90))
        async with transactions(wall.database).write() as session:
            known = {"number": "0" * 16, "fingerprint": "0" * 16, "source": "", "result": ""}
            whose = {"expansion_id": made.id, "person_id": made.person_id}
            session.add(Mark(**whose, **known, watermarked=True, labelled=drawn))
        services = replace(wall.services, marks=replace(wall.services.marks, label=label))
        assert await label_lines(services, texts("en"), made) == line
