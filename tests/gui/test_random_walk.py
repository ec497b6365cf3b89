"""A person who does anything at all, with real keys and a real mouse: nothing said is lost, nothing shown is stale.

Walks are the same every time, so that a failure in the suite can be found again. ``TOUCHLINE_WALK=50`` takes fifty
other, longer ones; what fails is shrunk to the shortest way there.
"""

from __future__ import annotations

import math
import os
import shutil
import time

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from windows import DRAWN, SEEN, SIZE, FakeNetwork, make_frames

from annotator.gui.main_window import MainWindow
from annotator.gui.menus.command import Scope
from annotator.gui.menus.table import COMMANDS
from annotator.keypoints import resolve
from annotator.labels import FrameRecord, FrameState
from annotator.pitch import KEYPOINTS
from annotator.project import Project

WALKS = int(os.environ.get("TOUCHLINE_WALK", "0"))
PATIENCE = 10.0
# In pixels; a fit that began elsewhere ends within a fraction of one.
NEAR = 0.5
# What opens a dialog, another window or a person's files is no part of the walk; neither is what only looks.
LEFT_OUT = ("file.", "app.", "help.", "window.", "predict.load", "review.statistics", "review.comment",
            "review.acceptMany", "review.lookAgain", "review.name", "go.frame",
            "view.fullScreen", "guide.code")  # fmt: skip
OPENS_MENU = "review.reject"
KEYED = [
    command.id
    for command in COMMANDS
    if command.keys and command.id != OPENS_MENU and not command.id.startswith(LEFT_OUT)
]
UNKEYED = [
    command.id
    for command in COMMANDS
    if not command.keys and command.id and not command.id.startswith(LEFT_OUT)
]
NO_KEY = Qt.KeyboardModifier.NoModifier
MODIFIERS = (NO_KEY, NO_KEY, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
             Qt.KeyboardModifier.AltModifier)  # fmt: skip
MEANWHILE = ("Esc", "Ctrl+Z", "D", "Del", "Space", "3", "S", "Return")
SPOTS = [(x, y) for x, y, _ in SEEN.values()] + [point for points in DRAWN.values() for point in points[:2]]
anywhere = st.tuples(st.integers(-15, SIZE[0] + 15), st.integers(-15, SIZE[1] + 15))
place = st.one_of(st.sampled_from(SPOTS), anywhere)
held = st.sampled_from(MODIFIERS)
# The most usual first, and twice what says most. One strategy for all: of many rules a short walk would take a few.
DEEDS = {
    "draw": {"name": st.sampled_from(sorted(DRAWN)), "clicks": st.integers(2, 6)},
    "drag": {"start": place, "end": place, "steps": st.integers(1, 5), "held": held, "back": st.booleans()},
    "press": {"command": st.sampled_from(KEYED), "times": st.integers(1, 2)},
    "click": {"at": place, "held": held},
    "choose_in_a_menu": {"command": st.sampled_from(UNKEYED)},
    "double_click": {"at": place},
    "right_click": {"at": place},
    "drag_and_press_a_key_meanwhile": {"start": place, "end": place, "key": st.sampled_from(MEANWHILE)},
    "turn_the_wheel": {"at": place, "notches": st.integers(-3, 3), "held": held},
    "choose_a_point": {"name": st.sampled_from(sorted(KEYPOINTS))},
    "reject": {"reason": st.integers(1, 8)},
    "filter_the_list": {"choice": st.integers(0, 6), "text": st.sampled_from(("", "", "frame", "2", "no such name"))},
    "choose_a_frame": {"row": st.integers(0, 3)},
    "close_and_come_back": {},
}
OFTEN = ("draw", "drag", "press", "press", "press", "click")
deeds = st.one_of(
    *(st.tuples(st.just(name), st.fixed_dictionaries(DEEDS[name])) for name in (*OFTEN, *DEEDS))
)


class Walk(RuleBasedStateMachine):
    """One person, one folder of frames; ``folder`` and ``caught`` are set by the test."""

    folder = None
    caught: list[object] = []  # noqa: RUF012
    taken_back = 0

    def __init__(self) -> None:
        super().__init__()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        make_frames(self.folder / "frames", 4)
        (self.folder / "resources" / "weights").mkdir(parents=True)
        (self.folder / "resources" / "sample").mkdir()
        (self.folder / "resources" / "weights" / "net.safetensors").write_bytes(b"")
        self.window = None
        self.open_window()

    # What a person does

    @rule(deed=deeds)
    def do(self, deed):
        name, how = deed
        getattr(self, name)(**how)

    def open_window(self) -> None:
        stored = QSettings(str(self.folder / "settings.ini"), QSettings.Format.IniFormat)
        self.window = MainWindow(
            stored, network_factory=lambda path: FakeNetwork(), resources=self.folder / "resources", data=self.folder
        )
        self.window.resize(1280, 720)
        self.window.show()
        self.window.files.open([self.folder / "frames"])
        self.wait(lambda: self.session.frame_id is not None)
        self.settle()
        self.begin_afresh()

    def begin_afresh(self) -> None:
        """Nothing can be undone: this is what undoing everything leads back to."""
        self.start = self.records()

    @property
    def session(self):
        return self.window.session

    def press(self, command, times):
        keys = self.window.actions_.keys(command)
        for _ in range(times):
            self.window.canvas.setFocus()
            self.tap(keys[0])
        self.settle()

    def choose_in_a_menu(self, command):
        self.window.actions_.refresh()
        self.window.actions_[command].trigger()
        self.settle()

    def tap(self, key):
        if key == "Space":
            QTest.keyClick(self.window.canvas, Qt.Key.Key_Space)
            return
        combination = QKeySequence(key)[0]
        widget = QApplication.focusWidget() or self.window.canvas
        QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())

    def click(self, at, held):
        QTest.mouseClick(self.view, Qt.MouseButton.LeftButton, held, self.spot(at))
        self.settle()

    def double_click(self, at):
        QTest.mouseClick(self.view, Qt.MouseButton.LeftButton, NO_KEY, self.spot(at))
        QTest.mouseDClick(self.view, Qt.MouseButton.LeftButton, NO_KEY, self.spot(at))
        self.settle()

    def right_click(self, at):
        QTest.mouseClick(self.view, Qt.MouseButton.RightButton, NO_KEY, self.spot(at))
        self.settle()

    def drag(self, start, end, steps, held, back):
        QTest.mousePress(self.view, Qt.MouseButton.LeftButton, held, self.spot(start))
        for step in range(1, steps + 1):
            part = step / steps
            QTest.mouseMove(self.view, self.spot([a + (b - a) * part for a, b in zip(start, end, strict=True)]))
        if back:
            QTest.mouseMove(self.view, self.spot(start))
            end = start
        QTest.mouseRelease(self.view, Qt.MouseButton.LeftButton, held, self.spot(end))
        self.settle()

    def drag_and_press_a_key_meanwhile(self, start, end, key):
        QTest.mousePress(self.view, Qt.MouseButton.LeftButton, NO_KEY, self.spot(start))
        QTest.mouseMove(self.view, self.spot(end))
        self.tap(key)
        QTest.mouseRelease(self.view, Qt.MouseButton.LeftButton, NO_KEY, self.spot(end))
        self.settle()

    def turn_the_wheel(self, at, notches, held):
        point = QPointF(self.spot(at))
        event = QWheelEvent(
            point, self.view.mapToGlobal(point), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, held,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.view, event)
        self.settle()

    def draw(self, name, clicks):
        self.window.docks.map.marking_chosen.emit(name)
        for point in DRAWN[name][:clicks]:
            QTest.mouseClick(self.view, Qt.MouseButton.LeftButton, NO_KEY, self.spot(point))
        self.settle()

    def choose_a_point(self, name):
        self.window.docks.map.keypoint_chosen.emit(name)
        self.settle()

    def reject(self, reason):
        self.window.canvas.setFocus()
        self.tap("X")
        menu = QApplication.activePopupWidget()
        if menu is not None:
            QTest.keyClick(menu, Qt.Key(Qt.Key.Key_0 + reason))
        self.settle()

    def filter_the_list(self, choice, text):
        frames = self.window.frames
        frames.states.setCurrentIndex(min(choice, frames.states.count() - 1))
        frames.states.activated.emit(frames.states.currentIndex())
        frames.search.setText(text)
        QTest.keyClick(frames.search, Qt.Key.Key_Return)
        self.settle()

    def choose_a_frame(self, row):
        model = self.window.frames.model
        if row < model.rowCount():
            self.window.frames.view.setCurrentIndex(model.index(row))
        self.settle()

    def close_and_come_back(self):
        before = self.records()
        self.close()
        with Project.for_media([self.folder / "frames"]) as project:
            assert {n: project.record(n) for n in project.frame_ids()} == before, "closing lost something"
        self.open_window()

    # What must hold

    @invariant()
    def nothing_went_wrong(self):
        assert not self.caught, self.caught[0]
        assert not self.window.message.toasts or not any(t.warning for t in self.window.message.toasts), (
            self.window.message.text
        )

    @invariant()
    def what_is_shown_is_on_disk(self):
        session = self.session
        if session.frame_id is not None:
            assert session.project.record(session.frame_id) == session.record
            state = session.project.row(session.frame_id).state
            empty = session.record.labels.is_empty
            decided = session.record.review.decision.value
            assert (state is FrameState.DRAFT) == (decided == "open" and not empty)

    @invariant()
    def nothing_shown_is_stale(self):
        session = self.session
        if session.rgb is None or session.resolved is None:
            return
        fresh = resolve(
            session.labels.pitch, session.prediction, size=session.size, threshold=session.settings.threshold
        )
        for name, point in session.resolved.keypoints.items():
            other = fresh.keypoints[name]
            assert point.visibility == other.visibility, name
            assert point.source == other.source, f"{name}: shown as {point.source}, would be {other.source}"
            if point.position is not None:
                apart = math.dist(point.position, other.position)
                assert apart <= NEAR, f"{name}: shown {apart:.2f} px from where it would be"

    def teardown(self) -> None:
        try:
            if not self.caught:
                self.undo_it_all()
        finally:
            self.close()

    def undo_it_all(self) -> None:
        end = self.records()
        steps = 0
        while self.session.stack.canUndo():
            self.session.undo()
            self.settle()
            steps += 1
        Walk.taken_back += steps
        assert self.records() == self.start, "undoing everything does not lead back to the beginning"
        for _ in range(steps):
            self.session.redo()
            self.settle()
        assert self.records() == end, "redoing everything does not lead to where it was"
        self.nothing_went_wrong()

    # Hands and eyes

    @property
    def view(self):
        return self.window.canvas.viewport()

    def spot(self, at) -> QPoint:
        return self.window.canvas.viewportTransform().map(QPointF(*at)).toPoint()

    def records(self) -> dict[int, FrameRecord]:
        project = self.session.project
        return {number: project.record(number) for number in project.frame_ids()}

    def settle(self) -> None:
        """Until the frame asked for is on the screen and nothing is under way any more."""
        popup = QApplication.activePopupWidget()
        while popup is not None:
            popup.close()
            QApplication.processEvents()
            popup = QApplication.activePopupWidget()
        session = self.session
        QApplication.processEvents()
        self.wait(lambda: not self.window.tools.snapper.busy)
        self.wait(lambda: session.wanted == session.frame_id and session.forecaster.working_on is None)
        session.end_gesture()
        QApplication.processEvents()

    def wait(self, condition) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            QTest.qWait(2)
            assert time.monotonic() < deadline, "it never came to rest"

    def close(self) -> None:
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.window = None
            QApplication.sendPostedEvents(None, 0)
            QApplication.processEvents()


@pytest.fixture
def caught(qtbot):
    """Exceptions that Qt swallowed, as they come."""
    with qtbot.captureExceptions() as exceptions:
        yield exceptions


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_a_random_walk_loses_nothing_and_shows_nothing_stale(tmp_path, caught):
    Walk.folder, Walk.caught = tmp_path / "walk", caught
    phases = (Phase.explicit, Phase.generate) if not WALKS else (Phase.explicit, Phase.generate, Phase.shrink)
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=WALKS or 3,
            stateful_step_count=60 if WALKS else 20,
            derandomize=not WALKS,
            database=None,
            deadline=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
    assert Walk.taken_back > 5, "a walk that changes nothing shows nothing"


def test_the_walk_knows_every_key_of_the_canvas():
    """A command that is new is walked over, unless it is left out by name."""
    on_canvas = {command.id for command in COMMANDS if command.scope in (Scope.CANVAS, Scope.TAP) and command.keys}
    left = {name for name in on_canvas - set(KEYED) if name != OPENS_MENU}
    assert all(name.startswith(LEFT_OUT) for name in left)
    assert len(KEYED) > 60
