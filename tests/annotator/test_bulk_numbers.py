"""Accepting many frames of a clip: who somebody is holds from frame to frame, in whatever order they are accepted."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sprites

from annotator.instances import present
from annotator.labels import FrameRecord
from annotator.project import Project
from annotator.review.bulk import accepted_records
from model.people import PeoplePrediction


def _seen(place: int) -> PeoplePrediction:
    """Both people, in turn the one and the other the surer."""
    found = sprites.seen(place)
    first, second = (replace(one, score=score) for one, score in zip(found.instances, (0.9, 0.8), strict=True))
    ordered = (first, second) if place % 2 else (replace(second, score=0.9), replace(first, score=0.8))
    return replace(found, instances=ordered)


def _middle(labels) -> dict[int, float]:
    """Where each number is, its mean x."""
    return {
        one.id: float(np.mean([said.position[0] for said in one.keypoints.values() if said.position is not None]))
        for one in present(labels)
    }


@pytest.fixture
def clip(tmp_path: Path):
    with sprites.project(tmp_path) as made:
        for place, frame_id in enumerate(made.frame_ids()):
            made.save_people(frame_id, _seen(place))
        yield made


def _accepted(project: Project, ids: list[int]) -> list[dict[int, float]]:
    _, after = accepted_records(project, ids, network="a network", threshold=0.3)
    return [_middle(after[frame_id].labels) for frame_id in project.frame_ids() if frame_id in after]


def test_numbers_go_on_from_frame_to_frame(clip: Project) -> None:
    found = _accepted(clip, clip.frame_ids()[::-1])
    assert len(found) == len(clip.frame_ids())
    assert {frozenset(here) for here in found} == {frozenset({0, 1})}
    for before, here in pairwise(found):
        assert all(abs(here[number] - before[number]) < 15 for number in here)


def test_who_is_labelled_already_keeps_the_number_on_both_sides(clip: Project) -> None:
    third = clip.frame_ids()[2]
    labels = sprites.labels(2, 0)
    (said,) = present(labels)
    named = replace(labels, instances=(replace(said, id=7),))
    clip.save_record(third, FrameRecord(named), text="Label")
    others = [frame_id for frame_id in clip.frame_ids() if frame_id != third][:5]
    found = _accepted(clip, others)
    assert all(7 in here for here in found)
    at = _middle(named)[7]
    assert all(abs(found[place][7] - at) < 40 for place in (1, 2))


def test_photographs_have_numbers_of_their_own_each(clip: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotator.review.bulk_numbers.is_clip", lambda project, media_id: False)
    _, after = accepted_records(clip, clip.frame_ids(), network="a network", threshold=0.3)
    firsts = [_middle(after[frame_id].labels)[0] for frame_id in clip.frame_ids()]
    sides = [first > other for first, other in pairwise(firsts)]
    assert True in sides
    assert False in sides
