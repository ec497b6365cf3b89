"""Frames as two networks see them, side by side: the most changed ones, or those the new network is worst at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QListWidget, QSizePolicy, QVBoxLayout, QWidget

from annotator.gui.background import Lane, Progress, ShouldStop
from annotator.gui.dialogs.retrain_words import frame_text
from annotator.instances import box_around
from annotator.review.judged import size_of

if TYPE_CHECKING:
    from annotator.comparison import Comparison, FrameChange, Place

_COUNT = 24
_WIDE = 720
_NEAR = 10.0
_LABEL, _MISSED = QColor(255, 255, 255), QColor(255, 190, 40)
_RIGHT, _WRONG = QColor(60, 220, 90), QColor(255, 90, 80)


class FramePicture(QWidget):
    """A frame a little darker, with labels as rings and what a network detects: a plus where right, else a cross."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._frame: FrameChange | None = None
        self._points: Mapping[str, Place] = {}
        self._near = _NEAR
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 112)

    def sizeHint(self) -> QSize:
        """Half of a dialog."""
        return QSize(360, 203)

    def show_frame(self, frame: FrameChange | None, points: Mapping[str, Place], *, of_size: bool = False) -> None:
        """Show what a network detects in a frame; the image follows."""
        self._frame, self._points, self._image = frame, points, None
        self._near = _NEAR
        if of_size and frame is not None:
            self._near = _NEAR / 100.0 * size_of(box_around(frame.labels.values()))
        self.update()

    def show_image(self, image: QImage | None) -> None:
        """The pixels of the frame shown."""
        self._image = image
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame as large as it fits."""
        if self._frame is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        width, height = self._frame.size
        scale = min(self.width() / width, self.height() / height)
        area = QRectF(0.0, 0.0, width * scale, height * scale)
        if self._image is not None:
            painter.drawImage(area, self._image)
        painter.fillRect(area, QColor(0, 0, 0, 60 if self._image is not None else 200))
        painter.setClipRect(area)
        painter.translate(0.5 * scale, 0.5 * scale)  # (0, 0) is the centre of the top-left pixel
        for name, place in self._frame.labels.items():
            missed = name not in self._points
            style = Qt.PenStyle.DotLine if missed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(_MISSED if missed else _LABEL, 1.5, style))
            painter.drawEllipse(QPointF(place[0] * scale, place[1] * scale), 6.0, 6.0)
        for name, place in self._points.items():
            self._draw_point(painter, place, self._frame.labels.get(name), scale)
        painter.end()

    def _draw_point(self, painter: QPainter, place: Place, label: Place | None, scale: float) -> None:
        at = QPointF(place[0] * scale, place[1] * scale)
        if label is None:
            painter.setPen(QPen(_LABEL, 1.0))
            painter.drawPoint(at)
            return
        right = math.dist(place, label) <= self._near
        painter.setPen(QPen(_RIGHT if right else _WRONG, 1.6))
        if not right:
            painter.drawLine(at, QPointF(label[0] * scale, label[1] * scale))
        for dx, dy in ((1, 0), (0, 1)) if right else ((0.75, 0.75), (0.75, -0.75)):
            arm = QPointF(5.0 * dx, 5.0 * dy)
            painter.drawLine(at - arm, at + arm)


class FramesPage(QWidget):
    """The list of frames and the two pictures of the chosen one."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Comparison | None = None
        self._shown: list[FrameChange] = []
        self._lane = Lane("pictures", self)
        self._build()

    def _build(self) -> None:
        self.order = QComboBox()
        self.order.setAccessibleName(self.tr("Which frames"))
        self.order.addItem(self.tr("Most changed"))
        self.order.addItem(self.tr("Worst with the new network"))
        self.order.currentIndexChanged.connect(self._fill)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Frames"))
        self.list.setUniformItemSizes(True)
        self.list.currentRowChanged.connect(self._show)
        self.pictures = (FramePicture(), FramePicture())
        self.captions = (QLabel(), QLabel())
        self._legend = legend = QLabel(wordWrap=True)
        legend.setProperty("role", "muted")
        row = QHBoxLayout()
        row.setSpacing(10)
        for picture, caption in zip(self.pictures, self.captions, strict=True):
            column = QVBoxLayout()
            column.addWidget(caption)
            column.addWidget(picture, 1)
            row.addLayout(column, 1)
        top = QHBoxLayout()
        top.addWidget(self.order)
        top.addWidget(legend, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.list, 1)
        layout.addLayout(row, 3)

    def show_comparison(self, found: Comparison | None) -> None:
        """Show the frames of this comparison."""
        if found is self._found:
            return
        self._found = found
        self._fill()

    def _fill(self) -> None:
        found = self._found
        self._legend.setText(
            self.tr("Ring: label, dotted where the network has no point. Plus: within 10 % of the size. Cross: not.")
            if found is not None and found.of_size
            else self.tr("Ring: label, dotted where the network has no point. Plus: within 10 px. Cross: further away.")
        )
        if found is None:
            self._shown = []
        else:
            self._shown = found.most_changed(_COUNT) if self.order.currentIndex() == 0 else found.worst(_COUNT)
        self.list.clear()
        self.list.addItems([frame_text(frame) for frame in self._shown])
        if found is not None and not self._shown:
            self.list.addItem(self.tr("None"))
            self._show(-1)
            return
        self.list.setCurrentRow(0)

    def _show(self, row: int) -> None:
        frame = self._shown[row] if 0 <= row < len(self._shown) else None
        titles = (
            self.tr("Before: {right} of {labels} within 10 px"), self.tr("After: {right} of {labels} within 10 px"),
        )  # fmt: skip
        if self._found is not None and self._found.of_size:
            titles = (self.tr("Before: {right} of {labels} right"), self.tr("After: {right} of {labels} right"))
        for number, (picture, caption) in enumerate(zip(self.pictures, self.captions, strict=True)):
            points = {} if frame is None else (frame.before, frame.after)[number]
            picture.show_frame(frame, points, of_size=self._found is not None and self._found.of_size)
            picture.setAccessibleName("" if frame is None else frame.name)
            text = "" if frame is None else titles[number].format(right=frame.right[number], labels=len(frame.labels))
            caption.setText(text)
        if frame is None or frame.image is None:
            self._lane.drop()
            return
        path = frame.image

        def work(progress: Progress, should_stop: ShouldStop) -> NDArray[np.uint8]:
            import cv2

            from annotator.frames import read_image

            rgb = read_image(path)
            small = (_WIDE, max(1, round(_WIDE * rgb.shape[0] / rgb.shape[1])))
            return np.ascontiguousarray(cv2.resize(rgb, small, interpolation=cv2.INTER_AREA), dtype=np.uint8)

        self._lane.ask(work, then=self._show_image, failed=lambda error: None)

    def _show_image(self, rgb: NDArray[np.uint8]) -> None:
        height, width = rgb.shape[:2]
        image = QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        for picture in self.pictures:
            picture.show_image(image)

    def close_lanes(self) -> None:
        """Let the thread end."""
        self._lane.close()
