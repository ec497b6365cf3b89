from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from model.dataset import Sample, SampleError, TrainingSet, TrainingSetError, read_image, read_training_set
from model.dataset import write_training_set as write
from model.heatmaps import ABSENT, OCCLUDED, UNKNOWN, VISIBLE

NAMES = ("L", "R", "TOP")


def _jpeg(width: int = 64, height: int = 48, value: int = 90) -> bytes:
    _, data = cv2.imencode(".jpg", np.full((height, width, 3), value, dtype=np.uint8))
    return data.tobytes()


def _sample(name: str = "a.jpg", **changes: Any) -> Sample:
    sample = Sample(
        image=name,
        size=(64, 48),
        points={"L": (10.25, 20.5, 2), "R": (30, 8, 1)},
        source=_jpeg(),
        unknown=frozenset({"TOP"}),
        group="match 1",
        mirror_rule="behind",
        sd={"L": 1.5},
    )
    return replace(sample, **changes)


def _write(folder: Path, *samples: Sample) -> TrainingSet:
    return write(
        folder,
        scheme="s-1",
        keypoints=NAMES,
        mirror=[1, 0, 2],
        mirror_rules={"behind": [0, 1, 2]},
        samples=samples,
        settings={"radius": 2},
    )


def test_what_was_written_is_read(tmp_path: Path) -> None:
    first, second = _sample(), _sample("b.jpg", mirror_rule=None, split="val", unknown=frozenset())
    got = _write(tmp_path / "set", first, second)
    assert (got.scheme, got.keypoints, got.mirror, dict(got.settings)) == ("s-1", NAMES, (1, 0, 2), {"radius": 2})
    assert got.problems == ()
    for before, after in zip((first, second), got.samples, strict=True):
        assert replace(after, source=b"") == replace(before, source=b"")
        assert isinstance(after.source, Path)
        assert after.source.read_bytes() == before.source
    assert [s.image for s in got.of_split("val")] == ["b.jpg"]
    assert got.permutation(got.samples[0]).tolist() == [0, 1, 2]
    assert got.permutation(got.samples[1]).tolist() == [1, 0, 2]


def test_labels_tell_absent_from_unknown(tmp_path: Path) -> None:
    got = _write(tmp_path / "set", _sample(), _sample("b.jpg", unknown=frozenset(), points={}))
    xy, state = got.labels(got.samples[0])
    assert state.tolist() == [VISIBLE, OCCLUDED, UNKNOWN]
    assert xy.tolist() == [[10.25, 20.5], [30, 8], [0, 0]]
    assert got.labels(got.samples[1])[1].tolist() == [ABSENT] * 3


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        _write(tmp_path / name, _sample(), _sample("b.jpg"))
    for part in ("manifest.json", "samples.jsonl", "images/a.jpg"):
        assert (tmp_path / "one" / part).read_bytes() == (tmp_path / "two" / part).read_bytes()


def test_a_failure_leaves_the_older_set(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    _write(folder, _sample())
    with pytest.raises(SampleError, match=r"gone\.jpg"):
        _write(folder, _sample("c.jpg"), _sample("d.jpg", source=tmp_path / "gone.jpg"))
    assert [s.image for s in read_training_set(folder).samples] == ["a.jpg"]
    assert [p.name for p in tmp_path.iterdir()] == ["set"]
    _write(folder, _sample("c.jpg"))
    assert [s.image for s in read_training_set(folder).samples] == ["c.jpg"]
    assert [p.name for p in tmp_path.iterdir()] == ["set"]


def test_a_folder_of_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "thesis.tex").write_text("years of work")
    with pytest.raises(TrainingSetError, match="other files"):
        _write(tmp_path / "set", _sample())
    assert (tmp_path / "set" / "thesis.tex").exists()
    with pytest.raises(TrainingSetError, match="this is a file"):
        _write(tmp_path / "set" / "thesis.tex", _sample())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"split": "test2"}, "unknown split"),
        ({"mirror_rule": "upside down"}, "unknown mirror rule"),
        ({"points": {"X": (1, 1, 2)}}, "unknown keypoint 'X'"),
        ({"points": {"L": (float("nan"), 1, 2)}}, "no usable place"),
        ({"points": {"L": (1, 1, 3)}}, "no usable place"),
        ({"image": "../escape.jpg"}, "no folder"),
        ({"size": (0, 5)}, "cannot be 0x5"),
    ],
)
def test_bad_samples_are_refused_with_a_reason(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(SampleError, match=reason):
        _write(tmp_path / "set", _sample(**changes))
    assert list(tmp_path.iterdir()) == []


def test_two_samples_cannot_share_a_file(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="share"):
        _write(tmp_path / "set", _sample(), _sample())


def test_a_damaged_line_is_reported_and_the_rest_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    _write(folder, _sample(), _sample("b.jpg"))
    lines = (folder / "samples.jsonl").read_text().splitlines()
    bad = ["{", '{"image": 3}', lines[0].replace('"train"', '"holiday"'), lines[0].replace("images/", "../"), "null"]
    (folder / "samples.jsonl").write_text("\n".join([*bad, *lines]) + "\n")
    got = read_training_set(folder)
    assert [s.image for s in got.samples] == ["a.jpg", "b.jpg"]
    assert len(got.problems) == 5
    assert all("samples.jsonl" in str(p) or "a.jpg" in str(p) for p in got.problems)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("format", "cat-pictures", "not a training set"),
        ("version", 99, "version 99"),
        ("keypoints", ["L", "L", "R"], "share a name"),
        ("keypoints", [], "names no keypoints"),
        ("mirror", [0, 0, 1], "no permutation"),
        ("mirror_rules", {"behind": [7, 8, 9]}, "no permutation"),
        ("mirror_rules", None, "no mirror rules"),
    ],
)
def test_a_damaged_manifest_is_refused_with_a_reason(tmp_path: Path, key: str, value: Any, reason: str) -> None:
    folder = tmp_path / "set"
    _write(folder, _sample())
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, key: value}))
    with pytest.raises(TrainingSetError, match=reason):
        read_training_set(folder)


def test_missing_parts_and_foreign_keys(tmp_path: Path) -> None:
    with pytest.raises(TrainingSetError, match=r"manifest\.json"):
        read_training_set(tmp_path)
    folder = tmp_path / "set"
    _write(folder, _sample())
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "weather": "rain"}))
    assert read_training_set(folder).extra == {"weather": "rain"}
    (folder / "samples.jsonl").unlink()
    with pytest.raises(TrainingSetError, match=r"samples\.jsonl"):
        read_training_set(folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(TrainingSetError, match="damaged"):
        read_training_set(folder)


def test_an_unreadable_image_says_why(tmp_path: Path) -> None:
    got = _write(tmp_path / "set", _sample(), _sample("b.jpg", size=(32, 32)), _sample("c.jpg"), _sample("d.jpg"))
    images = tmp_path / "set" / "images"
    assert read_image(got.samples[0]).shape == (48, 64, 3)
    (images / "a.jpg").write_bytes(b"not a picture")
    (images / "c.jpg").write_bytes(b"")
    (images / "d.jpg").unlink()
    for sample, reason in zip(got.samples, ("decoded", "64x48", "empty", "No such file"), strict=True):
        with pytest.raises(SampleError, match=reason) as caught:
            read_image(sample)
        assert sample.image in str(caught.value)


def test_images_are_rgb() -> None:
    picture = np.zeros((8, 8, 3), dtype=np.uint8)
    picture[:, :, 2] = 200
    _, data = cv2.imencode(".png", picture)
    sample = Sample(image="red.png", size=(8, 8), points={}, source=data.tobytes())
    assert read_image(sample)[0, 0].tolist() == [200, 0, 0]
