"""The instruments of the canvas and what is remembered of them: navigator, tone, blink, kept views, fit selection."""

from dataclasses import replace

import numpy as np
import pytest
from pictures import LEFT, MIDDLE, PLAIN, noise, on_image, on_screen, picture_of, wheel
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from windows import SEEN, load_network, make_frames, prediction, press, settle

from annotator.gui.blink import Seen, prediction_view
from annotator.gui.navigator import LONG_SIDE
from annotator.gui.tone import NEUTRAL, Tone, table
from annotator.gui.view_settings import ViewSettings
from annotator.gui.view_state import (
    NOTHING_SELECTED,
    ClickView,
    CurveView,
    Glyph,
    Mark,
    Polyline,
    ViewState,
    view_state,
)
from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import Instance, Visibility, place

pytest_plugins = ("window_fixtures",)

# Navigator


@pytest.fixture
def close(canvas):
    """A canvas that shows a small part of its frame."""
    canvas.zoom_to(6.0)
    canvas.centre_on(320.0, 180.0)
    return canvas


def middle_of(canvas):
    at = on_image(canvas, QRectF(canvas.viewport().rect()).center().toPoint())
    return at.x(), at.y()


def test_the_navigator_is_there_only_while_there_is_more_than_the_view(canvas):
    assert canvas._navigator.rect.isEmpty()
    canvas.zoom_to(6.0)
    assert not canvas._navigator.rect.isEmpty()
    canvas.fit()
    assert canvas._navigator.rect.isEmpty()
    canvas.zoom_to(6.0)
    canvas.show_settings(ViewSettings(navigator=False))
    assert canvas._navigator.rect.isEmpty()


def test_a_click_on_the_navigator_moves_the_view_there(close, qtbot):
    rect = close._navigator._rect
    at = QPoint(rect.left() + rect.width() // 4, rect.top() + 3 * rect.height() // 4)
    expected = (640 * (at.x() - rect.left()) / rect.width() - 0.5, 360 * (at.y() - rect.top()) / rect.height() - 0.5)
    qtbot.mouseClick(close.viewport(), LEFT, pos=at)
    assert middle_of(close) == pytest.approx(expected, abs=1.0)


def test_a_drag_on_the_navigator_carries_the_view_even_beside_it(close, qtbot):
    rect = close._navigator._rect
    QTest.mousePress(close.viewport(), LEFT, PLAIN, rect.center())
    QTest.mouseMove(close.viewport(), QPoint(5, 5))
    assert middle_of(close) == pytest.approx((-0.5, -0.5), abs=1.0)
    QTest.mouseRelease(close.viewport(), LEFT, PLAIN, QPoint(5, 5))
    before = middle_of(close)
    QTest.mouseMove(close.viewport(), rect.center())
    assert middle_of(close) == before


def test_the_navigator_keeps_the_pointer_from_the_tool(busy, desk, qtbot):
    busy.zoom_to(6.0)
    busy.centre_on(320.0, 180.0)
    at = busy._navigator._rect.center()
    with qtbot.assertNotEmitted(busy.context_requested):
        qtbot.mouseClick(busy.viewport(), Qt.MouseButton.RightButton, pos=at)
        qtbot.mouseMove(busy.viewport(), at)
    assert busy._loupe.point is None
    qtbot.mouseDClick(busy.viewport(), LEFT, pos=at)
    assert desk.edits == []
    assert busy._gesture is None


def test_the_navigator_shows_the_frame_and_stays_while_the_view_scrolls(close):
    rect = close._navigator._rect
    frame = np.zeros((360, 640, 3), np.uint8)
    frame[:, 320:] = (200, 40, 40)
    close.show_frame(frame, keep_view=True)
    before = picture_of(close)
    assert max(rect.width(), rect.height()) == LONG_SIDE
    left = before[rect.top() + 3, rect.left() + 3]
    right = before[rect.top() + 3, rect.right() - 3]
    assert left.max() < 40
    assert right[0] > right[1] + 50
    for _ in range(4):
        close._scroll_by(7, 0)
        QApplication.processEvents()
    after = picture_of(close)
    changed = np.abs(after.astype(int) - before).max(axis=2) > 3
    inside = changed[rect.top() : rect.bottom(), rect.left() : rect.right()]
    assert inside.mean() < 0.2, "only its window moved"
    close.viewport().update()
    assert np.array_equal(picture_of(close), after), "what was scrolled is what is painted anew"


# Tone


def frame_part(canvas):
    corner = on_screen(canvas, 0.0, 0.0)
    return picture_of(canvas)[corner.y() : corner.y() + 360, corner.x() : corner.x() + 640]


TONE = Tone(brightness=0.3, contrast=-0.2, gamma=1.4)


def test_a_tone_is_a_table_over_what_is_shown(canvas):
    canvas.actual_size()
    canvas.centre_on(319.5, 179.5)
    canvas.show_tone(TONE)
    assert np.array_equal(frame_part(canvas), table(TONE)[noise()])
    assert (picture_of(canvas)[2, 2] == (43, 44, 46)).all(), "what lies beside the frame is no part of it"
    canvas.show_tone(NEUTRAL)
    assert np.array_equal(frame_part(canvas), noise())


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_a_toned_view_can_be_scrolled(canvas, scale):
    canvas.zoom_to(scale)
    canvas.centre_on(100.0, 90.0)
    canvas.show_tone(TONE)
    picture_of(canvas)
    for dx, dy in ((13, 0), (0, -9), (-21, 17)):
        canvas._scroll_by(dx, dy)
        QApplication.processEvents()
    scrolled = picture_of(canvas)
    canvas._repaint_background()
    assert np.array_equal(picture_of(canvas), scrolled)


def test_another_heatmap_does_not_scale_the_frame_anew(canvas):
    heat = np.zeros((36, 64), np.uint8)
    heat[10, 20] = 200
    picture_of(canvas)
    kept = canvas._backdrop._kept.cacheKey()
    canvas.show_heatmap(heat, opacity=1.0, image_from_cell=(10.0, 10.0, 4.5, 4.5))
    picture_of(canvas)
    canvas.show_heatmap(heat.T.copy(), opacity=0.5, image_from_cell=(10.0, 10.0, 4.5, 4.5))
    picture_of(canvas)
    assert canvas._backdrop._kept.cacheKey() == kept
    canvas.zoom_by(1.25)
    picture_of(canvas)
    assert canvas._backdrop._kept.cacheKey() != kept


def test_the_strip_sets_the_tone_and_the_frame_stays_as_it_is(window, qtbot):
    settle(window, qtbot)
    strip, session = window.easel.tone_strip, window.session
    pixels = session.rgb.copy()
    press(window, qtbot, Qt.Key.Key_B)
    assert strip.isVisible()
    assert window.canvas.rect().contains(strip.geometry())
    strip.brightness.setValue(40)
    strip.gamma.setValue(-100)
    assert session.settings.tone == Tone(brightness=0.4, gamma=pytest.approx(1.0 / 3.0))
    assert window.canvas._backdrop.tone == session.settings.tone
    strip.paint.click()
    assert session.settings.tone.paint
    assert window.canvas._backdrop.shown is not window.canvas._backdrop.picture
    assert np.array_equal(session.rgb, pixels)
    strip.reset.click()
    assert session.settings.tone == NEUTRAL
    assert not strip.reset.isEnabled()
    press(window, qtbot, Qt.Key.Key_B)
    assert not strip.isVisible()


def test_arrow_keys_on_the_strip_move_its_slider_and_no_point(window, qtbot):
    settle(window, qtbot)
    press(window, qtbot, Qt.Key.Key_B)
    strip, frame = window.easel.tone_strip, window.session.frame_id
    strip.contrast.setFocus()
    qtbot.keyClick(strip.contrast, Qt.Key.Key_Right)
    assert window.session.settings.tone.contrast == pytest.approx(0.01)
    assert window.session.frame_id == frame


# Blink


def test_only_the_prediction_is_seen_while_the_key_is_held(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    settle(window, qtbot)
    window.session.edit(place(window.session.labels, "L_PENALTY_MARK", (50.0, 50.0)), text="place")
    canvas = window.canvas

    def at(name):
        found = [mark for mark in canvas._overlay.state.marks if mark.name == name]
        return (found[0].glyph, found[0].x, found[0].y) if found else None

    before = canvas._overlay.state
    assert at("L_PENALTY_MARK") == (Glyph.PLACED, 50.0, 50.0)
    canvas.setFocus()
    QTest.keyPress(canvas, Qt.Key.Key_QuoteLeft)
    assert window.easel.blink.seen is Seen.PREDICTION
    assert at("L_PENALTY_MARK") == (Glyph.PREDICTED, *SEEN["L_PENALTY_MARK"][:2])
    assert at("R_PENALTY_MARK") is None, "the threshold holds here, too"
    assert canvas._caption.text.startswith("Only the prediction")
    assert not canvas._caption.rect.isEmpty()
    QTest.keyRelease(canvas, Qt.Key.Key_QuoteLeft)
    assert canvas._overlay.state == before
    assert canvas._caption.rect.isEmpty()
    assert window.session.labels.pitch.keypoints["L_PENALTY_MARK"].position == (50.0, 50.0)


def test_what_another_network_saw_can_be_seen(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    settle(window, qtbot)
    blink = window.easel.blink
    blink.start(Seen.PREVIOUS)
    assert window.canvas._caption.text == "No other prediction of this frame"
    assert window.canvas._overlay.state.marks == ()
    blink.stop()
    other = replace(prediction("older"), xy=prediction().xy + 7.0)
    window.session.project.save_prediction(window.session.frame_id, other)
    blink.start(Seen.PREVIOUS)
    shown = {mark.name: (mark.x, mark.y) for mark in window.canvas._overlay.state.marks}
    assert shown["CENTER_MARK"] == (SEEN["CENTER_MARK"][0] + 7.0, SEEN["CENTER_MARK"][1] + 7.0)
    assert "older" in window.canvas._caption.text
    QTest.mousePress(window.canvas.viewport(), MIDDLE, PLAIN, QPoint(20, 20))
    assert blink.seen is Seen.ALL
    QTest.mouseRelease(window.canvas.viewport(), MIDDLE, PLAIN, QPoint(20, 20))


def test_without_a_prediction_the_canvas_says_so(window, qtbot):
    settle(window, qtbot)
    window.easel.blink.start(Seen.PREDICTION)
    assert window.canvas._caption.text == "No prediction of this frame"
    window.easel.blink.stop()


def test_a_prediction_alone_has_neither_labels_nor_ghost():
    state = prediction_view(prediction(), ViewSettings(threshold=0.0), NOTHING_SELECTED, size=(640, 360))
    assert {mark.glyph for mark in state.marks} == {Glyph.PREDICTED}
    assert state.ghost == state.curves == state.clicks == ()
    assert prediction_view(None, ViewSettings(), NOTHING_SELECTED, size=(640, 360)) == ViewState()


# Views


def test_fit_selection_shows_what_is_selected_in_the_middle(canvas):
    canvas.show_view(ViewState(marks=(Mark("A", 100.0, 80.0, Glyph.PLACED, selected=True),
                                      Mark("B", 140.0, 100.0, Glyph.PLACED, selected=True),
                                      Mark("C", 600.0, 300.0, Glyph.PLACED))))  # fmt: skip
    assert canvas.fit_selection()
    assert middle_of(canvas) == pytest.approx((120.0, 90.0), abs=1.0)
    view = QRectF(canvas.viewport().rect())
    assert view.contains(canvas.viewportTransform().map(QPointF(100.0, 80.0)))
    assert not view.contains(canvas.viewportTransform().map(QPointF(600.0, 300.0)))


def test_fit_selection_of_one_point_keeps_some_of_the_frame_around_it(canvas):
    canvas.show_view(ViewState(clicks=(ClickView("line", 0, 300.0, 200.0, selected=True, current=True),)))
    assert canvas.fit_selection()
    assert middle_of(canvas) == pytest.approx((300.0, 200.0), abs=1.0)
    assert canvas.scale == pytest.approx(6.0)


def test_fit_selection_of_a_marking_shows_what_of_it_lies_in_the_frame(canvas):
    path = Polyline(np.array([[-4000.0, 100.0], [200.0, 140.0], [9000.0, 220.0]]))
    canvas.show_view(ViewState(curves=(CurveView("line", path, selected=True),)))
    assert canvas.fit_selection()
    assert middle_of(canvas)[0] == pytest.approx(319.5, abs=1.0)


def test_without_a_selection_the_view_stays(canvas):
    scale = canvas.scale
    assert not canvas.fit_selection()
    assert canvas.scale == scale


@pytest.fixture
def two_media(window, qtbot, tmp_path):
    """A window on a project of two folders; the first frame of each."""
    settle(window, qtbot)
    window.session.project.add_media([make_frames(tmp_path / "other", 2)])
    window.session.reload()
    ids = window.session.project.frame_ids()
    media = [window.session.project.row(frame_id).media_id for frame_id in ids]
    assert len(set(media)) == 2
    return window, ids[0], ids[1], ids[media.index(media[-1])]


def go(window, qtbot, frame_id):
    window.session.show(frame_id)
    qtbot.waitUntil(lambda: window.session.frame_id == frame_id)
    settle(window, qtbot)


def test_every_medium_has_its_own_view(two_media, qtbot):
    window, first, second, other = two_media
    canvas = window.canvas
    canvas.zoom_to(5.0)
    canvas.centre_on(300.0, 170.0)
    go(window, qtbot, second)
    assert canvas.scale == 5.0
    go(window, qtbot, other)
    assert canvas._fitted
    wheel(canvas, QPoint(300, 200), 4)
    scale = canvas.scale
    go(window, qtbot, first)
    assert canvas.scale == 5.0
    assert middle_of(canvas) == pytest.approx((300.0, 170.0), abs=1.0)
    go(window, qtbot, other)
    assert canvas.scale == pytest.approx(scale)


def test_a_view_that_is_not_kept_shows_every_frame_whole(two_media, qtbot):
    window, _, second, _ = two_media
    window.session.set_settings(replace(window.session.settings, keep_view=False))
    window.canvas.zoom_to(5.0)
    go(window, qtbot, second)
    assert window.canvas._fitted


def test_arrows_point_to_what_is_selected_or_was_said_to_be_visible_outside():
    def keypoint(name, x, source, seen=Visibility.VISIBLE):
        return Keypoint(name, (x, 50.0), source, seen)

    points = [
        keypoint("said", 700.0, Source.PLACED),
        keypoint("absent", 700.0, Source.PLACED, Visibility.ABSENT),
        keypoint("built", 700.0, Source.CONSTRUCTED, Visibility.ABSENT),
        keypoint("inside", 100.0, Source.PLACED),
    ]
    resolved = Resolved({point.name: point for point in points})
    state = view_state(resolved, Instance(), ViewSettings(), size=(640, 360))
    assert [(arrow.name, arrow.distance, arrow.selected) for arrow in state.arrows] == [("said", 60.5, False)]
    hidden = view_state(resolved, Instance(), ViewSettings(labels=False), size=(640, 360))
    assert hidden.arrows == ()


def test_the_caption_stays_in_the_middle_of_the_view(canvas):
    canvas.say("Only the prediction")
    before = canvas._caption.rect
    assert abs(before.center().x() - canvas.viewport().width() / 2) <= 1
    canvas.resize(700, 450)
    QApplication.sendPostedEvents(canvas, QEvent.Type.Resize)
    assert abs(canvas._caption.rect.center().x() - canvas.viewport().width() / 2) <= 1


@pytest.mark.parametrize("tone", [NEUTRAL, TONE])
@pytest.mark.parametrize("scale", [1.0, 2.6])
def test_a_part_painted_anew_looks_like_the_whole_painted_anew(canvas, tone, scale):
    """A channel with a small peak in place of another, and of a map that covers everything, and of none."""
    canvas.show_tone(tone)
    canvas.zoom_to(scale)
    canvas.centre_on(300.0, 170.0)
    rows, columns = np.mgrid[0:45, 0:80]
    wide = np.rint(127.0 + 127.0 * np.sin(rows / 9.0) * np.cos(columns / 7.0)).astype(np.uint8)

    def peak(column, row):
        return np.rint(255.0 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 6.0)).astype(np.uint8)

    for heat in (peak(30, 20), peak(45, 22), wide, peak(33, 25), None, peak(36, 18)):
        canvas.show_heatmap(heat, opacity=0.7, image_from_cell=(8.0, 8.0, 3.5, 3.5))
        part = picture_of(canvas)
        canvas._repaint_background()
        # Qt's fixed-point steps through a scaled image begin at the edge of what is painted.
        off = np.abs(part.astype(int) - picture_of(canvas))
        assert off.max() <= (0 if scale == 1.0 else 3)
