"""Reports from the pages: by people from Telegram and by strangers, each within a limit that programs share."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.web.reports import EACH, STRANGERS
from storage.buckets import Buckets
from storage.gallery.moderation import Reported
from storage.models import PostStatus, Reason
from tests.support.launch import MEI, NOW, signed
from tests.support.wall import ANN, TOKEN, Wall, flat, wall_in

FORM = "application/x-www-form-urlencoded"
FIRST, AGAIN = Reported(True, False), Reported(False, False)


@pytest.fixture
async def wall(tmp_path: Path) -> AsyncIterator[Wall]:
    async with wall_in(tmp_path) as wall:
        wall.door.clock = lambda: NOW
        yield wall


def launch(person: int = 3) -> str:
    return signed(TOKEN, user=json.dumps(MEI | {"id": person}))


async def sent(wall: Wall, post_id: int, data: Any = None, **headers: str) -> tuple[int, str]:
    """Send the form of a post's page; return the status and the page."""
    address = f"{wall.url}/post/{post_id}/report?lang=en"
    async with wall.client.post(
        address, data={"reason": "violent"} if data is None else data, headers=headers
    ) as answer:
        return answer.status, await answer.text()


async def test_a_stranger_reports_once_and_moderators_hear_of_it(wall: Wall) -> None:
    post = await wall.hang(flat(60, 40))
    _, _, page = await wall.get(f"/post/{post.id}?lang=en")
    assert f'action="/post/{post.id}/report?lang=en"' in page.decode()
    status, said = await sent(wall, post.id)
    assert (status, "Thank you. A moderator will look at it." in said) == (200, True)
    assert f'href="/post/{post.id}?lang=en"' in said
    assert "You have reported this already." in (await sent(wall, post.id, {"reason": "sexual"}))[1]
    assert wall.told == [(post.id, FIRST), (post.id, AGAIN)]
    case = await wall.services.moderation.case()
    assert case is not None
    assert (case.post.id, case.reasons, case.strangers) == (post.id, {Reason.VIOLENT: 1}, 1)


async def test_strangers_never_take_a_post_down(wall: Wall) -> None:
    post = await wall.hang(flat(60, 40))
    for number in range(10):
        assert await wall.services.moderation.report_unknown(post.id, f"stranger {number}", Reason.OTHER)
    there = await wall.services.gallery.post(post.id)
    assert there is not None
    assert there.status is PostStatus.LIVE


async def test_a_person_reports_as_in_the_chat(wall: Wall) -> None:
    post, path = await wall.hang(flat(60, 40)), "/post/{}/report/signed"
    for person, said in (
        (3, "谢谢，管理员会来看。"),
        (3, "你已经举报过了。"),
        (4, "谢谢，管理员会来看。"),
        (5, "谢谢，管理员会来看。"),
    ):
        assert await wall.say(path.format(post.id), {"reason": "violent"}, launch(person)) == (200, {"said": said})
    assert [said for _, said in wall.told] == [FIRST, AGAIN, FIRST, Reported(True, True)]
    assert (await wall.say(path.format(post.id), {"reason": "violent"}, launch(6)))[0] == 404
    assert (await wall.get(f"/post/{post.id}"))[0] == 404


async def test_reports_are_limited_by_client_and_by_person_in_the_database(wall: Wall) -> None:
    posts = [await wall.hang(flat(60, 40)) for _ in range(2)]
    frozen = Buckets(wall.database, lambda: 0.0)
    object.__setattr__(wall.services, "buckets", frozen)  # time stands still
    assert [(await sent(wall, posts[n % 2].id))[0] for n in range(7)] == [200] * 5 + [429] * 2
    path = f"/post/{posts[0].id}/report/signed"
    answers = [(await wall.say(path, {"reason": "violent"}, launch()))[0] for _ in range(6)]
    assert answers == [200] * 5 + [429]
    assert await frozen.take(f"report:{wall.door.clients.disguised('127.0.0.1')}", 1, EACH) > 600
    assert await frozen.take("reports", STRANGERS.burst - 5, STRANGERS) == 0
    assert await frozen.take("reports", 1, STRANGERS) > 0


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        pytest.param({}, {}, 400, id="empty"),
        pytest.param({"reason": "boring"}, {}, 400, id="unknown"),
        pytest.param({"reason": "violent" + "x" * 2000}, {}, 400, id="long"),
        pytest.param(b'{"reason": "violent"}', {"Content-Type": "application/json"}, 400, id="json"),
        pytest.param(b"reason=%ff", {"Content-Type": FORM}, 400, id="bytes"),
        pytest.param(b"reason=violent", {"Content-Type": f"{FORM}; charset=klingon"}, 400, id="no charset"),
        pytest.param(b"reason=violent", {"Content-Type": f"{FORM}; charset=rot13"}, 400, id="no text"),
        pytest.param(b"\xff\xfe", {"Content-Type": FORM}, 400, id="no words"),
        pytest.param(b"reason=\xed\xa0\x80", {"Content-Type": FORM}, 400, id="half a character"),
        pytest.param(b"reason=%ED%A0%80", {"Content-Type": FORM}, 400, id="half a character in percent signs"),
        pytest.param(b"reason=%", {"Content-Type": FORM}, 400, id="half a percent sign"),
        pytest.param(b"x", {"Content-Type": FORM, "Content-Encoding": "gzip"}, 400, id="not compressed"),
        pytest.param({"reason": "violent"}, {"Sec-Fetch-Site": "cross-site"}, 403, id="another-site"),
        pytest.param({"reason": "violent"}, {"Sec-Fetch-Site": "same-origin"}, 200, id="this-site"),
    ],
)
async def test_only_the_form_of_the_page_reports(wall: Wall, data: Any, headers: dict[str, str], status: int) -> None:
    post = await wall.hang(flat(60, 40))
    assert (await sent(wall, post.id, data, **headers))[0] == status
    assert (await wall.services.moderation.case() is not None) is (status == 200)


async def test_what_is_not_shown_cannot_be_reported(wall: Wall) -> None:
    post = await wall.hang(flat(60, 40))
    await wall.services.gallery.unpublish(post.id, ANN)
    assert {(await sent(wall, number))[0] for number in (post.id, 404)} == {404}
    assert wall.told == []


@pytest.mark.parametrize("data", [None, "", launch()[:-1] + "z"])
async def test_whoever_is_not_signed_reports_nothing(wall: Wall, data: str | None) -> None:
    post = await wall.hang(flat(60, 40))
    assert (await wall.say(f"/post/{post.id}/report/signed", {"reason": "violent"}, data))[0] == 401
    assert (await wall.say(f"/post/{post.id}/report/signed", {"reason": "no"}, launch()))[0] == 400
    await wall.services.moderation.ban(3, ANN)
    assert (await wall.say(f"/post/{post.id}/report/signed", {"reason": "violent"}, launch()))[0] == 403
    assert wall.told == []
