"""Carrying labels in the window: to the neighbour, on until unsure, from all accepted frames, and filled in between."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt
from window_clips import open_copy, place_of
from windows import press

from annotator.gui.carry_runs import Leg, legs_of_all
from annotator.gui.carry_words import carried_text, stop_text
from annotator.gui.dialogs.carry_all import CarryAllDialog
from annotator.gui.dialogs.choose_frames import ChooseFramesDialog
from annotator.gui.panels.choice_note import ChoiceNote
from annotator.gui.panels.map_states import LineState
from annotator.gui.view_state import Glyph
from annotator.labels import EMPTY, Decision, FrameRecord, FrameState, How, Origin, Review, set_marking
from annotator.labels import place as placed
from annotator.motion import End, Stop
from annotator.pitch import MARKINGS
from annotator.synthetic.clip import still
from annotator.timeline import FILLED, KEY, MOTION, Track

sys.path.append(str(Path(__file__).resolve().parents[1] / "annotator"))
from rendered_clip import SIZE, panned, said_of

pytest_plugins = ("window_fixtures",)

COUNT, CUT = 14, 12
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def truth():
    return panned(CUT)


@pytest.fixture(scope="module")
def path(tmp_path_factory, truth):
    """A rendered clip of 12 frames of a camera that pans, and 2 of another shot."""
    path = tmp_path_factory.mktemp("rendered") / "clip.mp4"
    other = still(COUNT - CUT, SIZE)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"crf": "12"}
        for number in range(COUNT):
            rgb = (truth.frame(number) if number < CUT else other.frame(number - CUT)).rgb
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


@pytest.fixture
def clip(make_window, path, tmp_path, qtbot):
    return open_copy(make_window, path, tmp_path, qtbot)


@pytest.fixture
def accept(clip, truth, qtbot):
    """Label and accept frames as a person does."""

    def accept(*numbers):
        session = clip.session
        for number in numbers:
            session.show(int(clip.timing.timeline.track.ids[number]))
            qtbot.waitUntil(lambda: session.wanted == session.frame_id and session.can_decide, timeout=20000)
            review = Review(Decision.ACCEPTED)
            session.decide(review, text="Accept frame", labels=said_of(truth, number))
        session.show(int(clip.timing.timeline.track.ids[numbers[0]]))
        qtbot.waitUntil(lambda: session.wanted == session.frame_id and session.can_decide, timeout=20000)

    return accept


def at_rest(clip, qtbot):
    timing = clip.timing

    def rests():
        idle = not (timing.carrying.running or timing.carrying.changes.busy or clip.errands.job.running)
        return idle and clip.session.can_decide

    qtbot.waitUntil(rests, timeout=60000)


def stored(clip, number):
    return clip.session.project.record(int(clip.timing.timeline.track.ids[number]))


def carried_frames(clip):
    return [n for n in range(COUNT) if stored(clip, n).labels.pitch.holds_carried]


# To the neighbour


def test_the_pitch_map_shows_the_frames_that_labels_are_carried_to_on_the_way(clip, accept, truth, qtbot):
    accept(4)
    board, session = clip.docks.map, clip.session
    qtbot.waitUntil(lambda: LineState.DRAWN in board.state.lines.values())
    drawn = [name for name, state in board.state.lines.items() if state is LineState.DRAWN]
    fewer = said_of(truth, 6)
    fewer = set_marking(fewer, drawn[0], ())
    frame_id = int(clip.timing.timeline.track.ids[6])
    session.glance(frame_id, truth.frame(6).rgb, FrameRecord(fewer))
    assert session.passing
    qtbot.waitUntil(lambda: board.state.lines[drawn[0]] is not LineState.DRAWN)
    assert board.state.lines[drawn[1]] is LineState.DRAWN
    base = board.grab().toImage()
    session.glance(int(clip.timing.timeline.track.ids[7]), truth.frame(7).rgb, FrameRecord())
    qtbot.waitUntil(lambda: board.state.lines[drawn[1]] is not LineState.DRAWN)
    assert board.grab().toImage() != base


def test_a_bracket_carries_to_the_neighbour_and_goes_there(clip, accept, truth, qtbot):
    accept(4)
    press(clip, qtbot, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: place_of(clip) == 5, timeout=60000)
    at_rest(clip, qtbot)
    link = clip.session.labels.pitch.link
    assert link.how is How.MOTION
    assert link.frames == (clip.session.project.row(int(clip.timing.timeline.track.ids[4])).name,)
    assert clip.timing.timeline.track.said[5] == MOTION
    assert clip.timing.panel.note.whole == "Carried from frame 5"
    assert clip.session.record.review.decision is Decision.OPEN
    best = dict(clip.session.labels.pitch.markings)
    for name, clicks in said_of(truth, 5).pitch.markings.items():
        if not MARKINGS[name].is_round and name in best:
            line = np.array(clicks)
            along = (line[1] - line[0]) / np.linalg.norm(line[1] - line[0])
            off = (np.array(best[name]) - line[0]) @ np.array([-along[1], along[0]])
            assert np.abs(off).max() < 2.0, name
    press(clip, qtbot, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: place_of(clip) == 6, timeout=60000)
    at_rest(clip, qtbot)
    assert clip.session.labels.pitch.link.frames == link.frames


def test_carried_points_are_triangles_that_say_where_they_come_from(clip, accept, qtbot):
    accept(4)
    session = clip.session
    session.edit(placed(session.labels, "CENTER_MARK", (300.0, 200.0)), text="Place")
    press(clip, qtbot, Qt.Key.Key_BracketLeft)
    qtbot.waitUntil(lambda: place_of(clip) == 3, timeout=60000)
    at_rest(clip, qtbot)
    qtbot.waitUntil(lambda: session.resolved.keypoints["CENTER_MARK"].origin is Origin.PROPAGATED)
    state = clip.canvas._overlay.state
    mark = next(mark for mark in state.marks if mark.name == "CENTER_MARK")
    assert mark.glyph is Glyph.CARRIED
    assert "Carried from another frame" in mark.text
    assert all(click.carried for click in state.clicks)
    before = session.project.history(session.frame_id)
    assert before[-1].text == "Carry labels to the next frame"


def test_one_step_takes_it_back_and_makes_it_again(clip, accept, qtbot):
    accept(4)
    press(clip, qtbot, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: carried_frames(clip) == [5], timeout=60000)
    at_rest(clip, qtbot)
    clip.session.undo()
    qtbot.waitUntil(lambda: carried_frames(clip) == [] and not clip.timing.carrying.changes.busy, timeout=20000)
    assert stored(clip, 4).review.decision is Decision.ACCEPTED
    clip.session.redo()
    qtbot.waitUntil(lambda: carried_frames(clip) == [5], timeout=20000)


def test_a_neighbour_with_labels_of_its_own_is_shown_and_left_alone(clip, accept, qtbot):
    accept(4, 5)
    before = stored(clip, 5)
    press(clip, qtbot, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: place_of(clip) == 5)
    assert stored(clip, 5) == before
    assert "labels of its own" in clip.status.hint.whole


def test_nothing_is_carried_from_a_frame_without_labels(clip, qtbot):
    press(clip, qtbot, Qt.Key.Key_BracketRight)
    assert place_of(clip) == 0
    assert "Label this frame first" in clip.status.hint.whole
    assert not clip.timing.carrying.running


def test_an_empty_frame_gets_the_labels_of_the_one_beside_it(clip, accept, qtbot):
    accept(4)
    clip.session.show(clip.session.order.ids[5])
    qtbot.waitUntil(lambda: place_of(clip) == 5 and clip.session.frame_id == clip.session.wanted)
    press(clip, qtbot, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: carried_frames(clip) == [5], timeout=60000)
    at_rest(clip, qtbot)
    assert place_of(clip) == 5


# On until unsure


def test_carrying_on_ends_at_the_cut_says_so_and_is_one_step(clip, accept, qtbot):
    accept(6)
    steps = clip.session.stack.count()
    shown = []
    clip.session.frame_changed.connect(lambda: shown.append(place_of(clip)))
    qtbot.keyClick(clip.canvas, Qt.Key.Key_BracketRight, SHIFT)
    qtbot.waitUntil(lambda: clip.timing.carrying.running)
    assert clip.errands.current.title == "Carrying labels"
    at_rest(clip, qtbot)
    assert carried_frames(clip) == [7, 8, 9, 10, 11]
    assert "Labels carried to frames: 5. Stopped before frame 13: the picture cuts" in clip.message.text
    assert clip.session.stack.count() == steps + 1
    qtbot.waitUntil(lambda: place_of(clip) == 11)
    assert clip.timing.timeline.track.said[7:12].tolist() == [MOTION] * 5
    clip.session.undo()
    qtbot.waitUntil(lambda: carried_frames(clip) == [], timeout=20000)


def test_frames_are_shown_as_they_come_and_escape_stops(clip, accept, qtbot):
    accept(0)
    shown = []
    clip.session.frame_changed.connect(lambda: shown.append((clip.session.passing, not clip.session.labels.is_empty)))
    qtbot.keyClick(clip.canvas, Qt.Key.Key_BracketRight, SHIFT)
    qtbot.waitUntil(lambda: len(shown) >= 2, timeout=60000)
    assert shown[0] == (True, True)
    qtbot.keyClick(clip.canvas, Qt.Key.Key_Escape)
    at_rest(clip, qtbot)
    done = carried_frames(clip)
    assert done == list(range(1, len(done) + 1))
    assert len(done) >= 2


def test_a_run_ends_before_a_frame_with_labels_and_in_the_range(clip, accept, qtbot):
    accept(2, 6)
    before = stored(clip, 6)
    clip.timing.carrying.carry_on(1)
    at_rest(clip, qtbot)
    assert carried_frames(clip) == [3, 4, 5]
    assert "which has labels of its own" in clip.message.text
    assert stored(clip, 6) == before
    clip.session.show(int(clip.timing.timeline.track.ids[6]))
    at_rest(clip, qtbot)
    clip.timing.timeline.choose((6, 8))
    clip.timing.carrying.carry_on(1)
    at_rest(clip, qtbot)
    assert carried_frames(clip) == [3, 4, 5, 7, 8]


def test_what_a_person_says_meanwhile_stays(clip, accept, qtbot):
    from annotator.gui.carried_change import CarriedChange, written

    accept(2)
    project, ids = clip.session.project, clip.timing.timeline.track.ids
    frame = int(ids[5])
    own = FrameRecord(placed(EMPTY, "CENTER_MARK", (1.0, 2.0)))
    project.save_record(frame, own, text="Place")
    other = FrameRecord(placed(EMPTY, "CENTER_MARK", (9.0, 9.0), origin=Origin.PROPAGATED))
    change = CarriedChange({frame: FrameRecord()}, {frame: other}, "Carry")
    assert written(project, change.after, change.before, text="Carry", author="") == {}
    assert project.record(frame) == own


def test_a_long_run_is_stored_on_the_way_and_still_one_step(clip, accept, qtbot, monkeypatch):
    accept(1)
    monkeypatch.setattr("annotator.gui.carry_runs.KEEP_SECONDS", 0.0)
    parts, steps = [], clip.session.stack.count()
    clip.timing.carrying._kept.connect(lambda token, stored: parts.append(dict(stored)))
    clip.timing.carrying.carry_on(1)
    qtbot.waitUntil(lambda: len(parts) >= 2, timeout=60000)
    assert clip.session.project.record(next(iter(parts[0]))).labels.pitch.holds_carried
    at_rest(clip, qtbot)
    assert carried_frames(clip) == list(range(2, 12))
    assert clip.session.stack.count() == steps + 1
    assert len(clip.session.project.history(next(iter(parts[0])))) == 1
    clip.session.undo()
    qtbot.waitUntil(lambda: carried_frames(clip) == [], timeout=20000)


# From all accepted frames


def track_with(count, cuts=()):
    empty = np.zeros(count, dtype=np.uint8)
    nothing = np.full(count, np.nan, dtype=np.float32)
    return Track(1, np.arange(count), empty, empty, nothing, nothing, cuts=np.array(cuts, dtype=np.int64))


def test_every_frame_is_reached_from_the_nearest_key_frame_and_none_over_a_cut():
    track = track_with(100, cuts=[50])
    legs = legs_of_all(track, [10, 30, 60], 1000)
    assert set(legs) == {Leg(10, 20), Leg(10, 0), Leg(30, 49), Leg(30, 21), Leg(60, 99), Leg(60, 50)}
    reached = [n for leg in legs for n in range(min(leg.start, leg.until), max(leg.start, leg.until) + 1)]
    assert sorted({*reached}) == list(range(100))
    assert all(leg.length <= 5 for leg in legs_of_all(track, [10, 30, 60], 5))


def test_all_accepted_frames_are_carried_after_a_look_at_how_many(clip, accept, qtbot):
    accept(3, 8)
    clip.actions_["time.carryAll"].trigger()
    dialog = next(child for child in clip.findChildren(CarryAllDialog) if child.isVisible())
    assert "Accepted frames: 2. Frames that may get labels from them: 10." in dialog.preview.text()
    dialog.farthest.setValue(1)
    assert "from them: 4." in dialog.preview.text()
    steps = clip.session.stack.count()
    qtbot.mouseClick(dialog.carry, Qt.MouseButton.LeftButton)
    at_rest(clip, qtbot)
    assert carried_frames(clip) == [2, 4, 7, 9]
    assert clip.session.stack.count() == steps + 1
    assert clip.message.text.startswith("Labels carried to frames: 4")


def test_without_an_accepted_frame_there_is_no_dialog(clip, qtbot):
    clip.actions_["time.carryAll"].trigger()
    assert "Accept a labelled frame first" in clip.message.text
    assert not [child for child in clip.findChildren(CarryAllDialog) if child.isVisible()]


# Filled in


def test_the_stretch_between_two_key_frames_is_filled_and_linked_to_both(clip, accept, qtbot):
    accept(1, 7)
    press(clip, qtbot, Qt.Key.Key_I)
    at_rest(clip, qtbot)
    track = clip.timing.timeline.track
    qtbot.waitUntil(lambda: clip.timing.timeline.track.said[2:7].tolist() == [FILLED] * 5, timeout=20000)
    links = [stored(clip, n).labels.pitch.link for n in range(2, 7)]
    names = {clip.session.project.row(int(track.ids[n])).name for n in (1, 7)}
    assert all(link.how is How.INTERPOLATED and set(link.frames) == names for link in links)
    assert "Filled in between frames 2 and 8: 5" in clip.message.text
    clip.session.show(int(track.ids[4]))
    qtbot.waitUntil(lambda: clip.timing.panel.note.whole == "Filled in between frames 2 and 8", timeout=20000)
    clip.session.undo()
    qtbot.waitUntil(lambda: carried_frames(clip) == [], timeout=20000)
    assert clip.timing.timeline.track.said[1] == KEY


def test_filled_frames_follow_a_changed_key_frame_and_undo_takes_both_back(clip, accept, qtbot):
    accept(1, 7)
    clip.timing.filling.fill()
    at_rest(clip, qtbot)
    qtbot.waitUntil(lambda: len(carried_frames(clip)) == 5, timeout=20000)
    before = stored(clip, 3)
    session = clip.session
    name, clicks = next((n, c) for n, c in session.labels.pitch.markings.items() if not MARKINGS[n].is_round)
    moved = tuple((x + 6.0, y + 3.0) for x, y in clicks)
    session.edit(set_marking(session.labels, name, moved), text="Move")
    qtbot.waitUntil(lambda: stored(clip, 3) != before, timeout=60000)
    at_rest(clip, qtbot)
    assert stored(clip, 3).labels.pitch.link.how is How.INTERPOLATED
    session.undo()
    qtbot.waitUntil(lambda: stored(clip, 3) == before, timeout=60000)
    at_rest(clip, qtbot)
    session.undo()
    qtbot.waitUntil(lambda: carried_frames(clip) == [], timeout=20000)


def test_filling_says_what_it_needs(clip, accept, qtbot):
    accept(3)
    clip.timing.filling.fill()
    assert "Two accepted frames are needed" in clip.message.text
    assert clip.session.project.state_counts()[FrameState.ACCEPTED] == 1


# The clip as a whole


def test_a_fixed_camera_is_refused_with_a_reason_and_forgotten_where_it_was_known(clip, accept, qtbot):
    accept(2)
    clip.actions_["time.tripod"].trigger()
    at_rest(clip, qtbot)
    assert clip.message.text.startswith("No fixed camera. Label 3 more frames fully")


def test_a_fixed_camera_that_is_believed_is_said_and_used_and_can_be_forgotten(clip, accept, qtbot, monkeypatch):
    from annotator.tripod import Tripod
    from annotator.tripod_prior import Standing
    from annotator.tripod_store import standing_of

    accept(2)
    standing = Standing(np.array([3.0, 62.0, -17.0]), np.eye(3) * 0.01)
    frames = ("a", "b", "c", "d")
    monkeypatch.setattr("annotator.tripod_store.tripod_of", lambda sightings: Tripod(standing, "", frames))
    clip.actions_["time.tripod"].trigger()
    at_rest(clip, qtbot)
    assert "3.0 m along and 62.0 m across from the centre spot, 17.0 m up" in clip.message.text
    assert "as 4 frames agree" in clip.message.text
    assert standing_of(clip.session.project, clip.session.frame_id) is not None
    found = clip.session.resolved.solution
    assert np.allclose(found.params[3:6], standing.position, atol=0.5)
    toast = clip.message.toasts[-1]
    qtbot.mouseClick(toast.buttons[0], Qt.MouseButton.LeftButton)
    assert standing_of(clip.session.project, clip.session.frame_id) is None


def test_the_frames_that_differ_most_are_listed_and_all_again(clip, qtbot):
    clip.actions_["time.choose"].trigger()
    dialog = next(child for child in clip.findChildren(ChooseFramesDialog) if child.isVisible())
    dialog.count.setValue(4)
    qtbot.mouseClick(dialog.choose, Qt.MouseButton.LeftButton)
    note = clip.docks.frames.findChild(ChoiceNote)
    qtbot.waitUntil(lambda: len(clip.session.order.ids) == 4, timeout=60000)
    assert note.isVisible()
    assert note.text.text() == "Frames to label: 4"
    assert clip.session.wanted == clip.session.order.ids[0]
    at_rest(clip, qtbot)
    clip.activateWindow()
    qtbot.waitUntil(clip.isActiveWindow)
    press(clip, qtbot, Qt.Key.Key_D)
    qtbot.waitUntil(lambda: clip.session.wanted == clip.session.order.ids[1])
    assert clip.timing.timeline.track is not None
    qtbot.mouseClick(note.all, Qt.MouseButton.LeftButton)
    assert len(clip.session.order.ids) == COUNT
    assert not note.isVisible()


def test_cuts_are_told_when_they_are_asked_for(clip, qtbot):
    clip.actions_["time.findCuts"].trigger()
    qtbot.waitUntil(lambda: clip.message.text == "Cuts found: 1, damaged frames: 0", timeout=20000)


# Words


@pytest.mark.parametrize("reason", list(Stop))
def test_every_reason_to_stop_is_a_sentence(reason):
    text = stop_text(End(reason, 41, 0.12, 0.3))
    if reason is Stop.END:
        assert text == ""
        return
    assert text.startswith("Stopped before frame 42")
    assert "{" not in text
    assert carried_text(3, End(reason, 41, 0.12, 0.3)) == f"Labels carried to frames: 3. {text}"
