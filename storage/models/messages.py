"""What passes between the bot and Telegram: messages that it sent, updates that it has still to handle."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base
from storage.models.moment import Moment, now


class Message(Base):
    """A message of the bot that shows something: how a native reaction or a reply finds its expansion."""

    __tablename__ = "messages"

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))  # panel, status, result, sheet, gallery, mine, title, forget …
    person_id: Mapped[int | None] = mapped_column(BigInteger, index=True)  # for whom it was made
    expansion_id: Mapped[int | None] = mapped_column(ForeignKey("expansions.id", ondelete="SET NULL"), index=True)
    sent_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Received(Base):
    """An update from Telegram that is not handled yet."""

    __tablename__ = "inbox"

    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
