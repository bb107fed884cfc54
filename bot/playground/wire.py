"""The connection between one person and the playground: requests, and the event stream that feeds a watch."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, FormData

from bot.playground.refusals import Refusal
from bot.playground.watch import Watch
from bot.playground.world import Json

Picture = Path | str | bytes
RECONNECT_DELAY = 0.05  # seconds between attempts to reconnect


class Wire:
    """One person's requests in one chat. The watch follows the stream in the background, over restarts, too."""

    def __init__(self, base_url: str, user: int, chat: int) -> None:
        self._base_url = base_url
        self._who = {"user": user, "chat": chat}
        self.watch = Watch(user, chat)
        self._http: ClientSession | None = None
        self._listening: asyncio.Task[None] | None = None

    def connect(self) -> None:
        """Open the HTTP session."""
        self._http = ClientSession(self._base_url, timeout=ClientTimeout(total=None))

    async def follow(self) -> None:
        """Read the whole chat, then follow the stream in the background."""
        self._listening = asyncio.create_task(self._listen(await self._read_everything()))

    async def close(self) -> None:
        """Stop following and close the session."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        if self._http is not None:
            await self._http.close()

    @property
    def _session(self) -> ClientSession:
        if self._http is None:
            raise RuntimeError("enter the person first: async with Person(...) as ann")
        return self._http

    async def get(self, path: str, **query: str) -> Any:
        """Send a GET request and return its JSON. Raises a Refusal where the playground refuses."""
        async with self._session.get(path, params=query) as response:
            return await _checked(response)

    async def act(self, act: str, **details: Any) -> Any:
        """Perform an act in the chat."""
        async with self._session.post(f"/playground/{act}", json=self._who | details) as response:
            return await _checked(response)

    async def send(self, files: list[tuple[Picture, str, str]], **fields: object) -> Any:
        """Send a message. Each file is (picture, name, MIME type)."""
        form = FormData({key: str(value) for key, value in (self._who | fields).items() if value})
        for data, name, mime in files:
            content = data if isinstance(data, bytes) else await asyncio.to_thread(Path(data).read_bytes)
            form.add_field("file", BytesIO(content), filename=name, content_type=mime)
        async with self._session.post("/playground/send", data=form) as response:
            return await _checked(response)

    async def download(self, file_id: str) -> bytes:
        """Return the bytes of a file."""
        async with self._session.get(f"/playground/files/{file_id}") as response:
            response.raise_for_status()
            return await response.read()

    async def _read_everything(self) -> str:
        """Read the whole chat again. Returns the cursor at which the stream continues."""
        address = f"/playground/chats/{self._who['chat']}"
        page = await self.get(address)
        found, cursor = page["messages"], str(page["cursor"])
        while page["messages"]:
            page = await self.get(address, before=str(page["messages"][0]["message_id"]))
            found = page["messages"] + found
        self.watch.refresh(found)
        return cursor

    async def _listen(self, cursor: str) -> None:
        """Follow the stream. When the playground restarts, reconnect and catch up."""
        while True:
            with suppress(ClientError, ConnectionError):
                async with self._session.get("/playground/events", params={"after": cursor}) as response:
                    async for kind, identity, data in _events(response):
                        cursor = identity if kind != "reset" else await self._read_everything()
                        self.watch.take(kind, data)
            await asyncio.sleep(RECONNECT_DELAY)


async def _events(response: ClientResponse) -> AsyncIterator[tuple[str, str, Json]]:
    """Yield the kind, id and data of every event of a stream."""
    rest = b""
    async for chunk in response.content.iter_any():
        *blocks, rest = (rest + chunk).split(b"\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if not line.startswith(":"))
            if "data" in fields:
                yield fields["event"], fields["id"], json.loads(fields["data"])


async def _checked(response: ClientResponse) -> Any:
    if response.content_type != "application/json":
        response.raise_for_status()
    answer = await response.json()
    if response.status >= 400:
        raise Refusal(answer["error_code"], answer["description"], **answer.get("parameters", {}))
    return answer
