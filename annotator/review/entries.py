"""What the review queue knows of a frame: its signs and the keypoints in it; found out, stored and read back here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from annotator.formats.documents import number
from annotator.labels import Instance, Point, Visibility
from annotator.review.judged import said_by_network
from annotator.review.signs import FrameSigns, Kind, Sign, jump_sign, signs_of
from annotator.review.thing_jumps import jumps
from annotator.review.thing_signs import Things, signs_of_things
from annotator.temporal import Over, odd_beside

if TYPE_CHECKING:
    from model.heatmaps import Prediction

__all__ = ["Entry", "Inspection", "entry_document", "entry_from", "inspect", "points_of"]

_KINDS = {kind.name: kind for kind in Kind}


@dataclass(frozen=True)
class Entry:
    """A frame as the queue knows it: its signs, and the keypoints that somebody or something put into it."""

    signs: FrameSigns
    present: frozenset[str] = frozenset()

    @property
    def frame_id(self) -> int:
        """The frame."""
        return self.signs.frame_id

    def value(self, kind: Kind) -> float | None:
        """The largest value of this kind of sign; None without one."""
        return max((sign.value for sign in self.signs.signs if sign.kind is kind), default=None)


@dataclass(frozen=True)
class Inspection:
    """All that is needed to say what is odd about a frame, see `signs_of`; neighbours' points by name, in pixels."""

    frame_id: int
    instance: Instance
    prediction: Prediction | None
    size: tuple[int, int]
    threshold: float
    group: int = 0
    other: Prediction | None = None
    before: Mapping[str, Point] = field(default_factory=dict)
    after: Mapping[str, Point] = field(default_factory=dict)
    mirrored: Mapping[str, Point] | None = None
    beside: Mapping[int, Instance] = field(default_factory=dict)
    """Labels of frames so many frames before (negative) and after."""
    things: Things | None = None
    """What is judged instead of the instance in a project without football."""
    things_beside: tuple[Things, Things] | None = None
    """The same of the frames before and after."""


def points_of(instance: Instance, prediction: Prediction | None, threshold: float) -> dict[str, Point]:
    """Where the points of a frame are: as a person said, else as the network sees them with enough confidence."""
    if not instance.is_empty:
        return {name: said.position for name, said in instance.keypoints.items() if said.position is not None}
    if prediction is None:
        return {}
    shown = np.flatnonzero((prediction.confidence >= threshold) & np.isfinite(prediction.xy).all(axis=1))
    return {prediction.names[i]: (float(prediction.xy[i, 0]), float(prediction.xy[i, 1])) for i in shown}


def inspect(frame: Inspection) -> Entry:
    """Find out what is odd about a frame."""
    if frame.things is not None:
        return _inspect_things(frame, frame.things)
    signs = signs_of(
        frame.frame_id,
        frame.instance,
        frame.prediction,
        size=frame.size,
        threshold=frame.threshold,
        group=frame.group,
        other=frame.other,
        mirrored=frame.mirrored,
    )
    here = points_of(frame.instance, frame.prediction, frame.threshold)
    jump = jump_sign(frame.before, here, frame.after, width=frame.size[0]) if frame.before and frame.after else None
    if jump is not None:
        signs = replace(signs, signs=(*signs.signs, jump))
    if frame.beside and not frame.instance.is_empty:
        odd = odd_beside(frame.instance, frame.beside, size=frame.size)
        found = [Sign(Kind.CHECK, 1.0, None, 1, one.reason) for one in odd if one.over is not Over.POINT]
        signs = replace(signs, signs=(*signs.signs, *found[:1]))
    said = {name for name, label in frame.instance.keypoints.items() if label.visibility is not Visibility.ABSENT}
    return Entry(signs, frozenset(said | set(points_of(Instance(), frame.prediction, frame.threshold))))


def _inspect_things(frame: Inspection, things: Things) -> Entry:
    signs = signs_of_things(
        frame.frame_id,
        things,
        frame.prediction,
        size=frame.size,
        threshold=frame.threshold,
        group=frame.group,
    )
    if frame.things_beside is not None:
        before, after = frame.things_beside
        found = jumps(things, before, after, size=frame.size, threshold=frame.threshold)
        signs = replace(signs, signs=(*signs.signs, *found))
    seen = {name for one in things.seen for name in said_by_network(one, 0, frame.threshold).keypoints}
    return Entry(signs, frozenset(signs.said | seen | things.labels.attributes.keys()))


def entry_document(entry: Entry) -> str:
    """An entry as a project stores it; the frame is not in it."""
    signs = [[s.kind.name, s.value, s.keypoint, s.count, s.detail, s.instance] for s in entry.signs.signs]
    document = {
        "signs": signs,
        "place": list(entry.signs.place),
        "group": entry.signs.group,
        "present": sorted(entry.present),
        "said": sorted(entry.signs.said),
        "gone": dict(sorted(entry.signs.gone.items())),
    }
    if entry.signs.bones:
        document["bones"] = entry.signs.bones
    return json.dumps(document, ensure_ascii=False)


def entry_from(frame_id: int, text: str) -> Entry | None:
    """The entry in a stored document; None for anything else, which is then found out anew."""
    try:
        document = json.loads(text)
        signs = tuple(_sign(*row) for row in document["signs"])
        place = tuple(float(value) for value in document["place"])
        said = frozenset(map(str, document["said"]))
        gone = {str(name): float(value) for name, value in document["gone"].items()}
        bones = {
            str(edge): tuple((int(thing), float(value)) for thing, value in lengths)
            for edge, lengths in document.get("bones", {}).items()
        }
        found = FrameSigns(frame_id, signs, place, int(document["group"]), said, gone, bones)
        return Entry(found, frozenset(document["present"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _sign(kind: str, value: Any, keypoint: Any, count: Any, detail: Any, instance: Any = None) -> Sign:
    size = number(value)
    if size is None or not isinstance(keypoint, str | None) or not isinstance(detail, str) or not (
        isinstance(instance, int | None)
    ):
        raise ValueError("no sign")
    return Sign(_KINDS[kind], size, keypoint, int(count), detail, instance=instance)
