"""Two well-known bot libraries accept the playground's answers in a whole conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from telegram import (
    BotCommand,
    BotCommandScopeChat,
    InputMediaDocument,
    InputMediaPhoto,
    ReplyParameters,
    Update,
)
from telegram import InlineKeyboardButton as Key
from telegram import InlineKeyboardMarkup as Keys
from telegram.constants import ChatAction, ParseMode, ReactionEmoji

from tests.support.photos import SAMPLES
from tests.support.playground import picture, site

ALL = Update.ALL_TYPES


async def test_python_telegram_bot_holds_a_whole_conversation(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        bot, ann = await place.bot(), await place.person(1)
        assert (bot.username, bot.bot.can_read_all_group_messages) == ("kuotu_bot", False)

        await ann.say("/start now")
        (update,) = await bot.get_updates(timeout=5, allowed_updates=ALL)
        assert update.message.text == "/start now"
        assert update.message.parse_entities(["bot_command"]).popitem()[1] == "/start"
        assert update.effective_user.language_code == "en"

        await ann.send_photo(SAMPLES / "coffee.jpg", "mine")
        (update,) = await bot.get_updates(offset=update.update_id + 1, timeout=5)
        assert [(size.width, size.height) for size in update.message.photo] == [(90, 60), (320, 213), (600, 400)]
        file = await update.message.photo[-1].get_file()
        data = bytes(await file.download_as_bytearray())
        assert data[:3] == b"\xff\xd8\xff"

        keys = Keys([[Key("Flip", callback_data="flip"), Key("Site", url="https://example.org")]])
        panel = await update.message.reply_photo(
            data, caption="<b>Which</b> way?", parse_mode=ParseMode.HTML, reply_markup=keys, do_quote=True
        )
        assert panel.caption_entities[0].type == "bold"
        assert panel.reply_to_message.message_id == update.message.message_id
        assert panel.reply_markup.inline_keyboard[0][0].callback_data == "flip"

        shown = await ann.wait_for(lambda m: m.labels)
        query_id = await ann.press(shown, "Flip")
        (update,) = await bot.get_updates(offset=update.update_id + 1, timeout=5)
        assert (update.callback_query.data, update.callback_query.message.message_id) == ("flip", panel.message_id)
        await update.callback_query.answer("Flipping", show_alert=True)
        assert (await ann.answer_to(query_id))["alert"]
        edited = await update.callback_query.edit_message_media(InputMediaPhoto(picture(300, 200), caption="Done"))
        assert (edited.photo[-1].width, edited.caption, edited.reply_markup) == (300, "Done", None)
        assert edited.edit_date is not None

        await ann.react(await ann.wait_for(lambda m: m.text == "Done"), "🤯")
        (update,) = await bot.get_updates(offset=update.update_id + 1, timeout=5)
        assert update.message_reaction.new_reaction[0].emoji == "🤯"
        assert update.message_reaction.old_reaction == ()


async def test_python_telegram_bot_sends_changes_and_deletes_everything(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        bot, ann = await place.bot(), await place.person(1)
        hello = await ann.say("hello")
        untouched = picture(900, 700)
        document = await bot.send_document(1, untouched, filename="whole.png", caption="all of it")
        assert (document.document.file_name, document.document.mime_type) == ("whole.png", "image/png")
        assert await ann.download(await ann.wait_for(lambda m: m.kind == "document")) == untouched
        assert document.document.thumbnail.width == 320

        album = await bot.send_media_group(1, [InputMediaPhoto(picture()), InputMediaPhoto(document_photo())])
        assert len({message.media_group_id for message in album}) == 1
        animation = await bot.send_animation(1, picture(kind="GIF"), filename="x.gif", duration=2, width=64, height=48)
        assert (animation.animation.width, animation.document.file_name) == (64, "x.gif")
        sticker = await bot.send_sticker(1, picture(512, 512, "WEBP"))
        assert sticker.sticker.width == 512

        text = await bot.send_message(1, "one", reply_parameters=ReplyParameters(hello.id))
        assert text.reply_to_message.text == "hello"
        assert (await bot.edit_message_text("two", 1, text.message_id)).text == "two"
        with_file = await bot.edit_message_media(InputMediaDocument(b"plain", filename="a.txt"), 1, text.message_id)
        assert (with_file.text, with_file.document.file_name) == (None, "a.txt")
        assert (await bot.edit_message_caption(1, text.message_id, caption="three")).caption == "three"
        keys = Keys([[Key("k", callback_data="k")]])
        assert (await bot.edit_message_reply_markup(1, text.message_id, reply_markup=keys)).reply_markup == keys

        copied = await bot.copy_message(1, 1, text.message_id)
        assert (await ann.wait_for(lambda m: m.id == copied.message_id)).text == "three"
        forwarded = await bot.forward_message(1, 1, hello.id)
        assert forwarded.forward_origin.sender_user.first_name == "Ann"
        assert await bot.set_message_reaction(1, hello.id, ReactionEmoji.SHOCKED_FACE_WITH_EXPLODING_HEAD)
        assert (await ann.wait_for(lambda m: m.id == hello.id and m.reactions)).reactions == {bot.id: ["🤯"]}
        await bot.send_chat_action(1, ChatAction.UPLOAD_PHOTO)
        assert await ann.wait_action() == "upload_photo"
        await bot.delete_message(1, text.message_id)
        await bot.delete_messages(1, [m.message_id for m in album])
        for gone in (text, *album):
            await ann.wait_gone(gone.message_id)


def document_photo() -> bytes:
    return (SAMPLES / "chelsea.jpg").read_bytes()


async def test_a_file_id_sends_the_same_file_again(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        bot, ann = await place.bot(), await place.person(1)
        await ann.say("hi")
        first = await bot.send_photo(1, picture(1500, 1000))
        again = await bot.send_photo(1, first.photo[0].file_id)
        assert [size.file_id for size in again.photo] == [size.file_id for size in first.photo]
        swapped = await bot.edit_message_media(InputMediaPhoto(first.photo[-1].file_id, caption="same"), 1, again.id)
        assert swapped.caption == "same"


async def test_menus_and_texts_follow_scope_and_language(tmp_path: Path) -> None:
    async with site(tmp_path) as place:
        bot, ann, mei = await place.bot(), await place.person(1), await place.person(3)
        await bot.set_my_commands([BotCommand("start", "Begin")])
        await bot.set_my_commands([BotCommand("start", "开始")], language_code="zh")
        await bot.set_my_commands([BotCommand("admin", "Count")], scope=BotCommandScopeChat(2))
        await bot.set_my_description("Makes photos larger")
        await bot.set_my_description("扩图", language_code="zh")
        assert (await ann.menu())["commands"] == [{"command": "start", "description": "Begin"}]
        assert (await mei.menu())["commands"][0]["description"] == "开始"
        assert (await mei.menu())["description"] == "扩图"
        assert (await (await place.person(2)).menu())["commands"][0]["command"] == "admin"
        assert (await bot.get_my_commands(language_code="zh"))[0].description == "开始"
        await bot.delete_my_commands()
        assert (await ann.menu())["commands"] == []
        assert await bot.set_my_short_description("short")
        assert (await bot.get_my_short_description()).short_description == "short"
        assert (await bot.get_chat_menu_button(1)).type == "commands"


async def test_aiogram_holds_the_same_conversation(tmp_path: Path) -> None:
    from aiogram import types  # takes ten seconds of CPU time to import

    async with site(tmp_path) as place:
        bot, ann = await place.aiogram(), await place.person(1)
        assert (await bot.me()).supports_inline_queries
        await bot.set_my_commands([types.BotCommand(command="start", description="Begin")])
        sent = await ann.send_photo(SAMPLES / "chelsea.jpg")
        (update,) = await bot.get_updates(timeout=5, allowed_updates=ALL)
        assert update.message.photo[-1].width == 451
        data = (await bot.download(update.message.photo[-1])).read()
        assert data == await ann.download(sent)
        keys = types.InlineKeyboardMarkup(inline_keyboard=[[types.InlineKeyboardButton(text="Go", callback_data="go")]])
        upload = types.BufferedInputFile(picture(640, 480), "x.png")
        panel = await bot.send_photo(1, upload, caption="<i>Go?</i>", parse_mode="HTML", reply_markup=keys)
        query = await ann.press(await ann.wait_for(lambda m: m.labels), "Go")
        (update,) = await bot.get_updates(offset=update.update_id + 1, timeout=5)
        assert isinstance(update.callback_query, types.CallbackQuery)
        await bot.answer_callback_query(update.callback_query.id, text="going")
        assert (await ann.answer_to(query))["text"] == "going"
        media = types.InputMediaPhoto(media=types.BufferedInputFile(picture(200, 100), "y.png"), caption="gone")
        edited = await bot.edit_message_media(media, chat_id=1, message_id=panel.message_id)
        assert (edited.photo[-1].width, edited.caption) == (200, "gone")
        await bot.set_message_reaction(1, panel.message_id, reaction=[types.ReactionTypeEmoji(emoji="🔥")])
        await ann.react(await ann.wait_for(lambda m: m.text == "gone"), "😱")
        (update,) = await bot.get_updates(offset=update.update_id + 1, timeout=5)
        assert update.message_reaction.new_reaction[0].emoji == "😱"
        chat = await bot.get_chat(1)
        assert (chat.first_name, chat.accepted_gift_types.unique_gifts) == ("Ann", False)
        assert (await bot.get_chat_member(-5, 1)).status == "creator"
        assert await bot.delete_message(1, panel.message_id)


@pytest.mark.parametrize(
    "encoding", ["query", "form", "json", "multipart"], ids=["query", "urlencoded", "json", "multipart"]
)
async def test_every_encoding_of_a_call_is_read(tmp_path: Path, encoding: str) -> None:
    from aiohttp import ClientSession, FormData

    parameters = {"chat_id": "1", "text": "hello", "disable_notification": "true"}
    bodies = {
        "query": {"params": parameters},
        "form": {"data": parameters},
        "json": {"json": parameters | {"chat_id": 1}},
        "multipart": {"data": FormData(parameters, default_to_multipart=True)},
    }
    async with site(tmp_path) as place, ClientSession() as session:
        ann = await place.person(1)
        await ann.say("hi")
        address = f"{place.url}/bot{place.playground.token}/SENDMESSAGE"
        async with session.post(address, **bodies[encoding]) as response:
            assert (await response.json())["result"]["text"] == "hello"


async def test_the_ladder_that_a_person_sees_holds_the_upright_picture(tmp_path: Path) -> None:
    from io import BytesIO

    sideways = Image.Exif()
    sideways[0x0112] = 6
    async with site(tmp_path) as place:
        ann = await place.person(1)
        sent = await ann.send_photo(picture(3000, 1000, "JPEG", exif=sideways))
        assert [(size["width"], size["height"]) for size in sent["photo"]] == [
            (30, 90),
            (107, 320),
            (267, 800),
            (426, 1280),
            (853, 2560),
        ]
        with Image.open(BytesIO(await ann.download(sent))) as image:
            assert (image.size, dict(image.getexif()), image.format) == ((853, 2560), {}, "JPEG")
