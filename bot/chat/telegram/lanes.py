"""Whose update may begin: one lane per person, in the order in which the updates came, and places given in turn."""

from __future__ import annotations

from bisect import bisect
from collections import deque
from dataclasses import dataclass, field

from telegram import Update


@dataclass(eq=False)
class Entry:
    """An update on its way. `tries` counts how often its handling has begun, in this run and before."""

    update: Update
    tries: int = 0

    @property
    def id(self) -> int:
        """The update's id."""
        return self.update.update_id

    @property
    def person(self) -> int:
        """The person who acts, or the chat where nobody does or where the chat itself changes."""
        update = self.update
        who = update.effective_chat if update.my_chat_member else update.effective_user or update.effective_chat
        return who.id if who is not None else 0


@dataclass
class Lanes:
    """Queued updates. The first of a lane is waiting for a place, in progress, or pausing; the rest wait for it."""

    places: int
    _lanes: dict[int, deque[Entry]] = field(default_factory=dict)
    _ready: deque[int] = field(default_factory=deque)  # people whose first update waits for a place
    _taken: set[int] = field(default_factory=set)  # people whose first update is in progress
    _known: set[int] = field(default_factory=set)

    def __contains__(self, update_id: int) -> bool:
        return update_id in self._known

    def __len__(self) -> int:
        return len(self._known)

    @property
    def first(self) -> list[int]:
        """The first update of each person."""
        return [lane[0].id for lane in self._lanes.values()]

    def add(self, entry: Entry) -> None:
        """Queue an update in its person's lane by its id, because a webhook's updates may overtake each other."""
        lane = self._lanes.setdefault(entry.person, deque())
        if lane and entry.id < lane[-1].id:
            begun = int(entry.person not in self._ready)
            lane.insert(bisect(lane, entry.id, lo=begun, key=lambda other: other.id), entry)
        else:
            lane.append(entry)
        self._known.add(entry.id)
        if len(lane) == 1:
            self._ready.append(entry.person)

    def take(self) -> list[Entry]:
        """Give the free places to the people who have waited longest. Returns their first updates."""
        begun = []
        while self._ready and len(self._taken) < self.places:
            person = self._ready.popleft()
            self._taken.add(person)
            begun.append(self._lanes[person][0])
        return begun

    def pause(self, entry: Entry) -> None:
        """Free the place of an update that is to be tried again. Its lane stands still until `resume`."""
        self._taken.discard(entry.person)

    def resume(self, entry: Entry) -> None:
        """Let an update that paused, or one that was taken and did not begin, wait for a place again."""
        self._taken.discard(entry.person)
        self._ready.append(entry.person)

    def leave(self, entry: Entry) -> None:
        """Remove the first update of a lane, which was handled. The next one of that person waits for a place."""
        self._taken.discard(entry.person)
        self._known.discard(entry.id)
        lane = self._lanes[entry.person]
        lane.popleft()
        if lane:
            self._ready.append(entry.person)
        else:
            del self._lanes[entry.person]

    def drop(self, entry: Entry) -> None:
        """Remove an update wherever it is in its lane, because it was handled before."""
        lane = self._lanes[entry.person]
        if lane[0] is not entry:
            lane.remove(entry)
            self._known.discard(entry.id)
            return
        if entry.person in self._ready:
            self._ready.remove(entry.person)
        self.leave(entry)
