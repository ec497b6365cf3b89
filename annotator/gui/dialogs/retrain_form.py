"""What a training is to be: frames, network, time and name, with counts and an estimate found in the background."""

from __future__ import annotations

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

from annotator.gui.dialogs.export_words import alike_sentence
from annotator.gui.dialogs.retrain_scout import THREADS, Scout
from annotator.gui.dialogs.retrain_words import hold_backs, length_hint, lengths, new_network_text
from annotator.gui.training_words import duration
from annotator.gui.trainings import Trainings
from annotator.training_plans import LEAST, Division, Effort, HoldBack, Plan, effort_of, seconds_of

_SOON = 150
_FILE, _SET, _NOTHING = "file", "set", "nothing"


class RetrainForm(QWidget):
    """Turns what is chosen into a `Plan`; ``problem`` says why there is none."""

    changed = Signal()

    def __init__(self, trainings: Trainings) -> None:
        super().__init__()
        self._trainings = trainings
        self._data: Path | None = None
        self._named = False
        self._files: list[Path] = []
        self._offered: tuple[list[tuple[str, Path]], Path | None] | None = None
        self._scout = Scout(trainings, self)
        self._scout.changed.connect(self._tell)
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
        self.counts, self._about, self._hint, self.estimate = (QLabel(wordWrap=True) for _ in range(4))
        for label in (self.counts, self._about, self._hint, self.estimate):
            label.setProperty("role", "muted")
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setVerticalSpacing(8)
        form.addRow(self.tr("Frames"), self.source)
        form.addRow(self.tr("Judged on"), self.hold)
        form.addRow("", self.counts)
        form.addRow(self.tr("Begin with"), self.network)
        form.addRow("", self._about)
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
        if not self._trainings.scheme.has_football:
            self.network.addItem(self.tr("Nothing: a new network"), _NOTHING)
        self.network.addItem(self.tr("A file..."), _FILE)
        self.network.setCurrentIndex(max(0, self.network.findData(chosen)))
        if chosen != self.start or self.from_nothing:
            self._scout.measure(self.start)

    @property
    def start(self) -> Path | None:
        """The network to begin with."""
        data = self.network.currentData()
        return data if isinstance(data, Path) else None

    @property
    def from_nothing(self) -> bool:
        """Whether a new network is to be trained."""
        return bool(self.network.currentData() == _NOTHING)

    @property
    def effort(self) -> Effort:
        """How long the training goes on."""
        division = self.division
        return effort_of(
            self.length.currentData(),
            football=self._trainings.scheme.has_football,
            from_nothing=self.from_nothing,
            judged=division is None or division.val > 0,
        )

    @property
    def division(self) -> Division | None:
        """How frames are divided, as far as that is counted."""
        if self._scout.material is None:
            return None
        how = HoldBack.CLIPS if self._data is not None else self.hold.currentData()
        return self._scout.material.divisions.get(how)

    @property
    def problem(self) -> str:
        """Why no training can begin; "" when one can, or while that is not known yet."""
        if self._scout.material is None:
            return ""
        if self._scout.material.problem:
            return self._scout.material.problem
        if self._data is None and self._scout.material.frames < LEAST:
            text = self.tr(
                "{count} frames are accepted; a training needs at least {least}, and the more the better. "
                "Look through frames and accept those that are right with Space."
            )
            return text.format(count=self._scout.material.frames, least=LEAST)
        if self.start is None and not self.from_nothing:
            return self.tr("There is no network to begin with. Choose a file.")
        if self._scout.names and self.start is not None and self._scout.names != self._trainings.scheme.keypoints:
            text = self.tr("The points of this network are not those of {scheme}. Choose another one.")
            return text.format(scheme=self._trainings.scheme.title)
        return ""

    def plan(self) -> Plan | None:
        """What is chosen; None where it cannot be, or is not counted yet."""
        division, start = self.division, self.start
        if division is None or (start is None and not self.from_nothing) or self.problem:
            return None
        title = self.name.text().strip() or self.tr("Training")
        splits = None if self._data is not None else division.splits
        against = self._trainings.in_use if start is None else None
        return Plan(title, start, self.effort, splits, self._data, THREADS, against)

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
        self._scout.measure(self.start)

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
        self._scout.measure(self.start)
        self._tell()

    def _on_name(self, text: str) -> None:
        self._named = bool(text.strip())

    # What is counted and measured in the background.

    def _count(self) -> None:
        self._scout.count(self._data)
        if self._scout.pace is None:
            self._scout.measure(self.start)

    def _tell(self) -> None:
        """Say what is known of the choice."""
        division, self_problem = self.division, self.problem
        self._hint.setText(length_hint(self.effort))
        self._about.setText(self._network_text())
        self.counts.setText(self._counts(division))
        self.estimate.setText(self._estimate(division))
        unjudged = division is not None and not division.val and not self_problem
        self.offer.setVisible(unjudged and self._data is None and self.hold.currentData() is not HoldBack.FRAMES)
        without = self.tr("No frame is held back, so the network before and the one after cannot be compared.")
        close = alike_sentence(football=self._trainings.scheme.has_football)
        flattering = self._data is None and self.hold.currentData() is HoldBack.FRAMES
        self.advice.setText(self_problem or (without if unjudged else close if flattering and division else ""))
        self.changed.emit()

    def _network_text(self) -> str:
        """What kind of network it is, and what it looks at."""
        if self.from_nothing:
            return new_network_text(self._trainings.scheme)
        return self._scout.about if self.start is not None else ""

    def _counts(self, division: Division | None) -> str:
        if division is None:
            return self.tr("Counting") if self._scout.material is None else ""
        if self.problem:
            return ""
        text = self.tr("{train} to learn from, {val} held back")
        said = text.format(train=f"{division.train:,}", val=f"{division.val:,}")
        if division.clips and self.hold.currentData() is HoldBack.CLIPS and self._data is None:
            said += self.tr(" (clips: {count})").format(count=division.clips)
        return said

    def _estimate(self, division: Division | None) -> str:
        if division is None or self.problem:
            return ""
        pace = self._scout.pace
        if pace is None:
            if self._scout.unmeasured:
                return self.tr("How long it takes shows in its first minute")
            return self.tr("Measuring how fast this computer is")
        seconds = seconds_of(self.effort, division.train, pace)
        if self._scout.from_earlier:
            text = self.tr("About {time} on this computer, at the pace of earlier trainings")
        else:
            text = self.tr("About {time} on this computer, from a few steps just now")
        return text.format(time=duration(seconds))

    def close_lanes(self) -> None:
        """Let the threads end."""
        self._soon.stop()
        self._scout.close()
