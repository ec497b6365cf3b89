"""Opens the dialogs of the window; what runs in the background reports in a line with a way to the details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton

if TYPE_CHECKING:
    from pathlib import Path

    from annotator.gui.main_window import MainWindow


_FRAME = QSize(40, 80)
"""What the frame of a dialog and the bars of a desktop take of a small screen."""


class Opener(QObject):
    """One dialog at a time over the window, each built when it is asked for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def open(self, dialog: QDialog) -> None:
        """Show a dialog over the window; it is gone when it is closed."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.resize(dialog.size().boundedTo(self._window.screen().availableSize() - _FRAME))
        leave_enter_to_the_ways_out(dialog)
        dialog.open()

    def show_palette(self) -> None:
        """Open the command palette."""
        from annotator.gui.palette import Palette

        palette = Palette(self._window.actions_, self._window)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.open_over(self._window)

    def show_keys(self) -> None:
        """Open the list of keys."""
        from annotator.gui.dialogs.keys import KeysDialog

        self.open(KeysDialog(self._window.actions_, self._window))

    def show_preferences(self) -> None:
        """Open the preferences."""
        from annotator.gui.dialogs.preferences import PreferencesDialog

        self.open(PreferencesDialog(self._window.actions_, self._window.settings, self._window))

    def show_about(self) -> None:
        """Say what this program is."""
        from annotator.gui.dialogs.about import AboutDialog

        self.open(AboutDialog(self._window.session.forecaster.text, self._window))

    def tell_export(self, report: Any) -> None:
        """Say what was exported; what was left out is in the details."""
        if report is None:
            return
        text = self.tr("Frames exported to {folder}: {count}").format(folder=report.folder, count=f"{report.frames:,}")
        ways = [(self.tr("Open folder"), lambda: open_folder(report.folder))]
        if report.left_out:
            text += self.tr(", left out: {count}").format(count=f"{len(report.left_out):,}")
            ways.append((self.tr("Details"), lambda: self._show_export(report)))
        self._window.message.tell(text, *ways)

    def _show_export(self, report: Any) -> None:
        from annotator.gui.dialogs.export import export_report

        self.open(export_report(report, self._window))

    def show_statistics(self, statistics: Any) -> None:
        """Show what was counted."""
        from annotator.gui.dialogs.statistics import StatisticsDialog
        from annotator.gui.review_deeds import list_frames

        if statistics is not None:
            counted, figures = statistics
            dialog = StatisticsDialog(counted, self._window, figures=figures)
            dialog.frames_wanted.connect(lambda query: list_frames(self._window, query))
            self.open(dialog)


def leave_enter_to_the_ways_out(dialog: QDialog) -> None:
    """Enter goes on with what a dialog is for, whichever other button was pressed last; that one takes Space."""
    roles = QDialogButtonBox.ButtonRole
    ways_out = {
        button
        for box in dialog.findChildren(QDialogButtonBox)
        for button in box.buttons()
        if box.buttonRole(button) not in (roles.ActionRole, roles.HelpRole, roles.ResetRole)
    }
    for button in dialog.findChildren(QPushButton):
        if button not in ways_out:
            button.setAutoDefault(False)


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
