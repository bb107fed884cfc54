"""A network of ours or a converted one, from `inference/weights`, run by ONNX Runtime on one core."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS: Final = Path(__file__).parents[1] / "weights"


class Network:
    """Takes `picture`, a batch of one, and gives its only output. The library is imported only now."""

    def __init__(self, weights: Path) -> None:
        self._session = session(weights)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[Any]:
        (output,) = self._session.run(None, {"picture": picture[None]})
        return np.asarray(output[0])


def session(weights: Path) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # what a large picture took is given back
    options.add_session_config_entry("session.disable_quant_qdq", "1")  # 8-bit weights are read once, not at each run
    return InferenceSession(weights, options, providers=["CPUExecutionProvider"])
