"""The panels about the canvas, and where they are."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget

from annotator.gui.checking import Checker
from annotator.gui.panels.camera import CameraPanel
from annotator.gui.panels.checks import ChecksPanel
from annotator.gui.panels.frames import FramesPanel
from annotator.gui.panels.layers import LayersPanel
from annotator.gui.panels.pitch_map import PitchMap
from annotator.gui.panels.points import PointsPanel
from annotator.gui.panels.readiness import ReadinessView
from annotator.gui.session import Session
from annotator.gui.toolbox import Toolbox

_STATE_VERSION = 2
_ROOMY = 940
_WIDE = 1600
_UNDER_MAP = 76
_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea


class Docks:
    """Frames on the left; pitch, points and layers on the right, and the camera for those who ask for it."""

    def __init__(self, window: QMainWindow, session: Session, tools: Toolbox, checker: Checker) -> None:
        self._window = window
        self._session = session
        self._checker = checker
        self.frames = FramesPanel(session)
        self.map = PitchMap(session)
        self.points = PointsPanel(session)
        self.layers = LayersPanel(session)
        self.checks = ChecksPanel(session, checker)
        self.camera = CameraPanel(session)
        self.readiness = ReadinessView(session)
        self.map.keypoint_chosen.connect(tools.choose_keypoint)
        self.map.marking_chosen.connect(tools.choose_marking)
        tools.changed.connect(lambda: self.map.prefer_markings(tools.current == "marking"))
        tr = window.tr
        self._frames = self._dock("dockMedia", tr("Frames"), self.frames)
        self._pitch = self._dock("dockPitch", tr("Pitch"), self._with_readiness())
        self._points = self._dock("dockPoints", tr("Points"), self.points)
        self._layers = self._dock("dockLayers", tr("Layers"), self.layers)
        self._checks = self._dock("dockChecks", tr("Checks"), self.checks)
        self.camera_dock = self._dock("dockCamera", tr("Camera"), self.camera)
        self.all = [self._frames, self._pitch, self._points, self._checks, self.camera_dock, self._layers]
        checker.changed.connect(self._count_findings)
        # A tab behind others counts as visible: only its dock knows when it comes to the front.
        self.camera_dock.visibilityChanged.connect(lambda front: self.camera.refresh() if front else None)
        self.views: list[QWidget] = [self.frames.view, self.points, self.checks]

    def _count_findings(self) -> None:
        """The tab says how many there are."""
        count = len(self._checker.findings)
        title = self._window.tr("Checks")
        self._checks.setWindowTitle(f"{title} ({count})" if count else title)
        self._checks.toggleViewAction().setText(title)

    def show_checks(self) -> None:
        """Bring the checks to the front where they share their place with others."""
        self._checks.show()
        self._checks.raise_()

    def _dock(self, name: str, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(widget)
        return dock

    def _with_readiness(self) -> QWidget:
        """The map, and under it how far the labels are from a camera."""
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.map, 1)
        layout.addWidget(self.readiness)
        return holder

    @property
    def camera_is_open(self) -> bool:
        """True when the camera panel is to be seen."""
        return self.camera_dock.isVisible() and not self.camera.visibleRegion().isEmpty()

    def toggle_camera(self) -> None:
        """Bring the camera panel to the front, or hide it if it is there."""
        if self.camera_is_open:
            self.camera_dock.hide()
        else:
            self.camera_dock.show()
            self.camera_dock.raise_()

    def reset(self) -> None:
        """Where the panels are at first: side by side where there is room, as tabs of the points where not."""
        window = self._window
        for dock in self.all:
            dock.setFloating(False)
            window.removeDockWidget(dock)
        window.addDockWidget(_LEFT, self._frames)
        roomy = window.height() >= _ROOMY
        wide = window.width() >= _WIDE
        for dock in (self._pitch, self._points, self._layers):
            window.addDockWidget(_RIGHT, dock)
        window.tabifyDockWidget(self._points, self._checks)
        window.tabifyDockWidget(self._checks, self.camera_dock)
        if not roomy:
            window.tabifyDockWidget(self.camera_dock, self._layers)
        for dock in self.all:
            dock.setVisible(wide or dock is not self.camera_dock)
        self._points.raise_()
        widths = [270, 450] if wide else [215, 320]
        window.resizeDocks([self._frames, self._pitch], widths, Qt.Orientation.Horizontal)
        pitch = round(widths[1] * 0.64) + _UNDER_MAP
        stacked = [self._pitch, self._points, self._layers] if roomy else [self._pitch, self._points]
        window.resizeDocks(stacked, [pitch, 400, 200][: len(stacked)], Qt.Orientation.Vertical)

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
