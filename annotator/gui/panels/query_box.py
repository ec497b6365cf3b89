"""The filter of the review queue, as a person types it or keeps it under a name."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.gui.review_queue import ReviewQueue
from annotator.review.query import QueryError

_TYPING_MS = 250


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
