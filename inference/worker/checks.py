"""What is checked and guessed of every expansion, and an engine under these checks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from inference.engine import Engine, Painted, Pixels, Report, Request, versions
from inference.image.upscale import NAME, upscale_expansion
from inference.quality.gate import judge
from inference.quality.retry import Careful, trust
from inference.registry import open_classifier, open_guess
from inference.safety.verdict import SHIPPED, Classifier, Level, Scores, Thresholds, Verdict, check
from inference.surprise.semantic import STATISTICS

NO_CLASSIFIER: Final = "none"
UNCHECKED: Final = Verdict(Level.SAFE, Scores(0.0, 0.0), "not checked")


@dataclass(frozen=True)
class Checks:
    """An operator's settings."""

    gate: bool = True  # off for a model that is meant to paint noise, such as an untrained one
    classifier: str = SHIPPED  # or NO_CLASSIFIER, or a transformers model
    thresholds: Thresholds = field(default_factory=Thresholds)
    surprise: str = STATISTICS  # or a CLIP

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Checks:
        values = json.loads(text)
        return cls(**values | {"thresholds": Thresholds(**values["thresholds"])})


@dataclass(frozen=True, eq=False)
class Checked:
    """A canvas, the seed that gave it, whether it may be shown, and how surprising it may be."""

    painted: Painted
    seed: int
    verdict: Verdict
    surprise: float | None  # 0 to 1; none of what was doubled


class CheckedEngine:
    """Paints as carefully as the checks ask, has photo and canvas classified, and the surprise guessed."""

    def __init__(self, engine: Engine, checks: Checks) -> None:
        """Raises EngineUnavailable when there is no such classifier or CLIP here."""
        self._careful, self._gate = Careful(engine, judge if checks.gate else trust), checks.gate
        self._thresholds, self._guess = checks.thresholds, open_guess(checks.surprise)
        self._classifier: Classifier | None = None
        if checks.classifier != NO_CLASSIFIER:
            self._classifier = open_classifier(checks.classifier)

    def expand(self, request: Request, report: Report) -> Checked:
        attempt = self._careful.attempt(replace(request, judged=self._gate), report)
        canvas = attempt.painted.pixels
        verdict = self._verdict(request.photo) | self._verdict(canvas)
        guess = self._guess(request.photo, canvas, request.margins)
        return Checked(attempt.painted, attempt.seed, verdict, guess)

    def double(self, request: Request, report: Report) -> Checked:
        """The photo at twice its size, whatever the engine; margins, style and prompt change nothing."""
        doubled = upscale_expansion(request.photo, report)
        verdict = self._verdict(request.photo) | self._verdict(doubled)
        key = f"{NAME} {versions('kuotu', 'onnxruntime', 'opencv-python-headless')}"
        return Checked(Painted(doubled, {"key": key}), request.seed, verdict, None)

    def _verdict(self, pixels: Pixels) -> Verdict:
        return check(pixels, self._classifier, self._thresholds) if self._classifier else UNCHECKED
