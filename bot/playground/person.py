"""A simulated person, who uses the page's own HTTP API and event stream."""

from collections.abc import Sequence

from bot.playground.message import Message
from bot.playground.onlooker import PATIENCE, Onlooker
from bot.playground.wire import Picture
from bot.playground.world import Json


class Person(Onlooker):
    """A person who acts in a chat with the bot.

    A method that acts returns once the playground has committed the act.
    """

    async def say(self, text: str, *, reply_to: Message | int | None = None) -> Message:
        """Send a text or a command."""
        return (await self._send([], text, reply_to))[0]

    async def send_photo(
        self, photo: Picture, caption: str = "", *, reply_to: Message | int | None = None, spoiler: bool = False
    ) -> Message:
        """Send an image as a photo. The playground re-encodes it as Telegram does."""
        return (await self._send([(photo, "photo.jpg", "image/jpeg")], caption, reply_to, "photo", spoiler=spoiler))[0]

    async def send_document(
        self,
        document: Picture,
        name: str = "file.png",
        mime: str = "",
        *,
        caption: str = "",
        reply_to: Message | int | None = None,
    ) -> Message:
        """Send a file, which stays byte for byte as it is."""
        file = (document, name, mime or "application/octet-stream")
        return (await self._send([file], caption, reply_to, "document"))[0]

    async def send_file(self, data: Picture, kind: str, name: str, mime: str, caption: str = "") -> Message:
        """Send a file as a sticker, animation, video, audio or voice."""
        return (await self._send([(data, name, mime)], caption, None, kind))[0]

    async def send_sticker(self, sticker: Picture) -> Message:
        """Send a static sticker (WebP)."""
        return await self.send_file(sticker, "sticker", "sticker.webp", "image/webp")

    async def send_animation(self, animation: Picture) -> Message:
        """Send a GIF."""
        return await self.send_file(animation, "animation", "animation.gif", "image/gif")

    async def send_video(self, video: Picture) -> Message:
        """Send a video."""
        return await self.send_file(video, "video", "video.mp4", "video/mp4")

    async def send_album(self, photos: Sequence[Picture], caption: str = "") -> list[Message]:
        """Send several photos as one album."""
        return await self._send([(photo, "photo.jpg", "image/jpeg") for photo in photos], caption, None, "photo")

    async def tap(self, message: Message | int, wanted: str, timeout: float = PATIENCE) -> str | None:  # noqa: ASYNC109
        """Press a button given by label, part of a label, or callback data. Returns the bot's text, or None.

        Somebody who does not see it looks behind ⋯, ‹ or ⚙ first. If the bot refuses that, its words are returned.
        """
        answer = await self.answer_to(await self.press(message, wanted), timeout)
        return answer["text"] or None

    async def press(self, message: Message | int, wanted: str) -> str:
        """Press a button without waiting for the answer. Returns the query's id for `answer_to`."""
        shown = self._watch.messages[message if isinstance(message, int) else message.id]
        if (refused := await self.unfold(shown, wanted)) is not None:
            return refused
        data = self._watch.messages[shown.id].button(wanted).data
        if data is None:
            raise LookupError(f"the button {wanted!r} has no callback data")
        return await self.press_data(shown, data)

    async def unfold(self, message: Message | int, wanted: str) -> str | None:
        """Look for a button behind ⋯, ‹ or ⚙ if the message does not show it.

        Returns the id of the query that the bot refused with words, or None.
        """
        shown = self._watch.messages[message if isinstance(message, int) else message.id]
        if shown.shows(wanted) or shown.fold is None:
            return None
        opened = await self.press_data(shown, shown.fold)
        if (await self.answer_to(opened))["text"]:
            return opened
        await self.wait_for(lambda m: m.id == shown.id and not m.shows(str(shown.fold)))
        return None

    async def press_data(self, message: Message | int, data: str) -> str:
        """Press a button by its callback data, even if the message no longer shows that button."""
        message_id = message if isinstance(message, int) else message.id
        return str(await self._wire.act("tap", message_id=message_id, data=data))

    async def answer_to(self, query_id: str, timeout: float = PATIENCE) -> Json:  # noqa: ASYNC109
        """Return the bot's answer to a press: `text`, `alert` and `url`."""
        answered = await self._watch.until(
            lambda: self._watch.answers.get(query_id), timeout, "the bot did not answer the button"
        )
        return dict(answered)

    async def react(self, message: Message, *emoji: str) -> None:
        """Set this reaction on a message, or remove it if none is given."""
        await self._wire.act("react", message_id=message.id, emoji=list(emoji))

    async def edit(self, message: Message, text: str) -> None:
        """Edit a message of this person's own."""
        await self._wire.act("edit", message_id=message.id, text=text)

    async def delete(self, message: Message) -> None:
        """Delete a message for everybody."""
        await self._wire.act("delete", message_id=message.id)

    async def forward(self, message: Message, from_chat: int | None = None) -> Message:
        """Forward a message into this chat."""
        source = message.chat if from_chat is None else from_chat
        return self._watch.sent(await self._wire.act("forward", from_chat=source, message_id=message.id))

    async def download(self, message: Message) -> bytes:
        """Return the bytes of the message's file: the largest photo size, or the document as it was sent."""
        if message.file is None:
            raise LookupError(f"message {message.id} has no file")
        return await self._wire.download(message.file["file_id"])

    async def inline(self, query: str, timeout: float = PATIENCE) -> Json:  # noqa: ASYNC109
        """Send an inline query. Returns the bot's `results` and the `results_id` for `choose`."""
        query_id = await self._wire.act("inline", query=query)
        return dict(await self._watch.until(lambda: self._watch.results.get(query_id), timeout, "no inline results"))

    async def choose(self, answer: Json, number: int = 0) -> Message:
        """Send one of the inline results."""
        result = answer["results"][number]["id"]
        return self._watch.sent(await self._wire.act("choose", results_id=answer["results_id"], result_id=result))

    async def send_prepared(self, message_id: str) -> Message:
        """Send into this chat what the bot has prepared, as a Mini App's `shareMessage` does."""
        return self._watch.sent(await self._wire.act("prepared", id=message_id))

    async def menu(self) -> Json:
        """Return the `commands`, the menu `button` and the `description` that this person sees in this chat."""
        return dict(await self._wire.get("/playground/menu", user=str(self.user), chat=str(self.chat)))

    async def open_mini_app(self, url: str) -> str:
        """Return the address that Telegram would open for a Mini App button, with this person's signed launch data."""
        return str(await self._wire.get("/playground/mini-app", user=str(self.user), url=url))

    # Blocking, and groups

    async def block(self) -> None:
        """Block the bot in the private chat."""
        await self.set_standing("kicked")

    async def unblock(self) -> None:
        """Unblock the bot."""
        await self.set_standing("member")

    async def set_standing(self, status: str, member: int | None = None) -> None:
        """Give a user (the bot by default) the status administrator, member, left or kicked in this chat."""
        await self._wire.act("standing", status=status, **({} if member is None else {"member": member}))

    async def new_group(self, title: str, members: Sequence[int] = (), *, bot: bool = True) -> int:
        """Create a group with these people and the bot. Returns its chat id."""
        return int(await self._wire.act("group", title=title, members=list(members), bot=bot))

    async def new_channel(self, title: str, subscribers: Sequence[int] = (), *, bot: bool = True) -> int:
        """Create a channel with these subscribers and the bot as an administrator. Returns its chat id."""
        return int(await self._wire.act("channel", title=title, members=list(subscribers), bot=bot))

    async def upgrade_group(self) -> int:
        """Turn this group into a supergroup. Returns its new chat id."""
        return int(await self._wire.act("upgrade"))

    async def _send(
        self,
        files: list[tuple[Picture, str, str]],
        text: str,
        reply_to: Message | int | None,
        kind: str = "",
        **fields: object,
    ) -> list[Message]:
        answered = reply_to.id if isinstance(reply_to, Message) else reply_to
        sent = await self._wire.send(files, text=text, reply_to=answered, **{"as": kind}, **fields)
        return [self._watch.sent(raw) for raw in sent]
