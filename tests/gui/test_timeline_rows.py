"""Everybody's row on the timeline of a clip: what is in it, gone to by a press, kept up with edits; words of things."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFont, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QStyleFactory
from test_timeline import Still, scene
from windows import open_folder, press

from annotator.gui import theme
from annotator.gui.carried_change import CarriedChange
from annotator.gui.session import Session
from annotator.gui.timeline_rows import MOST, ROW, ThingRows
from annotator.gui.timeline_strip import Strip
from annotator.gui.timeline_view import TimelineView
from annotator.gui.timeline_words import LABELS, RESIDUAL
from annotator.instances import delete
from annotator.labels import FrameLabels, FrameRecord, Origin
from annotator.store_timeline import HEAD
from annotator.timeline import FILLED, KEY, MOTION
from annotator.timeline_things import Builder

sys.path.append(str(Path(__file__).resolve().parents[1] / "annotator"))
import sprites

pytest_plugins = ("window_fixtures",)

LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier


def opened(make_window, tmp_path, qtbot, frames):
    """A window on a clip with these labels by place."""
    with sprites.project(tmp_path, tmp_path / "frames.touchline") as project:
        ids = project.frame_ids()
        records = {ids[place]: FrameRecord(labels) for place, labels in frames.items()}
        project.save_records(records, text="Label", expected=dict.fromkeys(records, FrameRecord()))
    window = make_window()
    open_folder(window, tmp_path / "frames.touchline", qtbot)
    qtbot.waitUntil(lambda: window.timing.timeline.track is not None, timeout=20000)
    qtbot.waitUntil(lambda: not window.timing.panel.identities.busy, timeout=20000)
    return window


@pytest.fixture
def window(make_window, tmp_path, qtbot):
    """Number 0 in frames 1 to 6 and 11 to 16, number 1 in 4 to 9; every third labelled by hand, the others tracked."""
    frames: dict[int, FrameLabels] = {}
    for place in range(16):
        origin = Origin.HAND if place % 3 == 0 else Origin.PROPAGATED
        there = [n for n, spans in ((0, (range(6), range(10, 16))), (1, (range(3, 9),)))
                 if any(place in span for span in spans)]  # fmt: skip
        frames[place] = FrameLabels(tuple(sprites.labelled(n, place, n, origin) for n in there))
    return opened(make_window, tmp_path, qtbot, frames)


@pytest.fixture
def rows(window):
    return window.timing.panel.rows


def spot(window, number: int, place: float) -> QPoint:
    """Where the middle of a frame is in a row."""
    rows, view = window.timing.panel.rows, window.timing.panel.view
    y = rows.numbers.index(number) * ROW + ROW // 2 + 2 - rows.bar.value()
    return QPoint(round(view.axis.x(place + 0.5)), y)


def rested(window, qtbot, place):
    session = window.session
    qtbot.waitUntil(
        lambda: window.timing.timeline.place == place and session.can_decide and not session.passing, timeout=20000
    )


def test_gaps_and_who_said_it_are_in_the_rows(window, rows):
    lanes = window.timing.panel.identities.lanes
    assert rows.numbers == (0, 1)
    assert [lanes.lanes[0].at(place) for place in (0, 1, 3, 5, 6, 9, 10, 12, 15)] == [
        KEY, MOTION, KEY, MOTION, 0, 0, MOTION, KEY, KEY,
    ]  # fmt: skip
    assert rows.isVisible()
    assert "Brought by tracking" in rows.tip_at(spot(window, 1, 4))
    assert "Not in this frame" in rows.tip_at(spot(window, 0, 7))
    assert "in 12 frames, from frame 1 to 16" in rows.tip_at(QPoint(30, spot(window, 0, 0).y()))


def test_a_press_goes_to_the_frame_and_works_on_that_person(window, rows, qtbot):
    qtbot.mouseClick(rows, LEFT, PLAIN, spot(window, 1, 5))
    rested(window, qtbot, 5)
    assert window.session.people.active == 1
    qtbot.mouseClick(rows, LEFT, PLAIN, spot(window, 0, 4))
    rested(window, qtbot, 4)
    assert window.session.people.active == 0
    assert not window.session.stack.canUndo()


def test_a_press_in_a_gap_goes_there_and_begins_nobody_new(window, rows, qtbot):
    qtbot.mouseClick(rows, LEFT, PLAIN, spot(window, 0, 7))
    rested(window, qtbot, 7)
    assert window.session.people.active == 1
    assert not window.session.people.is_new


def test_a_drag_scrubs_and_ends_with_the_person_whose_row_it_was(window, rows, qtbot):
    qtbot.mousePress(rows, LEFT, PLAIN, spot(window, 1, 4))
    for place in (5, 6, 7):
        qtbot.mouseMove(rows, spot(window, 1, place))
    assert window.session.passing
    qtbot.mouseRelease(rows, LEFT, PLAIN, spot(window, 1, 7))
    rested(window, qtbot, 7)
    assert window.session.people.active == 1


def test_a_press_on_a_number_goes_to_the_nearest_frame_with_it(window, rows, qtbot):
    assert window.timing.timeline.place == 0
    qtbot.mouseClick(rows, LEFT, PLAIN, QPoint(40, spot(window, 1, 0).y()))
    rested(window, qtbot, 3)
    assert window.session.people.active == 1


def test_edits_undo_and_tracking_are_seen_at_once(window, rows, qtbot):
    identities, session = window.timing.panel.identities, window.session
    session.edit(delete(session.labels, 0), text="Delete")
    session.end_gesture()
    qtbot.waitUntil(lambda: identities.lanes.lanes[0].at(0) == 0)
    session.stack.undo()
    qtbot.waitUntil(lambda: identities.lanes.lanes[0].at(0) == KEY)
    window.timing.tracking.renumber(1, 7)
    qtbot.waitUntil(lambda: rows.numbers == (0, 7), timeout=20000)
    assert identities.lanes.lanes[7].at(4) == KEY


def test_more_than_fit_scroll_with_the_wheel_and_the_active_one_comes_into_view(make_window, tmp_path, qtbot):
    crowd = FrameLabels(tuple(sprites.labelled(n % 2, 0, n) for n in range(40)))
    window = opened(make_window, tmp_path, qtbot, {0: crowd, 1: crowd})
    rows = window.timing.panel.rows
    assert rows.height() <= rows.height_of(MOST)
    assert rows.bar.isVisible()
    where = QPointF(300.0, 10.0)
    wheel = QWheelEvent(where, QPointF(rows.mapToGlobal(where)), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
                        PLAIN, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(rows, wheel)
    assert rows.row_at(ROW / 2 + 2) == 3
    window.session.choose_thing(39)
    assert rows.row_at(rows.height() - ROW / 2 - 2) == 39
    press(window, qtbot, Qt.Key.Key_G)
    assert rows.row_at(ROW / 2 + 2) == 0


def test_the_rows_zoom_with_the_lanes(window, rows, qtbot):
    before = rows.grab().toImage()
    window.timing.panel.view.zoom(4.0, about=300.0)
    QApplication.processEvents()
    after = rows.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    assert before.convertToFormat(QImage.Format.Format_RGB32) != after


def test_every_lane_speaks_of_things(window):
    panel = window.timing.panel
    assert panel.view.subject.many
    tips = {name: panel.view.tip_at(QPoint(20, lane.center().y())) for name, lane in panel.view._rects.lanes.items()}
    assert "size of its thing" in tips[RESIDUAL]
    assert "tracking" in tips[LABELS]
    assert panel.view.text_of(1).endswith("Brought by tracking")


def test_the_distance_is_that_of_labels_from_the_network(make_window, tmp_path, qtbot):
    with sprites.project(tmp_path, tmp_path / "frames.touchline") as project:
        first, second, *_ = project.frame_ids()
        for place, frame_id in enumerate((first, second)):
            project.save_people(frame_id, sprites.seen(place))
            # The labels of the second frame lie a frame's walk beside what the network sees there.
            project.save_record(frame_id, FrameRecord(sprites.labels(0, 0, 1)), text="Label")
    window = make_window()
    open_folder(window, tmp_path / "frames.touchline", qtbot)
    timeline = window.timing.timeline
    qtbot.waitUntil(lambda: timeline.track is not None, timeout=20000)
    window.reviewing.queue.wake()
    qtbot.waitUntil(lambda: timeline.track.residual[1] > 5.0, timeout=30000)
    assert "% of its size from the network" in window.timing.panel.view.text_of(1)


def test_a_distance_goes_with_the_labels_that_it_was_of(make_window, tmp_path, qtbot):
    with sprites.project(tmp_path, tmp_path / "frames.touchline") as project:
        first, second, *_ = project.frame_ids()
        for place, frame_id in enumerate((first, second)):
            project.save_people(frame_id, sprites.seen(place))
        project.save_record(first, FrameRecord(sprites.labels(0, 0, 1)), text="Label")
    window = make_window()
    open_folder(window, tmp_path / "frames.touchline", qtbot)
    timeline, session = window.timing.timeline, window.session
    qtbot.waitUntil(lambda: timeline.track is not None, timeout=20000)
    change = CarriedChange({second: FrameRecord()}, {second: FrameRecord(sprites.labels(0, 0, 1))}, "Track")
    window.timing.carrying.changes.make(change)
    qtbot.waitUntil(session.stack.canUndo, timeout=20000)
    window.reviewing.queue.wake()
    qtbot.waitUntil(lambda: timeline.track.residual[1] > 5.0, timeout=30000)
    session.undo()
    qtbot.waitUntil(lambda: np.isnan(timeline.track.residual[1]), timeout=30000)
    assert timeline.track.residual[0] < 1.0


def test_the_confidence_is_that_of_the_points_of_everybody(make_window, tmp_path, qtbot):
    with sprites.project(tmp_path, tmp_path / "frames.touchline") as project:
        first, second, third, *_ = project.frame_ids()
        project.save_people(first, sprites.seen(0))
        project.save_people(second, sprites.seen(1, people=()))
        # So many that the beginning of what is stored does not hold them.
        rng = np.random.default_rng(1)
        crowd = [replace(one, xy=one.xy + rng.normal(size=one.xy.shape), sd=rng.random(17), confidence=np.full(17, 0.7))
                 for one in sprites.seen(2).instances * 200]  # fmt: skip
        many = sprites.seen(2).with_instances(tuple(crowd))
        assert len(many.to_bytes()) > HEAD
        project.save_people(third, many)
    window = make_window()
    open_folder(window, tmp_path / "frames.touchline", qtbot)
    timeline = window.timing.timeline
    qtbot.waitUntil(lambda: timeline.track is not None and np.isfinite(timeline.track.confidence[0]), timeout=20000)
    assert timeline.track.confidence[:3] == pytest.approx([0.9, 0.0, 0.7], abs=0.01)
    assert np.isnan(timeline.track.confidence[3:]).all()


def test_filled_frames_are_told_from_tracked_ones(make_window, tmp_path, qtbot):
    from annotator.labels import Carried, How

    one = sprites.labelled(0, 1, 0, Origin.PROPAGATED)
    window = opened(make_window, tmp_path, qtbot, {
        0: sprites.labels(0, 0), 1: FrameLabels((replace(one, link=Carried(("a", "b"), How.INTERPOLATED)),)),
    })  # fmt: skip
    assert window.timing.panel.identities.lanes.lanes[0].at(1) == FILLED
    assert window.timing.timeline.track.said[:3].tolist() == [KEY, FILLED, 0]


class StillThings(QObject):
    """What is known of everybody, standing still."""

    changed = Signal()
    active = 2
    awaited = True

    def __init__(self, lanes):
        super().__init__()
        self.lanes = lanes


def everybody():
    """Nine people: labelled, tracked, filled in, gone for a while, there for a single frame."""
    builder = Builder()
    for place in range(240):
        some = [number for number in range(6) if 20 * number <= place < 240 - 9 * number]
        here = {number: KEY if place % 40 == 0 else (MOTION, FILLED)[number % 2] for number in some}
        here |= {6: KEY} if place == 120 else {}
        here |= {17: MOTION} if place < 60 or 75 < place < 130 or place > 200 else {}
        here |= {123: KEY} if place % 2 else {}
        builder.add(place, here)
    return builder.lanes()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_rows_look_as_they_did(qtbot, check_picture, scheme):
    QApplication.setStyle(QStyleFactory.create("Fusion"))
    theme.apply(QApplication.instance(), theme.Scheme(scheme))
    session = Session()
    try:
        timeline = Still(scene(), 72, (110, 130))
        view = TimelineView(timeline, Strip(session))
        rows = ThingRows(timeline, StillThings(everybody()), view)
        font = QFont("DejaVu Sans")
        font.setPixelSize(12)
        for widget in (view, rows):
            qtbot.addWidget(widget)
            widget.setFont(font)
        view.resize(900, 120)
        view._on_changed()
        rows.resize(900, rows.height_of(MOST))
        with qtbot.waitExposed(rows):
            view.show()
            rows.show()
        check_picture(rows.grab().toImage().convertToFormat(QImage.Format.Format_RGB32), f"rows_{scheme}")
    finally:
        session.close()
        theme.apply(QApplication.instance(), theme.Scheme.LIGHT)


def test_the_first_person_of_a_clip_moves_nothing(make_window, tmp_path, qtbot):
    window = opened(make_window, tmp_path, qtbot, {})
    rows, canvas, session = window.timing.panel.rows, window.canvas, window.session
    qtbot.waitUntil(lambda: session.can_decide and not window.timing.panel.identities.busy)
    assert rows.isVisible()
    assert not rows.numbers
    rested(window, qtbot, 0)
    before = canvas.size(), canvas.mapFromScene(QPointF(40.0, 30.0))
    heights = []
    window.timing.panel.identities.changed.connect(lambda: heights.append(rows.height()))
    session.edit(sprites.labels(0, 0), text="Label")
    session.end_gesture()
    qtbot.waitUntil(lambda: rows.numbers == (0,))
    for _ in range(3):
        QApplication.processEvents()
    assert set(heights) == {rows.height()}
    assert (canvas.size(), canvas.mapFromScene(QPointF(40.0, 30.0))) == before
    for number in (1, 2):
        session.edit(FrameLabels(tuple(sprites.labelled(n % 2, n, n) for n in range(number + 1))), text="Label")
        session.end_gesture()
    qtbot.waitUntil(lambda: rows.numbers == (0, 1, 2))
    for _ in range(3):
        QApplication.processEvents()
    assert (canvas.size(), canvas.mapFromScene(QPointF(40.0, 30.0))) == before
    # Taken back, they move nothing either.
    for _ in range(3):
        session.undo()
    qtbot.waitUntil(lambda: not rows.numbers)
    for _ in range(3):
        QApplication.processEvents()
    assert (canvas.size(), canvas.mapFromScene(QPointF(40.0, 30.0))) == before
