"""The boxes of a file for the frames of a project, to be looked at and chosen among before they are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotator.people_boxes import known_as, read_listing
from annotator.project import Project
from model.people import Candidate

__all__ = ["BoxOffer", "Category", "offer_boxes"]

Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class Category:
    """One kind of things: its number in the file, its name where that is known, and how many boxes are of it."""

    number: int
    name: str
    boxes: int


@dataclass(frozen=True, eq=False)
class BoxOffer:
    """What a file has for a project.

    ``categories`` is empty where the file tells none apart; ``usual`` is that of people, None where all are meant.
    ``images`` are those with boxes in the file, ``strangers`` those among them that no frame is of.
    """

    path: Path
    categories: tuple[Category, ...] = ()
    usual: int | None = None
    images: int = 0
    strangers: int = 0
    remarks: tuple[str, ...] = ()
    # One row a box: its frame, its category (-1 for none), and itself.
    frames: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    kinds: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    boxes: tuple[Candidate, ...] = ()

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """How sure each box is."""
        return np.array([one.score for one in self.boxes], dtype=np.float64)

    def counts(self, category: int | None, least: float) -> tuple[int, int]:
        """How many boxes are of a category, None for all, and sure enough, and how many frames have some."""
        wanted = self._wanted(category, least)
        return int(wanted.sum()), len(np.unique(self.frames[wanted]))

    def chosen(self, category: int | None, least: float) -> dict[int, list[Candidate]]:
        """These boxes by frame; frames of which the file has none such have an empty list."""
        found: dict[int, list[Candidate]] = {int(frame): [] for frame in np.unique(self.frames)}
        for row in np.flatnonzero(self._wanted(category, least)):
            found[int(self.frames[row])].append(self.boxes[row])
        return found

    def _wanted(self, category: int | None, least: float) -> NDArray[np.bool_]:
        of_kind = np.ones(len(self.kinds), bool) if category is None else np.isin(self.kinds, (category, -1))
        return of_kind & (self.scores >= least)


def offer_boxes(
    project: Project,
    path: Path,
    *,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> BoxOffer | None:
    """What a file of COCO detections or annotations has for the frames of a project; None when stopped.

    Raises
    ------
    FormatError
        If the file cannot be read, or has no box.
    """
    listing = read_listing(path)
    images = {key for by_image in listing.boxes.values() for key in by_image}
    by_key: dict[int | str, list[int]] = {}
    ids = project.frame_ids()
    for done, frame_id in enumerate(ids):
        if should_stop():
            return None
        key = known_as(project.row(frame_id).name, listing.ids, images)
        if key is not None and key in images:
            by_key.setdefault(key, []).append(frame_id)
        progress(done + 1, len(ids))
    rows = [
        (frame_id, -1 if kind is None else kind, one)
        for kind, by_image in listing.boxes.items()
        for key, some in by_image.items()
        for frame_id in by_key.get(key, ())
        for one in some
    ]
    return BoxOffer(
        path, _categories(listing.boxes, listing.names), listing.usual, len(images), len(images) - len(by_key),
        listing.remarks, np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.int64),
        tuple(row[2] for row in rows),
    )  # fmt: skip


def _categories(
    boxes: Mapping[int | None, Mapping[int | str, Sequence[Candidate]]], names: Mapping[int, str]
) -> tuple[Category, ...]:
    """The categories of a file with the most boxes first, none where it has only one."""
    counted = Counter({kind: sum(map(len, some.values())) for kind, some in boxes.items() if kind is not None})
    listed = tuple(Category(kind, names.get(kind, ""), count) for kind, count in counted.most_common())
    return listed if len(listed) > 1 else ()
