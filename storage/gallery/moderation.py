"""Moderation: reports, judgements, bans, and the audit log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.database import get_or_add, hold, transactions
from storage.models import Act, AuditEntry, Ban, Judgement, Post, PostStatus, Reason, Report, WebReport, now

Kind: TypeAlias = type[Report] | type[WebReport]
KINDS: tuple[Kind, Kind] = (Report, WebReport)


@dataclass(frozen=True)
class Case:
    """A reported post that awaits judgement, and the number of such posts."""

    post: Post
    reasons: Counter[Reason]
    strangers: int  # how many of the reports are by visitors of the web pages whom nobody knows
    open: int


@dataclass(frozen=True)
class Reported:
    """The result of a report. `first` if this person had not reported the post, `withheld` if this report hid it."""

    first: bool
    withheld: bool


class Moderation:
    """Stores reports, judgements, bans and the audit log."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._read, self._write = transactions(engine)

    # reports

    async def report(self, post_id: int, person_id: int, reason: Reason, threshold: int) -> Reported | None:
        """Store a report, and withhold the post at `threshold` open reports. Returns None if the post is not live."""
        async with self._write() as session:
            await hold(session, person_id)
            post = await _locked(session, post_id)
            if post is None or post.status is not PostStatus.LIVE:
                return None
            if await session.get(Report, (post_id, person_id)) is not None:
                return Reported(first=False, withheld=False)
            session.add(Report(post_id=post_id, person_id=person_id, reason=reason))
            await session.flush()
            unsettled = select(func.count()).where(Report.post_id == post_id, Report.settled_at.is_(None))
            withheld = (await session.scalar(unsettled) or 0) >= threshold
            if withheld:
                post.status = PostStatus.REPORTED
                _note(session, None, Act.WITHHOLD, f"post {post_id}")
            return Reported(first=True, withheld=withheld)

    async def report_unknown(self, post_id: int, client: str, reason: Reason) -> bool | None:
        """Store a report by a stranger, whom the web pages know only by a `client`. Returns whether it is the first.

        It awaits a judgement like any other, but never withholds a post, because one person can be many strangers.
        Returns None if the post is not live.
        """
        async with self._write() as session:
            post = await _locked(session, post_id)
            if post is None or post.status is not PostStatus.LIVE:
                return None
            row = WebReport(post_id=post_id, client=client, reason=reason)
            return await get_or_add(session, row, WebReport.post_id == post_id, WebReport.client == client) is row

    async def case(self, after: int = 0) -> Case | None:
        """Return the next reported post by id, starting over after the last. Returns None if all are judged."""
        async with self._read() as session:
            ids = sorted({number for kind in KINDS for number in await session.scalars(_open(kind).distinct())})
            if not ids:
                return None
            post = await session.get_one(Post, next((number for number in ids if number > after), ids[0]))
            known, unknown = [await _reasons(session, kind, post.id) for kind in KINDS]
            return Case(post, known + unknown, unknown.total(), len(ids))

    async def judge(self, post_id: int, moderator: int, judgement: Judgement) -> Post | None:
        """Carry out a judgement once. Returns None if there is nothing to judge.

        A post that is to be deleted is only withheld here. Its reports stay open until its rows are deleted.
        """
        async with self._write() as session:
            post = await _locked(session, post_id)
            if post is None or not any([await _reasons(session, kind, post_id) for kind in KINDS]):
                return None
            if judgement is not Judgement.KEEP:
                post.status = PostStatus.WITHHELD
            elif post.status is PostStatus.REPORTED:
                post.status = PostStatus.LIVE
            if judgement is not Judgement.DELETE:
                await _settle_reports(session, [post_id])
            _note(session, moderator, Act(judgement), f"post {post_id}")
            return post

    # bans

    async def ban(self, subject: int, moderator: int) -> list[Post] | None:
        """Ban a person or a chat, and withhold their posts. Returns these posts, or None if already banned."""
        async with self._write() as session:
            row = Ban(id=subject, by=moderator)
            if await get_or_add(session, row, Ban.id == subject) is not row:
                return None
            shown = Post.status.in_([PostStatus.LIVE, PostStatus.REPORTED])
            theirs = select(Post).where(Post.person_id == subject, shown).order_by(Post.id)
            posts = list(await session.scalars(theirs.with_for_update(key_share=True, of=Post)))
            for post in posts:
                post.status = PostStatus.WITHHELD
            await _settle_reports(session, [post.id for post in posts])
            _note(session, moderator, Act.BAN, _name(subject))
            return posts

    async def unban(self, subject: int, moderator: int) -> bool:
        """Lift a ban. Withheld posts stay withheld. Returns False if there was no ban."""
        async with self._write() as session:
            lifted = delete(Ban).where(Ban.id == subject).returning(Ban.id)
            if await session.scalar(lifted) is None:
                return False
            _note(session, moderator, Act.UNBAN, _name(subject))
            return True

    async def banned(self, *ids: int) -> bool:
        """Tell whether any of these people and chats is banned."""
        async with self._read() as session:
            return await session.scalar(select(Ban.id).where(Ban.id.in_(ids)).limit(1)) is not None

    async def bans(self, limit: int = 50) -> list[Ban]:
        """Return the bans, newest first."""
        async with self._read() as session:
            return list(await session.scalars(select(Ban).order_by(Ban.created_at.desc(), Ban.id).limit(limit)))

    # the log

    async def latest(self, count: int) -> list[AuditEntry]:
        """Return the latest entries of the log, oldest first."""
        async with self._read() as session:
            newest = await session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(count))
            return list(newest)[::-1]

    async def log(self, target: str) -> list[AuditEntry]:
        """Return the entries about one target, oldest first."""
        async with self._read() as session:
            entries = select(AuditEntry).where(AuditEntry.target == target)
            return list(await session.scalars(entries.order_by(AuditEntry.id)))


def _open(kind: Kind) -> Select[int]:
    """Select the post ids of open reports."""
    return select(kind.post_id).where(kind.settled_at.is_(None))


async def _reasons(session: AsyncSession, kind: Kind, post_id: int) -> Counter[Reason]:
    """Return the number of open reports of a post by their reasons."""
    reasons = select(kind.reason, func.count()).where(kind.post_id == post_id, kind.settled_at.is_(None))
    return Counter(dict((await session.execute(reasons.group_by(kind.reason))).all()))


async def _settle_reports(session: AsyncSession, post_ids: Sequence[int]) -> None:
    for kind in KINDS:
        judged = update(kind).where(kind.post_id.in_(post_ids), kind.settled_at.is_(None))
        await session.execute(judged.values(settled_at=now()))


def _note(session: AsyncSession, actor: int | None, act: Act, target: str) -> None:
    session.add(AuditEntry(actor=actor, act=act, target=target))


def _name(subject: int) -> str:
    return f"person {subject}" if subject > 0 else f"chat {subject}"


async def _locked(session: AsyncSession, post_id: int) -> Post | None:
    """Return a post, locked until the transaction ends."""
    return await session.scalar(select(Post).where(Post.id == post_id).with_for_update(key_share=True, of=Post))
