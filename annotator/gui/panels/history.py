"""Remarks on the frame, and what was done to it: who, when, what, and the way back to any of it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.gui.background import sentence
from annotator.gui.earlier import EarlierMarks
from annotator.gui.review_words import thing
from annotator.gui.reviewing import Reviewing
from annotator.gui.session import Session
from annotator.labels import Decision, FrameRecord, Note
from annotator.project import HistoryEntry, ProjectError
from annotator.records import RecordError
from annotator.review.changes import Changes, changes_between, positions

_SHOWN = 300
_REST_MS = 60


def change_text(changes: Changes) -> str:
    """What an edit changed, in a few words."""
    translate = QCoreApplication.translate
    counts = (
        (changes.added, translate("History", "points added: {count}")),
        (changes.removed, translate("History", "points removed: {count}")),
        (changes.moved, translate("History", "points moved: {count}")),
        (changes.marked, translate("History", "points marked: {count}")),
        (changes.markings, translate("History", "markings: {count}")),
        (changes.came, translate("History", "things added: {count}")),
        (changes.went, translate("History", "things removed: {count}")),
        (changes.boxes, translate("History", "boxes: {count}")),
        (changes.attributes, translate("History", "values: {count}")),
    )
    parts = [text.format(count=count) for count, text in counts if count]
    if changes.remarks:
        parts.append(translate("History", "remarks"))
    if parts and changes.decision is Decision.OPEN:
        parts.append(translate("History", "a draft again"))
    return ", ".join(parts)


class HistoryPanel(QWidget):
    """The pinned remarks of the frame above, its edits below, newest first."""

    def __init__(self, session: Session, reviewing: Reviewing, marks: EarlierMarks) -> None:
        super().__init__()
        self._session, self._reviewing, self._marks = session, reviewing, marks
        self._records: list[FrameRecord] = []
        self._frame: int | None = None
        self.notes = self._list(self.tr("Remarks"))
        self.edits = self._list(self.tr("What was done"))
        self.notes.setMaximumHeight(130)
        self._headings = [QLabel(self.tr("Remarks")), QLabel(self.tr("What was done, newest first"))]
        for label in self._headings:
            label.setProperty("role", "muted")
        self.nothing = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignHCenter)
        self.nothing.setProperty("role", "muted")
        self.nothing.setContentsMargins(12, 14, 12, 12)
        self.restore = self._button(self.tr("Go back to this"), self.tr("Make the frame as it was then; can be undone"))
        self.remove = self._button(self.tr("Remove remark"), self.tr("Remove the remark that is chosen; can be undone"))
        self._lay_out()
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.refresh)
        for signal in (session.saved, session.record_changed, session.many_changed, session.frame_changed):
            signal.connect(self._rest.start)
        self.edits.currentRowChanged.connect(self._on_edit)
        self.edits.itemActivated.connect(lambda item: self.go_back())
        self.notes.currentRowChanged.connect(self._on_note)
        self.restore.clicked.connect(self.go_back)
        self.remove.clicked.connect(self.remove_note)
        self.refresh()

    def _list(self, name: str) -> QListWidget:
        found = QListWidget()
        found.setAccessibleName(name)
        found.setWordWrap(True)
        found.setFrameShape(QListWidget.Shape.NoFrame)
        found.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return found

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName("small")
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setEnabled(False)
        return button

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 6)
        layout.setSpacing(4)
        for widget in (self._headings[0], self.notes, self._headings[1]):
            layout.addWidget(widget)
        layout.addWidget(self.edits, 1)
        layout.addWidget(self.nothing, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.restore)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        layout.addLayout(buttons)

    # Showing

    def refresh(self) -> None:
        """Show the remarks and the edits of the frame as they are now."""
        session = self._session
        hidden = session.blind.covers(session.frame_id)
        if session.frame_id != self._frame:
            self._marks.show(())
            self._frame = session.frame_id
        entries = [] if hidden else self._entries()
        self._show_notes(() if hidden else session.record.review.notes)
        chosen = self.edits.currentRow()
        self.edits.blockSignals(True)
        self.edits.clear()
        for text in self._lines(entries):
            self.edits.addItem(text)
        self.edits.setCurrentRow(chosen if chosen < self.edits.count() else -1)
        self.edits.blockSignals(False)
        self._show_buttons()
        self.edits.setVisible(bool(entries))
        self._headings[1].setVisible(bool(entries))
        self.nothing.setVisible(not entries)
        if hidden:
            self.nothing.setText(self.tr("Hidden during a blind check"))
        else:
            self.nothing.setText(self.tr("Nothing was done to this frame yet"))

    def _entries(self) -> list[HistoryEntry]:
        project, frame_id = self._session.project, self._session.frame_id
        if project is None or frame_id is None or not self.isVisible():
            self._records = []
            return []
        try:
            entries = project.history(frame_id)[-_SHOWN:]
            after = [entry.before() for entry in entries[1:]] + [project.record(frame_id)]
            self._records = [*after[::-1], *([entries[0].before()] if entries else [])]
        except (ProjectError, RecordError) as error:
            self._session.failed.emit(sentence(error))
            self._records = []
            return []
        return entries[::-1]

    def _lines(self, entries: list[HistoryEntry]) -> list[str]:
        """A line an edit, and one for how it all began."""
        lines = []
        for place, entry in enumerate(entries):
            when = QDateTime.fromSecsSinceEpoch(int(entry.when.timestamp()))
            said = QLocale().toString(when, QLocale.FormatType.ShortFormat)
            what = change_text(changes_between(self._records[place + 1], self._records[place]))
            head = "  ".join(filter(None, (said, entry.author)))
            lines.append(f"{head}\n{entry.text}{f' ({what})' if what else ''}")
        return [*lines, self.tr("How it began")] if lines else []

    def _show_notes(self, notes: tuple[Note, ...]) -> None:
        texts = [self._note_text(number, note) for number, note in enumerate(notes, start=1)]
        if texts != [self.notes.item(row).text() for row in range(self.notes.count())]:
            self.notes.clear()
            for text in texts:
                self.notes.addItem(QListWidgetItem(text))
        self.notes.setVisible(bool(texts))
        self._headings[0].setVisible(bool(texts))

    def _note_text(self, number: int, note: Note) -> str:
        head = ", ".join(filter(None, (thing(note.about), note.author)))
        return f"{number}  {note.text}" + (f"  ({head})" if head else "")

    def showEvent(self, event: QShowEvent) -> None:
        """What is not seen is not read."""
        super().showEvent(event)
        self._rest.start()

    # Choosing

    @property
    def chosen(self) -> FrameRecord | None:
        """The record after the edit that is chosen; None for the present one or none."""
        row = self.edits.currentRow()
        return self._records[row] if 0 < row < len(self._records) else None

    def _on_edit(self, row: int) -> None:
        chosen = self.chosen
        self._marks.show(() if chosen is None else positions(chosen))
        self._show_buttons()

    def _on_note(self, row: int) -> None:
        notes = self._session.record.review.notes
        if 0 <= row < len(notes):
            self._reviewing.select(notes[row].about)
        self._show_buttons()

    def _show_buttons(self) -> None:
        self.restore.setEnabled(self.chosen is not None)
        self.remove.setEnabled(self.notes.currentRow() >= 0)
        self.remove.setVisible(self.notes.count() > 0)

    def go_back(self) -> None:
        """Make the frame as it was after the edit that is chosen, as one step to undo."""
        chosen = self.chosen
        if chosen is not None:
            self._marks.show(())
            self.edits.setCurrentRow(-1)
            self._session.decide(chosen.review, text=self.tr("Go back to an earlier state"), labels=chosen.labels)

    def remove_note(self) -> None:
        """Remove the remark that is chosen, as one step to undo."""
        row, review = self.notes.currentRow(), self._session.record.review
        if 0 <= row < len(review.notes):
            notes = review.notes[:row] + review.notes[row + 1 :]
            self._session.decide(replace(review, notes=notes), text=self.tr("Remove remark"))

