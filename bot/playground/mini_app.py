"""Mini Apps: the signed launch data that tells a page who opened it (core.telegram.org/bots/webapps)."""

import hashlib
import hmac
from urllib.parse import quote, urlencode, urlsplit

from bot.playground import people
from bot.playground.refusals import bad_request
from bot.playground.world import World, dumps

VERSION = "9.1"


def launch(world: World, token: str, user_id: int, url: str) -> str:
    """Return the address that Telegram's apps open: the page's own, with `tgWebAppData` in its fragment."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise bad_request("WEBAPP_URL_INVALID")
    person = {key: value for key, value in people.user(world, user_id).items() if key != "is_bot"}
    data = {"auth_date": str(world.date), "query_id": f"AA{user_id}", "user": dumps(person)}
    fragment = {"tgWebAppData": urlencode(signed(data, token), quote_via=quote), "tgWebAppVersion": VERSION}
    return f"{url}#{urlencode(fragment | {'tgWebAppPlatform': 'web'}, quote_via=quote)}"


def signed(data: dict[str, str], token: str) -> dict[str, str]:
    """Add the field `hash`, an HMAC of the other fields keyed by the bot's token."""
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    lines = "\n".join(f"{name}={value}" for name, value in sorted(data.items()))
    return data | {"hash": hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()}
