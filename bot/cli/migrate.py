"""`kuotu migrate`: brings the database to the newest revision, before programs start that share it."""

from __future__ import annotations

from bot.errors import CannotRun
from bot.settings import Settings
from storage.database import DatabaseUnavailable, open_database
from storage.jobs.expansions import EXPANSIONS
from storage.jobs.opening import LOCAL, open_queue
from storage.jobs.queue import QueueUnavailable
from storage.migrations import migrate


async def prepare(settings: Settings) -> str:
    """Migrate the tables, and those of the engine that KUOTU_QUEUE_URL names. Returns one line. Raises CannotRun."""
    try:
        database = await open_database(settings.database)
    except DatabaseUnavailable as error:
        raise CannotRun(str(error)) from error
    try:
        open_queue(settings.queue_url, database, EXPANSIONS)
        await migrate(database, carried=settings.queue_url != LOCAL)
        return f"{database.url.render_as_string()} is up to date"
    except (DatabaseUnavailable, QueueUnavailable) as error:
        raise CannotRun(str(error)) from error
    finally:
        await database.dispose()
