"""What the queue keeps of frames: there and back, and found out anew only where something changed."""

from __future__ import annotations

import numpy as np
import pytest

from annotator.labels import EMPTY, Decision, FrameRecord, FrameState, Instance, Review, place
from annotator.project import Project
from annotator.review import FrameSigns, Kind, Sign
from annotator.review.bulk import Candidate, passing
from annotator.review.changes import changes_between
from annotator.review.entries import Entry, Inspection, entry_document, entry_from
from annotator.review.survey import Survey, known_entries
from annotator.review.worker import Inspector

ENTRY = Entry(
    FrameSigns(
        7, (Sign(Kind.GEOMETRY, 14.5, "CENTER_MARK", 2), Sign(Kind.CHECK, 2.0, None, 1, "Sätze")), (1.0, 2.0), 3
    ),
    frozenset({"CENTER_MARK"}),
)


class Counting(Inspector):
    """Inspects nothing and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def inspect(self, frame: Inspection) -> Entry:
        self.asked.append(frame.frame_id)
        return Entry(FrameSigns(frame.frame_id, (Sign(Kind.FAINT, 0.5),)))


@pytest.fixture
def project(tmp_path):
    import cv2

    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(4):
        assert cv2.imwrite(str(folder / f"{number}.png"), np.full((36, 64, 3), 90, dtype=np.uint8))
    with Project.for_media([folder]) as project:
        yield project


def survey(project, inspector, stop_after: int = 1000) -> list[int]:
    inspector.asked = []
    Survey(project, inspector, threshold=0.3).run(
        known_entries(project),
        found=lambda found: None,
        progress=lambda done, total: None,
        should_stop=lambda: len(inspector.asked) >= stop_after,
    )
    return inspector.asked


def test_an_entry_goes_there_and_back():
    assert entry_from(7, entry_document(ENTRY)) == ENTRY


UNKNOWN = '{"signs": [["NO_KIND", 1, null, 1, ""]], "place": [], "group": 0, "present": []}'


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"signs": 1}', '{"signs": [[1]], "place": []}', UNKNOWN])
def test_a_damaged_entry_is_none(text):
    assert entry_from(7, text) is None


def test_only_what_changed_is_found_out_anew(project):
    ids, inspector = project.frame_ids(), Counting()
    for frame_id in ids[:3]:
        project.save_record(frame_id, FrameRecord(place(EMPTY, "CENTER_MARK", (5.0, 5.0))), text="Place")
    assert survey(project, inspector) == ids[:3]
    assert survey(project, inspector) == []
    project.save_record(ids[1], FrameRecord(place(EMPTY, "CENTER_MARK", (6.0, 5.0))), text="Move")
    assert survey(project, inspector) == [ids[1]]


def test_what_was_found_before_a_stop_is_kept(project):
    ids, inspector = project.frame_ids(), Counting()
    for frame_id in ids:
        project.save_record(frame_id, FrameRecord(place(EMPTY, "CENTER_MARK", (5.0, 5.0))), text="Place")
    assert survey(project, inspector, stop_after=2) == ids[:2]
    assert survey(project, inspector) == ids[2:]


def test_the_other_process_says_what_this_one_would(project):
    inspector = Inspector()
    labels = place(place(EMPTY, "CENTER_MARK", (5.0, 5.0)), "L_PENALTY_MARK", (9.0, 9.0)).pitch
    frame = Inspection(3, labels, None, (64, 36), 0.3)
    beside = inspector.inspect(frame)
    assert inspector._process is not None
    # It goes on in this process where the other one is gone.
    inspector._process.kill()
    inspector._process.wait()
    assert inspector.inspect(frame) == beside
    assert inspector._alone
    inspector.close()


def test_frames_pass_by_confidence_and_distance_the_most_doubtful_first():
    sure, off = [Candidate(1, 0.9, 2.0, 5), Candidate(3, 0.7, None, 2)], Candidate(2, 0.8, 30.0, 0)
    found = [*sure, off, Candidate(4, 0.2, 1.0, 1)]
    assert [one.frame_id for one in passing(found, confidence=0.6, residual=10.0)] == [3, 1]


def test_changes_are_counted():
    before = FrameRecord(place(place(EMPTY, "CENTER_MARK", (1.0, 1.0)), "L_PENALTY_MARK", (2.0, 2.0)))
    after = FrameRecord(place(EMPTY, "CENTER_MARK", (3.0, 1.0)), Review(Decision.ACCEPTED))
    found = changes_between(before, after)
    assert (found.moved, found.removed, found.added, found.decision) == (1, 1, 0, Decision.ACCEPTED)


def test_accepted_frames_tell_when(project):
    first = project.frame_ids()[0]
    project.save_record(first, FrameRecord(EMPTY, Review(Decision.ACCEPTED)), text="Accept")
    assert project.state_counts()[FrameState.ACCEPTED] == 1
    assert project.accepted_at() == pytest.approx([project.last_change(first).when.timestamp()], abs=1e-3)


def test_a_process_that_does_not_end_in_time_is_ended(monkeypatch):
    monkeypatch.setattr("annotator.review.worker._PATIENCE", 0.0)
    inspector = Inspector()
    inspector.inspect(Inspection(1, Instance(), None, (64, 36), 0.3))
    process = inspector._process
    assert process is not None
    inspector.close()
    assert process.poll() is not None
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdin.closed
    assert process.stdout.closed
    inspector.close()
