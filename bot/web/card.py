"""What a page shows of a post, as plain text. People's text is cleaned here and escaped by the template."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from bot.chat.cards.gallery import index_of
from bot.chat.signs import Sign
from bot.chat.telegram.media import is_veiled
from bot.chat.texts import Texts
from bot.chat.titles import clean_title
from bot.thumbnails import SHARED
from storage.gallery.votes import COLUMNS
from storage.models import Feeling, Photo, Post

ROWS = 40  # rows of the height of one column width, as in page/spans.css
FLATTEST, TALLEST = 12, 80  # rows of an image; the wall crops what is beyond, the post's own page shows it whole
SHOWN = 3  # reactions on a card


@dataclass(frozen=True)
class Card:
    """A post as a page shows it."""

    id: int
    heading: str
    titled: bool
    by: str
    width: int
    height: int
    index: str  # 0 to 100, or 🆕
    felt: tuple[tuple[str, int], ...]
    veiled: bool  # the safety check was unsure, so the image is covered until a tap

    @classmethod
    def of(cls, say: Texts, post: Post) -> Card:
        """Build the card of a post, in a language."""
        result = picture_of(post)
        title, name = clean_title(post.title), clean_title(post.author.name)
        return cls(
            id=post.id,
            heading=say("post.title", title=title) if title else say("web.untitled"),
            titled=bool(title),
            by=say("gallery.author", name=isolated(name) if name else say("web.somebody")),
            width=result.width,
            height=result.height,
            index=index_of(post),
            felt=tuple(sorted(_felt(post), key=lambda one: -one[1])[:SHOWN]),
            veiled=is_veiled(post.expansion),
        )

    @property
    def gauge(self) -> int | None:
        """The surprise index as a number, or None while it is not shown."""
        return None if self.index == Sign.NEW else int(self.index)

    @property
    def span(self) -> int:
        """The number of grid rows that the image takes on the wall."""
        return min(TALLEST, max(FLATTEST, round(ROWS * self.height / self.width)))

    @property
    def shared(self) -> str:
        """The path of the image for link previews."""
        return f"/picture/{self.id}/{quote(SHARED.name)}"

    @property
    def shared_width(self) -> int:
        """Its width in px."""
        return min(self.width, SHARED.width)

    @property
    def shared_height(self) -> int:
        """Its height in px."""
        return max(1, round(self.height * self.shared_width / self.width))

    def picture(self, width: int) -> str:
        """Return the path of the image at a width in px."""
        return f"/picture/{self.id}/{width}.webp"


def picture_of(post: Post) -> Photo:
    """Return the result of a post. Raises LookupError if there is none; no page shows such a post."""
    if post.expansion.result is None or post.expansion.preview is None:
        raise LookupError(f"post {post.id} has no picture")
    return post.expansion.result


def shows(post: Post | None) -> bool:
    """Tell whether a post has an image that pages can show."""
    return post is not None and post.expansion.result is not None and post.expansion.preview is not None


def isolated(name: str) -> str:
    """Return a name whose writing direction does not affect the text around it (Unicode FSI and PDI)."""
    return f"\u2068{name}\u2069"


def _felt(post: Post) -> list[tuple[str, int]]:
    counts = [(feeling.value, int(getattr(post, COLUMNS[feeling]))) for feeling in Feeling]
    return [(emoji, count) for emoji, count in counts if count]
