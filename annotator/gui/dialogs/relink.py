"""Where the media of a project lie, which of them are gone, and where they lie now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.dialogs.go_or_cancel import go_or_cancel
from annotator.gui.flat_table import flat_table
from annotator.project import MediaKind
from annotator.relinking import Found, MediumState
from annotator.store_media import VIDEO_SUFFIXES

_WIDTHS = (140, 260, 170)
Look = Callable[[int, Path, Sequence[int], Callable[[tuple[Found, ...]], None], Callable[[str], None]], None]
"""Looks at a place for a medium, off the event loop, and beside it for those not found yet: an answer, or a reason."""


class RelinkDialog(QDialog):
    """A row a medium; a place that is chosen is looked at, and ``asked`` brings all that were found."""

    asked = Signal(object)

    def __init__(self, states: Sequence[MediumState], look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Relink media"))
        self.found: dict[int, Found] = {}
        self._items: dict[int, QTreeWidgetItem] = {}
        self._states: Mapping[int, MediumState] = {state.medium.id: state for state in states}
        self._look = look
        missing = sum(not state.there for state in states)
        text = self.tr("Media that are not where they were: {count}. Labels are kept until they are found.")
        if not missing:
            text = self.tr("All media are where they were.")
        self.summary = QLabel(text.format(count=missing), wordWrap=True)
        self.media = self._tree()
        self.warning = QLabel(wordWrap=True)
        self.warning.setProperty("role", "warning")
        self.warning.hide()
        self.choose = QPushButton(self.tr("Choose its new &place..."), autoDefault=False)
        self.choose.clicked.connect(self.browse)
        row = QHBoxLayout()
        row.addWidget(self.choose)
        row.addWidget(self.warning, 1)
        row.addStretch(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(self.summary)
        layout.addWidget(self.media, 1)
        layout.addLayout(row)
        buttons, self.go = go_or_cancel(self, self.tr("Relink"), self._ask)
        self.go.setEnabled(False)
        layout.addWidget(buttons)
        self._begin()
        self.resize(900, 420)

    def _tree(self) -> QTreeWidget:
        titles = self.tr("Name"), self.tr("Place"), self.tr("State"), self.tr("New place")
        tree = flat_table(self.tr("Media"), titles, _WIDTHS)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for state in self._states.values():
            item = QTreeWidgetItem([state.medium.path.name, str(state.medium.path), self._state_text(state), ""])
            item.setData(0, Qt.ItemDataRole.UserRole, state.medium.id)
            item.setToolTip(1, str(state.medium.path))
            item.setIcon(2, theme.icon("accept" if state.there and not state.missing else "warning"))
            self._items[state.medium.id] = item
        tree.addTopLevelItems(list(self._items.values()))
        tree.currentItemChanged.connect(lambda: self._show_choose())
        tree.itemDoubleClicked.connect(lambda: self.browse())
        return tree

    def _state_text(self, state: MediumState) -> str:
        if not state.there:
            return self.tr("not there, frames: {count}").format(count=f"{state.frames:,}")
        if state.missing:
            text = self.tr("there, frames: {count}, missing: {missing}")
            return text.format(count=f"{state.frames:,}", missing=f"{state.missing:,}")
        return self.tr("there, frames: {count}").format(count=f"{state.frames:,}")

    def _begin(self) -> None:
        """The first one that is gone is the one that is meant."""
        items = list(self._items.items())
        gone = next((item for number, item in items if not self._states[number].there), items[0][1] if items else None)
        if gone is not None:
            self.media.setCurrentItem(gone)
        self._show_choose()

    def _show_choose(self) -> None:
        self.choose.setEnabled(self.media.currentItem() is not None)

    def browse(self) -> None:
        """Ask where the chosen medium lies now."""
        item = self.media.currentItem()
        if item is None:
            return
        medium = self._states[item.data(0, Qt.ItemDataRole.UserRole)].medium
        title = self.tr("Where {name} lies now").format(name=medium.path.name)
        start = next((str(folder) for folder in medium.path.parents if folder.is_dir()), "")
        if medium.kind is MediaKind.VIDEO:
            kinds = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(VIDEO_SUFFIXES))
            chosen, _ = QFileDialog.getOpenFileName(self, title, start, self.tr("Videos") + f" ({kinds})")
        else:
            chosen = QFileDialog.getExistingDirectory(self, title, start)
        if chosen:
            self.look_at(medium.id, Path(chosen))

    def look_at(self, media_id: int, place: Path) -> None:
        """Look for a medium at a place, and for the others that are gone beside it."""
        self._warn(self.tr("Looking at {place}").format(place=place))
        self.choose.setEnabled(False)
        known = [number for number in self.found if number != media_id]

        def show(found: tuple[Found, ...]) -> None:
            self._show_choose()
            if not found:
                name = self._states[media_id].medium.path.name
                self._warn(self.tr("No frame of {name} is in {place}.").format(name=name, place=place))
                return
            self._warn("")
            self.found |= {one.media_id: one for one in found}
            self._show_found()

        def refuse(why: str) -> None:
            self._show_choose()
            self._warn(why)

        self._look(media_id, place, known, show, refuse)

    def _warn(self, text: str) -> None:
        self.warning.setText(text)
        self.warning.setVisible(bool(text))

    def _show_found(self) -> None:
        for number, found in self.found.items():
            text = self.tr("{place} (frames found: {count})").format(place=found.place, count=f"{found.frames:,}")
            self._items[number].setText(3, text)
            self._items[number].setToolTip(3, text)
        count = len(self.found)
        self.go.setEnabled(count > 0)
        self.go.setText(self.tr("Relink ({count})").format(count=count))

    def _ask(self) -> None:
        if self.found:
            self.asked.emit(tuple(self.found.values()))
            self.accept()
