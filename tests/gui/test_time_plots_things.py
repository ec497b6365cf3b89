"""Curves over time of a person: of the one that is worked on, broken where they are not, as the scheme has points."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from windows import open_folder, press

from annotator.labels import EMPTY, FrameLabels, FrameRecord, Visibility, place, set_visibility
from annotator.time_series import Moment, thing_moment

sys.path.append(str(Path(__file__).resolve().parents[1] / "annotator"))
import sprites

pytest_plugins = ("window_fixtures",)

NOSE = sprites.COCO.keypoints[0]


def moment(labels, seen=(), number=0) -> Moment:
    return thing_moment(labels, seen, sprites.COCO, number, size=sprites.SIZE, threshold=0.3)


def test_a_moment_of_a_person_has_what_was_said_and_how_sure_the_network_is_of_them():
    seen = sprites.seen(3).instances
    found = moment(sprites.labels(3, 0, 1), seen, 1)
    assert found.points[NOSE] == tuple(sprites.points(1, 3)[0])
    assert found.confidence[NOSE] == pytest.approx(0.9)
    assert moment(sprites.labels(3, 0, 1), (), 1).confidence == {}


def test_whom_nobody_labelled_has_no_number_and_what_is_absent_no_place():
    assert moment(EMPTY, sprites.seen(3).instances) == Moment()
    assert moment(sprites.labels(3, 4), (), 0) == Moment()
    gone = set_visibility(place(place(EMPTY, NOSE, (5.0, 6.0)), "left_eye", (7.0, 8.0)), NOSE, Visibility.ABSENT)
    assert moment(gone).points == {"left_eye": (7.0, 8.0)}


@pytest.fixture
def window(make_window, tmp_path, qtbot):
    """Number 0 in frames 1 to 10, number 1 in 6 to 10."""
    with sprites.project(tmp_path, tmp_path / "frames.touchline") as project:
        for n, frame_id in enumerate(project.frame_ids()[:10]):
            labels = sprites.labels(n, 0, 1) if n >= 5 else FrameLabels((sprites.labelled(0, n, 0),))
            project.save_record(frame_id, FrameRecord(labels), text="Label")
    window = make_window()
    open_folder(window, tmp_path / "frames.touchline", qtbot)
    qtbot.waitUntil(lambda: window.timing.timeline.track is not None, timeout=20000)
    window.timing.player.go(6)
    qtbot.waitUntil(lambda: window.timing.timeline.place == 6 and window.session.can_decide, timeout=20000)
    return window


def curve(window) -> dict[int, float]:
    """What is plotted, by frame."""
    numbers, values = window.timing.panel.plots.curve.getOriginalDataset()
    if numbers is None:
        return {}
    return {int(n): float(value) for n, value in zip(numbers, values, strict=True) if np.isfinite(value)}


def test_the_curve_is_of_the_person_who_is_worked_on(window, qtbot):
    window.actions_["time.plots"].trigger()
    plots = window.timing.panel.plots
    assert [plots.kind.itemData(n) for n in range(plots.kind.count())] == ["x", "y", "confidence"]
    assert plots.point.count() == 17
    qtbot.waitUntil(lambda: len(curve(window)) == 10, timeout=20000)
    assert curve(window)[7] == pytest.approx(sprites.points(0, 7)[0, 0])
    press(window, qtbot, Qt.Key.Key_G)
    assert window.session.people.active == 1
    qtbot.waitUntil(lambda: sorted(curve(window)) == [5, 6, 7, 8, 9], timeout=20000)
    assert curve(window)[7] == pytest.approx(sprites.points(1, 7)[0, 0])
    qtbot.waitUntil(lambda: plots.note.text() == "Number 1")
    press(window, qtbot, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: len(curve(window)) == 10, timeout=20000)


def test_the_curve_follows_an_edit(window, qtbot):
    window.actions_["time.plots"].trigger()
    qtbot.waitUntil(lambda: len(curve(window)) == 10, timeout=20000)
    session = window.session
    session.edit(place(session.labels, NOSE, (33.0, 44.0)), text="Place")
    session.end_gesture()
    qtbot.waitUntil(lambda: curve(window).get(6) == 33.0, timeout=20000)
