"""The playground: a local Telegram. This file connects its parts."""

import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Self

from aiohttp import web

from bot.playground import assets, people, seeds
from bot.playground.bot_api import BotApi
from bot.playground.events import Stream
from bot.playground.files import Folder
from bot.playground.flood import Flood
from bot.playground.guard import Guard
from bot.playground.page_api import PageApi
from bot.playground.store import Store
from bot.playground.tidying import Tidying
from bot.playground.updates import LongPoll
from bot.playground.webhook import Webhook
from bot.playground.world import World

DEFAULT_TOKEN = "7000000001:playground-for-this-machine-only"


class Playground:
    """A local Telegram for one bot and any number of people. Its state lives in one folder and survives a SIGKILL."""

    def __init__(
        self, folder: Path, token: str, username: str, flood: Flood | None, clock: Callable[[], float]
    ) -> None:
        self.token = token
        self.username = username
        self._stream = Stream()
        self._store = Store(folder / "playground.db", int(token.partition(":")[0]), clock, self._committed)
        self._folder = Folder(folder / "files")
        self._poll = LongPoll(self._store)
        self._tidying = Tidying(self._store, self._folder)
        self._bot_api = BotApi(token, self._store, self._folder, self._poll, flood, self._tidying)
        self._webhook: Webhook | None = None

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        token: str = DEFAULT_TOKEN,
        username: str = "kuotu_bot",
        name: str = "Kuotu",
        flood_control: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Open the playground in a folder, which is created if it is missing. `clock` returns Unix seconds."""
        (folder / "files").mkdir(parents=True, exist_ok=True)
        playground = cls(folder, token, username, Flood(clock) if flood_control else None, clock)
        await playground._store.transact(lambda world: _set_up(world, name, username))
        await playground._tidying.tidy()
        playground._webhook = Webhook(playground._store, playground._bot_api.execute)
        playground._bot_api.webhook_changed = playground._webhook.wake
        return playground

    def _committed(self, world: World) -> None:
        self._stream.publish(world.events)
        if world.has_updates:
            self._poll.wake()
            if self._webhook is not None:
                self._webhook.wake()

    def add_routes(self, app: web.Application, *, allowed_hosts: Collection[str] = ()) -> None:
        """Mount the page at `/`, the Bot API, and the page's API. Hosts other than loopback must be listed."""
        guard = Guard(allowed_hosts)
        page = PageApi(self.token, self._store, self._folder, self._stream)
        router = app.router
        router.add_get("/", guard.page(assets.page))
        router.add_get("/playground/page/{name:.+}", guard.page(assets.asset))
        router.add_get("/playground/samples/{name}", guard.page(assets.sample))
        router.add_route("*", "/bot{token:[^/]+}/{method}", guard.api(self._bot_api.handle))
        router.add_get("/file/bot{token:[^/]+}/{path:.+}", guard.api(self._bot_api.file))
        router.add_get("/playground/state", guard.api(page.state))
        router.add_get("/playground/events", guard.api(page.events))
        router.add_get("/playground/menu", guard.api(page.menu))
        router.add_get("/playground/mini-app", guard.api(page.mini_app))
        router.add_get("/playground/chats/{chat}", guard.api(page.history))
        router.add_get("/playground/files/{file_id}", guard.page(page.file))
        router.add_post("/playground/send", guard.api(page.send))
        router.add_post("/playground/{act}", guard.api(page.act))
        app.on_shutdown.append(self._end_streams)  # open streams would otherwise delay the shutdown

    async def _end_streams(self, _: web.Application) -> None:
        self._stream.close()
        self._poll.close()

    async def close(self) -> None:
        """End all streams, polls and the webhook, and close the database."""
        self._stream.close()
        self._poll.close()
        if self._webhook is not None:
            await self._webhook.close()
        await self._store.close()


def _set_up(world: World, name: str, username: str) -> None:
    """Plant the people of a new playground."""
    people.save_user(world, world.bot_id, first_name=name, username=username, language_code="")
    if not people.everybody(world):
        seeds.plant(world)
