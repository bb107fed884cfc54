"""The formatting of a text, and the links and commands that Telegram detects in it. Offsets count UTF-16 units."""

import html
import re
from dataclasses import dataclass, field

from bot.playground.refusals import bad_request
from bot.playground.world import Json

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z-]*)((?:\s[^>]*)?)>|<(?=[a-zA-Z/])", re.DOTALL)
ATTRIBUTE = re.compile(r"([a-z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?)(?![\w/])"
    r"|(?P<url>(?:https?://|(?<![\w@./])(?:www\.|t\.me/))[^\s<>\"'，。！？）)》」]*[^\s<>\"'.,!?;:，。！？）)》」])"
    r"|(?P<mention>(?<![\w@./])@[A-Za-z]\w{2,31})"
    r"|(?P<hashtag>(?<![\w#])#(?!\d+\b)\w{1,255})"
)


def length(text: str) -> int:
    """Return the length of a text in UTF-16 code units, as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


@dataclass
class _Reader:
    """Collects the plain text and the open tags while markup is read."""

    text: str = ""
    entities: list[Json] = field(default_factory=list)
    open: list[tuple[str, Json]] = field(default_factory=list)

    def start(self, tag: str, attributes: dict[str, str], at: int) -> None:
        """Open a tag at an offset of the markup."""
        kind = TAGS.get(tag)
        if kind is None or (tag == "span" and attributes.get("class") != "tg-spoiler"):
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {at}')
        entity: Json = {"type": kind, "offset": length(self.text)}
        if kind == "text_link":
            entity |= _target(attributes.get("href", ""))
        if kind == "blockquote" and "expandable" in attributes:
            entity["type"] = "expandable_blockquote"
        if kind == "custom_emoji":
            entity["custom_emoji_id"] = attributes.get("emoji-id", "")
        self.open.append((tag, entity))

    def end(self, tag: str, at: int) -> None:
        """Close the innermost tag, which must be this one."""
        if not self.open:
            raise bad_request(f"can't parse entities: Unexpected end tag at byte offset {at}")
        expected, entity = self.open.pop()
        if expected != tag:
            raise bad_request(
                f"can't parse entities: Unmatched end tag at byte offset {at}, "
                f'expected "</{expected}>", found "</{tag}>"'
            )
        entity["length"] = length(self.text) - entity["offset"]
        if entity["length"]:
            self.entities.append(entity)


def _target(href: str) -> Json:
    person = re.fullmatch(r"tg://user\?id=(\d+)", href)
    return {"type": "text_mention", "_user_id": int(person[1])} if person else {"url": href}


def from_html(markup: str) -> tuple[str, list[Json]]:
    """Return the plain text and entities of Telegram's HTML style. Refuses what Telegram's parser refuses."""
    reader, position = _Reader(), 0
    for token in TOKEN.finditer(markup):
        reader.text += html.unescape(markup[position : token.start()])
        at = len(markup[: token.start()].encode())
        if token[2] is None:
            raise bad_request(f"can't parse entities: Unclosed start tag at byte offset {at}")
        tag = token[2].lower()
        if token[1]:
            reader.end(tag, at)
        else:
            found = ATTRIBUTE.findall(token[3])
            reader.start(tag, {name: html.unescape("".join(values)) for name, *values in found}, at)
        position = token.end()
    reader.text += html.unescape(markup[position:])
    if reader.open:
        raise bad_request(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{reader.open[-1][0]}\""
        )
    return reader.text, reader.entities


def detected(text: str) -> list[Json]:
    """Return the commands, mentions, links and hashtags that Telegram detects in a text."""
    found = []
    for match in FOUND.finditer(text):
        kind = str(match.lastgroup)
        found.append({"type": kind, "offset": length(text[: match.start()]), "length": length(match[0])})
    return found


def formatted(text: str, parse_mode: str, given: list[Json] | None) -> tuple[str, list[Json]]:
    """Return the text as it is shown, and all its entities in order."""
    if parse_mode and parse_mode.lower() != "html":
        raise bad_request("unsupported parse_mode: the playground reads HTML or entities")
    plain, entities = from_html(text) if parse_mode and not given else (text, list(given or []))
    plain, entities = _trimmed(plain, entities)
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in {"code", "pre", "text_link"}]
    for entity in detected(plain):
        if not any(start <= entity["offset"] < end for start, end in taken):
            entities.append(entity)
    return plain, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    lead = length(text) - length(text.lstrip())
    plain = text.strip()
    total = length(plain)
    kept = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        end = min(total, entity["offset"] + entity["length"] - lead)
        if end > start:
            kept.append(entity | {"offset": start, "length": end - start})
    return plain, kept


def piece(text: str, entity: Json) -> str:
    """Return the part of a text that an entity covers."""
    units = text.encode("utf-16-le")
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
