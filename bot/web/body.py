"""Reads what clients send in bodies of requests, which may be anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

UNREADABLE = (
    ValueError,  # not in the charset that it names, broken percent signs, parts without an end
    LookupError,  # a charset that does not exist, or is none
    RuntimeError,  # an encoding of a part that does not exist, or parts in parts without end
    HttpProcessingError,  # headers of a part that are none
    web.RequestPayloadError,  # not compressed, or not in chunks, as it says
    ConnectionError,  # it ends too early; nobody is there to read an answer, but it is no fault of ours either
)
"""What aiohttp raises for a broken body. It names few of them, so only the reading of a body belongs into `reading`."""


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Answer a body that cannot be read with one sentence: raises HTTPBadRequest for `what`."""
    try:
        yield
    except UNREADABLE:
        raise web.HTTPBadRequest(text=f"{what} cannot be read") from None
