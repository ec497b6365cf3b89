"""The flip test: what a network sees in the mirrored frame, beside what it sees in the frame itself.

A network that places a point elsewhere as soon as the picture is mirrored does not know it. The test costs a second
look at every frame, and says less than geometry does (of points over 8 px apart some one in seven is really wrong), so
it is made where it is asked for. Kept are peaks, not maps: name, pixels, confidence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from annotator.formats.documents import number
from annotator.frames import FrameSource, MediaError
from annotator.labels import Point
from annotator.pitch import PITCH_57
from annotator.project import Project

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.heatmaps import Prediction

__all__ = ["LEAST", "Seen", "keep", "kept", "look", "look_closer", "points", "to_look_at"]

LEAST = 0.1
"""Confidence from which on a peak is kept."""
Seen = Mapping[str, tuple[float, float, float]]
"""Name -> x, y in pixels of the frame as it is, confidence."""
Predict = Callable[["NDArray[np.uint8]"], "Prediction"]



def look(predict: Predict, rgb: NDArray[np.uint8], mirror: Mapping[str, str] = PITCH_57.mirrored) -> Seen:
    """What a network sees in the mirrored image (H, W, 3), with names and places as in the image itself.

    ``mirror`` is the name that every keypoint has in a mirrored image. Nothing of many things: nobody can tell yet
    which of them is which.
    """
    from model.heatmaps import Prediction

    seen = predict(np.ascontiguousarray(rgb[:, ::-1]))
    return _brought_back(seen, mirror) if isinstance(seen, Prediction) else {}


def _brought_back(prediction: Prediction, mirror: Mapping[str, str]) -> Seen:
    """Pixel x of a mirrored image W wide is pixel W - 1 - x of the image, and each name that of its mirror."""
    right = prediction.image_size[0] - 1
    rows = zip(prediction.names, prediction.xy.tolist(), prediction.confidence.tolist(), strict=True)
    return {
        mirror[name]: (right - x, y, sure)
        for name, (x, y), sure in rows
        if name in mirror and sure >= LEAST and np.isfinite((x, y)).all()
    }


def points(seen: Seen, threshold: float) -> dict[str, Point]:
    """Where the points are that were seen with enough confidence."""
    return {name: (x, y) for name, (x, y, sure) in seen.items() if sure >= threshold}


def kept(project: Project, frame_id: int, network: str) -> Seen | None:
    """What was seen of a mirrored frame; None where it was not looked at, or what is stored is damaged."""
    text = project.mirrored(frame_id, network)
    return None if text is None else _read(text)


def keep(project: Project, frame_id: int, network: str, seen: Seen) -> None:
    """Keep what was seen of a mirrored frame."""
    rounded = {name: [round(x, 2), round(y, 2), round(sure, 3)] for name, (x, y, sure) in seen.items()}
    project.store_mirrored(frame_id, network, json.dumps(rounded, separators=(",", ":")))


def to_look_at(project: Project, network: str) -> list[int]:
    """The frames that this network saw, but not mirrored yet; in order."""
    done = project.mirrored_frames(network)
    return [i for i in project.frame_ids() if i not in done and project.has_prediction(i, network)]


def look_closer(
    project: Project,
    predict: Predict,
    network: str,
    ids: Sequence[int],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Look at these frames mirrored, keep what is seen, and say of which frames the picture cannot be read."""
    source, lost, mirror = FrameSource(max_frames=1), [], project.scheme.mirrored
    try:
        for done, frame_id in enumerate(ids):
            try:
                seen = look(predict, source.read(project.row(frame_id)), mirror)
            except MediaError as error:
                lost.append(str(error))
            else:
                keep(project, frame_id, network, seen)
            progress(done + 1, len(ids))
    finally:
        source.close()
    return lost


def _read(text: str) -> Seen | None:
    try:
        return {str(name): _three(values) for name, values in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _three(values: Any) -> tuple[float, float, float]:
    x, y, sure = (number(value) for value in values)
    if x is None or y is None or sure is None:
        raise ValueError("no position")
    return x, y, sure
