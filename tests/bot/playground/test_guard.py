"""Only pages and programs on this machine can use the playground."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.support.playground import site

FOREIGN = [
    ({"Host": "evil.example"}, "/"),
    ({"Host": "evil.example:8080"}, "/playground/state"),
    ({"Host": "127.0.0.1.evil.example"}, "/"),
    ({"Host": "[::1].evil"}, "/"),
    ({"Origin": "https://evil.example"}, "/playground/state"),
    ({"Origin": "null"}, "/playground/state"),
    ({"Sec-Fetch-Site": "cross-site"}, "/bot{token}/sendMessage?chat_id=1&text=x"),
    ({"Origin": "http://127.0.0.1:1"}, "/bot{token}/getMe"),
    ({"Host": "evil.example"}, "/file/bot{token}/photos/x.jpg"),
]


@pytest.mark.parametrize(("headers", "path"), FOREIGN)
async def test_foreign_hosts_and_origins_are_refused(tmp_path: Path, headers: dict[str, str], path: str) -> None:
    async with site(tmp_path) as place, ClientSession() as session:
        address = place.url + path.format(token=place.playground.token)
        async with session.get(address, headers=headers) as response:
            assert response.status == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:99", "127.0.0.1:8080", "[::1]:8080", "[::1]"])
async def test_this_machine_is_served(tmp_path: Path, host: str) -> None:
    async with site(tmp_path) as place, ClientSession() as session:
        async with session.get(f"{place.url}/playground/state", headers={"Host": host}) as response:
            assert response.status == 200
        async with session.get(f"{place.url}/", headers={"Host": host, "Sec-Fetch-Site": "cross-site"}) as response:
            assert response.status == 200
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["../store.py", "%2e%2e/store.py", "locales/../../store.py", "nothing.js"])
async def test_nothing_beside_the_page_is_served(tmp_path: Path, path: str) -> None:
    from yarl import URL

    async with site(tmp_path) as place, ClientSession() as session:
        async with session.get(URL(f"{place.url}/playground/page/{path}", encoded=True)) as response:
            assert response.status == 404
        address = f"{place.url}/file/bot{place.playground.token}/..%2Fplayground.db"
        async with session.get(URL(address, encoded=True)) as response:
            assert response.status == 404


async def test_a_malformed_request_of_the_page_is_a_400(tmp_path: Path) -> None:
    async with site(tmp_path) as place, ClientSession() as session:
        for body in ({}, {"user": "x", "chat": 1}):
            async with session.post(f"{place.url}/playground/tap", json=body) as response:
                assert response.status == 400
        async with session.post(f"{place.url}/playground/send", data={"user": "Ann"}) as response:
            assert response.status == 400
        async with session.get(f"{place.url}/playground/chats/x") as response:
            assert response.status == 400
