"""The panels about the canvas, and where they are."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QVBoxLayout, QWidget

from annotator.gui.panels.frames import FramesPanel
from annotator.gui.panels.layers import LayersPanel
from annotator.gui.panels.pitch_map import PitchMap
from annotator.gui.panels.points import PointsPanel
from annotator.gui.session import Session
from annotator.gui.toolbox import Toolbox

_STATE_VERSION = 1
_ROOMY = 940
_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea


class Docks:
    """Four docks: frames on the left; pitch, points and layers on the right."""

    def __init__(self, window: QMainWindow, session: Session, tools: Toolbox) -> None:
        self._window = window
        self._session = session
        self.frames = FramesPanel(session)
        self.map = PitchMap(session)
        self.points = PointsPanel(session)
        self.layers = LayersPanel(session)
        self.map.keypoint_chosen.connect(tools.choose_keypoint)
        self.map.marking_chosen.connect(tools.choose_marking)
        tools.changed.connect(lambda: self.map.prefer_markings(tools.current == "marking"))
        tr = window.tr
        self._frames = self._dock("dockMedia", tr("Frames"), self.frames)
        self._pitch = self._dock("dockPitch", tr("Pitch"), self._with_advice())
        self._points = self._dock("dockPoints", tr("Points"), self.points)
        self._layers = self._dock("dockLayers", tr("Layers"), self.layers)
        self.all = [self._frames, self._pitch, self._points, self._layers]
        self.views: list[QWidget] = [self.frames.view, self.points]

    def _dock(self, name: str, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(widget)
        return dock

    def _with_advice(self) -> QWidget:
        """The map, and under it the sentence that says what the geometry still misses."""
        holder = QWidget()
        advice = QLabel(wordWrap=True)
        advice.setProperty("role", "muted")
        advice.setContentsMargins(10, 0, 8, 6)
        advice.setFixedHeight(2 * advice.fontMetrics().lineSpacing() + 8)
        advice.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.map, 1)
        layout.addWidget(advice)
        session = self._session
        session.resolved_changed.connect(
            lambda: advice.setText("" if session.resolved is None else session.resolved.status)
        )
        return holder

    def reset(self) -> None:
        """Where the panels are at first: side by side where there is room, points and layers as tabs where not."""
        window = self._window
        for dock in self.all:
            dock.setFloating(False)
            window.removeDockWidget(dock)
        window.addDockWidget(_LEFT, self._frames)
        for dock in (self._pitch, self._points, self._layers):
            window.addDockWidget(_RIGHT, dock)
        for dock in self.all:
            dock.show()
        roomy = window.height() >= _ROOMY
        if not roomy:
            window.tabifyDockWidget(self._points, self._layers)
            self._points.raise_()
        wide = window.width() >= 1600
        widths = [270, 450] if wide else [215, 320]
        window.resizeDocks([self._frames, self._pitch], widths, Qt.Orientation.Horizontal)
        heights = [round(widths[1] * 0.64) + 74, 400, 200] if roomy else [round(widths[1] * 0.64) + 74, 400]
        stacked = [self._pitch, self._points, self._layers] if roomy else [self._pitch, self._points]
        window.resizeDocks(stacked, heights, Qt.Orientation.Vertical)

    def restore(self, settings: QSettings) -> None:
        """Window and panels as they were left last time, else as at first."""
        geometry, state = settings.value("window/geometry"), settings.value("window/state")
        if not (isinstance(geometry, QByteArray) and self._window.restoreGeometry(geometry)):
            self._window.resize(self._window.screen().availableGeometry().size())
            self._window.setWindowState(Qt.WindowState.WindowMaximized)
        self.reset()
        if isinstance(state, QByteArray):
            self._window.restoreState(state, _STATE_VERSION)

    def store(self, settings: QSettings) -> None:
        """Remember window and panels."""
        settings.setValue("window/geometry", self._window.saveGeometry())
        settings.setValue("window/state", self._window.saveState(_STATE_VERSION))
