"""SoccerNet lines: in a circle, both dialects, nothing wrong taken over and nothing right lost."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.formats.soccernet import (
    Dialect,
    Existing,
    FormatError,
    import_lines,
    lines_document,
    parse_lines,
    read_lines,
    write_lines,
)
from annotator.labels import EMPTY, FrameRecord, FrameState, Review, place
from annotator.pitch import MARKINGS
from annotator.project import Project

SIZE = (960, 540)
POST = "Goal left post left "


def file_of(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@given(
    st.dictionaries(
        st.sampled_from(sorted(MARKINGS)),
        st.lists(st.tuples(st.floats(-2000, 3000), st.floats(-2000, 3000)), min_size=1, max_size=9).map(tuple),
    ),
    st.sampled_from(Dialect),
)
def test_lines_go_in_a_circle_in_both_dialects(markings, dialect):
    lines = parse_lines(json.loads(json.dumps(lines_document(markings, SIZE, dialect=dialect))), SIZE, Path("a.json"))
    assert lines.markings.keys() == markings.keys()
    assert not lines.findings
    for name, points in markings.items():
        np.testing.assert_allclose(lines.markings[name], points, rtol=1e-14, atol=1e-12)


def test_the_trailing_blank_is_the_dialect_and_not_another_line(tmp_path):
    points = [{"x": 0.5, "y": 0.25}]
    for key in ("Goal left post left ", "Goal left post left"):
        lines = read_lines(file_of(tmp_path / "a.json", {key: points}), SIZE)
        assert lines.markings == {POST: ((480.0, 135.0),)}
    for dialect, key in ((Dialect.CALIBRATION, POST), (Dialect.GAMESTATE, POST.strip())):
        write_lines(tmp_path / "b.json", {POST: ((480.0, 135.0),)}, SIZE, dialect=dialect)
        assert list(json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))) == [key]


def test_unknown_lines_are_kept_aside_and_unknown_names_reported(tmp_path):
    point = {"x": 0.1, "y": 0.2}
    path = file_of(
        tmp_path / "a.json",
        {
            "Line unknown": [point],
            "Goal unknown": [],
            "Midfield": [point],
            "Middle line": [point, point],
            POST: [point],
            POST.strip(): [point],
        },
    )
    lines = read_lines(path, SIZE)
    assert set(lines.markings) == {"Middle line", POST}
    assert lines.aside == {"Line unknown": ((96.0, 108.0),)}
    assert [(finding.key, finding.path) for finding in lines.findings] == [
        ("Line unknown", path),
        ("Midfield", path),
        (POST.strip(), path),
    ]
    assert "no marking" in str(lines.findings[1])


@pytest.mark.parametrize(
    "bad",
    [
        {"x": True, "y": 0.1},
        {"x": "0.1", "y": 0.1},
        {"x": float("nan"), "y": 0.1},
        {"x": float("inf"), "y": 0.1},
        {"x": 0.1},
        [0.1, 0.1],
        None,
        {"x": None, "y": 0.1},
        {"x": 10**400, "y": 1},
    ],
)
def test_a_wrong_point_is_left_out_and_the_rest_is_used(tmp_path, bad):
    lines = read_lines(file_of(tmp_path / "a.json", {"Middle line": [{"x": 0, "y": 1}, bad, {"x": 1, "y": 0.5}]}), SIZE)
    assert lines.markings == {"Middle line": ((0.0, 540.0), (960.0, 270.0))}
    assert [finding.key for finding in lines.findings] == ["Middle line"]


def test_every_published_line_file_is_read_without_a_finding_beyond_unknown_lines(shared_data):
    files = sorted((shared_data / "soccernet-lines").rglob("*.json"))[:150]
    assert files
    for path in files:
        lines = read_lines(path, SIZE)
        assert all(finding.key.strip() in ("Line unknown", "Goal unknown") for finding in lines.findings)
        document = json.loads(path.read_text(encoding="utf-8"))
        written = lines_document(lines.markings, SIZE)
        for key, points in written.items():
            given_points = document.get(key) or document.get(key.strip())
            np.testing.assert_allclose(
                [(p["x"], p["y"]) for p in points], [(p["x"], p["y"]) for p in given_points], rtol=1e-15, atol=1e-15
            )


@pytest.fixture
def project(tmp_path):
    media = tmp_path / "m"
    for name in ("a/00001.png", "a/00002.png", "b/00001.png", "b/00003.png"):
        (media / name).parent.mkdir(parents=True, exist_ok=True)
        (media / name).write_bytes(cv2.imencode(".png", np.zeros((50, 100, 3), np.uint8))[1].tobytes())
    with Project.for_media([media]) as opened:
        yield opened


LINE = {"Middle line": [{"x": 0.5, "y": 0.0}, {"x": 0.5, "y": 1.0}]}


def id_of(project: Project, name: str) -> int:
    return next(number for number in project.frame_ids() if project.row(number).name == name)


def test_lines_come_in_as_markings_with_one_history_entry_a_frame(project, tmp_path):
    for name in ("00002.json", "00003.json", "00009.json", "match_info.json", "match_info_old.json"):
        file_of(tmp_path / "lines" / name, LINE)
    kept = id_of(project, "b/00003.png")
    project.save_record(kept, FrameRecord(place(EMPTY, "CENTER_MARK", (1.0, 1.0))), text="Place")
    told: list[tuple[int, int]] = []
    report = import_lines(project, tmp_path / "lines", progress=lambda *done: told.append(done))
    two = id_of(project, "a/00002.png")
    assert report.added == (two,)
    assert [finding.path.name for finding in report.skipped] == ["00003.json"]
    assert [finding.path.name for finding in report.unmatched] == ["00009.json"]
    assert report.findings == ()
    assert told[-1] == (3, 3)
    assert project.record(two).labels.pitch.markings == {"Middle line": ((50.0, 0.0), (50.0, 50.0))}
    assert [entry.text for entry in project.history(two)] == ["Import lines of 00002.json"]
    assert project.row(two).state is FrameState.DRAFT
    assert not project.record(kept).labels.pitch.markings


def test_told_to_replace_it_keeps_placed_points_and_the_review(project, tmp_path):
    three = id_of(project, "b/00003.png")
    before = FrameRecord(place(EMPTY, "CENTER_MARK", (1.0, 1.0)), Review(comment="mine"))
    project.save_record(three, before, text="Place")
    path = file_of(tmp_path / "00003.json", LINE)
    report = import_lines(project, [path], existing=Existing.REPLACE)
    assert report.added == (three,)
    pitch = replace(before.labels.pitch, markings={"Middle line": ((50.0, 0.0), (50.0, 50.0))})
    assert project.record(three) == replace(before, labels=before.labels.with_instance(pitch))


def test_frames_of_the_same_name_are_told_apart_by_their_folders(project, tmp_path):
    report = import_lines(project, file_of(tmp_path / "x" / "00001.json", LINE))
    assert len(report.unmatched) == 1
    report = import_lines(project, file_of(tmp_path / "lines" / "b" / "00001.json", LINE))
    assert report.added == (id_of(project, "b/00001.png"),)


def test_a_bad_file_is_a_finding_and_the_others_go_on(project, tmp_path):
    folder = tmp_path / "lines"
    file_of(folder / "a" / "00001.json", LINE)
    (folder / "00002.json").write_text('{"Middle line": [{"x": 0.5, "y"', encoding="utf-8")
    file_of(folder / "00003.json", {"Midfield": []})
    report = import_lines(project, folder)
    assert len(report.added) == 1
    assert [finding.path.name for finding in report.findings] == ["00002.json", "00003.json"]
    assert [finding.path.name for finding in report.skipped] == ["00003.json"]


def test_no_line_file_at_all_is_said(project, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="no line file"):
        import_lines(project, tmp_path / "empty")
    with pytest.raises(FormatError, match="no such"):
        import_lines(project, [tmp_path / "nowhere"])


def test_an_import_that_is_stopped_keeps_what_it_did(project, tmp_path):
    file_of(tmp_path / "l" / "00002.json", LINE)
    file_of(tmp_path / "l" / "00003.json", LINE)
    answers = iter([False, True])
    report = import_lines(project, tmp_path / "l", should_stop=lambda: next(answers))
    assert len(report.added) == 1
