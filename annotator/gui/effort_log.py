"""Watches what a person does in the window and adds it to what the frame on the screen has cost so far."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer

from annotator.effort import Effort, Stopwatch
from annotator.project import ProjectError

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

_ACTIONS = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick})
_SIGNS = frozenset({QEvent.Type.MouseMove, QEvent.Type.Wheel})
_STORE_MS = 60_000

log = logging.getLogger("touchline")


class EffortLog(QObject):
    """An action is a command, a press on the picture, or a choice on the map of the pitch; moving is a sign of life.

    What was spent on a frame goes into its project when another one is shown, and every minute; it goes nowhere else.
    """

    def __init__(self, window: MainWindow, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(window)
        self._session = window.session
        self._watch = Stopwatch(clock)
        window.actions_.asked.connect(self._watch.act)
        window.docks.map.keypoint_chosen.connect(self._watch.act)
        window.docks.map.marking_chosen.connect(self._watch.act)
        window.canvas.viewport().installEventFilter(self)
        self._session.frame_changed.connect(self._turn)
        self._session.leaving.connect(self._leave)
        self._often = QTimer(self, interval=_STORE_MS)
        self._often.timeout.connect(self.store)
        self._often.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Presses and movements over the picture; nothing is taken away from it."""
        kind = event.type()
        if kind in _ACTIONS:
            self._watch.act()
        elif kind in _SIGNS:
            self._watch.stir()
        return False

    def store(self) -> None:
        """Put into the project what is not there yet."""
        self._keep(self._watch.turn_to(self._watch.frame))

    def _leave(self) -> None:
        """The project that holds the frame is about to be closed."""
        self._keep(self._watch.turn_to(None))

    def _turn(self) -> None:
        if self._session.passing:
            return  # Nobody works on what is played.
        self._keep(self._watch.turn_to(self._session.frame_id))

    def _keep(self, spent: tuple[int, Effort] | None) -> None:
        project = self._session.project
        if spent is None or project is None:
            return
        try:
            project.add_effort(*spent)
        except (ProjectError, ValueError) as error:
            # A figure is lost, and nobody is kept from working for it.
            log.info("effort: %s", error)
