"""The types of the fixtures with which the tests of queues open them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from storage.jobs.dispatch import Dispatch
from storage.jobs.embedded import EmbeddedQueue
from storage.jobs.kinds import JobKind

DispatchOf: TypeAlias = Callable[[JobKind], Dispatch]
QueueOn: TypeAlias = Callable[..., EmbeddedQueue]
