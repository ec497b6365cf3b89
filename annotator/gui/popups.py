"""Menus that open over the picture: why a frame is rejected, and the commands for what is under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtWidgets import QMenu

from annotator.gui.menus.table import CONTEXT
from annotator.gui.mnemonics import letter_menu
from annotator.gui.view_state import Selection

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

translate = QCoreApplication.translate


def reasons() -> tuple[str, ...]:
    """Why frames are rejected."""
    return (
        translate("MainWindow", "Points are in the wrong place"),
        translate("MainWindow", "Left and right, or near and far, are swapped"),
        translate("MainWindow", "Lines do not fit"),
        translate("MainWindow", "No pitch to be seen"),
        translate("MainWindow", "Replay, graphics or a cut"),
        translate("MainWindow", "Too blurred"),
        translate("MainWindow", "Too few points"),
        translate("MainWindow", "Not sure"),
        translate("MainWindow", "Another reason"),
    )


def reject_menu(window: MainWindow) -> None:
    """Ask why the frame is rejected; the digits choose."""
    if not window.session.can_decide:
        return
    menu = QMenu(window)
    menu.setObjectName("rejectMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(translate("MainWindow", "Reject this frame because")).setEnabled(False)
    menu.addSeparator()
    for number, reason in enumerate(reasons(), start=1):
        action = menu.addAction(f"&{number}  {reason}")
        action.triggered.connect(lambda checked=False, why=reason: window.session.reject(why))
    size = menu.sizeHint()
    viewport = window.canvas.viewport()
    menu.popup(viewport.mapToGlobal(viewport.rect().center() - QPoint(size.width() // 2, size.height() // 2)))


def context_menu(window: MainWindow, found: Any, at: QPoint) -> None:
    """Select what is under the pointer and offer the commands for it."""
    keypoint = getattr(found, "keypoint", None)
    if keypoint is not None and keypoint not in window.session.selection.keypoints:
        window.tools.choose_keypoint(keypoint)
    elif getattr(found, "marking", None) is not None:
        window.session.select(Selection(marking=found.marking, click=found.click))
    window.actions_.refresh()
    menu = QMenu(window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.actions_.fill(menu, CONTEXT)
    letter_menu(menu)
    menu.popup(at)
