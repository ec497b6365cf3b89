"""Small numbered flags on the picture where remarks are pinned; what they say is in the panel and in their tips."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotator.gui.canvas import Canvas
from annotator.gui.colours import CASING
from annotator.gui.session import Session
from annotator.keypoints import Resolved
from annotator.labels import Instance, Note, Point

_INK, _PAPER = QColor("#1d2321"), QColor("#f7e08b")


class NoteFlag(QGraphicsItem):
    """A flag with a number, of one size on the screen, whose foot stands on the place."""

    def __init__(self, number: int, note: Note) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(65.0)
        self.setToolTip(note.text)
        self.number = number

    def boundingRect(self) -> QRectF:
        """The room that it takes."""
        return QRectF(-2.0, -30.0, 26.0, 32.0)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint it, in its own units."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in (QPen(CASING, 4.0), QPen(_PAPER, 1.6)):
            painter.setPen(pen)
            painter.drawLine(QPointF(0.0, 0.0), QPointF(0.0, -27.0))
        painter.setPen(QPen(_INK, 1.0))
        painter.setBrush(_PAPER)
        flag = [(0.0, -28.0), (22.0, -28.0), (18.0, -20.5), (22.0, -13.0), (0.0, -13.0)]
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in flag]))
        font = QFont(painter.font())
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(QRectF(1.0, -28.0, 17.0, 15.0), Qt.AlignmentFlag.AlignCenter, str(self.number))


class NoteFlags(QObject):
    """Keeps the flags where the remarks of the frame are pinned; a flag moves with its point."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self.flags: list[NoteFlag] = []
        self._of: tuple[Note, ...] = ()
        session.resolved_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the flags of the frame as it is now."""
        notes = self._session.record.review.notes
        scene = self._canvas.scene()
        if notes != self._of:
            for flag in self.flags:
                scene.removeItem(flag)
            self.flags = [NoteFlag(number, note) for number, note in enumerate(notes, start=1)]
            for flag in self.flags:
                scene.addItem(flag)
            self._of = notes
        for flag, note in zip(self.flags, notes, strict=True):
            at = note_place(note, self._session.labels.pitch, self._session.resolved)
            flag.setVisible(at is not None)
            if at is not None:
                flag.setPos(*at)


def note_place(note: Note, said: Instance, resolved: Resolved | None) -> Point | None:
    """Where a remark is pinned: its point or marking as it lies now, else the place it was made at."""
    clicks = said.markings.get(note.about)
    if clicks:
        return clicks[len(clicks) // 2]
    found = None if resolved is None else resolved.keypoints.get(note.about)
    return found.position if found is not None and found.position is not None else note.at
