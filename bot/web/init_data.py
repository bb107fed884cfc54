"""Verifies the launch data with which Telegram signs who opened a Mini App (core.telegram.org/bots/webapps)."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl

from bot.chat.titles import clean_name

LONGEST = 4096  # characters; Telegram's own are under 1,000
LIFETIME = 24 * 3600  # seconds for which a launch is valid
AHEAD = 300  # seconds by which the signer's clock may be ahead of ours
MOST = 2**52  # Telegram's ids have at most 52 significant bits


class NotSigned(Exception):
    """The launch data is forged, expired or malformed. The message says which."""


@dataclass(frozen=True)
class Visitor:
    """The person who opened the Mini App, according to Telegram."""

    id: int
    name: str
    language_code: str | None


def verify(init_data: str, token: str, now: float) -> Visitor:
    """Return the person of launch data that the token signed in the last LIFETIME seconds. Raises NotSigned."""
    if len(init_data) > LONGEST or not init_data.isascii():
        raise NotSigned(f"the launch data is not ASCII or is longer than {LONGEST} characters")
    pairs = parse_qsl(init_data, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise NotSigned("the launch data names a field twice")
    given = fields.pop("hash", "")
    if not hmac.compare_digest(given.encode(), signature(fields, token).encode()):
        raise NotSigned("the launch data is not signed with this bot's token")
    age = now - _number(fields.get("auth_date"))
    if not -AHEAD <= age <= LIFETIME:
        raise NotSigned("the launch data has expired; open the page from Telegram again")
    return _visitor(fields.get("user", ""))


def signature(fields: dict[str, str], token: str) -> str:
    """Return the hash of all fields but `hash`."""
    key = hmac.digest(b"WebAppData", token.encode(), sha256)
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return hmac.digest(key, lines.encode(), sha256).hex()


def _number(text: str | None) -> int:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotSigned(f"the launch data has no valid time: auth_date={text!r}")
    return int(text)


def _visitor(text: str) -> Visitor:
    try:
        user = json.loads(text)
        person, first, last = user["id"], user["first_name"], user.get("last_name") or ""
        language = user.get("language_code")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotSigned("the launch data names no person") from None
    if isinstance(person, bool) or not isinstance(person, int) or not 0 < person < MOST or user.get("is_bot"):
        raise NotSigned(f"the launch data names {person!r}, which is not a person's id")
    code = str(language)[:16].encode(errors="replace").decode() if language else None
    return Visitor(person, clean_name(f"{first} {last}"), code)
