"""Expansions: each request with its result."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Key, one_of, only
from storage.models.jobs import Status
from storage.models.moment import Moment, now
from storage.models.photos import Photo


class Expansion(Base):
    """One outpainting: the request, the result and its delivery. While it is being made, its job holds its progress.

    A batch is what one start makes: variants of one photo, or a journey, whose steps start from the result of the step
    before. The row of a step is added in the transaction that ends the step before.
    """

    __tablename__ = "expansions"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)  # button, its revision, variant: a double tap starts once
    panel_id: Mapped[int | None] = mapped_column(ForeignKey("panels.id", ondelete="SET NULL"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    chat_id: Mapped[int] = mapped_column(BigInteger)
    thread_id: Mapped[int | None]
    source_id: Mapped[int] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    result_id: Mapped[int | None] = mapped_column(ForeignKey("photos.id", ondelete="SET NULL"), unique=True)
    batch: Mapped[str | None] = mapped_column(String(96), index=True)  # shared by what one start makes
    variant: Mapped[int] = mapped_column(default=0)  # its number in a batch, otherwise 0
    steps: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # of its journey, otherwise 0
    rerolls: Mapped[int] = mapped_column(default=0)  # the revision of the buttons under its result
    # the request
    direction: Mapped[str] = mapped_column(String(16))
    scale: Mapped[float | None]
    ratio: Mapped[str | None] = mapped_column(String(16))
    left: Mapped[int]
    top: Mapped[int]
    right: Mapped[int]
    bottom: Mapped[int]
    doubles: Mapped[bool] = mapped_column(default=False)  # each source pixel becomes four, and no margins are added
    style: Mapped[str] = mapped_column(String(16))
    prompt: Mapped[str] = mapped_column(Text, default="")
    chosen_engine: Mapped[str] = mapped_column(String(40), default="", server_default="")  # empty: the style's own
    seed: Mapped[int]
    guests: Mapped[list[str] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # blobs of the chat's guests offered to it
    # the end; `status` is `waiting` until then
    status: Mapped[Status] = mapped_column(one_of(Status), default=Status.WAITING)
    error: Mapped[str | None] = mapped_column(Text)  # for the operator
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    started_at: Mapped[datetime | None] = mapped_column(Moment)  # set when the job ends, like `finished_at`
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    # how the result was made
    engine: Mapped[str] = mapped_column(String(32), default="")
    model: Mapped[str] = mapped_column(String(128), default="")
    seconds: Mapped[float | None]
    verdict: Mapped[str] = mapped_column(String(16), default="safe")  # of the safety check: safe, unsure, unsafe
    surprise: Mapped[float | None]  # an estimate, 0 to 1
    words: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # ids of words drawn by the style
    recipe: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # preset, revision, size, versions …
    # the delivery
    message_id: Mapped[int | None]  # the status message, which becomes the result; set before the engine starts
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    announced_at: Mapped[datetime | None] = mapped_column(Moment)  # stored before «ready» is sent
    file_id: Mapped[str | None] = mapped_column(String(256))  # Telegram's id of the preview
    before_file_id: Mapped[str | None] = mapped_column(String(256))
    preview: Mapped[str | None] = mapped_column(String(128), index=True)  # key of the JPEG that chats see

    source: Mapped[Photo] = relationship(foreign_keys=source_id, lazy="joined", innerjoin=True)
    result: Mapped[Photo | None] = relationship(foreign_keys=result_id, lazy="joined")

    @property
    def following(self) -> int:
        """How many steps of its journey follow by themselves once this one is painted."""
        return max(0, (self.steps or 0) - (self.variant or 0))  # both are unset before the row is stored

    __table_args__ = (
        Index("ix_expansions_person", "person_id", "created_at"),
        Index("ix_expansions_mine", "person_id", "id", **only("status = 'done'")),
        Index("ix_expansions_engine", "engine", "id", **only("status = 'done'")),
    )
