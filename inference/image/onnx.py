"""Runs a network from `inference/weights` with ONNX Runtime on one core."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS: Final = Path(__file__).parents[1] / "weights"


class Network:
    """A network with one input, `picture`, and one output. The library is imported when the network is opened."""

    def __init__(self, weights: Path) -> None:
        self._session = session(weights)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[Any]:
        (output,) = self._session.run(None, {"picture": picture[None]})
        return np.asarray(output[0])


def session(weights: Path) -> InferenceSession:
    """Open an ONNX Runtime session on one core for a file of weights."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # the memory of a large image is released afterwards
    options.add_session_config_entry(
        "session.disable_quant_qdq", "1"
    )  # 8-bit weights are converted once, not in each run
    return InferenceSession(weights, options, providers=["CPUExecutionProvider"])
