"""The project on disk: nothing acknowledged is lost, nothing foreign is touched."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from annotator import store_media
from annotator.labels import (
    EMPTY,
    Decision,
    FrameLabels,
    FrameRecord,
    FrameState,
    Instance,
    KeypointLabel,
    Note,
    Origin,
    Review,
    Visibility,
    add_marking_point,
    confirm_marking,
    frame_state,
    move_marking_point,
    place,
    remove_marking_point,
    set_marking,
    set_visibility,
)
from annotator.project import ChangedElsewhereError, MediaKind, Project, ProjectError
from annotator.records import RecordError, decode_record, encode_record
from model.heatmaps import Prediction

ROOT = Path(__file__).resolve().parents[2]
PLACED = FrameRecord(place(EMPTY, "CENTER_MARK", (12.5, 30.25)))


def images(folder: Path, *names: str) -> Path:
    """Empty files: a list of frames opens none of them."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def a_prediction(network: str = "net-a", seed: int = 0) -> Prediction:
    rng = np.random.default_rng(seed)
    maps = np.zeros((58, 270, 480), dtype=np.uint8)
    for channel in range(57):
        y, x = rng.integers(10, 250), rng.integers(10, 460)
        maps[channel, y - 5 : y + 6, x - 5 : x + 6] = rng.integers(0, 255, (11, 11))
    names = tuple(f"point {n}" for n in range(57))
    return Prediction(
        names,
        rng.uniform(0, 900, (57, 2)),
        rng.uniform(0, 1, 57),
        np.ones(57),
        maps,
        (960, 540),
        network,
        (2.0, 2.0),
        (0.5, 0.5),
    )


@pytest.fixture
def project(tmp_path):
    images(tmp_path / "match", "1.jpg", "2.jpg", "10.jpg")
    with Project.for_media([tmp_path / "match"]) as opened:
        yield opened


def names_of(project: Project, **filters) -> list[str]:
    return [project.row(number).name for number in project.frame_ids(**filters)]


# --- media ---------------------------------------------------------------------------------------------------------


def test_a_folder_is_listed_at_any_depth_in_natural_order_without_hidden_files(tmp_path):
    media = images(
        tmp_path / "Spiel ä 1",
        "b/10.JPG",
        "b/9.png",
        "a 2.webp",
        "a 10.Tiff",
        "Ünder/ß.bmp",
        "b/deep/er/1.jpeg",
        ".hidden.jpg",
        ".x/1.jpg",
        "notes.txt",
    )
    with Project.for_media([media]) as project:
        assert names_of(project) == ["a 2.webp", "a 10.Tiff", "b/9.png", "b/10.JPG", "b/deep/er/1.jpeg", "Ünder/ß.bmp"]
        row = project.row(project.frame_ids()[2])
        assert row.path == media / "b" / "9.png"
        assert (row.index_in_media, row.state, row.missing, row.is_video) == (2, FrameState.UNSEEN, False, False)
        assert project.path == tmp_path / "Spiel ä 1.touchline"
        assert project.notice == ""


def test_opening_the_same_again_continues_adds_new_files_and_keeps_missing_ones(tmp_path):
    media = images(tmp_path / "m", "2.jpg", "3.jpg")
    with Project.for_media([media]) as project:
        two, three = project.frame_ids()
        project.save_record(two, PLACED, text="Place")
    (media / "2.jpg").unlink()
    images(media, "1.jpg")
    with Project.for_media([media]) as project:
        assert names_of(project) == ["1.jpg", "2.jpg", "3.jpg"]
        assert [project.row(n).missing for n in project.frame_ids()] == [False, True, False]
        assert project.frame_ids()[1:] == [two, three]
        assert project.record(two) == PLACED
    images(media, "2.jpg")
    with Project.open(tmp_path / "m.touchline") as project:
        assert not project.row(two).missing


def test_a_folder_that_is_gone_leaves_its_labels(tmp_path):
    media = images(tmp_path / "m", "1.jpg")
    with Project.for_media([media]) as project:
        project.save_record(1, PLACED, text="Place")
    shutil.rmtree(media)
    with Project.open(tmp_path / "m.touchline") as project:
        assert project.row(1).missing
        assert project.record(1) == PLACED
        assert str(media) in project.notice


def test_project_and_media_may_move_together(tmp_path):
    media = images(tmp_path / "here" / "m", "1.jpg")
    Project.for_media([media]).close()
    (tmp_path / "here").rename(tmp_path / "there")
    with Project.open(tmp_path / "there" / "m.touchline") as project:
        assert project.row(1).path == tmp_path / "there" / "m" / "1.jpg"
        assert not project.row(1).missing


def test_a_project_moved_alone_still_finds_its_media(tmp_path):
    media = images(tmp_path / "m", "1.jpg")
    Project.for_media([media]).close()
    (tmp_path / "else" / "deep").mkdir(parents=True)
    moved = (tmp_path / "m.touchline").rename(tmp_path / "else" / "deep" / "p.touchline")
    with Project.open(moved) as project:
        assert project.row(1).path == media / "1.jpg"
        assert not project.row(1).missing


def test_several_paths_make_one_project_beside_the_first(tmp_path):
    first, second = images(tmp_path / "a", "1.jpg"), images(tmp_path / "b", "1.jpg", "2.jpg")
    with Project.for_media([first, second, second]) as project:
        assert project.path == tmp_path / "a.touchline"
        assert [medium.path for medium in project.media()] == [first, second]
        assert len(project.frame_ids()) == 3
    with Project.for_media([tmp_path / "a.touchline", second]) as project:
        assert len(project.frame_ids()) == 3


def test_single_images_become_one_medium_and_later_their_whole_folder(tmp_path):
    media = images(tmp_path / "m", "1.jpg", "2.jpg", "3.jpg")
    with Project.for_media([media / "3.jpg", media / "1.jpg"]) as project:
        assert project.path == media / "3.jpg.touchline"
        assert names_of(project) == ["1.jpg", "3.jpg"]
        assert [medium.kind for medium in project.media()] == [MediaKind.FILES]
        project.save_record(project.frame_ids()[1], PLACED, text="Place")
        project.add_media([media / "2.jpg"])
        assert names_of(project) == ["1.jpg", "2.jpg", "3.jpg"]
    with Project.open(media / "3.jpg.touchline") as project:
        assert names_of(project) == ["1.jpg", "2.jpg", "3.jpg"]
        project.add_media([media])
        assert [medium.kind for medium in project.media()] == [MediaKind.FOLDER]
        assert names_of(project, states=[FrameState.DRAFT]) == ["3.jpg"]


def test_what_lies_in_a_listed_folder_is_not_listed_twice(tmp_path):
    media = images(tmp_path / "m", "a/1.jpg", "2.jpg")
    with Project.for_media([media]) as project:
        project.add_media([media / "a", media / "a" / "1.jpg", media / "2.jpg"])
        assert names_of(project) == ["2.jpg", "a/1.jpg"]
        assert len(project.media()) == 1


def test_where_the_place_is_read_only_the_project_goes_to_the_data_directory(tmp_path, monkeypatch):
    media = images(tmp_path / "m", "1.jpg")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(store_media, "data_directory", lambda: tmp_path / "data")
    monkeypatch.setattr(store_media, "can_write", lambda folder: False)
    with Project.for_media([media]) as project:
        assert project.path.is_relative_to(tmp_path / "data")
        assert "cannot be written" in project.notice
        project.save_record(1, PLACED, text="Place")
    with Project.for_media([media]) as project:
        assert project.record(1) == PLACED
        assert not project.row(1).missing
        assert "cannot be written" in project.notice


def test_a_link_that_leads_in_a_circle_ends(tmp_path):
    media = images(tmp_path / "m", "a/1.jpg")
    (media / "a" / "again").symlink_to(media, target_is_directory=True)
    (media / "a" / "self").symlink_to(media / "a", target_is_directory=True)
    assert "a/1.jpg" in store_media.scan_folder(media).images


def test_a_file_name_that_is_no_text_is_left_out_and_named(tmp_path):
    media = images(tmp_path / "m", "1.jpg")
    try:
        Path(os.fsdecode(os.fsencode(media) + b"/\xff.jpg")).touch()
    except OSError:
        pytest.skip("this file system takes no such name")
    with Project.for_media([media]) as project:
        assert names_of(project) == ["1.jpg"]
        assert "UTF-8" in project.notice


# --- records -------------------------------------------------------------------------------------------------------


def test_everything_a_person_can_say_survives_the_store(project):
    labels = set_marking(EMPTY, "Goal left post left ", ((1.0, 2.0), (-3.5, 1e-9)))
    labels = place(labels, "CENTER_MARK", (0.1, 0.2), origin=Origin.ACCEPTED)
    labels = set_visibility(labels, "R_PENALTY_MARK", Visibility.ABSENT)
    person = {"nose": KeypointLabel((1.0, 2.0), None, Origin.IMPORTED)}
    labels = labels.with_instance(Instance(3, person, {}, (1.0, 2.0, 3.0, 4.0)))
    notes = (Note("look here", about="CENTER_MARK", author="Ann"), Note("and here", at=(1.5, 2.5)))
    record = FrameRecord(labels, Review(Decision.REJECTED, "blurred", "ä „quoted“ \n line", "Ann", "Bob", notes))
    project.save_record(1, record, text="All")
    assert project.record(1) == record
    assert project.row(1).state is FrameState.REJECTED
    for odd in (FrameLabels(()), FrameLabels((Instance(7),))):
        project.save_record(1, FrameRecord(odd), text="Odd")
        assert project.record(1) == FrameRecord(odd)


def test_what_was_not_checked_is_told_in_the_record_and_only_there():
    placed = set_marking(EMPTY, "Middle line", ((1.0, 2.0), (3.0, 4.0)), unchecked=True)
    document = encode_record(FrameRecord(placed))
    assert json.loads(document)["instances"][0]["unchecked"] == ["Middle line"]
    assert decode_record(document) == FrameRecord(placed)
    by_hand = set_marking(EMPTY, "Middle line", ((1.0, 2.0), (3.0, 4.0)))
    again = encode_record(FrameRecord(by_hand), document)
    assert "unchecked" not in json.loads(again)["instances"][0]


@pytest.mark.parametrize("damage", ['"Middle line"', "[1]", "{}", "[null]"])
def test_damage_to_what_was_not_checked_is_said(damage):
    with pytest.raises(RecordError, match="unchecked"):
        decode_record('{"version":1,"instances":[{"id":0,"markings":{},"unchecked":' + damage + "}]}")


def test_a_hand_on_a_marking_checks_it():
    placed = set_marking(EMPTY, "Middle line", ((1.0, 2.0), (3.0, 4.0)), unchecked=True)
    placed = set_marking(placed, "Side line top", ((5.0, 2.0), (7.0, 4.0)), unchecked=True)
    assert placed.pitch.unchecked == {"Middle line", "Side line top"}
    for edited in (
        move_marking_point(placed, "Middle line", 0, (9.0, 9.0)),
        add_marking_point(placed, "Middle line", (9.0, 9.0)),
        remove_marking_point(placed, "Middle line", 0),
        set_marking(placed, "Middle line", ()),
        confirm_marking(placed, "Middle line"),
    ):
        assert edited.pitch.unchecked == {"Side line top"}
    assert place(placed, "CENTER_MARK", (1.0, 1.0)).pitch.unchecked == placed.pitch.unchecked
    assert replace(placed.pitch, markings={}).unchecked == frozenset()


def test_every_edit_leaves_what_was_before_in_the_history(project):
    second = replace(PLACED, review=Review(Decision.ACCEPTED))
    project.save_record(2, PLACED, text="Place CENTER_MARK", author="Ada")
    project.save_record(2, second, text="Accept")
    project.save_record(2, second, text="Nothing new")
    entries = project.history(2)
    assert [(e.text, e.author) for e in entries] == [("Place CENTER_MARK", "Ada"), ("Accept", "")]
    assert [e.before() for e in entries] == [FrameRecord(), PLACED]
    assert entries[0].when <= entries[1].when
    assert project.history(1) == []


def test_unknown_keys_of_a_later_program_survive_an_edit(project):
    project.save_record(1, PLACED, text="Place")
    later = (
        '{"version":1,"mood":"good","instances":[{"id":0,"tag":[1],"keypoints":{"CENTER_MARK":'
        '{"at":[1,2],"origin":"hand","pen":"red"}},"markings":{}}],"review":{"decision":"open","weather":"wet"}}'
    )
    with closing(sqlite3.connect(project.path)) as db:
        db.execute("UPDATE record SET document=?", (later,))
        db.commit()
    record = project.record(1)
    assert record.labels.pitch.keypoints["CENTER_MARK"].position == (1.0, 2.0)
    project.save_record(1, replace(record, review=Review(Decision.ACCEPTED)), text="Accept")
    with closing(sqlite3.connect(project.path)) as db:
        stored = db.execute("SELECT document FROM record").fetchone()[0]
    for survivor in ('"mood":"good"', '"tag":[1]', '"pen":"red"', '"weather":"wet"'):
        assert survivor in stored


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        '{"version":2}',
        '{"version":true}',
        '{"version":1,"instances":{}}',
        '{"version":1,"instances":[{"id":true}]}',
        '{"version":1,"instances":[{"id":0,"keypoints":{"A":{"at":[true,1]}}}]}',
        '{"version":1,"instances":[{"id":0,"keypoints":{"A":{"at":[1]}}}]}',
        '{"version":1,"instances":[{"id":0,"keypoints":{"A":{"at":["1",2]}}}]}',
        '{"version":1,"instances":[{"id":0,"keypoints":{"A":{"at":[NaN,2]}}}]}',
        '{"version":1,"instances":[{"id":0,"keypoints":{"A":{"visibility":2}}}]}',
        '{"version":1,"instances":[{"id":0,"markings":{"A":[[1,2],3]}}]}',
        '{"version":1,"review":{"decision":"maybe"}}',
        '{"version":1,"review":{"comment":1}}',
    ],
)
def test_a_damaged_record_blocks_its_frame_instead_of_looking_empty(project, document):
    with pytest.raises(RecordError):
        decode_record(document)
    project.save_record(1, PLACED, text="Place")
    with closing(sqlite3.connect(project.path)) as db:
        db.execute("UPDATE record SET document=?", (document,))
        db.commit()
    with pytest.raises(ProjectError, match=r"labels of 1\.jpg cannot be read"):
        project.record(1)
    assert project.record(2) == FrameRecord()
    project.save_record(1, PLACED, text="Restore")
    assert project.history(1)[-1].document == document


def test_a_position_that_is_no_number_is_refused_and_nothing_is_stored(project):
    for bad in ((float("nan"), 1.0), (1.0, float("inf"))):
        with pytest.raises(RecordError):
            project.save_record(1, FrameRecord(place(EMPTY, "CENTER_MARK", bad)), text="Place")
    assert project.record(1) == FrameRecord()
    assert project.history(1) == []


def test_an_unknown_frame_is_misuse(project):
    for call in (project.row, project.record, lambda n: project.save_record(n, PLACED, text="x")):
        with pytest.raises(ValueError, match="no frame has id 99"):
            call(99)


def test_codec_goes_in_a_circle_without_a_project():
    assert decode_record(encode_record(PLACED)) == PLACED
    assert decode_record(encode_record(FrameRecord())) == FrameRecord()


# --- lists ---------------------------------------------------------------------------------------------------------


def test_frames_are_filtered_by_state_and_text(project):
    project.save_record(1, PLACED, text="Place")
    project.save_record(2, FrameRecord(review=Review(Decision.ACCEPTED)), text="Accept")
    assert names_of(project, states=[FrameState.DRAFT, FrameState.ACCEPTED]) == ["1.jpg", "2.jpg"]
    assert names_of(project, states=[]) == []
    assert names_of(project, text="0.J") == ["10.jpg"]
    assert names_of(project, text="%") == []
    assert project.state_counts() == {
        FrameState.UNSEEN: 1,
        FrameState.PREDICTED: 0,
        FrameState.DRAFT: 1,
        FrameState.ACCEPTED: 1,
        FrameState.REJECTED: 0,
        FrameState.LOOK_AGAIN: 0,
    }


def test_text_is_found_whatever_its_case_and_script(tmp_path):
    with Project.for_media([images(tmp_path / "m", "Übung_1.jpg", "uebung.jpg")]) as project:
        assert names_of(project, text="übung_") == ["Übung_1.jpg"]


# --- predictions and settings --------------------------------------------------------------------------------------


def test_predictions_are_kept_per_network_and_never_among_the_records(project):
    first, second = a_prediction("net-a"), a_prediction("net-b", 1)
    project.save_prediction(1, first)
    project.save_prediction(1, second)
    project.save_prediction(1, a_prediction("net-a", 2))
    assert project.networks() == ["net-a", "net-b"]
    newest = project.prediction(1)
    assert newest is not None
    assert newest.network == "net-a"
    stored = project.prediction(1, "net-b")
    assert stored is not None
    np.testing.assert_array_equal(stored.heatmaps, second.heatmaps)
    np.testing.assert_array_equal(stored.xy, second.xy)
    assert project.has_prediction(1)
    assert not project.has_prediction(1, "net-c")
    assert project.prediction(2) is None
    assert project.row(1).state is FrameState.PREDICTED
    assert project.record(1) == FrameRecord()
    project.save_record(1, PLACED, text="Place")
    assert project.row(1).state is FrameState.DRAFT
    project.save_record(1, FrameRecord(), text="Undo")
    assert project.row(1).state is FrameState.PREDICTED
    project.delete_predictions("net-a")
    assert project.row(1).state is FrameState.PREDICTED
    project.delete_predictions()
    assert project.row(1).state is FrameState.UNSEEN


def test_a_damaged_prediction_counts_as_none(project):
    project.save_prediction(1, a_prediction())
    with closing(sqlite3.connect(project.path)) as db:
        db.execute("UPDATE prediction SET data=x'00'")
        db.commit()
    assert project.prediction(1) is None


def test_worker_threads_save_predictions_while_a_person_edits(project):
    prediction = a_prediction()
    failures: list[BaseException] = []

    def work(network: str) -> None:
        try:
            for number in range(20):
                project.save_prediction(1 + number % 3, replace(prediction, network=network))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"net-{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for number in range(40):
        project.save_record(1, FrameRecord(place(EMPTY, "CENTER_MARK", (float(number), 0.0))), text="Move")
    for thread in threads:
        thread.join()
    assert not failures
    assert len(project.history(1)) == 40
    assert project.networks() == ["net-0", "net-1", "net-2"]


def test_settings_come_back_or_fall_back(project):
    project.set_setting("last", 12)
    project.set_setting("view", (1.5, 2))
    assert project.setting("last", 0) == 12
    assert project.setting("last", "text") == "text"
    assert project.setting("last", 1.0) == 12.0
    assert project.setting("view", (0.0, 0.0)) == (1.5, 2)
    assert project.setting("none", None) is None
    project.set_setting("on", True)
    assert project.setting("on", 5) == 5


# --- opening and surviving -----------------------------------------------------------------------------------------


def test_create_refuses_what_is_there_already(tmp_path):
    path = tmp_path / "p.touchline"
    with Project.create(path, scheme_id="coco-17") as project:
        assert project.scheme_id == "coco-17"
    before = path.read_bytes()
    with pytest.raises(ProjectError, match="already"):
        Project.create(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_closed_project_says_so_and_leaves_one_file(tmp_path):
    project = Project.for_media([images(tmp_path / "m", "1.jpg")])
    project.save_record(1, PLACED, text="Place")
    project.close()
    project.close()
    with pytest.raises(ProjectError, match="closed"):
        project.record(1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "m.touchline"]


_WRITER = """
import sys
from pathlib import Path
from annotator.labels import EMPTY, FrameRecord, place
from annotator.project import Project
project = Project.open(Path(sys.argv[1]))
for n in range(100000):
    project.save_record(1 + n % 3, FrameRecord(place(EMPTY, "CENTER_MARK", (float(n), 0.0))), text=f"Move {n}")
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""


def test_no_acknowledged_edit_is_lost_when_the_program_is_killed(tmp_path):
    Project.for_media([images(tmp_path / "m", "1.jpg", "2.jpg", "3.jpg")]).close()
    path = tmp_path / "m.touchline"
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, cwd=ROOT) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(300)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().split(b"\n") if line.strip()]
    with Project.open(path) as project:
        stored = {entry.text for number in (1, 2, 3) for entry in project.history(number)}
        assert {f"Move {n}" for n in acknowledged} <= stored
        last = acknowledged[-1]
        position = project.record(1 + last % 3).labels.pitch.keypoints["CENTER_MARK"].position
        assert position is not None
        assert position[0] >= last


class PersonAtWork(RuleBasedStateMachine):
    """Edits, takes back, predicts, closes and opens; the store must say what a plain dictionary says."""

    frames = st.integers(1, 3)
    points = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))

    @initialize()
    def begin(self):
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        media = images(Path(self.folder.name) / "m", "1.jpg", "2.jpg", "3.jpg")
        self.path = media.with_name("m.touchline")
        self.project = Project.for_media([media])
        self.truth = {n: [FrameRecord()] for n in (1, 2, 3)}
        self.predicted: set[int] = set()

    def _save(self, frame: int, record: FrameRecord) -> None:
        self.project.save_record(frame, record, text="edit")
        if record != self.truth[frame][-1]:
            self.truth[frame].append(record)

    @rule(frame=frames, at=points, name=st.sampled_from(["CENTER_MARK", "L_PENALTY_MARK"]))
    def place(self, frame, at, name):
        now = self.truth[frame][-1]
        self._save(frame, replace(now, labels=place(now.labels, name, at)))

    @rule(frame=frames, at=st.lists(points, max_size=3))
    def draw(self, frame, at):
        now = self.truth[frame][-1]
        self._save(frame, replace(now, labels=set_marking(now.labels, "Middle line", tuple(at))))

    @rule(frame=frames, decision=st.sampled_from(Decision), comment=st.text(max_size=5))
    def decide(self, frame, decision, comment):
        comment = comment.encode("utf-8", "ignore").decode()
        self._save(frame, replace(self.truth[frame][-1], review=Review(decision, "", comment)))

    @rule(frame=frames)
    def take_back(self, frame):
        entries = self.project.history(frame)
        if entries:
            self._save(frame, entries[-1].before())

    @rule(frame=frames)
    def predict(self, frame):
        maps = np.zeros((2, 3, 3), dtype=np.uint8)
        one = np.zeros(1)
        self.project.save_prediction(
            frame, Prediction(("A",), np.zeros((1, 2)), one, one.copy(), maps, (9, 9), "n", (1.0, 1.0), (0.0, 0.0))
        )
        self.predicted.add(frame)

    @rule()
    def reopen(self):
        self.project.close()
        self.project = Project.open(self.path)

    @rule()
    def die_and_reopen(self):
        """The files as they lie now, as if the program had died here."""
        other = self.path.with_name("copy.touchline")
        for suffix in ("", "-wal"):
            source = Path(str(self.path) + suffix)
            if source.exists():
                shutil.copy(source, str(other) + suffix)
        with Project.open(other) as survivor:
            assert all(survivor.record(n) == self.truth[n][-1] for n in (1, 2, 3))
        other.unlink()

    @invariant()
    def the_store_says_what_was_said(self):
        if not hasattr(self, "project"):
            return
        counts = dict.fromkeys(FrameState, 0)
        for frame, records in self.truth.items():
            assert self.project.record(frame) == records[-1]
            assert len(self.project.history(frame)) == len(records) - 1
            state = frame_state(records[-1], predicted=frame in self.predicted)
            assert self.project.row(frame).state is state
            assert (self.project.prediction(frame) is not None) == (frame in self.predicted)
            counts[state] += 1
        assert self.project.state_counts() == counts

    def teardown(self):
        if hasattr(self, "project"):
            self.project.close()
            self.folder.cleanup()


PersonAtWork.TestCase.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
test_a_person_at_work = PersonAtWork.TestCase


def test_a_record_that_was_changed_elsewhere_is_not_overwritten(tmp_path):
    folder = images(tmp_path / "frames", "1.jpg")
    with Project.for_media([folder]) as first, Project.open(first.path) as second:
        frame = first.frame_ids()[0]
        seen = first.record(frame)
        theirs = FrameRecord(place(seen.labels, "CENTER_MARK", (3.0, 4.0)))
        second.save_record(frame, theirs, text="theirs", expected=seen)
        ours = FrameRecord(place(seen.labels, "L_PENALTY_MARK", (5.0, 6.0)))
        with pytest.raises(ChangedElsewhereError, match="changed elsewhere"):
            first.save_record(frame, ours, text="ours", expected=seen)
        assert first.record(frame) == theirs
        first.save_record(frame, ours, text="ours", expected=theirs)
        assert second.record(frame) == ours
