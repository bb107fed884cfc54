"""What lies around a post: the next newer and older ones, and the posts that go on from it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import Expansion, Post, PostStatus, status_is

REMIXES = 9  # most posts that go on from one


@dataclass(frozen=True)
class Neighbours:
    """The live posts around one. Remixes are posts whose source is its result, newest first."""

    newer: int | None
    older: int | None
    remixes: list[Post]


async def neighbours_of(session: AsyncSession, post: Post) -> Neighbours:
    """Return what lies around a post."""
    live = select(Post.id).where(status_is(Post, PostStatus.LIVE))
    newer = await session.scalar(live.where(Post.id > post.id).order_by(Post.id).limit(1))
    older = await session.scalar(live.where(Post.id < post.id).order_by(Post.id.desc()).limit(1))
    made = aliased(Expansion)
    remixes = select(Post).join(made, made.id == Post.expansion_id).where(status_is(Post, PostStatus.LIVE))
    remixes = remixes.where(made.source_id == post.expansion.result_id).order_by(Post.id.desc()).limit(REMIXES)
    return Neighbours(newer, older, list(await session.scalars(remixes)) if post.expansion.result_id else [])
