"""One Bot API request, in any of its encodings (query, form, multipart, JSON)."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.playground.files import UPLOAD_BYTES, Medium, Upload
from bot.playground.form import read_form
from bot.playground.refusals import Refusal, bad_request
from bot.playground.world import Json


@dataclass
class Call:
    """A method's name, its parameters, and the uploaded files by field name."""

    method: str
    parameters: Json
    uploads: dict[str, Upload] = field(default_factory=dict)
    stored: dict[str, Medium] = field(default_factory=dict)  # uploads that are already written to the folder

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter as text."""
        value = self.parameters.get(name)
        return default if value is None else str(value)

    def integer(self, name: str, default: int | None = None) -> int:
        """Return a parameter as an integer. Raises a Refusal if it is not one, or is missing and has no default."""
        value = self.parameters.get(name)
        if value in (None, ""):
            if default is None:
                raise bad_request(f"{name} is empty")
            return default
        try:
            return int(str(value))
        except ValueError:
            raise bad_request("chat not found" if name == "chat_id" else f"invalid {name} specified") from None

    def flag(self, name: str) -> bool:
        """Return a parameter as a boolean."""
        return str(self.parameters.get(name, "")).lower() in {"true", "1", "yes", "t", "y"}

    def json(self, name: str, default: Any = None) -> Any:
        """Return a parameter that is an object or a list, given as such or as JSON text."""
        value = self.parameters.get(name)
        if value is None or value == "":
            return default
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None


async def read(request: web.Request, most: int) -> Call:
    """Read a request of at most `most` bytes, in any of the four encodings that Telegram accepts."""
    parameters: Json = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        try:
            parameters |= await request.json() if request.can_read_body else {}
        except ValueError:
            raise bad_request("can't parse the request body as JSON") from None
    elif request.can_read_body:
        for name, value in (await read_form(request, most)).items():
            if not isinstance(value, Upload):
                parameters[name] = value
            elif len(value.data) > UPLOAD_BYTES:
                raise Refusal(413, "Request Entity Too Large")
            else:
                uploads[name] = value
    return Call(request.match_info["method"].lower(), parameters, uploads)
