"""Rows of any table as lines of JSON that mean the same on SQLite and on PostgreSQL.

Tables are read from the database itself and not from the models, because a backup may be older than the program.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    func,
    inspect,
    select,
    text,
)

REVISION = "alembic_version"  # the table of Alembic
CARRIER = "procrastinate"  # its tables hold what Kuotu's own table of jobs says, too
LOT = 500  # rows that are read or written at once


def tables(connection: Connection) -> list[Table]:
    """Return the tables of a database except Alembic's and Procrastinate's, each after those that it refers to."""
    metadata = MetaData()
    others = (REVISION, CARRIER)
    metadata.reflect(
        connection, only=[name for name in inspect(connection).get_table_names() if not name.startswith(others)]
    )
    for found in (column for one in metadata.tables.values() for column in one.columns):
        if isinstance(found.type, JSON):
            found.type = JSON(none_as_null=True)
    return metadata.sorted_tables


def revision(connection: Connection) -> str | None:
    """Return the revision of the tables, or None if the database has none."""
    if not inspect(connection).has_table(REVISION):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {REVISION}"))
    return found


def dump(connection: Connection, table: Table) -> Iterator[bytes]:
    """Return a table's rows, each as a line of JSON."""
    ordered = select(table).order_by(*table.primary_key).execution_options(yield_per=LOT)
    for row in connection.execute(ordered).mappings():
        line = {name: _plain(value) for name, value in row.items()}
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def load(connection: Connection, table: Table, lines: Iterable[bytes]) -> int:
    """Insert rows that `dump` has returned, and return their number."""
    count = 0
    rows = (_row(table, json.loads(line), connection.dialect.name) for line in lines)
    while lot := list(islice(rows, LOT)):
        connection.execute(table.insert(), lot)
        count += len(lot)
    return count


def continue_numbering(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number the next row after those that came with their numbers. SQLite does so itself."""
    key = list(table.primary_key)
    if connection.dialect.name != "postgresql" or len(key) != 1:
        return
    sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, key[0].name)))
    highest = connection.scalar(select(func.max(key[0])))
    if sequence is not None and highest is not None:
        connection.execute(select(func.setval(sequence, highest)))


def _plain(value: object) -> object:
    match value:
        case datetime():
            return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
        case bytes():
            return value.hex()
    return value


def _row(table: Table, line: dict[str, Any], dialect: str) -> dict[str, Any]:
    return {name: _native(table.columns[name].type, value, dialect) for name, value in line.items()}


def _native(kind: object, value: Any, dialect: str) -> Any:
    if value is None:
        return None
    if isinstance(kind, DateTime):
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=None) if dialect == "sqlite" else moment
    return bytes.fromhex(value) if isinstance(kind, LargeBinary) else value
