"""The form of the page that checks a picture: whatever is sent there is answered, and never by a fault of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.wall import wall_in

KIND = "multipart/form-data; boundary=xyz"
NAMED = b'Content-Disposition: form-data; name="picture"; filename="a.jpg"'
CHARSET = b'Content-Disposition: form-data; name="_charset_"'


def form(*parts: tuple[bytes, bytes], end: bytes = b"--xyz--\r\n") -> bytes:
    return b"".join(b"--xyz\r\n" + headers + b"\r\n\r\n" + body + b"\r\n" for headers, body in parts) + end


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("multipart/form-data", form((NAMED, b"abc")), id="no boundary"),
        pytest.param("application/json", b"{}", id="no form"),
        pytest.param(KIND, b"", id="nothing"),
        pytest.param(KIND, b"garbage", id="garbage"),
        pytest.param(KIND, form((NAMED, b"")), id="an empty picture"),
        pytest.param(KIND, form((b"nocolon", b"abc")), id="headers that are none"),
        pytest.param(KIND, form((NAMED + b"\r\nX: " + b"y" * 100_000, b"abc")), id="a long header"),
        pytest.param(KIND, form((CHARSET, b"k" * 100), (NAMED, b"abc")), id="a long charset"),
        pytest.param(
            KIND,
            b"--xyz\r\nContent-Type: multipart/mixed; boundary=xyz\r\n\r\n" * 2000,
            id="parts in parts without end",
        ),
    ],
)
async def test_a_broken_form_is_answered_with_a_sentence(tmp_path: Path, kind: str, body: bytes) -> None:
    async with wall_in(tmp_path) as wall:
        address, headers = f"{wall.url}/verify?lang=en", {"Content-Type": kind}
        async with wall.client.post(address, data=body, headers=headers) as answer:
            assert answer.status == 400
            assert '<div class="notice">' in await answer.text()


async def test_what_is_no_picture_is_said_to_be_none(tmp_path: Path) -> None:
    async with wall_in(tmp_path) as wall:
        body, headers = form((NAMED, b"abc")), {"Content-Type": KIND}
        async with wall.client.post(f"{wall.url}/verify?lang=en", data=body, headers=headers) as answer:
            assert answer.status == 200
