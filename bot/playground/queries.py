"""Queries: button taps and inline queries that the bot has to answer in time."""

import json
import secrets
from typing import Any

from bot.playground.refusals import QUERY_TOO_OLD, bad_request
from bot.playground.world import Json, World, dumps

# Telegram does not document how long a query lives. Bots report refusals after about a minute.
LIFETIME = 60  # seconds


def ask(world: World, kind: str, user_id: int, **body: Any) -> str:
    """Store a query and return its id."""
    query_id = str(10**17 + secrets.randbits(56))
    world.run("DELETE FROM queries WHERE date < ?", world.now - LIFETIME)
    world.run("INSERT INTO queries VALUES (?, ?, ?, ?, ?)", query_id, kind, user_id, world.now, dumps(body))
    return query_id


def answer(world: World, kind: str, query_id: str) -> tuple[int, Json]:
    """Take a query: return who asked and what was stored. Raises Telegram's refusal if it is unknown or too old."""
    row = world.row("SELECT * FROM queries WHERE id = ? AND kind = ?", query_id, kind)
    if row is None or world.now - row["date"] > LIFETIME:
        raise bad_request(QUERY_TOO_OLD)
    world.run("DELETE FROM queries WHERE id = ?", query_id)
    return row["user_id"], json.loads(row["body"])
