"""Export: which kind, which folder, and what will be in it; afterwards, what was left out and why."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from annotator.export import ExportKind, ExportReport
from annotator.formats.soccernet import ImportReport
from annotator.gui.session import Session
from annotator.labels import FrameState

translate = QCoreApplication.translate


class ExportDialog(QDialog):
    """Asks for kind and folder; ``kind`` and ``folder`` are the answer."""

    def __init__(self, session: Session, folder: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self.kinds: dict[ExportKind, QRadioButton] = {}
        self._accepted = 0 if session.project is None else session.project.state_counts()[FrameState.ACCEPTED]
        project = "touchline" if session.project is None else session.project.path.stem
        self._base = Path(folder) if folder else Path.home()
        self._project = project
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(8)
        for kind, (text, hint) in self._texts().items():
            layout.addWidget(self._choice(kind, text))
            label = QLabel(hint, wordWrap=True)
            label.setContentsMargins(24, 0, 0, 6)
            label.setProperty("role", "muted")
            layout.addWidget(label)
        layout.addLayout(self._folder_row())
        self._note = QLabel(wordWrap=True)
        layout.addWidget(self._note)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self._buttons.addButton(self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout.addSpacing(6)
        layout.addWidget(self._buttons)
        self.setMinimumWidth(520)
        self.kinds[ExportKind.TRAINING_SET].setChecked(True)
        self._show_note()

    def _texts(self) -> dict[ExportKind, tuple[str, str]]:
        return {
            ExportKind.TRAINING_SET: (
                self.tr("Training set"),
                self.tr("Images and keypoints to train the network further."),
            ),
            ExportKind.SOCCERNET: (
                self.tr("SoccerNet"),
                self.tr("Line files as in SoccerNet camera calibration, and the 57 keypoints."),
            ),
            ExportKind.COCO: (self.tr("COCO"), self.tr("One keypoint file as other tools read it, and the images.")),
        }

    def _choice(self, kind: ExportKind, text: str) -> QRadioButton:
        button = QRadioButton(text)
        button.toggled.connect(self._suggest)
        self.kinds[kind] = button
        return button

    def _folder_row(self) -> QHBoxLayout:
        self.path = QLineEdit()
        self.path.setAccessibleName(self.tr("Folder"))
        self.path.textChanged.connect(self._show_note)
        browse = QPushButton(self.tr("Choose..."))
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(QLabel(self.tr("Into folder")))
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        return row

    @property
    def kind(self) -> ExportKind:
        """What is to be made."""
        return next(kind for kind, button in self.kinds.items() if button.isChecked())

    @property
    def folder(self) -> Path:
        """Where it is to be made."""
        return Path(self.path.text().strip()).expanduser()

    def _suggest(self, on: bool) -> None:
        if on and hasattr(self, "path"):
            self.path.setText(str(self._base / f"{self._project}-{self.kind.value}"))

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Export into"), str(self._base))
        if chosen:
            self._base = Path(chosen)
            self._suggest(True)

    def _show_note(self) -> None:
        if not hasattr(self, "go"):
            return
        self.go.setEnabled(self._accepted > 0 and bool(self.path.text().strip()))
        if self._accepted == 0:
            self._note.setText(self.tr("No frame is accepted yet. Space accepts the frame on the screen."))
        else:
            self._note.setText(self.tr("Accepted frames: {count}.").format(count=f"{self._accepted:,}"))


class ReportDialog(QDialog):
    """What long work did, and every piece that it left out."""

    def __init__(self, title: str, summary: str, left_out: list[str], folder: Path | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        said = QLabel(summary, wordWrap=True, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(said)
        self.list = QListWidget()
        self.list.setUniformItemSizes(True)
        self.list.addItems(left_out)
        if left_out:
            layout.addWidget(self.list, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        if folder is not None:
            show = buttons.addButton(self.tr("Open folder"), QDialogButtonBox.ButtonRole.ActionRole)
            show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        layout.addWidget(buttons)
        self.resize(620, 420 if left_out else 150)


def export_report(report: ExportReport, parent: QWidget) -> ReportDialog:
    """The report page of an export."""
    title = translate("Reports", "Export")
    summary = translate("Reports", "Frames exported: {count}. They are in {folder}.").format(
        count=f"{report.frames:,}", folder=report.folder
    )
    if report.left_out:
        summary += " " + translate("Reports", "Left out: {count}.").format(count=f"{len(report.left_out):,}")
    return ReportDialog(title, summary, [str(item) for item in report.left_out], report.folder, parent)


def import_report(report: ImportReport, parent: QWidget) -> ReportDialog:
    """The report page of an import of line files."""
    title = translate("Reports", "Import SoccerNet lines")
    summary = translate("Reports", "Frames that got lines: {count}.").format(count=f"{len(report.added):,}")
    groups = (report.skipped, report.unmatched, report.findings)
    left_out = [str(finding) for group in groups for finding in group]
    if left_out:
        summary += " " + translate("Reports", "Left out: {count}.").format(count=f"{len(left_out):,}")
    return ReportDialog(title, summary, left_out, None, parent)
