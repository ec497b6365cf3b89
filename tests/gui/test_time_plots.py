"""Curves over time: what they are made of, where they break, and how they follow what is done."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from window_clips import make_clip, open_clip, place_of
from windows import DRAWN, SIZE

from annotator.labels import EMPTY, FrameRecord, Instance, Origin, place
from annotator.pitch import KEYPOINTS
from annotator.project import Project
from annotator.time_series import Moment, Quantity, broken_at, moment_of, moments, series
from model.heatmaps import Prediction, PredictionError, stored_points

pytest_plugins = ("window_fixtures",)


def predicted(**points):
    names = tuple(KEYPOINTS)
    xy, confidence = np.zeros((len(names), 2)), np.zeros(len(names))
    for name, (x, y, sure) in points.items():
        xy[names.index(name)], confidence[names.index(name)] = (x, y), sure
    maps = np.zeros((len(names) + 1, 4, 4), dtype=np.uint8)
    return Prediction(
        names=names, xy=xy, confidence=confidence, sd=np.ones(len(names)), heatmaps=maps, image_size=SIZE,
        network="n", scale=(1.0, 1.0), offset=(0.0, 0.0),
    )  # fmt: skip


# Values


def test_a_curve_breaks_at_a_cut_and_where_frames_are_missing():
    numbers, values = broken_at(np.array([3.0, 4.0, 5.0, 9.0, 10.0]), np.arange(5.0), np.array([5]))
    assert numbers.tolist() == [3.0, 4.0, 4.5, 5.0, 8.5, 9.0, 10.0]
    assert np.isnan(values).tolist() == [False, False, True, False, True, False, False]


def test_a_series_is_in_order_and_has_gaps_where_nothing_is_known():
    known = {2: Moment(pan=2.0), 0: Moment(pan=0.5), 1: Moment()}
    numbers, values = series(known, Quantity("pan"), np.empty(0, dtype=np.int64))
    assert numbers.tolist() == [0.0, 1.0, 2.0]
    assert values[[0, 2]].tolist() == [0.5, 2.0]
    assert np.isnan(values[1])


def test_a_moment_has_the_points_and_the_camera_of_labels():
    moment = moment_of(Instance(markings=DRAWN), None, size=SIZE, threshold=0.3)
    assert moment.points
    assert -90.0 < moment.pan < 90.0
    assert 0.0 < moment.tilt < 60.0
    assert moment.zoom > 100.0
    assert 0.0 <= moment.residual < 5.0
    name, (x, y) = next(iter(moment.points.items()))
    assert (moment.value(Quantity("x", name)), moment.value(Quantity("y", name))) == (x, y)
    assert moment.value(Quantity("x", "no such point")) is None


def test_without_labels_the_network_speaks_and_what_is_said_comes_first():
    seen = predicted(CENTER_MARK=(100.0, 50.0, 0.9), L_PENALTY_MARK=(10.0, 20.0, 0.1))
    moment = moment_of(Instance(), seen, size=SIZE, threshold=0.3)
    assert moment.points == {"CENTER_MARK": (100.0, 50.0)}
    assert moment.value(Quantity("confidence", "CENTER_MARK")) == pytest.approx(90.0)
    assert moment.value(Quantity("confidence", "L_PENALTY_MARK")) is None
    said = place(EMPTY, "CENTER_MARK", (120.0, 60.0)).pitch
    assert moment_of(said, seen, size=SIZE, threshold=0.3).points["CENTER_MARK"] == (120.0, 60.0)
    assert moment_of(Instance(), None, size=SIZE, threshold=0.3) == Moment()


def test_the_beginning_of_a_stored_prediction_has_its_points():
    seen = predicted(CENTER_MARK=(100.25, 50.5, 0.75))
    data = seen.to_bytes()
    names, xy, confidence = stored_points(data[:-4])
    assert names == seen.names
    assert xy.tolist() == seen.xy.tolist()
    assert confidence.tolist() == seen.confidence.tolist()
    for broken in (b"", b"other bytes", data[:30]):
        with pytest.raises(PredictionError):
            stored_points(broken)


def test_moments_come_in_pieces_and_can_be_stopped(frames):
    with Project.for_media([frames]) as project:
        ids = project.frame_ids()
        project.save_record(ids[1], FrameRecord(place(EMPTY, "CENTER_MARK", (5.0, 6.0))), text="Place")
        pieces, steps = [], []
        wanted = [(number, frame_id) for number, frame_id in enumerate(ids)]
        options = {"size": SIZE, "threshold": 0.3, "found": lambda piece: pieces.append(dict(piece)), "piece": 2}
        moments(project, wanted, progress=lambda *at: steps.append(at), should_stop=lambda: False, **options)
        assert [sorted(piece) for piece in pieces] == [[0, 1], [2, 3], [4]]
        assert pieces[0][1].points == {"CENTER_MARK": (5.0, 6.0)}
        assert steps[-1] == (5, 5)
        del pieces[:]
        moments(project, wanted, progress=lambda *at: None, should_stop=lambda: bool(pieces), **options)
        assert len(pieces) == 1


# The window


@pytest.fixture
def clip(make_window, tmp_path, qtbot):
    window = make_window()
    open_clip(window, make_clip(tmp_path / "clip.mp4", 30, cut=20), qtbot)
    return window


@pytest.fixture
def plots(clip, qtbot):
    """The plots, asked for by their command, over three labelled frames."""
    project, ids = clip.session.project, clip.timing.timeline.track.ids
    for number in (4, 5, 6):
        labels = place(EMPTY, "CENTER_MARK", (50.0 + number, 60.0), origin=Origin.HAND)
        project.save_record(int(ids[number]), FrameRecord(labels), text="Place")
    clip.timing.timeline.reread()
    qtbot.waitUntil(lambda: clip.timing.timeline.track.said[4:7].all())
    clip.actions_["time.plots"].trigger()
    plots = clip.timing.panel.plots
    plots.kind.setCurrentIndex(plots.kind.findData("x"))
    plots.point.setCurrentIndex(plots.point.findData("CENTER_MARK"))
    qtbot.waitUntil(lambda: {4, 5, 6} <= set(plots.known), timeout=20000)
    return plots


def curve(plots):
    plots._show()
    numbers, values = plots.curve.getData()
    if numbers is None:
        return {}
    return {int(n): v for n, v in zip(numbers, values, strict=True) if np.isfinite(v)}


def test_the_curve_is_made_of_what_was_said_and_follows_edits(clip, plots, qtbot):
    assert curve(plots) == {4: 54.0, 5: 55.0, 6: 56.0}
    clip.session.show(int(clip.timing.timeline.track.ids[5]))
    qtbot.waitUntil(lambda: place_of(clip) == 5 and clip.session.can_decide)
    clip.session.edit(place(clip.session.labels, "CENTER_MARK", (80.0, 60.0)), text="Move")
    qtbot.waitUntil(lambda: curve(plots).get(5) == 80.0, timeout=20000)
    clip.session.undo()
    qtbot.waitUntil(lambda: curve(plots).get(5) == 55.0, timeout=20000)
    assert plots.head.value() == 5.0
    assert len(plots._cuts) == 1


def test_a_click_on_the_curve_goes_there(clip, plots, qtbot):
    qtbot.waitUntil(plots.plot.isVisible)
    box = plots.plot.getPlotItem().vb
    low, high = box.viewRange()[1]
    at = plots.plot.mapFromScene(box.mapViewToScene(QPointF(12.0, (low + high) / 2)))
    qtbot.mouseClick(plots.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: place_of(clip) == 12)


def test_the_point_asked_about_is_the_active_one_and_lanes_come_back(clip, plots):
    clip.session.activate(keypoint="L_PENALTY_MARK", marking=None)
    assert plots.quantity == Quantity("x", "L_PENALTY_MARK")
    assert curve(plots) == {}
    assert "Nothing yet" in plots.note.text()
    clip.timing.panel.choice.button(0).click()
    assert clip.timing.panel.view.isVisible()
    assert not plots.isVisible()


def test_the_plots_are_made_when_they_are_asked_for(clip):
    assert clip.timing.panel.plots is None
    clip.timing.panel.show_page(1)
    assert clip.timing.panel.plots.isVisible()
