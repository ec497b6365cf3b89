"""COCO keypoints: the rules that evaluators follow without saying so, and pycocotools itself."""

import contextlib
import io
import json
import random

import numpy as np
import pytest

from annotator.formats.coco import CocoFrame, FormatError, coco_document, read_coco, results_document, write_coco
from annotator.labels import Visibility
from annotator.pitch import PITCH_57
from annotator.scheme import Scheme

SIZE = (960, 540)


def frames(count: int = 6) -> list[CocoFrame]:
    rng = random.Random(0)
    made = []
    for number in range(count):
        points = {
            name: (rng.uniform(0, 959), rng.uniform(0, 539), rng.choice((Visibility.VISIBLE, Visibility.OCCLUDED)))
            for name in rng.sample(PITCH_57.keypoints, 8 + number)
        }
        made.append(CocoFrame(f"clip ä {number}/000{number}.jpg", SIZE, points))
    return made


def test_a_file_goes_in_a_circle(tmp_path):
    given = [*frames(), CocoFrame("empty.jpg", (1, 1))]
    write_coco(tmp_path / "a.json", given, PITCH_57)
    read = read_coco(tmp_path / "a.json")
    assert read.keypoints == PITCH_57.keypoints
    assert read.findings == ()
    assert [(f.file_name, f.size) for f in read.frames] == [(f.file_name, f.size) for f in given]
    for before, after in zip(given, read.frames, strict=True):
        assert before.points.keys() == after.points.keys()
        for name, (x, y, seen) in before.points.items():
            np.testing.assert_allclose(after.points[name][:2], (x, y), atol=5.1e-4)
            assert after.points[name][2] is seen


def test_the_writer_keeps_every_rule():
    points = {
        PITCH_57.keypoints[0]: (10.0, 20.12345, Visibility.VISIBLE),
        PITCH_57.keypoints[2]: (110.0, 70.0, Visibility.OCCLUDED),
        PITCH_57.keypoints[3]: (500.0, 500.0, Visibility.ABSENT),
    }
    document = coco_document([CocoFrame("none.jpg", SIZE), CocoFrame("a/b.jpg", SIZE, points)], PITCH_57)
    assert [image["id"] for image in document["images"]] == [1, 2]
    (annotation,) = document["annotations"]
    assert (annotation["id"], annotation["image_id"], annotation["category_id"], annotation["iscrowd"]) == (1, 2, 1, 0)
    assert annotation["keypoints"][:12] == [10, 20.123, 2, 0, 0, 0, 110, 70, 1, 0, 0, 0]
    assert len(annotation["keypoints"]) == 3 * 57
    assert annotation["num_keypoints"] == 2
    assert annotation["bbox"] == [10, 20.123, 100, 49.877]
    assert annotation["area"] == 4987.7
    assert isinstance(annotation["keypoints"][0], int)
    (category,) = document["categories"]
    assert category["keypoints"] == list(PITCH_57.keypoints)
    assert min(min(edge) for edge in category["skeleton"]) == 1
    first = PITCH_57.edges[0]
    assert category["skeleton"][0] == [PITCH_57.index[first[0]] + 1, PITCH_57.index[first[1]] + 1]
    assert json.dumps(document) == json.dumps(
        coco_document(
            [CocoFrame("none.jpg", SIZE), CocoFrame("a/b.jpg", SIZE, dict(reversed(points.items())))], PITCH_57
        )
    )


@pytest.mark.parametrize("at", [(5.0, 5.0), (-0.5, -0.5), (959.5, 539.5)])
def test_a_single_point_gets_a_box_with_an_area(at):
    frame = CocoFrame("a.jpg", SIZE, {"CENTER_MARK": (*at, Visibility.VISIBLE)})
    (annotation,) = coco_document([frame], PITCH_57)["annotations"]
    assert annotation["bbox"] == [0, 0, 960, 540]
    assert annotation["area"] == 960 * 540


def test_other_schemes_write_the_same_way(tmp_path):
    scheme = Scheme("two", "Two", ("nose", "tail"), (0, 1), edges=(("nose", "tail"),))
    write_coco(
        tmp_path / "a.json",
        [CocoFrame("a.jpg", (9, 9), {"tail": (4.0, 5.0, Visibility.VISIBLE)})],
        scheme,
        category="dog",
    )
    document = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert document["annotations"][0]["keypoints"] == [0, 0, 0, 4, 5, 2]
    assert document["categories"][0]["skeleton"] == [[1, 2]]


def test_pycocotools_scores_a_file_against_itself_with_one(tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    given = frames()
    write_coco(tmp_path / "truth.json", [CocoFrame("negative.jpg", SIZE), *given], PITCH_57)
    predicted = [
        (n, {name: frame.points.get(name, (5.0, 5.0))[:2] for name in PITCH_57.keypoints}, 0.9)
        for n, frame in enumerate(given, start=2)
    ]
    (tmp_path / "results.json").write_text(json.dumps(results_document(predicted, PITCH_57)))
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO(str(tmp_path / "truth.json"))
        evaluation = cocoeval.COCOeval(truth, truth.loadRes(str(tmp_path / "results.json")), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.full(57, 0.0025)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)
    assert evaluation.stats[5] == pytest.approx(1.0)


def test_results_need_every_place():
    with pytest.raises(ValueError, match="no predicted place"):
        results_document([(1, {"CENTER_MARK": (1.0, 2.0)}, 0.5)], PITCH_57)


def test_a_published_file_is_read(shared_data):
    files = sorted((shared_data / "pose" / "coco").rglob("*.json"))
    for path in files:
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, dict) and any(c.get("keypoints") for c in document.get("categories", [])):
            read = read_coco(path)
            assert len(read.keypoints) == 17
            assert any(frame.points for frame in read.frames)
            return
    pytest.skip("no COCO file with categories among the data")


def test_wrong_values_are_findings(tmp_path):
    document = coco_document(frames(3), PITCH_57)
    document["images"].append({"id": True, "file_name": "x.jpg", "width": 1, "height": 1})
    document["annotations"][0]["keypoints"][2] = 7
    document["annotations"][1]["image_id"] = 99
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    read = read_coco(tmp_path / "a.json")
    assert [finding.key for finding in read.findings] == ["images[3]", "annotations[0]", "annotations[1]"]
    assert [bool(frame.points) for frame in read.frames] == [False, False, True]


@pytest.mark.parametrize("document", [[], {}, {"categories": [{"id": 1, "name": "dog"}]}, {"categories": 3}])
def test_what_is_no_keypoint_file_is_said(tmp_path, document):
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(FormatError):
        read_coco(tmp_path / "a.json")
