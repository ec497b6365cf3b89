"""The names of bars beneath them: upright where they fit side by side, else turned, so that all can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication

__all__ = ["NameAxis"]

USUAL_WIDTH = 640.0
"""Pixels that a plot in a dialog is wide at least."""
LONGEST = 150.0
GAP = 6.0


class NameAxis(pg.AxisItem):  # type: ignore[misc]
    """Names at 0, 1, ... of the bottom axis."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("bottom")
        metrics = QFontMetricsF(QApplication.font())
        wide = max((metrics.horizontalAdvance(name) for name in names), default=0.0)
        self.is_turned = wide + GAP > USUAL_WIDTH / max(len(names), 1)
        elided = (metrics.elidedText(name, Qt.TextElideMode.ElideRight, LONGEST) for name in names)
        self.setTicks([list(enumerate(elided))])
        if self.is_turned:
            self.setHeight(min(wide, LONGEST) + 3.0 * GAP)

    def drawPicture(self, painter: QPainter, axis_spec: Any, tick_specs: Any, text_specs: Any) -> None:
        """The axis as ever; turned names are read from below and end at it."""
        super().drawPicture(painter, axis_spec, tick_specs, [] if self.is_turned else text_specs)
        if not self.is_turned:
            return
        painter.setFont(QApplication.font())
        painter.setPen(self.textPen())
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for rect, _, text in text_specs:
            painter.save()
            painter.translate(rect.center().x(), rect.top() + GAP / 2.0)
            painter.rotate(-90.0)
            painter.drawText(QRectF(-LONGEST, -10.0, LONGEST, 20.0), int(flags), text)
            painter.restore()
