"""Labels of one frame carried to its neighbours along the motion of the background.

A run starts at a key frame and goes frame by frame in one direction. In every frame it asks how the background moved,
moves what was said with it, draws it to the paint and fits the camera again, so that no error builds up; it ends by
itself where it is no longer sure, and says why. Positions are never rounded.

The shape of a run::

    for step in carry(labels, size=(1920, 1080), frames=reader.read, start=100, until=150, source="clip.mp4#000100"):
        if isinstance(step, End):
            ...  # step.reason, step.frame: why it ended, and the frame that was not labelled any more
        else:
            ...  # step.frame, step.labels, step.quality, step.solution

The last thing yielded is always one ``End``; before it comes a ``Carry`` for every frame labelled. What becomes of a
frame of which something is said already is not decided here but by ``annotator.motion_labels.filled``.

Sources: Lucas & Kanade 1981 and Bouguet 2000 (pyramidal tracking); Kalal et al., *Forward-backward error*, 2010; Barath
et al., *MAGSAC++*, 2020; Harris, *Tracking with rigid models*, 1992 (a known shape drawn to its edges).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution, SolutionKind
from annotator.keypoints import resolve
from annotator.labels import FrameLabels, How, set_marking
from annotator.lens import Lens
from annotator.motion_camera import KNOWN, MOVING, STANDING, deviation_in_view, drawn_to_paint, focal_of
from annotator.motion_labels import linked, moved_labels
from annotator.motion_marks import KeyFrame, labels_seen
from annotator.motion_track import LEAST_INLIERS, Background, Boxes, Step
from annotator.motion_turn import turn_among
from annotator.paint import PaintField, snap_marking
from annotator.tripod_prior import Standing, stands
from annotator.video import MediaError

__all__ = ["Carry", "End", "Quality", "Stop", "carry"]

Array = NDArray[np.float64]
Rgb = NDArray[np.uint8]

LARGEST_SNAP = 2.5  # pixels of 540 rows between the paint and the markings moved there, beyond which a run ends,
LARGEST_REST = 1.4  # and to which they were drawn: paint that is right lies within half a pixel, other paint does not
LARGEST_SD = 6.0  # pixels of a 960 wide frame, beyond which a frame without any paint ends a run
TURNS = (1.3, 0.15)  # times as far off as a homography, and pixels more: beyond, the camera did not only turn and zoom
MORE = 1.1  # times as many corners that agree with a turn tell that the homography was wrong
SURE_OF_MOVING = 3  # frames in a row of which that must be true
SEVERAL = 3  # markings that the paint shows: then it does not matter how far it pulled
MANY, LONGEST_BARE = 20, 5  # profiles without any paint that is a marking, and frames in a row, that end a run
PAINT_REACH = 6.0  # pixels of 540 rows within which a marking without a camera is drawn to the paint


class Stop(Enum):
    """Why a run ended. END: all that was asked for is done. The others: before frame ``End.frame`` it was not sure."""

    END = "end"
    ASKED = "asked"
    LABELLED = "labelled"
    CUT = "cut"
    LOW_INLIERS = "low inliers"
    RESIDUAL = "residual"
    NO_PAINT = "no paint"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Quality:
    """How well a frame follows from its key frame.

    ``inliers`` is the share of the places tracked that move as one, ``residual`` their median distance in pixels to
    that motion; ``snap`` the median distance in pixels between the paint and the fitted markings, None where no paint
    was looked for; ``confirmed`` how many markings the paint shows; ``sd`` the standard deviation in pixels to be
    expected of what was carried. Pixels are the frame's.
    """

    inliers: float
    residual: float
    snap: float | None = None
    confirmed: int = 0
    sd: float = 0.0


@dataclass(frozen=True, eq=False)
class Carry:
    """The labels carried to one frame; ``solution`` is the camera there, None where the key frame has none."""

    frame: int
    labels: FrameLabels
    quality: Quality
    solution: Solution | None = None


@dataclass(frozen=True)
class End:
    """Where and why a run ended: ``frame`` is the first that was not labelled.

    ``value`` is what was measured there and ``limit`` what it would have had to keep, where there is such a thing:
    shares for CUT and LOW_INLIERS, pixels for RESIDUAL.
    """

    reason: Stop
    frame: int
    value: float | None = None
    limit: float | None = None


def carry(
    labels: FrameLabels,
    *,
    size: tuple[int, int],
    frames: Callable[[int], Rgb],
    start: int,
    until: int,
    source: str = "",
    boxes: Callable[[int], Boxes] | None = None,
    standing: Standing | None = None,
    is_taken: Callable[[int], bool] = lambda frame: False,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Carry | End]:
    """The labels of a pitch carried from frame ``start`` towards ``until``, that frame included.

    Parameters
    ----------
    labels
        What was said of the key frame.
    size
        Width and height of the frames in pixels.
    frames
        The picture of a frame by its number, (H, W, 3) RGB uint8; called once a frame, in order.
    start, until
        Numbers of the key frame and of the last one to be labelled, on either side of it.
    source
        The name of the key frame, for the link that carried labels keep.
    boxes
        Where people are in a frame, (N, 4) left, top, right, bottom in pixels: they do not move as the background does.
    standing
        Where the camera of the clip is known to stand (``annotator.tripod``): it is believed where the key frame does
        not contradict it, and keeps the camera steady where little is to be seen. Resolve what is carried with it too.
    is_taken
        Whether a run must end before a frame: Stop.LABELLED.
    should_stop
        Asked before every frame.

    Raises
    ------
    ValueError
        If nothing is said in ``labels`` or a frame is not of ``size``.
    """
    if labels.is_empty:
        raise ValueError("there is nothing to carry: the key frame has no labels")
    run = _Run.begun(labels, frames(start), None if boxes is None else boxes(start), size, source, standing)
    way = 1 if until >= start else -1
    for number in range(start + way, until + way, way):
        if should_stop():
            yield End(Stop.ASKED, number)
            return
        if is_taken(number):
            yield End(Stop.LABELLED, number)
            return
        try:
            rgb = frames(number)
        except MediaError:
            yield End(Stop.UNREADABLE, number)
            return
        step = run.step(number, rgb, None if boxes is None else boxes(number))
        yield step
        if isinstance(step, End):
            return
    yield End(Stop.END, until + way)


class _Run:
    """A run under way: the background that is followed, and the camera where the key frame has one."""

    def __init__(self, labels: FrameLabels, background: Background, size: tuple[int, int], source: str) -> None:
        self._labels, self._background, self._size, self._source = labels, background, size, source
        self._key: KeyFrame | None = None
        self._camera: Solution | None = None
        self._anchor: Solution | None = None
        self._before: Solution | None = None
        self._anchor_from_key = self._now_from_key = np.eye(3)
        self._bare = 0
        self._focal, self._moves = 1.0, 0
        self._standing: Standing | None = None

    @classmethod
    def begun(
        cls, labels: FrameLabels, rgb: Rgb, boxes: Boxes | None, size: tuple[int, int], source: str,
        standing: Standing | None = None,
    ) -> _Run:  # fmt: skip
        """A run at its key frame."""
        if rgb.shape[:2] != (size[1], size[0]):
            raise ValueError(f"the key frame is {rgb.shape[1]}x{rgb.shape[0]}, not {size[0]}x{size[1]}")
        resolved = resolve(labels.pitch, None, size=size, threshold=1.0, standing=standing)
        camera = resolved.solution if resolved.is_determined else None
        if camera is None or camera.kind is not SolutionKind.CAMERA:
            return cls(labels, Background(rgb, boxes), size, source)
        run = cls(labels, Background(rgb, boxes, kap=camera.lens.kap), size, source)
        run._key = KeyFrame(labels.pitch, camera)
        run._standing = standing if standing is not None and stands(camera, standing) else None
        run._camera = drawn_to_paint(PaintField.of(rgb), camera).solution
        run._anchor, run._focal = run._camera, focal_of(run._camera)
        return run

    def step(self, number: int, rgb: Rgb, boxes: Boxes | None) -> Carry | End:
        """The labels of the next frame, or why there are none."""
        kap = 0.0 if self._camera is None else self._camera.lens.kap
        step = self._background.follow(rgb, boxes, kap=kap)
        if step.inliers < LEAST_INLIERS:
            return End(Stop.CUT if step.is_cut else Stop.LOW_INLIERS, number, step.inliers, LEAST_INLIERS)
        if step.anew:
            self._settled()
        by, pace = (step.by, STANDING) if self._camera is None else self._motion(step)
        last, self._now_from_key = self._now_from_key, by @ self._anchor_from_key
        if self._key is None:
            found = self._with_picture(number, rgb, step)
        else:
            way = self._now_from_key @ np.linalg.inv(last)
            found = self._with_camera(number, rgb, step, by=way, pace=pace)
        if step.is_far and isinstance(found, Carry):
            self._background.settle(kap if self._camera is None else self._camera.lens.kap)
            self._settled()
        return found

    def _motion(self, step: Step) -> tuple[Array, float]:
        """The motion (3, 3) of the camera, and the pace at which it may have moved."""
        turn = turn_among(step.pairs, step.tracked, self._focal, self._expected())
        explained = turn.off <= TURNS[0] * step.residual + TURNS[1] or turn.count > MORE * len(step.pairs[0])
        self._moves = 0 if explained else self._moves + 1
        if self._standing is not None:
            return turn.by, KNOWN
        return (step.by, MOVING) if self._moves >= SURE_OF_MOVING else (turn.by, STANDING)

    def _expected(self) -> Array | None:
        """The motion from the frame settled on if the camera goes on as it did."""
        if self._anchor is None or self._camera is None or self._before is None:
            return None
        now, anchor, before = self._camera.ground, self._anchor.ground, self._before.ground
        return now @ np.linalg.inv(before) @ now @ np.linalg.inv(anchor)

    def _settled(self) -> None:
        """The last frame is what the next motions start from."""
        self._anchor_from_key = self._now_from_key
        if self._camera is not None:
            self._anchor, self._focal = self._camera, focal_of(self._camera)

    def _with_camera(self, number: int, rgb: Rgb, step: Step, *, by: Array, pace: float) -> Carry | End:
        assert self._key is not None
        assert self._camera is not None
        seen = drawn_to_paint(PaintField.of(rgb), self._camera, by, pace=pace, standing=self._standing)
        several = len(seen.confirmed) >= SEVERAL
        off, limit = (seen.residual, LARGEST_REST) if several else (seen.pulled, LARGEST_SNAP)
        limit *= rgb.shape[0] / 540.0
        if off is not None and off > limit:
            return End(Stop.RESIDUAL, number, off, limit)
        sd = deviation_in_view(seen.solution)
        self._bare = self._bare + 1 if seen.profiles >= MANY and not seen.confirmed else 0
        lost = not seen.confirmed and sd > LARGEST_SD / seen.solution.lens.scale
        labels = labels_seen(self._key, seen)
        if labels.is_empty or lost or self._bare > LONGEST_BARE:
            return End(Stop.NO_PAINT, number)
        self._before, self._camera = self._camera, seen.solution
        if self._anchor is not None:
            by = self._camera.ground @ np.linalg.inv(self._anchor.ground)
            self._background.correct(by, self._camera.lens.kap)
        quality = Quality(step.inliers, self._pixels(step.residual), seen.residual, len(seen.confirmed), sd)
        return Carry(number, self._linked(labels, sd), quality, seen.solution)

    def _with_picture(self, number: int, rgb: Rgb, step: Step) -> Carry | End:
        """Without a camera: what was said moves with the picture, and each marking is drawn to the paint by itself."""
        to_ideal = _centring(self._size)
        moved = moved_labels(self._labels, np.linalg.inv(to_ideal) @ self._now_from_key @ to_ideal, self._size)
        if moved.is_empty:
            return End(Stop.NO_PAINT, number)
        paint = PaintField.of(rgb)
        reach = PAINT_REACH * paint.scale
        shifts, gone = [], set()
        for name, clicks in moved.pitch.markings.items():
            snap = snap_marking(paint, clicks, name, limit=reach)
            if snap.refused:
                gone.add(name)
            else:
                moved = set_marking(moved, name, snap.clicks)
                shifts.append(snap.shift)
        snapped = float(np.median(shifts)) if shifts else None
        if snapped is not None and snapped > LARGEST_SNAP * paint.scale:
            return End(Stop.RESIDUAL, number, snapped, LARGEST_SNAP * paint.scale)
        moved = moved.with_instance(replace(moved.pitch, unchecked=moved.pitch.unchecked | gone))
        sd = math.hypot(self._pixels(step.residual), 0.0 if snapped is None else snapped)
        quality = Quality(step.inliers, self._pixels(step.residual), snapped, len(shifts), sd)
        return Carry(number, self._linked(moved, sd), quality)

    def _linked(self, labels: FrameLabels, sd: float) -> FrameLabels:
        frames = (self._source,) if self._source else ()
        return linked(labels, frames, how=How.MOTION, sd=sd if math.isfinite(sd) else 0.0)

    def _pixels(self, ideal: float) -> float:
        return ideal / Lens(self._size).scale


def _centring(size: tuple[int, int]) -> Array:
    """Centred coordinates from pixels, (3, 3)."""
    lens = Lens(size)
    x, y = -lens.scale * lens.centre
    return np.array([[lens.scale, 0.0, x], [0.0, lens.scale, y], [0.0, 0.0, 1.0]])
