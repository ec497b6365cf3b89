"""Reviewing and training where the project is not of the pitch: the queue points at things, networks must fit."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from windows import SIZE, FakeNetwork, open_folder, prediction

from annotator.gui.main_window import MainWindow
from annotator.gui.review_words import reason
from annotator.labels import Decision, FrameLabels, FrameRecord, Instance, KeypointLabel, Review, Visibility
from annotator.pitch import KEYPOINTS
from annotator.project import Project
from annotator.review import Kind
from annotator.review.second_answers import rechecks
from annotator.schemes import CARD_PACKET_8, COCO_17
from annotator.training_plans import HoldBack
from model.heatmaps import Prediction
from model.people import InstancePrediction, PeoplePrediction

pytest_plugins = ("window_fixtures",)

CORNERS = np.array(
    [(200, 100), (206, 92), (400, 100), (394, 92), (180, 260), (186, 268), (420, 260), (414, 268)], dtype=float
)


def packet(by: float = 0.0) -> Instance:
    points = {
        name: KeypointLabel((x + by, y), Visibility.VISIBLE)
        for name, (x, y) in zip(CARD_PACKET_8.keypoints, CORNERS.tolist(), strict=True)
    }
    return Instance(keypoints=points)


def seen(cards: float = 20.0) -> Prediction:
    heat = np.zeros((9, 9, 16), dtype=np.uint8)
    return Prediction(
        CARD_PACKET_8.keypoints, CORNERS, np.full(8, 0.9), np.ones(8), heat, SIZE, "cards", (40.0, 40.0), (19.5, 19.5),
        np.array([0.9, 0.1] + [0.9] * 6), {"cards": cards},
    )  # fmt: skip


class OfCards(FakeNetwork):
    """A network that knows packets."""

    id = "cards"
    names = CARD_PACKET_8.keypoints

    def predict(self, rgb):
        return seen()


class OfPitches(FakeNetwork):
    """A network that knows the pitch, and says so."""

    names = tuple(KEYPOINTS)

    def predict(self, rgb):
        return prediction()


@pytest.fixture
def make(qtbot, settings, tmp_path):
    """Windows whose networks are told apart by the name of their file."""
    made = []

    def window() -> MainWindow:
        found = MainWindow(
            settings,
            network_factory=lambda path: OfCards() if "cards" in path.name else OfPitches(),
            resources=tmp_path / "resources",
            data=tmp_path / "data",
        )
        made.append(found)
        found.resize(1280, 720)
        found.show()
        qtbot.waitExposed(found)
        return found

    yield window
    for one in made:
        one.close()
        one.deleteLater()


def packets(folder, count: int = 5):
    folder.mkdir()
    for number in range(count):
        assert cv2.imwrite(str(folder / f"{number}.png"), np.full((SIZE[1], SIZE[0], 3), 60 + number, np.uint8))
    return folder


@pytest.fixture
def cards(tmp_path):
    """Five frames of packets that the network saw; the second label is far off, the third has another number."""
    folder = packets(tmp_path / "packets")
    with Project.for_media([folder], scheme=CARD_PACKET_8) as project:
        ids = project.frame_ids()
        for frame_id in ids:
            project.save_prediction(frame_id, seen())
        for place, frame_id in enumerate(ids[:4]):
            one = packet()
            if place == 1:
                off = replace(one.keypoints["lower_right_face"], position=(460.0, 300.0))
                one = replace(one, keypoints={**one.keypoints, "lower_right_face": off})
            labels = FrameLabels((one,), {"cards": 50.0 if place == 2 else 20.0})
            project.save_record(frame_id, FrameRecord(labels), text="Label")
    return folder


def test_the_queue_of_packets_says_what_is_odd_and_points_at_it(make, cards, qtbot):
    window = make()
    open_folder(window, cards, qtbot)
    queue, session = window.reviewing.queue, window.session
    queue.wake()
    qtbot.waitUntil(lambda: len(queue.rows) == 5 and not queue.building, timeout=20_000)
    queue.sort()
    ids = session.project.frame_ids()
    qtbot.waitUntil(lambda: {row.frame_id for row in queue.rows[:2]} == {ids[1], ids[2]})
    number = next(sign for sign in queue.reasons(ids[2]) if sign.kind is Kind.NUMBER)
    assert reason(number) == "Cards: 50 said, 20 predicted"
    with qtbot.waitSignal(queue.pointing):
        queue.show(ids[1])
    qtbot.waitUntil(lambda: session.frame_id == ids[1] and session.active_keypoint == "lower_right_face")


def test_the_queue_of_people_works_on_the_person_concerned(make, tmp_path, qtbot):
    folder = packets(tmp_path / "people", 2)
    at = np.stack([np.linspace(0.0, 80.0, 17), np.linspace(0.0, 160.0, 17)], axis=1)

    def person(number, x, by=0.0):
        places = {name: (x + px, 80.0 + py) for name, (px, py) in zip(COCO_17.keypoints, at.tolist(), strict=True)}
        places["left_knee"] = (places["left_knee"][0] + by, places["left_knee"][1])
        return Instance(
            number, {name: KeypointLabel(xy, Visibility.VISIBLE) for name, xy in places.items()},
            box=(x, 80.0, x + 80.0, 240.0),
        )  # fmt: skip

    def one_seen(x):
        box = (x, 80.0, x + 80.0, 240.0)
        return InstancePrediction(COCO_17.keypoints, at + np.array([x, 80.0]), np.full(17, 0.9), np.ones(17), 0.9, box)

    with Project.for_media([folder], scheme=COCO_17) as project:
        first, second = project.frame_ids()
        for frame_id, by in ((first, 0.0), (second, 60.0)):
            project.save_people(frame_id, PeoplePrediction((one_seen(60.0), one_seen(300.0)), SIZE, "people"))
            labels = FrameLabels((person(0, 60.0), person(3, 300.0, by)))
            project.save_record(frame_id, FrameRecord(labels), text="Label")
    window = make()
    open_folder(window, folder, qtbot)
    queue, session = window.reviewing.queue, window.session
    queue.wake()
    qtbot.waitUntil(lambda: len(queue.rows) == 2 and not queue.building, timeout=20_000)
    qtbot.waitUntil(lambda: bool(queue.reasons(second)))
    assert queue.rows[0].frame_id == second
    assert "of no. 3" in reason(queue.reasons(second)[0])
    queue.show(second)
    qtbot.waitUntil(lambda: session.frame_id == second and session.active_keypoint == "left_knee")
    assert session.people.active == 3


def test_only_signs_that_can_be_are_offered_to_sort_by(make, cards, frames, qtbot):
    window = make()
    open_folder(window, cards, qtbot)
    panel = window.docks.review
    offered = {panel.sorting.itemData(row) for row in range(panel.sorting.count())}
    assert Kind.SWAPPED in offered
    assert Kind.NO_CAMERA not in offered
    open_folder(window, frames, qtbot)
    qtbot.waitUntil(lambda: panel.sorting.findData(Kind.NO_CAMERA) >= 0)
    assert panel.sorting.findData(Kind.SWAPPED) < 0


def test_a_network_of_other_points_is_refused_in_a_sentence_and_not_kept(make, cards, tmp_path, qtbot):
    window = make()
    open_folder(window, cards, qtbot)
    session = window.session
    with qtbot.waitSignal(session.forecaster.failed) as told:
        window.errands.load_network(tmp_path / "pitches.safetensors")
    assert "not those of this project's scheme" in told.args[0]
    assert session.forecaster.network_id is None
    assert session.project.setting("network", "") == ""
    window.errands.load_network(tmp_path / "cards.safetensors")
    qtbot.waitUntil(lambda: session.forecaster.network_id == "cards")
    assert session.project.setting("network", "").endswith("cards.safetensors")
    with qtbot.waitSignal(session.forecaster.failed):
        window.errands.load_network(tmp_path / "pitches.safetensors")
    assert session.forecaster.network_id == "cards"
    assert session.project.setting("network", "").endswith("cards.safetensors")


def test_a_network_of_the_project_before_is_let_go_where_it_does_not_fit(make, cards, frames, tmp_path, qtbot):
    window = make()
    open_folder(window, frames, qtbot)
    session = window.session
    window.errands.load_network(tmp_path / "pitches.safetensors")
    qtbot.waitUntil(lambda: session.forecaster.network_id == "fake")
    open_folder(window, cards, qtbot)
    qtbot.waitUntil(lambda: session.people.is_on)
    assert session.forecaster.network_id is None
    assert session.forecaster.path is None
    assert window.retraining.trainings.in_use is None


def test_accepting_takes_the_number_and_hidden_corners_and_nothing_from_a_person(make, cards, qtbot):
    window = make()
    open_folder(window, cards, qtbot)
    session = window.session
    ids = session.project.frame_ids()
    session.show(ids[2])
    qtbot.waitUntil(lambda: session.frame_id == ids[2] and session.can_decide)
    session.accept_and_next()
    session.show(ids[4])
    qtbot.waitUntil(lambda: session.frame_id == ids[4] and session.can_decide)
    session.accept_and_next()
    session.end_gesture()
    said = session.project.record(ids[4]).labels
    assert said.attributes == {"cards": 20.0}
    assert said.pitch.keypoints["upper_left_back"].visibility is Visibility.OCCLUDED
    person = session.project.record(ids[2]).labels
    assert person.attributes == {"cards": 50.0}
    assert person.pitch.keypoints["upper_left_back"].visibility is Visibility.VISIBLE


def test_training_packets_begins_with_nothing(make, tmp_path, qtbot):
    folder = packets(tmp_path / "packets", 10)
    with Project.for_media([folder], scheme=CARD_PACKET_8) as project:
        for frame_id in project.frame_ids():
            record = FrameRecord(FrameLabels((packet(),), {"cards": 20.0}), Review(Decision.ACCEPTED))
            project.save_record(frame_id, record, text="Label")
    window = make()
    open_folder(window, folder, qtbot)
    window.retraining.show()
    form = window.retraining.dialog.form
    form.hold.setCurrentIndex(form.hold.findData(HoldBack.FRAMES))
    qtbot.waitUntil(lambda: form.plan() is not None, timeout=20_000)
    plan = form.plan()
    assert form.from_nothing
    assert (plan.start, plan.effort.rendered, plan.against) == (None, 0, None)
    shown = " ".join(label.text() for label in form.findChildren(type(form.counts)))
    assert "UNet" in shown
    assert "rendered" not in shown
    assert window.retraining.dialog.go.isEnabled()


def test_a_blind_check_of_packets_is_measured_by_their_size(make, cards, qtbot):
    window = make()
    open_folder(window, cards, qtbot)
    session = window.session
    frame = session.project.frame_ids()[3]
    session.blind.expect({frame})
    session.show(frame)
    qtbot.waitUntil(lambda: session.frame_id == frame and session.can_decide)
    assert session.labels.is_empty
    session.edit(FrameLabels((packet(3.0),), {"cards": 26.0}), text="Label again")
    with qtbot.waitSignal(session.answered):
        session.accept_and_next()
    (kept,) = rechecks(session.project)
    width, height = np.ptp(CORNERS[:, 0]), np.ptp(CORNERS[:, 1])
    assert list(kept.distances.values()) == pytest.approx([100.0 * 3.0 / np.sqrt(width * height)] * 8)
    assert dict(kept.numbers) == {"cards": 6.0}
    assert session.project.record(frame).labels.attributes == {"cards": 20.0}


def test_the_filter_names_words_of_the_scheme(make, cards, qtbot):
    window = make()
    panel = window.docks.review
    assert "residual>5" in panel.query.text.placeholderText()
    open_folder(window, cards, qtbot)
    assert "corrected>5" in panel.query.text.placeholderText()
    assert "swapped>0" in panel.query.text.toolTip()
