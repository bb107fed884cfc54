"""Search for posts by their titles and by the words that their pictures drew.

A substring is found by its pairs of neighbouring characters, each of which is a key with the posts that contain it
(J. Zobel, A. Moffat, «Inverted files for text search engines», ACM Computing Surveys 38(2), 2006, section 8.1). Pairs
and not triples, because Chinese words have two characters; and rows of our own instead of the index types of SQLite and
PostgreSQL, because both find nothing that is shorter than three characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import ColumnElement, Select, and_, delete, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import Post, SearchKey

LOOKED_UP = 3  # most pairs of a term, because planning many joins takes longer; the title is compared with the rest


@dataclass(frozen=True)
class Term:
    """What a post must have: a title that contains the folded text, or one of the drawn words."""

    text: str
    words: tuple[str, ...] = ()  # ids


@dataclass(frozen=True)
class Sought:
    """The posts that a listing is limited to: those of an author, if there is one, that match every term."""

    author: int | None = None
    terms: tuple[Term, ...] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on posts."""
        theirs = [Post.person_id == self.author] if self.author is not None else []
        return [*theirs, *(Post.id.in_(_matching(term)) for term in self.terms)]


def fold(text: str) -> str:
    """Return a text as search compares it: width, ligatures and case do not count (NFKC, casefold), nor do spaces."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


async def index(session: AsyncSession, post: Post, words: Iterable[str]) -> None:
    """Make a post known by its title and its drawn words, and no longer by others. The caller has locked the post."""
    post.folded_title = fold(post.title)
    await session.execute(delete(SearchKey).where(SearchKey.post_id == post.id))
    session.add_all(SearchKey(key=key, post_id=post.id) for key in sorted(keys_of(post.folded_title, words)))


def keys_of(folded: str, words: Iterable[str]) -> set[str]:
    """Return the keys of a post from its folded title and the ids of its drawn words."""
    return {*folded.replace(" ", ""), *_pairs(folded), *map(_word, words)}


def _matching(term: Term) -> Select[int]:
    """Select the ids of the posts that match a term."""
    drew = select(SearchKey.post_id).where(SearchKey.key.in_([_word(word) for word in term.words]))
    either = union(_titled(term.text), drew).subquery() if term.words else _titled(term.text).subquery()
    return select(either.c.post_id)


def _titled(text: str) -> Select[int]:
    """Select the ids of the posts whose folded title contains a text. Longer texts have pairs that lie apart in it."""
    pairs = _pairs(text) or [text]
    first, *others = pairs if len(pairs) <= LOOKED_UP else (pairs[0], pairs[len(pairs) // 2], pairs[-1])
    found = select(SearchKey.post_id).where(SearchKey.key == first)
    for key in others:
        other = aliased(SearchKey)
        found = found.join(other, and_(other.post_id == SearchKey.post_id, other.key == key))
    if len(text) <= 2:
        return found
    return found.join(Post, Post.id == SearchKey.post_id).where(Post.folded_title.contains(text, autoescape=True))


def _pairs(text: str) -> list[str]:
    """Return the pairs of neighbouring characters, each once, without those that contain a space."""
    pairs = map("".join, pairwise(text))
    return list(dict.fromkeys(pair for pair in pairs if " " not in pair))


def _word(word: str) -> str:
    return f"word:{word}"
