"""The tables. Times are UTC; ids of people, chats and messages are Telegram's own.

They name one another in foreign keys, so whoever wants one gets all. What only one store asks about stands beside it:
films, moderation, anonymous counts.
"""

from storage.models.base import Base, Key, one_of, only
from storage.models.expansions import Expansion, Status
from storage.models.galleries import Gallery, Impression
from storage.models.messages import Message, Received
from storage.models.moment import Moment, day_of, now
from storage.models.people import Chat, Person
from storage.models.photos import Panel, Photo
from storage.models.posts import Post, PostStatus, status_is
from storage.models.reactions import Feeling, Reaction

__all__ = [
    "Base",
    "Chat",
    "Expansion",
    "Feeling",
    "Gallery",
    "Impression",
    "Key",
    "Message",
    "Moment",
    "Panel",
    "Person",
    "Photo",
    "Post",
    "PostStatus",
    "Reaction",
    "Received",
    "Status",
    "day_of",
    "now",
    "one_of",
    "only",
    "status_is",
]
