"""The rows of the review queue: what each says, asked for only when it is painted, and how it is painted."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from annotator.gui import theme
from annotator.gui.panels.frame_states import paint_state, state_text
from annotator.gui.queue_order import Row
from annotator.gui.review_queue import ReviewQueue
from annotator.gui.review_words import headline, reason
from annotator.gui.rows import Index, paint_ground
from annotator.gui.session import Session
from annotator.labels import FrameState
from annotator.project import FrameRow

_ROOM = 12
_RowFacts = tuple[Row, FrameRow, str]


class QueueModel(QAbstractListModel):
    """The rows of the queue; what a row says is asked for only when it is painted."""

    def __init__(self, session: Session, queue: ReviewQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue
        self._places: dict[int, int] = {}
        queue.changed.connect(self.renew)
        queue.row_changed.connect(self._on_row)
        session.many_changed.connect(self.renew)

    def renew(self) -> None:
        """Show the rows as they are now."""
        self.beginResetModel()
        self._places = {row.frame_id: place for place, row in enumerate(self._queue.rows)}
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many rows there are."""
        return 0 if parent.isValid() else len(self._places)

    def place_of(self, frame_id: int | None) -> QModelIndex:
        """The row of a frame; an invalid one when it is not listed."""
        place = None if frame_id is None else self._places.get(frame_id)
        return QModelIndex() if place is None else self.index(place)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, tip, or row, frame and reason at once."""
        if not index.isValid() or self._session.project is None or index.row() >= len(self._queue.rows):
            return None
        row = self._queue.rows[index.row()]
        frame = self._session.project.row(row.frame_id)
        if role == Qt.ItemDataRole.DisplayRole:
            return frame.name
        if role == Qt.ItemDataRole.UserRole:
            return row, frame, self._why(row, frame)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{frame.name}, {state_text(frame.state)}, {self._why(row, frame)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            signs = [] if row.blind else self._queue.reasons(row.frame_id)[:6]
            reasons = [reason(sign, many=self._session.people.is_many) for sign in signs]
            return "\n".join([frame.name, state_text(frame.state), *(reasons or [self._why(row, frame)])])
        return None

    def _why(self, row: Row, frame: FrameRow) -> str:
        if row.blind:
            return self.tr("Blind check: label it once more")
        reasons = self._queue.reasons(row.frame_id)
        if reasons:
            return headline(reasons, many=self._session.people.is_many)
        if frame.state is FrameState.UNSEEN:
            return self.tr("Neither labelled nor predicted yet")
        return self.tr("Nothing odd") if self._queue.knows(row.frame_id) else self.tr("Not looked at yet")

    def _on_row(self, frame_id: int) -> None:
        index = self.place_of(frame_id)
        if index.isValid():
            self.dataChanged.emit(index, index)


class QueueDelegate(QStyledItemDelegate):
    """One row: the state, the name and the number, and below why to look at it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Every row is equally high."""
        return QSize(120, 2 * option.fontMetrics.height() + _ROOM)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        facts: _RowFacts | None = index.data(Qt.ItemDataRole.UserRole)
        if facts is None:
            return
        row, frame, why = facts
        colours, rect = theme.tokens(), QRect(option.rect)
        paint_ground(painter, option)
        painter.setFont(theme.tabular(option.font))
        metrics = painter.fontMetrics()
        line, top = metrics.height(), rect.top() + _ROOM // 2
        paint_state(painter, QPointF(rect.left() + 18, top + line / 2 + 0.5), frame.state)
        number, ways = str(index.row() + 1), Qt.AlignmentFlag
        upper = QRect(rect.left() + 34, top, rect.width() - 44, line)
        painter.setPen(QColor(colours.muted))
        painter.drawText(upper, ways.AlignVCenter | ways.AlignRight, number)
        palette: QPalette = option.palette
        ink = QColor(colours.muted) if frame.missing else palette.color(QPalette.ColorRole.Text)
        room = upper.width() - metrics.horizontalAdvance(number) - 8
        name = metrics.elidedText(frame.name, Qt.TextElideMode.ElideMiddle, room)
        painter.setPen(ink)
        painter.drawText(upper, ways.AlignVCenter | ways.AlignLeft, name)
        painter.setPen(QColor(colours.accent if row.blind else colours.muted))
        lower = upper.translated(0, line)
        painter.drawText(
            lower,
            ways.AlignVCenter | ways.AlignLeft,
            metrics.elidedText(why, Qt.TextElideMode.ElideRight, lower.width()),
        )
