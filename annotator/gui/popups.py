"""Menus that open over the picture, and whose the keys are while any menu is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

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


class MenuKeys(QObject):
    """While a menu is open, every key is the menu's: its digits, its letters, its arrows.

    A menu takes no focus, so that the shortcuts of what had it before still fit, and Qt asks them first. Only while a
    menu is open is every event of the program looked at.
    """

    def __init__(self, app: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        app.focusChanged.connect(self._watch)

    def _watch(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is not None:
            before.removeEventFilter(self)
        if now is not None:
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What has the focus learns that a menu opens; from then on no shortcut is asked."""
        kind = event.type()
        if kind is QEvent.Type.FocusOut and isinstance(event, QFocusEvent):
            if event.reason() is Qt.FocusReason.PopupFocusReason:
                self._app.installEventFilter(self)
        elif kind is QEvent.Type.ShortcutOverride:
            if self._app.activePopupWidget() is not None:
                event.accept()
                return True
            self._app.removeEventFilter(self)
        elif kind is QEvent.Type.FocusIn and self._app.activePopupWidget() is None:
            self._app.removeEventFilter(self)
        return False


def reject_menu(window: MainWindow) -> None:
    """Ask why the frame is rejected; the digits choose."""
    if not window.session.can_decide:
        return
    menu = QMenu(window)
    menu.setObjectName("rejectMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    # What it says is said of this frame.
    window.session.wanted_changed.connect(menu.close)
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
