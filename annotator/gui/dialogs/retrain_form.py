"""What a training is to be: frames, network, time and name, with counts and an estimate found in the background."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.dialogs.retrain_words import hold_backs, length_hint, lengths
from annotator.gui.training_words import duration
from annotator.gui.trainings import Trainings
from annotator.training_material import Material, material_of_project, material_of_set
from annotator.training_pace import pace_of
from annotator.training_plans import EFFORTS, LEAST, Division, HoldBack, Pace, Plan, seconds_of

_SOON = 150
_FILE, _SET = "file", "set"
THREADS = max(1, min(4, (os.cpu_count() or 2) - 1))
"""Processor threads of a training: one is left to the window."""


class RetrainForm(QWidget):
    """Turns what is chosen into a `Plan`; ``problem`` says why there is none."""

    changed = Signal()

    def __init__(self, trainings: Trainings) -> None:
        super().__init__()
        self._trainings = trainings
        self._data: Path | None = None
        self._material: Material | None = None
        self._pace: Pace | None = None
        self._from_earlier = False
        self._named = False
        self._files: list[Path] = []
        self._offered: tuple[list[tuple[str, Path]], Path | None] | None = None
        self._counter, self._timer = Lane("material", self), Lane("pace", self)
        self._build()
        self._soon = QTimer(self, singleShot=True, interval=_SOON)
        self._soon.timeout.connect(self._count)
        self.show_networks()
        self.length.setCurrentIndex(1)
        self.refresh()

    def _build(self) -> None:
        self.source = self._combo(self.tr("Frames"))
        self.source.addItem(self.tr("Accepted frames of this project"))
        self.source.addItem(self.tr("An exported training set..."), _SET)
        self.hold = self._combo(self.tr("Judged on"))
        for how, text in hold_backs().items():
            self.hold.addItem(text, how)
        self.network = self._combo(self.tr("Begin with"))
        self.length = self._combo(self.tr("How long"))
        for length, text in lengths().items():
            self.length.addItem(text, length)
        self.name = QLineEdit(maxLength=80)
        self.name.setAccessibleName(self.tr("Name"))
        self.counts, self._hint, self.estimate = (QLabel(wordWrap=True) for _ in range(3))
        for label in (self.counts, self._hint, self.estimate):
            label.setProperty("role", "muted")
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setVerticalSpacing(8)
        form.addRow(self.tr("Frames"), self.source)
        form.addRow(self.tr("Judged on"), self.hold)
        form.addRow("", self.counts)
        form.addRow(self.tr("Begin with"), self.network)
        form.addRow(self.tr("How long"), self.length)
        form.addRow("", self._hint)
        form.addRow("", self.estimate)
        form.addRow(self.tr("Name"), self.name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addLayout(self._advice_row())
        layout.addStretch(1)
        self.source.activated.connect(self._on_source)
        self.hold.currentIndexChanged.connect(self._tell)
        self.network.activated.connect(self._on_network)
        self.length.currentIndexChanged.connect(self._tell)
        self.name.textEdited.connect(self._on_name)

    def _advice_row(self) -> QHBoxLayout:
        self.advice = QLabel(wordWrap=True)
        self.advice.setProperty("role", "warning")
        self.offer = QPushButton(self.tr("Hold back frames"), autoDefault=False)
        self.offer.setToolTip(self.tr("Learn from the first four fifths of every clip, and judge by the last"))
        self.offer.clicked.connect(lambda: self.hold.setCurrentIndex(self.hold.findData(HoldBack.FRAMES)))
        row = QHBoxLayout()
        row.addWidget(self.advice, 1)
        row.addWidget(self.offer, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _combo(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        # A long name of a file must not make the window wide.
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(24)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return box

    # What can be chosen.

    def show_networks(self) -> None:
        """Offer the networks there are now; the one in use first."""
        chosen = self.start
        networks = self._trainings.networks()
        known = [path for _, path in networks]
        networks += [(path.stem, path) for path in self._files if path not in known]
        in_use = self._trainings.in_use
        networks.sort(key=lambda item: item[1] != in_use)
        if not self._named:
            self.name.setText(self.tr("Round {number}").format(number=len(self._trainings.seen) + 1))
        if self._offered == (networks, in_use):
            return
        self._offered = (list(networks), in_use)
        self.network.clear()
        for title, path in networks:
            text = self.tr("{title} (in use)").format(title=title) if path == in_use else title
            self.network.addItem(text, path)
            self.network.setItemData(self.network.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)
        self.network.addItem(self.tr("A file..."), _FILE)
        self.network.setCurrentIndex(max(0, self.network.findData(chosen)))
        if chosen != self.start:
            self._measure()

    @property
    def start(self) -> Path | None:
        """The network to begin with."""
        data = self.network.currentData()
        return data if isinstance(data, Path) else None

    @property
    def division(self) -> Division | None:
        """How frames are divided, as far as that is counted."""
        if self._material is None:
            return None
        how = HoldBack.CLIPS if self._data is not None else self.hold.currentData()
        return self._material.divisions.get(how)

    @property
    def problem(self) -> str:
        """Why no training can begin; "" when one can, or while that is not known yet."""
        if self._material is None:
            return ""
        if self._material.problem:
            return self._material.problem
        if self._data is None and self._material.frames < LEAST:
            text = self.tr(
                "{count} frames are accepted; a training needs at least {least}, and the more the better. "
                "Look through frames and accept those that are right with Space."
            )
            return text.format(count=self._material.frames, least=LEAST)
        if self.start is None:
            return self.tr("There is no network to begin with. Choose a file.")
        return ""

    def plan(self) -> Plan | None:
        """What is chosen; None where it cannot be, or is not counted yet."""
        division, start = self.division, self.start
        if division is None or start is None or self.problem:
            return None
        title = self.name.text().strip() or self.tr("Training")
        effort = EFFORTS[self.length.currentData()]
        if not division.val:
            effort = replace(effort, patience=0)
        splits = None if self._data is not None else division.splits
        return Plan(title, start, effort, splits, self._data, THREADS)

    def refresh(self) -> None:
        """Count anew, after frames were accepted or trainings ended."""
        self._soon.start()

    def choose_set(self, folder: Path) -> None:
        """Learn from a training set made elsewhere."""
        self._data = folder
        self.source.setItemText(1, self.tr("Training set {folder}").format(folder=folder.name))
        self.source.setCurrentIndex(1)
        self.hold.setEnabled(False)
        self._soon.start()

    def choose_network(self, path: Path) -> None:
        """Begin with the network in a file."""
        self._files.append(path)
        self.show_networks()
        self.network.setCurrentIndex(self.network.findData(path))
        self._measure()

    def _on_source(self) -> None:
        if self.source.currentData() == _SET:
            chosen = QFileDialog.getExistingDirectory(self, self.tr("Exported training set"))
            if chosen:
                self.choose_set(Path(chosen))
                return
        self.source.setCurrentIndex(0)
        self._data = None
        self.source.setItemText(1, self.tr("An exported training set..."))
        self.hold.setEnabled(True)
        self._soon.start()

    def _on_network(self) -> None:
        if self.network.currentData() == _FILE:
            kinds = self.tr("Networks") + " (*.safetensors)"
            chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Begin with"), "", kinds)
            if chosen:
                self.choose_network(Path(chosen))
            else:
                self.network.setCurrentIndex(0)
        self._measure()
        self._tell()

    def _on_name(self, text: str) -> None:
        self._named = bool(text.strip())

    # What is counted and measured in the background.

    def _count(self) -> None:
        project, data = self._trainings.project, self._data
        if project is None:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> Material:
            return material_of_project(project) if data is None else material_of_set(data)

        self._counter.ask(work, then=self._take, failed=lambda error: self._take(Material(problem=sentence(error))))
        if self._pace is None:
            self._measure()

    def _take(self, material: Material) -> None:
        self._material = material
        self._tell()

    def _measure(self) -> None:
        """Find out how fast a training with this network is here: from an earlier one, or from a few steps."""
        start = self.start
        self._pace = None
        if start is None or not start.exists():
            return
        earlier = [
            (one.card, one.status.rate)
            for one in self._trainings.seen
            if one.card is not None and one.status.rate and one.settings.threads == THREADS
        ]

        def work(progress: Progress, should_stop: ShouldStop) -> tuple[Pace, bool] | None:
            return pace_of(start, earlier, threads=THREADS, should_stop=should_stop)

        self._timer.ask(work, then=self._take_pace, failed=lambda error: self._take_pace(None))

    def _take_pace(self, found: tuple[Pace, bool] | None) -> None:
        self._pace, self._from_earlier = (None, False) if found is None else found
        self._tell(measured=found is None)

    def _tell(self, *, measured: bool = False) -> None:
        """Say what is known of the choice."""
        division, self_problem = self.division, self.problem
        self._hint.setText(length_hint(self.length.currentData()))
        self.counts.setText(self._counts(division))
        self.estimate.setText(self._estimate(division, measured=measured))
        unjudged = division is not None and not division.val and not self_problem
        self.offer.setVisible(unjudged and self._data is None and self.hold.currentData() is not HoldBack.FRAMES)
        without = self.tr("No frame is held back, so the network before and the one after cannot be compared.")
        close = self.tr("Frames of one clip look alike: the figures will be better than on a new match.")
        flattering = self._data is None and self.hold.currentData() is HoldBack.FRAMES
        self.advice.setText(self_problem or (without if unjudged else close if flattering and division else ""))
        self.changed.emit()

    def _counts(self, division: Division | None) -> str:
        if division is None:
            return self.tr("Counting") if self._material is None else ""
        if self.problem:
            return ""
        text = self.tr("{train} to learn from, {val} held back")
        said = text.format(train=f"{division.train:,}", val=f"{division.val:,}")
        if division.clips and self.hold.currentData() is HoldBack.CLIPS and self._data is None:
            said += self.tr(" (clips: {count})").format(count=division.clips)
        return said

    def _estimate(self, division: Division | None, *, measured: bool) -> str:
        if division is None or self.problem:
            return ""
        if self._pace is None:
            if measured:
                return self.tr("How long it takes shows in its first minute")
            return self.tr("Measuring how fast this computer is")
        seconds = seconds_of(EFFORTS[self.length.currentData()], division.train, self._pace)
        if self._from_earlier:
            text = self.tr("About {time} on this computer, at the pace of earlier trainings")
        else:
            text = self.tr("About {time} on this computer, from a few steps just now")
        return text.format(time=duration(seconds))

    def close_lanes(self) -> None:
        """Let the threads end."""
        self._soon.stop()
        self._counter.close()
        self._timer.close()
