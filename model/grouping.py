"""Points to people by their tags: associative embedding, as HigherHRNet reads its maps.

Every point has a map that says where it is, of anybody, and a map of tags: a number that is alike for all points of one
person. Peaks are taken joint by joint and given to the person with the nearest tag, by the best assignment.

Sources: Newell, Huang, Deng, *Associative Embedding*, arXiv 1611.05424, section 3.2; Cheng et al., *HigherHRNet*, arXiv
1908.10357, section 3.3, and its published program (HigherHRNet-Human-Pose-Estimation, lib/core/group.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Maps = NDArray[np.float32]
MOST, SURE, NEAR = 30, 0.1, 1.0
"""People an image, the least value of a peak, and how far tags of one person may be apart."""
_WINDOW, _STEP, _FAR = 5, 0.25, 1e10
COCO_ORDER = (0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16)
"""The order in which COCO's points are given away: head and body before limbs."""


@dataclass(frozen=True, eq=False)
class Peaks:
    """Of K points the M largest peaks: places ``(K, M, 2)`` in cells, values ``(K, M)`` and tags ``(K, M, D)``."""

    places: FloatArray
    values: FloatArray
    tags: FloatArray


@dataclass(eq=False)
class Person:
    """One person as it is put together: ``points`` (K, 3) are x, y in cells and a value, zeros where there is none."""

    points: FloatArray
    tags: list[FloatArray] = field(default_factory=list)

    @property
    def tag(self) -> FloatArray:
        """The mean tag (D,)."""
        return np.asarray(np.mean(self.tags, axis=0))


@dataclass(frozen=True, eq=False)
class Grouped:
    """Points ``(K, 3)`` of a person, x, y in cells from the map's edge and a value.

    ``score`` is the mean of the values of its peaks, absent ones counted as 0.
    """

    points: FloatArray
    score: float


def group(maps: Maps, tags: Maps, *, order: Sequence[int] | None = None) -> list[Grouped]:
    """The people in maps ``(K, h, w)`` with tags ``(K, h, w, D)``.

    ``order`` is that in which points are given away: COCO's where there are 17 points, else as they come.
    """
    count = len(maps)
    if tags.shape[:3] != maps.shape or tags.ndim != 4:
        raise ValueError(f"tags of shape {tags.shape} do not go with maps of shape {maps.shape}")
    order = order or (COCO_ORDER if count == len(COCO_ORDER) else range(count))
    found = []
    for person in matched(peaks(maps, tags), order):
        points = adjusted(person.points, maps)
        score = float(points[:, 2].mean())
        found.append(Grouped(filled_in(points, maps, tags), score))
    return found


def peaks(maps: Maps, tags: Maps) -> Peaks:
    """The `MOST` largest cells of every map among those that are the largest within two cells."""
    count, _, width = maps.shape
    window = np.ones((_WINDOW, _WINDOW), np.uint8)
    single = np.stack([np.where(cv2.dilate(one, window) == one, one, 0) for one in maps]).reshape(count, -1)
    most = min(MOST, single.shape[1])
    largest = np.argpartition(-single, most - 1, axis=1)[:, :most]
    values = np.take_along_axis(single, largest, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    index, values = np.take_along_axis(largest, order, axis=1), np.take_along_axis(values, order, axis=1)
    flat = tags.reshape(count, -1, tags.shape[3])
    said = np.take_along_axis(flat, index[:, :, None], axis=1)
    places = np.stack([index % width, index // width], axis=2)
    return Peaks(places.astype(np.float64), values.astype(np.float64), said.astype(np.float64))


def matched(found: Peaks, order: Sequence[int]) -> list[Person]:
    """People, in the order in which they were first seen."""
    people: dict[float, Person] = {}
    for k in order:
        there = found.values[k] > SURE
        points = np.column_stack([found.places[k], found.values[k]])[there]
        tags = found.tags[k][there]
        if not len(points):
            continue
        keys = list(people)[:MOST]
        given = _given(tags, points[:, 2], [people[key].tag for key in keys])
        for n in given.order:
            owner = given.owner.get(n)
            key = float(tags[n, 0]) if owner is None else keys[owner]
            person = people.get(key)
            if person is None:
                person = people[key] = Person(np.zeros((len(found.values), 3)))
            person.points[k] = points[n]
            # Whoever is begun anew with a tag that somebody has already goes by the new one.
            person.tags = [*([] if owner is None else person.tags), tags[n]]
    return list(people.values())


@dataclass(frozen=True)
class _Given:
    """In which order peaks are dealt out, and to which of the people; the others begin somebody new."""

    order: Sequence[int]
    owner: dict[int, int]


def _given(tags: FloatArray, values: FloatArray, known: Sequence[FloatArray]) -> _Given:
    """The assignment with the least cost: the rounded distance of the tags, then the value."""
    if not known:
        return _Given(range(len(tags)), {})
    from scipy.optimize import linear_sum_assignment

    distance = np.linalg.norm(tags[:, None] - np.stack(known)[None], axis=2)
    cost = np.round(distance) * 100 - values[:, None]
    added, people = cost.shape
    if added > people:
        cost = np.concatenate([cost, np.full((added, added - people), _FAR)], axis=1)
    rows, columns = linear_sum_assignment(cost)
    pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
    owner = {row: column for row, column in pairs if column < people and distance[row, column] < NEAR}
    return _Given([row for row, _ in pairs], owner)


def adjusted(points: FloatArray, maps: Maps) -> FloatArray:
    """Peaks moved a quarter cell towards the larger neighbour, counted from the map's edge."""
    moved = points.copy()
    for k in np.flatnonzero(points[:, 2] > 0):
        x, y = (int(value) for value in points[k, :2])
        moved[k, :2] = _from_edge(maps[k], x, y)
    return moved


def _from_edge(one: NDArray[np.float32], x: int, y: int) -> tuple[float, float]:
    height, width = one.shape
    right = one[y, min(x + 1, width - 1)] > one[y, max(x - 1, 0)]
    below = one[min(y + 1, height - 1), x] > one[max(y - 1, 0), x]
    return x + 0.5 + (_STEP if right else -_STEP), y + 0.5 + (_STEP if below else -_STEP)


def filled_in(points: FloatArray, maps: Maps, tags: Maps) -> FloatArray:
    """Points ``(K, 3)`` with those that have no peak set where the map less the rounded distance of tags is largest."""
    there = points[:, 2] > 0
    if there.all() or not there.any():
        return points
    said = [tags[k, int(points[k, 1]), int(points[k, 0])] for k in np.flatnonzero(there)]
    tag = np.mean(said, axis=0)
    filled = points.copy()
    for k in np.flatnonzero(~there):
        away = np.sqrt(((tags[k] - tag) ** 2).sum(axis=2))
        y, x = np.unravel_index(int((maps[k] - np.round(away)).argmax()), away.shape)
        if maps[k, y, x] > 0:
            filled[k] = (*_from_edge(maps[k], int(x), int(y)), float(maps[k, y, x]))
    return filled
