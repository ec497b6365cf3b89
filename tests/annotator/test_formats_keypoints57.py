"""The keypoint document: what is written is what is resolved, and it is read back the same."""

import json

import pytest

from annotator.formats.keypoints57 import (
    FormatError,
    FramePoint,
    frame_document,
    keypoints_document,
    read_keypoints,
    write_keypoints,
)
from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import Visibility

RESOLVED = Resolved(
    {
        "A": Keypoint("A", (512.3, 288.1), Source.CONSTRUCTED, Visibility.VISIBLE, sd=0.8, inside=True),
        "B": Keypoint("B", (-20.0, 10.0), Source.PROJECTED, confidence=0.5, sd=2.0),
        "C": Keypoint("C", (1 / 3, 539.5), Source.PLACED, Visibility.OCCLUDED, inside=True),
        "D": Keypoint("D"),
    }
)


def test_the_document_has_exactly_the_agreed_shape():
    assert frame_document(RESOLVED, (960, 540), outside=False) == {
        "size": [960, 540],
        "keypoints": {
            "A": {"x": 512.3, "y": 288.1, "source": "constructed", "confidence": None, "sd": 0.8},
            "C": {"x": 1 / 3, "y": 539.5, "source": "placed", "confidence": None, "sd": None},
        },
    }
    assert keypoints_document is frame_document


def test_points_outside_are_written_when_asked_for_and_everything_comes_back(tmp_path):
    path = tmp_path / "Punkte ä.json"
    write_keypoints(path, {"Bild ä 1.jpg": frame_document(RESOLVED, (960, 540), outside=True)})
    read = read_keypoints(path)
    assert read.findings == ()
    frame = read.frames["Bild ä 1.jpg"]
    assert frame.size == (960, 540)
    assert frame.points == {
        "A": FramePoint((512.3, 288.1), Source.CONSTRUCTED, None, 0.8),
        "B": FramePoint((-20.0, 10.0), Source.PROJECTED, 0.5, 2.0),
        "C": FramePoint((1 / 3, 539.5), Source.PLACED),
    }


@pytest.mark.parametrize(
    "bad",
    [{"x": True}, {"x": "1"}, {"source": "guessed"}, {"source": ["placed"]}, {"sd": "small"}, {"confidence": False}],
)
def test_a_wrong_point_is_a_finding_and_the_rest_is_used(tmp_path, bad):
    good = {"x": 1, "y": 2, "source": "placed", "confidence": None, "sd": None}
    document = {"a.jpg": {"size": [9, 9], "keypoints": {"A": good, "B": {**good, **bad}, "C": None}}}
    (tmp_path / "k.json").write_text(json.dumps(document), encoding="utf-8")
    read = read_keypoints(tmp_path / "k.json")
    assert set(read.frames["a.jpg"].points) == {"A"}
    assert len(read.findings) == 2


@pytest.mark.parametrize(
    "frame",
    [
        None,
        {},
        {"size": [9], "keypoints": {}},
        {"size": [9.5, 9], "keypoints": {}},
        {"size": [True, 9], "keypoints": {}},
        {"size": [9, 9], "keypoints": []},
    ],
)
def test_a_frame_without_size_or_points_is_a_finding(tmp_path, frame):
    (tmp_path / "k.json").write_text(json.dumps({"a.jpg": frame}), encoding="utf-8")
    read = read_keypoints(tmp_path / "k.json")
    assert not read.frames
    assert [finding.key for finding in read.findings] == ["a.jpg"]


@pytest.mark.parametrize("text", ["", "[]", "3", '{"a.jpg": {"size"', "\xff\xfe", "[" * 100_000])
def test_what_is_no_document_is_a_format_error(tmp_path, text):
    (tmp_path / "k.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(FormatError) as caught:
        read_keypoints(tmp_path / "k.json")
    assert caught.value.path == tmp_path / "k.json"
