"""The checks that every expansion passes, and an engine that applies them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from inference.engine import Engine, Painted, Pixels, Report, Request, Style, versions
from inference.image.upscale import NAME, upscale_expansion
from inference.quality.gate import judge
from inference.quality.repetition import painted_again
from inference.quality.retry import Careful, trust
from inference.registry import open_classifier, open_guess
from inference.safety.verdict import SHIPPED, Classifier, Level, Scores, Thresholds, Verdict, check
from inference.subject.memory import Subjects
from inference.surprise.beings import TWIN, share_of_beings, with_beings
from inference.surprise.semantic import STATISTICS

NO_CLASSIFIER: Final = "none"
UNCHECKED: Final = Verdict(Level.SAFE, Scores(0.0, 0.0), "not checked")


@dataclass(frozen=True)
class Checks:
    """The operator's settings for the checks."""

    gate: bool = True  # off for a model that is meant to paint noise, such as an untrained one
    classifier: str = SHIPPED  # alternatives: NO_CLASSIFIER, or a transformers model
    thresholds: Thresholds = field(default_factory=Thresholds)
    surprise: str = STATISTICS  # alternative: a CLIP model

    def to_json(self) -> str:
        """Return the settings as JSON, for the command line of an engine process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Checks:
        """Read the settings from the text of `to_json`."""
        values = json.loads(text)
        return cls(**values | {"thresholds": Thresholds(**values["thresholds"])})


@dataclass(frozen=True, eq=False)
class Checked:
    """A canvas with the seed that produced it, its safety verdict, and its guessed surprise."""

    painted: Painted
    seed: int
    verdict: Verdict
    surprise: float | None  # 0 to 1; None for a doubled photo


class CheckedEngine:
    """An engine whose results are judged by the gate, classified for safety, and rated for surprise."""

    def __init__(self, engine: Engine, checks: Checks, others: Mapping[str, Engine] | None = None) -> None:
        """Open the classifier and the surprise guess. `others` paint what they are given for: a style, or a choice.

        Raises EngineUnavailable when one of them is not on this machine.
        """
        judged, self._gate = judge if checks.gate else trust, checks.gate
        self._subjects = Subjects() if checks.gate else None
        engines: dict[str, Engine] = {**dict.fromkeys(Style, engine), **(others or {})}
        self._careful = {name: Careful(one, judged, self._subjects) for name, one in engines.items()}
        self._thresholds, self._guess = checks.thresholds, open_guess(checks.surprise)
        self._classifier: Classifier | None = None
        if checks.classifier != NO_CLASSIFIER:
            self._classifier = open_classifier(checks.classifier)

    def expand(self, request: Request, report: Report) -> Checked:
        """Paint a request and check the result. Raises EngineError as the engine does."""
        attempt = self._painter(request).attempt(replace(request, judged=self._gate), report)
        canvas = attempt.painted.pixels
        verdict = self._verdict(request.photo) | self._verdict(canvas)
        share = share_of_beings(attempt.painted.recipe, request.style)
        if self._is_twice(request, canvas):
            share = max(share, TWIN)
        guess = with_beings(self._guess(request.photo, canvas, request.margins), share)
        return Checked(attempt.painted, attempt.seed, verdict, guess)

    def _painter(self, request: Request) -> Careful:
        """Return the engine that was chosen, if it is on offer, or else the style's own."""
        return self._careful.get(request.engine) or self._careful[request.style]

    def _is_twice(self, request: Request, canvas: Pixels) -> bool:
        """Return whether a model's wild picture shows the photo's subject again, which is what wild is for."""
        reads = self._painter(request).reads
        return request.style is Style.WILD and painted_again(canvas, request, reads, self._subjects) > 0

    def double(self, request: Request, report: Report) -> Checked:
        """Return the photo at twice its size. The engine is not used; margins, style and prompt have no effect."""
        doubled = upscale_expansion(request.photo, report)
        verdict = self._verdict(request.photo) | self._verdict(doubled)
        key = f"{NAME} {versions('kuotu', 'onnxruntime', 'opencv-python-headless')}"
        return Checked(Painted(doubled, {"key": key}), request.seed, verdict, None)

    def _verdict(self, pixels: Pixels) -> Verdict:
        return check(pixels, self._classifier, self._thresholds) if self._classifier else UNCHECKED
