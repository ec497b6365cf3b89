"""The flip test: what a network sees in the mirrored frame, beside what it sees in the frame itself.

A network that places a point elsewhere as soon as the picture is mirrored does not know it. The test costs a second
look at every frame, and says less than geometry does (of points over 8 px apart some one in seven is really wrong), so
it is made where it is asked for. Kept are peaks, not maps: name, pixels, confidence; of many things those of each, with
its box.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from annotator.formats.documents import number
from annotator.frames import FrameSource, MediaError
from annotator.labels import Point
from annotator.pitch import PITCH_57
from annotator.project import Project
from annotator.review.thing_flips import brought_back, covers, mirrored_box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.heatmaps import Prediction
    from model.people import Candidate, InstancePrediction, PeoplePrediction

__all__ = [
    "LEAST", "Seen", "as_thing", "is_looked_at", "keep", "keep_things", "kept", "kept_things", "look", "look_and_keep",
    "look_at_things", "look_closer", "points", "to_look_at",
]  # fmt: skip

LEAST = 0.1
"""Confidence from which on a peak is kept."""
Seen = Mapping[str, tuple[float, float, float]]
"""Name -> x, y in pixels of the frame as it is, confidence."""
Predict = Callable[["NDArray[np.uint8]"], "Prediction"]


class Sees(Protocol):
    """A network that looks at a frame as a whole; one that sees people has more (`SeesMany`)."""

    @property
    def id(self) -> str:
        """Which weights these are."""

    def predict(self, rgb: NDArray[np.uint8], /) -> Any:
        """The ``Prediction`` for one frame."""


class SeesMany(Protocol):
    """A network that sees several things in a frame, here or in a process of its own."""

    @property
    def takes_boxes(self) -> bool:
        """Whether it has to be told where to look."""

    def predict_people(self, rgb: NDArray[np.uint8], candidates: Sequence[Candidate] = ()) -> PeoplePrediction:
        """Everybody it sees."""


def look(predict: Predict, rgb: NDArray[np.uint8], mirror: Mapping[str, str] = PITCH_57.mirrored) -> Seen:
    """What a network sees in the mirrored image (H, W, 3), with names and places as in the image itself.

    ``mirror`` is the name that every keypoint has in a mirrored image.
    """
    seen = predict(np.ascontiguousarray(rgb[:, ::-1]))
    right = seen.image_size[0] - 1
    rows = zip(seen.names, seen.xy.tolist(), seen.confidence.tolist(), strict=True)
    return {
        mirror[name]: (right - x, y, sure)
        for name, (x, y), sure in rows
        if name in mirror and sure >= LEAST and np.isfinite((x, y)).all()
    }


def look_at_things(
    network: SeesMany, rgb: NDArray[np.uint8], seen: Sequence[InstancePrediction], mirror: Mapping[str, str]
) -> tuple[InstancePrediction, ...]:
    """As `look`, at many things: in the mirrored boxes of those that were ``seen`` where the network takes boxes."""
    from model.people import Candidate

    width = rgb.shape[1]
    boxes = [one.box for one in seen if one.box is not None]
    if network.takes_boxes and not boxes:
        return ()
    candidates = [Candidate(mirrored_box(box, width)) for box in boxes] if network.takes_boxes else []
    found = network.predict_people(np.ascontiguousarray(rgb[:, ::-1]), candidates)
    return tuple(brought_back(one, width, mirror) for one in found.instances)


def points(seen: Seen, threshold: float) -> dict[str, Point]:
    """Where the points are that were seen with enough confidence."""
    return {name: (x, y) for name, (x, y, sure) in seen.items() if sure >= threshold}


def as_thing(seen: Seen) -> InstancePrediction:
    """What was seen of the one thing of a frame, as one of many would be."""
    from model.people import InstancePrediction

    rows = np.array(list(seen.values()), dtype=np.float64).reshape(-1, 3)
    return InstancePrediction(tuple(seen), rows[:, :2], rows[:, 2], np.full(len(rows), np.nan), 1.0)


def kept(project: Project, frame_id: int, network: str) -> Seen | None:
    """What was seen of a mirrored frame; None where it was not looked at, or what is stored is damaged or of many."""
    text = project.mirrored(frame_id, network)
    return None if text is None else _read(text)


def kept_things(project: Project, frame_id: int, network: str) -> tuple[InstancePrediction, ...] | None:
    """What was seen of the things of a mirrored frame; None where it was not looked at, or that is damaged."""
    text = project.mirrored(frame_id, network)
    if text is None:
        return None
    try:
        document = json.loads(text)
        return tuple(_thing(one) for one in document) if isinstance(document, list) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def keep(project: Project, frame_id: int, network: str, seen: Seen) -> None:
    """Keep what was seen of a mirrored frame."""
    project.store_mirrored(frame_id, network, json.dumps(_rounded(seen), separators=(",", ":")))


def keep_things(project: Project, frame_id: int, network: str, seen: Sequence[InstancePrediction]) -> None:
    """Keep what was seen of the things of a mirrored frame."""
    document = []
    for one in seen:
        rows = zip(one.names, one.xy.tolist(), one.confidence.tolist(), strict=True)
        sure = {name: (x, y, c) for name, (x, y), c in rows if c >= LEAST and np.isfinite((x, y)).all()}
        box = None if one.box is None else [round(float(side), 3) for side in one.box]
        document.append({"box": box, "score": round(float(one.score), 4), "points": _rounded(sure)})
    project.store_mirrored(frame_id, network, json.dumps(document, separators=(",", ":")))


def _rounded(seen: Seen) -> dict[str, list[float]]:
    return {name: [round(x, 2), round(y, 2), round(sure, 3)] for name, (x, y, sure) in seen.items()}


def is_looked_at(project: Project, frame_id: int, network: str) -> bool:
    """Whether all that this network saw in a frame was looked at mirrored; a box that was drawn since was not."""
    seen = project.people(frame_id, network) if project.scheme.is_many else None
    if seen is None:
        return project.mirrored(frame_id, network) is not None
    mirrored = kept_things(project, frame_id, network)
    return mirrored is not None and covers(seen.instances, mirrored)


def to_look_at(project: Project, network: str) -> list[int]:
    """The frames that this network saw, but not mirrored yet; in order."""
    seen = [i for i in project.frame_ids() if project.has_prediction(i, network)]
    if not project.scheme.is_many:
        done = project.mirrored_frames(network)
        return [i for i in seen if i not in done]
    return [i for i in seen if not is_looked_at(project, i, network)]


def look_and_keep(project: Project, network: Sees, rgb: NDArray[np.uint8], frame_id: int) -> None:
    """Look at one frame mirrored, thing by thing where the network saw many there, and keep what is seen."""
    mirror = project.scheme.mirrored
    seen = project.people(frame_id, network.id) if project.scheme.is_many else None
    if seen is None:
        keep(project, frame_id, network.id, look(network.predict, rgb, mirror))
    else:
        many: Any = network
        keep_things(project, frame_id, network.id, look_at_things(many, rgb, seen.instances, mirror))


def look_closer(
    project: Project,
    network: Sees,
    ids: Sequence[int],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Look at these frames mirrored, keep what is seen, and say of which frames the picture cannot be read."""
    source, lost = FrameSource(max_frames=1), []
    try:
        for done, frame_id in enumerate(ids):
            try:
                rgb = source.read(project.row(frame_id))
            except MediaError as error:
                lost.append(str(error))
            else:
                look_and_keep(project, network, rgb, frame_id)
            progress(done + 1, len(ids))
    finally:
        source.close()
    return lost


def _read(text: str) -> Seen | None:
    try:
        return _points(json.loads(text))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _points(document: Any) -> Seen:
    return {str(name): _three(values) for name, values in document.items()}


def _three(values: Any) -> tuple[float, float, float]:
    x, y, sure = (number(value) for value in values)
    if x is None or y is None or sure is None:
        raise ValueError("no position")
    return x, y, sure


def _thing(document: Any) -> InstancePrediction:
    from model.people import InstancePrediction

    one = as_thing(_points(document["points"]))
    score, sides = number(document["score"]), document["box"]
    box = None if sides is None else [number(side) for side in sides]
    if score is None or (box is not None and (len(box) != 4 or None in box)):
        raise ValueError("no thing")
    x0, y0, x1, y1 = (float(side or 0.0) for side in box or (0.0,) * 4)
    return InstancePrediction(
        one.names, one.xy, one.confidence, one.sd, score, None if box is None else (x0, y0, x1, y1)
    )
