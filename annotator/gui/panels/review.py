"""The review queue: which frame to look at next, and why; filters, and how far the looking through has come."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListView,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.gui.panels.query_box import QueryBox
from annotator.gui.panels.queue_rows import QueueDelegate, QueueModel
from annotator.gui.panels.row_keys import RowList, SearchKeys
from annotator.gui.queue_order import BY_FILE, BY_SURPRISE
from annotator.gui.review_queue import ReviewQueue
from annotator.gui.review_words import measure
from annotator.gui.session import Session
from annotator.review import Kind, kinds_of


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
        self.view = RowList()
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
        keys = SearchKeys(self.query.text)
        keys.into.connect(self._enter_list)
        keys.out.connect(self._leave_filter)
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

    def start_search(self) -> None:
        """Put the cursor into the filter."""
        self.query.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.query.text.selectAll()

    def _enter_list(self) -> None:
        self.query.apply()
        if self.query.error.isHidden():
            self.view.setFocus()

    def _leave_filter(self) -> None:
        self.query.take("")
        self.view.setFocus()

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
