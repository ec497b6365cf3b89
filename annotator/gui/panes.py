"""Going from pane to pane by keyboard: the picture, every open panel also behind others, and the toolbar."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget


def step_pane(panes: list[QWidget], by: int) -> None:
    """Put the keyboard into the next pane (1) or the one before (-1) that can take it; a panel comes to the front."""
    now = QApplication.focusWidget()
    at = next((place for place, pane in enumerate(panes) if now is not None and _holds(pane, now)), -1)
    for step in range(1, len(panes) + 1):
        pane = panes[(at + by * step) % len(panes)] if at >= 0 or by > 0 else panes[-step]
        if enter(pane):
            return


def enter(pane: QWidget) -> bool:
    """Put the keyboard into this pane; False where nothing in it takes the keyboard."""
    if pane.isHidden() or (not pane.isVisible() and not isinstance(pane, QDockWidget)):
        return False
    if isinstance(pane, QDockWidget):
        pane.raise_()
    target = next(_targets(pane), None)
    if target is None:
        return False
    target.setFocus(Qt.FocusReason.ShortcutFocusReason)
    return True


def _holds(pane: QWidget, widget: QWidget) -> bool:
    return pane is widget or pane.isAncestorOf(widget)


def _targets(pane: QWidget) -> Iterator[QWidget]:
    """What in a pane takes the keyboard: its content first, the buttons of its title last."""
    content = pane.widget() if isinstance(pane, QDockWidget) else pane
    tab = Qt.FocusPolicy.TabFocus
    for widget in (content, *content.findChildren(QWidget)) if content is not None else ():
        if widget.focusPolicy() & tab == tab and widget.isEnabled() and widget.isVisibleTo(pane):
            yield widget
