"""The frames between accepted key frames, labelled by the camera in between and linked to the key frames.

What is filled in stays linked: when a key frame's labels change, `refill` says what the frames that hang on it should
hold now. What a person said of a frame in between is never replaced, and a frame that is accepted or rejected is left
as it is (``annotator.motion_labels.filled``).
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.calibration import PLENTY
from annotator.camera import Solution
from annotator.camera_path import CameraPath, Refusal, camera_known, followed, path_through
from annotator.in_view import stretches
from annotator.keypoints import resolve
from annotator.labels import EMPTY, Decision, FrameLabels, FrameRecord, How, place, set_marking
from annotator.lens import Lens
from annotator.motion_labels import filled, linked
from annotator.observations import gather
from annotator.pitch import KEYPOINTS, PITCH_57
from annotator.tripod_prior import Standing
from annotator.tripod_store import standing_of

if TYPE_CHECKING:
    from annotator.project import Project
    from annotator.store_rows import FrameRow

__all__ = ["Filling", "Watch", "camera_labels", "fill_between", "refill", "watched"]

Array = NDArray[np.float64]

ELSEWHERE = 15.0  # metres between two key frames' cameras from which on they are not one camera's
DOUBTFUL = 12.0  # pixels of a 960 wide frame from which on another key frame is asked for

_WORLDS = np.array([point.world for point in KEYPOINTS.values()])


@dataclass(frozen=True, eq=False)
class Filling:
    """What the frames between key frames should hold.

    ``records`` are to be stored by frame id where ``expected`` is what is stored now; ``left`` says of the other frames
    why they stay as they are. ``keys`` are the ids of the key frames in order, ``deviations`` the standard deviation in
    pixels to be expected of each frame filled; ``notice`` a sentence where more would be needed, or "".
    """

    records: Mapping[int, FrameRecord]
    expected: Mapping[int, FrameRecord]
    left: Mapping[int, str]
    keys: tuple[int, ...]
    deviations: Mapping[int, float]
    path: CameraPath
    notice: str = ""


@dataclass(frozen=True, eq=False)
class Watch:
    """What was seen between key frames: ``cameras`` as `followed` takes them, and numbers of frames with a new shot.

    ``pairs`` maps the numbers of two key frames to their labels when they were watched.
    """

    cameras: Mapping[tuple[int, int], Solution]
    cuts: tuple[int, ...] = ()
    pairs: Mapping[tuple[int, int], tuple[FrameLabels, FrameLabels]] = field(default_factory=dict)

    def holds(self, pair: tuple[int, int], labels: Mapping[int, FrameLabels]) -> bool:
        """Whether the stretch between two key frames was watched with the labels that they have now."""
        return self.pairs.get(pair) == (labels[pair[0]], labels[pair[1]])

    def with_more(self, other: Watch) -> Watch:
        """What was seen before and now; where it is of the same stretch, now."""
        again = {(a, n) for first, last in other.pairs for a in (first, last) for n in range(first + 1, last)}
        kept = {key: camera for key, camera in self.cameras.items() if key not in again}
        old = {cut for cut in self.cuts if not any(first < cut <= last for first, last in other.pairs)}
        cuts = tuple(sorted({*old, *other.cuts}))
        return Watch({**kept, **other.cameras}, cuts, {**self.pairs, **other.pairs})


def camera_labels(camera: Solution) -> FrameLabels:
    """The labels that say what a camera sees: clicks along every marking in view.

    Where these alone would not determine it, the keypoints in view as well.
    """
    labels = EMPTY
    for name, stretch in stretches(camera).items():
        labels = set_marking(labels, name, tuple((float(x), float(y)) for x, y in stretch.usual_clicks))
    if gather(labels.pitch, Lens(camera.size)).constraints < PLENTY:
        pixels = camera.project(_WORLDS)
        with np.errstate(invalid="ignore"):
            inside = np.all((pixels >= 0.0) & (pixels <= np.subtract(camera.size, 1.0)), axis=1)
        for name, (x, y), seen in zip(KEYPOINTS, pixels.tolist(), inside.tolist(), strict=True):
            if seen:
                labels = place(labels, name, (x, y))
    return labels


def watched(
    frames: Callable[[int], NDArray[np.uint8]],
    keys: Mapping[int, FrameLabels],
    *,
    size: tuple[int, int],
    boxes: Callable[[int], Array] | None = None,
    standing: Standing | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Watch | None:
    """The cameras between key frames, carried on from each and back from the next; None when it was stopped.

    ``frames`` gives the picture of a frame by its number, (H, W, 3) RGB uint8, ``boxes`` the people in it and
    ``standing`` where the camera is known to stand as `annotator.motion.carry` takes them; ``keys`` maps the numbers of
    the key frames to their labels; ``size`` is width and height of the frames in pixels.
    """
    from annotator.motion import Carry, Stop, carry

    cameras: dict[tuple[int, int], Solution] = {}
    cuts: set[int] = set()
    pairs = [pair for pair in itertools.pairwise(sorted(keys)) if pair[1] - pair[0] > 1]
    total, done = 2 * sum(last - first - 1 for first, last in pairs), 0
    for key, other in [way for first, last in pairs for way in ((first, last), (last, first))]:
        until = other - 1 if other > key else other + 1
        run = carry(
            keys[key], size=size, frames=frames, start=key, until=until, boxes=boxes, standing=standing,
            should_stop=should_stop,
        )  # fmt: skip
        for step in run:
            if isinstance(step, Carry):
                if step.solution is not None:
                    cameras[key, step.frame] = step.solution
                done += 1
                progress(done, total)
            elif step.reason is Stop.ASKED:
                return None
            elif step.reason is Stop.CUT:
                cuts.add(step.frame if other > key else step.frame + 1)
    return Watch(cameras, tuple(sorted(cuts)), {(a, b): (keys[a], keys[b]) for a, b in pairs})


def key_frames(project: Project, first: int, last: int) -> list[int] | Refusal:
    """The accepted frames from one key frame to another of the same medium, both included, in order."""
    one, two = project.row(first), project.row(last)
    if one.media_id != two.media_id:
        return Refusal("The two key frames are of different videos.")
    if one.index_in_media > two.index_in_media:
        return key_frames(project, last, first)
    for row in (one, two):
        if project.record(row.id).review.decision is not Decision.ACCEPTED:
            return Refusal(f"Accept {row.name} first: only between accepted frames is filled.", row.index_in_media)
    found = [i for i in _span(project, first, last) if project.record(i).review.decision is Decision.ACCEPTED]
    return found if len(found) > 1 else Refusal("Two frames are needed, to find what lies between them.")


def _span(project: Project, first: int, last: int) -> list[int]:
    """Ids of the frames from one to another of the same medium."""
    ids = project.frame_ids()
    a, b = sorted((ids.index(first), ids.index(last)))
    return ids[a : b + 1]


def fill_between(
    project: Project, first: int, last: int, *, size: tuple[int, int], watch: Watch | None = None
) -> Filling | Refusal:
    """What the frames between two accepted key frames should hold; every accepted frame between is a key frame too.

    Parameters
    ----------
    first, last
        Ids of the key frames, of one medium.
    size
        Width and height of the medium's frames in pixels.
    watch
        What was seen of the picture between (`watched`): without it the camera goes the short way from key to key.
    """
    keys = key_frames(project, first, last)
    if isinstance(keys, Refusal):
        return keys
    numbers = {i: project.row(i).index_in_media for i in keys}
    path = _path({float(numbers[i]): _camera(project, i, size) for i in keys}, watch, _names(project, keys))
    if isinstance(path, Refusal):
        return path
    between = [i for i in _span(project, keys[0], keys[-1]) if i not in numbers]
    if not between:
        return Refusal("There is no frame between the two.")
    return _filling(project, between, keys, path)


def refill(
    project: Project, key: int, *, size: tuple[int, int], watch: Watch | None = None
) -> Filling | Refusal | None:
    """What the frames filled from a key frame should hold now that its labels are others; None where there are none."""
    name, ids = project.row(key).name, project.frame_ids()
    at = ids.index(key)
    hanging, ends = [], {name}
    for way in (range(at - 1, -1, -1), range(at + 1, len(ids))):
        for i in way:
            row, link = project.row(ids[i]), project.record(ids[i]).labels.pitch.link
            if row.media_id != project.row(key).media_id or row.name in ends:
                break
            if link is None or link.how is not How.INTERPOLATED:
                continue
            if name not in link.frames:
                break
            hanging.append(ids[i])
            ends.update(link.frames)
    if not hanging:
        return None
    media = project.row(key).media_id
    keys = [i for i in ids if project.row(i).media_id == media and project.row(i).name in ends]
    cameras = {float(project.row(i).index_in_media): _camera(project, i, size) for i in keys}
    path = _path(cameras, watch, _names(project, keys))
    return path if isinstance(path, Refusal) else _filling(project, sorted(hanging, key=ids.index), keys, path)


def _camera(project: Project, frame_id: int, size: tuple[int, int]) -> Solution | None:
    labels = project.record(frame_id).labels
    standing = standing_of(project, frame_id)
    return camera_known(resolve(labels.pitch, None, size=size, threshold=1.0, scheme=PITCH_57, standing=standing))


def _names(project: Project, keys: Sequence[int]) -> dict[int, str]:
    """What the frames from the first key frame to the last are called, by their number in the medium."""
    rows = (project.row(i) for i in _span(project, keys[0], keys[-1]))
    return {row.index_in_media: row.name for row in rows}


def _path(
    cameras: Mapping[float, Solution | None], watch: Watch | None, names: Mapping[int, str]
) -> CameraPath | Refusal:
    path = path_through(cameras)
    if isinstance(path, Refusal):
        return path
    times = [float(time) for time in path.times]
    for cut in () if watch is None else watch.cuts:
        if times[0] < cut <= times[-1]:
            return Refusal(
                f"There is a cut before {names.get(cut, cut)}: the key frames are of different shots.", float(cut)
            )
    places = path.states[:, 4:7]
    for i, step in enumerate(np.linalg.norm(np.diff(places, axis=0), axis=1)):
        if step > ELSEWHERE:
            return Refusal(
                f"The cameras of {names[round(times[i])]} and {names[round(times[i + 1])]} stand {step:.0f} m apart: "
                "they are of different shots, or one of them is wrong.",
                times[i + 1],
            )
    return path if watch is None else followed(path, watch.cameras)


def _filling(project: Project, between: Sequence[int], keys: Sequence[int], path: CameraPath) -> Filling:
    """Labels of the path for the frames between, where nobody closed them."""
    rows = {i: project.row(i) for i in (*between, *keys)}
    at = [rows[i].index_in_media for i in keys]
    records, expected, left, deviations = {}, {}, {}, {}
    cameras = path.cameras(np.array([rows[i].index_in_media for i in between], dtype=np.float64))
    for frame_id, camera in zip(between, cameras, strict=True):
        number, before = rows[frame_id].index_in_media, project.record(frame_id)
        right = min(max(bisect.bisect_left(at, number), 1), len(at) - 1)
        near = sorted((keys[right - 1], keys[right]), key=lambda key: abs(rows[key].index_in_media - number))
        sd = math.hypot(_spread(camera), path.deviation(number))
        labels = linked(camera_labels(camera), [rows[key].name for key in near], how=How.INTERPOLATED, sd=sd)
        after = None if labels.is_empty else filled(before, labels)
        if after is None:
            left[frame_id] = "closed" if not labels.is_empty else "no marking in view"
        elif after != before:
            records[frame_id], expected[frame_id], deviations[frame_id] = after, before, sd
    return Filling(records, expected, left, tuple(keys), deviations, path, _notice(path, deviations, rows))


def _spread(camera: Solution) -> float:
    """The median standard deviation in pixels of the keypoints in view; 0 where none is."""
    pixels = camera.project(_WORLDS)
    with np.errstate(invalid="ignore"):
        inside = ((pixels >= 0.0) & (pixels <= np.subtract(camera.size, 1.0))).all(axis=1)
    return float(np.median(camera.deviations(_WORLDS[inside]))) if inside.any() else 0.0


def _notice(path: CameraPath, deviations: Mapping[int, float], rows: Mapping[int, FrameRow]) -> str:
    """Where one more key frame would help most, if it would."""
    if not deviations:
        return ""
    worst = max(deviations, key=lambda i: deviations[i])
    if deviations[worst] <= DOUBTFUL * path.size[0] / 960.0:
        return ""
    return f"The camera may stray by {deviations[worst]:.0f} px: a key frame at {rows[worst].name} would help most."
