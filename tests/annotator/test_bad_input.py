"""Bad input: one clear sentence with the path, the reason and what to do; nothing destroyed, the rest goes on."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from annotator import store_media, store_schema
from annotator.formats.soccernet import FormatError, read_lines
from annotator.frames import FrameSource, MediaError
from annotator.imports import carry_out, plan_import
from annotator.labels import EMPTY, FrameRecord, place
from annotator.project import Project, ProjectError

PLACED = FrameRecord(place(EMPTY, "CENTER_MARK", (1.0, 2.0)))


def image(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.zeros((54, 96, 3), np.uint8))[1].tobytes())
    return path


def is_one_sentence_with_advice(error: ProjectError | MediaError | FormatError) -> bool:
    text = str(error)
    return str(error.path) in text and error.reason in text and error.advice.endswith(".") and "\n" not in text


@pytest.fixture
def project_file(tmp_path):
    """A closed project with 30 edits."""
    media = image(tmp_path / "m" / "1.png").parent
    with Project.for_media([media]) as project:
        for number in range(30):
            record = FrameRecord(place(EMPTY, "CENTER_MARK", (float(number), 0.0)))
            project.save_record(1, record, text="Move " + "x" * 500)
    return tmp_path / "m.touchline"


# --- media ---------------------------------------------------------------------------------------------------------


def test_an_empty_folder_is_said_and_gets_no_project(tmp_path):
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    (tmp_path / "empty" / "notes.txt").write_text("x")
    with pytest.raises(ProjectError, match="no image and no video") as caught:
        Project.for_media([tmp_path / "empty"])
    assert is_one_sentence_with_advice(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


@pytest.mark.parametrize("name", ["nowhere", "notes.txt", "notes.txt/inside"])
def test_a_path_that_is_no_media_is_said(tmp_path, name):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ProjectError) as caught:
        Project.for_media([tmp_path / name])
    assert is_one_sentence_with_advice(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_one_bad_path_among_good_ones_is_a_notice(tmp_path):
    media = image(tmp_path / "m" / "1.png").parent
    with Project.for_media([media, tmp_path / "nowhere"]) as project:
        assert len(project.frame_ids()) == 1
        assert "nowhere" in project.notice


def test_a_text_file_named_jpg_costs_its_own_frame_only(tmp_path):
    media = image(tmp_path / "m" / "1.png").parent
    (media / "2.jpg").write_text("not an image")
    source = FrameSource()
    with Project.for_media([media]) as project:
        good, bad = (project.row(number) for number in project.frame_ids())
        assert source.read(good).shape == (54, 96, 3)
        for look in (source.read, source.size):
            with pytest.raises(MediaError) as caught:
                look(bad)
            assert is_one_sentence_with_advice(caught.value)
        project.save_record(bad.id, PLACED, text="Place")


def test_a_truncated_video_lists_the_frames_it_has_or_is_refused_whole(tmp_path):
    whole = tmp_path / "whole.mkv"
    with av.open(str(whole), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        noise = np.random.default_rng(0)
        for _ in range(30):
            pixels = noise.integers(0, 255, (64, 96, 3), dtype=np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    data = whole.read_bytes()
    half, stump = tmp_path / "half.mkv", tmp_path / "stump.mp4"
    half.write_bytes(data[: len(data) // 2])
    stump.write_bytes(data[:100])
    source = FrameSource()
    with Project.for_media([half]) as project:
        rows = [project.row(number) for number in project.frame_ids()]
        assert 5 < len(rows) < 30
        assert source.read(rows[0]).shape == (64, 96, 3)
        assert source.read(rows[-2]).shape == (64, 96, 3)
    source.close()
    with pytest.raises(MediaError) as caught:
        Project.for_media([stump])
    assert is_one_sentence_with_advice(caught.value)
    assert not (tmp_path / "stump.mp4.touchline").exists()


def test_a_folder_that_cannot_be_written_sends_the_project_to_the_data_directory(tmp_path, monkeypatch):
    media = image(tmp_path / "disc" / "m" / "1.png").parent

    def refused(**options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "data"))
    monkeypatch.setattr(store_media.tempfile, "TemporaryFile", refused)
    with Project.for_media([media]) as project:
        assert project.path.is_relative_to(tmp_path / "data")
        assert str(project.path) in project.notice
    assert [path.name for path in (tmp_path / "disc").iterdir()] == ["m"]


def test_when_no_place_can_be_written_that_is_said(tmp_path, monkeypatch):
    media = image(tmp_path / "m" / "1.png").parent
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("annotator.store_media.data_directory", lambda: tmp_path / "file" / "touchline")
    monkeypatch.setattr(store_media, "can_write", lambda folder: False)
    with pytest.raises(ProjectError, match="neither") as caught:
        Project.for_media([media])
    assert is_one_sentence_with_advice(caught.value)


# --- project files -------------------------------------------------------------------------------------------------


def refuses(path: Path, reason: str) -> None:
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(ProjectError, match=reason) as caught:
        Project.open(path)
    assert is_one_sentence_with_advice(caught.value)
    if before is not None:
        assert path.read_bytes() == before


def test_what_is_no_project_is_refused_untouched(tmp_path):
    texts = {"text": b"words " * 100, "short": b"SQLite format 3\x00", "empty": b""}
    for name, data in texts.items():
        (tmp_path / f"{name}.touchline").write_bytes(data)
        refuses(tmp_path / f"{name}.touchline", "not a Touchline project")
    with closing(sqlite3.connect(tmp_path / "other.touchline")) as db:
        db.execute("CREATE TABLE frame(id)")
        db.commit()
    refuses(tmp_path / "other.touchline", "not a Touchline project")
    refuses(tmp_path / "none.touchline", "no such project")
    (tmp_path / "folder.touchline").mkdir()
    refuses(tmp_path / "folder.touchline", "cannot be read")


def test_a_project_of_a_newer_version_is_refused_untouched(project_file):
    with closing(sqlite3.connect(project_file)) as db:
        db.execute(f"PRAGMA user_version={store_schema.SCHEMA_VERSION + 1}")
    with closing(sqlite3.connect(project_file)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    refuses(project_file, "newer version")


def test_a_newer_version_that_only_the_log_knows_is_refused(project_file, tmp_path):
    copy = tmp_path / "copy.touchline"
    with closing(sqlite3.connect(project_file)) as db:
        db.execute(f"PRAGMA user_version={store_schema.SCHEMA_VERSION + 1}")
        for suffix in ("", "-wal"):
            shutil.copy(f"{project_file}{suffix}", f"{copy}{suffix}")
    with pytest.raises(ProjectError, match="newer version"):
        Project.open(copy)


@pytest.mark.parametrize("part", [0.02, 0.1, 0.5, 0.9, 0.999])
def test_a_project_cut_short_is_refused_untouched(project_file, part):
    data = project_file.read_bytes()
    project_file.write_bytes(data[: int(len(data) * part)])
    refuses(project_file, "cut short|not a Touchline project")


def test_a_project_without_one_of_its_tables_is_refused(project_file):
    with closing(sqlite3.connect(project_file)) as db:
        db.execute("DROP TABLE history")
        db.commit()
    refuses(project_file, "damaged")


def test_a_locked_project_is_said(project_file, monkeypatch):
    monkeypatch.setattr(store_schema, "_BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(project_file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        refuses(project_file, "locked by another program")
    with Project.open(project_file) as project:
        assert len(project.history(1)) == 30


def test_an_edit_while_another_program_writes_is_refused_and_can_be_repeated(project_file, monkeypatch):
    monkeypatch.setattr(store_schema, "_BUSY_SECONDS", 0.1)
    with Project.open(project_file) as project:
        before = project.record(1)
        with closing(sqlite3.connect(project_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ProjectError, match="locked"):
                project.save_record(1, PLACED, text="Place")
            assert project.record(1) == before
        project.save_record(1, PLACED, text="Place")
        assert project.record(1) == PLACED


def test_a_read_only_project_is_said(project_file, monkeypatch):
    connect = sqlite3.connect

    def read_only(address, **options):
        return connect(address.replace("mode=rw", "mode=ro"), **options)

    monkeypatch.setattr(store_schema.sqlite3, "connect", read_only)
    refuses(project_file, "cannot be written")


def test_a_full_disk_refuses_the_edit_and_keeps_the_last(project_file):
    with Project.open(project_file) as project:
        before = project.record(1)
        with project._read() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count={pages}")

        def fill() -> None:
            nonlocal before
            for number in range(2000):
                record = FrameRecord(place(EMPTY, f"point {number}" * 50, (1.0, 2.0)))
                project.save_record(1, record, text="Place " + "y" * 500)
                before = record

        with pytest.raises(ProjectError, match="disk is full"):
            fill()
        assert project.record(1) == before
    with Project.open(project_file) as project:
        assert project.record(1) == before


def test_a_damaged_page_is_said_when_it_is_read(project_file):
    with closing(sqlite3.connect(project_file)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name='record'").fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
    data = bytearray(project_file.read_bytes())
    data[(page - 1) * size : page * size] = b"\xff" * size
    project_file.write_bytes(data)
    with Project.open(project_file) as project:
        assert len(project.history(1)) == 30
        with pytest.raises(ProjectError, match="damaged"):
            project.record(1)


# --- label files ---------------------------------------------------------------------------------------------------


def test_a_label_file_with_an_unknown_key_reports_it_and_is_used(tmp_path):
    media = image(tmp_path / "m" / "1.png").parent
    line = '[{"x": 0.5, "y": 0.5}, {"x": 1, "y": 1}]'
    (tmp_path / "1.json").write_text(f'{{"Middle line": {line}, "Halfway": {line}}}', encoding="utf-8")
    with Project.for_media([media]) as project:
        plan = plan_import(project, [tmp_path / "1.json"])
        assert plan is not None
        assert carry_out(project, plan).changed == (1,)
        (finding,) = plan.findings
        assert (finding.path, finding.key) == (tmp_path / "1.json", "Halfway")
        assert set(project.record(1).labels.pitch.markings) == {"Middle line"}


@pytest.mark.parametrize("text", ['{"Middle line": [{"x": 0.5, "y": 0.', "", "null", "[1, 2]", "\x00\x01", "NaN"])
def test_a_half_written_label_file_is_refused_and_changes_nothing(tmp_path, text):
    media = image(tmp_path / "m" / "1.png").parent
    path = tmp_path / "1.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        read_lines(path, (96, 54))
    assert is_one_sentence_with_advice(caught.value)
    with Project.for_media([media]) as project:
        with pytest.raises(FormatError) as caught:
            plan_import(project, [path])
        assert caught.value.path == path
        assert project.record(1) == FrameRecord()
