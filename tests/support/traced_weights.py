"""Detects weights that a module reads before group offloading has loaded them, without a GPU.

Group offloading moves a group of weights to the GPU when the group's leader is called, and back afterwards. On a CPU
every weight is always available, so a weight that no call loads would go unnoticed. Here the arguments of each
operation are checked: a weight may be read only while the leader of its group runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.hooks.hooks import HookRegistry
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

LOOKING = {"__get__", "is_floating_point", "requires_grad_"}  # at a tensor's attributes, not at its numbers


class Tracer(TorchFunctionMode):
    """Collects the names of weights that are read outside a call of their group's leader.

    Models may share weights, which then have several leaders.
    """

    def __init__(self, models: Mapping[str, torch.nn.Module]) -> None:
        super().__init__()
        self._leaders, self._names = dict[int, list[torch.nn.Module]](), dict[int, str]()
        for component, model in models.items():
            self._names |= {id(weights): f"{component}.{name}" for name, weights in _weights(model)}
            for weights, leader in _leaders(model):
                self._leaders.setdefault(weights, []).append(leader)
        self._running = list[torch.nn.Module]()
        self.read, self.unseen = set[str](), set[str]()

    def __torch_function__(self, function: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for value in tree_leaves((args, kwargs or {})):
            leaders = self._leaders.get(id(value)) if isinstance(value, torch.Tensor) else None
            if leaders is not None and function.__name__ not in LOOKING:
                self.read.add(self._names[id(value)])
                if not any(leader is running for leader in leaders for running in self._running):
                    self.unseen.add(self._names[id(value)])
        return function(*args, **kwargs or {})

    @contextmanager
    def watching(self) -> Iterator[None]:
        before = register_module_forward_pre_hook(lambda module, _args: self._running.append(module))
        after = register_module_forward_hook(lambda *_seen: self._running.pop() and None, always_call=True)
        try:
            with self:
                yield
        finally:
            before.remove()
            after.remove()


def _weights(model: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def _leaders(model: torch.nn.Module) -> Iterator[tuple[int, torch.nn.Module]]:
    """Return the module whose call loads a weight, keyed by the identity of the weight."""
    for module in model.modules():
        registry: HookRegistry | None = getattr(module, "_diffusers_hook", None)
        hook = registry.get_hook("group_offloading") if registry else None
        if hook is None:
            continue
        held = [weights for part in hook.group.modules for _, weights in _weights(part)]
        for weights in (*held, *hook.group.parameters, *hook.group.buffers):
            yield id(weights), hook.group.onload_leader
