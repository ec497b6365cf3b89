"""What an accepted frame teaches: what is known, nothing by ignorance, and no group in two splits."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.formats.soccernet import read_lines
from annotator.formats.training_set import LARGEST_SD, group_of, splits_of, teaching
from annotator.keypoints import Keypoint, Resolved, Source, resolve
from annotator.labels import EMPTY, Instance, Origin, Visibility, place, set_visibility
from annotator.pitch import KEYPOINTS

SIZE = (960, 540)
NAMES = tuple(KEYPOINTS)


def taught(labels=EMPTY):
    return teaching(labels.pitch, resolve(labels.pitch, None, size=SIZE, threshold=1.0), SIZE)


def resolved(**points: Keypoint) -> Resolved:
    return Resolved({name: points.get(name, Keypoint(name)) for name in NAMES})


def test_of_a_frame_about_which_nothing_was_said_nothing_is_taught():
    result = taught()
    assert not result.points
    assert result.unknown == frozenset(NAMES)
    assert not result.absent


def test_placed_points_are_taught_and_the_others_are_masked_unless_a_person_said_absent():
    labels = place(EMPTY, "CENTER_MARK", (100.0, 200.0))
    labels = place(labels, "CENTER_CIRCLE_R", (150.0, 200.0), origin=Origin.ACCEPTED)
    labels = set_visibility(labels, "CENTER_CIRCLE_R", Visibility.OCCLUDED)
    labels = set_visibility(labels, "L_PENALTY_MARK", Visibility.ABSENT)
    result = taught(labels)
    assert result.points == {"CENTER_MARK": (100.0, 200.0, 2), "CENTER_CIRCLE_R": (150.0, 200.0, 1)}
    assert result.absent == {"L_PENALTY_MARK"}
    assert len(result.unknown) == 54


def test_a_point_said_to_be_visible_without_a_place_is_masked():
    assert "CENTER_MARK" in taught(set_visibility(EMPTY, "CENTER_MARK", Visibility.VISIBLE)).unknown


@pytest.mark.parametrize(
    ("source", "sd", "position", "becomes"),
    [
        (Source.PROJECTED, LARGEST_SD, (50.0, 50.0), "points"),
        (Source.PROJECTED, LARGEST_SD + 0.1, (50.0, 50.0), "unknown"),
        (Source.CONSTRUCTED, LARGEST_SD + 0.1, (50.0, 50.0), "unknown"),
        (Source.PROJECTED, None, (50.0, 50.0), "unknown"),
        (Source.PREDICTED, 0.1, (50.0, 50.0), "unknown"),
        (Source.PLACED, None, (959.5, 539.5), "points"),
        (Source.PLACED, None, (961.0, 5.0), "unknown"),
        (Source.PLACED, None, (970.0, 5.0), "absent"),
        (Source.PROJECTED, 3.0, (-8.0, 5.0), "unknown"),
        (Source.PROJECTED, 3.0, (-10.0, 5.0), "absent"),
        (Source.PROJECTED, 3.0, (500.0, 560.0), "absent"),
    ],
)
def test_how_surely_a_point_is_known_decides(source, sd, position, becomes):
    inside = -0.5 <= position[0] <= 959.5 and -0.5 <= position[1] <= 539.5
    point = Keypoint("CENTER_MARK", position, source, Visibility.VISIBLE, sd=sd, inside=inside)
    result = teaching(Instance(), resolved(CENTER_MARK=point), SIZE)
    assert "CENTER_MARK" in getattr(result, becomes)


def test_the_limit_grows_with_the_frame():
    point = Keypoint("CENTER_MARK", (50.0, 50.0), Source.PROJECTED, Visibility.VISIBLE, sd=8.0, inside=True)
    assert "CENTER_MARK" in teaching(Instance(), resolved(CENTER_MARK=point), (1920, 1080)).points


def test_real_frames_teach_what_is_published_and_hardly_anything_it_contradicts(shared_data):
    """Published points taught as absent are their known errors: the far end of a penalty arc that is out of view."""
    agree, seen, contradicted = [], 0, 0
    for path in sorted((shared_data / "soccernet-dev" / "lines").glob("*.json"))[:12]:
        pitch = Instance(markings=read_lines(path, SIZE).markings)
        result = teaching(pitch, resolve(pitch, None, size=SIZE, threshold=1.0), SIZE)
        published = json.loads((shared_data / "soccernet-dev" / "keypoints57" / path.name).read_text())
        for index, (x, y) in published.items():
            name = NAMES[int(index)]
            if not (0 <= x < SIZE[0] and 0 <= y < SIZE[1]):
                continue
            seen += 1
            contradicted += name in result.absent
            if name in result.points:
                agree.append(np.hypot(result.points[name][0] - x, result.points[name][1] - y))
    assert len(agree) > 0.8 * seen
    assert np.median(agree) < 3.0
    assert contradicted <= 0.03 * seen


def test_frames_are_grouped_by_video_and_by_top_folder(tmp_path):
    assert group_of("clip.mp4#000012", tmp_path / "clip.mp4", is_video=True) == "clip.mp4"
    assert group_of("a/b/1.jpg", tmp_path / "season", is_video=False) == "season/a"
    assert group_of("1.jpg", tmp_path / "season", is_video=False) == "season"


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.integers(1, 99), max_size=30), st.integers(0, 9))
def test_a_group_keeps_its_split_whatever_others_join(groups, seed):
    splits = splits_of(groups, seed=seed)
    assert splits.keys() == groups.keys()
    assert set(splits.values()) <= {"train", "val"}
    assert not groups or "train" in splits.values()
    more = splits_of({**groups, "one more": 3}, seed=seed)
    if "val" in splits.values():
        assert all(more[group] == split for group, split in splits.items())


def test_shares_are_met_and_the_seed_matters():
    groups = {f"match {n}": 10 for n in range(500)}
    splits = splits_of(groups)
    assert 0.15 < sum(split == "val" for split in splits.values()) / 500 < 0.25
    assert splits_of(groups, seed=1) != splits
    assert set(splits_of(groups, shares={"train": 1.0}).values()) == {"train"}
    with pytest.raises(ValueError, match="no shares"):
        splits_of(groups, shares={"train": -1.0})
