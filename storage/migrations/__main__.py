"""`python -m storage.migrations "why"`: writes the revision that migrates the newest tables to the models."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from sqlalchemy import Connection

from storage.database import open_database
from storage.migrations import configuration, migrate


def revise(connection: Connection) -> None:
    """Write the next revision into `versions`."""
    number = 1 + len(list((Path(__file__).parent / "versions").glob("*.py")))
    command.revision(configuration(connection), " ".join(sys.argv[1:]), autogenerate=True, rev_id=f"{number:04}")


async def main() -> None:
    """Create an empty database of the newest revision, and compare it with the models."""
    with TemporaryDirectory() as folder:
        engine = await open_database(f"sqlite+aiosqlite:///{Path(folder) / 'newest.db'}")
        await migrate(engine)
        async with engine.connect() as connection:
            await connection.run_sync(revise)
        await engine.dispose()


asyncio.run(main())
