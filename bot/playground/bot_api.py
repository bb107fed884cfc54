"""The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.playground import call as calls
from bot.playground import webhook
from bot.playground.call import Call
from bot.playground.files import UPLOAD_BYTES, Folder
from bot.playground.flood import Flood
from bot.playground.methods import METHODS
from bot.playground.refusals import Refusal
from bot.playground.store import Store
from bot.playground.tidying import Tidying
from bot.playground.updates import LongPoll
from bot.playground.world import Json

SENT_AS = {
    "sendphoto": "photo",
    "senddocument": "document",
    "sendanimation": "animation",
    "sendvideo": "video",
    "sendsticker": "sticker",
    "sendaudio": "audio",
    "sendvoice": "voice",
}
REQUEST_BYTES = 2 * UPLOAD_BYTES  # an album contains several files


class BotApi:
    """Handles a call: reads it, stores its files, runs its method in one transaction, and answers after the commit."""

    def __init__(
        self, token: str, store: Store, folder: Folder, poll: LongPoll, flood: Flood | None, tidying: Tidying
    ) -> None:
        self._token = token
        self._store = store
        self._folder = folder
        self._poll = poll
        self._flood = flood
        self._tidying = tidying
        self.webhook_changed: Callable[[], None] = lambda: None

    async def handle(self, request: web.Request) -> web.Response:
        """Handle a call to `/bot<token>/<method>`."""
        try:
            self._authorize(request)
            call = await calls.read(request.clone(client_max_size=REQUEST_BYTES), REQUEST_BYTES)
            return web.json_response({"ok": True, "result": await self.execute(call)})
        except Refusal as refusal:
            return web.json_response(refusal.answer(), status=refusal.code)
        except web.HTTPRequestEntityTooLarge:
            return web.json_response(Refusal(413, "Request Entity Too Large").answer(), status=413)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Serve a file at `/file/bot<token>/<path>`."""
        try:
            self._authorize(request)
        except Refusal as refusal:
            return web.json_response(refusal.answer(), status=refusal.code)
        found = await self._folder.response(request.match_info["path"])
        return found or web.json_response(Refusal(404, "Not Found").answer(), status=404)

    async def execute(self, call: Call) -> Any:
        """Run a call and return its result. Raises a Refusal where the Bot API would refuse."""
        if call.method == "getupdates":
            return await self._updates(call)
        if call.method in {"setwebhook", "deletewebhook"}:
            answer = await self._store.transact(lambda world: webhook.save(world, call))
            self.webhook_changed()
            return answer
        method = METHODS.get(call.method)
        if method is None:
            raise Refusal(404, f"Not Found: method not found ({call.method})")
        if self._flood is not None:
            self._flood.check(call)
        await self._store_uploads(call)
        return await self._store.transact(lambda world: method(world, call))

    async def _updates(self, call: Call) -> Any:
        offset, limit, timeout = (call.integer(name, usual) for name, usual in POLL)
        return await self._poll.fetch(offset, limit, timeout, call.json("allowed_updates"))

    def _authorize(self, request: web.Request) -> None:
        if request.match_info["token"] != self._token:
            raise Refusal(401, "Unauthorized")

    async def _store_uploads(self, call: Call) -> None:
        for name, (kind, about) in _kinds(call).items():
            if name in call.uploads:
                said = Call(call.method, about)
                shown: Json = {field: said.integer(field, 0) or None for field in ("width", "height", "duration")}
                extra = shown if kind in {"video", "animation"} else {}
                call.stored[name] = await self._folder.store(call.uploads[name], kind, shown=extra)
                await self._tidying.uploaded()


POLL = (("offset", 0), ("limit", 100), ("timeout", 0))


def _kinds(call: Call) -> dict[str, tuple[str, Json]]:
    """Map each upload field to the kind of media that it is sent as, and to what the bot says about it."""
    if call.method in SENT_AS:
        kind = SENT_AS[call.method]
        return dict.fromkeys((kind, call.text(kind).removeprefix("attach://")), (kind, call.parameters))
    media = call.json("media", []) if call.method in {"sendmediagroup", "editmessagemedia"} else []
    items = [media] if isinstance(media, dict) else media
    return {str(item.get("media", "")).removeprefix("attach://"): (str(item.get("type")), item) for item in items}
