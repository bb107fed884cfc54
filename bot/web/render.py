"""Renders templates into responses: languages, links, and the headers of every page."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.chat.signs import Sign
from bot.chat.texts import LANGUAGES, Texts, best_language, texts

HERE = Path(__file__).parent
PAGE = HERE / "page"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
TELEGRAM = "https://web.telegram.org https://*.telegram.org"  # these apps show a Mini App in a frame
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    f"frame-ancestors 'self' {TELEGRAM}; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d+)?", re.ASCII)  # of a Host header, without its port
FOREVER = "max-age=31536000, immutable"
NAMES = {"en": "English", "zh": "中文"}


@dataclass(frozen=True)
class Pages:
    """Renders the templates.

    `chat` returns the address of the chat with the bot for a /start payload. If `public_url` is empty, absolute links
    use the host of the request, provided that it is one of ours: this machine, or one of `hosts`.
    """

    chat: Callable[[str], str]
    public_url: str = ""
    hosts: Collection[str] = ()
    outside: str = ""  # where pictures and films may come from besides these pages
    labelled: bool = True  # whether pages say that machines painted

    def render(self, request: web.Request, template: str, status: int = 200, **values: object) -> web.Response:
        """Render a page in the visitor's language. Browsers revalidate it each time and load it only if it changed."""
        say = speak(request)
        chosen = request.query.get("lang") if request.query.get("lang") in LANGUAGES else None
        context = {
            "say": say,
            "sign": Sign,
            "asset": asset,
            "chat": self.chat,
            "label": say("label.made") if self.labelled else "",
            "link": lambda path, **query: link(path, {**query, "lang": chosen}),
            "absolute": lambda path: f"{self.origin(request)}{path}",
            "chosen_language": chosen,
            "other_language": _other(request, say.language),
        }
        body = _templates().get_template(template).render(context | values).encode()
        tag = f'"{sha256(body).hexdigest()[:24]}"'
        headers = HEADERS | {
            "Content-Security-Policy": allowing(self.outside),
            "Cache-Control": "no-cache",
            "Vary": "Accept-Language, Accept-Encoding",
            "Content-Language": say.language,
        }
        if status == 200 and tag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers | {"ETag": tag})
        return _compressed(body, "text/html", headers | {"ETag": tag}, status)

    def origin(self, request: web.Request) -> str:
        """Return the start of absolute links, or nothing, which leaves them relative, if the host may be forged."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"{request.scheme}://{request.host}" if self._is_ours(request) else ""

    def _is_ours(self, request: web.Request) -> bool:
        """Return whether the Host header names this machine, or the address that the visitor is connected to."""
        found = HOST.fullmatch(request.host.lower())
        name = found and (found[1] or found[2])
        socket = request.get_extra_info("sockname")
        here = {str(socket[0])} if isinstance(socket, tuple) else set[str]()
        return name in {"localhost", "127.0.0.1", "::1", *here, *self.hosts}


def allowing(outside: str) -> str:
    """Return the policy of pages whose pictures and films may come from another server, too."""
    return re.sub(r"((?:img|media)-src 'self')", rf"\1 {outside}", POLICY) if outside else POLICY


def speak(request: web.Request) -> Texts:
    """Return the texts in the language of the address, or else in the one that the browser prefers."""
    return texts(best_language([request.query.get("lang"), *_wishes(request.headers.get("Accept-Language", ""))]))


def link(path: str, query: Mapping[str, str | None]) -> str:
    """Return a path with a query, without the empty values."""
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def asset(name: str) -> str:
    """Return the address of an asset. It changes when any asset changes, so browsers may cache it for ever."""
    return f"/gallery/page/{_version()}/{name}"


async def send_asset(request: web.Request) -> web.Response:
    """Serve `/gallery/page/<version>/<name>`."""
    body = _files().get(request.match_info["name"])
    if body is None:
        raise web.HTTPNotFound
    current = request.match_info["version"] == _version()
    headers = HEADERS | {"Cache-Control": f"public, {FOREVER}" if current else "no-cache"}
    return _compressed(body, TYPES[Path(request.match_info["name"]).suffix], headers | {"Vary": "Accept-Encoding"})


def _compressed(body: bytes, kind: str, headers: dict[str, str], status: int = 200) -> web.Response:
    response = web.Response(body=body, status=status, content_type=kind, charset="utf-8", headers=headers)
    response.enable_compression()
    return response


def _wishes(header: str) -> Sequence[str]:
    """Return the languages of Accept-Language (RFC 9110, section 12.5.4), the preferred one first."""
    weighed = []
    for part in header[:1000].split(","):
        language, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((float(weight or 1), language))
        except ValueError:
            continue
    return [language for weight, language in sorted(weighed, key=lambda one: -one[0]) if weight > 0]


def _other(request: web.Request, language: str) -> dict[str, str]:
    other = next(each for each in LANGUAGES if each != language)
    query = {name: value for name, value in request.query.items() if name in ("q", "sort", "period")}
    return {"name": NAMES[other], "code": other, "href": link(request.path, query | {"lang": other})}


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(PAGE.iterdir()) if path.suffix in TYPES}


@cache
def _version() -> str:
    return sha256(b"".join(_files().values())).hexdigest()[:12]
