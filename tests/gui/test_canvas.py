"""The canvas with a real mouse and real keys: what it reports, and which keys are its own."""

import pytest
from pictures import LEFT, PLAIN, RIGHT, move, noise, on_image, on_screen, press, release
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip, QVBoxLayout, QWidget

from annotator.gui.tools import Hit, MarkingTool, PanTool
from annotator.gui.view_state import Selection, ViewSettings
from annotator.labels import EMPTY, set_marking

# What the offscreen platform says of every window with a layout and of every tool tip.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


# What is reported


def test_one_drag_of_the_mouse_places_a_point_in_one_gesture(busy, desk):
    press(busy, 100.0, 80.0)
    for step in range(1, 6):
        move(busy, 100.0 + 4.0 * step, 80.0 + step)
    assert busy.viewport().cursor().shape() is Qt.CursorShape.BlankCursor
    release(busy, 120.0, 85.0)
    assert desk.placed("CENTER_MARK") == (120.0, 85.0)
    assert len(desk.tokens) == 1
    assert desk.ended == 1


def test_a_click_of_the_mouse_edits_nothing(busy, desk):
    press(busy, 101.0, 80.0)
    release(busy, 101.0, 80.0)
    assert desk.selection == Selection(("CENTER_MARK",))
    assert desk.edits == []


def test_hidden_points_are_neither_hovered_nor_grabbed(busy, desk, qtbot):
    desk.settings = ViewSettings(predictions=False)
    desk.changed()
    with qtbot.assertNotEmitted(busy.hovered):
        move(busy, 100.0, 80.0)
    press(busy, 100.0, 80.0)
    move(busy, 150.0, 80.0)
    release(busy, 150.0, 80.0)
    assert desk.edits == []


def test_the_pointer_is_reported_in_image_pixels(busy, qtbot):
    with qtbot.waitSignal(busy.pointer_moved) as moved:
        move(busy, 17.0, 29.0)
    assert moved.args == [17.0, 29.0]


def test_what_is_hovered_is_reported_once(busy, qtbot):
    names = []
    busy.hovered.connect(names.append)
    for x in (20.0, 99.0, 100.0, 101.0, 20.0):
        move(busy, x, 80.0)
    assert names == ["CENTER_MARK", None]
    move(busy, 100.0, 80.0)
    with qtbot.waitSignals([busy.hovered, busy.pointer_left]):
        QApplication.sendEvent(busy.viewport(), QEvent(QEvent.Type.Leave))
    assert names[-1] is None


def test_the_hint_follows_the_pointer(busy, qtbot):
    move(busy, 20.0, 20.0)
    with qtbot.waitSignal(busy.hint_changed) as hinted:
        move(busy, 100.0, 80.0)
    assert "Center mark" in hinted.args[0]


def test_a_release_that_went_elsewhere_ends_the_gesture(busy, desk):
    press(busy, 100.0, 80.0)
    move(busy, 130.0, 80.0)
    at = QPointF(on_screen(busy, 160.0, 80.0))
    nothing = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, at, busy.viewport().mapToGlobal(at), nothing, nothing, PLAIN)
    QApplication.sendEvent(busy.viewport(), event)
    assert desk.placed("CENTER_MARK") == (130.0, 80.0)
    assert desk.ended == 1


def test_the_tool_tip_is_the_text_of_the_mark(busy, desk):
    at = on_screen(busy, 100.0, 80.0)
    event = QHelpEvent(QEvent.Type.ToolTip, at, busy.viewport().mapToGlobal(at))
    QApplication.sendEvent(busy.viewport(), event)
    assert QToolTip.text().splitlines()[0] == "Center mark"
    QToolTip.hideText()


def test_a_right_click_asks_for_a_menu_with_what_was_hit(busy, qtbot):
    with qtbot.waitSignal(busy.context_requested) as asked:
        press(busy, 101.0, 80.0, RIGHT)
    assert asked.args[0] == Hit(keypoint="CENTER_MARK", at=(100.0, 80.0))
    with qtbot.waitSignal(busy.context_requested) as asked:
        press(busy, 20.0, 20.0, RIGHT)
    assert asked.args[0] is None


def test_a_right_click_that_the_tool_takes_asks_for_no_menu(busy, desk, qtbot):
    desk.set_labels(set_marking(EMPTY, "Middle line", ((50.0, 50.0), (200.0, 150.0))))
    desk.changed()
    busy.set_tool(MarkingTool(desk))
    with qtbot.assertNotEmitted(busy.context_requested):
        press(busy, 50.0, 50.0, RIGHT)
    assert len(desk.labels.pitch.markings["Middle line"]) == 1


def test_a_change_of_tool_takes_back_what_was_under_way(busy, desk):
    press(busy, 100.0, 80.0)
    move(busy, 150.0, 80.0)
    busy.set_tool(PanTool(desk))
    move(busy, 180.0, 80.0)
    release(busy, 180.0, 80.0)
    assert desk.labels == EMPTY


def test_files_can_be_dropped(canvas, qtbot):
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile("/frames/one.png"), QUrl("https://example.org/two.png")])
    event = QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, files, LEFT, PLAIN)
    with qtbot.waitSignal(canvas.files_dropped) as dropped:
        canvas.dropEvent(event)
    assert dropped.args == [["/frames/one.png"]]


# Keys


@pytest.fixture
def window(qtbot, busy):
    """A window with the canvas and a field, and actions that want the same keys."""
    window = QWidget()
    layout = QVBoxLayout(window)
    busy.setParent(window)
    layout.addWidget(busy)
    window.field = QLineEdit()
    layout.addWidget(window.field)
    window.taken = []
    for key in ("Space", "Escape", "Return", "Left"):
        action = QAction(key, window, shortcut=key)
        action.triggered.connect(lambda _=False, key=key: window.taken.append(key))
        window.addAction(action)
    qtbot.addWidget(window)
    window.resize(820, 560)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    busy.setFocus()
    busy.actual_size()
    return window


def test_space_alone_is_a_tap_on_release(window, busy, qtbot):
    with qtbot.assertNotEmitted(busy.space_tapped):
        QTest.keyPress(busy, Qt.Key.Key_Space)
    with qtbot.waitSignal(busy.space_tapped):
        QTest.keyRelease(busy, Qt.Key.Key_Space)
    assert window.taken == []


def test_space_and_drag_pans_and_is_no_tap(window, busy, desk, qtbot):
    held = on_image(busy, QPoint(300, 200))
    with qtbot.assertNotEmitted(busy.space_tapped):
        QTest.keyPress(busy, Qt.Key.Key_Space)
        QTest.mousePress(busy.viewport(), LEFT, PLAIN, QPoint(300, 200))
        QTest.mouseMove(busy.viewport(), QPoint(340, 230))
        QTest.mouseRelease(busy.viewport(), LEFT, PLAIN, QPoint(340, 230))
        QTest.keyRelease(busy, Qt.Key.Key_Space)
    now = on_image(busy, QPoint(340, 230))
    assert (now.x(), now.y()) == pytest.approx((held.x(), held.y()))
    assert desk.selection == Selection()


def test_space_typed_into_a_field_is_text(window, busy, qtbot):
    window.actions()[0].setEnabled(False)
    window.field.setFocus()
    with qtbot.assertNotEmitted(busy.space_tapped):
        QTest.keyClicks(window.field, "a b")
    assert window.field.text() == "a b"


def test_keys_that_the_tool_does_not_want_belong_to_the_window(window, busy):
    x = busy.horizontalScrollBar().value()
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Left):
        QTest.keyClick(busy, key)
    assert window.taken == ["Escape", "Return", "Left"]
    assert busy.horizontalScrollBar().value() == x


def test_escape_during_a_drag_belongs_to_the_tool(window, busy, desk):
    press(busy, 100.0, 80.0)
    move(busy, 150.0, 80.0)
    assert desk.placed("CENTER_MARK") is not None
    QTest.keyClick(busy, Qt.Key.Key_Escape)
    release(busy, 150.0, 80.0)
    assert window.taken == []
    assert desk.labels == EMPTY


def test_a_new_frame_does_not_take_the_focus(window, busy):
    window.field.setFocus()
    busy.show_frame(255 - noise(), keep_view=True)
    QApplication.processEvents()
    assert window.field.hasFocus()


def test_a_key_without_a_name_is_let_through(window, busy):
    event = QKeyEvent(QEvent.Type.KeyPress, 0, PLAIN)
    QApplication.sendEvent(busy, event)
    assert not event.isAccepted()
