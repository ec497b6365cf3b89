"""What the commands of the Time menu do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

translate = QCoreApplication.translate


def show_plots(window: MainWindow) -> None:
    """Show the curves in the timeline."""
    dock = window.docks.timeline_dock
    if not dock.isVisible():
        dock.toggle()
    dock.raise_()
    window.timing.panel.show_page(1)


def fill(window: MainWindow) -> None:
    """Fill in about the frame, or in the range: by the camera of a pitch, else from where things are beside a gap."""
    (window.timing.filling_things if window.session.people.is_on else window.timing.filling).fill()


def carry_all(window: MainWindow) -> None:
    """Say how many frames would get labels, and carry them when the person agrees."""
    carrying = window.timing.carrying
    if not carrying.keys():
        window.message.tell(translate("Carrying", "Accept a labelled frame first: accepted labels are carried"))
        return
    from annotator.gui.dialogs.carry_all import CarryAllDialog

    window.dialogs.open(CarryAllDialog(carrying, window))


def export_film(window: MainWindow) -> None:
    """Ask what a film shows and where it goes, and write it."""
    from annotator.gui.dialogs.film import FilmDialog

    window.dialogs.open(FilmDialog(window.timing.filming, window))


def choose_frames(window: MainWindow) -> None:
    """Ask how many frames to list, and list those that differ most."""
    from annotator.gui.dialogs.choose_frames import ChooseFramesDialog

    project = window.session.project
    several = project is not None and (len(project.media()) > 1 or window.timing.timeline.track is None)
    dialog = ChooseFramesDialog(window.timing.clip, several=several, parent=window)
    dialog.everywhere.setChecked(window.timing.timeline.track is None)
    window.dialogs.open(dialog)
