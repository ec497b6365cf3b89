"""What the commands for numbers through a clip do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QInputDialog

from annotator.instances import present
from annotator.project import ProjectError

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

translate = QCoreApplication.translate
_LARGEST = 1_000_000


def active_number(window: MainWindow) -> int | None:
    """The number of the active thing, if it is labelled; else a word on what to do."""
    session = window.session
    number = session.people.active
    if any(one.id == number for one in present(session.labels)):
        return number
    session.say(translate("Tracking", "Choose somebody who is labelled, or track people through the clip first"))
    return None


def split(window: MainWindow) -> None:
    """From here on the active thing is somebody else."""
    number = active_number(window)
    if number is not None:
        window.timing.tracking.split(number)


def join(window: MainWindow) -> None:
    """Ask which other number the active thing is, and make them one."""
    number = active_number(window)
    if number is None:
        return
    others = _others(window, number)
    if not others:
        window.session.say(translate("Tracking", "There is nobody else in the clip"))
        return
    text = translate("Tracking", "Which number is {number} as well?").format(number=number)
    other = _asked(window, translate("Tracking", "Join numbers"), text, others[0])
    if other is not None:
        window.timing.tracking.join(number, other)


def _others(window: MainWindow, number: int) -> list[int]:
    """The other numbers of the clip, the likeliest to be the same one first."""
    from annotator.tracking_joins import likeliest

    project, track = window.session.project, window.timing.timeline.track
    lanes = window.timing.panel.identities.lanes.lanes
    if project is None or track is None:
        return []
    try:
        return likeliest(project, track.ids, lanes, number)
    except ProjectError as error:
        window.session.failed.emit(str(error))
        return []


def renumber(window: MainWindow) -> None:
    """Ask for the number of the active thing from here on; who has it takes the old one."""
    number = active_number(window)
    if number is None:
        return
    text = translate("Tracking", "New number of {number} in this frame and all that follow").format(number=number)
    to = _asked(window, translate("Tracking", "Number from here on"), text, number)
    if to is not None and to != number:
        window.timing.tracking.renumber(number, to)


def _asked(window: MainWindow, title: str, text: str, number: int) -> int | None:
    """A number, this one offered; None where the person thought better of it."""
    other, chosen = QInputDialog.getInt(window, title, text, number, 0, _LARGEST)
    return other if chosen else None
