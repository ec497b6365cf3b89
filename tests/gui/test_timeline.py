"""The timeline: what it knows of a clip, how it is gone through, zoomed and chosen from, and how it looks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFont, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QStyleFactory
from window_clips import at, make_clip, open_clip, place_of
from windows import make_frames, open_folder

from annotator.gui import theme
from annotator.gui.session import Session
from annotator.gui.timeline_axis import Axis
from annotator.gui.timeline_strip import Strip, places
from annotator.gui.timeline_view import TimelineView
from annotator.labels import FrameState
from annotator.timeline import FILLED, KEY, MOTION, STATES, Track, columns_of, timecode

pytest_plugins = ("window_fixtures",)

SHIFT = Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


@pytest.fixture
def clip(make_window, tmp_path, qtbot):
    """A window on a video of 60 frames with a cut before the fortieth."""
    window = make_window()
    open_clip(window, make_clip(tmp_path / "clip.mp4", cut=40), qtbot)
    return window


@pytest.fixture
def view(clip):
    return clip.timing.panel.view


def settled(window, qtbot, place):
    qtbot.waitUntil(lambda: place_of(window) == place and window.session.can_decide, timeout=10000)


def turn(view, where, steps, held=PLAIN):
    event = QWheelEvent(
        QPointF(where), QPointF(view.mapToGlobal(where)), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, held, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


# Values


def track_of(count, **values):
    base = {
        "states": np.zeros(count, dtype=np.uint8), "said": np.zeros(count, dtype=np.uint8),
        "confidence": np.full(count, np.nan, dtype=np.float32), "residual": np.full(count, np.nan, dtype=np.float32),
        "times": np.arange(count) / 25.0, "damaged": np.zeros(count, dtype=np.bool_),
    }  # fmt: skip
    return Track(1, np.arange(1, count + 1), **{**base, **values})


def test_a_column_holds_the_frames_that_begin_in_it_and_none_is_lost():
    states = np.random.default_rng(0).integers(0, len(STATES), 1000).astype(np.uint8)
    columns = columns_of(track_of(1000, states=states), np.linspace(0, 1000, 101))
    assert columns.shares.sum(axis=0) == pytest.approx(1.0)
    assert columns.shares.mean(axis=1) == pytest.approx(np.bincount(states, minlength=len(STATES)) / 1000)


def test_what_is_extreme_and_rare_is_seen_at_any_zoom():
    residual = np.full(180_000, np.nan, dtype=np.float32)
    residual[90_123] = 17.0
    confidence = np.full(180_000, 0.9, dtype=np.float32)
    confidence[5] = 0.1
    said = np.zeros(180_000, dtype=np.uint8)
    said[90_123], said[90_200] = KEY, MOTION
    track = track_of(180_000, residual=residual, confidence=confidence, said=said)
    columns = columns_of(track, np.linspace(0, 180_000, 801))
    assert np.nanmax(columns.residual) == 17.0
    assert np.isfinite(columns.residual).sum() == 1
    assert columns.confidence[1].min() == pytest.approx(0.1)
    assert columns.confidence[0].min() > 0.89
    assert np.bitwise_or.reduce(columns.said) == KEY | MOTION


def test_a_frame_wider_than_a_column_fills_all_of_its_columns():
    states = np.arange(6, dtype=np.uint8)
    columns = columns_of(track_of(6, states=states), np.linspace(0, 6, 61))
    assert (columns.shares.argmax(axis=0) == np.repeat(np.arange(6), 10)).all()


@pytest.mark.parametrize(
    ("rate", "place", "text"),
    [(25.0, 0, "0:00.00"), (25.0, 30, "0:01.05"), (29.97, 1800, "1:00.01"), (50.0, 3049, "1:00.49")],
)
def test_the_time_of_a_frame_counts_the_frames_of_its_second(rate, place, text):
    assert timecode(np.arange(4000) / rate, place) == text


def test_frames_of_a_variable_rate_are_counted_not_computed():
    times = np.array([0.0, 0.5, 1.0, 1.01, 1.02, 1.9, 2.0])
    assert [timecode(times, n) for n in range(7)] == [
        "0:00.00", "0:00.01", "0:01.00", "0:01.01", "0:01.02", "0:01.03", "0:02.00",
    ]  # fmt: skip
    assert timecode(times, 7) == timecode(np.empty(0), 0) == ""


def test_zooming_keeps_the_frame_under_the_pointer_and_ends_at_the_clip():
    axis = Axis.whole(180_000, left=80, width=1200)
    about = 80 + 400.0
    near = axis
    for _ in range(60):
        near = near.zoomed(1.25, about)
        assert near.place_at(about) == pytest.approx(60_000, abs=1.0)
    assert near.scale == pytest.approx(64.0)
    far = near
    for _ in range(80):
        far = far.zoomed(0.8, 700.0)
    assert far.is_whole
    assert near.panned(-1e9).start == 0.0
    assert near.panned(1e9).end == 180_000


def test_the_axis_follows_a_playhead_that_leaves_it():
    axis = Axis.whole(1000, left=0, width=500).over(100, 199)
    assert axis.showing(150) == axis
    moved = axis.showing(400)
    assert moved.start <= 400 < moved.end
    assert moved.end - moved.start == pytest.approx(axis.end - axis.start)


@pytest.mark.parametrize("count", [1, 7, 500, 180_000])
def test_ruler_ticks_are_in_view_and_not_closer_than_asked(count):
    axis = Axis.whole(count, left=0, width=900)
    times = np.arange(count) / 25.0
    for ticks in (sorted(set(axis.ticks(60))), sorted(set(axis.time_ticks(times, 60)))):
        assert ticks
        assert ticks[0] >= 0
        assert ticks[-1] < count
        spaces = np.diff([axis.x(tick) for tick in ticks[1:]])
        assert (spaces >= min(60.0, axis.scale) - 1e-6).all()


def test_the_pictures_of_a_strip_leave_no_gap_and_stay_while_one_pans():
    axis = Axis.whole(5000, left=0, width=1000)
    shown = places(axis, 64.0)
    step = shown[1] - shown[0]
    assert 64.0 <= step * axis.scale <= 64.0 * 1.5 + 1e-9
    near = axis.zoomed(8.0, 500.0)
    assert set(places(near.panned(30.0), 64.0)) & set(places(near, 64.0))


def test_a_changed_frame_and_values_by_id_land_where_they_belong():
    track = track_of(5).with_values(confidence={2: 0.5, 99: 0.1}, residual={5: 3.0})
    assert track.confidence[1] == pytest.approx(0.5)
    assert track.residual[4] == pytest.approx(3.0)
    assert np.isfinite(track.confidence).sum() == 1
    changed = track.with_frame(2, state=FrameState.ACCEPTED, said=KEY)
    assert changed.keys().tolist() == [2]
    assert track.keys().tolist() == []


# The window


def test_a_video_brings_its_timeline_and_a_few_pictures_do_not(clip, make_window, tmp_path, qtbot):
    assert clip.docks.timeline_dock.isVisible()
    track = clip.timing.timeline.track
    assert len(track) == 60
    assert track.times[-1] == pytest.approx(59 / 25.0)
    assert track.cuts.tolist() == [40]
    assert not track.damaged.any()
    open_folder(clip, make_frames(tmp_path / "pictures"), qtbot)
    qtbot.waitUntil(lambda: clip.timing.timeline.track is None)
    assert not clip.docks.timeline_dock.isVisible()


def test_numbered_pictures_are_a_clip_without_times(make_window, tmp_path, qtbot):
    window = make_window()
    (tmp_path / "many").mkdir()
    for number in range(30):
        assert cv2.imwrite(str(tmp_path / "many" / f"shot_{number:03d}.png"), np.full((360, 640, 3), 60, np.uint8))
    open_folder(window, tmp_path / "many", qtbot)
    qtbot.waitUntil(lambda: window.timing.timeline.track is not None)
    assert window.docks.timeline_dock.isVisible()
    assert not len(window.timing.timeline.track.times)
    assert "1 / 30" in window.timing.panel.readout.text()


def test_what_a_person_chose_for_the_timeline_is_kept(clip, make_window, tmp_path, qtbot):
    clip.actions_["window.timeline"].trigger()
    assert not clip.docks.timeline_dock.isVisible()
    clip.close()
    again = make_window()
    open_clip(again, tmp_path / "clip.mp4", qtbot)
    assert not again.docks.timeline_dock.isVisible()
    again.actions_["window.timeline"].trigger()
    assert again.docks.timeline_dock.isVisible()
    assert again.timing.panel.view.hasFocus()
    again.docks.timeline_dock.close()
    again.docks.reset()
    assert again.docks.timeline_dock.isVisible()


def test_a_press_goes_there_and_a_drag_goes_along(clip, view, qtbot):
    session = clip.session
    qtbot.mouseClick(view, LEFT, pos=at(view, 20))
    settled(clip, qtbot, 20)
    assert not session.passing
    qtbot.mousePress(view, LEFT, pos=at(view, 20))
    for place in (25, 30, 35):
        qtbot.mouseMove(view, at(view, place))
    assert session.wanted == session.order.ids[35]
    assert session.passing
    assert not session.can_decide
    qtbot.mouseRelease(view, LEFT, pos=at(view, 35))
    settled(clip, qtbot, 35)
    assert not session.passing


def test_going_back_returns_to_where_the_drag_began(clip, view, qtbot):
    qtbot.mouseClick(view, LEFT, pos=at(view, 10))
    settled(clip, qtbot, 10)
    qtbot.mousePress(view, LEFT, pos=at(view, 20))
    qtbot.mouseMove(view, at(view, 28))
    qtbot.mouseRelease(view, LEFT, pos=at(view, 28))
    settled(clip, qtbot, 28)
    clip.session.go_back(-1)
    settled(clip, qtbot, 10)


def test_the_wheel_zooms_about_the_pointer_and_shift_pans(clip, view):
    where = at(view, 30)
    for _ in range(4):
        turn(view, where, 1)
    assert not view.axis.is_whole
    assert view.axis.frame_at(where.x()) == 30
    start = view.axis.start
    turn(view, where, -1, SHIFT)
    assert view.axis.start > start
    qtmouse = view.axis
    for _ in range(9):
        turn(view, where, -1)
    assert view.axis.is_whole
    assert qtmouse.count == view.axis.count


def test_the_middle_button_takes_hold_of_the_clip(view, qtbot):
    for _ in range(4):
        turn(view, at(view, 30), 1)
    before = view.axis.start
    qtbot.mousePress(view, MIDDLE, pos=QPoint(600, 60))
    qtbot.mouseMove(view, QPoint(500, 60))
    qtbot.mouseRelease(view, MIDDLE, pos=QPoint(500, 60))
    assert view.axis.start == pytest.approx(before + 100 / view.axis.scale)


def test_a_range_is_chosen_with_shift_and_let_go_with_escape(clip, view, qtbot):
    timeline = clip.timing.timeline
    qtbot.mousePress(view, LEFT, SHIFT, at(view, 12))
    qtbot.mouseMove(view, at(view, 24))
    qtbot.mouseRelease(view, LEFT, SHIFT, at(view, 24))
    assert timeline.range == (12, 24)
    assert "13 to 25, 13 frames" in clip.timing.panel.note.whole
    assert place_of(clip) == 0
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert timeline.range is None


def test_keys_of_the_timeline_go_along_the_clip_and_those_of_the_canvas_stay_the_canvas_s(clip, view, qtbot):
    view.setFocus()
    for key, place in (
        (Qt.Key.Key_Right, 1), (Qt.Key.Key_End, 59), (Qt.Key.Key_Left, 58), (Qt.Key.Key_Up, 40), (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Down, 40), (Qt.Key.Key_Home, 0), (Qt.Key.Key_PageDown, 6),
    ):  # fmt: skip
        qtbot.keyClick(view, key)
        settled(clip, qtbot, place)
    qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    settled(clip, qtbot, 7)
    assert clip.timing.timeline.range == (6, 7)
    skeleton = clip.session.settings.markings
    qtbot.keyClick(view, Qt.Key.Key_K)
    assert clip.session.settings.markings is skeleton
    clip.canvas.setFocus()
    qtbot.keyClick(clip.canvas, Qt.Key.Key_K)
    assert clip.session.settings.markings is not skeleton


def test_the_keyboard_comes_to_the_lanes_from_pane_to_pane(clip, view):
    reached = []
    for _ in range(14):
        clip.actions_["window.nextPane"].trigger()
        reached.append(QApplication.focusWidget())
    assert view in reached
    assert not set(reached) & {clip.timing.panel.back, clip.timing.panel.play}


def test_the_tip_says_number_time_state_and_cut(clip, view):
    text = view.tip_at(at(view, 40))
    assert text.startswith("Frame 41 of 60   0:01.15")
    assert "Not seen" in text
    assert "A new shot begins" in text
    assert "striped" in view.tip_at(QPoint(10, view._rects.lanes["labels"].center().y()))


def test_edits_predictions_and_decisions_are_seen_at_once(clip, qtbot):
    session, timeline = clip.session, clip.timing.timeline
    from annotator.labels import place

    session.edit(place(session.labels, "CENTER_MARK", (100.0, 50.0)), text="Place")
    assert timeline.track.said[0] == KEY
    assert STATES[timeline.track.states[0]] is FrameState.DRAFT
    session.undo()
    assert timeline.track.said[0] == 0
    session.reject("blurred")
    assert STATES[timeline.track.states[0]] is FrameState.REJECTED


def test_pictures_arrive_for_what_is_shown(clip, view, qtbot):
    strip = clip.timing.strip
    wanted = places(view.axis, view._rects.strip.height() * strip.aspect)
    qtbot.waitUntil(lambda: all(strip.picture(place) is not None for place in wanted), timeout=20000)


def test_cuts_are_kept_in_the_project(clip, make_window, tmp_path, qtbot, monkeypatch):
    clip.close()

    def never(*args):
        raise AssertionError("the video was looked through a second time")

    monkeypatch.setattr("annotator.gui.timeline.shots_and_seen", never)
    again = make_window()
    open_clip(again, tmp_path / "clip.mp4", qtbot)
    assert again.timing.timeline.track.cuts.tolist() == [40]


def test_an_empty_timeline_says_what_it_will_show(empty_window, qtbot):
    empty_window.actions_["window.timeline"].trigger()
    view = empty_window.timing.panel.view
    assert empty_window.docks.timeline_dock.isVisible()
    plain = view.grab().toImage()
    assert len({plain.pixel(x, y) for x in range(0, plain.width(), 3) for y in range(plain.height())}) > 2
    assert not empty_window.timing.panel.play.isEnabled()
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert not empty_window.timing.player.playing


# The picture


class Still(QObject):
    """A timeline that stands still."""

    changed = Signal()
    range_changed = Signal()

    def __init__(self, track, place, chosen):
        super().__init__()
        self.track, self.place, self.range = track, place, chosen


def scene():
    """A clip with everything in it."""
    count = 240
    states = np.zeros(count, dtype=np.uint8)
    said = np.zeros(count, dtype=np.uint8)
    for state, first, last in (
        (FrameState.PREDICTED, 0, 200), (FrameState.DRAFT, 30, 90), (FrameState.ACCEPTED, 60, 61),
        (FrameState.ACCEPTED, 100, 140), (FrameState.LOOK_AGAIN, 150, 160), (FrameState.REJECTED, 170, 180),
    ):  # fmt: skip
        states[first:last] = STATES.index(state)
    said[30:90], said[100:140] = MOTION, FILLED
    said[[60, 100, 139]] = KEY
    wave = np.sin(np.arange(count) / 17.0)
    confidence = np.where(np.arange(count) < 200, 0.7 + 0.25 * wave, np.nan).astype(np.float32)
    residual = np.where(said > 0, 6.0 + 7.0 * wave, np.nan).astype(np.float32)
    damaged = np.zeros(count, dtype=np.bool_)
    damaged[205:212] = True
    track = track_of(count, states=states, said=said, confidence=confidence, residual=residual, damaged=damaged)
    track.__dict__["cuts"] = np.array([95, 165])
    track.__dict__["doubtful"] = np.array([190])
    return track


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lanes_look_as_they_did(qtbot, check_picture, scheme):
    QApplication.setStyle(QStyleFactory.create("Fusion"))
    theme.apply(QApplication.instance(), theme.Scheme(scheme))
    session = Session()
    try:
        view = TimelineView(Still(scene(), 72, (110, 130)), Strip(session))
        qtbot.addWidget(view)
        font = QFont("DejaVu Sans")
        font.setPixelSize(12)
        view.setFont(font)
        view.resize(900, 156)
        with qtbot.waitExposed(view):
            view.show()
        view._on_changed()
        check_picture(view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32), f"timeline_{scheme}")
    finally:
        session.close()
        theme.apply(QApplication.instance(), theme.Scheme.LIGHT)


def test_the_status_bar_says_what_the_keys_do_while_the_lanes_have_the_keyboard(clip, qtbot):
    clip.timing.panel.view.setFocus()
    assert "Space plays" in clip.status.hint.whole
    clip.canvas.setFocus()
    assert "Space plays" not in clip.status.hint.whole


def test_the_camera_in_numbers_gives_way_in_a_low_window(clip):
    clip.docks.toggle_camera()
    assert clip.docks.camera_dock.minimumSizeHint().height() < clip.docks.camera.sizeHint().height()


def test_a_camera_that_was_found_can_be_forgotten_later(clip):
    clip.session.project.set_setting("tripods", {"any": {}})
    clip.actions_["time.forgetTripod"].trigger()
    assert clip.session.project.setting("tripods", {})["clips"] == []
    assert "every frame's camera is its own again" in clip.message.text


def test_what_dialogs_explain_is_read_to_the_end(clip, qtbot):
    from PySide6.QtWidgets import QLabel

    from annotator.gui.dialogs.choose_frames import ChooseFramesDialog

    clip.actions_["time.choose"].trigger()
    (dialog,) = clip.findChildren(ChooseFramesDialog)
    qtbot.waitUntil(dialog.isVisible)
    for label in dialog.findChildren(QLabel):
        assert label.height() >= label.heightForWidth(label.width())
