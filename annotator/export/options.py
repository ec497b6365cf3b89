"""What an export is to be, as a value: every choice that a person can make, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from annotator.export.splits import Splits
from annotator.formats.soccernet import Dialect

THRESHOLD = 0.5


class ExportKind(Enum):
    """What an export makes."""

    TRAINING_SET = "training-set"
    SOCCERNET = "soccernet"
    CAMERAS = "soccernet-cameras"
    KEYPOINTS57 = "keypoints57"
    COCO = "coco"
    MPII = "mpii"
    YOLO_POSE = "yolo-pose"
    CVAT = "cvat"
    DEEPLABCUT = "deeplabcut"
    LIGHTNING_POSE = "lightning-pose"


class Scope(Enum):
    """Which frames go out: accepted ones, those and drafts, or every frame that has a confident point.

    Rejected frames never do. A frame that is in only for what the network saw brings that along: with ``CONFIDENT``
    predictions from the threshold on are taken whatever is said of them.
    """

    ACCEPTED = "accepted"
    DRAFTS = "drafts"
    CONFIDENT = "confident"


class Unaccepted(Enum):
    """What becomes of points that nobody placed and geometry does not know.

    MASK says nothing of them: 0 in COCO and YOLO-pose, left out of the loss in a training set. EXCLUDE says that they
    are not there, which only a training set can tell from unknown. ACCEPT takes what the network saw with at least the
    threshold's confidence, and masks the rest.
    """

    MASK = "mask"
    EXCLUDE = "exclude"
    ACCEPT = "accept"


class Images(Enum):
    """What becomes of image files: copied, hard-linked, or left where they are and only named.

    Frames of videos, and images that metadata turns, are written in any case.
    """

    COPY = "copy"
    LINK = "link"
    REFERENCE = "reference"


class Box(Enum):
    """The box of COCO and YOLO-pose objects: the hull of the points, or the whole frame."""

    HULL = "hull"
    FRAME = "frame"


CARRIES_IMAGES = frozenset({ExportKind.TRAINING_SET, ExportKind.YOLO_POSE})
"""Kinds that are nothing without their images beside them."""
HAS_SPLITS = CARRIES_IMAGES
"""Kinds in which every sample is in a split; others list their splits in text files when asked to."""
HAS_BOX = frozenset({ExportKind.COCO, ExportKind.YOLO_POSE})
_COPIES = CARRIES_IMAGES | {ExportKind.COCO, ExportKind.MPII}


@dataclass(frozen=True)
class ExportOptions:
    """Every choice of an export; ``images`` and ``splits`` of None are what suits the kind.

    ``threshold`` is the confidence from which on predicted points are taken, where they are; ``network`` is whose
    predictions, None for the newest of each frame.

    Raises
    ------
    ValueError
        If the threshold is no share, or images are to stay where they are in a kind that carries them.
    """

    kind: ExportKind
    scope: Scope = Scope.ACCEPTED
    unaccepted: Unaccepted = Unaccepted.MASK
    threshold: float = THRESHOLD
    network: str | None = None
    images: Images | None = None
    box: Box = Box.HULL
    splits: Splits | None = None
    dialect: Dialect = Dialect.CALIBRATION

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 0.0 <= self.threshold <= 1.0:
            raise ValueError(f"the threshold {self.threshold:g} is not from 0 to 1")
        if self.images is Images.REFERENCE and self.kind in CARRIES_IMAGES:
            raise ValueError(f"the images of a {self.kind.value} lie beside its labels: copy or link them")

    @property
    def placing(self) -> Images:
        """What becomes of the images of this kind."""
        return self.images or (Images.COPY if self.kind in _COPIES else Images.REFERENCE)

    @property
    def splitting(self) -> Splits | None:
        """How frames are split; None where they are not."""
        return self.splits or (Splits() if self.kind in HAS_SPLITS else None)

    @property
    def takes_predictions(self) -> bool:
        """Whether points go out that only the network saw."""
        return self.unaccepted is Unaccepted.ACCEPT or self.scope is Scope.CONFIDENT

    def document(self) -> dict[str, Any]:
        """The choices as JSON values, for a manifest."""
        document: dict[str, Any] = {
            "scope": self.scope.value,
            "unaccepted": Unaccepted.ACCEPT.value if self.takes_predictions else self.unaccepted.value,
            "images": self.placing.value,
        }
        if self.takes_predictions:
            document["threshold"] = self.threshold
        if self.kind in HAS_BOX:
            document["box"] = self.box.value
        if self.kind is ExportKind.SOCCERNET:
            document["dialect"] = self.dialect.value
        return document


@dataclass(frozen=True)
class LeftOut:
    """Something of a frame that is not in the export, or not as it is in the project, and why."""

    frame: str
    reason: str

    def __str__(self) -> str:
        return f"{self.frame}: {self.reason}"


@dataclass(frozen=True)
class ExportReport:
    """What was made: the kind, the folder, the frames in it, what was left out, and counts by what they count.

    ``left_out`` names frames that are not in it and markings that the format lacks; ``points`` every point that was
    dropped or moved to the border; ``warnings`` what a split gives away, and
    which one that was asked for is empty.
    """

    kind: ExportKind
    folder: Path
    frames: int
    left_out: tuple[LeftOut, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    points: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
