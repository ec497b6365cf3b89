"""The list of frames: search, filter by state, progress, and one quiet row a frame, however many there are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPointF,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QProgressBar,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.panels.frame_states import paint_state, state_text
from annotator.gui.panels.row_keys import RowList, SearchKeys
from annotator.gui.panels.soon import Soon
from annotator.gui.rows import Index, paint_ground
from annotator.gui.session import UNDECIDED, Session
from annotator.labels import FrameState
from annotator.project import FrameRow

_ROW_ROOM = 10
_SEARCH_MS = 120
_COUNT_MS = 100


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
        paint_ground(painter, option)
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
        self.view = RowList()
        self._set_up_view()
        self._lay_out()
        self._typing = QTimer(self, singleShot=True, interval=_SEARCH_MS)
        self._typing.timeout.connect(self._apply)
        self._counting = Soon(self, self._count, _COUNT_MS)
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
        keys = SearchKeys(self.search)
        keys.into.connect(self._enter_list)
        keys.out.connect(self._leave_search)
        self.states.activated.connect(self._enter_list)
        self.nothing.all_frames.clicked.connect(self.show_all)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        session.wanted_changed.connect(self._show_current)
        session.frames_changed.connect(self._on_frames)
        session.project_changed.connect(self._on_project)
        session.many_changed.connect(self._on_frames)
        for signal in (session.prediction_changed, session.saved):
            signal.connect(self._counting.ask)

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

    def _apply(self) -> None:
        self._typing.stop()
        self._session.set_filter(self.states.currentData(), self.search.text().strip())

    def _enter_list(self) -> None:
        self._apply()
        self.view.setFocus()

    def _leave_search(self) -> None:
        self.search.clear()
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
