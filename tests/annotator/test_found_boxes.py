"""Boxes that a detector or a file has: kept beside the word of persons, looked into by networks, offered by files."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from annotator import instances
from annotator.box_offers import offer_boxes
from annotator.formats.documents import FormatError
from annotator.frames import FrameSource
from annotator.imports import carry_out, plan_import
from annotator.instance_points import resolve_instances
from annotator.labels import EMPTY, FrameRecord, FrameState, Instance, KeypointLabel, Visibility
from annotator.people_boxes import TAKEN, as_seen, is_box_list, labelled_boxes
from annotator.people_prediction import look_and_store, predict_people
from annotator.project import Project
from annotator.schemes import COCO_17
from model.people import Candidate, InstancePrediction, PeoplePrediction

SIZE = (160, 120)
LEFT, RIGHT = (10.0, 10.0, 60.0, 100.0), (90.0, 5.0, 130.0, 105.0)
BOTH = (Candidate(LEFT, 0.9), Candidate(RIGHT, 0.4))


class Stub:
    """A network that sees everything at the middle of each box."""

    id = "stub"
    names = COCO_17.keypoints

    def __init__(self, *, takes_boxes: bool = True) -> None:
        self.takes_boxes = takes_boxes

    def predict_people(
        self, rgb: np.ndarray, candidates: Any = (), *, same: float | None = None
    ) -> PeoplePrediction:
        found = []
        for one in candidates:
            x0, y0, x1, y1 = one.box
            xy = np.tile([(x0 + x1) / 2, (y0 + y1) / 2], (17, 1))
            found.append(InstancePrediction(self.names, xy, np.full(17, 0.5), np.ones(17), one.score, one.box))
        return PeoplePrediction((), (rgb.shape[1], rgb.shape[0]), self.id).with_instances(tuple(found))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in (785, 40083, 9):
        cv2.imwrite(str(folder / f"{number:012d}.jpg"), np.full((SIZE[1], SIZE[0], 3), number % 200, np.uint8))
    with Project.create(tmp_path / "people.touchline", scheme=COCO_17) as made:
        made.add_media([folder])
        return made.path


def seen_in(project: Project, frame_id: int) -> list[tuple[float, ...]]:
    found = project.people(frame_id, "stub")
    return [] if found is None else [one.box for one in found.instances if one.box is not None]


def test_boxes_come_back_surest_first_and_none_is_told_from_not_looked(path: Path) -> None:
    with Project.open(path) as project:
        first, second, third = project.frame_ids()
        assert project.boxes(first) is None
        assert project.frames_with_boxes() == set()
        project.save_boxes({first: BOTH[::-1], second: ()})
    with Project.open(path) as project:
        assert project.boxes(first) == BOTH
        assert project.boxes(second) == ()
        assert project.boxes(third) is None
        assert project.frames_with_boxes() == {first, second}


def test_other_boxes_put_predictions_out_of_date_and_the_same_do_not(path: Path) -> None:
    with Project.open(path) as project:
        first, *_ = project.frame_ids()
        seen = Stub().predict_people(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), BOTH)
        project.save_boxes({first: BOTH})
        project.save_people(first, seen)
        project.save_boxes({first: BOTH})
        assert project.has_prediction(first, "stub")
        project.save_boxes({first: BOTH[:1]})
        assert not project.has_prediction(first)
        assert project.row(first).state is FrameState.UNSEEN


def test_what_is_stored_and_damaged_counts_as_nothing(path: Path) -> None:
    with Project.open(path) as project:
        first, second, third = project.frame_ids()
        project.save_boxes({first: BOTH, second: BOTH, third: BOTH})
    with sqlite3.connect(path) as db:
        db.execute("UPDATE found_boxes SET boxes='[[1,2' WHERE frame_id=?", (first,))
        db.execute("UPDATE found_boxes SET boxes='[[1,2,3]]' WHERE frame_id=?", (second,))
        db.execute("UPDATE found_boxes SET boxes='[[1,2,3,NaN,1]]' WHERE frame_id=?", (third,))
    db.close()
    with Project.open(path) as project:
        assert [project.boxes(frame_id) for frame_id in (first, second, third)] == [None] * 3


def test_boxes_go_along_with_a_slice_of_the_project(path: Path, tmp_path: Path) -> None:
    with Project.open(path) as project:
        first, second, _ = project.frame_ids()
        project.save_boxes({first: BOTH, second: BOTH[:1]})
        project.copy_to(tmp_path / "slice.touchline", frame_ids=[second])
    with Project.open(tmp_path / "slice.touchline") as part:
        assert [part.boxes(frame_id) for frame_id in part.frame_ids()] == [BOTH[:1]]


def test_a_network_looks_again_where_boxes_were_found(path: Path) -> None:
    with Project.open(path) as project:
        first, second, _ = project.frame_ids()
        labels = instances.add(EMPTY, Instance(id=3, box=(12.0, 10.0, 60.0, 100.0)))
        project.save_record(first, FrameRecord(labels), text="box")
        pixels = FrameSource(max_frames=1)
        tally = predict_people(project, Stub(), pixels=pixels, boxes=lambda name, rgb: BOTH, frame_ids=[first, second])
        assert (tally.frames, tally.people) == (2, 4)
        # The labelled one is looked for in their own box alone.
        assert seen_in(project, first) == [(12.0, 10.0, 60.0, 100.0), RIGHT]
        project.delete_predictions()
        look, store = look_and_store(project)
        for frame_id in (first, second):
            store(frame_id, look(Stub(), pixels.read(project.row(frame_id)), frame_id))
        assert seen_in(project, first) == [(12.0, 10.0, 60.0, 100.0), RIGHT]
        assert seen_in(project, second) == [LEFT, RIGHT]
        assert project.record(first).labels == labels
        assert predict_people(project, Stub(), pixels=pixels).without == 1
        predict_people(project, Stub(takes_boxes=False), pixels=pixels, boxes=lambda name, rgb: pytest.fail("asked"))
        pixels.close()


def test_boxes_alone_are_seen_and_make_no_second_of_anybody() -> None:
    seen = as_seen(BOTH, COCO_17, SIZE)
    points = {"nose": KeypointLabel((30.0, 20.0), Visibility.VISIBLE)}
    labels = instances.add(EMPTY, Instance(5, points, box=(12.0, 12.0, 60.0, 100.0)))
    things = resolve_instances(labels, seen.instances, COCO_17, size=SIZE, threshold=0.3)
    assert [(one.id, one.labelled, one.box) for one in things] == [
        (5, True, (12.0, 12.0, 60.0, 100.0)), (0, False, RIGHT),
    ]  # fmt: skip
    assert all(point.position is None for point in things[1].keypoints.values())


def detection(image: Any, box: list[float], score: float = 0.9, **more: Any) -> dict[str, Any]:
    return {"image_id": image, "category_id": 1, "bbox": box, "score": score, **more}


def test_a_file_is_offered_with_what_fits_the_project(path: Path, tmp_path: Path) -> None:
    listed = [
        detection(785, [1, 2, 30, 40]), detection(785, [5, 6, 30, 40], 0.2), detection(40083, [1, 1, 9, 9], 0.5),
        detection(785, [1, 2, 90, 90], category_id=3), detection(777, [1, 2, 30, 40]), detection(9, [1, 2, 0, 4]),
    ]  # fmt: skip
    file = tmp_path / "detections.json"
    file.write_text(json.dumps(listed))
    assert is_box_list(file)
    with Project.open(path) as project:
        by_name = {project.row(frame_id).name: frame_id for frame_id in project.frame_ids()}
        first, second = by_name["000000000785.jpg"], by_name["000000040083.jpg"]
        offer = offer_boxes(project, file)
        assert offer is not None
        assert (offer.images, offer.strangers, offer.usual) == (3, 1, 1)
        assert [(one.number, one.name, one.boxes) for one in offer.categories] == [(1, "person", 4), (3, "", 1)]
        assert offer.counts(1, 0.0) == (3, 2)
        assert offer.counts(1, 0.3) == (2, 2)
        assert offer.counts(None, 0.6) == (2, 1)
        assert offer.chosen(1, 0.6) == {first: [Candidate((1, 2, 31, 42), 0.9)], second: []}
        assert "1 entries" in offer.remarks[0]
        assert offer_boxes(project, file, should_stop=lambda: True) is None


@pytest.mark.parametrize("text", ["", "[", "{}", "[]", "[1]", '[{"bbox": [1,2,3,4], "image_id": 1, "sco', "\x00\xff"])
def test_files_without_boxes_are_refused_in_a_sentence(path: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "detections.json"
    file.write_text(text, encoding="latin-1")
    with Project.open(path) as project, pytest.raises(FormatError, match=r"detections\.json: "):
        offer_boxes(project, file)


def test_lists_of_other_things_are_no_boxes(tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    mpii = [{"joints_vis": [1], "joints": [[1, 2]], "image": "a.jpg", "center": [1, 2], "scale": 1.0}]
    results = [{"image_id": 1, "category_id": 1, "keypoints": [1, 2, 1], "score": 1}]
    for document in (mpii, results, {"bbox": [1], "score": 1, "image_id": 3}):
        file.write_text(json.dumps(document))
        assert not is_box_list(file)
    assert not is_box_list(tmp_path / "none.json")


def test_real_detections_find_nobody_twice_who_has_a_label(tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "pose" / "coco"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is missing")
        pytest.skip(f"{folder} is not there")
    images = tmp_path / "images"
    images.mkdir()
    for file in folder.glob("*.jpg"):
        shutil.copy(file, images)
    with Project.create(tmp_path / "people.touchline", scheme=COCO_17) as project:
        project.add_media([images])
        plan = plan_import(project, [folder / "test_coco.json"])
        offer = offer_boxes(project, folder / "test_coco_det_AP_H_56.json")
        assert plan is not None
        assert offer is not None
        assert offer.strangers == 0
        carry_out(project, plan)
        before = {frame_id: project.record(frame_id) for frame_id in project.frame_ids()}
        project.save_boxes(offer.chosen(offer.usual, 0.3))
        pixels = FrameSource(max_frames=1)
        assert predict_people(project, Stub(), pixels=pixels).frames == 4
        pixels.close()
        for frame_id, record in before.items():
            seen = project.people(frame_id, "stub")
            assert seen is not None
            people = resolve_instances(record.labels, seen.instances, COCO_17, size=seen.image_size, threshold=0.3)
            labelled = [one for one in people if one.labelled]
            assert len(labelled) == len(instances.present(record.labels))
            for one in labelled_boxes(record.labels, seen.image_size):
                others = [other.box for other in people if not other.labelled and other.box is not None]
                assert max((instances.overlap(one.box, other) for other in others), default=0.0) <= TAKEN
            assert project.record(frame_id) == record
