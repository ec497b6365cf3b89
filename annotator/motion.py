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

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotator.labels import FrameLabels, How
from annotator.motion_labels import linked, moved_labels
from annotator.motion_track import LEAST_INLIERS, Background, Boxes

if TYPE_CHECKING:
    from annotator.camera import Solution

__all__ = ["Carry", "End", "Quality", "Stop", "carry"]

Array = NDArray[np.float64]
Rgb = NDArray[np.uint8]


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
    background = Background(frames(start), None if boxes is None else boxes(start))
    way = 1 if until >= start else -1
    for number in range(start + way, until + way, way):
        if should_stop():
            yield End(Stop.ASKED, number)
            return
        if is_taken(number):
            yield End(Stop.LABELLED, number)
            return
        step = background.follow(frames(number), None if boxes is None else boxes(number))
        if step.inliers < LEAST_INLIERS:
            yield End(Stop.CUT if step.is_cut else Stop.LOW_INLIERS, number, step.inliers, LEAST_INLIERS)
            return
        carried = linked(moved_labels(labels, step.image_from_key, size), (source,), how=How.MOTION, sd=step.residual)
        if carried.is_empty:
            yield End(Stop.NO_PAINT, number)
            return
        yield Carry(number, carried, Quality(step.inliers, step.residual, sd=step.residual))
    yield End(Stop.END, until + way)
