"""Points on things that move by themselves, people or a card, carried from frame to frame one by one.

Each placed point is followed by pyramidal Lucas-Kanade from one frame to the next and back; one that does not find
its way back is lost, and stays lost, rather than guessed. A box goes along with the points in it.

Sources: Bouguet, *Pyramidal implementation of the Lucas Kanade feature tracker*, 2000; Kalal et al., *Forward-backward
error*, 2010 (and its median flow for boxes).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotator.labels import FrameLabels, How, Instance
from annotator.motion import Carry, End, Quality, Stop
from annotator.motion_labels import linked
from annotator.motion_track import ALIKE, LEAST_INLIERS, colours_of, correlation, flow, shrunk
from annotator.video import MediaError

__all__ = ["carry_points"]

Array = NDArray[np.float64]
Rgb = NDArray[np.uint8]
Place = tuple[int, str]
Box = tuple[float, float, float, float]

WINDOW = (21, 21)
LEVELS = 4
STEP_SD = 0.15  # pixels at the size tracked that a point may be wrong by in one step
GROWTH = 1.5  # times that a box may grow or shrink in one step


def carry_points(
    labels: FrameLabels,
    *,
    size: tuple[int, int],
    frames: Callable[[int], Rgb],
    start: int,
    until: int,
    source: str = "",
    is_taken: Callable[[int], bool] = lambda frame: False,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Carry | End]:
    """The placed points of every instance carried from frame ``start`` towards ``until``; as `annotator.motion.carry`.

    Ends with Stop.LOW_INLIERS where fewer than ``LEAST_INLIERS`` of the points are left.

    Raises
    ------
    ValueError
        If no point is placed in ``labels`` or a frame is not of ``size``.
    """
    places = {
        (one.id, name): np.array(said.position)
        for one in labels.instances
        for name, said in one.keypoints.items()
        if said.position is not None
    }
    if not places:
        raise ValueError("there is nothing to carry: the key frame has no placed points")
    way, total = (1 if until >= start else -1), len(places)
    last, current = frames(start), labels
    for done, number in enumerate(range(start + way, until + way, way), start=1):
        if should_stop() or is_taken(number):
            yield End(Stop.ASKED if not is_taken(number) else Stop.LABELLED, number)
            return
        try:
            rgb = frames(number)
        except MediaError:
            yield End(Stop.UNREADABLE, number)
            return
        if rgb.shape[:2] != (size[1], size[0]) or last.shape != rgb.shape:
            raise ValueError(f"frame {number} is {rgb.shape[1]}x{rgb.shape[0]}, not {size[0]}x{size[1]}")
        before, places, scale = places, _followed(last, rgb, places, size), rgb.shape[1] / shrunk(rgb)[0].shape[1]
        share = len(places) / total
        if share < LEAST_INLIERS:
            is_cut = correlation(colours_of(shrunk(rgb)[0]), colours_of(shrunk(last)[0])) < ALIKE
            yield End(Stop.CUT if is_cut else Stop.LOW_INLIERS, number, share, LEAST_INLIERS)
            return
        sd = STEP_SD * scale * math.sqrt(done)
        current = _moved(current, before, places)
        carried = linked(current, (source,) if source else (), how=How.MOTION, sd=sd)
        yield Carry(number, carried, Quality(share, STEP_SD * scale, sd=sd))
        last = rgb
    yield End(Stop.END, until + way)


def _followed(last: Rgb, rgb: Rgb, places: Mapping[Place, Array], size: tuple[int, int]) -> dict[Place, Array]:
    """Where the places are in the next frame; those not found again, or outside it, are left out."""
    import cv2

    (one, scale), (two, _) = shrunk(last), shrunk(rgb)
    first, second = (np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) for picture in (one, two))
    shift = 0.5 * (scale - 1.0)
    to, good = flow(first, second, (np.array(list(places.values())) - shift) / scale, window=WINDOW, levels=LEVELS)
    to = to * scale + shift
    good &= (to >= -0.5).all(axis=1) & (to <= np.array(size) - 0.5).all(axis=1)
    return {place: at for place, at, found in zip(places, to, good, strict=True) if found}


def _moved(labels: FrameLabels, before: Mapping[Place, Array], after: Mapping[Place, Array]) -> FrameLabels:
    return FrameLabels(tuple(_moved_instance(one, before, after) for one in labels.instances))


def _moved_instance(instance: Instance, before: Mapping[Place, Array], after: Mapping[Place, Array]) -> Instance:
    keypoints = {
        name: replace(said, position=(float(at[0]), float(at[1])))
        for name, said in instance.keypoints.items()
        if (at := after.get((instance.id, name))) is not None
    }
    own = [place for place in after if place[0] == instance.id]
    box = instance.box
    if box is not None and own:
        box = _box_along(box, np.array([before[place] for place in own]), np.array([after[place] for place in own]))
    return replace(instance, keypoints=keypoints, markings={}, box=box if own else None)


def _box_along(box: Box, before: Array, after: Array) -> Box:
    """The box moved by the median motion of the points in it, and grown as the distances between them grow."""
    shift = np.median(after - before, axis=0)
    factor = 1.0
    if len(before) > 2:
        apart = np.linalg.norm(before[:, None] - before, axis=2)
        pairs = np.triu(apart > 1.0, 1)
        if pairs.any():
            ratios = np.linalg.norm(after[:, None] - after, axis=2)[pairs] / apart[pairs]
            factor = float(np.clip(np.median(ratios), 1.0 / GROWTH, GROWTH))
    x, y = 0.5 * (box[0] + box[2]) + float(shift[0]), 0.5 * (box[1] + box[3]) + float(shift[1])
    half, tall = 0.5 * factor * (box[2] - box[0]), 0.5 * factor * (box[3] - box[1])
    return x - half, y - tall, x + half, y + tall
