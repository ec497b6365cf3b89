"""A published checkpoint of people in the window: loaded in its process, looking into drawn boxes, accepted."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from windows import drag, open_folder, press, settle

from annotator import instances
from annotator.gui.forecasting import load_network
from annotator.gui.main_window import MainWindow
from annotator.instances import present
from annotator.labels import EMPTY, FrameLabels, FrameRecord, Instance, KeypointLabel, Origin, Visibility
from annotator.project import Project
from annotator.schemes import COCO_17

sys.path.append(str(Path(__file__).resolve().parents[1] / "model"))

from poses import write_published

pytest_plugins = ("window_fixtures",)
BOX = (100.0, 60.0, 220.0, 300.0)


@pytest.fixture
def reading_window(qtbot, settings, resources, tmp_path, monkeypatch):
    """A window with the program's own way of loading networks."""
    monkeypatch.setenv("TOUCHLINE_CACHE", str(tmp_path / "cache"))
    found = MainWindow(settings, network_factory=load_network, resources=resources, data=tmp_path / "data")
    found.resize(1280, 720)
    found.show()
    qtbot.waitExposed(found)
    yield found
    found.close()
    found.deleteLater()


@pytest.fixture
def people_window(reading_window, frames, qtbot):
    """That window on frames the first of which has a box."""
    with Project.for_media([frames], scheme=COCO_17) as project:
        first, *_ = project.frame_ids()
        labels = instances.add(EMPTY, Instance(id=2, box=BOX))
        project.save_record(first, FrameRecord(labels), text="Box")
    open_folder(reading_window, frames, qtbot)
    return reading_window


def test_a_published_checkpoint_loads_and_sees_who_is_in_a_box(people_window, qtbot, tmp_path):
    path = tmp_path / "pose_hrnet_w32_256x192.pth"
    write_published(path)
    session = people_window.session
    first, second, *_ = session.order.ids
    people_window.errands.load_network(path)
    qtbot.waitUntil(lambda: session.forecaster.network_id is not None, timeout=60_000)
    network = session.forecaster.network_id
    qtbot.waitUntil(lambda: session.project.has_prediction(first, network), timeout=60_000)
    stored = session.project.people(first, network)
    (seen,) = stored.instances
    assert (seen.box, seen.names, stored.network) == (BOX, COCO_17.keypoints, network)
    assert not session.project.has_prediction(second, network)  # nobody has a box there
    (thing,) = [one for one in session.people.things if one.labelled]
    assert thing.id == 2
    assert thing.seen is not None
    session.predict_again()
    qtbot.waitUntil(lambda: session.forecaster.working_on is None, timeout=60_000)
    assert session.project.record(first).labels.instance(2).keypoints == {}  # what is seen is not said


def test_a_file_without_known_points_is_refused_in_a_sentence(people_window, qtbot, tmp_path):
    path = tmp_path / "strange.pth"
    write_published(path, channels=9)
    with qtbot.waitSignal(people_window.session.forecaster.failed, timeout=60_000) as told:
        people_window.errands.load_network(path)
    assert "strange.pth" in told.args[0]
    assert "unknown" in told.args[0]


def test_a_dropped_checkpoint_is_loaded_where_frames_show_people(people_window, qtbot, tmp_path):
    path = tmp_path / "pose_hrnet_w32_256x192.pth"
    write_published(path)
    people_window.arrivals.bring([path])
    qtbot.waitUntil(lambda: people_window.session.forecaster.network_id is not None, timeout=60_000)
    assert people_window.session.forecaster.path == path


def test_labelled_people_without_drawn_boxes_get_no_doubles(reading_window, frames, qtbot, tmp_path):
    """Points of two people alone, as from a file: what is seen in the boxes around them is theirs."""
    rng = np.random.default_rng(4)
    with Project.for_media([frames], scheme=COCO_17) as project:
        first, *_ = project.frame_ids()
        people = [
            Instance(number, {
                name: KeypointLabel((float(x), float(y)), Visibility.VISIBLE, Origin.IMPORTED)
                for name, (x, y) in zip(COCO_17.keypoints[:12], rng.uniform(corner, np.add(corner, (90, 160)), (12, 2)),
                                        strict=True)
            })
            for number, corner in enumerate([(60, 60), (330, 90)])
        ]  # fmt: skip
        said = FrameLabels(tuple(people))
        project.save_record(first, FrameRecord(said), text="Points")
    window = reading_window
    open_folder(window, frames, qtbot)
    session = window.session
    path = tmp_path / "pose_hrnet_w32_256x192.pth"
    write_published(path)
    window.errands.load_network(path)
    qtbot.waitUntil(lambda: session.people.has_seen, timeout=60_000)
    assert [(one.id, one.labelled) for one in session.people.things] == [(0, True), (1, True)]
    assert all(one.seen is not None for one in session.people.things)
    settle(window, qtbot)
    drag(window, qtbot, people[0].keypoints["nose"].position, (20.0, 20.0))
    assert [one.id for one in session.people.things] == [0, 1]
    press(window, qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.frame_id != first)
    assert [one.id for one in present(session.project.record(first).labels)] == [0, 1]
