"""The dock of the timeline: there by itself where frames follow each other in time, else when a person wants it."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow

from annotator.gui.layouts import ROOMY
from annotator.gui.timeline_paint import least_height
from annotator.gui.timeline_rows import FEWEST
from annotator.gui.timing import Timing

_CHOICE = "timeline/shown"
_PICTURES, _LOW_PICTURES, _TITLE = 56, 34, 10
_ROWS, _FEW_ROWS = 8, 4


class TimelineDock(QDockWidget):
    """Shows the timeline when a clip is open, until a person says otherwise; what they say is remembered."""

    def __init__(self, title: str, window: QMainWindow, timing: Timing, settings: QSettings) -> None:
        super().__init__(title, window)
        self.setObjectName("dockTimeline")
        self._window, self._timing, self._settings = window, timing, settings
        self.setWidget(timing.panel)
        timing.timeline.clip_changed.connect(self.follow)
        timing.panel.identities.found.connect(self._make_room)

    @property
    def is_wanted(self) -> bool:
        """Whether it should be there: as the person chose, or else as the project asks for."""
        chosen = self._settings.value(_CHOICE)
        return str(chosen) == "true" if chosen is not None else self._timing.timeline.track is not None

    def follow(self) -> None:
        """Be there or not."""
        if self.is_wanted is self.isHidden():
            self.setVisible(self.is_wanted)
            if self.is_wanted:
                self._take_height()

    def _make_room(self) -> None:
        """There are rows of numbers, or none any more; for the first few there was room before they came."""
        rows = self._timing.panel.rows
        are_few = 0 < rows.height_of(FEWEST) == rows.height_of(_ROWS)
        if self.isVisible() and not are_few:
            self._take_height()

    def _take_height(self) -> None:
        """As high as its lanes, pictures and rows ask for; in a low window with low pictures and few rows."""
        window = self._window
        is_roomy = window.height() >= ROOMY
        pictures = _PICTURES if is_roomy else _LOW_PICTURES
        pictures += self._timing.panel.rows.height_of(_ROWS if is_roomy else _FEW_ROWS)
        height = self._timing.panel.chrome + least_height() + pictures + self.fontMetrics().height() + _TITLE
        window.resizeDocks([self], [height], Qt.Orientation.Vertical)

    def toggle(self) -> None:
        """Show it and put the keyboard there, or hide it; this is kept."""
        self._choose(shown=not self.isVisible())
        if self.isVisible():
            self.raise_()
            self._timing.panel.view.setFocus()

    def forget_choice(self) -> None:
        """Leave it to the project again."""
        self._settings.remove(_CHOICE)
        self.follow()

    def _choose(self, *, shown: bool) -> None:
        # A project without time has no timeline: what a person says while one is open is about all of them.
        self._settings.setValue(_CHOICE, "true" if shown else "false")
        self.setVisible(shown)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Its own button closed it: that is a choice as well."""
        super().closeEvent(event)
        if event.isAccepted():
            self._settings.setValue(_CHOICE, "false")
