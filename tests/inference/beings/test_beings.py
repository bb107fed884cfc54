"""Beings are drawn into pictures: which ones appear, how they are assembled, and where they are placed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.beings.bank import HERE, open_bank
from inference.beings.being import being
from inference.beings.credits import credit_in, shipped
from inference.beings.director import WITH_SUBJECT, WITHOUT, Scene, direct
from inference.beings.light import APART, Light, set_off
from inference.beings.performance import perform
from inference.beings.sprite import lay, mirrored, resized, rounded, trimmed
from inference.beings.stage import Place, Stage, horizon
from inference.beings.visitor import cut_out, read_cutout
from inference.canvas import Box, Extent, Margins
from inference.engine import EngineError, EngineUnavailable, Pixels, Request, Style, Visitor
from inference.image.codec import decode_kept
from tests.support.photos import SAMPLES

RANDOM = np.random.default_rng(3)
FREE = re.compile(r"(?i)public domain|cc0-1\.0|cc-by-\d\.\d")


def meadow(width: int = 360, height: int = 270) -> Pixels:
    picture = np.full((height, width, 3), (150, 190, 230), np.uint8)
    picture[height // 2 :] = (90, 130, 60)
    return picture


def block(height: int = 60, width: int = 40, grey: int = 120) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.dstack([np.full((height, width, 3), grey, np.uint8), np.full((height, width), 255, np.uint8)])


@pytest.mark.parametrize("seed", range(60))
def test_a_being_of_a_few_pixels_may_have_a_suitcase(seed: int) -> None:
    bank, random = open_bank(), np.random.default_rng(seed)
    guest, legs = bank.guests[seed % len(bank.guests)].sprite, bank.legs[seed % len(bank.legs)].sprite
    top = resized(guest, (2 + seed) / max(guest.shape[:2]))
    assert being(top, legs, random, bank.suitcase).shape[2] == 4


def test_the_bank_holds_thirty_guests_and_its_files_are_small() -> None:
    bank = open_bank()
    assert len(bank.guests) >= 30
    assert len({legs.pose for legs in bank.legs}) >= 6
    legs = [*(HERE / "legs").glob("*"), *(HERE / "luggage").glob("*")]
    assert sum(path.stat().st_size for path in legs) <= 1_000_000
    assert sum(path.stat().st_size for path in (HERE / "guests").glob("*")) <= 1_500_000


def test_every_guest_is_free_and_credited() -> None:
    listed = json.loads((HERE / "guests" / "credits.json").read_text("utf-8"))
    assert sorted(listed) == sorted(path.stem for path in (HERE / "guests").glob("*.webp"))
    for credit in listed.values():
        assert FREE.fullmatch(credit["licence"])
        assert credit["author"]
        assert credit["source"].startswith("https://")
    credits_ = [str(credit) for credit in shipped().values()]
    assert [guest.credit for guest in open_bank().guests] == credits_
    assert "a moose by Ryan Hagerty" in credits_
    assert all(credit_in(text) for text in credits_)


def test_an_operators_folder_adds_guests_and_changes_the_digest(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "gnome.png"), block(1200, 300))
    (tmp_path / "notes.txt").write_text("not a picture")
    bank = open_bank(tmp_path)
    own = [guest for guest in bank.guests if not guest.credit]
    assert [(guest.name, guest.credit, max(guest.sprite.shape)) for guest in own] == [("gnome", "", 900)]
    assert bank.digest != open_bank().digest


def test_a_folder_that_is_none_or_holds_what_is_opaque_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="KUOTU_GUESTS names"):
        open_bank(tmp_path / "nothing")
    cv2.imwrite(str(tmp_path / "opaque.png"), np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(EngineUnavailable, match=r"opaque\.png is not a transparent picture"):
        open_bank(tmp_path)


def test_sprites_are_laid_resized_and_rounded() -> None:
    canvas = np.zeros((40, 40, 3), np.uint8)
    lay(block(20, 20, 200), canvas, -10, 30)
    assert canvas[30:, :10].min() == 200
    assert canvas[:30].max() == canvas[:, 10:].max() == 0
    assert resized(block(), 0.5).shape == (30, 20, 4)
    corners = rounded(block(), 0.3)[-1, [0, -1], 3]
    assert corners.max() == 0
    padded = np.pad(block(), ((5, 3), (2, 4), (0, 0)))
    assert np.array_equal(trimmed(padded), block())


def test_a_being_stands_on_its_feet() -> None:
    bank = open_bank()
    whole = being(block(200, 150), bank.legs[0].sprite, np.random.default_rng(1), bank.suitcase)
    assert whole.shape[0] > 250
    assert (whole[-1, :, 3] > 20).any()
    assert np.array_equal(whole, being(block(200, 150), bank.legs[0].sprite, np.random.default_rng(1), bank.suitcase))


def test_what_would_drown_in_its_ground_is_set_off() -> None:
    night = np.full((50, 50, 3), 12, np.uint8)
    seen = set_off(block(grey=20), night)
    assert seen[..., :3].mean() > 20 + APART / 2
    day = np.full((50, 50, 3), 240, np.uint8)
    assert np.array_equal(set_off(block(grey=20), day), block(grey=20))


def test_a_sprite_takes_on_the_light_of_a_dark_photo() -> None:
    light = Light.of(np.full((60, 80, 3), 40, np.uint8))
    assert light.on(block(grey=220))[..., :3].mean() < 120


def test_the_horizon_is_where_sky_meets_ground() -> None:
    assert abs(horizon(meadow()) - 135) <= 4


def test_no_place_meets_the_photo_or_another() -> None:
    photo = Box(90, 70, 270, 210)
    stage = Stage(meadow(), photo, Light.of(meadow()), np.random.default_rng(0))
    boxes = [stage.place(block(), Place((0.1, 0.5), (0.9, 0.99))) for _ in range(5)]
    placed = [box for box in boxes if box is not None]
    assert len(placed) >= 2
    for nth, box in enumerate(placed):
        for other in [photo, *placed[:nth]]:
            apart = box.left >= other.right or other.left >= box.right
            assert apart or box.top >= other.bottom or other.top >= box.bottom


def test_nothing_is_enlarged_more_than_half_again() -> None:
    stage = Stage(meadow(1600, 1200), Box(0, 0, 10, 10), Light.of(meadow()), np.random.default_rng(0))
    box = stage.place(block(), Place((0.02, 0.9), (0.9, 0.99)))
    assert box is not None
    assert box.bottom - box.top <= 90


def test_a_seed_decides_and_seeds_differ_in_kind() -> None:
    assert direct(np.random.default_rng(4), True, 40) == direct(np.random.default_rng(4), True, 40)
    for has_subject, offered in ((True, WITH_SUBJECT), (False, WITHOUT)):
        scenes = {direct(np.random.default_rng(seed), has_subject, 40).scene for seed in range(40)}
        assert scenes == {scene for scene, _ in offered}
        assert sum(share for _, share in offered) == pytest.approx(1)


@pytest.mark.parametrize("wild", [True, False], ids=["wild", "playful"])
@pytest.mark.parametrize("seed", range(4))
def test_guests_walk_in_and_are_credited_and_the_photo_is_left_alone(wild: bool, seed: int) -> None:
    margins = Margins(90, 70, 90, 110)
    photo = meadow()[60:210, 60:240].copy()
    canvas = cv2.copyMakeBorder(photo, 70, 110, 90, 90, cv2.BORDER_REPLICATE)
    before = canvas.copy()
    style = Style.WILD if wild else Style.PLAYFUL
    came, boxes, legs, share = perform(canvas, Request(photo, margins, style, seed), None, open_bank())
    assert came
    changed = (canvas != before).any(axis=2)
    assert changed.sum() > 200
    changed[margins.box(Extent.of(photo)).slices] = False
    assert share == round(changed.sum() / (changed.size - photo.shape[0] * photo.shape[1]), 4)
    new = [canvas[box.top : box.bottom, max(0, box.left) : box.right] for box in boxes]
    assert boxes
    assert sum(part.size for part in new) > 0
    assert set(came) <= set(open_bank().guests)
    assert not legs


@pytest.mark.parametrize("style", [Style.WILD, Style.PLAYFUL])
def test_a_visitor_from_the_chat_walks_in_first(style: Style) -> None:
    photo = meadow()[60:210, 60:240].copy()
    margins = Margins(90, 70, 90, 110)
    visitor = Visitor("ab/cd.webp", block(90, 60))
    came = set()
    for seed in range(4):
        canvas = cv2.copyMakeBorder(photo, 70, 110, 90, 90, cv2.BORDER_REPLICATE)
        request = Request(photo, margins, style, seed, visitors=(visitor,))
        came |= {guest.visitor for guest in perform(canvas, request, None, open_bank())[0]}
    assert "ab/cd.webp" in came


def test_a_cut_out_is_kept_as_a_file_and_read_again() -> None:
    data = cut_out(decode_kept((SAMPLES / "astronaut.jpg").read_bytes()))
    assert data is not None
    sprite = read_cutout(data)
    assert max(sprite.shape) <= 640
    assert 0.2 < (sprite[..., 3] > 128).mean() < 1
    assert cut_out(meadow()) is None
    with pytest.raises(EngineError):
        read_cutout(b"no picture")


@pytest.mark.parametrize("margins", [Margins(3, 0, 0, 5), Margins(1, 0, 0, 0), Margins(0, 0, 0, 2)])
def test_where_there_is_no_room_nobody_comes(margins: Margins) -> None:
    photo = meadow(60, 50)
    canvas = cv2.copyMakeBorder(photo, margins.top, margins.bottom, margins.left, margins.right, cv2.BORDER_REPLICATE)
    perform(canvas, Request(photo, margins, Style.WILD, 1), None, open_bank())
    assert canvas.shape[1::-1] == margins.canvas(Extent(60, 50))


def test_every_scene_has_a_cast() -> None:
    from inference.beings.performance import _CASTS

    assert set(_CASTS) == set(Scene)


def test_mirrored_twice_is_as_it_was() -> None:
    sprite = open_bank().guests[0].sprite
    assert np.array_equal(mirrored(mirrored(sprite)), sprite)
