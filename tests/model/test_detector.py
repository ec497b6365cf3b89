"""Boxes of any detector: every known way to say them, found in the image again; other networks are refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx_files import write_onnx

from model import detector as module
from model.detector import Detector, DetectorError, class_names, letterbox, understood
from model.detector_process import RemoteDetector
from model.people import Candidate

WIDE = np.full((180, 320, 3), 200, np.uint8)
"""Into 64x64 it goes at a fifth, 14 rows of grey above and below."""
BOXES = {(20.0, 40.0, 120.0, 140.0): 0.9, (200.0, 10.0, 300.0, 110.0): 0.6}
F = np.float32


def in_input(box: tuple[float, float, float, float]) -> np.ndarray:
    """Corners of a box of the image as distances from the edge of a 64x64 input."""
    return (np.array(box) + 0.5) / 5 + [0, 14, 0, 14]


def middles(corners: np.ndarray) -> np.ndarray:
    return np.concatenate([(corners[:2] + corners[2:]) / 2, corners[2:] - corners[:2]])


CORNERS = np.stack([in_input(box) for box in BOXES]).astype(F)
MIDDLES = np.stack([middles(one) for one in CORNERS]).astype(F)
SCORES = np.array(list(BOXES.values()), F)
CLUTTER = np.tile(np.array([[30, 30, 4, 4]], F), (98, 1))


def sorted_out() -> dict[str, np.ndarray]:
    rows = np.zeros((1, 100, 6), F)
    rows[0, :2] = np.column_stack([CORNERS, SCORES, [0, 0]])
    rows[0, 2] = [1, 1, 50, 50, 0.95, 7]
    return {"output0": rows}


def yolo5(classes: int = 80) -> dict[str, np.ndarray]:
    rows = np.zeros((1, 200, 5 + classes), F)
    rows[0, :2] = np.column_stack([MIDDLES, [1, 1], SCORES, np.zeros((2, classes - 1))])
    rows[0, 2, :5] = [*MIDDLES[0] + 0.3, 0.8]
    rows[0, 2, 5] = 0.7
    rows[0, 3:101, :4] = CLUTTER
    rows[0, 3:101, 4] = 0.01
    return {"output": rows}


def yolo8(classes: int = 80, *, beyond: bool = False) -> dict[str, np.ndarray]:
    columns = np.zeros((1, 4 + classes, 300), F)
    columns[0, :4, :2] = MIDDLES.T
    columns[0, 4, :2] = SCORES
    columns[0, :5, 2] = [*MIDDLES[1] + 0.5, 0.5]
    columns[0, :5, 3] = [*MIDDLES[1] + 20, 0.05]
    if beyond:
        columns[0, 5:] = 33.0
    elif classes > 3:
        columns[0, 7, 5] = 0.99
        columns[0, :4, 5] = [20, 20, 30, 30]
    return {"output0": columns}


def torchvision() -> dict[str, np.ndarray]:
    boxes = np.concatenate([CORNERS, [[0, 0, 60, 60]]]).astype(F)
    return {"boxes": boxes, "labels": np.array([1, 1, 18], np.int64), "scores": np.array([*SCORES, 0.99], F)}


def with_classes() -> dict[str, np.ndarray]:
    scores = np.zeros((1, 2, 3), F)
    scores[0, :, 0] = SCORES
    return {"scores": scores, "boxes": CORNERS[None] / 64}


def transformers() -> dict[str, np.ndarray]:
    logits = np.full((1, 4, 80), -8, F)
    logits[0, :2, 0] = np.log(SCORES / (1 - SCORES))
    boxes = np.concatenate([MIDDLES / 64, [[0.5, 0.5, 0.1, 0.1]] * 2]).astype(F)
    return {"logits": logits, "pred_boxes": boxes[None]}


def scored_boxes() -> dict[str, np.ndarray]:
    dets = np.column_stack([CORNERS, SCORES]).astype(F)[None]
    return {"dets": dets, "labels": np.zeros((1, 2), np.int64)}


LAYOUTS = {
    "sorted out": sorted_out(),
    "yolo5": yolo5(),
    "yolo5 of one class": yolo5(1),
    "yolo8": yolo8(),
    "yolo8 of one class": yolo8(1),
    "yolo8 with a pose": yolo8(52, beyond=True),
    "torchvision": torchvision(),
    "boxes and a table of scores": with_classes(),
    "logits and middles": transformers(),
    "scored boxes and labels": scored_boxes(),
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("with_openvino", [True, False], ids=["openvino", "opencv"])
def test_every_known_way_leads_to_the_same_boxes(
    tmp_path: Path, name: str, with_openvino: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_onnx(tmp_path / "net.onnx", LAYOUTS[name])
    if not with_openvino:
        monkeypatch.setattr(module, "_runner", module._OpenCv)
        monkeypatch.setattr(module, "_TRIED", (64,))
    found = Detector.load(path).detect(WIDE)
    assert [one.score for one in found] == pytest.approx(list(BOXES.values()), abs=1e-3)
    for one, box in zip(found, BOXES, strict=True):
        assert one.box == pytest.approx(box, abs=0.01)


def test_another_class_and_another_threshold_can_be_asked_for(tmp_path: Path) -> None:
    detector = Detector.load(write_onnx(tmp_path / "net.onnx", sorted_out()))
    (other,) = detector.detect(WIDE, kind=7)
    assert other.score == pytest.approx(0.95)
    assert other.box == pytest.approx((4.5, -0.5, 249.5, 179.5))  # no box reaches beyond the image
    assert len(detector.detect(WIDE, least=0.7)) == 1
    assert detector.detect(WIDE, kind=3) == ()


@pytest.mark.parametrize("takes_bytes", [False, True])
@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (1, 64, 64, 3), (3, 64, 64), (1, 3, -1, -1)])
def test_the_image_arrives_as_the_input_wants_it(tmp_path: Path, takes_bytes: bool, shape: tuple[int, ...]) -> None:
    rows = np.zeros((1, 8, 6), F)
    side = 64 if shape[-1] > 0 else 640
    rows[0, 0, :4] = np.array([8, 8, 40, 40]) * side / 64
    bright = np.zeros((1, 8, 6), F)
    bright[0, 0, 4] = 1 / 255 if takes_bytes else 1
    path = write_onnx(tmp_path / "net.onnx", {"o": rows}, bright={"o": bright}, shape=shape, takes_bytes=takes_bytes)
    (found,) = Detector.load(path).detect(WIDE)
    share = 36 / 64
    assert found.score == pytest.approx((200 * share + 114 * (1 - share)) / 255, abs=2e-3)


def test_a_letterbox_keeps_the_aspect_and_says_where_the_image_lies() -> None:
    image = np.zeros((50, 100, 3), np.uint8)
    boxed, scale, move = letterbox(image, (64, 64))
    assert (scale, move) == (0.64, (0.0, 16.0))
    assert (boxed[16:48] == 0).all()
    assert (boxed[:16] == 114).all()
    assert (boxed[48:] == 114).all()
    assert letterbox(image, (300, 100))[1:] == (2.0, (50.0, 0.0))


def test_outputs_of_no_known_kind_are_named() -> None:
    with pytest.raises(ValueError, match=r"\[1, 1000\] of float32"):
        understood([np.zeros((1, 1000), F)], (64, 64))
    with pytest.raises(ValueError, match="nothing"):
        understood([], (64, 64))
    with pytest.raises(ValueError, match="known way"):
        understood([np.full((1, 20, 6), np.nan, F)], (64, 64))
    assert len(understood([np.zeros((1, 0, 6), F)], (64, 64)).scores) == 0


def test_files_that_are_no_detector_are_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="no such file"):
        Detector.load(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("not at all")
    with pytest.raises(DetectorError, match=r"text\.onnx: the file is no ONNX network"):
        Detector.load(tmp_path / "text.onnx")
    path = write_onnx(tmp_path / "class.onnx", {"o": np.zeros((1, 1000), F)})
    with pytest.raises(DetectorError, match=r"class\.onnx: its outputs are \[1, 1000\]"):
        Detector.load(path).detect(WIDE)
    path = write_onnx(tmp_path / "grey.onnx", {"o": np.zeros((1, 8, 6), F)}, shape=(1, 1, 64, 64))
    with pytest.raises(DetectorError, match="no colour image"):
        Detector.load(path)
    path = write_onnx(tmp_path / "vast.onnx", {"o": np.zeros((1, 8, 6), F)}, shape=(1, 3, 90_000, 640))
    with pytest.raises(DetectorError, match="640x90000 pixels is larger"):
        Detector.load(path)


def test_a_file_cut_short_anywhere_is_refused_before_anything_reads_it(tmp_path: Path) -> None:
    whole = write_onnx(tmp_path / "net.onnx", sorted_out()).read_bytes()
    cut = tmp_path / "cut.onnx"
    for length in (0, 1, 2, 3, 40, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:length])
        with pytest.raises(DetectorError, match=r"cut\.onnx: the file is (cut short or damaged|no ONNX network)\."):
            Detector.load(cut)
    cut.write_bytes(whole[:-1])
    with pytest.raises(DetectorError, match="cut short"):
        class_names(cut)


@pytest.mark.parametrize("data", [b"\x80\x04\x95pickled", b"PK\x03\x04", b"<html>", b"\xff" * 99, b"\x3a\x00"])
def test_files_of_other_kinds_never_reach_a_library(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_runner", lambda path: pytest.fail("it was read"))
    (tmp_path / "other.onnx").write_bytes(data)
    with pytest.raises(DetectorError, match="no ONNX network"):
        Detector.load(tmp_path / "other.onnx")


def test_a_whole_file_that_no_library_reads_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "odd.onnx").write_bytes(b"\x08\x08\x3a\x03abc")
    with pytest.raises(DetectorError, match=r"odd\.onnx: it cannot be read as an ONNX network \(") as told:
        Detector.load(tmp_path / "odd.onnx")
    assert "Exception from" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{0: 'person', 1: \"bird's nest\", 32: 'ball'}", {0: "person", 1: "bird's nest", 32: "ball"}),
        ('{"0": "player", "1": "referee"}', {0: "player", 1: "referee"}),
        ("__import__('os').system('x')", {}),
        ("{0: 'a\x1b[2J', 1: ''}", {0: "a[2J"}),
    ],
)
def test_names_of_classes_are_read_and_never_run(tmp_path: Path, text: str, names: dict[int, str]) -> None:
    path = write_onnx(tmp_path / "net.onnx", sorted_out(), notes={"author": "somebody", "names": text})
    assert class_names(path) == names
    assert len(Detector.load(path).detect(WIDE)) == 2


def test_a_detector_in_a_process_of_its_own_says_the_same(tmp_path: Path) -> None:
    path = write_onnx(tmp_path / "net.onnx", sorted_out())
    remote, own = RemoteDetector(path), Detector.load(path)
    assert remote.detect(WIDE) == own.detect(WIDE)
    assert remote.detect(WIDE, least=0.7) == own.detect(WIDE, least=0.7)
    assert [one.score for one in remote.detect(WIDE, kind=7)] == pytest.approx([0.95])
    assert isinstance(remote.detect(WIDE)[0], Candidate)
    remote.close()
    remote.close()
    with pytest.raises(DetectorError, match="ended the process"):
        remote.detect(WIDE)


def test_what_is_wrong_over_there_is_said_here(tmp_path: Path) -> None:
    wrong = write_onnx(tmp_path / "class.onnx", {"o": np.zeros((1, 1000), F)})
    with pytest.raises(DetectorError, match=r"class\.onnx: its outputs are \[1, 1000\] .* known way\. Choose an ONNX"):
        RemoteDetector(wrong).detect(WIDE)
    with pytest.raises(DetectorError, match="no such file"):
        RemoteDetector(tmp_path / "none.onnx").detect(WIDE)
