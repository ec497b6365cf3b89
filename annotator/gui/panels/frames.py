"""The list of frames: search, filter by state, progress, and one quiet row a frame, however many there are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QProgressBar,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.colours import BLUE, ORANGE, SKY, VERMILLION
from annotator.gui.panels.row_keys import is_for_the_window, note_release
from annotator.gui.session import UNDECIDED, Session
from annotator.labels import FrameState
from annotator.project import FrameRow

Index = QModelIndex | QPersistentModelIndex
_ROW_ROOM = 10
_SEARCH_MS = 120
_COUNT_MS = 100


def paint_state(painter: QPainter, centre: QPointF, state: FrameState) -> None:
    """The state of a frame as a shape 12 pixels wide; colour says it a second time."""
    dark = theme.tokens() is theme.DARK
    colours = theme.tokens()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    x, y = centre.x(), centre.y()
    if state is FrameState.UNSEEN:
        painter.setPen(QPen(QColor(colours.muted), 1.3))
        painter.drawEllipse(centre, 3.5, 3.5)
    elif state is FrameState.PREDICTED:
        painter.setPen(QPen(ORANGE if dark else QColor("#b87a00"), 2.0))
        painter.drawLine(QPointF(x - 4, y), QPointF(x + 4, y))
        painter.drawLine(QPointF(x, y - 4), QPointF(x, y + 4))
    elif state is FrameState.DRAFT:
        blue = SKY if dark else BLUE
        painter.setPen(QPen(blue, 1.5))
        painter.drawEllipse(centre, 4.0, 4.0)
        painter.setBrush(blue)
        painter.drawPie(QRectF(x - 4, y - 4, 8, 8), 90 * 16, 180 * 16)
    elif state is FrameState.ACCEPTED:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(QColor(colours.accent)))
        painter.drawEllipse(centre, 6.0, 6.0)
        painter.setPen(QPen(QColor(colours.on_accent), 1.6))
        painter.drawPolyline([QPointF(x - 2.8, y + 0.2), QPointF(x - 0.8, y + 2.3), QPointF(x + 3.0, y - 2.2)])
    elif state is FrameState.LOOK_AGAIN:
        painter.setPen(QPen(ORANGE if dark else QColor("#b87a00"), 1.5))
        painter.drawEllipse(QRectF(x - 6, y - 3.6, 12, 7.2))
        painter.setBrush(QColor(colours.muted))
        painter.drawEllipse(centre, 1.4, 1.4)
    else:
        painter.setPen(QPen(VERMILLION, 2.0))
        painter.drawLine(QPointF(x - 3.4, y - 3.4), QPointF(x + 3.4, y + 3.4))
        painter.drawLine(QPointF(x - 3.4, y + 3.4), QPointF(x + 3.4, y - 3.4))
    painter.restore()


class FramesModel(QAbstractListModel):
    """The listed frames; rows are read from the project only when they are painted."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._row = lru_cache(maxsize=512)(self._read_row)
        session.frames_changed.connect(self._on_frames)
        session.saved.connect(self._on_one)
        session.many_changed.connect(self._on_frames)
        session.prediction_changed.connect(self._on_one)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many frames are listed."""
        return 0 if parent.isValid() else len(self._session.order.ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, tip, or the row itself."""
        if not index.isValid() or self._session.project is None:
            return None
        row = self._row(self._session.order.ids[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            missing = "\n" + self.tr("The file is missing") if row.missing else ""
            return f"{row.name}\n{state_text(row.state)}{missing}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, {state_text(row.state)}"
        return None

    def _read_row(self, frame_id: int) -> FrameRow:
        assert self._session.project is not None
        return self._session.project.row(frame_id)

    def _on_frames(self) -> None:
        self.beginResetModel()
        self._row.cache_clear()
        self.endResetModel()

    def _on_one(self, frame_id: int) -> None:
        self._row.cache_clear()
        place = self._session.order.place_of(frame_id)
        if place is not None:
            self.dataChanged.emit(self.index(place), self.index(place))


class FrameDelegate(QStyledItemDelegate):
    """One row: the state, the name, and the number."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Every row is equally high."""
        return QSize(120, option.fontMetrics.height() + _ROW_ROOM)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        row = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(row, FrameRow):
            return
        colours = theme.tokens()
        rect: QRect = option.rect
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colours.soft))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(colours.accent))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colours.hover))
        paint_state(painter, QPointF(rect.left() + 18, rect.center().y() + 0.5), row.state)
        painter.setFont(theme.tabular(option.font))
        metrics = painter.fontMetrics()
        number = str(index.row() + 1)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colours.muted))
        painter.drawText(rect.adjusted(0, 0, -10, 0), middle | Qt.AlignmentFlag.AlignRight, number)
        palette: QPalette = option.palette
        painter.setPen(QColor(colours.muted) if row.missing else palette.color(QPalette.ColorRole.Text))
        room = rect.adjusted(34, 0, -18 - metrics.horizontalAdvance(number), 0)
        text = metrics.elidedText(row.name, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, text)


class FramesView(QListView):
    """The rows. Space accepts here as on the canvas."""

    space_tapped = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Rows are gone through with the arrows; letters are commands."""
        if not is_for_the_window(event, self.space_tapped.emit):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """A key held down is told from one pressed again by this."""
        note_release(event)
        super().keyReleaseEvent(event)


class NothingListed(QWidget):
    """Why no frame is listed, and the way out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignHCenter)
        self.text.setProperty("role", "muted")
        self.all_frames = QPushButton(self.tr("Show all frames"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 24, 16, 16)
        layout.addWidget(self.text)
        layout.addWidget(self.all_frames, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    def show_reason(self, filtered_by: str) -> None:
        """Say that nothing fits this filter; "" when no project is open."""
        self.all_frames.setVisible(bool(filtered_by))
        if filtered_by:
            self.text.setText(self.tr("No frame fits \u201c{what}\u201d").format(what=filtered_by))
        else:
            self.text.setText(self.tr("The frames of a folder or video are listed here once it is open"))


class FramesPanel(QWidget):
    """Search, filter, progress and list."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.search = QLineEdit(placeholderText=self.tr("Search frames"), clearButtonEnabled=True)
        self.search.setToolTip(self.tr("Show only frames with this text in their name"))
        self.search.setAccessibleName(self.tr("Search frames"))
        self.search.setAcceptDrops(False)  # Files that fall on it are for the window.
        self.states = QComboBox()
        self.states.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.states.setToolTip(self.tr("Show only frames in this state"))
        self.states.setAccessibleName(self.tr("Filter by state"))
        for text, states in self._choices():
            self.states.addItem(text, states)
        self._counts = QLabel()
        self._counts.setProperty("role", "muted")
        self._bar = QProgressBar(textVisible=False)
        self.nothing = NothingListed()
        self.view = FramesView()
        self._set_up_view()
        self._lay_out()
        self._typing = QTimer(self, singleShot=True, interval=_SEARCH_MS)
        self._typing.timeout.connect(self._apply)
        self._counting = QTimer(self, singleShot=True, interval=_COUNT_MS)
        self._counting.timeout.connect(self._count)
        self._connect()

    def _set_up_view(self) -> None:
        self.model = FramesModel(self._session, self)
        self.view.setModel(self.model)
        self.view.setItemDelegate(FrameDelegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setLayoutMode(QListView.LayoutMode.Batched)
        self.view.setBatchSize(400)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setMouseTracking(True)
        self.view.setAccessibleName(self.tr("Frames"))
        self._bar.setFixedHeight(4)

    def _lay_out(self) -> None:
        top = QVBoxLayout()
        top.setContentsMargins(8, 2, 8, 6)
        top.setSpacing(6)
        for widget in (self.search, self.states, self._counts, self._bar):
            top.addWidget(widget)
        self._top = top
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.nothing, 2)
        self._show_nothing()

    def show_above(self, widget: QWidget) -> None:
        """Put something between the filter and the list."""
        self._top.insertWidget(2, widget)

    def _connect(self) -> None:
        session = self._session
        self.search.textChanged.connect(lambda text: self._typing.start())
        self.search.installEventFilter(self)
        self.states.activated.connect(self._on_state)
        self.nothing.all_frames.clicked.connect(self.show_all)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        session.wanted_changed.connect(self._show_current)
        session.frames_changed.connect(self._on_frames)
        session.project_changed.connect(self._on_project)
        session.many_changed.connect(self._on_frames)
        for signal in (session.prediction_changed, session.saved):
            signal.connect(lambda frame_id: None if self._counting.isActive() else self._counting.start())

    def _choices(self) -> list[tuple[str, frozenset[FrameState] | None]]:
        return [
            (self.tr("All frames"), None),
            (self.tr("To review"), UNDECIDED),
            *((state_text(state), frozenset({state})) for state in FrameState),
        ]

    def _show_nothing(self) -> None:
        """An empty list says why it is empty, and how to fill it."""
        empty = not self._session.order.ids
        self.view.setVisible(not empty)
        self.nothing.setVisible(empty)
        what = self.search.text().strip() or self.states.currentText()
        self.nothing.show_reason("" if self._session.project is None else what)

    def show_all(self) -> None:
        """List every frame again."""
        self.search.clear()
        self.states.setCurrentIndex(0)
        self._apply()
        self.view.setFocus()

    def start_search(self) -> None:
        """Put the cursor into the search box."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter and Down lead from the search box into the list, Escape out of it."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
                self._apply()
                self.view.setFocus()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.search.clear()
                self.view.setFocus()
                return True
        return super().eventFilter(watched, event)

    def _apply(self) -> None:
        self._typing.stop()
        self._session.set_filter(self.states.currentData(), self.search.text().strip())

    def _on_state(self) -> None:
        self._apply()
        self.view.setFocus()

    def _on_project(self) -> None:
        for widget in (self.search, self.states):
            widget.blockSignals(True)
        self.search.clear()
        self.states.setCurrentIndex(0)
        for widget in (self.search, self.states):
            widget.blockSignals(False)

    def _on_frames(self) -> None:
        self._show_nothing()
        self._count()
        self._show_current()

    def _on_current(self, index: QModelIndex) -> None:
        ids = self._session.order.ids
        if index.isValid() and index.row() < len(ids):
            self._session.show(ids[index.row()])

    def _show_current(self) -> None:
        # A list that runs along with what is played costs as much as the pictures do.
        if self._session.passing:
            return
        place = self._session.order.place_of(self._session.wanted)
        index = self.model.index(place) if place is not None else QModelIndex()
        if index != self.view.currentIndex():
            self.view.setCurrentIndex(index)
        if index.isValid():
            self.view.scrollTo(index)

    def _count(self) -> None:
        project = self._session.project
        if project is None:
            self._counts.setText("")
            self._bar.setValue(0)
            return
        counts = project.state_counts()
        total = sum(counts.values())
        done = counts[FrameState.ACCEPTED]
        self._counts.setText(self.tr("{done} of {total} accepted").format(done=f"{done:,}", total=f"{total:,}"))
        self._bar.setMaximum(max(total, 1))
        self._bar.setValue(done)
        numbers = [total, sum(counts[state] for state in UNDECIDED), *(counts[state] for state in FrameState)]
        for place, ((text, _), number) in enumerate(zip(self._choices(), numbers, strict=True)):
            self.states.setItemText(place, f"{text} ({number:,})")


def state_text(state: FrameState) -> str:
    """The state of a frame in a word."""
    from PySide6.QtCore import QCoreApplication

    translate = QCoreApplication.translate
    return {
        FrameState.UNSEEN: translate("FrameState", "Not seen"),
        FrameState.PREDICTED: translate("FrameState", "Predicted"),
        FrameState.DRAFT: translate("FrameState", "Draft"),
        FrameState.ACCEPTED: translate("FrameState", "Accepted"),
        FrameState.REJECTED: translate("FrameState", "Rejected"),
        FrameState.LOOK_AGAIN: translate("FrameState", "Needs a second look"),
    }[state]
