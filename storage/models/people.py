"""People and chats that use the bot."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex

from sqlalchemy import BigInteger, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base
from storage.models.moment import Moment, now


class Person(Base):
    """A person and their settings."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(256))
    language_code: Mapped[str | None] = mapped_column(String(16))  # as Telegram reports it
    language: Mapped[str | None] = mapped_column(String(16))  # as chosen in /settings
    direction: Mapped[str | None] = mapped_column(String(16))  # defaults for new panels
    scale: Mapped[float | None]
    style: Mapped[str | None] = mapped_column(String(16))
    adjusts: Mapped[bool] = mapped_column(default=False, server_default=false())  # their panels open unfolded
    met_styles: Mapped[bool] = mapped_column(default=False, server_default=false())  # they have seen all three at once
    consented_at: Mapped[datetime | None] = mapped_column(Moment)  # to publishing; asked once
    counted: Mapped[bool] = mapped_column(default=True, server_default=true())  # whether their votes rank posts
    # names their page of the gallery; it is random, because the id is Telegram's
    page: Mapped[str | None] = mapped_column(String(16), default=lambda: token_hex(8))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (Index("uq_people_page", "page", unique=True),)


class Chat(Base):
    """A chat and its settings."""

    __tablename__ = "chats"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(256), default="")
    language: Mapped[str | None] = mapped_column(String(16))
    direction: Mapped[str | None] = mapped_column(String(16))
    scale: Mapped[float | None]
    style: Mapped[str | None] = mapped_column(String(16))
    gone_at: Mapped[datetime | None] = mapped_column(Moment)  # when the bot was blocked or removed
