"""The review queue: which frame to look at next, and why; filters, and how far the looking through has come."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPointF,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QProgressBar,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.panels.frames import FramesView, Index, paint_state, state_text
from annotator.gui.queue_order import BY_FILE, BY_SURPRISE, Row
from annotator.gui.review_queue import ReviewQueue
from annotator.gui.review_words import headline, measure, reason
from annotator.gui.session import Session
from annotator.labels import FrameState
from annotator.project import FrameRow
from annotator.review import Kind, kinds_of
from annotator.review.query import QueryError

_TYPING_MS = 250
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
            reasons = [] if row.blind else [reason(sign) for sign in self._queue.reasons(row.frame_id)[:6]]
            return "\n".join([frame.name, state_text(frame.state), *(reasons or [self._why(row, frame)])])
        return None

    def _why(self, row: Row, frame: FrameRow) -> str:
        if row.blind:
            return self.tr("Blind check: label it once more")
        reasons = self._queue.reasons(row.frame_id)
        if reasons:
            return headline(reasons)
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
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colours.soft))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(colours.accent))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colours.hover))
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


class QueryBox(QWidget):
    """What to list, as a person types it, the filters that were given a name, and a line for what means nothing."""

    def __init__(self, queue: ReviewQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.text = QLineEdit(clearButtonEnabled=True)
        self.text.setAccessibleName(self.tr("Filter of the queue"))
        self.show_words(football=True)
        self.error = QLabel(wordWrap=True)
        self.error.setObjectName("queryError")
        self.error.setProperty("role", "warning")
        self.error.hide()
        self.saved = QToolButton()
        self.saved.setText("\u2606")
        self.saved.setToolTip(self.tr("Filters with a name"))
        self.saved.setAccessibleName(self.tr("Filters with a name"))
        self.saved.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self._fill)
        self.saved.setMenu(self.menu)
        self._lay_out()

    def show_words(self, *, football: bool) -> None:
        """Say which words frames of the pitch know, or those of other schemes."""
        if football:
            self.text.setPlaceholderText(self.tr("Filter, such as state:draft residual>5"))
            tip = self.tr(
                "Words that a frame's name has, and\n"
                "state:draft  state:accepted  state:look-again  split:val  missing:CENTER_MARK\n"
                "residual>5  corrected>10  confidence<0.5  peaks>0.6  jump>8  networks>8  flip>8  issues>0\n"
                "A minus before a word turns it round"
            )
        else:
            self.text.setPlaceholderText(self.tr("Filter, such as state:draft corrected>5"))
            tip = self.tr(
                "Words that a frame's name has, and\n"
                "state:draft  state:accepted  state:look-again  split:val  missing:nose\n"
                "corrected>10  confidence<0.5  peaks>0.6  networks>8  flip>8  swapped>0  length>5  box>3\n"
                "extra>0  unfound>0  number>10  hidden>0\n"
                "A minus before a word turns it round; distances are % of the size of the thing"
            )
        self.text.setToolTip(tip)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.text, 1)
        row.addWidget(self.saved)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.error)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.apply)
        self.text.textChanged.connect(lambda text: self._typing.start())
        self.text.returnPressed.connect(self.apply)

    def apply(self) -> None:
        """List what fits; say in a line what means nothing, and leave the list as it is."""
        self._typing.stop()
        text = self.text.text().strip()
        try:
            if text != self._queue.query:
                self._queue.ask(text)
        except QueryError as error:
            self.error.setText(str(error))
            self.error.show()
        else:
            self.error.hide()

    def take(self, text: str) -> None:
        """Ask for this."""
        self.text.setText(text)
        self.apply()

    def follow(self) -> None:
        """Show what the queue was asked for by somebody else."""
        if not self._typing.isActive() and self.error.isHidden() and self._queue.query != self.text.text().strip():
            self.text.blockSignals(True)
            self.text.setText(self._queue.query)
            self.text.blockSignals(False)

    def _fill(self) -> None:
        self.menu.clear()
        filters = self._queue.filters()
        for name, text in filters.items():
            action = self.menu.addAction(f"{name}\t{text}")
            action.triggered.connect(lambda checked=False, said=text: self.take(said))
        if filters:
            self.menu.addSeparator()
        keep = self.menu.addAction(self.tr("Keep this filter..."))
        keep.setEnabled(bool(self._queue.query))
        keep.triggered.connect(self.keep)
        current = next((name for name, text in filters.items() if text == self._queue.query), None)
        if current is not None:
            forget = self.menu.addAction(self.tr("Forget \u201c{name}\u201d").format(name=current))
            forget.triggered.connect(lambda: self._queue.keep_filter(current, ""))

    def keep(self) -> None:
        """Ask for a name and keep the filter under it."""
        self.apply()
        if not self._queue.query:
            return
        name, chosen = QInputDialog.getText(
            self, self.tr("Keep this filter"), self.tr("Name of the filter"), text=self._queue.query
        )
        if chosen and name.strip():
            self._queue.keep_filter(name.strip(), self._queue.query)


class ReviewPanel(QWidget):
    """Filter, order, progress and rows of the queue."""

    def __init__(self, session: Session, queue: ReviewQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue
        self.query = QueryBox(queue)
        self.sorting = QComboBox()
        self.sorting.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sorting.setAccessibleName(self.tr("Order of the queue"))
        # The longest of the orders would hold the whole side open.
        self.sorting.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.sorting.setMinimumContentsLength(6)
        self.sorting.setMinimumWidth(70)
        self.sorting.setToolTip(self.tr("What the frames of the queue are sorted by"))
        self._offered: list[tuple[str, str | Kind]] = []
        self._show_sortings()
        self.again = QPushButton(self.tr("Sort again"))
        self.again.setObjectName("small")
        self.again.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.again.setToolTip(self.tr("Give the frames that changed their new places"))
        self.counts = QLabel()
        self.counts.setProperty("role", "muted")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(4)
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.setObjectName("small")
        self.stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.nothing = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignHCenter)
        self.nothing.setProperty("role", "muted")
        self.nothing.setContentsMargins(16, 24, 16, 16)
        self._set_up_view()
        self._lay_out()
        self._connect()
        self._show_progress()

    def _set_up_view(self) -> None:
        self.view = FramesView()
        self.model = QueueModel(self._session, self._queue, self)
        self.view.setModel(self.model)
        self.view.setItemDelegate(QueueDelegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setMouseTracking(True)
        self.view.setAccessibleName(self.tr("Review queue"))

    def _sortings(self) -> list[tuple[str, str | Kind]]:
        first: list[tuple[str, str | Kind]] = [
            (self.tr("Most surprising first"), BY_SURPRISE),
            (self.tr("In the order of the files"), BY_FILE),
        ]
        kinds = kinds_of(football=self._session.people.scheme.has_football)
        return first + [(measure(kind), kind) for kind in kinds]

    def _show_sortings(self) -> None:
        """Offer what frames of the project's scheme can be sorted by."""
        self.query.show_words(football=self._session.people.scheme.has_football)
        wanted = self._sortings()
        if wanted != self._offered:
            self._offered = wanted
            self.sorting.clear()
            for text, value in wanted:
                self.sorting.addItem(text, value)

    def _lay_out(self) -> None:
        top = QVBoxLayout()
        top.setContentsMargins(8, 2, 8, 6)
        top.setSpacing(6)
        top.addWidget(self.query)
        order = QHBoxLayout()
        order.setSpacing(6)
        order.addWidget(self.sorting, 1)
        order.addWidget(self.again)
        top.addLayout(order)
        state = QHBoxLayout()
        state.addWidget(self.counts, 1)
        state.addWidget(self.stop)
        top.addLayout(state)
        top.addWidget(self.bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.nothing, 2)

    def _connect(self) -> None:
        queue = self._queue
        self.sorting.activated.connect(lambda: queue.sort_by(self.sorting.currentData()))
        self.again.clicked.connect(queue.sort)
        self.stop.clicked.connect(queue.stop)
        self.view.clicked.connect(self._on_chosen)
        self.view.activated.connect(self._on_chosen)
        self.query.text.installEventFilter(self)
        self._session.wanted_changed.connect(self._show_current)
        self._session.project_changed.connect(self._show_sortings)
        for signal in (queue.changed, queue.progressed, queue.switched):
            signal.connect(self._show_progress)
        queue.changed.connect(self._show_current)
        queue.changed.connect(self._show_asked)

    def come_to_front(self) -> None:
        """Whoever sees the queue wants to know what is in it; a tab that was in front for a moment did not."""
        QTimer.singleShot(0, self, self._on_front)

    def _on_front(self) -> None:
        if self.isVisible() and not self.visibleRegion().isEmpty():
            self._queue.wake()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter and Down lead from the filter into the list, Escape out of it."""
        if watched is self.query.text and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
                self.query.apply()
                if self.query.error.isHidden():
                    self.view.setFocus()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.query.take("")
                self.view.setFocus()
                return True
        return super().eventFilter(watched, event)

    def start_search(self) -> None:
        """Put the cursor into the filter."""
        self.query.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.query.text.selectAll()

    def _on_chosen(self, index: QModelIndex) -> None:
        if index.isValid() and index.row() < len(self._queue.rows):
            self._queue.show(self._queue.rows[index.row()].frame_id)

    def _show_current(self) -> None:
        index = self.model.place_of(self._session.wanted)
        if index != self.view.currentIndex():
            self.view.setCurrentIndex(index)
        if index.isValid():
            self.view.scrollTo(index)

    def _show_asked(self) -> None:
        self.query.follow()
        place = self.sorting.findData(self._queue.sorting)
        if place >= 0 and place != self.sorting.currentIndex():
            self.sorting.setCurrentIndex(place)

    def _show_progress(self) -> None:
        queue = self._queue
        empty = not queue.rows
        self.view.setVisible(not empty)
        self.nothing.setVisible(empty)
        self.bar.setVisible(queue.building)
        self.stop.setVisible(queue.building)
        self.bar.setMaximum(max(queue.total, 1) if queue.total else 0)
        self.bar.setValue(queue.done)
        if queue.building:
            text = self.tr("Looked at {done} of {total}").format(done=f"{queue.done:,}", total=f"{queue.total:,}")
            self.counts.setText(text if queue.total else self.tr("Looking through the frames"))
        else:
            self.counts.setText(self.tr("Frames in the queue: {count}").format(count=f"{len(queue.rows):,}"))
        if self._session.project is None:
            self.nothing.setText(self.tr("Why to look at which frame first is listed here once a project is open"))
        elif queue.building:
            self.nothing.setText(self.tr("Looking for what is odd about the frames"))
        else:
            self.nothing.setText(self.tr("No frame fits this filter"))
