"""Who somebody most likely is as well: near in time and space, and never together."""

from __future__ import annotations

import numpy as np
import sprites

from annotator.labels import FrameLabels, FrameRecord
from annotator.timeline_things import Builder
from annotator.tracking_joins import likeliest, meetings


def lanes(**frames: range):
    builder = Builder()
    for place in range(100):
        builder.add(place, {int(name[1:]): 1 for name, some in frames.items() if place in some})
    return builder.lanes().lanes


def test_those_who_are_never_together_come_by_how_near_they_are_in_time():
    known = lanes(n0=range(0, 10), n1=range(5, 20), n2=range(40, 50), n3=range(12, 14))
    assert meetings(known, 0) == [(3, 3, 9, 12), (31, 2, 9, 40)]
    assert meetings(known, 2) == [(21, 1, 40, 19), (27, 3, 40, 13), (31, 0, 40, 9)]
    assert meetings(known, 7) == []


def test_of_two_who_begin_when_one_ends_the_nearer_is_the_likelier_and_those_together_come_last(tmp_path):
    with sprites.project(tmp_path) as project:
        frames = project.frame_ids()
        for n, labels in {
            0: sprites.labels(0, 0, 9),
            2: FrameLabels((sprites.labelled(1, 2, 4), sprites.labelled(0, 2, 7))),
        }.items():
            project.save_record(frames[n], FrameRecord(labels), text="Label")
        known = lanes(n0=range(0, 1), n9=range(0, 1), n4=range(2, 3), n7=range(2, 3))
        ids = np.array(frames)
        assert likeliest(project, ids, known, 0) == [7, 4, 9]
        assert likeliest(project, ids, known, 9) == [4, 7, 0]
