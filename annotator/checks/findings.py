"""What a check says: which rule, how grave, why in one sentence, where to look and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from annotator.checks.mends import Mend
from annotator.labels import Point


class Rule(Enum):
    """Which rule spoke; the value is its id in files and on the command line."""

    SWAPPED = "swapped-pair"
    RENAMED = "wrong-name"
    MIRRORED = "mirrored-names"
    TURNED = "turned-names"
    OFF_MARKING = "off-marking"
    ORDER = "order-along-marking"
    ABOVE_HORIZON = "above-horizon"
    CAMERA = "impossible-camera"
    ARC_SIDE = "arc-side"
    BOTH_HALVES = "both-halves"
    FORGOTTEN = "forgotten"
    OUTLIER = "outlier"
    SEGMENT = "left-right-segment"
    DUPLICATE = "duplicate-points"
    OUTSIDE = "outside-image"
    JUMP = "jump-over-time"
    CAMERA_JUMP = "camera-over-time"


class Severity(Enum):
    """How sure and how grave: contradicts the pitch, deserves a look, or is merely worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True)
class Finding:
    """One thing that looks wrong with the labels of a frame.

    ``reason`` is one sentence for people; ``keypoints`` and ``markings`` name what is concerned, ``at`` is where to
    look in pixels, None for the whole frame; ``mend(labels)`` gives the labels with the fault mended, and
    ``mend.text`` says how. Two findings are equal when they say the same, so that a list may be compared with the last.
    """

    rule: Rule
    severity: Severity
    reason: str
    keypoints: tuple[str, ...] = ()
    markings: tuple[str, ...] = ()
    at: Point | None = None
    mend: Mend | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All that is concerned."""
        return (*self.keypoints, *self.markings)
