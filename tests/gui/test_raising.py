"""An error while something is dragged is said, and ends nothing."""

import pytest
from PySide6.QtCore import Qt
from windows import DRAWN, drag, press, spot

from annotator.gui.drawing import MarkingTool
from annotator.gui.raising import whole_errors

pytest_plugins = ("window_fixtures",)


def test_an_error_in_a_tool_is_raised_and_the_program_goes_on(window, qtbot, monkeypatch):
    """Raised by C code, the object of the error is not made yet; PySide would look into it."""
    window.docks.map.marking_chosen.emit("Side line top")
    monkeypatch.setattr(MarkingTool, "release", lambda self, event: ()[1])
    with pytest.raises(IndexError, match="tuple index"):
        drag(window, qtbot, (100.0, 100.0), (200.0, 120.0))
    monkeypatch.undo()
    press(window, qtbot, Qt.Key.Key_1)
    assert window.tools.current == "select"


def test_what_is_held_may_be_deleted_meanwhile(window, qtbot):
    """Found by the random walk."""
    window.docks.map.marking_chosen.emit("Side line bottom")
    for x, y in DRAWN["Side line bottom"][:2]:
        qtbot.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot(window, x, y))
    press(window, qtbot, Qt.Key.Key_1)
    viewport, (x, y) = window.canvas.viewport(), DRAWN["Side line bottom"][1]
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=spot(window, x, y))
    for step in range(1, 5):
        qtbot.mouseMove(viewport, spot(window, x + 8.0 * step, y))
    press(window, qtbot, Qt.Key.Key_Delete)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=spot(window, x + 32.0, y))
    assert len(window.session.labels.pitch.markings.get("Side line bottom", ())) < 2
    assert window.session.project.record(window.session.frame_id) == window.session.record


def test_a_handler_answers_as_before():
    assert whole_errors(lambda one, two: (one, two))(1, 2) == (1, 2)
    with pytest.raises(KeyError):
        whole_errors(lambda: {}["missing"])()
