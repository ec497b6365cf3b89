"""Edits of a scheme: whatever names a keypoint follows it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.pitch import PITCH_57
from annotator.scheme import Attribute, AttributeKind
from annotator.scheme_document import document_of, parse_scheme
from annotator.scheme_edits import (
    SIGMA,
    add_keypoint,
    move_keypoint,
    pair,
    remove_attribute,
    remove_keypoint,
    rename_keypoint,
    set_attribute,
    set_colour,
    set_sigma,
    toggle_edge,
    unpair,
)
from annotator.schemes import CARD_PACKET_8, COCO_17, MPII_16

SCHEMES = st.sampled_from([COCO_17, MPII_16, CARD_PACKET_8, PITCH_57])


def test_a_renamed_point_keeps_its_edges_pair_segments_and_colours():
    document = document_of(MPII_16)
    document["keypoints"][12] |= {"colour": "#112233", "shape": "round"}
    before = parse_scheme(document)
    scheme = rename_keypoint(before, "right_shoulder", "rechte Schulter")
    assert scheme.mirror == before.mirror
    assert ("thorax", "rechte Schulter") in scheme.edges
    assert scheme.colour("rechte Schulter") == "#112233"
    assert "rechte Schulter" in scheme.groups[1].keypoints
    assert document_of(scheme)["keypoints"][12]["shape"] == "round"
    assert rename_keypoint(scheme, "rechte Schulter", "right_shoulder") == before
    scheme = rename_keypoint(rename_keypoint(MPII_16, "head_top", "top"), "pelvis", "basin")
    assert (scheme.head, scheme.apart) == (("upper_neck", "top"), ("basin", "thorax"))


def test_a_removed_point_takes_what_needs_it_along():
    scheme = remove_keypoint(MPII_16, "left_shoulder")
    assert scheme.torso is None
    assert len(scheme) == len(scheme.mirror) == len(scheme.sigmas) == 15
    assert all("left_shoulder" not in edge for edge in scheme.edges)
    assert scheme.mirror[scheme.index["right_shoulder"]] == scheme.index["right_shoulder"]
    assert scheme.keypoints[scheme.mirror[scheme.index["left_hip"]]] == "right_hip"
    turned = remove_keypoint(PITCH_57, "CENTER_MARK")
    assert sorted(turned.permutations["rot180"]) == list(range(56))
    with pytest.raises(ValueError, match="needs a keypoint"):
        remove_keypoint(parse_scheme({"id": "x", "keypoints": ["a"]}), "a")


def test_a_new_point_stands_alone():
    scheme = add_keypoint(COCO_17, "neck")
    assert (scheme.keypoints[-1], scheme.mirror[-1], scheme.sigmas[-1]) == ("neck", 17, SIGMA)
    assert remove_keypoint(scheme, "neck") == COCO_17
    for name in ("nose", " "):
        with pytest.raises(ValueError, match=r"already|needs a name"):
            add_keypoint(COCO_17, name)


def test_pairs_edges_sigmas_colours_and_attributes():
    scheme = pair(COCO_17, "left_eye", "left_ear")
    assert [scheme.mirror[scheme.index[n]] for n in ("left_eye", "left_ear", "right_eye", "right_ear")] == [3, 1, 2, 4]
    assert pair(scheme, "nose", "nose").mirror[0] == 0
    assert unpair(COCO_17, "left_hip").mirror[11:13] == (11, 12)
    assert pair(unpair(COCO_17, "left_hip"), "right_hip", "left_hip") == COCO_17
    joined = toggle_edge(COCO_17, "nose", "left_hip")
    assert joined.edges[-1] == ("nose", "left_hip")
    assert toggle_edge(joined, "left_hip", "nose") == COCO_17
    assert set_sigma(COCO_17, "nose", 0.5).sigmas[:2] == (0.5, 0.025)
    assert set_sigma(PITCH_57, "CENTER_MARK", 0.5).sigmas[:1] == (SIGMA,)
    assert set_colour(set_colour(COCO_17, "nose", "#000000"), "nose", None) == COCO_17
    asked = Attribute("kit", "Kit", AttributeKind.TEXT)
    scheme = set_attribute(CARD_PACKET_8, asked)
    assert [one.name for one in scheme.attributes] == ["cards", "kit"]
    assert set_attribute(scheme, Attribute("kit", "Team", AttributeKind.TEXT)).attributes[1].title == "Team"
    assert remove_attribute(scheme, "kit") == CARD_PACKET_8
    for wrong in (lambda: toggle_edge(COCO_17, "nose", "nose"), lambda: set_colour(COCO_17, "nose", "red"),
                  lambda: set_sigma(COCO_17, "nose", 0), lambda: pair(COCO_17, "nose", "tail")):  # fmt: skip
        with pytest.raises(ValueError, match="scheme coco-17"):
            wrong()


@settings(max_examples=60, deadline=None)
@given(SCHEMES, st.data())
def test_the_order_changes_and_nothing_else(scheme, data):
    name = data.draw(st.sampled_from(scheme.keypoints))
    to = data.draw(st.integers(0, len(scheme) - 1))
    moved = move_keypoint(scheme, name, to)
    assert moved.keypoints[to] == name
    for one in scheme.keypoints:
        assert moved.keypoints[moved.mirror[moved.index[one]]] == scheme.keypoints[scheme.mirror[scheme.index[one]]]
    assert move_keypoint(moved, name, scheme.index[name]) == scheme
    assert parse_scheme(document_of(moved)) == moved
    smaller = remove_keypoint(moved, name)
    assert parse_scheme(document_of(smaller)) == smaller
