"""Whole things in a frame: added, copied, deleted, renumbered, moved, boxed and described."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator import instances
from annotator.labels import EMPTY, FrameLabels, Instance, KeypointLabel, Origin, Visibility, place
from annotator.scheme import Attribute, AttributeKind, AttributeScope
from annotator.schemes import CARD_PACKET_8, COCO_17

PERSON = Instance(
    0,
    {
        "nose": KeypointLabel((10.0, 20.0), Visibility.VISIBLE, Origin.IMPORTED),
        "left_hip": KeypointLabel((14.0, 40.0), Visibility.OCCLUDED, Origin.IMPORTED),
        "right_hip": KeypointLabel(None, Visibility.ABSENT),
    },
    box=(5.0, 10.0, 25.0, 60.0),
    foreign={"coco": {"id": 3}},
)
TWO = FrameLabels((PERSON, Instance(4, {"nose": KeypointLabel((100.0, 50.0), Visibility.VISIBLE)})), {"cards": 3.0})


def test_the_first_thing_takes_the_place_of_the_empty_one():
    labels = instances.add(EMPTY, PERSON)
    assert instances.present(labels) == labels.instances == (PERSON,)
    assert instances.next_id(EMPTY) == 0
    assert instances.next_id(TWO) == 1
    with pytest.raises(ValueError, match="taken"):
        instances.add(labels, PERSON)
    with pytest.raises(ValueError, match="nothing"):
        instances.add(labels, Instance(9))


def test_a_copy_is_a_person_of_its_own():
    labels, number = instances.copy(TWO, PERSON, by=(3.0, -2.0))
    made = labels.instance(number)
    assert number == 1
    assert made.keypoints["nose"] == KeypointLabel((13.0, 18.0), Visibility.VISIBLE, Origin.HAND)
    assert made.box == (8.0, 8.0, 28.0, 58.0)
    assert made.foreign == {}
    assert labels.instance(0) == PERSON
    assert labels.attributes == TWO.attributes


def test_the_last_one_deleted_leaves_labels_as_they_began():
    labels = instances.delete(instances.delete(TWO, 0), 4)
    assert labels.instances == EMPTY.instances
    assert labels.attributes == {"cards": 3.0}
    with pytest.raises(ValueError, match="no instance 0"):
        instances.delete(labels, 0)


def test_ids_are_changed_and_exchanged():
    assert [one.id for one in instances.renumber(TWO, 4, 2).instances] == [0, 2]
    assert instances.renumber(TWO, 4, 4) == TWO
    with pytest.raises(ValueError, match="taken"):
        instances.renumber(TWO, 4, 0)
    with pytest.raises(ValueError, match="no id"):
        instances.renumber(TWO, 4, -1)
    swapped = instances.swap_ids(TWO, 0, 4)
    assert swapped.instance(4).keypoints == PERSON.keypoints
    assert instances.swap_ids(swapped, 0, 4) == TWO


def test_a_box_is_drawn_from_any_corner_and_taken_back():
    labels = instances.set_box(TWO, 4, (50, 40, 20, 10))
    assert labels.instance(4).box == (20.0, 10.0, 50.0, 40.0)
    assert instances.set_box(labels, 4, None) == TWO
    assert instances.set_box(EMPTY, 0, (1, 2, 3, 4)).instances == (Instance(0, box=(1.0, 2.0, 3.0, 4.0)),)
    only_box = instances.set_box(EMPTY, 0, (1, 2, 3, 4))
    assert instances.set_box(only_box, 0, None) == EMPTY
    for flat in ((1, 1, 1, 5), (1, 1, float("nan"), 5)):
        with pytest.raises(ValueError, match="width and a height"):
            instances.set_box(TWO, 4, flat)


def test_a_box_from_points_holds_labelled_ones_with_a_margin_within_the_frame():
    assert instances.box_around([(10, 20), (14, 40)], margin=0.25) == (9.0, 15.0, 15.0, 45.0)
    assert instances.box_around([(0, 0), (99, 40)], size=(100, 30), margin=0.1) == (-0.5, -0.5, 99.5, 29.5)
    assert instances.box_around([(3, 3)]) is None
    assert instances.box_around([]) is None
    assert instances.box_of(PERSON) == PERSON.box
    labels = instances.set_box_from_points(TWO, 0)
    assert labels.instance(0).box == (10.0, 20.0, 14.0, 40.0)
    with pytest.raises(ValueError, match="span no box"):
        instances.set_box_from_points(TWO, 4)


def test_overlap_is_intersection_over_union():
    assert instances.overlap((0, 0, 2, 2), (0, 0, 2, 2)) == 1
    assert instances.overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert instances.overlap((0, 0, 1, 1), (1, 0, 2, 1)) == 0


@given(st.floats(0.1, 5), st.floats(0.1, 5), st.floats(-50, 50), st.floats(-50, 50))
def test_scaling_there_and_back_changes_nothing_and_the_fixed_point_stays(fx, fy, x, y):
    labels = instances.scale(TWO, 0, (fx, fy), about=(x, y))
    back = instances.scale(labels, 0, (1 / fx, 1 / fy), about=(x, y)).instance(0)
    assert back.box == pytest.approx(PERSON.box, abs=1e-9)
    assert back.keypoints["nose"].position == pytest.approx((10.0, 20.0), abs=1e-9)
    about_nose = instances.scale(TWO, 0, (fx, fy), about=(10.0, 20.0))
    assert about_nose.instance(0).keypoints["nose"].position == pytest.approx((10.0, 20.0))
    assert labels.instance(4) == TWO.instance(4)


def test_a_moved_skeleton_keeps_its_visibilities_and_is_a_persons():
    moved = instances.move(TWO, 0, (1.0, 2.0)).instance(0)
    assert moved.keypoints["left_hip"] == KeypointLabel((15.0, 42.0), Visibility.OCCLUDED, Origin.HAND)
    assert moved.keypoints["right_hip"] == PERSON.keypoints["right_hip"]
    assert moved.box == (6.0, 12.0, 26.0, 62.0)
    with pytest.raises(ValueError, match="above 0"):
        instances.scale(TWO, 0, (0.0, 1.0), about=(0, 0))


def test_left_and_right_are_exchanged_by_name():
    flipped = instances.flip(TWO, 0, COCO_17.mirrored)
    assert flipped.instance(0).keypoints["right_hip"] == PERSON.keypoints["left_hip"]
    assert instances.flip(flipped, 0, COCO_17.mirrored) == TWO


def test_all_placed_points_are_marked_at_once():
    hidden = instances.set_visibility_of_all(TWO, 0, Visibility.OCCLUDED).instance(0)
    assert [said.visibility for said in hidden.keypoints.values()] == [Visibility.OCCLUDED] * 2 + [Visibility.ABSENT]


def test_attributes_of_the_frame_and_of_a_person():
    cards = CARD_PACKET_8.attributes[0]
    labels = instances.set_attribute(EMPTY, cards, 12)
    assert labels.attributes == {"cards": 12.0}
    assert instances.clear_attribute(labels, cards) == EMPTY
    with pytest.raises(ValueError, match="from 1 to 52"):
        instances.set_attribute(EMPTY, cards, 60)
    kit = Attribute("kit", "Kit", AttributeKind.CHOICE, AttributeScope.INSTANCE, choices=("home", "away"))
    labels = instances.set_attribute(EMPTY, kit, "home", instance=2)
    assert labels.instance(2).attributes == {"kit": "home"}
    assert instances.clear_attribute(labels, kit, instance=2) == EMPTY
    assert instances.clear_attribute(instances.set_attribute(TWO, kit, "away", instance=4), kit, instance=4) == TWO


def test_a_crowd_is_what_coco_says():
    assert instances.is_crowd(Instance(0, box=(0, 0, 1, 1), foreign={"coco": {"annotation": {"iscrowd": 1}}}))
    assert not instances.is_crowd(PERSON)
    assert not instances.is_crowd(Instance(0))


def test_placing_a_point_of_a_new_person_needs_no_adding():
    labels = place(TWO, "nose", (1, 1), instance=instances.next_id(TWO))
    assert [one.id for one in instances.present(labels)] == [0, 4, 1]
