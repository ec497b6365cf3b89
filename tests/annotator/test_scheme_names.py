"""What a changed scheme is called, what still counts as one of the program's, and what two schemes say otherwise."""

from dataclasses import replace

import pytest

from annotator.pitch import PITCH_57
from annotator.scheme import Attribute, AttributeKind
from annotator.scheme_difference import difference
from annotator.scheme_edits import (
    add_keypoint,
    free_id,
    move_keypoint,
    name_for_change,
    remove_keypoint,
    rename_keypoint,
    set_attribute,
    set_sigma,
    toggle_edge,
)
from annotator.schemes import BUILT_IN, CARD_PACKET_8, COCO_17, family, scheme_of


def test_one_of_the_program_gets_another_name_and_an_own_one_another_version():
    assert name_for_change(COCO_17) == ("coco-17-changed", "COCO person, 17 points, changed", 1)
    assert name_for_change(COCO_17, {"coco-17-changed", "coco-17-changed-2"})[0] == "coco-17-changed-3"
    own = replace(COCO_17, id="birds", title="Birds", version=4)
    assert name_for_change(own, {"birds"}) == ("birds", "Birds", 5)
    assert free_id("birds", set()) == "birds"


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_copy_with_the_same_points_is_of_the_family_and_one_with_others_is_not(name):
    scheme = scheme_of(name)
    assert family(scheme) == name
    copy = replace(toggle_edge(scheme, *scheme.keypoints[:2]), id="mine")
    assert family(copy) == name
    assert family(add_keypoint(copy, "tip")) == "mine"
    assert family(move_keypoint(copy, copy.keypoints[0], 1)) == "mine"
    assert copy.has_football is (scheme is PITCH_57)


def test_schemes_that_say_the_same_differ_in_nothing():
    assert difference(COCO_17, replace(COCO_17, id="x", title="X", version=3), {}).is_nothing


def test_every_kind_of_difference_is_found():
    new = rename_keypoint(remove_keypoint(add_keypoint(COCO_17, "tip"), "left_eye"), "nose", "beak")
    new = toggle_edge(toggle_edge(new, "beak", "tip"), "left_knee", "left_ankle")
    new = set_sigma(set_attribute(new, Attribute("kit", "Kit", AttributeKind.TEXT)), "left_hip", 0.2)
    mapping = {name: name for name in COCO_17.keypoints} | {"nose": "beak", "left_eye": None}
    found = difference(COCO_17, new, mapping)
    assert found.added == ("tip",)
    assert found.removed == ("left_eye",)
    assert found.renamed == (("nose", "beak"),)
    assert found.joined == (("beak", "tip"),)
    assert {frozenset(edge) for edge in found.parted} == {frozenset(("left_knee", "left_ankle"))}
    assert found.asked == ("kit",)
    assert found.are_sigmas_other
    assert not found.is_reordered
    assert difference(CARD_PACKET_8, move_keypoint(CARD_PACKET_8, CARD_PACKET_8.keypoints[0], 3), {}).is_reordered
    assert difference(new, COCO_17, {}).unasked == ("kit",)
