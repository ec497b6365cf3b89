"""The sheet: where a pixel is, where the view looks, and what is painted."""

import numpy as np
import pytest
from pictures import (
    ALT,
    LEFT,
    MIDDLE,
    PLAIN,
    SHIFT,
    move,
    noise,
    on_image,
    on_screen,
    picture_of,
    press,
    release,
    wheel,
)
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.gui.backdrop import Picture, coloured
from annotator.gui.colours import BACKDROP, heat_table
from annotator.gui.items import NameItem
from annotator.gui.marks import MarkItem
from annotator.gui.tools import PanTool, PointTool, SelectTool
from annotator.gui.view_state import EMPTY_VIEW, Glyph, Mark, Selection, ViewSettings, ViewState
from annotator.labels import EMPTY, place

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
    canvas.show_frame(None, keep_view=True)
    canvas.show_frame(noise(), keep_view=True)
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


def shown_names(canvas):
    """The plates on the screen, in viewport pixels."""
    items = [item for item in canvas.scene().items() if isinstance(item, NameItem) and item.isVisible()]
    return [item.deviceTransform(canvas.viewportTransform()).mapRect(item.boundingRect()) for item in items]


def test_names_do_not_cover_each_other(canvas):
    marks = tuple(Mark(f"POINT_{i}", 300.0 + 4.0 * i, 100.0, Glyph.PLACED) for i in range(5))
    canvas.show_view(ViewState(marks=marks, names=True))
    left, right = sorted(shown_names(canvas), key=lambda rect: rect.x())
    assert not left.intersects(right)
    canvas.zoom_to(25.0)
    canvas.centre_on(308.0, 100.0)
    assert len(shown_names(canvas)) == 5
    canvas.show_view(ViewState(marks=marks))
    assert shown_names(canvas) == []


@pytest.mark.parametrize("corner", [(0.0, 0.0), (639.0, 0.0), (639.0, 359.0), (0.0, 359.0)])
@pytest.mark.parametrize("scale", [1.2, 6.0])
def test_no_name_is_cut_off_by_the_border_of_the_view(canvas, corner, scale):
    """Wherever the view is dragged, and however near its border the mark lies."""
    mark = Mark("R_PENALTY_AREA_BR_CORNER", *corner, Glyph.PLACED, selected=True)
    canvas.show_view(ViewState(marks=(mark,), names=True))
    canvas.zoom_to(scale)
    view = QRectF(canvas.viewport().rect())
    for x in (4.0, 400.0, 796.0):
        for y in (4.0, 250.0, 496.0):
            canvas._bring(QPointF(*corner), QPointF(x, y))
            (plate,) = shown_names(canvas)
            assert view.contains(plate)
            assert not plate.contains(canvas.viewportTransform().map(QPointF(*corner)))


def test_a_name_stays_on_its_side_as_long_as_it_can(canvas):
    canvas.show_view(ViewState(marks=(Mark("CENTER_MARK", 320.0, 180.0, Glyph.PLACED),), names=True))
    canvas.zoom_to(4.0)

    def is_right(x):
        canvas._bring(QPointF(320.0, 180.0), QPointF(x, 250.0))
        (plate,) = shown_names(canvas)
        return plate.x() > x

    assert is_right(400.0)
    assert not is_right(780.0)
    assert not is_right(400.0)
    assert is_right(10.0)
    assert is_right(400.0)


def test_indices_are_the_numbers_of_the_scheme(canvas):
    marks = (Mark("CENTER_MARK", 320.0, 180.0, Glyph.PLACED, index=41),)

    def text(**shown):
        canvas.show_view(ViewState(marks=marks, **shown))
        (item,) = [item for item in canvas.scene().items() if isinstance(item, NameItem) and item.isVisible()]
        return item._text.text()

    assert text(indices=True) == "41"
    assert text(names=True) == "Center mark"
    assert text(names=True, indices=True) == "41  Center mark"


def test_other_names_stay_put_while_a_point_is_dragged_past_them(busy, desk, qtbot):
    desk.settings = ViewSettings(names=True)
    desk.changed()
    before = {rect.topLeft().toTuple() for rect in shown_names(busy)}
    press(busy, 100.0, 80.0)
    for x in (150.0, 250.0, 330.0):
        move(busy, x, 200.0)
    during = {rect.topLeft().toTuple() for rect in shown_names(busy)}
    assert len(before & during) == 2
    release(busy, 330.0, 200.0)
    plates = shown_names(busy)
    assert not any(a.intersects(b) for a in plates for b in plates if a is not b)
