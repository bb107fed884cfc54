"""The page's HTTP API at `/playground/…`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.playground import acts, commands, files, groups, inline, messages, mini_app, people
from bot.playground.events import Stream
from bot.playground.files import UPLOAD_BYTES, Folder, Medium, Upload
from bot.playground.form import read_form
from bot.playground.methods import profile
from bot.playground.reactions import EMOJI
from bot.playground.refusals import Refusal
from bot.playground.store import Store
from bot.playground.world import Json, World

SAMPLES = Path(__file__).parent / "samples"
TWICE = "picos.jpg"  # the scene of picos-12mp.jpg, which shows what becomes of a large photo
PAGE_OF_HISTORY = 60
STREAM_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class PageApi:
    """Request handlers for the page. A `Person` uses the same requests."""

    def __init__(self, token: str, store: Store, folder: Folder, stream: Stream) -> None:
        self._token = token
        self._store = store
        self._folder = folder
        self._stream = stream

    async def state(self, _: web.Request) -> web.Response:
        """Return all people, all chats with their newest message, and the cursor of the event stream."""
        cursor = self._stream.cursor
        return web.json_response(await self._store.transact(_state) | {"cursor": cursor, "emoji": EMOJI})

    async def history(self, request: web.Request) -> web.Response:
        """Return up to 60 messages before an id, oldest first."""
        chat_id, before = _number(request.match_info["chat"]), _number(request.query.get("before", 2**53))
        cursor = self._stream.cursor

        def read(world: World) -> list[Json]:
            return [messages.shown(world, row) for row in messages.history(world, chat_id, before, PAGE_OF_HISTORY)]

        return web.json_response({"messages": await self._store.transact(read), "cursor": cursor})

    async def menu(self, request: web.Request) -> web.Response:
        """Return the commands and the menu button that a person sees in a chat."""
        chat_id, user_id = _number(request.query.get("chat")), _number(request.query.get("user"))

        def read(world: World) -> Json:
            language = str(people.user(world, user_id).get("language_code", ""))
            return {
                "commands": commands.seen_by(world, chat_id, user_id),
                "button": profile.menu_button(world, str(chat_id)),
                "description": profile.in_language(world, "description", language),
            }

        return await self._answer(read)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Serve the event stream from Last-Event-ID or `after`."""
        cursor = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        response = web.StreamResponse(headers=STREAM_HEADERS)
        await response.prepare(request)
        try:
            async for line in self._stream.follow(cursor):
                await response.write(line)
        except ConnectionResetError:
            return response  # the page was closed
        return response

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Serve the bytes of a file id. They never change, so the browser may cache them for ever."""
        found = await self._store.transact(lambda world: files.find(world, request.match_info["file_id"]))
        if found is None:
            raise web.HTTPNotFound
        headers = {"Content-Type": found[0].mime, "Cache-Control": "private, max-age=31536000, immutable"}
        answer = await self._folder.response(found[0].path, headers | {"Content-Security-Policy": "sandbox"})
        if answer is None:
            raise web.HTTPNotFound
        return answer

    async def send(self, request: web.Request) -> web.Response:
        """Send a message from a form: `user`, `chat`, `text`, `reply_to`, `as`, `spoiler`, and `file` or `sample`."""
        form = await read_form(request, 10 * UPLOAD_BYTES)
        user_id, chat_id = _number(form.get("user")), _number(form.get("chat"))
        words, reply_to = str(form.get("text", "")), _number(form.get("reply_to") or 0)
        try:
            stored = [await self._stored(upload, str(form.get("as", ""))) for upload in _uploads(form.getall)]
        except Refusal as refusal:
            return web.json_response(refusal.answer(), status=refusal.code)
        spoiler = bool(form.get("spoiler"))

        def act(world: World) -> list[Json]:
            captions = [words] + [""] * len(stored)
            contents = [
                acts.media(world, medium, caption, spoiler=spoiler)
                for medium, caption in zip(stored, captions, strict=False)
            ]
            return acts.send(world, user_id, chat_id, contents or [acts.text(words)], reply_to)

        return await self._answer(act)

    async def _stored(self, upload: Upload, kind: str) -> Medium:
        kind = kind or _natural_kind(upload)
        try:
            return await self._folder.store(upload, kind, by_person=True)
        except Refusal as refusal:
            if kind != "photo" or refusal.code != 400:
                raise
            return await self._folder.store(upload, "document", by_person=True)  # Telegram's apps do the same

    async def mini_app(self, request: web.Request) -> web.Response:
        """Return the address that opens a Mini App as this person."""
        user_id, url = _number(request.query.get("user")), request.query.get("url", "")
        return await self._answer(lambda world: mini_app.launch(world, self._token, user_id, url))

    async def act(self, request: web.Request) -> web.Response:
        """Handle every other act of a person: `POST /playground/<act>` with a JSON object."""
        act = ACTS.get(request.match_info["act"])
        if act is None:
            raise web.HTTPNotFound
        try:
            asked = await request.json()
        except ValueError as error:
            raise web.HTTPBadRequest(text="The body must be a JSON object.\n") from error
        return await self._answer(lambda world: act(world, asked))

    async def _answer(self, act: Callable[[World], Any]) -> web.Response:
        try:
            return web.json_response(await self._store.transact(act))
        except Refusal as refusal:
            return web.json_response(refusal.answer(), status=refusal.code)
        except (KeyError, TypeError) as error:
            raise web.HTTPBadRequest(text=f"The request lacks {error} or it is of the wrong type.\n") from error


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"{value!r} is not an integer.\n") from error


def _natural_kind(upload: Upload) -> str:
    if upload.mime == "image/gif":
        return "animation"
    family = upload.mime.partition("/")[0]
    return {"image": "photo", "video": "video", "audio": "audio"}.get(family, "document")


def _uploads(every: Callable[..., list[Any]]) -> list[Upload]:
    uploads = [value for value in every("file", []) if isinstance(value, Upload)]
    for name in every("sample", []):
        path = SAMPLES / Path(str(name)).name
        if path.suffix == ".jpg" and path.is_file():
            uploads.append(Upload(path.read_bytes(), path.name, "image/jpeg"))
    return uploads


def _state(world: World) -> Json:
    chats = [chat_state(world, row["id"]) for row in world.rows("SELECT id FROM chats ORDER BY id DESC")]
    return {
        "bot": people.user(world, world.bot_id) | {"name": profile.in_language(world, "name", "")},
        "people": people.everybody(world),
        "chats": chats,
        "samples": sorted(path.name for path in SAMPLES.glob("*.jpg") if path.name != TWICE),
    }


def chat_state(world: World, chat_id: int) -> Json:
    """Return a chat as the page's list shows it."""
    body = people.chat_body(world, chat_id) or {}
    newest = messages.history(world, chat_id, 2**53, 1)
    rows = world.rows("SELECT user_id, status FROM members WHERE chat_id = ?", chat_id)
    return people.chat(world, chat_id) | {
        "members": {row["user_id"]: row["status"] for row in rows},
        "migrated_to": body.get("migrated_to"),
        "pinned": body.get("pinned"),
        "newest": messages.shown(world, newest[0]) if newest else None,
    }


def _standing(world: World, asked: Json) -> None:
    member = asked.get("member", world.bot_id)
    groups.change_standing(world, asked["chat"], asked["user"], member, asked["status"])


def _new_person(world: World, asked: Json) -> Json:
    row = world.row("SELECT max(id) AS last FROM users WHERE id < 1000000")
    following = int(row["last"] or 0) + 1 if row else 1
    fields = {key: str(asked[key]) for key in ("first_name", "last_name", "username", "language_code") if key in asked}
    return people.save_user(world, int(asked.get("id") or following), **fields)


def _new_group(world: World, asked: Json) -> int:
    members = [int(member) for member in asked.get("members", [])]
    return groups.create(world, asked["title"], asked["user"], members + ([world.bot_id] if asked.get("bot") else []))


def _new_channel(world: World, asked: Json) -> int:
    subscribers = [int(member) for member in asked.get("members", [])]
    return groups.create_channel(world, asked["title"], asked["user"], subscribers, bot=bool(asked.get("bot")))


ACTS: dict[str, Callable[[World, Json], Any]] = {
    "tap": lambda world, a: acts.tap(world, a["user"], a["chat"], a["message_id"], a["data"]),
    "react": lambda world, a: acts.react(world, a["user"], a["chat"], a["message_id"], a["emoji"]),
    "edit": lambda world, a: acts.edit(world, a["user"], a["chat"], a["message_id"], a["text"]),
    "delete": lambda world, a: acts.delete(world, a["user"], a["chat"], a["message_id"]),
    "forward": lambda world, a: acts.forward(world, a["user"], a["chat"], a["from_chat"], a["message_id"]),
    "person": _new_person,
    "group": _new_group,
    "channel": _new_channel,
    "standing": _standing,
    "upgrade": lambda world, a: groups.upgrade(world, a["chat"], a["user"]),
    "inline": lambda world, a: inline.ask(world, a["user"], a["chat"], a["query"], a.get("offset", "")),
    "choose": lambda world, a: inline.choose(world, a["user"], a["chat"], a["results_id"], a["result_id"]),
}
