"""``check``, ``calibrate`` and ``evaluate cameras`` as a person or a script meets them."""

import argparse
import json

import cv2
import numpy as np
import pytest
from views import SIZE, look

from annotator.commands import CommandError, cameras_, run_command
from annotator.formats.cameras import read_camera
from annotator.formats.keypoints57 import frame_document
from annotator.formats.soccernet import lines_document, write_lines
from annotator.keypoints import resolve
from annotator.labels import FrameLabels, FrameRecord, Instance
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.project import Project

VIEW = look(np.array([0.0, 65.0, -15.0]), np.array([32.0, 0.0, 0.0]), 1700.0, kap=0.02)
MIRROR = {name: marking.mirror for name, marking in MARKINGS.items()}


@pytest.fixture(scope="module")
def drawn():
    return VIEW.clicks(np.random.default_rng(1), noise=0.3).markings


@pytest.fixture
def folder(tmp_path, drawn):
    lines = tmp_path / "lines"
    lines.mkdir()
    write_lines(lines / "00001.json", drawn, SIZE)
    return lines


def evaluate_cameras(*arguments):
    parser = argparse.ArgumentParser()
    cameras_.add_arguments(parser)
    return cameras_.run(parser.parse_args([str(argument) for argument in arguments]))


def test_good_labels_are_clean(folder, capsys):
    assert run_command(["check", str(folder)]) == 0
    out = capsys.readouterr()
    assert out.out == ""
    assert "0 findings in 0 of 1 frames" in out.err


def test_mirrored_names_are_a_row_of_the_table_and_of_the_document(folder, drawn, tmp_path, capsys):
    write_lines(folder / "00002.json", {MIRROR[name]: xy for name, xy in drawn.items()}, SIZE)
    assert run_command(["check", str(folder), "--json", str(tmp_path / "found.json")]) == 1
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["file", "rule", "reason"]
    assert rows[1].split()[:2] == ["00002.json", "mirrored-names"]
    assert len(rows) == 2
    frames = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["frames"]
    assert frames["00001.json"] == []
    (finding,) = frames["00002.json"]
    assert finding["severity"] == "error"
    assert finding["mend"] == "Exchange left and right in all names"


@pytest.mark.parametrize("dialect", ["published", "own"])
def test_both_dialects_of_57_points_are_checked(tmp_path, dialect, capsys):
    points = {name: tuple(map(float, xy)) for name, xy in VIEW.keypoints().items()}
    first, second = "R_PENALTY_AREA_TL_CORNER", "R_PENALTY_AREA_BL_CORNER"
    points[first], points[second] = points[second], points[first]
    names = list(KEYPOINTS)
    if dialect == "published":
        document = {str(names.index(name)): list(xy) for name, xy in points.items()}
    else:
        said = {name: {"x": xy[0], "y": xy[1], "source": "placed"} for name, xy in points.items()}
        document = {"a.jpg": {"size": list(SIZE), "keypoints": said}}
    path = tmp_path / "points.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert run_command(["check", str(path)]) == 1
    row = capsys.readouterr().out.splitlines()[1]
    assert row.split()[:2] == ["points.json" if dialect == "published" else "a.jpg", "swapped-pair"]
    assert "each lie where the other belongs" in row


def test_a_project_is_checked_and_calibrated(tmp_path, drawn, capsys):
    media = tmp_path / "media"
    media.mkdir()
    cv2.imwrite(str(media / "a.png"), np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    cv2.imwrite(str(media / "b.png"), np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    with Project.for_media([media]) as project:
        first, second = project.frame_ids()
        project.save_record(first, FrameRecord(FrameLabels((Instance(markings=drawn),))), text="Draw")
        turned = {MARKINGS[name].rot180: xy for name, xy in drawn.items()}
        project.save_record(second, FrameRecord(FrameLabels((Instance(markings=turned),))), text="Draw")
        path = project.path
    assert run_command(["check", str(path)]) == 1
    assert run_command(["check", str(media)]) == 1
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[:2] for row in rows if row.startswith("b.png")] == [["b.png", "turned-names"]] * 2
    assert not [row for row in rows if row.startswith("a.png")]
    assert run_command(["calibrate", str(path), "--output", str(tmp_path / "cameras")]) == 0
    assert sorted(p.name for p in (tmp_path / "cameras").iterdir()) == ["camera_a.json", "camera_b.json"]


def test_nothing_usable_is_said(tmp_path, capsys):
    (tmp_path / "other.json").write_text('{"some": "thing"}', encoding="utf-8")
    assert run_command(["check", str(tmp_path)]) == 2
    assert "no line file and no file of the 57 keypoints" in capsys.readouterr().err
    assert run_command(["check", str(tmp_path / "missing")]) == 2
    assert run_command(["calibrate", str(tmp_path), "--output", str(tmp_path / "cameras")]) == 2
    assert not (tmp_path / "cameras").exists()


def test_a_file_that_cannot_be_read_does_not_stop_the_others(folder, capsys):
    (folder / "00002.json").write_text("{", encoding="utf-8")
    assert run_command(["check", str(folder)]) == 1
    captured = capsys.readouterr()
    assert "damaged" in captured.err
    assert "0 findings in 0 of 1 frames" in captured.err


def test_cameras_are_written_beside_what_has_none(folder, tmp_path, drawn, capsys):
    few = {name: drawn[name] for name in list(drawn)[:2]}
    write_lines(folder / "00002.json", few, SIZE)
    output = tmp_path / "cameras"
    assert run_command(["calibrate", str(folder), "--output", str(output)]) == 1
    captured = capsys.readouterr()
    assert "00002.json: Draw" in captured.err
    assert [p.name for p in output.iterdir()] == ["camera_00001.json"]
    camera = read_camera(output / "camera_00001.json")
    assert camera.position == pytest.approx((0.0, 65.0, -15.0), abs=1.0)


def test_a_fraction_of_one_is_the_last_pixel(tmp_path, drawn):
    """As in the published evaluation; the score of a fitted camera depends on it."""
    lines = tmp_path / "lines"
    lines.mkdir()
    last = (SIZE[0] - 1, SIZE[1] - 1)
    (lines / "1.json").write_text(json.dumps(lines_document(drawn, last)), encoding="utf-8")
    assert run_command(["calibrate", str(lines), "--output", str(tmp_path / "cameras")]) == 0
    pixels, _ = read_camera(tmp_path / "cameras" / "camera_1.json").project(np.array([[36.0, 0.0, 0.0]]))
    assert pixels[0] == pytest.approx(VIEW.project(np.array([[36.0, 0.0, 0.0]]))[0], abs=0.5)


def test_points_of_our_own_document_give_a_camera_for_each_frame(tmp_path, drawn):
    resolved = resolve(Instance(markings=drawn), None, size=SIZE, threshold=1.0)
    document = {f"{name}.jpg": frame_document(resolved, SIZE, outside=False) for name in ("a", "sub/b")}
    path = tmp_path / "points.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert run_command(["calibrate", str(path), "--output", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "camera_a.json").is_file()
    assert (tmp_path / "out" / "sub" / "camera_b.json").is_file()


def test_cameras_are_scored_against_the_lines_they_came_from(folder, tmp_path, drawn, capsys):
    output = tmp_path / "cameras"
    run_command(["calibrate", str(folder), "--output", str(output)])
    write_lines(folder / "00002.json", drawn, SIZE)
    capsys.readouterr()
    assert evaluate_cameras(output, folder, "--json", tmp_path / "score.json") == 0
    out = capsys.readouterr().out
    assert "2 frames, 50.0 % with a camera" in out
    score = json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))
    assert score["completeness"] == 0.5
    assert score["jaccard"]["10"] > 0.7
    assert score["final"]["10"] == pytest.approx(score["jaccard"]["10"] / 2)


def test_a_broken_camera_file_counts_as_none(folder, tmp_path, capsys):
    output = tmp_path / "cameras"
    output.mkdir()
    (output / "camera_00001.json").write_text("{}", encoding="utf-8")
    assert evaluate_cameras(output, folder) == 1
    captured = capsys.readouterr()
    assert "0.0 % with a camera" in captured.out
    assert "pan_degrees" in captured.err


def test_missing_folders_are_named(tmp_path):
    with pytest.raises(CommandError, match="no such folder"):
        evaluate_cameras(tmp_path / "missing", tmp_path)
    with pytest.raises(CommandError, match="No line file"):
        evaluate_cameras(tmp_path, tmp_path)
