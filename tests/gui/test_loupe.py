"""The loupe: exactly the pixels about the point, exactly the point in its middle, beside the point and steady."""

import numpy as np
import pytest
from pictures import move, noise, on_screen, picture_of, press, release, wheel
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from windows import press as press_key
from windows import settle, spot

from annotator.gui.loupe import EDGE, GAP, SIDE, Loupe, magnification, side_of
from annotator.gui.tone import Tone, table
from annotator.gui.tools import PointTool, SelectTool
from annotator.gui.view_settings import LoupeWhen, ViewSettings
from annotator.labels import place, set_marking

pytest_plugins = ["window_fixtures"]
ALT = Qt.KeyboardModifier.AltModifier
ALWAYS = ViewSettings(loupe=LoupeWhen.ALWAYS)


def middle(canvas):
    """The screen pixel in the middle of the loupe."""
    return canvas._loupe.rect.center()


def colour_at(canvas, at):
    return picture_of(canvas)[at.y(), at.x()]


# What it shows


@pytest.mark.parametrize("zoom", [4, 5, 8, 12])
@pytest.mark.parametrize("point", [(100.0, 80.0), (100.49, 79.51), (0.0, 0.0), (639.0, 359.0), (333.3, 250.9)])
def test_the_pixel_in_its_middle_is_the_pixel_of_the_frame(canvas, zoom, point):
    loupe = Loupe()
    loupe.look_at(point, at=QPointF(400.0, 250.0), view=QSize(800, 500), zoom=float(zoom))
    loupe.show_pixels(noise(), None)
    canvas._glass.add(loupe)
    canvas._glass.refresh(loupe)
    column, row = round(point[0]), round(point[1])
    assert (colour_at(canvas, loupe.rect.center()) == noise()[row, column]).all()


@pytest.mark.parametrize("zoom", [4, 6])
def test_every_pixel_of_the_loupe_is_the_nearest_one_of_the_frame(canvas, zoom):
    """A place u pixels from the middle shows the frame at u / zoom from the point: no more and no less."""
    loupe = Loupe()
    point = (200.3, 150.8)
    loupe.look_at(point, at=QPointF(300.0, 250.0), view=QSize(800, 500), zoom=float(zoom))
    loupe.show_pixels(noise(), None)
    canvas._glass.add(loupe)
    canvas._glass.refresh(loupe)
    shown, at = picture_of(canvas), loupe.rect.center()
    for du in (-88, -57, -3, 2, 31, 90):
        for dv in (-90, -44, 5, 77):
            column = int(np.floor(point[0] + du / zoom + 0.5))
            row = int(np.floor(point[1] + dv / zoom + 0.5))
            assert (shown[at.y() + dv, at.x() + du] == noise()[row, column]).all()


def test_beyond_the_frame_there_is_nothing(canvas):
    canvas.show_settings(ALWAYS)
    canvas.actual_size()
    move(canvas, 0.0, 180.0)
    at = middle(canvas)
    shown = picture_of(canvas)
    assert (shown[at.y() + 40, at.x() - 60] == shown[at.y() - 40, at.x() - 80]).all()
    assert (colour_at(canvas, at) == noise()[180, 0]).all()


def test_it_shows_the_frame_in_the_tone_of_the_view(canvas):
    tone = Tone(brightness=0.4, gamma=1.6)
    canvas.show_settings(ViewSettings(loupe=LoupeWhen.ALWAYS, tone=tone))
    canvas.actual_size()
    move(canvas, 100.0, 80.0)
    assert (colour_at(canvas, middle(canvas)) == table(tone)[noise()[80, 100]]).all()


# Where it is


@pytest.mark.parametrize("x", range(0, 800, 50))
@pytest.mark.parametrize("y", [0, 120, 260, 499])
def test_it_never_covers_the_point(canvas, x, y):
    loupe = Loupe()
    view = QRectF(0.0, 0.0, 800.0, 500.0)
    loupe.look_at((10.0, 10.0), at=QPointF(x + 0.5, y + 0.5), view=QSize(800, 500), zoom=8.0)
    assert not QRectF(loupe.rect).adjusted(-20, -20, 20, 20).contains(QPointF(x, y))
    assert view.contains(QRectF(loupe.rect))


def test_it_keeps_its_side_until_there_is_no_room():
    """From the middle to the border and back again: one change each way, far apart."""
    places = [*range(400, 790, 3), *range(790, 10, -3), *range(10, 400, 3)]
    side, sides = 1, []
    for place_ in places:
        side = side_of(place_, 800.0, side)
        sides.append(side)
    turns = [place_ for place_, before, after in zip(places[1:], sides, sides[1:], strict=False) if before != after]
    assert len(turns) == 2
    assert turns[0] >= 800 - (GAP + SIDE + EDGE)
    assert turns[1] <= GAP + SIDE + EDGE


def test_in_a_small_view_it_takes_the_wider_side():
    assert side_of(50.0, 200.0, -1) == 1
    assert side_of(150.0, 200.0, 1) == -1


def test_it_is_always_larger_than_the_view_or_away():
    assert magnification(4, 0.4) == 4.0
    assert magnification(4, 5.0) == 10.0
    assert magnification(12, 5.0) == 12.0
    assert magnification(12, 20.0) == 0.0


# When it is there


def test_while_placing_it_follows_the_pointer(canvas, desk):
    desk.active_keypoint = "R_PENALTY_MARK"
    canvas.set_tool(PointTool(desk))
    canvas.actual_size()
    move(canvas, 110.0, 90.0)
    assert canvas._loupe.point == (110.0, 90.0)
    move(canvas, 300.0, 200.0)
    assert canvas._loupe.point == (300.0, 200.0)
    move(canvas, 300.25, 200.5)
    assert canvas._loupe.point is not None, "over a point, too"
    QApplication.sendEvent(canvas.viewport(), QEvent(QEvent.Type.Leave))
    assert canvas._loupe.point is None
    assert canvas._loupe.rect.isEmpty()


def test_after_a_click_it_goes_away_and_comes_back_with_the_next_move(canvas, desk, qtbot):
    desk.active_keypoint = "R_PENALTY_MARK"
    canvas.set_tool(PointTool(desk))
    canvas.actual_size()
    canvas._rest.setInterval(20)
    move(canvas, 300.0, 200.0)
    press(canvas, 300.0, 200.0)
    release(canvas, 300.0, 200.0)
    assert canvas._loupe.point is not None, "for a moment it shows where the point went"
    qtbot.waitUntil(lambda: canvas._loupe.point is None)
    move(canvas, 300.0, 200.0)
    assert canvas._loupe.point is None, "that was no move"
    move(canvas, 303.0, 200.0)
    assert canvas._loupe.point == (303.0, 200.0)


def test_with_the_select_tool_it_waits_for_a_drag(busy):
    move(busy, 100.0, 80.0)
    assert busy._loupe.point is None
    press(busy, 101.0, 81.0)
    assert busy._loupe.point is None
    move(busy, 121.0, 101.0)
    assert busy._loupe.point == (120.0, 100.0), "the point itself, not the pointer beside it"
    release(busy, 121.0, 101.0)
    assert busy._loupe.point is None


def test_always_is_always_and_never_is_never(busy):
    busy.show_settings(ALWAYS)
    move(busy, 50.0, 50.0)
    assert busy._loupe.point == (50.0, 50.0)
    busy.show_settings(ViewSettings(loupe=LoupeWhen.NEVER))
    assert busy._loupe.point is None
    press(busy, 100.0, 80.0)
    move(busy, 140.0, 90.0)
    assert busy._loupe.point is None


def test_it_stays_away_while_the_view_is_moved(busy):
    busy.show_settings(ALWAYS)
    busy.zoom_to(3.0)
    busy.centre_on(320.0, 180.0)
    QTest.keyPress(busy, Qt.Key.Key_Space)
    press(busy, 300.0, 180.0)
    move(busy, 305.0, 180.0)
    assert busy._loupe.point is None
    release(busy, 305.0, 180.0)
    QTest.keyRelease(busy, Qt.Key.Key_Space)
    assert busy._loupe.point is not None


def test_a_zoom_leaves_the_point_and_moves_with_it(busy):
    busy.show_settings(ALWAYS)
    move(busy, 300.0, 180.0)
    wheel(busy, on_screen(busy, 300.0, 180.0))
    x, y = busy._loupe.point
    assert (x, y) == pytest.approx((300.0, 180.0), abs=0.5)


def test_what_it_leaves_is_wiped_off(busy):
    """After the loupe has gone nothing of it is left, wherever it was."""
    clean = picture_of(busy)
    busy.show_settings(ALWAYS)
    for x in (50.0, 300.0, 600.0):
        move(busy, x, 300.0)
        QApplication.processEvents()
    busy.show_settings(ViewSettings())
    move(busy, 20.0, 20.0)
    assert np.array_equal(picture_of(busy), clean)


def test_a_nudged_point_is_shown_for_a_moment(busy, desk, qtbot):
    press(busy, 100.0, 80.0)
    release(busy, 100.0, 80.0)
    busy._linger.setInterval(30)
    desk.edit(place(desk.labels, "CENTER_MARK", (100.1, 80.0)), text="nudge")
    assert busy._loupe.point == (100.1, 80.0)
    qtbot.waitUntil(lambda: busy._loupe.point is None)


def test_a_dragged_click_is_what_it_shows(busy, desk):
    desk.set_labels(set_marking(desk.labels, "Middle line", ((50.0, 50.0), (200.0, 150.0))))
    desk.changed()
    busy.set_tool(SelectTool(desk))
    press(busy, 200.0, 150.0)
    move(busy, 220.0, 170.0)
    assert busy._loupe.point == (220.0, 170.0)


def test_alt_and_wheel_change_how_large_it_is(window, qtbot):
    settle(window, qtbot)
    canvas = window.canvas
    press_key(window, qtbot, Qt.Key.Key_L)
    qtbot.mouseMove(canvas.viewport(), spot(window, 200.0, 100.0))
    qtbot.waitUntil(lambda: canvas._loupe.point is not None)
    scale = canvas.scale
    for steps, zoom in ((1, 10), (1, 12), (1, 12), (-1, 10), (-1, 8)):
        wheel(canvas, QPoint(300, 200), steps, ALT)
        assert window.session.settings.loupe_zoom == zoom
    assert canvas.scale == scale
    press_key(window, qtbot, Qt.Key.Key_L)
    assert window.session.settings.loupe is LoupeWhen.PLACING
