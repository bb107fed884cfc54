"""Every sign of the bot, with its one meaning, wherever it stands: on a button, in a caption, in a text.

The locale files name the signs: `{sign.EXPAND} Expand`.
"""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class Sign(StrEnum):
    """A sign and what it stands for."""

    # how a photo is expanded
    EXPAND = "✨"  # expand a photo
    DICE = "🎲"  # the bot chooses, and starts at once
    ADJUST = "⚙"  # choose direction, size and shape
    PHOTO = "📷"  # a photo that somebody sent
    LEFT = "⬅️"
    UP = "⬆️"
    DOWN = "⬇️"
    RIGHT = "➡️"
    HORIZONTAL = "↔️"
    VERTICAL = "↕️"
    ALL = "⤢"  # all sides
    FAITHFUL = "🌿"
    PLAYFUL = "🎈"
    WILD = "🌀"
    # while it is made
    WAITING = "⏳"
    LOOKING = "🧐"
    PAINTING = "🎨"
    FINISHING = "🖌"
    CANCEL = "❌"
    BELOW = "👇"  # look below
    # what can be done with a result
    AGAIN = "🔁"  # the same once more
    FOUR = "▦"  # four at once
    ZOOM_OUT = "🔭"  # expand the result once more
    JOURNEY = "🚀"  # several steps outward in one go
    BACK = "⏪"  # to the photo of the last step
    START = "⏮"  # to the first photo
    BEFORE = "◐"
    AFTER = "◑"
    DOUBLE = "🔍"  # twice the size
    FILM = "🎬"
    LOOP = "⇄"  # before and after, back and forth
    DOWNLOAD = "💾"
    DELETE = "🗑"
    TWIST = "🪄"  # what the style has put into the picture
    # the gallery
    GALLERY = "🖼"
    PUBLISH = "📣"
    TAKE_BACK = "↩️"  # out of the gallery
    TITLE = "✏️"  # write a title
    LIKE = "👯"  # do somebody's next photo like a post
    SEE = "👀"  # have a look at it
    GUEST = "🚶"  # walks into other people's pictures
    SHARE = "↗"
    PAGE = "🌐"  # its web page
    CHANNELS = "📢"  # what readers of channels feel
    SURPRISE = "🌡"  # how surprising
    HOT = "🔥"
    BEST = "🏆"
    NEWEST = "🕒"
    RANDOM = "🔀"
    NEW = "🆕"  # too few people have seen it for a number
    REPORT = "🚩"
    HIDE = "🙈"  # a moderator takes it out of the gallery
    BAN = "⛔"
    # finding one's way
    MORE = "⋯"  # less common buttons
    LESS = "‹"  # the usual buttons again
    UNFOLD = "▾"  # a list to choose from
    PREVIOUS = "◀"
    NEXT = "▶"
    CHOSEN = "✓"
    CHAT = "💬"  # the private chat with the bot
    SETTINGS = "🔧"
    RESET = "↺"
    MUTE = "🔕"
    HEAR = "🔔"
    DONE = "✅"  # all is well
    UNKNOWN = "❔"
    WARNING = "⚠️"
    INTACT = "🔒"
    BROKEN = "🔓"
