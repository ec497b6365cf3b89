"""Playing in the window: in time, both ways, without work for the network, and never accepting anything."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QPoint, Qt
from window_clips import at, make_clip, open_copy, place_of
from windows import click, make_frames, open_folder, prediction, press

from annotator.gui.passing import glimpse
from annotator.keypoints import Source
from annotator.labels import FrameState, Instance, KeypointLabel, Origin, Visibility
from annotator.labels import place as placed

pytest_plugins = ("window_fixtures",)

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 90)


@pytest.fixture
def clip(make_window, path, tmp_path, qtbot):
    """A window on a copy of the video, whose project is the test's own."""
    return open_copy(make_window, path, tmp_path, qtbot)


@pytest.fixture
def player(clip):
    return clip.timing.player


@pytest.fixture
def shown(clip):
    """The places that are shown, in order."""
    places = []
    session, timeline = clip.session, clip.timing.timeline
    session.frame_changed.connect(lambda: places.append(timeline.track.place_of(session.frame_id)))
    return places


def reached(qtbot, clip, test):
    qtbot.waitUntil(lambda: test(place_of(clip)), timeout=20000)


def test_space_plays_in_the_timeline_and_stops_where_it_is(clip, player, shown, qtbot):
    view = clip.timing.panel.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert player.playing
    assert player.speed == 1.0
    reached(qtbot, clip, lambda place: place > 8)
    assert not clip.session.can_decide
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert not player.playing
    here = place_of(clip)
    qtbot.waitUntil(lambda: clip.session.can_decide)
    assert place_of(clip) == here
    assert shown == sorted(shown)
    assert not clip.session.passing


def test_the_space_bar_of_the_canvas_still_accepts_and_ctrl_space_plays_there(clip, player, qtbot):
    project = clip.session.project
    first = clip.session.frame_id
    qtbot.keyClick(clip.canvas, Qt.Key.Key_Space, CONTROL)
    assert player.playing
    reached(qtbot, clip, lambda place: place > 2)
    press(clip, qtbot, Qt.Key.Key_Space)
    assert project.state_counts()[FrameState.ACCEPTED] == 0
    qtbot.keyClick(clip.canvas, Qt.Key.Key_Space, CONTROL)
    assert not player.playing
    clip.session.show(first)
    qtbot.waitUntil(lambda: clip.session.frame_id == first and clip.session.can_decide)
    press(clip, qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: project.state_counts()[FrameState.ACCEPTED] == 1)


def test_j_k_and_l_shuttle(clip, player, shown, qtbot):
    view = clip.timing.panel.view
    player.go(50)
    qtbot.waitUntil(lambda: place_of(clip) == 50 and clip.session.can_decide)
    view.setFocus()
    for speed in (1.0, 2.0, 4.0, 4.0):
        qtbot.keyClick(view, Qt.Key.Key_L)
        assert player.speed == speed
    qtbot.keyClick(view, Qt.Key.Key_J)
    assert player.speed == -1.0
    del shown[:]
    reached(qtbot, clip, lambda place: len(set(shown)) > 3)
    assert shown == sorted(shown, reverse=True)
    qtbot.keyClick(view, Qt.Key.Key_J)
    assert player.speed == -2.0
    assert clip.timing.panel.speed.text() == "\u22122\u00d7"
    qtbot.keyClick(view, Qt.Key.Key_K)
    assert not player.playing
    assert clip.timing.panel.speed.text() == ""


def test_with_k_held_j_and_l_are_single_steps(clip, player, qtbot):
    view = clip.timing.panel.view
    player.go(20)
    qtbot.waitUntil(lambda: place_of(clip) == 20 and clip.session.can_decide)
    view.setFocus()
    qtbot.keyPress(view, Qt.Key.Key_K)
    for key, place in ((Qt.Key.Key_L, 21), (Qt.Key.Key_L, 22), (Qt.Key.Key_J, 21)):
        qtbot.keyClick(view, key)
        reached(qtbot, clip, lambda now, place=place: now == place)
        assert not player.playing
    qtbot.keyRelease(view, Qt.Key.Key_K)
    qtbot.keyClick(view, Qt.Key.Key_L)
    assert player.speed == 1.0


def test_playing_asks_the_network_for_nothing_and_stopping_asks_for_one(clip, player, network, qtbot, tmp_path):
    network.predict = lambda rgb: prediction()
    clip.errands.load_network(tmp_path / "fake.safetensors")
    forecaster = clip.session.forecaster
    qtbot.waitUntil(lambda: forecaster.network_id is not None and forecaster.working_on is None, timeout=20000)
    wanted = []
    forecaster.want = lambda row, image: wanted.append(row.index_in_media)
    forecaster.look_ahead = lambda rows: wanted.extend(row.index_in_media for row in rows)
    player.play(1.0)
    reached(qtbot, clip, lambda place: place > 20)
    assert wanted == []
    player.stop()
    assert wanted[0] == place_of(clip)


def test_stored_labels_are_seen_while_it_plays(clip, player, qtbot):
    session = clip.session
    ids = clip.timing.timeline.track.ids
    from annotator.labels import FrameRecord

    for number in range(1, 90):
        labels = placed(session.labels, "CENTER_MARK", (100.0 + number, 90.0))
        session.project.save_record(int(ids[number]), FrameRecord(labels), text="Place")
    seen = {}

    def look():
        if session.passing and session.resolved is not None:
            point = session.resolved.keypoints["CENTER_MARK"]
            seen[clip.timing.timeline.track.place_of(session.frame_id)] = point.position

    session.frame_changed.connect(look)
    player.play(1.0)
    reached(qtbot, clip, lambda place: len(seen) > 5)
    player.stop()
    assert all(at == (100.0 + place, 90.0) for place, at in seen.items() if place)
    assert sum(mark.name == "CENTER_MARK" for mark in clip.canvas._overlay.state.marks) == 1


def test_a_press_on_the_picture_stops_and_is_answered(clip, player, qtbot):
    clip.docks.map.keypoint_chosen.emit("CENTER_MARK")
    player.play(1.0)
    reached(qtbot, clip, lambda place: place > 3)
    click(clip, qtbot, 150.0, 90.0)
    assert not player.playing
    qtbot.waitUntil(lambda: "CENTER_MARK" in clip.session.labels.pitch.keypoints)


def test_another_frame_shown_by_hand_stops_it(clip, player, qtbot):
    player.play(1.0)
    reached(qtbot, clip, lambda place: place > 3)
    clip.session.show(int(clip.timing.timeline.track.ids[60]))
    qtbot.waitUntil(lambda: not player.playing and place_of(clip) == 60)
    qtbot.waitUntil(lambda: clip.session.can_decide)


def test_a_range_is_played_round_and_round(clip, player, shown, qtbot):
    clip.timing.timeline.choose((10, 16))
    player.go(10)
    qtbot.waitUntil(lambda: place_of(clip) == 10 and clip.session.can_decide)
    del shown[:]
    player.play(2.0)
    qtbot.waitUntil(lambda: sum(b < a for a, b in itertools.pairwise(shown)) >= 2, timeout=20000)
    player.stop()
    assert set(shown) <= set(range(10, 17))


def test_the_end_of_the_clip_ends_it_and_play_begins_anew(clip, player, qtbot):
    player.go(84)
    qtbot.waitUntil(lambda: place_of(clip) == 84 and clip.session.can_decide)
    player.play(1.0)
    qtbot.waitUntil(lambda: not player.playing, timeout=20000)
    assert place_of(clip) == 89
    qtbot.waitUntil(lambda: clip.session.can_decide)
    player.toggle()
    reached(qtbot, clip, lambda place: place < 40)
    player.stop()


def test_playing_leaves_one_step_on_the_way_back(clip, player, qtbot):
    player.play(2.0)
    reached(qtbot, clip, lambda place: place > 20)
    player.stop()
    clip.session.go_back(-1)
    qtbot.waitUntil(lambda: place_of(clip) == 0)


def test_images_of_a_folder_are_played_too(make_window, tmp_path, qtbot):
    import cv2
    import numpy as np

    (tmp_path / "shots").mkdir()
    for number in range(40):
        assert cv2.imwrite(str(tmp_path / "shots" / f"{number:04d}.png"), np.full((90, 160, 3), number * 5, np.uint8))
    window = make_window()
    open_folder(window, tmp_path / "shots", qtbot)
    qtbot.waitUntil(lambda: window.timing.timeline.track is not None)
    window.timing.player.play(1.0)
    reached(qtbot, window, lambda place: place > 6)
    window.timing.player.stop()
    assert window.session.rgb[0, 0, 0] == place_of(window) * 5


def test_a_few_unnumbered_pictures_cannot_be_played(window, qtbot, tmp_path):
    open_folder(window, make_frames(tmp_path / "few", 3), qtbot)
    window.actions_.refresh()
    assert not window.actions_["time.play"].isEnabled()
    assert "video" in window.actions_["time.play"].toolTip()


def test_the_picture_and_the_head_move_together_while_dragging(clip, qtbot):
    view = clip.timing.panel.view
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at(view, 5))
    qtbot.mouseMove(view, at(view, 45))
    qtbot.waitUntil(lambda: place_of(clip) == 45 and clip.session.frame_id == clip.session.wanted, timeout=20000)
    assert clip.session.passing
    qtbot.mouseMove(view, QPoint(view.width() + 300, 10))
    assert place_of(clip) == 89
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at(view, 89))
    qtbot.waitUntil(lambda: clip.session.can_decide, timeout=20000)


def test_a_glimpse_has_placed_points_and_strings_along_straight_markings():
    said = Instance(
        keypoints={
            "CENTER_MARK": KeypointLabel((30.0, 40.0), Visibility.OCCLUDED, Origin.HAND),
            "L_PENALTY_MARK": KeypointLabel(None, Visibility.ABSENT),
        },
        markings={
            "Side line top": ((50.0, 10.0), (90.0, 12.0), (10.0, 8.0)),
            "Circle central": ((1.0, 1.0), (2.0, 2.0)),
        },
    )
    seen = glimpse(said, None, size=(100, 80), threshold=0.3)
    point = seen.keypoints["CENTER_MARK"]
    assert (point.position, point.source, point.inside) == ((30.0, 40.0), Source.PLACED, True)
    assert point.visibility is Visibility.OCCLUDED
    assert seen.keypoints["L_PENALTY_MARK"].visibility is Visibility.ABSENT
    assert sorted(seen.curves["Side line top"].path.tolist()) == [[10.0, 8.0], [90.0, 12.0]]
    assert "Circle central" not in seen.curves
    assert seen.solution is None
