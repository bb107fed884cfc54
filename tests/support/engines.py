"""An engine for tests of the engine process: model and prompt say how it fails.

`open_engine` takes the place of `inference.registry:open_engine`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import dataclass

import cv2
import numpy as np

from inference.engine import Engine, EngineName, EngineUnavailable, Painted, Pixels, Reads, Report, Request


def open_engine(name: EngineName, model: str, guests: str = "") -> Engine:
    if model == "missing":
        raise EngineUnavailable("no model at /nowhere; run kuotu pull")
    if model == "broken":
        raise RuntimeError("the weights have the wrong shape")
    if model == "stuck":
        threading.Event().wait()
    if model == "dead":
        os.kill(os.getpid(), signal.SIGKILL)
    return Noise(f"noise {os.getpid()}", reads=Reads.ENGLISH if model == "words" else Reads.NOTHING)


@dataclass
class Noise:
    """Paints seeded noise over the whole canvas, the photo included, unless the prompt names a failure.

    Its name contains the process id, so that a test sees when the process has been replaced.
    """

    name: str
    reads: Reads
    devices: int = 1

    def expand(self, request: Request, report: Report) -> Painted:
        sys.stdout.write("libraries print\n")
        report(0.0)
        match request.prompt:
            case "hang":
                report(0.5)
                threading.Event().wait()
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "leave":
                os._exit(3)
            case "exhaust":
                raise MemoryError("no room for a canvas")
            case "fail":
                raise RuntimeError("shapes\ndiffer")
            case "shrink":
                return Painted(request.photo, {})
            case "linger":
                while True:
                    report(0.5)
                    threading.Event().wait(0.01)
        report(0.5)
        report(1.0)
        recipe = {"words": [f"word-{request.seed}"], "key": "noise=1", "reads": self.reads.value}
        recipe |= {"beings": 0.1} if request.prompt == "beings" else {}
        return Painted(_PAINTINGS.get(request.prompt, _noise)(request), recipe)


def _noise(request: Request) -> Pixels:
    canvas = request.margins.canvas(request.extent)
    random = np.random.default_rng([request.seed, len(request.prompt), len(request.style)])
    return random.integers(0, 256, (canvas.height, canvas.width, 3), np.uint8)


def _mirrored(request: Request) -> Pixels:
    margins = request.margins
    sides = margins.top, margins.bottom, margins.left, margins.right
    return np.asarray(cv2.copyMakeBorder(request.photo, *sides, cv2.BORDER_REFLECT_101), np.uint8)


def _black_at_first(request: Request) -> Pixels:
    return _mirrored(request) * np.uint8(request.seed >= 1000)  # derived seeds are large


_PAINTINGS = {"mirror": _mirrored, "beings": _mirrored, "black at first": _black_at_first}
