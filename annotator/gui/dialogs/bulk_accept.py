"""Accept many frames at once: how many would pass, and the worst of them to look at first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from annotator.dismissals import seen_left
from annotator.frames import FrameSource, MediaError
from annotator.gui import theme
from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.bulk import Change, ManyFrames, unhurried
from annotator.gui.colours import CASING, ORANGE
from annotator.gui.review_queue import ReviewQueue
from annotator.gui.review_words import reason
from annotator.gui.session import Session
from annotator.project import Project
from annotator.review.bulk import Candidate, accepted_records, candidates, passing

_TILES, _COLUMNS = 12, 4
_WIDE = 240
_PAUSE_MS = 120
_FREE = 100.0


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of a frame, (H, W, 3) RGB, and where the network sees points in it, in its pixels."""

    rgb: NDArray[np.uint8]
    points: tuple[tuple[float, float], ...]


def thumbnail(project: Project, source: FrameSource, frame_id: int, threshold: float) -> Thumbnail | None:
    """The picture of a frame; None where it cannot be read."""
    import cv2

    try:
        rgb = source.read(project.row(frame_id))
    except MediaError:
        return None
    part = _WIDE / rgb.shape[1]
    small = cv2.resize(rgb, (_WIDE, max(1, round(rgb.shape[0] * part))), interpolation=cv2.INTER_AREA)
    seen = seen_left(project, frame_id, project.prediction(frame_id) or project.people(frame_id))
    at = [place * part for one in seen for place in one.xy[one.confidence >= threshold]]
    return Thumbnail(np.ascontiguousarray(small, dtype=np.uint8), tuple((float(x), float(y)) for x, y in at))


class Tile(QWidget):
    """One frame of the contact sheet; a click shows it in the window."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame_id: int | None = None
        self.picture: Thumbnail | None = None
        self._title = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(130, 92)

    def sizeHint(self) -> QSize:
        """As large as its picture."""
        return QSize(_WIDE, 160)

    def show_frame(self, frame_id: int | None, title: str = "", tip: str = "") -> None:
        """Stand for this frame; its picture follows."""
        if frame_id != self.frame_id:
            self.picture = None
        self.frame_id, self._title = frame_id, title
        self.setToolTip(tip)
        self.setAccessibleName(title)
        self.update()

    def show_picture(self, picture: Thumbnail | None) -> None:
        """Show the picture."""
        self.picture = picture
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the frame."""
        if event.button() is Qt.MouseButton.LeftButton and self.frame_id is not None:
            self.chosen.emit(self.frame_id)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture with its points, and the words below."""
        if self.frame_id is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        line = painter.fontMetrics().height() + 2
        room = self.rect().adjusted(2, 2, -2, -line - 2)
        painter.fillRect(room, QColor(theme.tokens().hover))
        if self.picture is not None:
            height, width = self.picture.rgb.shape[:2]
            part = min(room.width() / width, room.height() / height)
            image = QImage(self.picture.rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            painter.save()
            painter.translate(room.center().x() - width * part / 2, room.top())
            painter.scale(part, part)
            painter.drawImage(0, 0, image)
            for pen in (QPen(CASING, 3.2 / part), QPen(ORANGE, 1.6 / part)):
                painter.setPen(pen)
                arm = 4.0 / part
                for x, y in self.picture.points:
                    painter.drawLine(QPointF(x - arm, y), QPointF(x + arm, y))
                    painter.drawLine(QPointF(x, y - arm), QPointF(x, y + arm))
            painter.restore()
        painter.setPen(QColor(theme.tokens().muted))
        words = self.rect().adjusted(4, self.height() - line, -4, 0)
        text = painter.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideMiddle, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


class BulkAcceptDialog(QDialog):
    """How sure the network has to be, what would pass, and the button that accepts it."""

    def __init__(
        self, session: Session, queue: ReviewQueue, many: ManyFrames, parent: QWidget, *, show: Callable[[int], None]
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Accept many frames"))
        self._session, self._queue, self._many, self._show = session, queue, many, show
        self._found: list[Candidate] = []
        self._left_out = 0
        self._made = ""
        self._source = FrameSource(max_frames=2)
        self._reading, self._writing = Lane("contact sheet", self), Lane("accept many", self)
        self._looking = Lane("candidates", self)
        self._build()
        self._later = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._later.timeout.connect(self._show_worst)
        queue.changed.connect(self._look)
        queue.progressed.connect(self._show_state)
        many.ended.connect(self._on_ended)
        many.job.changed.connect(self._on_writing)
        queue.wake()
        self._look()
        self.resize(1040, 720)

    # Building

    def _build(self) -> None:
        self.confidence = QSlider(Qt.Orientation.Horizontal)
        self.confidence.setRange(0, 100)
        self.confidence.setValue(80)
        self.confidence.setAccessibleName(self.tr("Least confidence"))
        self.confidence_text = QLabel()
        self.confidence_text.setMinimumWidth(48)
        self.residual = QDoubleSpinBox(minimum=0.5, maximum=_FREE, value=10.0, decimals=1, suffix=self.tr(" px"))
        self.residual.setAccessibleName(self.tr("Largest distance from the geometry"))
        self.residual.setToolTip(self.tr("Frames with a point further than this from where the others put it stay"))
        self.count = QLabel()
        self.count.setProperty("role", "title")
        self.note = QLabel(wordWrap=True)
        self.note.setProperty("role", "muted")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(4)
        self.tiles = [Tile() for _ in range(_TILES)]
        for tile in self.tiles:
            tile.chosen.connect(self._on_tile)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.accept_button = QPushButton()
        buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setDefault(True)
        self.accept_button.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        self.accept_button.clicked.connect(self.accept_them)
        self.confidence.valueChanged.connect(self._show_state)
        self.residual.valueChanged.connect(self._show_state)
        self._lay_out(buttons)

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        limits = QHBoxLayout()
        limits.addWidget(QLabel(self.tr("Confidence at least")))
        limits.addWidget(self.confidence, 1)
        limits.addWidget(self.confidence_text)
        if self._session.people.scheme.has_football:
            limits.addSpacing(16)
            limits.addWidget(QLabel(self.tr("no point further off than")))
            limits.addWidget(self.residual)
        sheet = QGridLayout()
        sheet.setSpacing(6)
        for place, tile in enumerate(self.tiles):
            sheet.addWidget(tile, place // _COLUMNS, place % _COLUMNS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 12)
        layout.setSpacing(8)
        layout.addLayout(limits)
        layout.addWidget(self.count)
        layout.addLayout(sheet, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.bar)
        layout.addWidget(buttons)

    # What would pass

    @property
    def chosen(self) -> list[Candidate]:
        """The frames that would be accepted, the most doubtful first."""
        return passing(self._found, confidence=self.confidence.value() / 100.0, residual=self.residual.value())

    def _look(self) -> None:
        project = self._session.project
        if project is None:
            self.reject()
            return
        ids, entries = list(self._session.order.ids), self._queue.entries
        places = {row.frame_id: place for place, row in enumerate(self._queue.rows)}
        self._looking.ask(
            lambda progress, should_stop: candidates(project, ids, entries, places),
            then=self._on_candidates,
            failed=self._on_failed,
        )

    def _on_candidates(self, result: tuple[list[Candidate], int]) -> None:
        self._found, self._left_out = result
        self._show_state()

    def _show_state(self) -> None:
        many = self.chosen
        writing = self._writing.busy or self._many.busy
        self.confidence_text.setText(f"{self.confidence.value()} %")
        text = self.tr("{count} of {all} frames would be accepted. The most doubtful of them:")
        if not many:
            text = self.tr("No frame would be accepted; with lower limits: {all}")
        self.count.setText(text.format(count=f"{len(many):,}", all=f"{len(self._found):,}"))
        notes = [self.tr("Only frames that the network saw and nobody began. One step to undo.")]
        if self._left_out:
            text = self.tr("Left out, for a check finds an error, few points are seen or nobody looked yet: {count}.")
            notes.append(text.format(count=f"{self._left_out:,}"))
        if self._queue.building:
            text = self.tr("Frames are still being looked at: {done} of {total}.")
            notes.append(text.format(done=f"{self._queue.done:,}", total=f"{self._queue.total:,}"))
        self.note.setText(" ".join(notes))
        self.accept_button.setText(self._what(len(many)))
        self.accept_button.setEnabled(bool(many) and not writing)
        for widget in (self.confidence, self.residual):
            widget.setEnabled(not writing)
        self.bar.setVisible(writing)
        self._later.start()

    def _what(self, count: int) -> str:
        return self.tr("Accept 1 frame") if count == 1 else self.tr("Accept {count} frames").format(count=f"{count:,}")

    def _show_worst(self) -> None:
        project = self._session.project
        if project is None:
            return
        worst = self.chosen[:_TILES]
        for tile, one in zip(self.tiles, [*worst, *[None] * (_TILES - len(worst))], strict=True):
            if one is None:
                tile.show_frame(None)
                continue
            name, why = project.row(one.frame_id).name, self._queue.reasons(one.frame_id)
            tip = "\n".join([name, *(reason(sign, many=self._session.people.is_many) for sign in why[:4])])
            tile.show_frame(one.frame_id, f"{one.confidence:.0%}  {name}", tip)
        wanted = [one.frame_id for one in worst]
        missing = [tile.frame_id for tile in self.tiles if tile.frame_id is not None and tile.picture is None]
        if not missing:
            return
        source, threshold = self._source, self._session.settings.threshold

        def work(progress: Progress, should_stop: ShouldStop) -> dict[int, Thumbnail | None]:
            found: dict[int, Thumbnail | None] = {}
            for frame_id in wanted:
                if frame_id in missing and not should_stop() and len(found) < _COLUMNS:
                    found[frame_id] = thumbnail(project, source, frame_id, threshold)
            return found

        self._reading.ask(work, then=self._on_pictures, failed=self._on_failed)

    def _on_pictures(self, found: dict[int, Thumbnail | None]) -> None:
        for tile in self.tiles:
            if tile.frame_id in found:
                tile.show_picture(found[tile.frame_id])
        if any(picture is not None for picture in found.values()):
            self._later.start()

    def _on_tile(self, frame_id: int) -> None:
        """Show a frame in the window; nothing is accepted."""
        self.reject()
        self._show(frame_id)

    # Accepting

    def accept_them(self) -> None:
        """Accept what would pass, as one step to undo."""
        project, session = self._session.project, self._session
        ids: Sequence[int] = sorted(one.frame_id for one in self.chosen)
        if project is None or not ids or self._writing.busy or self._many.busy:
            return
        session.end_gesture()
        network, threshold, by = session.forecaster.network_id, session.settings.threshold, session.author

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            with unhurried():
                return accepted_records(
                    project, ids, network=network, threshold=threshold, by=by, progress=progress,
                    should_stop=should_stop,
                )  # fmt: skip

        self._writing.ask(work, then=self._on_records, failed=self._on_failed, progress=self._on_progress)
        self._show_state()

    def _on_progress(self, done: int, total: int) -> None:
        self.bar.setMaximum(total)
        self.bar.setValue(done)

    def _on_writing(self) -> None:
        job = self._many.job
        if job.running and job.total:
            self._on_progress(job.done, job.total)

    def _on_records(self, result: Any) -> None:
        before, after = result
        self._made = f"{len(after):,}"
        self._many.change(Change(before, after, self._what(len(after))))
        self._show_state()

    def _on_ended(self, made: bool) -> None:
        if made:
            self._session.say(self.tr("Frames accepted: {count}. Undo takes all of them back").format(count=self._made))
            self.accept()
        else:
            self._look()

    def _on_failed(self, error: Exception) -> None:
        self._session.failed.emit(sentence(error))
        self._show_state()

    def done(self, result: int) -> None:
        """Let the threads end."""
        for lane in (self._reading, self._writing, self._looking):
            lane.close()
        self._later.stop()
        self._source.close()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing is cancelling."""
        self.done(QDialog.DialogCode.Rejected)
        super().closeEvent(event)
