"""People predicted by the command line: boxes of files, detectors and labels; results as COCO has them; projects."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from annotator import instances
from annotator.commands import run_command
from annotator.formats.documents import FormatError
from annotator.frames import FrameSource
from annotator.labels import EMPTY, FrameRecord, Instance
from annotator.people_boxes import free_of, image_id_of, labelled_boxes, read_boxes
from annotator.people_prediction import check_points, predict_people, results, see
from annotator.pitch import PITCH_57
from annotator.project import Project
from annotator.schemes import COCO_17
from model.people import Candidate, InstancePrediction, PeoplePrediction

sys.path.append(str(Path(__file__).resolve().parents[1] / "model"))

from onnx_files import write_onnx
from poses import write_published

pytestmark = pytest.mark.usefixtures("own_cache")

SIZE = (160, 120)
NAMES = ("000000000785.jpg", "000000040083.jpg", "clip_a.jpg")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "pose_hrnet_w32_256x192.pth"
    write_published(path)
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in NAMES:
        small = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / name), cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC))
    return folder


def written(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def detections() -> list[dict[str, Any]]:
    return [
        {"image_id": 785, "category_id": 1, "bbox": [10, 10, 50, 90], "score": 0.9},
        {"image_id": 785, "category_id": 1, "bbox": [10, 10, 50, 90], "score": 0.8},
        {"image_id": 785, "category_id": 1, "bbox": [90, 5, 40, 100], "score": 0.2},
        {"image_id": 785, "category_id": 3, "bbox": [0, 0, 90, 90], "score": 0.99},
        {"image_id": "clip_a", "category_id": 1, "bbox": [20, 20, 60, 60], "score": 0.5},
    ]


class Stub:
    """Sees at the middle of every box what the box's score is; without boxes one thing in the middle of the image."""

    names = COCO_17.keypoints

    def __init__(self, *, takes_boxes: bool = True) -> None:
        self.takes_boxes = takes_boxes
        self.asked: list[tuple[list[Candidate], float | None]] = []

    def predict_people(
        self, rgb: np.ndarray, candidates: Any = (), *, same: float | None = None
    ) -> PeoplePrediction:
        self.asked.append((list(candidates), same))
        size = (rgb.shape[1], rgb.shape[0])
        boxes = list(candidates) if self.takes_boxes else [Candidate((0.0, 0.0, *map(float, size)), 0.7)]
        found = tuple(self._one(one) for one in boxes)
        return PeoplePrediction((), size, "stub").with_instances(found)

    def _one(self, one: Candidate) -> InstancePrediction:
        x0, y0, x1, y1 = one.box
        xy = np.tile([(x0 + x1) / 2, (y0 + y1) / 2], (17, 1))
        return InstancePrediction(self.names, xy, np.full(17, 0.5), np.ones(17), one.score, one.box)


def test_boxes_of_detections_go_to_images_by_number_and_name(tmp_path: Path) -> None:
    found = read_boxes(written(tmp_path / "boxes.json", detections()))
    first = found.of("sub/000000000785.jpg")
    assert [one.score for one in first] == [0.9, 0.8, 0.2]
    assert first[0].box == (10, 10, 60, 100)
    assert [one.score for one in found.of("clip_a.jpg")] == [0.5]
    assert found.of("000000040083.jpg") == ()
    assert found.of("clip_a.mp4#000003") == ()
    assert found.image_id("000000000785.jpg") == 785
    assert "another category" in found.remarks[0]
    assert len(read_boxes(tmp_path / "boxes.json", category=3).of("785.jpg")) == 1
    assert len(read_boxes(tmp_path / "boxes.json", least=0.5).of("785.jpg")) == 2


def test_boxes_of_annotations_go_by_file_name_and_leave_crowds_out(tmp_path: Path) -> None:
    document = {
        "images": [{"id": 7, "file_name": "train/b.png", "width": 4, "height": 4}],
        "categories": [{"id": 2, "name": "ball"}, {"id": 5, "name": "Person"}],
        "annotations": [
            {"image_id": 7, "category_id": 5, "bbox": [1, 2, 3, 4]},
            {"image_id": 7, "category_id": 5, "bbox": [1, 2, 3, 4], "iscrowd": 1},
            {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4]},
            {"image_id": 7, "category_id": 5, "bbox": [1, 2, 0, 4]},
        ],
    }
    found = read_boxes(written(tmp_path / "a.json", document))
    assert found.of("b.png") == found.of("train/b.png") == (Candidate((1, 2, 4, 6), 1.0),)
    assert found.image_id("b.png") == 7
    assert len(found.remarks) == 2


@pytest.mark.parametrize("document", [{}, [], [1], {"annotations": 3}, [{"image_id": 1}], "x"])
def test_files_without_boxes_are_refused(tmp_path: Path, document: Any) -> None:
    with pytest.raises(FormatError, match=r"b\.json"):
        read_boxes(written(tmp_path / "b.json", document))


def test_damaged_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("[{")
    with pytest.raises(FormatError, match="damaged"):
        read_boxes(tmp_path / "b.json")
    with pytest.raises(FormatError, match="cannot be read"):
        read_boxes(tmp_path / "none.json")


def test_real_detections_and_annotations_agree_about_their_images() -> None:
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "pose" / "coco"
    if not folder.is_dir():
        pytest.skip(f"the reference data is not at {folder}")
    boxes, labels = (read_boxes(folder / name) for name in ("test_coco_det_AP_H_56.json", "test_coco.json"))
    for path in folder.glob("*.jpg"):
        assert boxes.image_id(path.name) == labels.image_id(path.name) == int(path.stem)
        for person in labels.of(path.name):
            assert max(instances.overlap(person.box, one.box) for one in boxes.of(path.name)) > 0.3


def test_images_are_called_by_their_numbers() -> None:
    called = [image_id_of(name) for name in ("a/000012.jpg", "a/b.png", "v.mp4#000004")]
    assert called == [12, "a/b.png", "v.mp4#000004"]


def test_the_labelled_are_looked_for_first_and_never_dropped() -> None:
    one, two = (Instance(id=n, box=(10.0 + n, 10.0, 60.0, 100.0)) for n in (0, 1))
    labels = instances.add(instances.add(EMPTY, one), two)
    mine = labelled_boxes(labels, SIZE)
    assert [candidate.box for candidate in mine] == [one.box, two.box]
    others = [Candidate((12.0, 10.0, 60.0, 100.0), 0.9), Candidate((100.0, 10.0, 150.0, 100.0), 0.4)]
    assert free_of(others, mine) == others[1:]
    network = Stub()
    rgb = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    found = see(network, rgb, labels, others)
    assert found is not None
    assert [answer.box for answer in found.instances] == [one.box, two.box, others[1].box]
    assert network.asked == [(mine, None), (others[1:], 0.9)]
    assert see(network, rgb, EMPTY) is None
    alone = see(Stub(takes_boxes=False), rgb, EMPTY, others)
    assert alone is not None
    assert len(alone.instances) == 1


@pytest.fixture
def project(tmp_path: Path, images: Path) -> Path:
    path = tmp_path / "people.touchline"
    with Project.create(path, scheme=COCO_17) as made:
        made.add_media([images])
        labels = instances.add(EMPTY, Instance(id=4, box=(20.0, 10.0, 70.0, 110.0)))
        (first, *_) = made.frame_ids()
        made.save_record(first, FrameRecord(labels), text="box")
    return path


def test_a_project_keeps_predictions_beside_its_labels(project: Path) -> None:
    with Project.open(project) as opened:
        before = [opened.record(n) for n in opened.frame_ids()]
        seen: list[int] = []
        pixels = FrameSource(max_frames=1)
        tally = predict_people(opened, Stub(), pixels=pixels, progress=lambda done, total: seen.append(done))
        assert (tally.frames, tally.people, tally.without, tally.lost) == (1, 1, 2, [])
        assert seen == [0, 1, 2, 3]
        first, second, _ = opened.frame_ids()
        stored = opened.people(first, "stub")
        assert stored is not None
        assert stored.instances[0].box == (20.0, 10.0, 70.0, 110.0)
        assert opened.people(second) is None
        assert [opened.record(n) for n in opened.frame_ids()] == before
        stopped = predict_people(opened, Stub(), pixels=pixels, should_stop=lambda: True)
        assert stopped.frames == 0
        everywhere = predict_people(
            opened, Stub(), pixels=pixels, boxes=lambda name, rgb: [Candidate((1.0, 1.0, 9.0, 9.0))], frame_ids=[second]
        )
        assert (everywhere.frames, everywhere.people) == (1, 1)
        pixels.close()


def test_a_network_of_other_points_is_refused() -> None:
    with pytest.raises(ValueError, match="17 points are not the 57"):
        check_points(Stub(), PITCH_57)


def test_unseen_points_are_zeros_in_results() -> None:
    xy = np.array([[1.5, 2.0], [np.nan, np.nan]])
    one = InstancePrediction(("a", "b"), xy, np.array([0.5, 0.1]), np.ones(2), 0.25)
    (found,) = results("7.jpg", [one])
    assert found == {
        "image_id": 7, "file_name": "7.jpg", "category_id": 1, "keypoints": [1.5, 2.0, 0.5, 0, 0, 0], "score": 0.25,
    }  # fmt: skip


def test_the_command_writes_coco_results(
    weights: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes, output = written(tmp_path / "boxes.json", detections()), tmp_path / "people.json"
    arguments = ["predict", str(images), "--weights", str(weights), "--boxes", str(boxes), "--device", "cpu"]
    assert run_command([*arguments, "--output", str(output)]) == 0
    found = json.loads(output.read_text())
    assert [one["image_id"] for one in found] == [785, 785, "clip_a"]  # one of the two boxes about one person is left
    assert all(len(one["keypoints"]) == 51 and 0 <= one["score"] <= 1 for one in found)
    assert found[0]["score"] >= found[1]["score"]
    said = capsys.readouterr().err
    assert "1 of 3 frames have no box" in said
    assert "another category" in said
    assert run_command([*arguments, "--box-score", "0.5"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_lines_grow_and_are_gone_on_from(weights: Path, images: Path, tmp_path: Path) -> None:
    boxes, output = written(tmp_path / "boxes.json", detections()), tmp_path / "people.jsonl"
    arguments = ["predict", "--weights", str(weights), "--boxes", str(boxes), "--output", str(output)]
    assert run_command([*arguments, str(images / NAMES[0])]) == 0
    once = output.read_text()
    assert run_command([*arguments, "--resume", *(str(images / name) for name in NAMES)]) == 0
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert output.read_text().startswith(once)
    assert [line["name"] for line in lines] == list(NAMES)
    assert [len(line["results"]) for line in lines] == [2, 0, 1]


def test_results_are_scored_as_any_detections_are(
    weights: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, truth = tmp_path / "people.json", tmp_path / "truth.json"
    boxes = written(tmp_path / "boxes.json", detections())
    run_command(
        ["predict", str(images), "--weights", str(weights), "--boxes", str(boxes), "--output", str(output)]
    )
    found = [one for one in json.loads(output.read_text()) if one["image_id"] == 785]
    written(output, found)
    annotations = [
        {
            "id": n + 1, "image_id": 785, "category_id": 1, "iscrowd": 0, "area": 4500, "bbox": [10, 10, 50, 90],
            "keypoints": [v for k in range(17) for v in (*one["keypoints"][3 * k : 3 * k + 2], 2)], "num_keypoints": 17,
        }
        for n, one in enumerate(found)
    ]  # fmt: skip
    category = {"id": 1, "name": "person", "keypoints": list(COCO_17.keypoints), "skeleton": []}
    image = {"id": 785, "file_name": NAMES[0], "width": SIZE[0], "height": SIZE[1]}
    written(truth, {"images": [image], "categories": [category], "annotations": annotations})
    capsys.readouterr()
    assert run_command(["evaluate", str(truth), "--detections", str(output)]) == 0
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    labelled = COCO(str(truth))
    judged = COCOeval(labelled, labelled.loadRes(str(output)), "keypoints")
    judged.evaluate()
    judged.accumulate()
    judged.summarize()
    assert judged.stats[0] == pytest.approx(1.0)


def test_boxes_may_come_from_a_detector(
    weights: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = np.zeros((1, 10, 6), np.float32)
    rows[0, 0] = [10, 12, 40, 50, 0.9, 0]
    detector = write_onnx(tmp_path / "boxes.onnx", {"output": rows})
    arguments = ["predict", str(images), "--weights", str(weights), "--detector", str(detector)]
    assert run_command(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["image_id"] for one in found] == [785, 40083, "clip_a.jpg"]
    assert run_command([*arguments, "--box-score", "0.95"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    wrong = write_onnx(tmp_path / "wrong.onnx", {"output": np.zeros((1, 9), np.float32)})
    assert run_command(["predict", str(images), "--weights", str(weights), "--detector", str(wrong)]) == 2
    assert "no boxes in a known way" in capsys.readouterr().err


def test_a_project_is_predicted_by_the_command(
    weights: Path, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "people.json"
    arguments = ["predict", str(project), "--weights", str(weights), "--output", str(output)]
    assert run_command(arguments) == 1
    assert "1 people in 1 frames" in (said := capsys.readouterr().err)
    assert "2 frames have no box" in said
    assert [one["image_id"] for one in json.loads(output.read_text())] == [785]
    with Project.open(project) as opened:
        stored = opened.people(opened.frame_ids()[0])
        assert stored is not None
        assert stored.instances[0].names == COCO_17.keypoints
    boxes = written(tmp_path / "boxes.json", detections())
    run_command([*arguments, "--boxes", str(boxes), "--box-score", "0.3"])
    assert len(json.loads(output.read_text())) == 2  # the detections in the first frame are of who is labelled


@pytest.mark.parametrize(
    ("asked", "seen"),
    [(["--every", "2"], [0, 2]), (["--from", "1"], [1, 2]), (["--to", "0"], [0]), (["--from", "1", "--to", "1"], [1])],
)
def test_only_the_frames_asked_for_are_predicted(
    weights: Path, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str], seen: list[int]
) -> None:
    with Project.open(project) as opened:
        ids = opened.frame_ids()
        opened.save_boxes({frame_id: (Candidate((20.0, 10.0, 70.0, 100.0)),) for frame_id in ids})
    output = tmp_path / "people.json"
    assert run_command(["predict", str(project), "--weights", str(weights), "--output", str(output), *asked]) == 0
    assert f"in {len(seen)} frames" in capsys.readouterr().err
    with Project.open(project) as opened:
        names = [opened.row(ids[place]).name for place in seen]
        assert [place for place, frame_id in enumerate(ids) if opened.people(frame_id)] == seen
    assert {one["file_name"] for one in json.loads(output.read_text())} == set(names)
    assert run_command(["predict", str(project), "--weights", str(weights), "--every", "0"]) == 2


def test_a_network_without_boxes_needs_none(images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = tmp_path / "pose_higher_hrnet_w32_512.pth"
    write_published(weights, kind="higher-w32")
    assert run_command(["predict", str(images / NAMES[0]), "--weights", str(weights)]) == 0
    assert all(one["image_id"] == 785 for one in json.loads(capsys.readouterr().out))


def test_what_cannot_be_done_is_said(
    weights: Path, images: Path, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    some = str(images / NAMES[0])
    boxes = str(written(tmp_path / "b.json", detections()))
    cases = {
        "Say where people are": [some, "--weights", str(weights)],
        "Name the network": [some, "--boxes", str(tmp_path / "x.json")],
        "not both at once": [some, str(project), "--weights", str(weights)],
        "cannot be read": [some, "--weights", str(weights), "--boxes", str(tmp_path / "x.json")],
        "no such file": [some, "--weights", str(weights), "--detector", str(tmp_path / "x.onnx")],
        "jsonl": [some, "--weights", str(weights), "--boxes", boxes, "--output", str(tmp_path / "o.csv")],
    }
    for reason, arguments in cases.items():
        assert run_command(["predict", *arguments]) == 2, reason
        assert reason in capsys.readouterr().err
    path = tmp_path / "pitch.touchline"
    Project.create(path).close()
    assert run_command(["predict", str(path), "--weights", str(weights)]) == 2
    assert "one pitch each" in capsys.readouterr().err


def test_a_published_file_is_inspected_and_made_ours(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from model.checkpoint import load

    assert run_command(["weights", "inspect", str(weights)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["family"], found["points"], found["complete"]) == ("pose", "coco-17", True)
    target = tmp_path / "ours.safetensors"
    assert run_command(["weights", "import", str(weights), str(target), "--size", "128x192"]) == 0
    assert "coco-17, input 128x192, maps read by 'quarter'" in capsys.readouterr().err
    card = load(target).card
    assert (card.names, card.input_size, card.decoder) == (COCO_17.keypoints, (128, 192), "quarter")
    boxes = written(tmp_path / "boxes.json", detections())
    image = tmp_path / NAMES[0]
    cv2.imwrite(str(image), np.full((120, 160, 3), 90, np.uint8))
    assert run_command(["predict", str(image), "--weights", str(target), "--boxes", str(boxes)]) == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["pose_hrnet_w48_384x288.pth", "udp_256x192.pth", "pose.pth"])
def test_an_inspection_says_what_an_import_takes(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    from model.checkpoint import load

    source, target = tmp_path / name, tmp_path / "ours.safetensors"
    source.write_bytes(weights.read_bytes())
    assert run_command(["weights", "inspect", str(source)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert run_command(["weights", "import", str(source), str(target)]) == 0
    card = load(target).card
    assert (tuple(found["input"]["size"]), found["maps read by"]) == (card.input_size, card.decoder)


def test_boxes_of_a_detector_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    category = {"id": 1, "name": "person", "keypoints": list(COCO_17.keypoints), "skeleton": []}
    person = {"image_id": 785, "category_id": 1, "iscrowd": 0, "area": 4500, "bbox": [10, 10, 50, 90]}
    listed = [{"id": 1, **person, "keypoints": [0] * 51, "num_keypoints": 0}]
    images = [{"id": 785, "file_name": NAMES[0], "width": 160, "height": 120}]
    truth = written(tmp_path / "t.json", {"images": images, "categories": [category], "annotations": listed})
    boxes, output = written(tmp_path / "boxes.json", detections()), tmp_path / "measures.json"
    assert run_command(["evaluate", str(truth), "--detections", str(boxes), "--output", str(output)]) == 1
    said = capsys.readouterr()
    assert "AP 1.0000" in said.out
    assert "AP small -" in said.out
    assert "1 boxes are of images without annotations" in said.err
    assert json.loads(output.read_text())["ar1"] == 1.0
    strange = written(tmp_path / "s.json", [{"image_id": 9, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 1}])
    assert run_command(["evaluate", str(truth), "--detections", str(strange)]) == 2
    assert "none of its boxes" in capsys.readouterr().err
