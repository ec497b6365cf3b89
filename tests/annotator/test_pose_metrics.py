"""People of COCO, MPII and any scheme: files read, measures counted by hand, and what is wrong with files said."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.commands import run_command
from annotator.formats.documents import FormatError
from annotator.pitch import PITCH_57
from annotator.pose_data import read_detections, read_poses, read_scheme
from annotator.pose_metrics import evaluate_poses
from annotator.scheme import Scheme
from annotator.schemes import CARD_PACKET_8, COCO_17, MPII_16, known_schemes

# A square person: neck and top of the head 40 px apart, shoulder and hip 100 px.
JOINTS = {name: [200.0 + 13 * k, 300.0 + 7 * k] for k, name in enumerate(MPII_16.keypoints)}
JOINTS |= {"upper_neck": [200.0, 100.0], "head_top": [200.0, 60.0]}
JOINTS |= {"left_shoulder": [260.0, 120.0], "right_hip": [200.0, 200.0]}


def mpii_person(image="000000012.jpg", *, missing=(), shift=0.0):
    names = MPII_16.keypoints
    joints = [[-1.0, -1.0] if name in missing else [JOINTS[name][0] + shift, JOINTS[name][1]] for name in names]
    return {"image": image, "joints": joints, "joints_vis": [int(name not in missing) for name in names]}


def detection(image_id, *, shift=0.0, moved=None, score=0.9, count=16):
    places = np.array(list(JOINTS.values())) - 1.0 + [shift, 0.0]
    for name, by in (moved or {}).items():
        places[MPII_16.index[name]] += by
    flat = np.column_stack([places, np.ones(len(places))]).ravel().tolist()
    return {"image_id": image_id, "category_id": 1, "keypoints": flat[: 3 * count], "score": score}


def written(path, document):
    path.write_text(json.dumps(document))
    return path


def evaluated(tmp_path, annotations, results):
    poses = read_poses(written(tmp_path / "annotations.json", annotations))
    detections, remarks = read_detections(written(tmp_path / "results.json", results), poses)
    return evaluate_poses(poses, detections), remarks


def test_person_schemes_keep_their_own_rules():
    for scheme in (COCO_17, MPII_16):
        assert all(scheme.mirror[scheme.mirror[k]] == k for k in range(len(scheme)))
        assert all(scheme.sigmas[k] == scheme.sigmas[scheme.mirror[k]] for k in range(len(scheme)))
    assert COCO_17.mirror == (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
    assert len(COCO_17.edges) == 19
    with pytest.raises(ValueError, match="unknown keypoint"):
        Scheme("a", "A", ("nose", "tail"), (0, 1), head=("nose", "ear"))


def test_cocos_constants_are_those_of_its_own_evaluation(shared_data):
    params = pytest.importorskip("pycocotools.cocoeval").Params(iouType="keypoints")
    assert np.allclose(COCO_17.sigmas, params.kpt_oks_sigmas)
    category = json.loads((shared_data / "pose/coco/test_coco.json").read_text())["categories"][0]
    assert COCO_17.keypoints == tuple(category["keypoints"])
    edges = {(COCO_17.index[a] + 1, COCO_17.index[b] + 1) for a, b in COCO_17.edges}
    assert {tuple(sorted(edge)) for edge in edges} == {tuple(sorted(edge)) for edge in category["skeleton"]}


def test_mpii_is_read_from_one_and_images_are_found_by_name_stem_and_number(tmp_path):
    people = [mpii_person("000000012.jpg"), mpii_person("000000013.jpg", missing=("head_top",))]
    found, remarks = evaluated(tmp_path, people, [detection(12), detection("000000013.jpg")])
    assert remarks == []
    assert (found.scheme, found.people, found.head_segments, found.torsos) == (MPII_16, 2, 1, 2)
    assert found.pckh.mean == 1, "the detections are the labels less the one that MPII counts from"
    assert found.oks.ap == pytest.approx(1)
    assert {t: shares.mean for t, shares in found.pdj.items()} == {0.1: 1, 0.15: 1, 0.2: 1}


def test_counts_of_one_person_are_those_made_by_hand(tmp_path):
    moved = {"left_wrist": [20.0, 0.0], "right_wrist": [0.0, 20.1], "pelvis": [500.0, 0.0], "left_knee": [0.0, 14.0]}
    found, _ = evaluated(tmp_path, [mpii_person()], [detection("000000012", moved=moved)])
    points = dict(zip(MPII_16.keypoints, found.pckh.points.tolist(), strict=True))
    assert (points["left_wrist"], points["right_wrist"], points["pelvis"]) == (1, 0, 0), "half a head is 20 px"
    assert found.pckh.mean == pytest.approx(13 / 14), "pelvis and thorax are left out"
    means = [found.pdj[t].mean for t in (0.1, 0.15, 0.2)]
    assert means == pytest.approx([12 / 16, 13 / 16, 14 / 16]), "14 px are .14 of a torso, 20.1 px .2"


def test_every_person_gets_the_detection_that_is_most_like_it(tmp_path):
    people = [mpii_person(), mpii_person(shift=300.0)]
    results = [detection(12, shift=310.0, score=0.2), detection(12, shift=4.0, score=0.3)]
    results += [detection(12, shift=90.0, score=0.99)]
    found, _ = evaluated(tmp_path, people, results)
    assert found.pckh.mean == 1
    assert found.oks.ap50 < 1, "there the false one with the best score costs precision"
    alone, _ = evaluated(tmp_path, people, results[:1])
    assert alone.pckh.mean == 0.5, "a person without a detection is missed"


def test_heads_are_taken_from_boxes_where_there_are_any(tmp_path):
    category = {"id": 1, "name": "person", "keypoints": list(MPII_16.keypoints)}
    flat = np.column_stack([np.array(list(JOINTS.values())) - 1.0, np.full(16, 2)]).ravel().tolist()
    person = {"id": 0, "image_id": 7, "category_id": 1, "keypoints": flat, "bbox": [100, 50, 300, 400], "iscrowd": 0}
    document = {"images": [{"id": 7}], "categories": [category], "annotations": [{**person, "bbox_head": [0, 0, 6, 8]}]}
    # A box of 6 x 8 is a head of 6 px: 3 px are near enough, 4 are not.
    for shift, expected in ((3.0, 1.0), (4.0, 0.0)):
        found, _ = evaluated(tmp_path, document, [detection(7, shift=shift)])
        assert (found.head_boxes, found.head_segments) == (1, 0)
        assert found.pckh.mean == expected
    assert found.oks.ap_large == pytest.approx(found.oks.ap), "without an area it is 0.53 of the box"


def test_published_heads_are_those_of_mpiis_own_file(tmp_path, capsys):
    from scipy.io import savemat

    # Corners (10, 20) and (16, 28): a head of 6 px, the second person's 12 px.
    corners = np.array([[[10, 50], [20, 50]], [[16, 62], [28, 66]]], dtype=float)
    savemat(tmp_path / "gt.mat", {"headboxes_src": corners})
    annotations = str(written(tmp_path / "a.json", [mpii_person("2.jpg"), mpii_person("1.jpg")]))
    results = str(written(tmp_path / "r.json", [detection(2, shift=4.0), detection(1, shift=4.0)]))
    command = ["evaluate", "--detections", results, annotations, "--output", str(tmp_path / "m.json"), "--heads"]
    assert run_command([*command, str(tmp_path / "gt.mat")]) == 0
    assert "heads of 2: 0.6 times the diagonal" in capsys.readouterr().out
    measures = json.loads((tmp_path / "m.json").read_text())
    assert measures["pckh@0.5"]["mean"] == 0.5, "4 px are over half of 6 and below half of 12"
    savemat(tmp_path / "three.mat", {"headboxes_src": np.zeros((2, 2, 3))})
    savemat(tmp_path / "flat.mat", {"headboxes_src": np.zeros((2, 2))})
    savemat(tmp_path / "other.mat", {"a": 1})
    (tmp_path / "torn.mat").write_bytes((tmp_path / "gt.mat").read_bytes()[:150])
    reasons = {"three": "not the 3 of the heads", "flat": "shape", "other": "no array of numbers"}
    for name, reason in {**reasons, "torn": "damaged", "gone": "cannot be read"}.items():
        assert run_command([*command, str(tmp_path / f"{name}.mat")]) == 2
        said = capsys.readouterr().err
        assert reason in said
        assert said.count("\n") == 1
    own = written(tmp_path / "coco.json", {"images": []})
    assert run_command([*command[:3], str(own), *command[4:], str(tmp_path / "gt.mat")]) == 2
    assert "Leave --heads out" in capsys.readouterr().err


def test_people_of_coco_have_no_head_and_crowds_do_not_count(shared_data, tmp_path):
    path = shared_data / "pose/coco/test_coco.json"
    document = json.loads(path.read_text())
    poses = read_poses(path)
    assert poses.scheme is COCO_17
    results = [
        {key: one[key] for key in ("image_id", "category_id", "keypoints")} | {"score": 1.0}
        for one in document["annotations"]
        if one["num_keypoints"]
    ]
    detections, _ = read_detections(written(tmp_path / "results.json", results), poses)
    found = evaluate_poses(poses, detections)
    assert (found.images, found.people, found.detections, found.pckh) == (4, 12, 12, None)
    assert found.oks.ap == pytest.approx(1)
    assert found.pdj[0.1].mean == 1
    assert "no head segment" in found.text()


def test_a_scheme_of_the_files_own_is_measured_by_what_it_has(shared_data, tmp_path):
    poses = read_poses(shared_data / "pose/mpii/test_mpii_trb.json")
    assert len(poses.scheme) == 40
    assert poses.scheme.torso == ("left_shoulder", "right_hip")
    found = evaluate_poses(poses, {})
    assert found.oks is None
    assert found.pdj[0.2].mean == 0
    assert "--sigma" in found.text()
    assert set(known_schemes()) == {"coco-17", "mpii-16", "pitch-57", "card-packet-8"}
    own = written(tmp_path / "own.json", {"keypoints": ["a", "b"], "sigmas": [0.1, 0.2], "head": ["a", "b"]})
    scheme = read_scheme(own)
    assert (scheme.sigmas, scheme.head, scheme.torso) == ((0.1, 0.2), ("a", "b"), None)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "holds a list"),
        ({}, "names no keypoints"),
        ({"keypoints": ["a", "a"]}, "repeat"),
        ({"keypoints": ["a", "b"], "sigmas": [1, -1]}, "above 0"),
        ({"keypoints": ["a", "b"], "sigmas": [1]}, "1 sigmas for 2"),
        ({"keypoints": ["a", "b"], "head": ["a"]}, "head is not two names"),
        ({"keypoints": ["a", "b"], "torso": ["a", "c"]}, "unknown"),
        ({"keypoints": ["a", "b"], "sigmas": 3}, "sigmas"),
    ],
)
def test_a_scheme_file_that_contradicts_itself_is_refused(tmp_path, document, reason):
    with pytest.raises(FormatError, match=reason):
        read_scheme(written(tmp_path / "own.json", document))


@pytest.mark.parametrize(
    ("annotations", "results", "reason"),
    [
        ("torn", [], "damaged"),
        (5, [], "single value"),
        ([{"image": "a.jpg"}], [], "no list of people"),
        ([mpii_person() | {"joints": [[1, 2]]}], [], "person 0 has no image with 16 joints"),
        ([mpii_person() | {"joints": 7}], [], "person 0"),
        ({"images": []}, [], "no list of categories"),
        ({"categories": [{"id": 1}]}, [], "names keypoints"),
        ([detection(1)], [], "detections, not annotations"),
        ([mpii_person()], {"annotations": []}, "annotations, not detections"),
        ([mpii_person()], "torn", "damaged"),
        ([mpii_person()], [[1]], "no list of detections"),
        ([mpii_person()], [detection(12, count=15)], "45 numbers, not three for each of the 16"),
        ([mpii_person()], [detection(12) | {"keypoints": None}], "no list of numbers"),
        ([mpii_person()], [detection(12) | {"keypoints": [float("nan")] * 48}], "48 numbers"),
        ([mpii_person()], [detection(12) | {"score": "high"}], "no score"),
    ],
)
def test_what_is_wrong_with_files_is_one_sentence_with_the_path(tmp_path, capsys, annotations, results, reason):
    paths = []
    for name, document in (("results.json", results), ("annotations.json", annotations)):
        paths.append(str(tmp_path / name))
        (tmp_path / name).write_text(document if document == "torn" else json.dumps(document))
    assert run_command(["evaluate", "--detections", *paths]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert reason in said.err
    assert str(tmp_path) in said.err


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON, where=st.integers(0, 10**6), in_results=st.booleans())
def test_a_damaged_value_anywhere_is_a_sentence_and_no_crash(tmp_path, capsys, value, where, in_results):
    category = {"id": 1, "name": "person", "keypoints": list(MPII_16.keypoints), "sigmas": [0.1] * 16}
    person = {"id": 1, "image_id": 12, "category_id": 1, "keypoints": [5.0, 6.0, 2] * 16, "area": 60.0, "iscrowd": 0}
    person |= {"bbox": [1, 1, 9, 9], "bbox_head": [1, 1, 3, 4], "num_keypoints": 16}
    coco = {"images": [{"id": 12}], "categories": [category], "annotations": [person]}
    documents = [coco if where % 2 else [mpii_person()], [detection(12)]]
    damage(documents[in_results], where, value)
    paths = [tmp_path / "annotations.json", tmp_path / "results.json"]
    for path, document in zip(paths, documents, strict=True):
        path.write_text(json.dumps(document))
    code = run_command(["evaluate", "--detections", str(paths[1]), str(paths[0])])
    said = capsys.readouterr()
    assert code in (0, 1, 2)
    assert (code == 2) == (said.out == "")
    assert (code == 0) == (said.err == "")


def damage(document, where, value):
    """Put a value in the place of another somewhere in a document."""
    places = []

    def walk(inner):
        for key in inner if isinstance(inner, dict) else range(len(inner)):
            places.append((inner, key))
            if isinstance(inner[key], dict | list):
                walk(inner[key])

    walk(document)
    holder, key = places[where % len(places)]
    holder[key] = value


def test_the_command_prints_and_writes_the_measures(tmp_path, capsys):
    annotations = str(written(tmp_path / "a.json", [mpii_person()]))
    results = str(written(tmp_path / "r.json", [detection(12), detection(99)]))
    output = tmp_path / "measures.json"
    assert run_command(["evaluate", "--detections", results, annotations, "--output", str(output)]) == 1
    said = capsys.readouterr()
    assert "images without annotations, such as 99" in said.err
    for expected in ("MPII person, 16 points", "AP50", "PCKh@0.5 (1)", "PDJ@0.15 (1)", "upper_neck to head_top"):
        assert expected in said.out
    measures = json.loads(output.read_text())
    assert measures["oks"]["ap"] == pytest.approx(1)
    assert measures["oks"]["ap_medium"] is None
    assert (measures["pckh@0.5"]["mean"], measures["pdj@0.1"]["keypoints"]["pelvis"]) == (1, 1)


def test_schemes_are_chosen_by_name_or_file_and_a_sigma_may_be_given(tmp_path, capsys):
    annotations = str(written(tmp_path / "a.json", [mpii_person()]))
    results = str(written(tmp_path / "r.json", [detection(12, shift=30.0)]))
    command = ["evaluate", "--detections", results, annotations]
    assert run_command([*command, "--scheme", "mpii-16", "--sigma", "0.5"]) == 0
    loose = capsys.readouterr().out
    assert run_command([*command, "--sigma", "0.001"]) == 0
    assert capsys.readouterr().out != loose
    own = written(tmp_path / "own.json", {"keypoints": [f"p{k}" for k in range(16)]})
    assert run_command([*command, "--scheme", str(own)]) == 0
    said = capsys.readouterr().out
    assert "no OKS-AP" in said
    assert "no PCKh" in said
    assert "no PDJ" in said
    for scheme, reason in (("coco-17", "16 joints are not the 17"), ("nothing", "no scheme 'nothing'")):
        assert run_command([*command, "--scheme", scheme]) == 2
        assert reason in capsys.readouterr().err
    assert run_command([*command, "--split", "val"]) == 2
    assert "not with --detections" in capsys.readouterr().err
    assert run_command(["evaluate", annotations, "--scheme", "coco-17"]) == 2
    assert "goes with --detections" in capsys.readouterr().err
    nobody = str(written(tmp_path / "n.json", [mpii_person(missing=MPII_16.keypoints)]))
    assert run_command(["evaluate", "--detections", results, nobody]) == 2
    assert "nobody in it" in capsys.readouterr().err


def test_an_exported_pitch_is_measured_with_a_sigma(tmp_path, capsys):
    from annotator.formats.coco import CocoFrame, results_document, write_coco
    from annotator.labels import Visibility

    places = {name: (100.0 + 10 * k, 50.0 + 3 * k) for k, name in enumerate(PITCH_57.keypoints)}
    points = {name: (*place, Visibility.VISIBLE) for name, place in places.items()}
    write_coco(tmp_path / "a.json", [CocoFrame("a.jpg", (960, 540), points)], PITCH_57)
    results = written(tmp_path / "r.json", results_document([(1, places, 0.9)], PITCH_57))
    command = ["evaluate", "--detections", str(results), str(tmp_path / "a.json")]
    assert run_command([*command, "--sigma", "0.0025"]) == 0
    assert "Football pitch, 57 points: 1 images, 1 labelled, 1 detected" in capsys.readouterr().out


def packets(tmp_path, *, cards, seen, corners=None, score=1.0):
    """Two images of a packet of 100 by 60 pixels, and detections of them with a number of cards."""
    xy = np.array([[50.0, 40], [55, 35], [150, 40], [155, 35], [50, 100], [55, 95], [150, 100], [155, 95]])
    flags = np.array([2, 0, 2, 1, 2, 1, 2, 2])
    category = {"id": 1, "name": "packet", "keypoints": list(CARD_PACKET_8.keypoints)}
    images = [{"id": n, "file_name": f"{n}.jpg", "width": 200, "height": 150, "attributes": {"cards": count}}
              for n, count in enumerate(cards, start=1)]  # fmt: skip
    labels = [
        {"id": n, "image_id": n, "category_id": 1, "iscrowd": 0, "num_keypoints": 7, "area": 6300, "bbox":
         [50, 35, 105, 65], "keypoints": np.column_stack([xy, flags]).ravel().tolist()}
        for n in range(1, len(cards) + 1)
    ]  # fmt: skip
    moved = xy if corners is None else xy + corners
    results = [
        {"image_id": n, "category_id": 1, "score": score, "attributes": {"cards": count}, "keypoints":
         np.column_stack([moved, [0.9, 0.7, 0.9, 0.2, 0.9, 0.9, 0.9, 0.9]]).ravel().tolist()}
        for n, count in enumerate(seen, start=1)
    ]  # fmt: skip
    document = {"images": images, "categories": [category], "annotations": labels}
    return written(tmp_path / "packets.json", document), written(tmp_path / "seen.json", results)


def test_packets_are_measured_by_their_box_their_hidden_corners_and_their_cards(tmp_path, capsys):
    data, seen = packets(tmp_path, cards=[10, 30], seen=[12.5, 29.0], corners=(0.0, 12.0))
    poses = read_poses(data)
    assert poses.scheme is CARD_PACKET_8
    detections, remarks = read_detections(seen, poses)
    assert remarks == []
    found = evaluate_poses(poses, detections)
    assert found.errors == {"cards": (pytest.approx((2.5 + 1.0) / 2), 2)}
    assert (found.torsos, found.pdj[0.1].mean, found.pdj[0.15].mean) == (2, 0.0, 1.0)
    # Of 7 labelled corners 6 are said to be there, and one that is not labelled.
    assert (found.presence.precision, found.presence.recall) == (pytest.approx(6 / 7), pytest.approx(6 / 7))
    command = ["evaluate", str(data), "--detections", str(seen), "--output", str(tmp_path / "out.json")]
    assert run_command([*command, "--threshold", "0.8"]) == 0
    said = capsys.readouterr().out
    assert "mean error of cards: 1.750 (2)" in said
    assert "visibility above 0.8: precision 1.000, recall 0.857 (14 labels, 12 seen)" in said
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["mean_errors"] == {"cards": {"mean": 1.75, "count": 2}}
    assert document["visibility"]["precision"] == 1.0


def test_numbers_that_one_side_does_not_say_and_things_not_found_count_nowhere(tmp_path):
    data, seen = packets(tmp_path, cards=[10, 30, 50], seen=[11])
    poses = read_poses(data)
    detections, _ = read_detections(seen, poses)
    found = evaluate_poses(poses, detections)
    assert found.errors == {"cards": (1.0, 1)}
    assert found.presence.labels == 7
    assert evaluate_poses(poses, {}).errors == {}
    assert evaluate_poses(poses, {}).presence is None


def test_detections_that_say_the_same_of_every_point_say_nothing_of_visibility(shared_data, tmp_path):
    poses = read_poses(shared_data / "pose/coco/test_coco.json")
    flat = [200.0, 100.0, 1] * 17
    results = [{"image_id": 785, "category_id": 1, "keypoints": flat, "score": 1.0}]
    detections, _ = read_detections(written(tmp_path / "r.json", results), poses)
    assert evaluate_poses(poses, detections).presence is None
