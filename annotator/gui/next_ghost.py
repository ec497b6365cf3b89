"""The marking that is drawn next, dashed on the canvas where the camera has it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from annotator.gui.canvas import Canvas
from annotator.gui.colours import ACCENT, CASING
from annotator.gui.items import GhostItem, Ink
from annotator.gui.session import Session
from annotator.gui.view_state import Polyline
from annotator.pitch import MARKINGS

NEXT_INK = Ink(ACCENT.rgba(), CASING.rgba(), width=2, dashes=(6.0, 5.0))
HEIGHT = 6.0


class NextGhost(QObject):
    """Follows the active marking until enough of it is clicked."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self.item = GhostItem(NEXT_INK)
        self.item.setZValue(HEIGHT)
        self.item.setVisible(False)
        canvas.scene().addItem(self.item)
        canvas.zoom_changed.connect(self.item.set_scale)
        session.active_changed.connect(self.refresh)
        session.resolved_changed.connect(self.refresh)
        session.frame_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the active marking, or nothing."""
        session, name = self._session, self._session.active_marking
        paths: tuple[Polyline, ...] = ()
        if name in MARKINGS and session.resolved is not None and not session.in_gesture:
            enough = 1 if MARKINGS[str(name)].is_round else 2
            if len(session.labels.pitch.markings.get(str(name), ())) < enough:
                ghost = session.resolved.ghost.get(str(name), ())
                paths = tuple(Polyline(path) for path in ghost if len(path) >= 2)
        self.item.show_ghost(paths)
        self.item.setVisible(bool(paths))
