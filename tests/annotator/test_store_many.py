"""One change of very many frames: whole or not at all, looked at again before it is written, and nobody waits."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from annotator import store_many
from annotator.labels import Decision, FrameLabels, FrameRecord, FrameState, Review, place
from annotator.project import ChangedElsewhereError, Project
from annotator.review.bulk import accepted_record, accepted_records
from model.heatmaps import Head, Prediction, PredictionError, stored_points

NOTHING = FrameRecord()
ACCEPTED = FrameRecord(place(FrameLabels(), "CENTER_MARK", (5.0, 6.0)), Review(Decision.ACCEPTED, by="Anna"))
COUNT = store_many.PIECE + 7


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number:04d}.png").write_bytes(b"")
    with Project.for_media([folder]) as project:
        yield project


def both(project: Project) -> tuple[dict[int, FrameRecord], dict[int, FrameRecord]]:
    return dict.fromkeys(project.frame_ids(), NOTHING), dict.fromkeys(project.frame_ids(), ACCEPTED)


def test_many_are_written_taken_back_and_written_again_with_their_history(project):
    ids = project.frame_ids()
    before, after = both(project)
    told = []
    project.save_records(
        after, text="Accept", author="Anna", expected=before, progress=lambda done, total: told.append((done, total))
    )
    assert [project.record(i) for i in ids] == [ACCEPTED] * COUNT
    assert project.state_counts()[FrameState.ACCEPTED] == COUNT
    assert told == [(store_many.PIECE, COUNT), (COUNT, COUNT)]
    project.save_records(before, text="Undo", expected=after)
    assert [project.record(i) for i in ids] == [NOTHING] * COUNT
    assert project.state_counts()[FrameState.UNSEEN] == COUNT
    project.save_records(after, text="Redo", expected=before)
    assert [entry.text for entry in project.history(ids[-1])] == ["Accept", "Undo", "Redo"]
    assert [entry.before() for entry in project.history(ids[-1])] == [NOTHING, ACCEPTED, NOTHING]


def test_it_is_the_same_as_one_after_the_other(project):
    first, second = project.frame_ids()[:2]
    project.save_record(first, ACCEPTED, text="One", author="Anna")
    project.save_records({second: ACCEPTED}, text="One", author="Anna", expected={second: NOTHING})
    one, other = project.documents([first, second]).values()
    assert one == other
    assert [(e.text, e.author, e.document) for e in project.history(first)] == [
        (e.text, e.author, e.document) for e in project.history(second)
    ]


def test_what_is_said_already_leaves_no_entry(project):
    before, after = both(project)
    project.save_records(before, text="Nothing", expected=before)
    assert project.last_change() is None
    project.save_records(after, text="Accept", expected=before)
    last = project.last_change()
    project.save_records(after, text="Again", expected=after)
    assert project.last_change() == last


def test_words_of_a_later_program_survive_the_way_there_and_back(project):
    first = project.frame_ids()[0]
    project.save_record(first, ACCEPTED, text="Place")
    document = {**json.loads(project.documents([first])[first] or ""), "weather": "rain"}
    with project._write() as db:
        db.execute("UPDATE record SET document=? WHERE frame_id=?", (json.dumps(document), first))
    other = replace(ACCEPTED, review=Review(Decision.OPEN))
    project.save_records({first: other}, text="Open", expected={first: ACCEPTED})
    project.save_records({first: ACCEPTED}, text="Undo", expected={first: other})
    assert json.loads(project.documents([first])[first] or "")["weather"] == "rain"


@pytest.mark.parametrize("place_of", [0, COUNT - 1])
def test_one_frame_that_is_not_as_expected_keeps_all_as_they_are(project, place_of):
    ids, (before, after) = project.frame_ids(), both(project)
    project.save_record(ids[place_of], replace(ACCEPTED, review=Review()), text="Elsewhere")
    with pytest.raises(ChangedElsewhereError):
        project.save_records(after, text="Accept", expected=before)
    assert project.state_counts()[FrameState.ACCEPTED] == 0
    assert len(project.history(ids[1])) == 0


def test_a_frame_that_changes_between_reading_and_writing_is_found_out(project, monkeypatch):
    ids, (before, after) = project.frame_ids(), both(project)
    write = store_many.write

    def late(db, ready, text, author):
        db.execute("INSERT INTO record VALUES(?, '{}')", (ids[3],))
        write(db, ready, text, author)

    monkeypatch.setattr(store_many, "write", late)
    with pytest.raises(ChangedElsewhereError):
        project.save_records(after, text="Accept", expected=before)
    assert project.documents(ids[3:4]) == {ids[3]: None}


def test_an_undo_of_what_somebody_changed_since_is_refused_although_we_wrote_it_last(project):
    first, (before, after) = project.frame_ids()[0], both(project)
    project.save_records(after, text="Accept", expected=before)
    project.save_record(first, replace(ACCEPTED, review=Review()), text="Elsewhere")
    with pytest.raises(ChangedElsewhereError):
        project.save_records(before, text="Undo", expected=after)


def test_what_progress_raises_leaves_nothing_behind(project):
    before, after = both(project)

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        project.save_records(after, text="Accept", expected=before, progress=stop)
    assert project.last_change() is None


def test_others_read_while_it_is_written_and_see_it_whole_afterwards(project, monkeypatch):
    first, (before, after) = project.frame_ids()[0], both(project)
    write, seen = store_many.write, []

    def watched(db, ready, text, author):
        write(db, ready, text, author)
        reader = threading.Thread(target=lambda: seen.append(project.row(first).state))
        reader.start()
        reader.join(timeout=20)

    monkeypatch.setattr(store_many, "write", watched)
    project.save_records(after, text="Accept", expected=before)
    assert seen == [FrameState.UNSEEN]
    assert project.row(first).state is FrameState.ACCEPTED


def test_a_frame_that_there_is_not_is_misuse(project):
    with pytest.raises(ValueError, match="no frame has id"):
        project.save_records({10**9: ACCEPTED}, text="Accept", expected={10**9: NOTHING})


def seeing(count: int, network: str = "net") -> Prediction:
    import numpy as np

    names = tuple(f"point {number}" for number in range(count))
    return Prediction(
        names=names,
        xy=np.linspace(0.125, 30.0, 2 * count).reshape(count, 2),
        confidence=np.linspace(0.0, 1.0, count),
        sd=np.ones(count),
        heatmaps=np.zeros((count + 1, 9, 16), dtype=np.uint8),
        image_size=(64, 36),
        network=network,
        scale=(4.0, 4.0),
        offset=(1.5, 1.5),
    )


def test_the_head_of_a_prediction_says_what_the_whole_of_it_says():
    prediction = seeing(57)
    data = prediction.to_bytes()
    head = Head.from_bytes(data[: len(data) - 5])
    whole = accepted_record(NOTHING, prediction, threshold=0.5)
    assert len(whole.labels.pitch.keypoints) > 5
    assert accepted_record(NOTHING, head, threshold=0.5) == whole
    names, xy, confidence = stored_points(data)
    assert names == prediction.names
    assert xy == pytest.approx(prediction.xy)
    assert confidence == pytest.approx(prediction.confidence)


@pytest.mark.parametrize("data", [b"", b"TLPR\x01", b"nothing", seeing(5).to_bytes()[:200]])
def test_what_holds_no_head_says_so(data):
    with pytest.raises(PredictionError, match="predict the frame again"):
        Head.from_bytes(data)


def test_the_networks_own_prediction_is_accepted_and_the_newest_where_it_has_none(project):
    first, second, third = project.frame_ids()[:3]
    project.save_prediction(first, seeing(4, "ours"))
    project.save_prediction(first, seeing(8, "other"))
    project.save_prediction(second, seeing(8, "other"))
    found = accepted_records(project, [first, second, third], network="ours", threshold=0.0)
    assert found is not None
    assert {i: len(record.labels.pitch.keypoints) for i, record in found[1].items()} == {first: 4, second: 8}


def test_a_prediction_whose_head_is_longer_than_usual_is_read_whole(project):
    first = project.frame_ids()[0]
    project.save_prediction(first, seeing(600))
    assert len(seeing(600).to_bytes()) > store_many.HEAD
    found = accepted_records(project, [first], network=None, threshold=0.9)
    assert found is not None
    assert found[1][first] == accepted_record(NOTHING, seeing(600), threshold=0.9)
