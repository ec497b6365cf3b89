"""Find boxes: which detector, what it looks for, how sure it has to be, and in which frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
)

from annotator.gui.background import sentence
from annotator.gui.detector_choice import DetectorChoice, Where, usual_kind

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

_WIDE = 480
_CLASSES = 9_999


class DetectDialog(QDialog):
    """The questions, answered as last time; ``find`` is told the choice and the frames.

    ``where`` is offered first; without it a range on the timeline, else what was chosen last.
    """

    def __init__(
        self, window: MainWindow, find: Callable[[DetectorChoice, Sequence[int]], None], where: Where | None = None
    ) -> None:
        super().__init__(window)
        self.setWindowTitle(self.tr("Find boxes"))
        self._window, self._find = window, find
        self._before = DetectorChoice.stored(window.settings)
        self.path: Path | None = None
        usual = self._before.where if window.timing.timeline.range is None else Where.RANGE
        self._build(where or usual)
        self.take(self._before.path)

    def _build(self, where: Where) -> None:
        explained = QLabel(
            self.tr(
                "A detector of your own (ONNX, such as an export of YOLO) says where people or things are, and the "
                "network looks into these boxes. What you labelled stays, and nobody who has a label gets a second one."
            ),
            wordWrap=True,
        )
        explained.setProperty("role", "muted")
        explained.setMinimumWidth(_WIDE)
        self.note = QLabel(wordWrap=True)
        self.note.setProperty("role", "warning")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        # As high as its words are: they are never cut.
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        layout.setSpacing(12)
        layout.addWidget(explained)
        layout.addLayout(self._questions(where))
        layout.addWidget(self.note)
        layout.addWidget(self._buttons())

    def _questions(self, wanted: Where) -> QFormLayout:
        self._form = QFormLayout()
        self._form.addRow(self.tr("Detector"), self._file_row())
        self.kinds = QComboBox()
        self.number = QSpinBox(minimum=-1, maximum=_CLASSES, value=-1)
        self.number.setSpecialValueText(self.tr("That of people"))
        self._form.addRow(self.tr("Look for"), self.kinds)
        self._form.addRow(self.tr("Class number"), self.number)
        self.least = QDoubleSpinBox(minimum=0.01, maximum=1.0, singleStep=0.05, decimals=2, value=self._before.least)
        self._form.addRow(self.tr("Least score"), self.least)
        self.where = QComboBox()
        for where, text in self._places():
            self.where.addItem(text, where)
        self.where.setCurrentIndex(self.where.findData(wanted) % max(self.where.count(), 1))
        self._form.addRow(self.tr("In"), self.where)
        self.only_new = QCheckBox(self.tr("Only frames without found boxes"))
        self.only_new.setChecked(self._before.only_new)
        self._form.addRow("", self.only_new)
        self.where.currentIndexChanged.connect(self._refresh)
        self._refresh()
        return self._form

    def _file_row(self) -> QHBoxLayout:
        self.file = QLabel()
        self.file.setTextFormat(Qt.TextFormat.PlainText)
        self.choose = QPushButton(self.tr("Choose..."), autoDefault=False)
        self.choose.setAccessibleName(self.tr("Choose a detector"))
        self.choose.clicked.connect(self._ask_file)
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(self.choose)
        return row

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = buttons.addButton(self.tr("Find"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setAutoDefault(False)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _places(self) -> list[tuple[Where, str]]:
        """Where boxes may be looked for, without what comes to the same."""
        texts = {
            Where.HERE: self.tr("This frame"), Where.RANGE: self.tr("The range on the timeline ({count})"),
            Where.LISTED: self.tr("The listed frames ({count})"), Where.ALL: self.tr("All frames ({count})"),
        }  # fmt: skip
        found: dict[frozenset[int], tuple[Where, str]] = {}
        for where, text in texts.items():
            ids = frozenset(self._ids(where))
            said = (where, text.format(count=f"{len(ids):,}"))
            # Of two that come to the same, "all frames" says it best, and "this frame" where there is one alone.
            if ids and (ids not in found or (where is Where.ALL and len(ids) > 1)):
                found[ids] = said
        return list(found.values())

    def _ids(self, where: Where) -> list[int]:
        session, timeline = self._window.session, self._window.timing.timeline
        if session.project is None:
            return []
        if where is Where.HERE:
            return [] if session.frame_id is None else [session.frame_id]
        if where is Where.RANGE:
            if timeline.range is None or timeline.track is None:
                return []
            first, last = timeline.range
            return [int(frame_id) for frame_id in timeline.track.ids[first : last + 1]]
        return list(session.order.ids) if where is Where.LISTED else session.project.frame_ids()

    def _ask_file(self) -> None:
        folder = "" if self.path is None else str(self.path.parent)
        kinds = self.tr("Detectors") + " (*.onnx);;" + self.tr("All files") + " (*)"
        found, _ = QFileDialog.getOpenFileName(self, self.tr("Choose a detector"), folder, kinds)
        if found:
            self.take(Path(found))

    def take(self, path: Path | None) -> None:
        """Use the detector in this file, if it is one."""
        from model.detector import DetectorError, class_names

        self.path, names, said = None, {}, ""
        if path is not None and path == self._before.path and not path.exists():
            said = self.tr("{path} is not there any more. Choose where it lies now, or another detector.").format(
                path=path
            )
        elif path is not None:
            try:
                names, self.path = dict(class_names(path)), path
            except DetectorError as error:
                said = sentence(error)
        self.note.setText(said)
        self.note.setVisible(bool(said))
        self.file.setText(self.tr("None chosen yet") if self.path is None else self.path.name)
        self.file.setToolTip("" if self.path is None else str(self.path))
        self._show_kinds(names)
        self.go.setEnabled(self.path is not None)
        self.go.setDefault(self.path is not None)
        self.go.setToolTip("" if self.path is not None else self.tr("Choose a detector first"))
        (self.choose if self.path is None else self.go).setFocus()

    def _show_kinds(self, names: dict[int, str]) -> None:
        """What there is to choose from: names where the file has them, else the number of the class."""
        self.kinds.clear()
        for number, name in names.items():
            self.kinds.addItem(name, number)
        before = self._before.kind if self.path == self._before.path else None
        wanted = before if before in names else usual_kind(names, self._window.session.people.scheme)
        self.kinds.setCurrentIndex(max(self.kinds.findData(wanted), 0))
        self.number.setValue(-1 if before is None else before)
        self._form.setRowVisible(self.kinds, len(names) > 1)
        self._form.setRowVisible(self.number, not names and self.path is not None)

    def _refresh(self) -> None:
        self._form.setRowVisible(self.only_new, self.where.currentData() is not Where.HERE)

    @property
    def choice(self) -> DetectorChoice:
        """What is chosen now."""
        kind = self.kinds.currentData() if self.kinds.count() else self.number.value()
        kind = None if kind is None or kind < 0 else int(kind)
        return DetectorChoice(
            self.path, round(self.least.value(), 2), kind, self.where.currentData(), self.only_new.isChecked()
        )

    def accept(self) -> None:
        """Remember the answers and begin."""
        choice, project = self.choice, self._window.session.project
        if choice.path is None or project is None:
            return
        choice.store(self._window.settings)
        ids = self._ids(choice.where)
        if choice.only_new and choice.where is not Where.HERE:
            known = project.frames_with_boxes()
            ids = [frame_id for frame_id in ids if frame_id not in known]
        super().accept()
        if ids:
            self._find(choice, ids)
        else:
            self._window.session.say(self.tr("Boxes were looked for in all of these frames"))
