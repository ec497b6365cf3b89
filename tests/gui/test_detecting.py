"""Boxes in the window: found by a detector or brought from a file, looked into by the network, and kept."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from windows import SIZE, make_frames, open_folder, press, settle

from annotator import instances
from annotator.gui import detecting
from annotator.gui.detector_choice import DetectorChoice, Where, usual_kind
from annotator.gui.dialogs.boxes_preview import BoxesPreview
from annotator.gui.dialogs.detect import DetectDialog
from annotator.gui.forecasting import load_network
from annotator.gui.found_boxes import FoundBoxes
from annotator.gui.main_window import MainWindow
from annotator.labels import EMPTY, FrameRecord, FrameState, Instance
from annotator.people_boxes import as_seen
from annotator.project import Project
from annotator.schemes import CARD_PACKET_8, COCO_17
from annotator.timeline import FEWEST_OF_A_CLIP
from model.detector import DetectorError
from model.detector_process import RemoteDetector
from model.people import Candidate, InstancePrediction, PeoplePrediction

sys.path.append(str(Path(__file__).resolve().parents[1] / "model"))

from onnx_files import write_onnx
from poses import write_published

pytest_plugins = ("window_fixtures",)
KEY, HELD = Qt.Key, Qt.KeyboardModifier
LEFT, RIGHT, BALL = (100.0, 60.0, 220.0, 300.0), (400.0, 80.0, 500.0, 320.0), (300.0, 200.0, 340.0, 240.0)
NAMES = "{0: 'person', 32: 'sports ball'}"


class LooksIntoBoxes:
    """A network that sees all points in the middle of each box it is given."""

    id = "fake"
    device_text = "Fake"
    threshold = 0.3
    names = COCO_17.keypoints

    def __init__(self) -> None:
        self.takes_boxes = True

    def predict_people(self, rgb, candidates=(), *, same=None):
        found = []
        for one in candidates:
            x0, y0, x1, y1 = one.box
            xy = np.tile([(x0 + x1) / 2, (y0 + y1) / 2], (17, 1))
            found.append(InstancePrediction(self.names, xy, np.full(17, 0.8), np.ones(17), one.score, one.box))
        return PeoplePrediction((), SIZE, self.id).with_instances(tuple(found))


@pytest.fixture
def network():
    return LooksIntoBoxes()


@pytest.fixture
def people(make_window, frames, qtbot, monkeypatch, tmp_path):
    """A window on five frames of people; somebody is labelled in the second."""
    monkeypatch.setenv("TOUCHLINE_CACHE", str(tmp_path / "cache"))
    with Project.for_media([frames], scheme=COCO_17) as project:
        _, second, *_ = project.frame_ids()
        labels = instances.add(EMPTY, Instance(id=4, box=(102.0, 62.0, 218.0, 296.0)))
        project.save_record(second, FrameRecord(labels), text="Box")
    window = make_window()
    open_folder(window, frames, qtbot)
    return window


@pytest.fixture
def detector(tmp_path) -> Path:
    """A file that finds two people, one of them hardly, and a ball, in every frame of this size."""
    return write_onnx(tmp_path / "people.onnx", {"output0": rows()}, notes={"names": NAMES})


def rows() -> np.ndarray:
    """The boxes as a 64x64 input has them, which is a tenth of a frame with 14 rows of grey above and below."""
    found = np.zeros((1, 10, 6), np.float32)
    for row, (box, score, kind) in enumerate([(LEFT, 0.9, 0), (RIGHT, 0.4, 0), (BALL, 0.8, 32)]):
        found[0, row] = [*((np.array(box) + 0.5) / 10 + [0, 14, 0, 14]), score, kind]
    return found


def load(window, qtbot, tmp_path) -> None:
    window.errands.load_network(tmp_path / "fake.safetensors")
    qtbot.waitUntil(lambda: window.session.forecaster.network_id is not None)


def the_dialog(window, qtbot, kind):
    def those():
        return [one for one in window.findChildren(kind) if one.isVisible() and one.isActiveWindow()]

    qtbot.waitUntil(lambda: bool(those()))
    return those()[0]


def rest(window, qtbot) -> None:
    """Wait until nothing is running."""
    session = window.session
    qtbot.waitUntil(
        lambda: not window.detecting.job.running and not session.forecaster.job.running
        and session.forecaster.working_on is None and window.errands.current is None
    )  # fmt: skip


def remember(window, path: Path, **more) -> None:
    DetectorChoice(path, **more).store(window.settings)


def boxes_shown(window) -> list[tuple[bool, tuple[float, ...]]]:
    return [(one.labelled, tuple(round(side) for side in one.box)) for one in window.session.people.things if one.box]


def points_shown(window) -> int:
    return sum(point.position is not None for one in window.session.people.things for point in one.keypoints.values())


# A detector


def test_the_first_time_it_is_asked_which_detector(people, qtbot, detector, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (str(detector), ""))
    press(people, qtbot, KEY.Key_F5)
    dialog = the_dialog(people, qtbot, DetectDialog)
    qtbot.waitUntil(dialog.choose.hasFocus)
    assert not dialog.go.isEnabled()
    assert dialog.note.isHidden()
    qtbot.keyClick(dialog.choose, KEY.Key_Space)
    assert dialog.file.text() == "people.onnx"
    assert [dialog.kinds.itemText(n) for n in range(dialog.kinds.count())] == ["person", "sports ball"]
    assert dialog.kinds.isVisible()
    assert not dialog.number.isVisible()
    assert dialog.kinds.currentData() == 0
    qtbot.waitUntil(dialog.go.hasFocus)
    qtbot.keyClick(dialog.go, KEY.Key_Return)
    qtbot.waitUntil(lambda: people.session.people.has_seen)
    rest(people, qtbot)
    assert boxes_shown(people) == [(False, LEFT), (False, RIGHT)]
    assert "Boxes found: 2. Load a network" in people.message.text
    stored = DetectorChoice.stored(people.settings)
    assert (stored.path, stored.least, stored.kind, stored.where) == (detector, 0.3, 0, Where.ALL)


def test_the_next_time_one_key_finds_and_the_network_looks_at_once(people, qtbot, detector, tmp_path):
    load(people, qtbot, tmp_path)
    remember(people, detector)
    press(people, qtbot, KEY.Key_F5)
    qtbot.waitUntil(lambda: points_shown(people) == 34)
    rest(people, qtbot)
    session = people.session
    assert boxes_shown(people) == [(False, LEFT), (False, RIGHT)]
    stored = session.project.people(session.frame_id, "fake")
    assert [one.score for one in stored.instances] == pytest.approx([0.9, 0.4], abs=1e-4)
    assert session.labels.is_empty
    assert session.stack.count() == 0
    assert session.project.row(session.frame_id).state is FrameState.PREDICTED


def test_the_offer_to_load_a_network_goes_when_one_is_there(people, qtbot, detector, tmp_path):
    people.detecting.find(DetectorChoice(detector), [people.session.frame_id])
    qtbot.waitUntil(lambda: "Load a network" in people.message.text, timeout=30000)
    load(people, qtbot, tmp_path)
    assert not any("Load a network" in toast.text for toast in people.message.toasts)


def test_the_same_boxes_once_more_leave_what_was_seen(people, qtbot, detector, tmp_path):
    load(people, qtbot, tmp_path)
    remember(people, detector)
    press(people, qtbot, KEY.Key_F5)
    qtbot.waitUntil(lambda: points_shown(people) == 34)
    rest(people, qtbot)
    shown = []
    people.session.resolved_changed.connect(lambda: shown.append(points_shown(people)))
    press(people, qtbot, KEY.Key_F5)
    rest(people, qtbot)
    assert points_shown(people) == 34
    assert set(shown) <= {34}


def test_points_that_went_and_came_back_are_painted_again(people, qtbot, network):
    session, table = people.session, people.docks.points.model()
    boxes = (Candidate(LEFT, 0.9),)
    seen = network.predict_people(None, boxes)
    alone = as_seen(boxes, COCO_17, SIZE)
    with qtbot.waitSignal(table.dataChanged):
        session.forecaster.predicted.emit(session.frame_id, seen)
    with qtbot.waitSignal(table.dataChanged):
        session.forecaster.predicted.emit(session.frame_id, alone)
        assert table.data(table.index(0, 1)) == ""
        session.forecaster.predicted.emit(session.frame_id, seen)
    assert table.data(table.index(0, 1)) == "160.0"


def test_a_person_who_has_a_label_stays_and_gets_no_second_box(people, qtbot, detector, tmp_path):
    load(people, qtbot, tmp_path)
    remember(people, detector)
    press(people, qtbot, KEY.Key_D)
    settle(people, qtbot)
    before = people.session.labels
    press(people, qtbot, KEY.Key_F5)
    qtbot.waitUntil(lambda: points_shown(people) == 34)
    rest(people, qtbot)
    assert boxes_shown(people) == [(True, (102, 62, 218, 296)), (False, RIGHT)]
    assert people.session.labels == before
    # The labelled one is looked for in the box that a person drew.
    stored = people.session.project.people(people.session.frame_id, "fake")
    assert {one.box[0] for one in stored.instances} == {102.0, 400.0}


def test_boxes_alone_can_be_accepted_and_be_taken_back(people, qtbot, detector):
    remember(people, detector)
    press(people, qtbot, KEY.Key_F5)
    qtbot.waitUntil(lambda: people.session.people.has_seen)
    rest(people, qtbot)
    first = people.session.frame_id
    press(people, qtbot, KEY.Key_Insert, HELD.ShiftModifier)
    assert boxes_shown(people) == [(True, LEFT), (False, RIGHT)]
    settle(people, qtbot)
    people.session.mark_painted()
    press(people, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: people.session.frame_id != first)
    with Project.open(people.session.project.path) as project:
        assert [one.box is not None for one in project.record(first).labels.instances] == [True, True]


def test_a_box_that_is_sent_away_is_not_looked_into(people, qtbot, detector, tmp_path):
    remember(people, detector)
    press(people, qtbot, KEY.Key_F5)
    qtbot.waitUntil(lambda: people.session.people.has_seen)
    rest(people, qtbot)
    press(people, qtbot, KEY.Key_Delete, HELD.ShiftModifier)
    assert boxes_shown(people) == [(False, RIGHT)]
    load(people, qtbot, tmp_path)
    qtbot.waitUntil(lambda: points_shown(people) == 17)
    assert boxes_shown(people) == [(False, RIGHT)]
    press(people, qtbot, KEY.Key_Z, HELD.ControlModifier)
    press(people, qtbot, KEY.Key_F6)
    qtbot.waitUntil(lambda: points_shown(people) == 34)
    rest(people, qtbot)


def test_boxes_are_there_at_the_next_opening_and_a_network_loaded_then_looks_into_them(
    people, qtbot, detector, tmp_path, make_window, frames
):
    remember(people, detector)
    press(people, qtbot, KEY.Key_F5)
    qtbot.waitUntil(lambda: people.session.people.has_seen)
    rest(people, qtbot)
    people.close()
    again = make_window()
    open_folder(again, frames, qtbot)
    qtbot.waitUntil(lambda: len(boxes_shown(again)) == 2)
    assert points_shown(again) == 0
    load(again, qtbot, tmp_path)
    qtbot.waitUntil(lambda: points_shown(again) == 34)
    again.close()
    third = make_window()
    open_folder(third, frames, qtbot)
    qtbot.waitUntil(lambda: points_shown(third) == 34)
    # Let it look again: it looks where boxes were found.
    third.session.project.delete_predictions()
    load(third, qtbot, tmp_path)
    press(third, qtbot, KEY.Key_F6)
    rest(third, qtbot)
    assert boxes_shown(third) == [(False, LEFT), (False, RIGHT)]


def test_all_frames_are_gone_through_and_predicted(people, qtbot, detector, tmp_path):
    load(people, qtbot, tmp_path)
    remember(people, detector)
    press(people, qtbot, KEY.Key_F5, HELD.ShiftModifier)
    dialog = the_dialog(people, qtbot, DetectDialog)
    texts = [dialog.where.itemText(n) for n in range(dialog.where.count())]
    assert texts == ["This frame", "All frames (5)"]
    assert dialog.where.currentData() is Where.ALL
    dialog.where.setFocus()
    qtbot.keyClick(dialog.where, KEY.Key_Up)
    qtbot.waitUntil(lambda: not dialog.only_new.isVisible())
    qtbot.keyClick(dialog.where, KEY.Key_Down)
    qtbot.waitUntil(dialog.only_new.isVisible)
    dialog.least.setValue(0.5)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    project = people.session.project
    ids = project.frame_ids()
    qtbot.waitUntil(lambda: all(project.has_prediction(frame_id, "fake") for frame_id in ids))
    rest(people, qtbot)
    assert project.frames_with_boxes() == set(ids)
    assert [len(project.boxes(frame_id)) for frame_id in ids] == [1] * 5
    assert project.record(ids[1]).labels.instance(4).box == (102.0, 62.0, 218.0, 296.0)
    assert DetectorChoice.stored(people.settings).where is Where.ALL
    # Once more for those without: there are none.
    people.actions_["predict.boxes"].trigger()
    dialog = the_dialog(people, qtbot, DetectDialog)
    dialog.only_new.setFocus()
    qtbot.keyClick(dialog.only_new, KEY.Key_Space)
    assert dialog.only_new.isChecked()
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert "all of these frames" in people.status.hint.whole
    assert not people.detecting.job.running


def test_frames_chosen_on_the_timeline_or_listed_are_offered(make_window, tmp_path, qtbot, detector):
    folder = make_frames(tmp_path / "clip", FEWEST_OF_A_CLIP)
    with Project.for_media([folder], scheme=COCO_17) as made:
        last = made.frame_ids()[-1]
        made.save_record(last, FrameRecord(instances.add(EMPTY, Instance(box=LEFT))), text="Box")
    window = make_window()
    remember(window, detector)
    open_folder(window, folder, qtbot)
    qtbot.waitUntil(lambda: window.timing.timeline.track is not None)
    window.timing.timeline.choose((2, 3))
    window.session.set_filter(frozenset({FrameState.DRAFT}), "")
    press(window, qtbot, KEY.Key_F5, HELD.ShiftModifier)
    dialog = the_dialog(window, qtbot, DetectDialog)
    texts = [dialog.where.itemText(n) for n in range(dialog.where.count())]
    assert texts == ["This frame", "The range on the timeline (2)", "The listed frames (1)", "All frames (24)"]
    assert dialog.where.currentData() is Where.RANGE
    qtbot.keyClick(dialog.go, KEY.Key_Return)
    project = window.session.project
    qtbot.waitUntil(lambda: len(project.frames_with_boxes()) == 2)
    rest(window, qtbot)
    assert project.frames_with_boxes() == set(project.frame_ids()[2:4])
    assert "Boxes found: 4, in frames: 2" in window.message.text


def test_another_kind_of_things_can_be_looked_for(people, qtbot, detector):
    remember(people, detector)
    press(people, qtbot, KEY.Key_F5, HELD.ShiftModifier)
    dialog = the_dialog(people, qtbot, DetectDialog)
    dialog.kinds.setFocus()
    qtbot.keyClick(dialog.kinds, KEY.Key_Down)
    dialog.where.setCurrentIndex(0)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: boxes_shown(people) == [(False, BALL)])
    rest(people, qtbot)
    assert DetectorChoice.stored(people.settings).kind == 32


def test_where_a_file_names_no_classes_their_number_is_asked(people, qtbot, tmp_path):
    plain = write_onnx(tmp_path / "plain.onnx", {"output0": rows()})
    remember(people, plain)
    press(people, qtbot, KEY.Key_F5, HELD.ShiftModifier)
    dialog = the_dialog(people, qtbot, DetectDialog)
    assert not dialog.kinds.isVisible()
    assert dialog.number.text() == "That of people"
    dialog.number.setValue(32)
    dialog.where.setCurrentIndex(0)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: boxes_shown(people) == [(False, BALL)])
    rest(people, qtbot)


def test_stop_keeps_what_was_found(people, qtbot, detector, monkeypatch):
    stopped = []
    show = FoundBoxes.show

    def stop_after_the_first(self, project, frame_id):
        if not stopped:
            stopped.append(frame_id)
            press(people, qtbot, KEY.Key_Period, HELD.ControlModifier)
        show(self, project, frame_id)

    monkeypatch.setattr(FoundBoxes, "show", stop_after_the_first)
    remember(people, detector)
    people.detecting.find(DetectorChoice(detector), people.session.project.frame_ids() * 40)
    rest(people, qtbot)
    assert stopped == [people.session.frame_id]
    assert "Stopped" in people.message.text
    assert stopped[0] in people.session.project.frames_with_boxes()


def test_stop_ends_a_detector_that_never_answers(people, qtbot, detector, monkeypatch):
    ended = threading.Event()

    def stalled(self, rgb, **asked):
        ended.wait()
        raise DetectorError(self.path, "it ended the process that ran it")

    monkeypatch.setattr(RemoteDetector, "detect", stalled)
    monkeypatch.setattr(RemoteDetector, "close", lambda self: ended.set())
    monkeypatch.setattr(detecting, "_PATIENCE_MS", 10)
    remember(people, detector)
    press(people, qtbot, KEY.Key_F5)
    assert people.detecting.job.running
    press(people, qtbot, KEY.Key_Period, HELD.ControlModifier)
    qtbot.waitUntil(lambda: not people.detecting.job.running)
    assert "Stopped" in people.message.text
    assert people.session.project.frames_with_boxes() == set()


def test_another_project_ends_what_is_going_on(people, qtbot, detector, tmp_path):
    remember(people, detector)
    people.detecting.find(DetectorChoice(detector), people.session.project.frame_ids() * 200)
    assert people.detecting.job.running
    open_folder(people, make_frames(tmp_path / "others", 2), qtbot)
    qtbot.waitUntil(lambda: "others" in str(people.session.project.path))
    assert not people.detecting.job.running
    rest(people, qtbot)
    assert people.session.project.frames_with_boxes() == set()


def test_a_published_network_in_its_process_looks_where_a_detector_found_somebody(
    qtbot, settings, resources, frames, tmp_path, monkeypatch, detector
):
    monkeypatch.setenv("TOUCHLINE_CACHE", str(tmp_path / "cache"))
    weights = tmp_path / "pose_hrnet_w32_256x192.pth"
    write_published(weights)
    Project.for_media([frames], scheme=COCO_17).close()
    window = MainWindow(settings, network_factory=load_network, resources=resources, data=tmp_path / "data")
    window.resize(1280, 720)
    window.show()
    qtbot.waitExposed(window)
    open_folder(window, frames, qtbot)
    session = window.session
    window.errands.load_network(weights)
    qtbot.waitUntil(lambda: session.forecaster.network_id is not None)
    remember(window, detector)
    press(window, qtbot, KEY.Key_F5)
    first, network = session.frame_id, session.forecaster.network_id
    qtbot.waitUntil(lambda: session.project.has_prediction(first, network))
    rest(window, qtbot)
    # Random weights may see the same in both boxes.
    seen = {one.box[0] for one in session.project.people(first, network).instances}
    assert seen
    assert seen <= {LEFT[0], RIGHT[0]}
    assert session.labels.is_empty
    window.close()
    window.deleteLater()


# What can go wrong


def test_a_detector_that_is_gone_is_said_and_asked_for(people, qtbot, detector, tmp_path):
    remember(people, detector)
    detector.rename(tmp_path / "elsewhere.onnx")
    press(people, qtbot, KEY.Key_F5)
    dialog = the_dialog(people, qtbot, DetectDialog)
    assert "people.onnx is not there any more" in dialog.note.text()
    qtbot.waitUntil(dialog.choose.hasFocus)
    assert not dialog.go.isEnabled()
    dialog.take(tmp_path / "elsewhere.onnx")
    assert dialog.go.isEnabled()
    assert dialog.note.isHidden()


@pytest.mark.parametrize("data", [b"no network", b"", b"\x08\x08\x3a\xff\xff\xff\x07cut"])
def test_a_file_that_is_no_detector_is_refused_where_it_is_chosen(people, qtbot, tmp_path, data):
    (tmp_path / "bad.onnx").write_bytes(data)
    press(people, qtbot, KEY.Key_F5)
    dialog = the_dialog(people, qtbot, DetectDialog)
    dialog.take(tmp_path / "bad.onnx")
    assert "bad.onnx: the file is " in dialog.note.text()
    assert not dialog.go.isEnabled()
    dialog.reject()
    assert DetectorChoice.stored(people.settings).path is None


def test_a_network_that_is_no_detector_is_said_and_nothing_changes(people, qtbot, tmp_path):
    wrong = write_onnx(tmp_path / "wrong.onnx", {"o": np.zeros((1, 1000), np.float32)})
    remember(people, wrong)
    press(people, qtbot, KEY.Key_F5)
    qtbot.waitUntil(lambda: "no boxes in a known way" in people.message.text)
    rest(people, qtbot)
    assert people.session.project.frames_with_boxes() == set()
    assert [button.text() for button in people.message.toasts[-1].buttons] == ["Choose another..."]
    qtbot.mouseClick(people.message.toasts[-1].buttons[0], Qt.MouseButton.LeftButton)
    assert the_dialog(people, qtbot, DetectDialog).file.text() == "wrong.onnx"


def test_a_frame_without_anybody_says_so(people, qtbot, tmp_path):
    empty = write_onnx(tmp_path / "empty.onnx", {"o": np.zeros((1, 8, 6), np.float32)})
    remember(people, empty)
    press(people, qtbot, KEY.Key_F5)
    qtbot.waitUntil(lambda: "finds nothing in this frame" in people.message.text)
    assert people.session.project.boxes(people.session.frame_id) == ()


def test_a_network_that_finds_everybody_needs_no_boxes(people, qtbot, network, detector, tmp_path):
    network.takes_boxes = False
    load(people, qtbot, tmp_path)
    remember(people, detector)
    press(people, qtbot, KEY.Key_F5)
    assert "finds everybody by itself: press F6" in people.message.text
    assert not people.detecting.job.running


def test_projects_that_show_one_thing_have_no_such_commands(window):
    for command_id in ("predict.boxesHere", "predict.boxes", "predict.boxesFile"):
        assert not window.actions_[command_id].isVisible()
        assert not window.actions_[command_id].isEnabled()


def test_the_list_of_things_says_how_boxes_get_there(people, qtbot, detector):
    note = people.docks.things._when_empty
    assert note.isVisible()
    assert note.label.text() == "No boxes yet: draw one (4), or find them with a detector (F5)."
    remember(people, detector)
    qtbot.mouseClick(note.buttons[1], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: people.session.people.has_seen)
    qtbot.waitUntil(lambda: not note.isVisible())
    rest(people, qtbot)


def test_what_was_remembered_and_makes_no_sense_is_as_at_first(settings):
    for key, value in (("least", "high"), ("kind", "x"), ("where", "there"), ("onlyNew", "7"), ("path", "")):
        settings.setValue(f"detector/{key}", value)
    assert DetectorChoice.stored(settings) == DetectorChoice()
    chosen = DetectorChoice(Path("a.onnx"), 0.55, 3, Where.LISTED, True)
    chosen.store(settings)
    settings.sync()
    assert DetectorChoice.stored(settings) == chosen


def test_the_class_that_is_meant_is_that_of_the_schemes_things():
    names = {0: "person", 5: "Card Packet", 9: "ball"}
    assert usual_kind(names, COCO_17) == 0
    assert usual_kind({0: "ball", 3: "Person"}, CARD_PACKET_8) == 3
    assert usual_kind({2: "ball", 7: "goal"}, COCO_17) == 2
    assert usual_kind({}, COCO_17) is None


# A file


def detections(tmp_path: Path) -> Path:
    listed = [
        {"image_id": f"frame_{n:03d}", "category_id": kind, "bbox": [x0, y0, x1 - x0, y1 - y0], "score": score}
        for n in (0, 1)
        for (x0, y0, x1, y1), kind, score in ((LEFT, 1, 0.9), (RIGHT, 1, 0.4), (RIGHT, 1, 0.1), (BALL, 37, 0.8))
    ]
    listed.append({"image_id": "elsewhere", "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.9})
    path = tmp_path / "detections.json"
    path.write_text(json.dumps(listed))
    return path


def test_a_file_of_boxes_is_shown_before_it_is_taken(people, qtbot, tmp_path, monkeypatch):
    load(people, qtbot, tmp_path)
    path = detections(tmp_path)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *args: ([str(path)], ""))
    people.actions_["file.importLabels"].trigger()
    preview = the_dialog(people, qtbot, BoxesPreview)
    assert [preview.kinds.itemText(n) for n in range(2)] == ["person (7)", "category 37 (2)"]
    assert preview.counts.text() == "Boxes: 4, in frames of this project: 2"
    assert "no frame of this project: 1 of 3" in preview.remarks.text()
    preview.least.setValue(0.0)
    assert preview.counts.text() == "Boxes: 6, in frames of this project: 2"
    preview.least.setValue(0.95)
    assert not preview.go.isEnabled()
    preview.least.setValue(0.3)
    qtbot.keyClick(preview.go, KEY.Key_Return)
    project = people.session.project
    first, second, third, *_ = project.frame_ids()
    qtbot.waitUntil(lambda: project.has_prediction(first, "fake") and project.has_prediction(second, "fake"))
    rest(people, qtbot)
    assert boxes_shown(people) == [(False, LEFT), (False, RIGHT)]
    assert points_shown(people) == 34
    assert project.boxes(third) is None
    labelled = project.record(second).labels
    assert [(one.id, one.box) for one in labelled.instances] == [(4, (102.0, 62.0, 218.0, 296.0))]
    assert len(project.people(second, "fake").instances) == 2


def test_a_dropped_file_and_a_file_of_annotations_do_the_same(people, qtbot, tmp_path, monkeypatch):
    people.arrivals.bring([detections(tmp_path)])
    the_dialog(people, qtbot, BoxesPreview).reject()
    qtbot.waitUntil(lambda: not any(one.isVisible() for one in people.findChildren(BoxesPreview)))
    assert people.session.project.frames_with_boxes() == set()
    box = [LEFT[0], LEFT[1], LEFT[2] - LEFT[0], LEFT[3] - LEFT[1]]
    document = {
        "images": [{"id": 1, "file_name": "frame_000.png"}], "categories": [{"id": 1, "name": "person"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": box}],
    }  # fmt: skip
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(document))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *args: ([str(path)], ""))
    people.actions_["predict.boxesFile"].trigger()
    preview = the_dialog(people, qtbot, BoxesPreview)
    assert (preview.least.value(), preview.kinds.isVisible()) == (0.0, False)
    qtbot.mouseClick(preview.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: boxes_shown(people) == [(False, LEFT)])
    rest(people, qtbot)
    assert "Boxes taken: 1, in frames: 1. Load a network" in people.message.text


@pytest.mark.parametrize(
    "text", ['[{"image_id": 1, "bbox": [1, 2, 3, 4], "score": 1', '[{"image_id": 1, "bbox": [], "score": 1}]']
)
def test_a_bad_file_is_one_sentence_and_changes_nothing(people, qtbot, tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    people.arrivals.bring([path])
    qtbot.waitUntil(lambda: "bad.json: " in people.message.text)
    rest(people, qtbot)
    assert not people.findChildren(BoxesPreview)
    assert people.session.project.frames_with_boxes() == set()


def test_boxes_for_a_pitch_are_refused_in_a_sentence(window, qtbot, tmp_path):
    window.arrivals.bring([detections(tmp_path)])
    qtbot.waitUntil(lambda: "a frame shows several things" in window.message.text)
    QApplication.processEvents()
    assert not window.findChildren(BoxesPreview)
