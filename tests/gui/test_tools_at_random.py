"""A hand does anything with any tool: nothing breaks, every label is finite, and undo leads back to the beginning."""

import math
import random

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from windows import DRAWN, SIZE

from annotator.labels import EMPTY, set_marking

pytest_plugins = ("window_fixtures",)

LEFT, RIGHT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
HELD = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
TOOLS = ("select", "point", "marking", "template")
KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_S, Qt.Key.Key_Delete, Qt.Key.Key_Up, Qt.Key.Key_V)
MARKINGS = ("Middle line", "Circle central", "Side line top", "Big rect. left main")
STEPS = 60


class Hand:
    """Random events for a canvas."""

    def __init__(self, window, seed):
        self.window, self.random = window, random.Random(seed)
        self.view = window.canvas.viewport()
        self.at = QPointF(320.0, 180.0)

    def place(self):
        canvas = self.window.canvas
        x, y = self.random.uniform(-20.0, SIZE[0] + 20.0), self.random.uniform(-20.0, SIZE[1] + 20.0)
        return canvas.viewportTransform().map(QPointF(x, y))

    def mouse(self, kind, button, buttons, held):
        event = QMouseEvent(kind, self.at, self.view.mapToGlobal(self.at), button, buttons, held)
        QApplication.sendEvent(self.view, event)

    def drag(self):
        held = self.random.choice(HELD)
        self.at = self.place()
        self.mouse(QEvent.Type.MouseButtonPress, LEFT, LEFT, held)
        for _ in range(self.random.randrange(4)):
            self.at = self.at + QPointF(self.random.gauss(0.0, 30.0), self.random.gauss(0.0, 30.0))
            self.mouse(QEvent.Type.MouseMove, NO_BUTTON, LEFT, self.random.choice(HELD))
        if self.random.random() < 0.2:
            self.key()
        self.mouse(QEvent.Type.MouseButtonRelease, LEFT, NO_BUTTON, self.random.choice(HELD))

    def double_click(self):
        self.at = self.place()
        for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick,
                     QEvent.Type.MouseButtonRelease):  # fmt: skip
            down = kind is not QEvent.Type.MouseButtonRelease
            self.mouse(kind, LEFT, LEFT if down else NO_BUTTON, HELD[0])

    def hover(self):
        self.at = self.place()
        self.mouse(QEvent.Type.MouseMove, NO_BUTTON, NO_BUTTON, HELD[0])

    def wheel(self):
        self.at = self.place()
        turn = QPoint(0, self.random.choice((-120, 120)))
        at, held = self.view.mapToGlobal(self.at), self.random.choice(HELD)
        event = QWheelEvent(self.at, at, QPoint(), turn, NO_BUTTON, held,
                            Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        QApplication.sendEvent(self.view, event)

    def key(self):
        key = self.random.choice(KEYS)
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(self.window.canvas, QKeyEvent(kind, key, HELD[0]))
        if key is Qt.Key.Key_S:
            self.window.tools.snapper.snap_selection()

    def change_tool(self):
        if self.random.random() < 0.3:
            self.window.tools.choose_marking(self.random.choice(MARKINGS))
        else:
            self.window.tools.choose(self.random.choice(TOOLS))

    def undo(self):
        self.window.session.undo()

    def step(self):
        deeds = (self.drag, self.drag, self.drag, self.drag, self.hover, self.double_click, self.wheel, self.key,
                 self.change_tool, self.change_tool, self.undo)  # fmt: skip
        self.random.choice(deeds)()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_a_hand_does_can_be_undone(window, qtbot, seed):
    session = window.session
    window.tools.snapper.on_release = bool(seed % 2)
    labels = EMPTY
    if seed >= 2:
        for name, clicks in DRAWN.items():
            labels = set_marking(labels, name, clicks)
        session.edit(labels, text="Draw")
        session.stack.clear()
    hand = Hand(window, seed)
    for _ in range(STEPS):
        hand.step()
        said = session.labels.pitch
        points = [point for clicks in said.markings.values() for point in clicks]
        points += [label.position for label in said.keypoints.values() if label.position is not None]
        assert all(math.isfinite(x) and math.isfinite(y) for x, y in points)
    qtbot.waitUntil(lambda: not window.tools.snapper.busy)
    window.tools.choose("select")
    session.end_gesture()
    while session.stack.canUndo():
        session.undo()
    assert session.labels == labels
