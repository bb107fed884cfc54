"""Tells outages from programming errors. After an outage the same work is tried again; after a bug it is not."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.blobs import STORE_ERRORS

FIRST, LONGEST = 0.5, 30.0  # seconds of the first and of the longest pause


def is_storage_outage(error: BaseException) -> bool:
    """Tell whether the database, the disk or the blob store did not answer, so that no fault of the code is known."""
    if isinstance(error, FileNotFoundError):  # a blob that was deleted, which no waiting brings back
        return False
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OperationalError, InterfaceError, PoolTimeout, *STORE_ERRORS))


def pause_after(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 0.5, 1, 2 and so on, at most 30."""
    return min(LONGEST, FIRST * 2.0 ** min(max(failures - 1, 0), 16))
