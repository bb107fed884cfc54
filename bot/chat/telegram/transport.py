"""HTTP to the Bot API, in which no call takes for ever."""

from __future__ import annotations

import logging
import ssl
from functools import cache
from http import HTTPStatus
from io import BytesIO

import certifi
from aiohttp import (
    ClientError,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    FormData,
    InvalidURL,
    TCPConnector,
)
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

# the standard library's, because commands that configure no logs must not print the token that each URL contains
log = logging.getLogger(__name__)

PATIENCE = 30.0  # seconds: a call that is given up may have been done, so waiting on a busy machine is better
WHOLE = 150.0  # seconds of a call, whatever it does; an upload takes longest
AT_ONCE = 256  # connections
RESULT = b'"result"'  # the field of every answer to a call that was done


class Transport(BaseRequest):
    """The HTTP client of python-telegram-bot, made of aiohttp's, with a limit on the whole of a call.

    An answer that comes byte by byte would otherwise hold the call, and the place of the person whom it is for, without
    end. aiohttp takes a fifth of the CPU time of the client that the library has of its own.
    """

    __slots__ = ("_connections", "_session", "_whole")

    def __init__(self, connections: int = AT_ONCE, whole: float = WHOLE) -> None:
        self._connections, self._whole = connections, whole
        self._session: ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """The seconds that a call waits for the next piece of its answer."""
        return PATIENCE

    async def initialize(self) -> None:
        """Open the client, unless it is open."""
        if self._session is None or self._session.closed:
            connector = TCPConnector(limit=self._connections, ssl=_trusted())
            headers = {"User-Agent": self.USER_AGENT}
            self._session = ClientSession(
                connector=connector, headers=headers, cookie_jar=DummyCookieJar(), trust_env=True
            )

    async def shutdown(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        *_others: object,
        **_named: object,
    ) -> tuple[int, bytes]:
        """Make a call. Raises TimedOut and NetworkError, after which nobody knows whether it was done.

        Whatever says 200 and has no result was not written by the Bot API. The library would fail at it with KeyError.
        The library's `read_timeout` limits, in seconds, how long the answer may pause. It begins when all is sent, so a
        slow upload is limited by the whole alone.
        """
        if self._session is None:
            raise RuntimeError("the transport is not initialized")
        reading = read_timeout if isinstance(read_timeout, int | float) else PATIENCE
        limits = ClientTimeout(total=self._whole, sock_connect=PATIENCE, sock_read=reading)
        call = self._session.request(method, url, data=_body(request_data), timeout=limits, allow_redirects=False)
        try:
            async with call as response:
                status, answer = response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut(f"no answer in time: {error}") from error
        except (ClientError, OSError) as error:
            raise NetworkError(_words_of(error)) from error
        log.debug("%s %s: %d", method, url, status)
        if method == "POST" and status == HTTPStatus.OK and RESULT not in answer:
            raise NetworkError("the answer is none of the Bot API")
        return status, answer


def _words_of(error: Exception) -> str:
    """Return what an error says, without the URL, which contains the token."""
    name = type(error).__name__
    return name if isinstance(error, ClientResponseError | InvalidURL) else f"{name}: {error}"


def _body(data: RequestData | None) -> FormData | dict[str, str] | None:
    """Return what is sent: the parameters, and the files as they are named, in any script."""
    if data is None or not data.contains_files:
        return data.json_parameters if data else None
    form = FormData(data.json_parameters, quote_fields=False, default_to_multipart=True)
    for name, (filename, content, kind) in data.multipart_data.items():
        file = BytesIO(content) if isinstance(content, bytes) else content  # large bytes would be sent in one piece
        form.add_field(name, file, filename=filename, content_type=kind)
    return form


@cache
def _trusted() -> ssl.SSLContext:
    """Trust the authorities of the system and those of certifi, because a small container may have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
