"""Messages that the bot sent, and updates that it received."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, one_of, only
from storage.models.moment import Moment, now


class MessageKind(StrEnum):
    """What a message of the bot shows."""

    PANEL = "panel"  # where choices are made
    SHEET = "sheet"  # four variants of one start; their status before that
    RESULT = "result"  # a finished expansion; its status before that
    BEFORE = "before"  # the photo alone on its canvas, in place of the result
    MINE = "mine"  # a page of a person's own expansions; older ones show one, which their rows name
    FILE = "file"  # the master at full size
    FILM = "film"
    LOOP = "loop"
    CONSENT = "consent"  # the question whether to publish at all
    TITLE = "title"  # the question for a title
    POST = "post"  # what was published, with its title
    GALLERY = "gallery"  # a page of the gallery
    SHARED = "shared"  # a post that somebody sent into a chat by inline mode
    REVIEW = "review"  # a reported post, shown to a moderator
    SETTINGS = "settings"

    @property
    def shows_picture(self) -> bool:
        """Whether a reply or a native reaction to the message refers to the expansion that it shows."""
        return self in (MessageKind.RESULT, MessageKind.BEFORE, MessageKind.GALLERY, MessageKind.SHARED)

    @property
    def shows_one_for_good(self) -> bool:
        """Whether the message always shows the same expansion, so that anonymous counts belong to it."""
        return self in (MessageKind.RESULT, MessageKind.BEFORE, MessageKind.SHARED)

    @property
    def tells_counts(self) -> bool:
        """Whether the message shows the votes and the title, and is redrawn when they change."""
        return self in (MessageKind.RESULT, MessageKind.BEFORE, MessageKind.MINE)

    @property
    def is_film(self) -> bool:
        """Whether the message is a film or a loop."""
        return self in (MessageKind.FILM, MessageKind.LOOP)

    @property
    def leaves_with_post(self) -> bool:
        """Whether the message is removed when its post leaves the gallery."""
        return self in (MessageKind.GALLERY, MessageKind.SHARED)

    @property
    def leaves_with_expansion(self) -> bool:
        """Whether the message is about one expansion only, and is removed when that is deleted."""
        return self not in (MessageKind.PANEL, MessageKind.SHEET, MessageKind.SETTINGS)


class Message(Base):
    """A message of the bot that shows something. A native reaction or a reply finds its expansion by it."""

    __tablename__ = "messages"

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[MessageKind] = mapped_column(one_of(MessageKind))
    person_id: Mapped[int | None] = mapped_column(BigInteger, index=True)  # the person that it was made for
    expansion_id: Mapped[int | None] = mapped_column(ForeignKey("expansions.id", ondelete="SET NULL"), index=True)
    sent_at: Mapped[datetime] = mapped_column(Moment, default=now)
    outdated_at: Mapped[datetime | None] = mapped_column(Moment)  # when what it tells changed; None once it was redrawn

    __table_args__ = (Index("ix_messages_outdated", "outdated_at", **only("outdated_at IS NOT NULL")),)


class Received(Base):
    """An update from Telegram. After it was handled only its id stays for a while, so that a second copy is known.

    `owner` and `until` are a lease: all open updates of a person are leased by one program, which handles them.
    """

    __tablename__ = "inbox"

    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    person: Mapped[int] = mapped_column(BigInteger, default=0)  # who acts, or the chat; 0 once it was handled
    owner: Mapped[str | None] = mapped_column(String(16))
    until: Mapped[datetime | None] = mapped_column(Moment)
    body: Mapped[str] = mapped_column(Text)  # empty once it was handled, because it names the sender
    tries: Mapped[int] = mapped_column(default=0)  # how often its handling has begun
    effective: Mapped[bool] = mapped_column(default=False)  # it has had an effect that must not be repeated
    handled_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        Index("ix_inbox_open", "person", "update_id", **only("handled_at IS NULL")),
        Index("ix_inbox_handled_at", "handled_at"),
    )
