"""The playground refuses what Telegram refuses, with the same code and message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.playground import Site, picture, site

NOISE = b"\x89PNG\r\n\x1a\n" + b"no picture" * 10
TOO_LARGE = "file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes"
QUERY = "query is too old and response timeout expired or query ID is invalid"
UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def keys(data: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}


# method, parameters, code, words. Chat 1 holds Ann's message 1 and the bot's message 2, «hello», and 3, a photo.
REFUSED: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "no text": ("sendMessage", {"chat_id": 1, "text": "  "}, 400, "Bad Request: message text is empty"),
    "long text": ("sendMessage", {"chat_id": 1, "text": "x" * 4097}, 400, "Bad Request: message is too long"),
    "no chat": ("sendMessage", {"text": "x"}, 400, "Bad Request: chat_id is empty"),
    "unknown chat": ("sendMessage", {"chat_id": 99, "text": "x"}, 400, "Bad Request: chat not found"),
    "unknown group": ("sendMessage", {"chat_id": -99, "text": "x"}, 400, "Bad Request: chat not found"),
    "person who never wrote": (
        "sendMessage",
        {"chat_id": 2, "text": "x"},
        403,
        "Forbidden: bot can't initiate conversation with a user",
    ),
    "long callback data": (
        "sendMessage",
        {"chat_id": 1, "text": "x", "reply_markup": keys("é" * 33)},
        400,
        "Bad Request: BUTTON_DATA_INVALID",
    ),
    "open tag": (
        "sendMessage",
        {"chat_id": 1, "text": "a <b>b", "parse_mode": "HTML"},
        400,
        "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    ),
    "strange tag": (
        "sendMessage",
        {"chat_id": 1, "text": "é<br>", "parse_mode": "HTML"},
        400,
        'Bad Request: can\'t parse entities: Unsupported start tag "br" at byte offset 2',
    ),
    "reply to nothing": (
        "sendMessage",
        {"chat_id": 1, "text": "x", "reply_parameters": {"message_id": 77}},
        400,
        "Bad Request: message to be replied not found",
    ),
    "edit without change": (
        "editMessageText",
        {"chat_id": 1, "message_id": 2, "text": "hello"},
        400,
        f"Bad Request: {UNCHANGED}",
    ),
    "edit of nothing": (
        "editMessageText",
        {"chat_id": 1, "message_id": 77, "text": "x"},
        400,
        "Bad Request: message to edit not found",
    ),
    "edit of a person's message": (
        "editMessageText",
        {"chat_id": 1, "message_id": 1, "text": "x"},
        400,
        "Bad Request: message can't be edited",
    ),
    "text of a photo": (
        "editMessageText",
        {"chat_id": 1, "message_id": 3, "text": "x"},
        400,
        "Bad Request: there is no text in the message to edit",
    ),
    "caption of a text": (
        "editMessageCaption",
        {"chat_id": 1, "message_id": 2, "caption": "x"},
        400,
        "Bad Request: there is no caption in the message to edit",
    ),
    "long caption": (
        "editMessageCaption",
        {"chat_id": 1, "message_id": 3, "caption": "é" * 1025},
        400,
        "Bad Request: message caption is too long",
    ),
    "delete nothing": (
        "deleteMessage",
        {"chat_id": 1, "message_id": 77},
        400,
        "Bad Request: message to delete not found",
    ),
    "unknown file id": (
        "sendPhoto",
        {"chat_id": 1, "photo": "AgACnothing"},
        400,
        "Bad Request: wrong file identifier/HTTP URL specified",
    ),
    "no photo": ("sendPhoto", {"chat_id": 1}, 400, "Bad Request: there is no photo in the request"),
    "unknown file": ("getFile", {"file_id": "nothing"}, 400, "Bad Request: invalid file_id"),
    "unknown query": ("answerCallbackQuery", {"callback_query_id": "5"}, 400, f"Bad Request: {QUERY}"),
    "long toast": (
        "answerCallbackQuery",
        {"callback_query_id": "5", "text": "x" * 201},
        400,
        "Bad Request: MESSAGE_TOO_LONG",
    ),
    "unknown inline query": (
        "answerInlineQuery",
        {"inline_query_id": "5", "results": []},
        400,
        f"Bad Request: {QUERY}",
    ),
    "strange reaction": (
        "setMessageReaction",
        {"chat_id": 1, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "😂"}]},
        400,
        "Bad Request: REACTION_INVALID",
    ),
    "wrong command": (
        "setMyCommands",
        {"commands": [{"command": "no-dash", "description": "x"}]},
        400,
        "Bad Request: BOT_COMMAND_INVALID",
    ),
    "album of nothing": (
        "sendMediaGroup",
        {"chat_id": 1, "media": []},
        400,
        "Bad Request: there are no messages to send",
    ),
    "administrators of a private chat": (
        "getChatAdministrators",
        {"chat_id": 1},
        400,
        "Bad Request: there are no administrators in the private chat",
    ),
    "plain webhook": (
        "setWebhook",
        {"url": "http://example.org/"},
        400,
        "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    ),
    "unknown method": ("sendDreams", {}, 404, "Not Found: method not found (senddreams)"),
}


@pytest.mark.parametrize(("method", "parameters", "code", "words"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_call_is_refused_as_telegram_refuses_it(
    tmp_path: Path, method: str, parameters: dict[str, Any], code: int, words: str
) -> None:
    async with site(tmp_path) as place:
        await furnish(place)
        answer = await place.call(method, **parameters)
        assert (answer["error_code"], answer["description"]) == (code, words)


async def furnish(place: Site) -> None:
    await (await place.person(1)).say("hi")
    await place.call("sendMessage", chat_id=1, text="hello")
    await place.call("sendPhoto", files={"photo": picture()}, chat_id=1)


UPLOADS = {
    "11000 px in all": (picture(10_500, 526), "Bad Request: PHOTO_INVALID_DIMENSIONS"),
    "ratio 21": (picture(2100, 100), "Bad Request: PHOTO_INVALID_DIMENSIONS"),
    "no picture": (NOISE, "Bad Request: IMAGE_PROCESS_FAILED"),
    "half a picture": (picture(800, 600)[:900], "Bad Request: IMAGE_PROCESS_FAILED"),
    "no bytes": (b"", "Bad Request: file must be non-empty"),
    "a byte too many": (picture() + bytes(10 * 1024 * 1024 + 1 - len(picture())), f"Bad Request: {TOO_LARGE}"),
}


@pytest.mark.parametrize(("data", "words"), UPLOADS.values(), ids=UPLOADS.keys())
async def test_a_photo_is_refused_as_telegram_refuses_it(tmp_path: Path, data: bytes, words: str) -> None:
    async with site(tmp_path) as place:
        await furnish(place)
        answer = await place.call("sendPhoto", files={"photo": data}, chat_id=1)
        assert (answer["error_code"], answer["description"]) == (400, words)


async def test_files_have_the_sizes_that_telegram_allows(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        await furnish(place)
        too_much = await place.call("sendDocument", files={"document": bytes(50 * 1024 * 1024 + 1)}, chat_id=1)
        assert (too_much["error_code"], too_much["description"]) == (413, "Request Entity Too Large")
        sent = await place.call("sendDocument", files={"document": bytes(20 * 1024 * 1024 + 1)}, chat_id=1)
        refused = await place.call("getFile", file_id=sent["result"]["document"]["file_id"])
        assert refused["description"] == "Bad Request: file is too big"
        as_photo = await place.call("sendPhoto", chat_id=1, photo=sent["result"]["document"]["file_id"])
        assert as_photo["description"] == "Bad Request: can't use file of type Document as Photo"


async def test_only_the_right_token_opens_anything(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        answer = await place.call("getMe", token="7000000001:wrong")
        assert (answer["error_code"], answer["description"]) == (401, "Unauthorized")


async def test_messages_older_than_two_days_stay(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        await furnish(place)
        place.clock.advance(48 * 3600)
        answer = await place.call("deleteMessage", chat_id=1, message_id=2)
        assert answer["description"] == "Bad Request: message can't be deleted for everyone"


async def test_a_tap_is_answered_once_and_in_time(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        ann = await place.person(1)
        await ann.say("hi")
        await place.call("sendMessage", chat_id=1, text="?", reply_markup=keys("go"))
        shown = await ann.wait_for(lambda m: m.labels)
        in_time, too_late = await ann.press(shown, "go"), await ann.press(shown, "go")
        assert (await place.call("answerCallbackQuery", callback_query_id=in_time))["ok"]
        assert (await place.call("answerCallbackQuery", callback_query_id=in_time))["error_code"] == 400
        place.clock.advance(61)
        assert (await place.call("answerCallbackQuery", callback_query_id=too_late))["description"].endswith(QUERY)
