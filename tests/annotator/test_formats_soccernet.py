"""SoccerNet lines: in a circle, both dialects, nothing wrong taken over and nothing right lost."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.formats.soccernet import (
    Dialect,
    lines_document,
    parse_lines,
    read_lines,
    write_lines,
)
from annotator.pitch import MARKINGS

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
