"""The tables. Times are UTC. Ids of people, chats and messages are Telegram's own.

This package imports every table, because foreign keys connect them and migrations must see them all.
"""

from storage.models.anonymous import AnonymousCount
from storage.models.applause import Applause
from storage.models.base import Base, Key, one_of, only
from storage.models.blobs import BlobNote, BlobSweep
from storage.models.expansions import Expansion
from storage.models.films import Film, FilmKind
from storage.models.galleries import Gallery, Impression
from storage.models.guests import Appearance, ChatGuest
from storage.models.jobs import FINAL_STATUSES, LIVE_STATUSES, Job, Status
from storage.models.marks import Mark
from storage.models.messages import Message, MessageKind, Received
from storage.models.moderation import Act, AuditEntry, Ban, Judgement, Reason, Report
from storage.models.moment import Moment, day_of, now
from storage.models.people import Chat, Person
from storage.models.photos import Panel, Photo
from storage.models.pieces import Piece
from storage.models.posts import Post, PostStatus, status_is
from storage.models.quota import SpentQuota
from storage.models.reactions import Feeling, Reaction
from storage.models.recipes import RecipePanel, RecipeUse, RecipeWish
from storage.models.search import SearchKey
from storage.models.turns import Turn
from storage.models.web import Bucket, WebReport
from storage.models.workers import Worker

__all__ = [
    "FINAL_STATUSES",
    "LIVE_STATUSES",
    "Act",
    "AnonymousCount",
    "Appearance",
    "Applause",
    "AuditEntry",
    "Ban",
    "Base",
    "BlobNote",
    "BlobSweep",
    "Bucket",
    "Chat",
    "ChatGuest",
    "Expansion",
    "Feeling",
    "Film",
    "FilmKind",
    "Gallery",
    "Impression",
    "Job",
    "Judgement",
    "Key",
    "Mark",
    "Message",
    "MessageKind",
    "Moment",
    "Panel",
    "Person",
    "Photo",
    "Piece",
    "Post",
    "PostStatus",
    "Reaction",
    "Reason",
    "Received",
    "RecipePanel",
    "RecipeUse",
    "RecipeWish",
    "Report",
    "SearchKey",
    "SpentQuota",
    "Status",
    "Turn",
    "WebReport",
    "Worker",
    "day_of",
    "now",
    "one_of",
    "only",
    "status_is",
]
