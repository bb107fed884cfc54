"""The content of a message that a bot's request describes, checked against Telegram's limits."""

from bot.playground import entities, files, messages
from bot.playground.call import Call
from bot.playground.files import Medium
from bot.playground.refusals import bad_request
from bot.playground.world import Json, World

TEXT_LENGTH = 4096
CAPTION_LENGTH = 1024
CALLBACK_BYTES = 64
BUTTONS = 100
CAPTIONED = {"photo", "document", "animation", "video", "audio", "voice"}
# The fields of a message that a request names otherwise.
SHOWN = {"has_media_spoiler": "has_spoiler", "show_caption_above_media": "show_caption_above_media"}


def text(call: Call) -> Json:
    """Return the text and entities of a text message."""
    plain, found = entities.formatted(call.text("text"), call.text("parse_mode"), call.json("entities"))
    if not plain:
        raise bad_request("message text is empty")
    if entities.length(plain) > TEXT_LENGTH:
        raise bad_request("message is too long")
    return {"text": plain, "entities": found or None, "link_preview_options": call.json("link_preview_options")}


def caption(source: Call | Json) -> Json:
    """Return the caption and entities of a request, or of one item of an album."""
    call = source if isinstance(source, Call) else Call("", source)
    given = call.json("caption_entities")
    plain, found = entities.formatted(call.text("caption"), call.text("parse_mode"), given)
    if entities.length(plain) > CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    return {"caption": plain or None, "caption_entities": found or None}


def markup(call: Call) -> Json:
    """Return the inline keyboard, or the request for a reply (`_force_reply`)."""
    asked = call.json("reply_markup") or {}
    if not isinstance(asked, dict):
        raise bad_request("object expected as reply markup")
    shown: Json = {"reply_markup": None, "_force_reply": None}
    if "inline_keyboard" in asked:
        keyboard = [row for row in asked["inline_keyboard"] if row]
        if sum(map(len, keyboard)) > BUTTONS:
            raise bad_request("reply markup is too long")
        for button in (button for row in keyboard for button in row):
            check_button(button)
        shown["reply_markup"] = {"inline_keyboard": keyboard} if keyboard else None
    elif asked.get("force_reply"):
        shown["_force_reply"] = {"placeholder": asked.get("input_field_placeholder", "")}
    return shown


def check_button(button: Json) -> None:
    """Check one inline button. It needs a text and exactly one action."""
    if not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if not set(button) - {"text", "style", "icon_custom_emoji_id"}:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")


def reply(world: World, call: Call, chat_id: int) -> Json:
    """Return the message that is replied to, and the thread."""
    asked = call.json("reply_parameters") or {}
    answered = asked.get("message_id") or call.integer("reply_to_message_id", 0)
    forgiving = asked.get("allow_sending_without_reply") or call.flag("allow_sending_without_reply")
    exists = bool(answered) and messages.find(world, chat_id, int(answered)) is not None
    if answered and not exists and not forgiving:
        raise bad_request("message to be replied not found")
    thread = call.integer("message_thread_id", 0)
    return {"_reply_to": int(answered) if exists else None, "message_thread_id": thread or None}


def medium(world: World, call: Call, name: str, kind: str, value: str) -> Medium:
    """Return the file that a field names: an upload, `attach://…`, or the file id of an earlier message."""
    if name in call.stored:
        found = call.stored[name]
    elif value.startswith("attach://"):
        attached = call.stored.get(value.removeprefix("attach://"))
        if attached is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        found = attached
    elif value:
        return files.known(world, value, kind)
    else:
        raise bad_request(f"there is no {kind} in the request")
    found.record(world)
    return found


def with_medium(found: Medium, source: Json) -> Json:
    """Return the fields that show this file. Fields of any other medium become None."""
    body: Json = dict.fromkeys((*messages.MEDIA, "text", "entities", "link_preview_options"))
    body |= {found.kind: found.content}
    if found.kind == "animation":
        body["document"] = {
            key: found.content[key]
            for key in ("file_id", "file_unique_id", "file_name", "mime_type", "file_size", "thumbnail")
            if key in found.content
        }
    return body | {shown: _flag(source.get(asked)) for shown, asked in SHOWN.items()}


def _flag(value: object) -> bool | None:
    return True if str(value).lower() in {"true", "1"} else None
