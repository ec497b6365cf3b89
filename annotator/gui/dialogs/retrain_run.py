"""One training: its curves while it runs, then how the networks compare, frame by frame, and the new network's card."""

from __future__ import annotations

import shlex
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from annotator.gui.dialogs.opener import open_folder
from annotator.gui.dialogs.retrain_curves import CurvesPage
from annotator.gui.dialogs.retrain_frames import FramesPage
from annotator.gui.dialogs.retrain_result import CardPage, ResultPage
from annotator.gui.trainings import Seen, Trainings
from annotator.training_runs import RunState


class RunPage(QWidget):
    """Shows a training as it was last read, and does with it what a person asks for."""

    def __init__(self, trainings: Trainings) -> None:
        super().__init__()
        self._trainings = trainings
        self._seen: Seen | None = None
        self._told: tuple[str, RunState, bool] | None = None
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self.curves, self.result, self.frames, self.card = CurvesPage(), ResultPage(), FramesPage(), CardPage()
        self.tabs = QTabWidget()
        self.tabs.addTab(self.curves, self.tr("Progress"))
        self.tabs.addTab(self.result, self.tr("Comparison"))
        self.tabs.addTab(self.frames, self.tr("Frames"))
        self.tabs.addTab(self.card, self.tr("Network"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        self.stop = self._button(self.tr("Stop"), self.tr("Save where it is and end; it can go on later"), self._stop)
        self.go_on = self._button(self.tr("Continue"), self.tr("Go on from where it was saved"), self._go_on)
        hint = self.tr("Judge both networks on the frames held back")
        self.compare = self._button(self.tr("Compare"), hint, self._compare)
        hint = self.tr("The comparison with the worst frames, as a page")
        self.report = self._button(self.tr("Open report"), hint, self._open)
        hint = self.tr("The commands that train and compare without a window")
        self.copy = self._button(self.tr("Copy command line"), hint, self._copy)
        self.folder = self._button(self.tr("Open folder"), self.tr("The folder of this training"), self._open_folder)
        self.back = self._button(
            self.tr("Back to the one before"), self.tr("Use the network that this training began with"), self._use_old
        )
        self.use = self._button(self.tr("Use this one"), self.tr("Predict with this network from now on"), self._use)
        row = QHBoxLayout()
        for button in (self.copy, self.folder, self.report):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.stop, self.go_on, self.compare, self.back, self.use):
            row.addWidget(button)
        return row

    def _button(self, text: str, hint: str, run: object) -> QPushButton:
        button = QPushButton(text, autoDefault=False)
        button.setToolTip(hint)
        assert callable(run)
        button.clicked.connect(lambda: run())
        return button

    def show_seen(self, seen: Seen) -> None:
        """Show this training as it is now."""
        self._seen = seen
        state, comparing = seen.status.state, self._trainings.comparing == seen.name
        self.title.setText(seen.settings.title)
        self.curves.show_status(seen.status)
        in_use = self._trainings.in_use == seen.run.network
        chosen = seen.settings.patience > 0
        self.result.show_comparison(seen.comparison, self._why_not_compared(seen), chosen_on_these=chosen)
        self.frames.show_comparison(seen.comparison)
        self.card.show_card(seen.card, seen.run.network, title=seen.settings.title, in_use=in_use)
        running = state is RunState.RUNNING
        self.stop.setVisible(running)
        self.stop.setEnabled(not seen.status.stopping)
        self.go_on.setVisible(state in (RunState.STOPPED, RunState.FAILED, RunState.PREPARED))
        self.go_on.setEnabled(self._trainings.running is None)
        self.compare.setVisible(seen.usable and seen.holds_back and seen.comparison is None and not comparing)
        self.report.setVisible(seen.comparison is not None)
        self.use.setVisible(seen.usable and not in_use)
        self.use.setDefault(seen.usable and not in_use)
        before = seen.settings.start or seen.settings.against
        self.back.setVisible(in_use and bool(before) and Path(before) != seen.run.network)
        self.tabs.setTabVisible(2, seen.comparison is not None)
        self.tabs.setTabVisible(3, seen.usable)
        self.tabs.setTabVisible(1, seen.usable)
        self._turn(seen)

    def _turn(self, seen: Seen) -> None:
        """Show what there is to see, when that changes."""
        told = (seen.name, seen.status.state, seen.comparison is not None)
        if told != self._told:
            self._told = told
            done = seen.usable and (seen.comparison is not None or seen.status.state is RunState.DONE)
            self.tabs.setCurrentIndex(1 if done else 0)

    def _why_not_compared(self, seen: Seen) -> str:
        why = self._trainings.why_not_compared.get(seen.name)
        if self._trainings.comparing == seen.name:
            return self.tr("Both networks are being judged on the frames held back.")
        if why is not None:
            return self.tr("The networks could not be compared: {why}").format(why=why)
        if not seen.holds_back:
            return self.tr("No frame was held back, so the networks cannot be compared.")
        return self.tr("The networks are not compared yet.")

    @property
    def seen(self) -> Seen:
        """The training shown."""
        assert self._seen is not None
        return self._seen

    def _stop(self) -> None:
        self._trainings.stop(self.seen)

    def _go_on(self) -> None:
        self._trainings.go_on(self.seen)

    def _compare(self) -> None:
        self._trainings.compare(self.seen)
        self.tabs.setCurrentIndex(1)

    def _use(self) -> None:
        self._trainings.use(self.seen.run.network)
        self.tabs.setCurrentIndex(3)

    def _use_old(self) -> None:
        self._trainings.use(Path(self.seen.settings.start or self.seen.settings.against))

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.seen.run.report / "index.html")))

    def _open_folder(self) -> None:
        open_folder(self.seen.run.folder)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.commands())

    def commands(self) -> str:
        """What trains and compares the same without a window, a line each."""
        words = ["python", "main.py"]
        return "\n".join(shlex.join(one) for one in (self.seen.run.command(words), self.seen.run.comparing(words)))

    def close_lanes(self) -> None:
        """Let the threads end."""
        self.frames.close_lanes()
