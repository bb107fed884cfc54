"""The world: everything the playground remembers, seen from inside one transaction."""

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
    """One transaction: the database, the time (Unix seconds), and what to tell after the commit."""

    db: sqlite3.Connection
    now: float
    bot_id: int
    events: list[Event] = field(default_factory=list)
    has_updates: bool = False

    @property
    def date(self) -> int:
        """Now, as the whole Unix seconds that the Bot API speaks."""
        return int(self.now)

    def tell(self, kind: str, **data: Any) -> None:
        """Tell every open page, once this transaction is committed."""
        self.events.append(Event(kind, data))

    def row(self, question: str, *values: Any) -> sqlite3.Row | None:
        """The first row of the answer, if there is one."""
        found: sqlite3.Row | None = self.db.execute(question, values).fetchone()
        return found

    def rows(self, question: str, *values: Any) -> list[sqlite3.Row]:
        """Every row of the answer."""
        return self.db.execute(question, values).fetchall()

    def run(self, statement: str, *values: Any) -> int:
        """Change something; the number of rows touched."""
        return self.db.execute(statement, values).rowcount

    def setting(self, key: str, default: Any = None) -> Any:
        """What the bot set about itself (its commands, webhook, allowed updates …)."""
        found = self.row("SELECT value FROM settings WHERE key = ?", key)
        return default if found is None else json.loads(found["value"])

    def keep(self, key: str, value: Any) -> None:
        """Remember a setting; None forgets it."""
        if value is None:
            self.run("DELETE FROM settings WHERE key = ?", key)
        else:
            self.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", key, dumps(value))


def dumps(value: Any) -> str:
    """Compact JSON in a stable order, so that equal values are equal texts."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
