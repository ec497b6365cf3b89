"""The tools of the canvas, one of which is in the hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from annotator.gui.canvas import Canvas
from annotator.gui.checking import Checker
from annotator.gui.code_entry import CodeEntry
from annotator.gui.guide import Guide
from annotator.gui.guided_marking import GuidedMarking
from annotator.gui.next_ghost import NextGhost
from annotator.gui.people_tools import BoxTool, ThingSelectTool
from annotator.gui.pointing import ToolKey
from annotator.gui.session import Session
from annotator.gui.snapping import Snapper
from annotator.gui.template_tool import TemplateTool
from annotator.gui.tools import PanTool, PointTool, SelectTool, Tool
from annotator.gui.view_state import NOTHING_SELECTED, Selection


class Toolbox(QObject):
    """Gives the canvas its tool, and changes it when a person chooses something that asks for another."""

    changed = Signal()

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self.snapper = Snapper(session, canvas)
        self.snapper.changed.connect(self.changed)
        dropped = self.snapper.dropped
        self.guide = Guide(session, self)
        self.codes = CodeEntry(canvas)
        self.codes.chosen.connect(self.choose_marking)
        self._next_ghost = NextGhost(session, canvas)
        self._make: dict[str, Callable[[], Tool]] = {
            "select": lambda: (
                ThingSelectTool(session) if session.people.is_on else SelectTool(session, dropped=dropped)
            ),
            "point": lambda: PointTool(
                session, advance=session.advance, dropped=None if session.people.is_on else dropped
            ),
            "box": lambda: BoxTool(session),
            "marking": lambda: GuidedMarking(session, self.guide, dropped=dropped),
            "template": lambda: TemplateTool(session, finish=self._finish_template),
            "pan": lambda: PanTool(session),
        }
        self.current, self._football = "", True
        self._tool: Tool | None = None
        self.choose("select")
        session.active_changed.connect(self.say_hint)
        session.project_changed.connect(self._on_project)
        for signal in (session.active_changed, session.selection_changed, session.resolved_changed):
            signal.connect(canvas.refresh_sketch)

    def _on_project(self) -> None:
        """Tools are those of the project's scheme."""
        if self._football is not self._session.people.is_on:
            return
        self._football = not self._session.people.is_on
        self.current = ""
        self._session.activate(keypoint=None, marking=None)
        self.choose("select")

    def restore(self, settings: QSettings) -> None:
        """Begin as the last time ended."""
        self.snapper.restore(settings)
        self.guide.restore(settings)

    def close(self, settings: QSettings) -> None:
        """Remember what is to be remembered, and wait for threads to end."""
        self.snapper.store(settings)
        self.snapper.close()
        self.guide.store(settings)
        self.guide.close()

    def choose(self, name: str) -> None:
        """Take this tool into the hand."""
        if name == self.current:
            return
        self.current = name
        self._tool = self._make[name]()
        self._canvas.set_tool(self._tool)
        if name == "point" and self._session.active_keypoint is None:
            self._session.advance()
        if name == "marking":
            self.guide.take_up()
        else:
            self.guide.put_down()
        self.say_hint()
        self.changed.emit()

    def take(self, name: str) -> None:
        """Take this tool into the hand to work on the picture: the keys are there from now on, Enter and Escape too."""
        self.choose(name)
        if self._session.frame_id is not None:
            self._canvas.setFocus()

    def take_pitch(self) -> bool:
        """Take the pitch that is shown and not taken yet; False when there is one that cannot be taken."""
        tool, before = self._tool, self._session.labels
        if not isinstance(tool, TemplateTool) or not tool.is_pending:
            return True
        tool.key(ToolKey.ENTER)
        return self._session.labels != before

    def heed(self, checker: Checker) -> None:
        """Say that a frame is done only where nothing in it looks wrong."""
        self.guide.has_issues = lambda: any(finding.severity.value != "hint" for finding in checker.findings)
        checker.changed.connect(lambda: self.say_hint() if self.guide.at_end else None)

    def hear_enter_in(self, views: Iterable[QWidget]) -> None:
        """Let Enter take the pitch where frames and points are listed, too."""
        for view in views:
            view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter in a list, while the pitch is in the hand."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        tool = self._tool
        if not (enter and plain and isinstance(tool, TemplateTool) and ToolKey.ENTER in tool.wanted_keys()):
            return False
        tool.key(ToolKey.ENTER)
        return True

    def say_hint(self) -> None:
        """Say what a press on the canvas does now."""
        if self._tool is not None and self._session.frame_id is not None:
            self._session.say(self._tool.hint())

    def _finish_template(self) -> None:
        self.choose("select")
        self.snapper.placed()

    def choose_keypoint(self, name: str) -> None:
        """Make this the keypoint in question: select it where it is to be seen, else take the point tool."""
        session = self._session
        session.activate(keypoint=name, marking=session.active_marking)
        point = session.resolved.keypoints.get(name) if session.resolved is not None else None
        if point is not None and point.position is not None and point.inside:
            session.select(Selection(keypoints=(name,)))
            if self.current == "marking":
                self.choose("select")
        else:
            session.select(NOTHING_SELECTED)
            self.take("point")

    def choose_marking(self, name: str) -> None:
        """Make this the marking in question and take the tool that draws it."""
        session = self._session
        session.activate(keypoint=session.active_keypoint, marking=name)
        drawn = name in session.labels.pitch.markings
        session.select(Selection(marking=name) if drawn else NOTHING_SELECTED)
        self.take("marking")
        self.say_hint()
