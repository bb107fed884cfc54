"""The playground signs the launch data of Mini Apps as Telegram does."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.playground.refusals import Refusal
from tests.support.playground import site


async def test_a_mini_app_learns_who_opened_it(tmp_path: Path) -> None:
    from aiogram.utils.web_app import safe_parse_webapp_init_data  # takes ten seconds of CPU time to import

    async with site(tmp_path) as place:
        mei = await place.person(3)
        address = urlsplit(await mei.open_mini_app("https://kuotu.example/app?x=1"))
        assert address._replace(fragment="").geturl() == "https://kuotu.example/app?x=1"
        (launch,) = parse_qs(address.fragment)["tgWebAppData"]
        data = safe_parse_webapp_init_data(place.playground.token, launch)
        assert data.user is not None
        assert (data.user.id, data.user.first_name, data.user.language_code) == (3, "小梅", "zh-hans")
        with pytest.raises(ValueError, match="Invalid init data"):
            safe_parse_webapp_init_data("7000000001:another", launch)


async def test_a_mini_app_is_a_web_page(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        with pytest.raises(Refusal, match="WEBAPP_URL_INVALID"):
            await (await place.person(1)).open_mini_app("javascript:alert(1)")
