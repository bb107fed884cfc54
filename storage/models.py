"""The tables. Times are UTC; ids of people, chats and messages are Telegram's own."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from random import random
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    literal_column,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER key


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps none of the zone, so it is put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


def now() -> datetime:
    return datetime.now(UTC)


def day_of(moment: datetime) -> int:
    """The day that a moment is in, counted from 1970 in UTC."""
    return int(moment.timestamp() // 86_400)


class Status(StrEnum):
    """The life of an expansion. Live: waiting, running. The rest are final."""

    WAITING = "waiting"  # in the queue, or about to be: it may be taken once its message is known
    RUNNING = "running"  # leased by a worker
    DONE = "done"  # the result is stored; delivery may still be due
    FAILED = "failed"  # tried as often as allowed
    CANCELLED = "cancelled"


class PostStatus(StrEnum):
    LIVE = "live"
    HIDDEN = "hidden"  # by its author, who may publish it again
    REPORTED = "reported"  # by enough people to be withheld until a moderator has judged
    WITHHELD = "withheld"  # by a moderator: its author cannot show it again


class Feeling(StrEnum):
    """What a person can say of an expansion; the value is the emoji, as Telegram writes it."""

    LAUGHING = "🤣"
    MIND_BLOWN = "🤯"
    LOVING = "😍"
    SCREAMING = "😱"
    YAWNING = "🥱"


def one_of(enum: type[StrEnum]) -> Enum:
    """Values, not names, in a plain text column: a new member needs no migration of a native type."""
    return Enum(enum, native_enum=False, length=16, values_callable=lambda members: [m.value for m in members])


class Base(DeclarativeBase):
    # named, so that a later migration can change a constraint on any database
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


def only(condition: str) -> dict[str, Any]:
    """The arguments that make an index partial on either database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Person(Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(256))
    language_code: Mapped[str | None] = mapped_column(String(16))  # as Telegram tells it
    language: Mapped[str | None] = mapped_column(String(16))  # as chosen in /settings
    direction: Mapped[str | None] = mapped_column(String(16))  # defaults of new panels
    scale: Mapped[float | None]
    style: Mapped[str | None] = mapped_column(String(16))
    consented_at: Mapped[datetime | None] = mapped_column(Moment)  # to publishing, asked once
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Chat(Base):
    __tablename__ = "chats"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(256), default="")
    language: Mapped[str | None] = mapped_column(String(16))
    direction: Mapped[str | None] = mapped_column(String(16))
    scale: Mapped[float | None]
    style: Mapped[str | None] = mapped_column(String(16))
    gone_at: Mapped[datetime | None] = mapped_column(Moment)  # blocked or removed the bot


class Photo(Base):
    """A picture that a person sent, or the master of an expansion."""

    __tablename__ = "photos"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    blob: Mapped[str] = mapped_column(String(128), index=True)  # the file as sent, or the lossless master
    thumb: Mapped[str] = mapped_column(String(128), index=True)  # a JPEG of at most 640 px, for previews
    width: Mapped[int]
    height: Mapped[int]
    chat_id: Mapped[int | None] = mapped_column(BigInteger)  # the message that brought it; none for a master
    message_id: Mapped[int | None]
    media_group: Mapped[str | None] = mapped_column(String(64))  # the album that it came in
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (
        Index("uq_photos_message", "chat_id", "message_id", unique=True),
        Index("ix_photos_media_group", "chat_id", "media_group"),
    )


class Panel(Base):
    """The choices under a photo. `key` names what opened it, so that one cause opens one panel."""

    __tablename__ = "panels"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    thread_id: Mapped[int | None]  # the forum topic
    message_id: Mapped[int | None]
    direction: Mapped[str] = mapped_column(String(16))
    scale: Mapped[float | None]  # exactly one of scale and ratio is set
    ratio: Mapped[str | None] = mapped_column(String(16))
    style: Mapped[str] = mapped_column(String(16))
    prompt: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column(default=0)  # raised by every start
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    photo: Mapped[Photo] = relationship(lazy="joined", innerjoin=True)


class Expansion(Base):
    """One outpainting: what was asked, the job that makes it, and what came out."""

    __tablename__ = "expansions"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)  # cause, its revision, variant: a double tap is one start
    panel_id: Mapped[int | None] = mapped_column(ForeignKey("panels.id", ondelete="SET NULL"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    chat_id: Mapped[int] = mapped_column(BigInteger)
    thread_id: Mapped[int | None]
    source_id: Mapped[int] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    result_id: Mapped[int | None] = mapped_column(ForeignKey("photos.id", ondelete="SET NULL"), unique=True)
    batch: Mapped[str | None] = mapped_column(String(96), index=True)  # four variants of one start share it
    variant: Mapped[int] = mapped_column(default=0)  # 0 alone, 1 to 4 in a batch
    rerolls: Mapped[int] = mapped_column(default=0)  # the revision of its own result buttons
    # what was asked
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
    seed: Mapped[int]
    # the job
    status: Mapped[Status] = mapped_column(one_of(Status), default=Status.WAITING)
    turn: Mapped[int] = mapped_column(BigInteger, default=0)  # start-time fair queueing: lower runs first
    priority: Mapped[int] = mapped_column(default=0)  # higher runs first
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(64))  # the fencing token
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[float] = mapped_column(default=0.0)
    error: Mapped[str | None] = mapped_column(Text)  # for the operator
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    # how it was made
    engine: Mapped[str] = mapped_column(String(32), default="")
    model: Mapped[str] = mapped_column(String(128), default="")
    seconds: Mapped[float | None]
    verdict: Mapped[str] = mapped_column(String(16), default="safe")  # of the safety check: safe, unsure, unsafe
    surprise: Mapped[float | None]  # the machine's guess, 0 to 1
    words: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # ids of those that the style drew
    recipe: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # preset, revision, size, versions …
    # how it is shown
    message_id: Mapped[int | None]  # the status message, later the result; known before the engine starts
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    announced_at: Mapped[datetime | None] = mapped_column(Moment)  # intent to send «ready», recorded before it is sent
    file_id: Mapped[str | None] = mapped_column(String(256))  # Telegram's, of the chat picture
    before_file_id: Mapped[str | None] = mapped_column(String(256))
    preview: Mapped[str | None] = mapped_column(String(128), index=True)  # blob of the JPEG that chats see

    source: Mapped[Photo] = relationship(foreign_keys=source_id, lazy="joined", innerjoin=True)
    result: Mapped[Photo | None] = relationship(foreign_keys=result_id, lazy="joined")

    __table_args__ = (
        Index("ix_expansions_waiting", priority.desc(), turn, "id", **only("status = 'waiting'")),
        Index("ix_expansions_running", "lease_until", **only("status = 'running'")),
        Index("uq_expansions_running", "person_id", unique=True, **only("status = 'running'")),  # one at a time each
        Index("ix_expansions_started", "priority", "turn", **only("started_at IS NOT NULL")),
        Index("ix_expansions_turn", "person_id", "turn"),
        Index("ix_expansions_undelivered", "id", **only("delivered_at IS NULL")),
        Index("ix_expansions_person", "person_id", "created_at"),
        Index("ix_expansions_mine", "person_id", "id", **only("status = 'done'")),
        Index("ix_expansions_engine", "engine", "id", **only("status = 'done'")),
    )


def status_is(row: type[Expansion] | type[Post], status: Status | PostStatus) -> ColumnElement[bool]:
    """A literal and not a bound value, so that a prepared statement, too, may use a partial index."""
    return row.status == literal_column(f"'{status}'")


class Message(Base):
    """A message of the bot that shows something: how a native reaction or a reply finds its expansion."""

    __tablename__ = "messages"

    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))  # panel, status, result, sheet, gallery, mine, title, forget …
    person_id: Mapped[int | None] = mapped_column(BigInteger, index=True)  # for whom it was made
    expansion_id: Mapped[int | None] = mapped_column(ForeignKey("expansions.id", ondelete="SET NULL"), index=True)
    sent_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Reaction(Base):
    """One person's current feeling about one expansion, whether by a button or by a native reaction."""

    __tablename__ = "reactions"

    expansion_id: Mapped[int] = mapped_column(ForeignKey("expansions.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True)
    feeling: Mapped[Feeling] = mapped_column(one_of(Feeling))
    native_in: Mapped[int | None]  # the message whose native reaction says so; none: a button
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Post(Base):
    """An expansion that its author published, with the counters and scores that the gallery is ordered by."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    expansion_id: Mapped[int] = mapped_column(ForeignKey("expansions.id", ondelete="CASCADE"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(128), default="")
    status: Mapped[PostStatus] = mapped_column(one_of(PostStatus), default=PostStatus.LIVE)
    impressions: Mapped[int] = mapped_column(default=0)
    laughing: Mapped[int] = mapped_column(default=0)
    mind_blown: Mapped[int] = mapped_column(default=0)
    loving: Mapped[int] = mapped_column(default=0)
    screaming: Mapped[int] = mapped_column(default=0)
    yawning: Mapped[int] = mapped_column(default=0)
    prior: Mapped[float] = mapped_column(default=0.5)  # the machine's guess of surprise, 0 to 1
    surprise: Mapped[float] = mapped_column(default=0.0)  # upper Wilson bound: what to show next
    top: Mapped[float] = mapped_column(default=0.0)  # lower Wilson bound: what is surely good
    hot: Mapped[float] = mapped_column(default=0.0)  # decays by staying as it is while newer ones start higher
    random: Mapped[float] = mapped_column(default=random)  # 0 to 1, drawn once: a round through it starts anywhere
    day: Mapped[int] = mapped_column(default=lambda: day_of(now()))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    expansion: Mapped[Expansion] = relationship(lazy="joined", innerjoin=True)
    author: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        Index("ix_posts_surprise", "surprise", "id", **only("status = 'live'")),
        Index("ix_posts_newest", "id", **only("status = 'live'")),
        Index("ix_posts_top", "top", "id", **only("status = 'live'")),
        Index("ix_posts_hot", "hot", "id", **only("status = 'live'")),
        Index("ix_posts_random", "random", "id", **only("status = 'live'")),
        Index("ix_posts_day_surprise", "day", "surprise", "id", **only("status = 'live'")),
        Index("ix_posts_day_top", "day", "top", "id", **only("status = 'live'")),
    )


class Impression(Base):
    """That one person was shown one post, once."""

    __tablename__ = "impressions"

    # the person first: who has seen thousands has them side by side, however many posts there are
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, index=True)
    number: Mapped[int]  # orders a person's impressions by when each was last shown: what ◀ walks
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (Index("uq_impressions_number", "person_id", "number", unique=True),)


class Gallery(Base):
    """One /gallery message: whose it is, how it is sorted, which post it shows."""

    __tablename__ = "galleries"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[int | None]
    sort: Mapped[str] = mapped_column(String(16), default="surprising")
    period: Mapped[str] = mapped_column(String(16), default="all")
    score: Mapped[float] = mapped_column(default=0.0)  # of its post when it was shown: votes do not move the place
    before: Mapped[bool] = mapped_column(default=False)  # whether it shows the picture without its new part
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"), index=True)
    steps_back: Mapped[int] = mapped_column(default=0)  # how far ◀ went, so that ▶ returns the same way
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    __table_args__ = (Index("ix_galleries_message", "chat_id", "message_id"),)


class Received(Base):
    """An update from Telegram that is not handled yet."""

    __tablename__ = "inbox"

    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
