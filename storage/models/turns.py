"""Turns: which program draws in a message now, and when the next edit in a chat is due."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base
from storage.models.moment import Moment


class Turn(Base):
    """A lease on one message while it is edited, or, with message 0, the pace of a whole chat.

    Used only where several programs serve the same chats. A row is deleted when its turn is over.
    """

    __tablename__ = "turns"

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)  # 0 is the chat itself
    owner: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime] = mapped_column(Moment)  # when the lease ends, or the next edit in the chat is due
