"""The panels about the canvas, and where they are."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QByteArray, QCoreApplication, QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from annotator.gui.checking import Checker
from annotator.gui.earlier import EarlierMarks
from annotator.gui.layouts import Layout, Plan, arrange, plan, without_pitch
from annotator.gui.panels.camera import CameraPanel
from annotator.gui.panels.checks import ChecksPanel
from annotator.gui.panels.choice_note import ChoiceNote
from annotator.gui.panels.frames import FramesPanel
from annotator.gui.panels.history import HistoryPanel
from annotator.gui.panels.instances import InstancesPanel
from annotator.gui.panels.layers import LayersPanel
from annotator.gui.panels.pitch_map import PitchMap
from annotator.gui.panels.points import PointsPanel
from annotator.gui.panels.queue_note import QueueNote
from annotator.gui.panels.readiness import ReadinessView
from annotator.gui.panels.review import ReviewPanel
from annotator.gui.panels.timeline_dock import TimelineDock
from annotator.gui.reviewing import Reviewing
from annotator.gui.session import Session
from annotator.gui.timing import Timing
from annotator.gui.toolbox import Toolbox

_STATE_VERSION = 3


def _meanings() -> dict[str, str]:
    """What each panel is, for those who ask."""
    translate = QCoreApplication.translate
    return {
        "dockMedia": translate("Docks", "The frames of the project: search, filter by state, click to show one"),
        "dockReview": translate("Docks", "The frames in the order in which they deserve a look, and why"),
        "dockHistory": translate("Docks", "Remarks on the frame, what was done to it, and the way back"),
        "dockPitch": translate("Docks", "A map of the pitch: click a point to place it, a line or circle to draw it"),
        "dockPoints": translate("Docks", "Every keypoint: where it is, how sure that is, and where it comes from"),
        "dockChecks": translate("Docks", "What looks wrong in this frame; Show leads there, Fix mends it"),
        "dockCamera": translate("Docks", "The camera that fits what was drawn, in numbers"),
        "dockThings": translate("Docks", "The people or things of the frame, and what is asked of them"),
        "dockLayers": translate("Docks", "What is shown over the picture"),
        "dockTimeline": translate("Docks", "The frames of a video over time: drag to go through them, Space plays"),
    }


def _scrolled(widget: QWidget) -> QScrollArea:
    """A panel that gives way where a window is low, rather than cover its neighbours."""
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    return area


class Docks:
    """Every panel, and the layout in use; each layout is remembered as it was left."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        tools: Toolbox,
        checker: Checker,
        settings: QSettings,
        reviewing: Reviewing,
        timing: Timing,
    ) -> None:
        self._window = window
        self._settings = settings
        self.layout: Layout = Layout.LABEL
        self._session = session
        self._checker = checker
        self.frames = FramesPanel(session)
        self.map = PitchMap(session)
        self.points = PointsPanel(session)
        self.layers = LayersPanel(session)
        self.things = InstancesPanel(session)
        self._football = True
        self.checks = ChecksPanel(session, checker)
        self.camera = CameraPanel(session)
        self.readiness = ReadinessView(session, tools, checker)
        self.review = ReviewPanel(session, reviewing.queue)
        self.history = HistoryPanel(session, reviewing, EarlierMarks(reviewing.scene))
        self.frames.show_above(QueueNote(reviewing.queue))
        self.frames.show_above(ChoiceNote(timing.clip))
        self.map.keypoint_chosen.connect(tools.choose_keypoint)
        self.map.marking_chosen.connect(tools.choose_marking)
        tools.changed.connect(lambda: self.map.prefer_markings(tools.current == "marking"))
        translate = QCoreApplication.translate
        self._frames = self._dock("dockMedia", translate("Docks", "Frames"), self.frames)
        self._pitch = self._dock("dockPitch", translate("Docks", "Pitch"), self._with_readiness())
        self._things = self._dock("dockThings", translate("Docks", "In this frame"), self.things)
        self._points = self._dock("dockPoints", translate("Docks", "Points"), self.points)
        self._layers = self._dock("dockLayers", translate("Docks", "Layers"), self.layers)
        self._checks = self._dock("dockChecks", translate("Docks", "Checks"), self.checks)
        self.camera_dock = self._dock("dockCamera", translate("Docks", "Camera"), _scrolled(self.camera))
        self._review = self._dock("dockReview", translate("Docks", "Queue"), self.review)
        self._history = self._dock("dockHistory", translate("Docks", "History"), self.history)
        self.timeline_dock: TimelineDock = TimelineDock(translate("Docks", "Timeline"), window, timing, settings)
        self.timeline_dock.setWhatsThis(_meanings()["dockTimeline"])
        self.all = [
            self._frames, self._review, self._things, self._pitch, self._points, self._checks, self.camera_dock,
            self._history, self._layers, self.timeline_dock,
        ]  # fmt: skip
        checker.changed.connect(self._count_findings)
        session.project_changed.connect(self._furnish)
        # A tab behind others counts as visible: only its dock knows when it comes to the front.
        self.camera_dock.visibilityChanged.connect(lambda front: self.camera.refresh() if front else None)
        self._review.visibilityChanged.connect(lambda front: self.review.come_to_front() if front else None)
        self.views: list[QWidget] = [
            self.frames.view, self.review.view, self.points, self.checks, timing.panel, self.things.view,
        ]  # fmt: skip

    def _count_findings(self) -> None:
        """The tab says how many there are."""
        count = len(self._checker.findings)
        title = QCoreApplication.translate("Docks", "Checks")
        self._checks.setWindowTitle(f"{title} ({count})" if count else title)
        self._checks.toggleViewAction().setText(title)

    def show_checks(self) -> None:
        """Bring the checks to the front where they share their place with others."""
        self._checks.show()
        self._checks.raise_()

    def show_review(self) -> None:
        """Bring the review queue to the front."""
        self._review.show()
        self._review.raise_()
        self.review.come_to_front()

    def show_things(self) -> None:
        """Bring the people or things of the frame to the front."""
        self._things.show()
        self._things.raise_()

    def show_frames(self) -> None:
        """Bring the list of files to the front where it shares its place with the queue."""
        if self._frames.isVisible():
            self._frames.raise_()

    def toggle_history(self) -> None:
        """Bring the history of the frame to the front, or hide it if it is there."""
        if self._history.isVisible() and not self.history.visibleRegion().isEmpty():
            self._history.hide()
        else:
            self._history.show()
            self._history.raise_()

    def _dock(self, name: str, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(widget)
        dock.setWhatsThis(_meanings().get(name, ""))
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

    @property
    def by_name(self) -> dict[str, QDockWidget]:
        """Every panel by its name."""
        return {dock.objectName(): dock for dock in self.all}

    # Layouts

    @property
    def _key(self) -> str:
        """Under which name the layout in use is remembered."""
        return f"layout/{self.layout.value}" + ("" if self._football else "/things")

    def _furnish(self) -> None:
        """Panels of the pitch only where the project has one, those of people and things only where it has these."""
        football = not self._session.people.is_on
        if football is not self._football:
            self._keep()
            self._football = football
            if not football and self.layout is Layout.CALIBRATE:
                self.layout = Layout.LABEL
            self._take()

    def _bar_others(self) -> None:
        """Panels of other schemes are hidden, and not offered."""
        for dock in (self._pitch, self._checks, self.camera_dock, self._things):
            foreign = (dock is self._things) is self._football
            dock.toggleViewAction().setVisible(not foreign)
            if foreign:
                dock.hide()

    def reset(self) -> None:
        """Put the panels of the layout in use where they are at first."""
        self.timeline_dock.forget_choice()
        arrange(self._window, self.by_name, self._plan())
        self._settings.remove(self._key)
        self._bar_others()

    def use(self, layout: Layout) -> None:
        """Arrange the panels for this, as they were left when it was last in use."""
        if layout is self.layout:
            return
        self._keep()
        self.layout = layout
        self._take()

    def _keep(self) -> None:
        self._settings.setValue(self._key, self._window.saveState(_STATE_VERSION))

    def _plan(self) -> Plan:
        """How the panels are arranged at first; the timeline is where it is wanted, whatever the layout."""
        found = plan(self.layout, self._window.size())
        found = found if self._football else without_pitch(found)
        timeline = {self.timeline_dock.objectName()}
        hidden = found.hidden - timeline if self.timeline_dock.is_wanted else found.hidden | timeline
        return replace(found, hidden=hidden)

    def _take(self) -> None:
        arrange(self._window, self.by_name, self._plan())
        state = self._settings.value(self._key)
        if isinstance(state, QByteArray):
            # A hidden window that is to be maximized keeps what was restored, and takes it up again whenever its size
            # changes: where that was of a larger screen, after the panels in it were taken out. Qt dies of that.
            wanted = self._window.windowState()
            if not self._window.isVisible():
                self._window.setWindowState(Qt.WindowState.WindowNoState)
            self._window.restoreState(state, _STATE_VERSION)
            self._window.setWindowState(wanted)
        self.timeline_dock.follow()
        self._bar_others()

    def restore(self, settings: QSettings) -> None:
        """Window and panels as they were left last time, else as at first."""
        geometry = settings.value("window/geometry")
        if not (isinstance(geometry, QByteArray) and self._window.restoreGeometry(geometry)):
            self._window.resize(self._window.screen().availableGeometry().size())
            self._window.setWindowState(Qt.WindowState.WindowMaximized)
        name = str(settings.value("window/layout", Layout.LABEL.value))
        self.layout = next((layout for layout in Layout if layout.value == name), Layout.LABEL)
        self._take()

    def store(self, settings: QSettings) -> None:
        """Remember window and panels."""
        settings.setValue("window/geometry", self._window.saveGeometry())
        settings.setValue("window/layout", self.layout.value)
        self._keep()
