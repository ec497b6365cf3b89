"""Where a window shows its trainings: a field in the status bar, notes, and the dialog, which stays open beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from annotator.gui.training_words import note_text, progress_text
from annotator.gui.trainings import Seen, Trainings
from annotator.training_runs import RunState

if TYPE_CHECKING:
    from annotator.gui.dialogs.retrain import RetrainDialog
    from annotator.gui.main_window import MainWindow

_FINE = 1000


class TrainingField(QWidget):
    """How far the training is, in the status bar; a press shows all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.button = QToolButton()
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.button.setAccessibleName(self.tr("Training"))
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedWidth(60)
        self.bar.setAccessibleName(self.tr("Progress of the training"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.bar)
        self.hide()

    def show_training(self, seen: Seen | None, done: int, total: int) -> None:
        """Show the training that runs, or, while frames are written for one, how many."""
        self.setVisible(seen is not None or total > 0)
        if seen is not None:
            text = self.tr("Training {share} %").format(share=f"{100 * seen.status.share:.0f}")
            self.button.setText(text if seen.status.share else self.tr("Training begins"))
            self.button.setToolTip(f"{seen.settings.title}: {progress_text(seen.status)}")
            self.bar.setRange(0, _FINE)
            self.bar.setValue(round(_FINE * seen.status.share))
        elif total > 0:
            self.button.setText(self.tr("Preparing the training"))
            self.button.setToolTip(self.tr("Frames written: {done} of {total}").format(done=done, total=total))
            self.bar.setRange(0, total)
            self.bar.setValue(done)


class Retraining(QObject):
    """Leads the trainings of a window to what shows them."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.trainings = Trainings(window)
        self.dialog: RetrainDialog | None = None
        self.field = TrainingField()
        window.status.insertPermanentWidget(1, self.field)
        self.field.button.clicked.connect(self.show)
        self.trainings.changed.connect(self._show_field)
        self.trainings.found.connect(self._tell)
        self.trainings.ended.connect(self._on_ended)
        self.trainings.failed.connect(window.message.warn)
        window.session.project_changed.connect(self._on_project)

    def show(self, name: str | bool = "") -> None:
        """Show the dialog with a training, with the one that runs, or with a new one."""
        from annotator.gui.dialogs.retrain import RetrainDialog

        before = self.dialog
        if self.dialog is None:
            self.dialog = RetrainDialog(self.trainings, self._window)
            self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.dialog.finished.connect(self._forget)
            self.dialog.destroyed.connect(self._forget)
            room = self._window.screen().availableSize()
            self.dialog.resize(self.dialog.size().boundedTo(room * 0.94))
            self.dialog.show_best()
            self.dialog.show()
        if isinstance(name, str) and name:
            self.dialog.choose(name)
        if before is not None:
            before.raise_()
            before.activateWindow()

    def _forget(self) -> None:
        self.dialog = None

    def _on_project(self) -> None:
        """What is shown is of another project."""
        if self.dialog is not None:
            self.dialog.close()

    def _show_field(self) -> None:
        job = self.trainings.job
        self.field.show_training(self.trainings.running, job.done, job.total if job.running else 0)

    def _tell(self, seen: Seen) -> None:
        show = (self.tr("Show"), lambda: self.show(seen.name))
        self._window.message.tell(note_text(seen.settings.title, seen.status), show)

    def _on_ended(self, seen: Seen) -> None:
        """A training ended while the window was open: say so where it is not to be seen already."""
        if self.dialog is not None and self.dialog.isVisible() and self.dialog.chosen == seen.name:
            return
        if seen.status.state is RunState.FAILED:
            show = (self.tr("Show"), lambda: self.show(seen.name))
            self._window.message.warn(note_text(seen.settings.title, seen.status), show)
        else:
            self._tell(seen)

    def close(self) -> None:
        """Let the threads end; trainings go on."""
        if self.dialog is not None:
            self.dialog.close()
        self.trainings.close()
