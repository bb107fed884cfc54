"""Flood control: how fast a bot may send, as in the Bot FAQ (core.telegram.org/bots/faq)."""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.call import Call
from bot.playground.refusals import too_many

BURST, PER_CHAT = 5, 1.0  # a burst in one chat, then messages per second
GROUP, GROUP_WINDOW = 20, 60.0  # messages within any window (seconds) in a group
OVERALL = 30  # messages per second in all chats together
COUNTED = ("send", "edit", "copymessage", "forwardmessage")


@dataclass
class _Bucket:
    capacity: float
    rate: float  # tokens per second
    tokens: float = field(init=False)
    since: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.capacity

    def wait(self, now: float, cost: int) -> float:
        """Return the seconds until `cost` tokens are available."""
        self.tokens = min(self.capacity, self.tokens + (now - self.since) * self.rate)
        self.since = now
        return max(0.0, (min(cost, self.capacity) - self.tokens) / self.rate)


class Flood:
    """Counts what the bot sends and refuses with 429 what comes too fast. A refused call costs nothing."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._chats: dict[int, _Bucket] = defaultdict(lambda: _Bucket(BURST, PER_CHAT))
        self._groups: dict[int, deque[float]] = defaultdict(deque)
        self._overall = _Bucket(OVERALL, OVERALL)

    def check(self, call: Call) -> None:
        """Count a call, or raise the refusal that says how many seconds to wait."""
        if not call.method.startswith(COUNTED) or call.method == "sendchataction" or call.text("inline_message_id"):
            return
        now, chat_id = self._clock(), call.integer("chat_id")
        cost = len(call.json("media", [])) if call.method == "sendmediagroup" else 1
        waits = [self._chats[chat_id].wait(now, cost), self._overall.wait(now, cost)]
        if chat_id < 0:
            waits.append(self._group_wait(chat_id, now, cost))
        if max(waits) > 0:
            raise too_many(math.ceil(max(waits)))
        self._chats[chat_id].tokens -= cost
        self._overall.tokens -= cost
        self._groups[chat_id].extend([now] * cost)

    def _group_wait(self, chat_id: int, now: float, cost: int) -> float:
        sent = self._groups[chat_id]
        while sent and sent[0] <= now - GROUP_WINDOW:
            sent.popleft()
        surplus = len(sent) + cost - GROUP
        return sent[surplus - 1] + GROUP_WINDOW - now if surplus > 0 else 0.0
