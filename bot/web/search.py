"""What somebody searches for: the words of a query, and the drawn words that they name in any language."""

from __future__ import annotations

from inference.diffusion.surprises import words
from storage.gallery.search import Term, fold

LONGEST = 64  # characters of a query; no title is longer
MOST = 5  # terms of a query that count


def terms_of(query: str) -> tuple[Term, ...]:
    """Return the terms of a query. All of them must match; the rest of a long query does not count."""
    return tuple(Term(text, _named(text)) for text in fold(query[:LONGEST]).split()[:MOST])


def _named(text: str) -> tuple[str, ...]:
    """Return the ids of the words whose name in some language contains a folded text."""
    every = {word.id: word for row in words().values() for word in row}
    return tuple(one for one, word in every.items() if any(text in fold(name) for name in word.labels.values()))
