"""Evaluations: measures against counts made by hand, data in every form, a report that shows the worst frames."""

import json

import cv2
import numpy as np
import pytest

from annotator.camera_score import THRESHOLDS as CAMERA_THRESHOLDS
from annotator.camera_score import FrameScore
from annotator.evaluation import Truth, View, above, best_threshold, evaluate, without
from annotator.evaluation_cameras import CameraEvaluation
from annotator.evaluation_data import read_labelled, read_likely_errors
from annotator.evaluation_report import Reported, write_report
from annotator.formats.documents import FormatError
from annotator.pitch import KEYPOINTS, PITCH_57
from annotator.recipe import render_training_set

NAMES = PITCH_57.keypoints
WORLD = np.array([KEYPOINTS[name].world for name in NAMES])
GROUND = [k for k, name in enumerate(NAMES) if KEYPOINTS[name].on_ground]


def seen_from_above(*, shift=480.0, turned=False):
    """Labels of a camera that looks straight down, 8 px a metre: the pitch's x to the right, or up when turned."""
    flat = {k: (WORLD[k, 0] * 8 + shift, WORLD[k, 1] * 4 + 270) for k in GROUND}
    if turned:
        flat = {k: (WORLD[k, 1] * 12 + 480, 270 - WORLD[k, 0] * 8 + shift - 480) for k in GROUND}
    return {k: (float(x), float(y)) for k, (x, y) in flat.items() if 0 <= x < 960 and 0 <= y < 540}


def test_labels_themselves_are_faultless():
    truth = Truth("a", seen_from_above())
    evaluation = evaluate([truth], {"a": truth.labels})
    row = evaluation.overall
    assert (row.recall, row.precision, row.geometric, row.pck, row.homography) == (1, 1, 1, (1, 1, 1), (1, 1))
    assert row.median == 0
    assert evaluation.worst() == []


def test_counts_are_those_made_by_hand():
    labels = dict(list(seen_from_above().items())[:10])
    unlabelled = next(k for k in seen_from_above() if k not in labels)
    truth = Truth("a", labels)
    first, second, third, *others = labels
    found = {k: labels[k] for k in others}
    found[first] = (labels[first][0] + 7, labels[first][1])
    found[second] = (labels[second][0] + 100, labels[second][1])
    found[unlabelled] = seen_from_above()[unlabelled]
    evaluation = evaluate([truth], {"a": found})
    row, frame = evaluation.overall, evaluation.frames[0]
    assert row.recall == pytest.approx(0.9)
    assert row.precision == pytest.approx(0.9)
    assert row.geometric == pytest.approx(0.9), "the unlabelled point is where the labels' homography has it"
    assert row.pck == pytest.approx((0.7, 0.8, 0.8))
    assert (frame.missed, frame.wrong) == ({third}, {second})
    assert frame.badness == pytest.approx(2 / 14)
    by_name = {one.name: one for one in evaluation.by_keypoint()}
    assert (by_name[NAMES[second]].found, by_name[NAMES[second]].within, by_name[NAMES[second]].wrong) == (1, 0, 1)
    assert NAMES[unlabelled] not in by_name


def test_nothing_detected_is_no_division_by_zero():
    row = evaluate([Truth("a", seen_from_above()), Truth("b", {})], {}).overall
    assert row.recall == 0
    assert np.isnan(row.precision)
    assert np.isnan(row.median)
    assert row.homography == (0, 0)
    assert "nan" in row.text("nothing")


def test_unknown_points_count_nowhere():
    labels = seen_from_above()
    unknown = next(iter(labels))
    kept = {k: p for k, p in labels.items() if k != unknown}
    truth = Truth("a", kept, unknown=frozenset({unknown}))
    assert evaluate([truth], {"a": {**kept, unknown: (3.0, 3.0)}}).overall.precision == 1


def test_a_likely_wrong_label_is_judged_neither_way_and_the_view_stays():
    labels = seen_from_above()
    first = next(iter(labels))
    truth = Truth("a", {**labels, first: (5.0, 5.0)})
    before = evaluate([truth], {"a": labels})
    after = evaluate(without([truth], {"a": {first}}), {"a": labels})
    assert before.overall.pck[0] < 1
    row = after.overall
    assert (row.labels, row.recall, row.precision, row.geometric, row.pck[0]) == (len(labels) - 1, 1, 1, 1, 1)
    few = dict(list(labels.items())[:4])
    cleaned = evaluate(without([Truth("a", few)], {"a": {first}}), {})
    assert list(cleaned.by_view()) == [View.UNCLEAR]
    assert list(cleaned.by_view(evaluate([Truth("a", few)], {}).views)) != [View.UNCLEAR]


@pytest.mark.parametrize(
    ("labels", "view"),
    [
        (seen_from_above(), View.MIDFIELD),
        ({k: p for k, p in seen_from_above().items() if WORLD[k, 0] < -30}, View.LEFT),
        ({k: p for k, p in seen_from_above().items() if WORLD[k, 0] > 30}, View.RIGHT),
        (seen_from_above(turned=True), View.BEHIND),
        (dict(list(seen_from_above().items())[:3]), View.UNCLEAR),
    ],
    ids=lambda value: value.value if isinstance(value, View) else "",
)
def test_the_view_follows_from_the_labels(labels, view):
    assert Truth("a", labels).view is view


def test_the_best_threshold_drops_false_detections():
    labels = seen_from_above()
    truth = Truth("a", dict(list(labels.items())[:8]))
    seen = {k: (*p, 0.65) for k, p in truth.labels.items()}
    strange = next(k for k in labels if k not in truth.labels)
    seen[strange] = (labels[strange][0] + 200, 20.0, 0.45)
    threshold = best_threshold([truth], {"a": seen})
    assert threshold in (0.5, 0.6)
    assert strange not in above({"a": seen}, threshold)["a"]


def image(path, size=(320, 180)):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((size[1], size[0], 3), 90, dtype=np.uint8))


def test_published_labels_are_read_and_what_is_wrong_is_named(tmp_path):
    image(tmp_path / "images" / "004.jpg")
    folder = tmp_path / "keypoints57"
    folder.mkdir()
    (folder / "004.json").write_text(json.dumps({"17": [100.0, 50.0], "99": [1, 2], "3": "x"}))
    (folder / "005.json").write_text("{}")
    (folder / "006.json").write_text("torn")
    image(tmp_path / "images" / "006.jpg")
    (tmp_path / "likely_label_errors.csv").write_text("idx,kp,name\n4,17,CENTER\n")
    truths, remarks = read_labelled(tmp_path)
    assert [truth.name for truth in truths] == ["004"]
    assert truths[0].labels == {17: pytest.approx((301.0, 151.0))}
    assert truths[0].size == (960, 540)
    assert len(remarks) == 4
    wrong = read_likely_errors(tmp_path)
    assert without(truths, wrong)[0].labels == {}
    with pytest.raises(FormatError, match="splits"):
        read_labelled(tmp_path, split="val")


def test_frames_of_which_only_lines_are_known_are_read(tmp_path):
    image(tmp_path / "images" / "a.jpg")
    image(tmp_path / "images" / "b.jpg")
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines" / "a.json").write_text("{}")
    truths, remarks = read_labelled(tmp_path)
    assert [(truth.name, truth.labels, truth.size) for truth in truths] == [("a", {}, (960, 540))]
    assert remarks == []


def test_a_keypoint_document_is_read_and_predictions_are_no_labels(tmp_path):
    image(tmp_path / "a.png", (960, 540))
    point = {"x": 10.0, "y": 20.0, "confidence": None, "sd": None}
    keypoints = {NAMES[30]: {**point, "source": "placed"}, NAMES[31]: {**point, "source": "predicted"}}
    document = {"a.png": {"size": [960, 540], "keypoints": keypoints}, "gone.png": {"size": [9, 9], "keypoints": {}}}
    (tmp_path / "labels.json").write_text(json.dumps(document))
    truths, remarks = read_labelled(tmp_path)
    assert len(truths) == 1
    assert list(truths[0].labels.values()) == [(10.0, 20.0)]
    assert "gone.png" in remarks[0]
    with pytest.raises(FormatError, match="no labelled frames"):
        read_labelled(tmp_path / "nowhere")


def test_a_training_set_gives_its_validation_frames(tmp_path):
    found = render_training_set(tmp_path / "set", frames=3, first_seed=39, size=(160, 90))
    truths, remarks = read_labelled(tmp_path / "set")
    assert [truth.name for truth in truths] == ["0000040.jpg"]
    assert remarks == []
    sample = found.of_split("val")[0]
    assert set(truths[0].labels) == {PITCH_57.index[name] for name in sample.points}
    assert len(read_labelled(tmp_path / "set", split="train")[0]) == 2


def test_the_report_stands_alone_and_shows_the_worst_frames_of_the_last_network(tmp_path):
    truths = []
    for name in ("good", "bad & worse"):
        image(tmp_path / f"{name}.jpg", (960, 540))
        truths.append(Truth(name, seen_from_above(), image=tmp_path / f"{name}.jpg"))
    before = {"good": truths[0].labels, "bad & worse": truths[1].labels}
    after = {"good": truths[0].labels, "bad & worse": dict.fromkeys(GROUND[:9], (5.0, 5.0))}
    last = evaluate(truths, after)
    score = FrameScore(dict.fromkeys(CAMERA_THRESHOLDS, 0.25), 4)
    views = {"good": View.LEFT, "bad & worse": View.RIGHT}
    cameras = CameraEvaluation({"good": score, "bad & worse": None}, views)
    extra = (evaluate(without(truths, {"good": {GROUND[0]}}), after), cameras)
    evaluations = {
        "before": Reported(evaluate(truths, before), before),
        "after": Reported(last, after, [(0.3, last.overall)], *extra),
    }
    path = write_report(tmp_path / "report", evaluations, data="frames")
    text = path.read_text(encoding="utf-8")
    assert text.count("<figure>") == 1
    assert text.count("data:image/jpeg;base64,") == 2
    assert "bad &amp; worse" in text
    assert text.count("likely label errors left out") == 2, "overall, and in the one view that has them"
    assert "<td>after</td><td>2</td><td>0.500</td><td>0.250</td>" in text
    assert "<td>after, right box</td><td>1</td><td>0.000</td>" in text
    assert "http" not in text
    (tmp_path / "file").write_text("")
    with pytest.raises(FormatError, match="cannot be written"):
        write_report(tmp_path / "file", evaluations, data="frames")
