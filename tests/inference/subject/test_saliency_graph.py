"""The network's rearranged graph, on the file that ships and on a small graph of the same kinds of nodes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from inference.image.onnx import WEIGHTS, session
from scripts.protocol_buffer import BYTES, VARINT, Part, decoded, encoded
from scripts.saliency_graph import GRAPH, INPUT, NODE, OUTPUT, SIDE, TENSOR, Floats, Node, _written, rearranged


def nodes(model: bytes) -> list[Node]:
    graph = next(part.value for part in decoded(model) if part.number == GRAPH)
    assert isinstance(graph, bytes)
    return [Node.of(part.value) for part in decoded(graph) if part.number == NODE and isinstance(part.value, bytes)]


def test_the_network_that_ships_stacks_nothing_but_the_maps_and_computes_no_size() -> None:
    kinds = Counter(node.kind for node in nodes((WEIGHTS / "u2netp.onnx").read_bytes()))
    assert set(kinds) == {"Conv", "Relu", "Add", "Resize", "MaxPool", "Concat", "Sigmoid"}
    assert kinds["Concat"] == kinds["Sigmoid"] == 1


def test_messages_pass_through_unchanged() -> None:
    data = (WEIGHTS / "u2netp.onnx").read_bytes()
    assert encoded(decoded(data)) == data
    assert decoded(encoded([Part(3, VARINT, 300), Part(4, BYTES, b"abc"), Part(5, 5, b"1234")])) == [
        (3, VARINT, 300),
        (4, BYTES, b"abc"),
        (5, 5, b"1234"),
    ]


def test_a_sum_of_two_convolutions_is_the_convolution_of_a_stack(tmp_path: Path) -> None:
    stacked = [
        Node("Conv", ("input.1", "first", "bias"), ("one",)),
        Node("Concat", ("input.1", "one"), ("stack",), [_number("axis", 1)]),
        Node("Conv", ("stack", "second", "bias"), ("two",)),
        Node("Sigmoid", ("two",), ("map",)),
    ]
    random = np.random.default_rng(0)
    weights = {"first": (3, 3, 1, 1), "second": (3, 6, 1, 1), "bias": (3,)}
    model = _model(stacked, {name: random.normal(size=shape).astype(np.float32) for name, shape in weights.items()})
    after = rearranged(model)
    assert [node.kind for node in nodes(after)] == ["Conv", "Conv", "Conv", "Add", "Sigmoid"]
    picture = random.normal(size=(1, 3, SIDE, SIDE)).astype(np.float32)
    maps = [_run(tmp_path / name, data, picture) for name, data in (("before.onnx", model), ("after.onnx", after))]
    assert np.allclose(*maps, atol=1e-5)


def _model(graph: list[Node], weights: dict[str, Floats]) -> bytes:
    parts = [Part(NODE, BYTES, node.data) for node in graph]
    parts += [Part(TENSOR, BYTES, _written(name, values)) for name, values in weights.items()]
    parts += [Part(2, BYTES, b"small"), Part(INPUT, BYTES, _value("input.1")), Part(OUTPUT, BYTES, _value("map"))]
    version = encoded([Part(2, VARINT, 11)])
    return encoded([Part(1, VARINT, 6), Part(GRAPH, BYTES, encoded(parts)), Part(8, BYTES, version)])


def _value(name: str) -> bytes:
    """Describe an input or output of (1, 3, SIDE, SIDE) floats."""
    shape = encoded([Part(1, BYTES, encoded([Part(1, VARINT, length)])) for length in (1, 3, SIDE, SIDE)])
    tensor = encoded([Part(1, VARINT, 1), Part(2, BYTES, shape)])
    return encoded([Part(1, BYTES, name.encode()), Part(2, BYTES, encoded([Part(1, BYTES, tensor)]))])


def _number(name: str, value: int) -> Part:
    return Part(5, BYTES, encoded([Part(1, BYTES, name.encode()), Part(3, VARINT, value), Part(20, VARINT, 2)]))


def _run(path: Path, model: bytes, picture: Floats) -> Floats:
    path.write_bytes(model)
    (map_,) = session(path).run(None, {"input.1": picture})
    return np.asarray(map_)
