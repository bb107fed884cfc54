"""Launch data of the Mini App, signed as Telegram signs it."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from bot.web.init_data import signature

TOKEN = "7000000001:AAH-of-this-run"
NOW = 1_800_000_000.0
MEI = {"id": 3, "first_name": "小梅 🐱 & <b>", "last_name": "Li", "language_code": "zh-hans"}


def signed(token: str = TOKEN, **changes: str) -> str:
    """Return launch data of Mei at `NOW`, with the given fields changed or added, and a valid signature."""
    fields = {"auth_date": str(int(NOW)), "query_id": "AAH=", "user": json.dumps(MEI), "signature": "abc"} | changes
    return urlencode(fields | {"hash": signature(fields, token)})
