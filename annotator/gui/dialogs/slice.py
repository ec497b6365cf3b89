"""Some frames as a project of their own, for somebody else or for another place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from annotator.gui.dialogs.go_or_cancel import go_or_cancel
from annotator.gui.panels.frame_states import state_text
from annotator.labels import FrameState
from annotator.project import Predictions
from annotator.store_schema import SUFFIX

_COLUMNS = 3


class SliceScope(Enum):
    """Which frames a slice holds."""

    LISTED = "listed"
    ACCEPTED = "accepted"
    STATES = "states"


@dataclass(frozen=True)
class SliceChoice:
    """What a person wants: where to, which frames by scope and states, and whether predictions go along."""

    target: Path
    scope: SliceScope
    states: Collection[FrameState]
    predictions: Predictions


class SliceDialog(QDialog):
    """Asks which frames and where to; ``asked`` brings the choice."""

    asked = Signal(object)

    def __init__(self, project: Path, *, listed: int, counts: Mapping[FrameState, int], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Save a slice as a project"))
        self._project, self._listed, self._counts = project, listed, counts
        self.scopes = self._scopes()
        self.states = {state: QCheckBox(f"{state_text(state)} ({count:,})") for state, count in counts.items()}
        self.predictions = QCheckBox(self.tr("Take along what &networks saw"))
        self.predictions.setToolTip(self.tr("It can be made again, and is most of a project's size"))
        self.path = QLineEdit(str(self._proposed()))
        self.path.setAccessibleName(self.tr("Project file"))
        self.note, self.warning = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.warning.setProperty("role", "warning")
        self._lay_out()
        for state, box in self.states.items():
            box.setChecked(state is FrameState.DRAFT)
            box.toggled.connect(self._show)
        for button in self.scopes.values():
            button.toggled.connect(self._show)
        self.path.textChanged.connect(self._show)
        self._show()
        self.resize(620, self.sizeHint().height())

    def _scopes(self) -> dict[SliceScope, QRadioButton]:
        listed = self.tr("The frames &listed now ({count})").format(count=f"{self._listed:,}")
        accepted = self.tr("The &accepted frames ({count})")
        texts = {
            SliceScope.LISTED: listed,
            SliceScope.ACCEPTED: accepted.format(count=f"{self._counts[FrameState.ACCEPTED]:,}"),
            SliceScope.STATES: self.tr("The frames in these &states:"),
        }
        group = QButtonGroup(self)
        buttons = {scope: QRadioButton(text) for scope, text in texts.items()}
        for button in buttons.values():
            group.addButton(button)
        buttons[SliceScope.LISTED].setChecked(True)
        return buttons

    def _proposed(self) -> Path:
        """A name beside the project that nothing has yet."""
        name, again = self.tr("{name} slice").format(name=self._project.stem), 1
        target = self._project.with_name(name + SUFFIX)
        while target.exists():
            again += 1
            target = self._project.with_name(f"{name} {again}{SUFFIX}")
        return target

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(8)
        for button in self.scopes.values():
            layout.addWidget(button)
        grid = QGridLayout()
        grid.setContentsMargins(26, 0, 0, 6)
        for number, box in enumerate(self.states.values()):
            grid.addWidget(box, number // _COLUMNS, number % _COLUMNS)
        layout.addLayout(grid)
        layout.addWidget(self.predictions)
        row = QHBoxLayout()
        browse = QPushButton(self.tr("Choose..."), autoDefault=False)
        browse.clicked.connect(self._browse)
        row.addWidget(QLabel(self.tr("Save as")))
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        layout.addLayout(row)
        layout.addWidget(self.note)
        layout.addWidget(self.warning)
        buttons, self.go = go_or_cancel(self, self.tr("Save"), self._ask)
        layout.addWidget(buttons)

    def _browse(self) -> None:
        kinds = self.tr("Touchline projects") + f" (*{SUFFIX})"
        chosen, _ = QFileDialog.getSaveFileName(self, self.windowTitle(), self.path.text(), kinds)
        if chosen:
            self.path.setText(chosen)

    @property
    def choice(self) -> SliceChoice:
        """What is chosen now."""
        scope = next(scope for scope, button in self.scopes.items() if button.isChecked())
        states = frozenset({FrameState.ACCEPTED}) if scope is SliceScope.ACCEPTED else self._ticked
        wanted = Predictions.TAKE if self.predictions.isChecked() else Predictions.LEAVE
        target = Path(self.path.text().strip()).expanduser()
        return SliceChoice(target if target.suffix == SUFFIX else Path(f"{target}{SUFFIX}"), scope, states, wanted)

    @property
    def _ticked(self) -> frozenset[FrameState]:
        return frozenset(state for state, box in self.states.items() if box.isChecked())

    def _show(self) -> None:
        choice = self.choice
        for box in self.states.values():
            box.setEnabled(choice.scope is SliceScope.STATES)
        if choice.scope is SliceScope.LISTED:
            count = self._listed
        else:
            count = sum(self._counts[state] for state in choice.states)
        text = self.tr("Frames: {count}, with their labels and history. Pictures and videos stay where they are.")
        self.note.setText(text.format(count=f"{count:,}"))
        problem = "" if count else self.tr("No frame is meant by this.")
        if not self.path.text().strip():
            problem = self.tr("Say where to save it.")
        elif choice.target.exists():
            problem = self.tr("There is something with this name already: choose another one.")
        elif not choice.target.parent.is_dir():
            problem = self.tr("There is no such folder.")
        self.warning.setText(problem)
        self.warning.setVisible(bool(problem))
        self.go.setEnabled(not problem)

    def _ask(self) -> None:
        if self.go.isEnabled():
            self.asked.emit(self.choice)
            self.accept()
