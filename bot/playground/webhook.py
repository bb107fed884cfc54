"""The webhook: posts updates to the bot's address, one at a time, each until it is accepted."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.playground import updates
from bot.playground.call import Call
from bot.playground.guard import LOOPBACK
from bot.playground.refusals import Refusal, bad_request
from bot.playground.store import Store
from bot.playground.world import Json, World

FIRST_RETRY, LAST_RETRY = 0.25, 30.0  # seconds
TIMEOUT = ClientTimeout(total=60)


def save(world: World, call: Call) -> bool:
    """setWebhook and deleteWebhook: store the address; an empty one means none."""
    url = call.text("url") if call.method == "setwebhook" else ""
    secret = call.text("secret_token")
    if url and urlsplit(url).scheme != "https" and urlsplit(url).hostname not in LOOPBACK:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    world.keep("webhook", {"url": url, "secret": secret} if url else None)
    world.keep("webhook_error", None)
    allowed = call.json("allowed_updates")
    if allowed is not None:
        world.keep("allowed_updates", allowed)
    if call.flag("drop_pending_updates"):
        world.run("DELETE FROM updates")
    return True


class Webhook:
    """A task that posts the oldest update and retries with growing pauses until the bot answers with 2xx."""

    def __init__(self, store: Store, execute: Callable[[Call], Awaitable[Any]]) -> None:
        self._store = store
        self._execute = execute
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Wake the task, because there are updates or a new address."""
        self._news.set()

    async def close(self) -> None:
        """Stop. Updates that were not accepted wait for the next start."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        failures = 0
        async with ClientSession(timeout=TIMEOUT) as session:
            while True:
                self._news.clear()
                hook, waiting = await self._store.transact(_next)
                if not hook or not waiting:
                    await self._news.wait()
                    continue
                trouble = await self._post(session, hook, waiting[0])
                failures = failures + 1 if trouble else 0
                if trouble:
                    await self._store.transact(lambda world, error=trouble: _note(world, error))  # type: ignore[misc]
                    await self._pause(min(LAST_RETRY, FIRST_RETRY * 2 ** (failures - 1)))

    async def _post(self, session: ClientSession, hook: Json, update: Json) -> str:
        """Post one update. Returns what went wrong, or an empty string."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook["secret"] else {}
        try:
            async with session.post(hook["url"], json=update, headers=headers) as answer:
                if answer.status // 100 != 2:
                    return f"Wrong response from the webhook: {answer.status} {answer.reason}"
                await self._store.transact(lambda world: updates.confirm(world, update["update_id"] + 1))
                if answer.content_type == "application/json":
                    await self._reply(await answer.json())
        except (ClientError, TimeoutError, ValueError) as error:
            return str(error) or type(error).__name__
        return ""

    async def _reply(self, body: Any) -> None:
        """Run the one method call that a bot may put into its response to an update."""
        if isinstance(body, dict) and "method" in body:
            with suppress(Refusal):  # Telegram does not report these either
                await self._execute(Call(str(body["method"]).lower(), body))

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()


def _next(world: World) -> tuple[Json | None, list[Json]]:
    hook = world.setting("webhook")
    return hook, updates.pending(world, 1) if hook else []


def _note(world: World, trouble: str) -> None:
    world.keep("webhook_error", {"last_error_date": world.date, "last_error_message": trouble})
