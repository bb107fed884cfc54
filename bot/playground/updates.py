"""The queue of updates for the bot. An update stays until the bot confirms it, even over crashes."""

import asyncio
import json

from bot.playground.refusals import OTHER_POLL, WEBHOOK_ACTIVE, conflict
from bot.playground.store import Store
from bot.playground.world import Json, World, dumps

OFF_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
LONGEST_POLL = 50  # seconds


def wanted(world: World, kind: str) -> bool:
    """Tell whether the bot subscribed to this kind of update."""
    allowed = world.setting("allowed_updates", [])
    return kind in allowed if allowed else kind not in OFF_BY_DEFAULT


def offer(world: World, kind: str, body: Json, instead: tuple[str, ...] = ()) -> None:
    """Queue an update if the bot subscribed to its kind.

    It replaces waiting updates of the same kind that have equal values at the JSON paths in `instead`.
    """
    if wanted(world, kind):
        if instead:
            alike = " AND ".join(f"json_extract(body, '{path}') = json_extract(?, '{path}')" for path in instead)
            world.run(f"DELETE FROM updates WHERE kind = ? AND {alike}", kind, *[dumps(body)] * len(instead))
        world.run("INSERT INTO updates (kind, body) VALUES (?, ?)", kind, dumps(body))
        world.has_updates = True


def pending(world: World, limit: int = 100) -> list[Json]:
    """Return the oldest unconfirmed updates."""
    rows = world.rows("SELECT * FROM updates ORDER BY update_id LIMIT ?", limit)
    return [{"update_id": row["update_id"], row["kind"]: json.loads(row["body"])} for row in rows]


def count(world: World) -> int:
    """Return the number of waiting updates."""
    row = world.row("SELECT count(*) AS waiting FROM updates")
    return int(row["waiting"]) if row else 0


def confirm(world: World, offset: int) -> None:
    """Delete the updates below `offset`. A negative offset deletes all but the last `-offset`."""
    if offset > 0:
        world.run("DELETE FROM updates WHERE update_id < ?", offset)
    elif offset < 0:
        newest = "SELECT update_id FROM updates ORDER BY update_id DESC LIMIT ?"
        world.run(f"DELETE FROM updates WHERE update_id NOT IN ({newest})", -offset)


class LongPoll:
    """getUpdates: waits for updates without polling the database. A second poll ends the first with 409."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._arrived = asyncio.Event()
        self._turn = 0
        self._closed = False

    def wake(self) -> None:
        """Wake the waiting poll, because updates were committed."""
        self._arrived.set()

    def close(self) -> None:
        """Let a waiting poll return at once with what there is."""
        self._closed = True
        self._arrived.set()

    async def fetch(self, offset: int, limit: int, seconds: float, allowed: list[str] | None) -> list[Json]:
        """Confirm up to `offset`, then return up to `limit` updates, waiting at most `seconds` for the first."""
        self._turn += 1
        turn = self._turn
        self._arrived.set()
        await self._store.transact(lambda world: self._begin(world, offset, allowed))
        deadline = asyncio.get_running_loop().time() + min(seconds, LONGEST_POLL)
        while True:
            if turn != self._turn:
                raise conflict(OTHER_POLL)
            self._arrived.clear()
            found = await self._store.transact(lambda world: pending(world, max(1, min(limit, 100))))
            if found or self._closed or not await self._arrives(deadline):
                return found

    @staticmethod
    def _begin(world: World, offset: int, allowed: list[str] | None) -> None:
        if world.setting("webhook"):
            raise conflict(WEBHOOK_ACTIVE)
        if allowed is not None:
            world.keep("allowed_updates", allowed)
        confirm(world, offset)

    async def _arrives(self, deadline: float) -> bool:
        try:
            async with asyncio.timeout_at(deadline):
                await self._arrived.wait()
        except TimeoutError:
            return False
        return True
