"""What a page shows of a post, as plain text: whatever people wrote is cleaned here and escaped by the template."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from bot.chat.telegram.media import is_veiled
from bot.chat.texts import Texts
from bot.chat.titles import clean_title
from bot.thumbnails import SHARED
from storage.gallery.ranking import surprise_index
from storage.gallery.votes import COLUMNS
from storage.models import Feeling, Photo, Post

ROWS = 40  # of a column's width in page/spans.css
FLATTEST, TALLEST = 12, 80  # rows of a picture; what is beyond is cropped on the wall, and whole on its own page
SHOWN = 3  # feelings on a card


@dataclass(frozen=True)
class Card:
    """A post on a page."""

    id: int
    heading: str
    titled: bool
    by: str
    width: int
    height: int
    index: int  # 0 to 100
    felt: tuple[tuple[str, int], ...]
    veiled: bool  # the safety check is not sure that everybody wants to see it

    @classmethod
    def of(cls, say: Texts, post: Post) -> Card:
        result = picture_of(post)
        title, name = clean_title(post.title), clean_title(post.author.name)
        return cls(
            id=post.id,
            heading=say("post.title", title=title) if title else say("web.untitled"),
            titled=bool(title),
            by=say("gallery.author", name=isolated(name) if name else say("web.somebody")),
            width=result.width,
            height=result.height,
            index=surprise_index(post.laughing, post.mind_blown, post.screaming, post.impressions, post.prior),
            felt=tuple(sorted(_felt(post), key=lambda one: -one[1])[:SHOWN]),
            veiled=is_veiled(post.expansion),
        )

    @property
    def span(self) -> int:
        return min(TALLEST, max(FLATTEST, round(ROWS * self.height / self.width)))

    @property
    def shared(self) -> str:
        return f"/picture/{self.id}/{quote(SHARED.name)}"

    @property
    def shared_width(self) -> int:
        return min(self.width, SHARED.width)

    @property
    def shared_height(self) -> int:
        return max(1, round(self.height * self.shared_width / self.width))

    def picture(self, width: int) -> str:
        return f"/picture/{self.id}/{width}.webp"


def picture_of(post: Post) -> Photo:
    """The result of a post. A post without one is not shown anywhere; LookupError says so."""
    if post.expansion.result is None or post.expansion.preview is None:
        raise LookupError(f"post {post.id} has no picture")
    return post.expansion.result


def shows(post: Post | None) -> bool:
    return post is not None and post.expansion.result is not None and post.expansion.preview is not None


def isolated(name: str) -> str:
    """A name whose direction of writing does not reach the words around it (Unicode FSI and PDI)."""
    return f"\u2068{name}\u2069"


def _felt(post: Post) -> list[tuple[str, int]]:
    counts = [(feeling.value, int(getattr(post, COLUMNS[feeling]))) for feeling in Feeling]
    return [(emoji, count) for emoji, count in counts if count]
