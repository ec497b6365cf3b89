"""Small pictures along a timeline: which are wanted, and how they come, one after the other in the background."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from annotator.gui.background import Lane, Progress, ShouldStop
from annotator.gui.session import Session
from annotator.gui.timeline_axis import Axis

if TYPE_CHECKING:
    from annotator.project import FrameRow
    from annotator.thumbnails import Thumbnails

WIDTH = 160
_KEPT = 600


def places(axis: Axis, picture: float) -> list[int]:
    """The frames whose pictures, at least ``picture`` pixels wide, fill the axis: multiples of a round step.

    So a picture keeps its frame while one pans, and many of them while one zooms.
    """
    step = 1
    while step * axis.scale < picture:
        # 1, 2, 3, 4, 6, 8, 12, ...: at most half as much again as a picture needs, so that little of it is cut off.
        is_power = step & (step - 1) == 0
        step = 2 if step == 1 else step * 3 // 2 if is_power else step // 3 * 4
    first = max(int(axis.start) // step * step, 0)
    return [frame for frame in range(first, axis.count, step) if frame < axis.end]


class Strip(QObject):
    """The pictures of one clip by the number of their frame."""

    arrived = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lane = Lane("thumbnails", self)
        self._source: Thumbnails | None = None
        # By place: the picture, and the number of the frame that it shows.
        self._pictures: OrderedDict[int, tuple[QPixmap, int]] = OrderedDict()
        self._ids: Any = np.empty(0, dtype=np.int64)
        self._wanted: list[tuple[int, bool]] = []
        self._gone: set[int] = set()
        self.aspect = 16 / 9

    def show_clip(self, ids: Any) -> None:
        """Be about the clip of these frames."""
        if ids is self._ids or (len(ids) == len(self._ids) and np.array_equal(ids, self._ids)):
            return
        self._ids = ids
        self._lane.drop()
        self._pictures.clear()
        self._wanted, self._gone = [], set()

    def picture(self, place: int) -> QPixmap | None:
        """The picture of a frame, if it is there."""
        found = self._pictures.get(place)
        return None if found is None else found[0]

    def want(self, wanted: list[int], near: int) -> None:
        """Fetch the pictures of these frames, those nearest to ``near`` first, instead of what was wanted before.

        What is quick comes first: the key frame before. Where that shows more another time, the very frame follows.
        """
        step = wanted[1] - wanted[0] if len(wanted) > 1 else 1
        nearest = sorted(wanted, key=lambda place: abs(place - near))
        self._wanted = [(place, step > 1) for place in nearest if place not in self._pictures]
        self._wanted += [(place, False) for place in nearest if self._is_off(place, step)]
        self._pump()

    def _is_off(self, place: int, step: int) -> bool:
        """Whether the picture of a place shows a frame nearer to another place, or there is none yet."""
        found = self._pictures.get(place)
        return place not in self._gone and (found is None or abs(found[1] - place) > step / 2)

    def _pump(self) -> None:
        project = self._session.project
        if self._lane.busy or not self._wanted or project is None:
            return
        place, fast = self._wanted.pop(0)
        if place >= len(self._ids) or place in self._gone:
            self._pump()
            return
        row = project.row(int(self._ids[place]))

        def work(progress: Progress, should_stop: ShouldStop) -> tuple[QImage, int]:
            return self._read(row, fast=fast)

        self._lane.ask(
            work,
            then=lambda found: self._on_read(place, *found),
            failed=lambda error: self._on_failed(place),
        )

    def _read(self, row: FrameRow, *, fast: bool) -> tuple[QImage, int]:
        """The picture of a frame, and the number of the frame that it shows; runs in the background."""
        from annotator.thumbnails import Thumbnails, Wanted

        if self._source is None:
            self._source = Thumbnails(width=WIDTH)
        found = self._source.get(row, Wanted.FAST if fast else Wanted.EXACT)
        rgb = np.ascontiguousarray(found.rgb)
        image = QImage(rgb.data, rgb.shape[1], rgb.shape[0], 3 * rgb.shape[1], QImage.Format.Format_RGB888).copy()
        return image, found.number if row.is_video else row.index_in_media

    def _on_read(self, place: int, image: QImage, number: int) -> None:
        self._pictures[place] = (QPixmap.fromImage(image), number)
        self._pictures.move_to_end(place)
        while len(self._pictures) > _KEPT:
            self._pictures.popitem(last=False)
        if image.height():
            self.aspect = image.width() / image.height()
        self.arrived.emit()
        self._pump()

    def _on_failed(self, place: int) -> None:
        self._gone.add(place)
        self._pump()

    def close(self) -> None:
        """Let the thread end."""
        self._wanted = []
        self._lane.close()
        if self._source is not None:
            self._source.close()
