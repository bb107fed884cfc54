"""The database as one transaction sees it."""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One line of the page's event stream: what happened, where, and the details."""

    kind: str
    data: Json


@dataclass
class World:
    """One transaction: the database, the time (Unix seconds), and the events to publish after the commit."""

    db: sqlite3.Connection
    now: float
    bot_id: int
    events: list[Event] = field(default_factory=list)
    has_updates: bool = False

    @property
    def date(self) -> int:
        """The current time in whole Unix seconds, as the Bot API uses it."""
        return int(self.now)

    def tell(self, kind: str, **data: Any) -> None:
        """Publish an event to every open page once this transaction is committed."""
        self.events.append(Event(kind, data))

    def row(self, question: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        found: sqlite3.Row | None = self.db.execute(question, values).fetchone()
        return found

    def rows(self, question: str, *values: Any) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        return self.db.execute(question, values).fetchall()

    def run(self, statement: str, *values: Any) -> int:
        """Execute a statement and return the number of affected rows."""
        return self.db.execute(statement, values).rowcount

    def setting(self, key: str, default: Any = None) -> Any:
        """Return a setting of the bot (its commands, webhook, allowed updates …)."""
        found = self.row("SELECT value FROM settings WHERE key = ?", key)
        return default if found is None else json.loads(found["value"])

    def keep(self, key: str, value: Any) -> None:
        """Store a setting. None deletes it."""
        if value is None:
            self.run("DELETE FROM settings WHERE key = ?", key)
        else:
            self.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", key, dumps(value))


def dumps(value: Any) -> str:
    """Return compact JSON with sorted keys, so that equal values are equal texts."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
