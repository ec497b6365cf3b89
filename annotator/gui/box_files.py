"""Boxes from a file: looked at, shown for a person to choose among, and kept in the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from annotator.gui.background import Progress, ShouldStop
from annotator.gui.found_boxes import FoundBoxes
from model.people import Candidate

if TYPE_CHECKING:
    from annotator.box_offers import BoxOffer
    from annotator.gui.main_window import MainWindow
    from annotator.project import Project

_PIECE = 500
Boxes = Mapping[int, Sequence[Candidate]]


class BoxFiles(QObject):
    """Brings the boxes of a file of COCO detections or annotations in."""

    def __init__(self, window: MainWindow, boxes: FoundBoxes) -> None:
        super().__init__(window)
        self._window, self._session, self._boxes = window, window.session, boxes

    def bring(self, path: Path) -> None:
        """Look at the boxes of a file and show what of them is for this project."""
        project = self._session.project
        if project is None or not self._boxes.can_be_used():
            return

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.box_offers import offer_boxes

            return offer_boxes(project, path, progress=progress, should_stop=should_stop)

        self._window.errands.run(self.tr("Looking at boxes"), work, lambda offer: self._show(project, offer))

    def _show(self, project: Project, offer: BoxOffer | None) -> None:
        from annotator.gui.dialogs.boxes_preview import BoxesPreview

        if offer is not None and project is self._session.project:
            preview = BoxesPreview(offer, self._window)
            preview.asked.connect(lambda boxes: self.take(project, boxes))
            self._window.dialogs.open(preview)

    def take(self, project: Project, boxes: Boxes) -> None:
        """Keep these boxes, and look into them."""
        ids = list(boxes)

        def work(progress: Progress, should_stop: ShouldStop) -> int:
            for start in range(0, len(ids), _PIECE):
                if should_stop():
                    break
                piece = ids[start : start + _PIECE]
                project.save_boxes({frame_id: boxes[frame_id] for frame_id in piece})
                progress(start + len(piece), len(ids))
            return sum(map(len, boxes.values()))

        self._window.errands.run(self.tr("Taking boxes"), work, lambda count: self._on_taken(project, ids, count))

    def _on_taken(self, project: Project, ids: Sequence[int], count: int) -> None:
        session = self._session
        if project is not session.project:
            return
        if session.frame_id is not None and session.frame_id in ids:
            self._boxes.show(project, session.frame_id)
        session.frames_changed.emit()
        text = self.tr("Boxes taken: {count}, in frames: {frames}")
        self._boxes.tell(text.format(count=f"{count:,}", frames=f"{len(ids):,}"))
        self._boxes.look_into(ids)
