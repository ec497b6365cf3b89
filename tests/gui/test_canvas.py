"""The canvas with a real mouse and real keys: where it looks, what it paints, what it reports."""

import numpy as np
import pytest
from pictures import pixels
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QHelpEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip, QVBoxLayout, QWidget

from annotator.gui.backdrop import Picture, coloured
from annotator.gui.canvas import Canvas
from annotator.gui.colours import BACKDROP, heat_table
from annotator.gui.marks import MarkItem
from annotator.gui.tools import Hit, MarkingTool, PanTool, PointTool, SelectTool
from annotator.gui.view_state import EMPTY_VIEW, Glyph, Mark, Selection, ViewSettings, ViewState, view_state
from annotator.labels import EMPTY, place, set_marking

# What the offscreen platform says of every window with a layout and of every tool tip.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
PLAIN = Qt.KeyboardModifier.NoModifier


def noise(width=640, height=360):
    return np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def canvas(qtbot):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(800, 500)
    canvas.show_frame(noise(), keep_view=False)
    with qtbot.waitExposed(canvas):
        canvas.show()
    return canvas


@pytest.fixture
def busy(canvas, desk):
    """A canvas that follows the desk, at 100 %, with the select tool."""

    def refresh():
        canvas.show_view(view_state(desk.resolved, desk.labels.pitch, desk.settings, desk.selection, size=desk.size))

    desk.changed = refresh
    refresh()
    canvas.actual_size()
    canvas.set_tool(SelectTool(desk))
    return canvas


def on_screen(canvas, x, y):
    """The screen pixel that shows the image point."""
    at = canvas.viewportTransform().map(QPointF(x, y))
    return QPoint(int(np.floor(at.x())), int(np.floor(at.y())))


def on_image(canvas, at):
    return canvas.viewportTransform().inverted()[0].map(QPointF(at))


def press(canvas, x, y, button=LEFT, held=PLAIN):
    QTest.mousePress(canvas.viewport(), button, held, on_screen(canvas, x, y))


def move(canvas, x, y):
    QTest.mouseMove(canvas.viewport(), on_screen(canvas, x, y))


def release(canvas, x, y, button=LEFT, held=PLAIN):
    QTest.mouseRelease(canvas.viewport(), button, held, on_screen(canvas, x, y))


def wheel(canvas, at, steps=1, held=PLAIN):
    event = QWheelEvent(
        QPointF(at), QPointF(canvas.viewport().mapToGlobal(at)), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, held, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), event)


def picture_of(canvas):
    QApplication.processEvents()
    return pixels(canvas.viewport().grab().toImage())


# Where a pixel is


@pytest.mark.parametrize("scale", [1.0, 8.0])
def test_a_click_on_the_centre_of_a_pixel_gives_its_whole_coordinates(canvas, desk, scale):
    desk.active_keypoint = "CENTER_MARK"
    canvas.set_tool(PointTool(desk))
    canvas.zoom_to(scale)
    canvas.centre_on(3.0, 5.0)
    press(canvas, 3.0, 5.0)
    release(canvas, 3.0, 5.0)
    assert desk.placed("CENTER_MARK") == pytest.approx((3.0, 5.0), abs=0.5 / scale - 0.499 * (scale == 1.0))


def test_at_100_percent_every_pixel_is_its_own(canvas):
    canvas.actual_size()
    canvas.centre_on(319.5, 179.5)
    corner = on_screen(canvas, 0.0, 0.0)
    shown = picture_of(canvas)[corner.y() : corner.y() + 360, corner.x() : corner.x() + 640]
    assert np.array_equal(shown, noise())


def test_above_300_percent_pixels_are_squares(canvas):
    canvas.zoom_to(8.0)
    canvas.centre_on(100.0, 100.0)
    at = on_screen(canvas, 100.0 - 0.499, 100.0 - 0.499)
    square = picture_of(canvas)[at.y() : at.y() + 8, at.x() : at.x() + 8]
    assert (square == noise()[100, 100]).all()


def test_a_reduced_picture_keeps_its_mean(canvas):
    flat = np.full((1000, 1600, 3), 90, np.uint8)
    flat[:, ::2] = 110
    canvas.show_frame(flat, keep_view=False)
    canvas.zoom_to(0.25)
    canvas.centre_on(800.0, 500.0)
    middle = picture_of(canvas)[200:300, 350:450]
    assert np.abs(middle.astype(int) - 100).max() <= 1


def test_a_frame_that_is_not_rgb_is_refused(canvas):
    with pytest.raises(ValueError, match=r"\(3, 4\)"):
        canvas.show_frame(np.zeros((3, 4), np.uint8), keep_view=False)
    with pytest.raises(ValueError, match="float"):
        Picture(np.zeros((3, 4, 3)))


def test_without_a_frame_there_is_only_the_table(canvas, desk):
    canvas.set_tool(SelectTool(desk))
    canvas.show_frame(None, keep_view=True)
    canvas.show_view(EMPTY_VIEW)
    press(canvas, 100.0, 100.0)
    release(canvas, 200.0, 200.0)
    assert (picture_of(canvas) == BACKDROP.getRgb()[:3]).all()


# Zoom and pan


def test_the_wheel_keeps_the_point_under_the_pointer(canvas):
    at = QPoint(613, 77)
    before = on_image(canvas, at)
    for steps in (1,) * 12 + (-1,) * 20 + (3, 1, -2):
        wheel(canvas, at, steps)
        now = on_image(canvas, at)
        assert abs(now.x() - before.x()) * canvas.scale <= 0.5001
        assert abs(now.y() - before.y()) * canvas.scale <= 0.5001


def test_one_step_of_the_wheel_is_a_quarter(canvas, qtbot):
    before = canvas.scale
    with qtbot.waitSignal(canvas.zoom_changed) as zoomed:
        wheel(canvas, QPoint(100, 100))
    assert canvas.scale == pytest.approx(1.25 * before)
    assert zoomed.args == [canvas.scale]


def test_the_zoom_has_ends(canvas):
    for steps in (60, -120):
        wheel(canvas, QPoint(100, 100), steps)
    assert canvas.scale == pytest.approx(48.0 / 640.0)
    canvas.zoom_by(1e6)
    assert canvas.scale == 64.0


def test_shift_and_wheel_scrolls_sideways(canvas):
    before, scale = on_image(canvas, QPoint(400, 250)), canvas.scale
    wheel(canvas, QPoint(400, 250), 1, SHIFT)
    now = on_image(canvas, QPoint(400, 250))
    assert now.x() == pytest.approx(before.x() - 120.0 / scale)
    assert now.y() == before.y()
    assert canvas.scale == scale


@pytest.mark.parametrize("scale", [0.3, 4.0])
def test_a_middle_drag_pans_with_the_pointer(canvas, scale):
    canvas.zoom_to(scale)
    held = on_image(canvas, QPoint(300, 200))
    QTest.mousePress(canvas.viewport(), MIDDLE, PLAIN, QPoint(300, 200))
    for at in (QPoint(320, 190), QPoint(401, 163)):
        QTest.mouseMove(canvas.viewport(), at)
    QTest.mouseRelease(canvas.viewport(), MIDDLE, PLAIN, QPoint(401, 163))
    now = on_image(canvas, QPoint(401, 163))
    assert (now.x(), now.y()) == pytest.approx((held.x(), held.y()))


def test_the_pan_tool_pans_with_the_left_button(canvas, desk):
    canvas.set_tool(PanTool(desk))
    held = on_image(canvas, QPoint(300, 200))
    QTest.mousePress(canvas.viewport(), LEFT, PLAIN, QPoint(300, 200))
    assert canvas.viewport().cursor().shape() is Qt.CursorShape.ClosedHandCursor
    QTest.mouseMove(canvas.viewport(), QPoint(350, 260))
    QTest.mouseRelease(canvas.viewport(), LEFT, PLAIN, QPoint(350, 260))
    assert on_image(canvas, QPoint(350, 260)).x() == pytest.approx(held.x())
    assert canvas.viewport().cursor().shape() is Qt.CursorShape.OpenHandCursor


def test_a_pan_cannot_lose_the_picture(canvas):
    QTest.mousePress(canvas.viewport(), MIDDLE, PLAIN, QPoint(300, 200))
    for _ in range(3):
        QTest.mouseMove(canvas.viewport(), QPoint(-3000, 5000))
    QTest.mouseRelease(canvas.viewport(), MIDDLE, PLAIN, QPoint(-3000, 5000))
    shown = canvas.viewportTransform().mapRect(Picture(noise()).rect)
    sight = shown.intersected(canvas.viewport().rect())
    assert (round(sight.width()), round(sight.height())) == (32, 32)


def test_fit_shows_all_of_the_picture_and_keeps_doing_so(canvas):
    for size in ((800, 500), (400, 500), (900, 300)):
        canvas.resize(*size)
        corners = [on_screen(canvas, *corner) for corner in ((-0.5, -0.5), (639.4, 359.4))]
        assert all(canvas.viewport().rect().contains(corner) for corner in corners)
        assert max(640 * canvas.scale / size[0], 360 * canvas.scale / size[1]) > 0.94


def test_a_resize_after_a_zoom_keeps_scale_and_middle(canvas):
    canvas.zoom_to(3.0)
    canvas.centre_on(100.0, 100.0)
    canvas.resize(600, 400)
    middle = on_image(canvas, QPoint(300, 200))
    assert canvas.scale == 3.0
    assert (middle.x(), middle.y()) == pytest.approx((100.0, 100.0), abs=0.5)


def test_the_view_is_kept_between_frames_of_one_size(canvas):
    canvas.zoom_to(3.0)
    canvas.centre_on(100.0, 100.0)
    transform = canvas.viewportTransform()
    canvas.show_frame(255 - noise(), keep_view=True)
    assert canvas.viewportTransform() == transform
    canvas.show_frame(noise(320, 200), keep_view=True)
    assert canvas.viewportTransform() != transform


def test_a_double_middle_click_fits(canvas):
    fitted = canvas.scale
    canvas.zoom_to(5.0)
    QTest.mouseDClick(canvas.viewport(), MIDDLE, PLAIN, QPoint(300, 200))
    assert canvas.scale == fitted


def test_alt_drag_on_empty_ground_zooms_to_the_region(busy, desk):
    press(busy, 200.0, 250.0, held=ALT)
    move(busy, 300.0, 300.0)
    release(busy, 300.0, 300.0, held=ALT)
    assert busy.scale == pytest.approx(8.0)
    middle = on_image(busy, QPoint(400, 250))
    assert (middle.x(), middle.y()) == pytest.approx((250.0, 275.0), abs=0.5)
    assert desk.selection == Selection()


def test_after_the_wheel_the_picture_is_painted_finely_again(canvas, qtbot):
    canvas.zoom_to(0.7)
    QApplication.processEvents()
    wheel(canvas, QPoint(400, 250))
    rough = picture_of(canvas)
    qtbot.waitUntil(lambda: not np.array_equal(rough, picture_of(canvas)), timeout=2000)


# What is painted


class PaintEvents(QObject):
    """Remembers which parts of a widget were painted."""

    def __init__(self, watched):
        super().__init__(watched)
        self.rects = []
        watched.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Paint:
            self.rects.append(event.region().boundingRect())
        return False


def test_only_what_differs_is_painted(busy, desk, qtbot):
    QApplication.processEvents()
    painted = PaintEvents(busy.viewport())
    desk.set_labels(place(EMPTY, "CENTER_MARK", (103.0, 80.0)))
    desk.changed()
    qtbot.waitUntil(lambda: bool(painted.rects), timeout=1000)
    assert all(rect.width() < 50 and rect.height() < 50 for rect in painted.rects)


def test_an_equal_state_paints_nothing(busy, desk):
    QApplication.processEvents()
    painted = PaintEvents(busy.viewport())
    desk.changed()
    QApplication.processEvents()
    assert painted.rects == []


def test_marks_that_are_gone_are_not_shown(busy, desk):
    def visible():
        return {item.mark.name for item in busy.scene().items() if isinstance(item, MarkItem) and item.isVisible()}

    assert visible() == {"CENTER_MARK", "L_PENALTY_MARK", "R_PENALTY_MARK"}
    desk.settings = ViewSettings(predictions=False)
    desk.changed()
    assert visible() == {"R_PENALTY_MARK"}
    desk.settings = ViewSettings()
    desk.changed()
    assert visible() == {"CENTER_MARK", "L_PENALTY_MARK", "R_PENALTY_MARK"}


def test_a_heatmap_lies_over_its_cells(canvas):
    canvas.show_frame(np.zeros((360, 640, 3), np.uint8), keep_view=False)
    canvas.actual_size()
    heat = np.zeros((45, 80), np.uint8)
    heat[20, 30] = 255
    canvas.show_heatmap(heat, opacity=1.0, image_from_cell=(8.0, 8.0, 3.5, 3.5))
    shown = picture_of(canvas).sum(axis=2)
    corner = on_screen(canvas, 0.0, 0.0)
    shown = shown[corner.y() : corner.y() + 360, corner.x() : corner.x() + 640]
    weight = shown / shown.sum()
    rows, columns = np.indices(shown.shape)
    assert (weight * columns).sum() == pytest.approx(30 * 8 + 3.5, abs=0.1)
    assert (weight * rows).sum() == pytest.approx(20 * 8 + 3.5, abs=0.1)
    canvas.show_heatmap(None, opacity=1.0, image_from_cell=(1.0, 1.0, 0.0, 0.0))
    assert picture_of(canvas)[corner.y() : corner.y() + 360, corner.x() : corner.x() + 640].max() == 0


def test_a_heatmap_is_clear_at_zero_and_brighter_with_every_step():
    table = heat_table()
    bytes_ = table.view(np.uint8).reshape(256, 4).astype(int)
    assert table[0] == 0
    assert (np.diff(bytes_[:, 3]) >= 0).all()
    assert (bytes_[:, :3] <= bytes_[:, 3:]).all()
    with pytest.raises(ValueError, match="float"):
        coloured(np.zeros((3, 4)), opacity=1.0, image_from_cell=(1.0, 1.0, 0.0, 0.0))


def test_names_do_not_cover_each_other(canvas, qtbot):
    marks = tuple(Mark(f"POINT_{i}", 100.0 + 4.0 * i, 100.0, Glyph.PLACED) for i in range(5))
    canvas.show_view(ViewState(marks=marks, names=True))
    few = [item for item in canvas.scene().items() if type(item).__name__ == "NameItem" and item.isVisible()]
    assert len(few) == 1
    canvas.zoom_to(40.0)
    many = [item for item in canvas.scene().items() if type(item).__name__ == "NameItem" and item.isVisible()]
    assert len(many) == 5
    canvas.show_view(ViewState(marks=marks))
    assert not any(item.isVisible() for item in many)


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
