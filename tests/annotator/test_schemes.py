"""Schemes as documents: those of the program, a person's own, and what is wrong with others."""

import itertools
import json
import tomllib

import numpy as np
import pytest

from annotator.formats.documents import FormatError
from annotator.pitch import KEYPOINTS, MARKINGS, PITCH_57
from annotator.scheme import Attribute, AttributeKind, AttributeScope, Feature, Group, Instances, Scheme
from annotator.scheme_document import document_of, parse_scheme, suggested_mirror
from annotator.schemes import (
    BUILT_IN,
    CARD_PACKET_8,
    COCO_17,
    FOLDER,
    MPII_16,
    known_schemes,
    own_folder,
    own_schemes,
    read_scheme,
    save_own,
    scheme_from_text,
    scheme_of,
    text_of_scheme,
    write_scheme,
)

pytestmark = pytest.mark.usefixtures("own_data")

OWN = Scheme("dart-3", "Dart, 3 points", ("tip", "left_fin", "right_fin"), (0, 2, 1), (("tip", "left_fin"),))


@pytest.mark.parametrize("identity", BUILT_IN)
def test_every_scheme_of_the_program_is_written_as_it_was_read(identity, tmp_path):
    scheme = scheme_of(identity)
    assert scheme.id == identity
    assert parse_scheme(json.loads(json.dumps(document_of(scheme)))) == scheme
    write_scheme(tmp_path / "s.json", scheme)
    assert read_scheme(tmp_path / "s.json") == scheme == scheme_from_text(text_of_scheme(scheme))
    assert all(scheme.colour(name) for name in scheme.keypoints) or scheme.id == "pitch-57"


def test_the_schemes_say_how_many_and_which_rooms():
    assert {one.id: one.instances for one in known_schemes().values()} == {
        "pitch-57": Instances.ONE,
        "coco-17": Instances.MANY,
        "mpii-16": Instances.MANY,
        "card-packet-8": Instances.ONE,
    }
    assert PITCH_57.features == frozenset(Feature)
    assert PITCH_57.has_football
    assert not any(one.features for one in (COCO_17, MPII_16, CARD_PACKET_8))


def test_the_document_of_the_pitch_agrees_with_the_pitch_in_metres():
    assert PITCH_57.keypoints == tuple(KEYPOINTS)
    places = np.array([point.world for point in KEYPOINTS.values()])
    for turned, order in ((1, PITCH_57.mirror), (-1, PITCH_57.permutations["rot180"])):
        images = places * np.array([-1.0, float(turned), 1.0])
        assert np.abs(images - places[list(order)]).max() < 1e-9
    along = set()
    for marking in MARKINGS.values():
        if not marking.is_round:
            start, end = np.array(marking.start), np.array(marking.end)
            direction = (end - start) / np.linalg.norm(end - start)
            offsets = places - start
            t = offsets @ direction
            on = np.linalg.norm(offsets - t[:, None] * direction, axis=1) < 1e-6
            on &= (t >= -1e-6) & (t <= np.linalg.norm(end - start) + 1e-6)
            names = [name for _, name in sorted(zip(t[on], np.array(PITCH_57.keypoints)[on], strict=True))]
            along |= set(itertools.pairwise(map(str, names)))
    assert along == set(PITCH_57.edges)


def test_a_card_packet_is_a_cuboid_with_a_number_of_cards():
    corners = CARD_PACKET_8.keypoints
    assert len(corners) == 8
    degree = {name: sum(name in edge for edge in CARD_PACKET_8.edges) for name in corners}
    assert len(CARD_PACKET_8.edges) == 12
    assert set(degree.values()) == {3}
    for a, b in CARD_PACKET_8.edges:
        assert sum(x != y for x, y in zip(a.split("_"), b.split("_"), strict=True)) == 1
    cards = CARD_PACKET_8.attributes[0]
    assert (cards.kind, cards.scope, cards.range) == (AttributeKind.NUMBER, AttributeScope.FRAME, (1.0, 52.0))
    assert cards.checked(52) == 52.0
    for wrong in (0, 53, 1.5, "12", float("nan"), True):
        with pytest.raises(ValueError, match="cards"):
            cards.checked(wrong)


def test_other_attributes_hold_words_and_texts():
    choice = Attribute("kit", "Kit", AttributeKind.CHOICE, AttributeScope.INSTANCE, choices=("home", "away"))
    text = Attribute("note", "Note", AttributeKind.TEXT)
    assert choice.checked("home") == "home"
    assert text.checked("anything") == "anything"
    for one, wrong in ((choice, "third"), (choice, 1.0), (text, 3.0)):
        with pytest.raises(ValueError, match=one.name):
            one.checked(wrong)
    scheme = Scheme("s", "S", ("a",), (0,), attributes=(choice, text))
    assert scheme.attributes_of(AttributeScope.INSTANCE) == (choice,)
    assert parse_scheme(document_of(scheme)) == scheme


def test_a_colour_of_its_own_goes_before_that_of_the_group():
    scheme = Scheme("s", "S", ("a", "b", "c"), (0, 1, 2), groups=(Group("g", "#112233", ("a", "b")),),
                    colours={"b": "#445566"})  # fmt: skip
    assert [scheme.colour(name) for name in "abc"] == ["#112233", "#445566", None]
    assert parse_scheme(document_of(scheme)) == scheme


def test_what_this_program_does_not_know_survives():
    document = document_of(OWN)
    document["later"] = {"deep": [1, 2]}
    document["keypoints"][1]["shape"] = "round"
    document["attributes"] = [{"name": "n", "title": "N", "kind": "number", "scope": "frame", "unit": "cm"}]
    assert document_of(parse_scheme(document)) == document


def test_names_suggest_what_a_mirror_exchanges():
    assert suggested_mirror(COCO_17.keypoints) == COCO_17.mirror
    assert suggested_mirror(MPII_16.keypoints) == MPII_16.mirror
    assert suggested_mirror(CARD_PACKET_8.keypoints) == CARD_PACKET_8.mirror
    assert suggested_mirror(("a", "b")) == (0, 1)
    assert suggested_mirror(("L_x", "R_x", "left_y")) == (1, 0, 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "other"}, "its format is 'other'"),
        ({"format_version": 99}, "format version 99"),
        ({"keypoints": []}, "names no keypoints"),
        ({"keypoints": [{"name": 3}]}, r"keypoints\[0\].name is 3"),
        ({"keypoints": [{"name": "a", "mirror": "b"}]}, "is no keypoint"),
        ({"keypoints": [{"name": "a", "sigma": 0.1}, {"name": "b"}]}, "sigmas"),
        ({"keypoints": [{"name": "a", "mirror": "b"}, {"name": "b"}]}, "not a permutation"),
        ({"keypoints": [{"name": "a", "colour": "red"}]}, "no colour"),
        ({"edges": [["tip", "nose"]]}, "unknown keypoint"),
        ({"edges": [["tip"]]}, "not two names"),
        ({"instances": "some"}, "not one of one, many"),
        ({"features": ["flying"]}, "not one of markings, camera, checks"),
        ({"version": 0}, "version is 0"),
        ({"extent": "arm"}, "extent"),
        ({"permutations": {"turn": ["tip", "tip", "nose"]}}, "no keypoint"),
        ({"attributes": [{"name": "n", "kind": "number", "range": [5, 1]}]}, "is empty"),
        ({"attributes": [{"name": "n", "kind": "choice"}]}, "no choices"),
        ({"attributes": [{"name": "n", "kind": "number", "default": "x"}]}, "not a number"),
        ({"attributes": [{"name": "n", "kind": "text"}, {"name": "n", "kind": "text"}]}, "repeat"),
    ],
)
def test_a_scheme_that_contradicts_itself_is_refused_with_path_and_reason(tmp_path, change, reason):
    path = tmp_path / "own.json"
    document = {**document_of(OWN), **change}
    if "keypoints" in change:
        document.pop("edges")
    path.write_text(json.dumps(document))
    with pytest.raises(FormatError, match=reason) as caught:
        read_scheme(path)
    assert str(path) in str(caught.value)
    assert "docs/schemes.md" in str(caught.value)


def test_the_mirror_of_a_mirror_is_the_point_itself():
    with pytest.raises(ValueError, match="mirrored back"):
        Scheme("s", "S", ("a", "b", "c"), (1, 2, 0))


def test_own_schemes_stand_beside_those_of_the_program(tmp_path):
    path = save_own(OWN)
    assert path == own_folder() / "dart-3.json"
    assert known_schemes()["dart-3"] == scheme_of("dart-3") == OWN
    (own_folder() / "broken.json").write_text("{")
    write_scheme(own_folder() / "twice.json", OWN)
    found, findings = own_schemes()
    assert list(found) == ["dart-3"]
    assert [finding.path.name for finding in findings] == ["broken.json", "twice.json"]
    with pytest.raises(ValueError, match="there are pitch-57, coco-17"):
        scheme_of("nothing")


@pytest.mark.parametrize("identity", ["pitch-57", "../away", "", "a b"])
def test_an_id_that_is_taken_or_no_file_name_is_refused(identity):
    with pytest.raises(FormatError):
        save_own(Scheme(identity, "T", ("a",), (0,)))


def test_a_package_of_the_program_takes_all_of_its_resources_along():
    root = FOLDER.parents[1]
    how = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert "resources*" in how["packages"]["find"]["include"]
    patterns = how["package-data"]["*"]
    files = [path for path in (root / "resources").rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert len(files) > 4
    assert [path.name for path in files if not any(path.match(pattern) for pattern in patterns)] == []
