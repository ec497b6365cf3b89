"""Projects of other schemes than the pitch: every format out and in again, checked by the consumer's rules."""

import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest

from annotator import instances
from annotator.commands import run_command
from annotator.export import (
    Box,
    ExportError,
    ExportKind,
    ExportOptions,
    Images,
    Scope,
    Splits,
    Unaccepted,
    export,
    preview,
)
from annotator.export.thing_checks import check_things, self_score
from annotator.export.thing_samples import piece_about
from annotator.export.things import kinds_for
from annotator.formats.deeplabcut import write_csv
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.imports import Change, Conflicts, carry_out, plan_import
from annotator.labels import EMPTY, Decision, FrameRecord, Review, Visibility, place, set_visibility
from annotator.pitch import PITCH_57
from annotator.project import Project
from annotator.scheme import Instances, Scheme
from annotator.schemes import CARD_PACKET_8, COCO_17, MPII_16
from model.boxes import region
from model.dataset import read_image, read_training_set
from model.people import InstancePrediction, PeoplePrediction

pytestmark = pytest.mark.usefixtures("own_data")

pytest.importorskip("pycocotools")
ALL = ExportOptions(ExportKind.COCO, scope=Scope.DRAFTS)
MANY = [ExportKind.COCO, ExportKind.YOLO_POSE, ExportKind.CVAT, ExportKind.DEEPLABCUT, ExportKind.TRAINING_SET]
FILES = {ExportKind.COCO: "annotations.json", ExportKind.CVAT: "annotations.xml", ExportKind.YOLO_POSE: "data.yaml",
         ExportKind.DEEPLABCUT: "CollectedData_touchline.csv", ExportKind.TRAINING_SET: ".",
         ExportKind.LIGHTNING_POSE: "CollectedData_touchline.csv"}  # fmt: skip


@pytest.fixture
def people(shared_data, tmp_path):
    folder = tmp_path / "coco"
    folder.mkdir()
    for path in (shared_data / "pose/coco").glob("*.jpg"):
        shutil.copyfile(path, folder / path.name)
    with Project.for_media([folder], scheme=COCO_17) as project:
        plan = plan_import(project, [shared_data / "pose/coco/test_coco.json"])
        assert plan.counts[Change.ADD] == 4
        carry_out(project, plan)
        yield project


def said(project):
    """Points and boxes by frame and number, rounded."""
    return {
        project.row(number).name: {
            one.id: {name: (*np.round(p.position, 1), p.visibility) for name, p in one.keypoints.items() if p.position}
            for one in instances.present(project.record(number).labels)
        }
        for number in project.frame_ids()
    }


def test_coco_goes_in_and_out_without_a_difference(people, shared_data, tmp_path):
    report = export(people, tmp_path / "out", what=ALL)
    assert (report.frames, report.counts["things"], report.left_out) == (4, 14, ())
    made = json.loads((tmp_path / "out/annotations.json").read_text(encoding="utf-8"))
    assert made == json.loads((shared_data / "pose/coco/test_coco.json").read_text())
    assert self_score(made, COCO_17) == 1.0
    assert (tmp_path / "out/images/000000000785.jpg").is_file()
    export(people, tmp_path / "again", what=ALL)
    assert (tmp_path / "again/annotations.json").read_bytes() == (tmp_path / "out/annotations.json").read_bytes()


def test_the_command_makes_a_project_of_the_files_own_scheme(shared_data, tmp_path, capsys):
    folder = tmp_path / "mpii"
    folder.mkdir()
    for path in (shared_data / "pose/mpii").glob("*.jpg"):
        shutil.copyfile(path, folder / path.name)
    labels = shared_data / "pose/mpii/test_mpii.json"
    assert run_command(["import", str(folder), str(labels)]) == 0
    assert run_command(["import", str(folder), str(labels), "--scheme", "coco-17"]) == 2
    assert "has a project with a scheme already" in capsys.readouterr().err
    out = tmp_path / "out"
    assert run_command(["export", str(folder), str(out), "--what", "mpii", "--scope", "drafts"]) == 0
    assert json.loads((out / "annotations.json").read_text()) == json.loads(labels.read_text())
    with Project.for_media([folder]) as project:
        assert project.scheme == MPII_16
        assert len(project.record(project.frame_ids()[0]).labels.pitch.keypoints) == 14


def test_a_file_with_names_of_its_own_makes_a_project_of_these(shared_data, tmp_path, capsys):
    folder = tmp_path / "trb"
    folder.mkdir()
    for path in (shared_data / "pose/mpii").glob("*.jpg"):
        shutil.copyfile(path, folder / path.name)
    code = run_command(["import", str(folder), str(shared_data / "pose/mpii/test_mpii_trb.json")])
    with Project.for_media([folder]) as project:
        assert (project.scheme.id, len(project.scheme), project.scheme.is_many) == ("person-40", 40, True)
        labelled = sum(not project.record(number).labels.is_empty for number in project.frame_ids())
    assert labelled > 0
    assert code in (0, 1)


@pytest.mark.parametrize("kind", MANY, ids=lambda kind: kind.value)
def test_many_people_go_round_in_every_format(people, tmp_path, kind):
    report = export(people, tmp_path / "out", what=ExportOptions(kind, scope=Scope.DRAFTS))
    assert report.frames == 4
    with Project.create(tmp_path / "new.touchline", scheme=COCO_17) as empty:
        empty.add_media([tmp_path / "coco"])
        plan = plan_import(empty, [tmp_path / "out" / FILES[kind]])
        assert plan.findings == ()
        carry_out(empty, plan)
        before, after = said(people), said(empty)
        if kind is ExportKind.DEEPLABCUT:
            shown = {f: {n: {k: v[:2] for k, v in p.items()} for n, p in things.items()} for f, things in after.items()}
            wanted = {f: {n: {k: v[:2] for k, v in p.items()} for n, p in things.items() if p}
                      for f, things in before.items()}  # fmt: skip
            assert shown == wanted
        elif kind is ExportKind.TRAINING_SET:
            assert after == {f: {n: p for n, p in things.items() if p} for f, things in before.items()}
        elif kind is ExportKind.YOLO_POSE:
            assert {f: sorted(map(sorted, things.values())) for f, things in after.items()} == {
                f: sorted(map(sorted, things.values())) for f, things in before.items()
            }
        else:
            assert after == before
        again = plan_import(people, [tmp_path / "out" / FILES[kind]])
        if kind not in (ExportKind.DEEPLABCUT, ExportKind.YOLO_POSE):
            assert again.counts[Change.UNTOUCHED] == 4


def test_one_packet_with_its_number_goes_round(tmp_path):
    for n in range(3):
        path = tmp_path / "packs/ö x" / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(cv2.imencode(".png", np.full((60, 80, 3), 30 * n, np.uint8))[1]))
    with Project.for_media([tmp_path / "packs"], scheme=CARD_PACKET_8) as project:
        first, second, third = project.frame_ids()
        labels = instances.set_attribute(EMPTY, CARD_PACKET_8.attributes[0], 17)
        for n, name in enumerate(CARD_PACKET_8.keypoints):
            labels = place(labels, name, (5.0 + 8 * n, 10.0 + 3 * n))
        labels = set_visibility(labels, "lower_left_back", Visibility.OCCLUDED)
        project.save_record(first, FrameRecord(labels, Review(Decision.ACCEPTED)), text="a")
        one = place(EMPTY, "upper_left_face", (-3.0, 5.0))
        project.save_record(second, FrameRecord(one, Review(Decision.ACCEPTED)), text="a")
        project.save_record(third, FrameRecord(EMPTY, Review(Decision.ACCEPTED)), text="a")
        for kind in (*MANY, ExportKind.LIGHTNING_POSE):
            out = tmp_path / kind.value
            report = export(project, out, what=kind)
            assert report.frames == (2 if kind is ExportKind.TRAINING_SET else 3)
            with Project.create(tmp_path / f"{kind.value}.touchline", scheme=CARD_PACKET_8) as empty:
                empty.add_media([tmp_path / "packs"])
                carry_out(empty, plan_import(empty, [out / FILES[kind]]))
                found = empty.record(empty.frame_ids()[0]).labels
                assert set(found.pitch.keypoints) == set(CARD_PACKET_8.keypoints)
                if kind not in (ExportKind.DEEPLABCUT, ExportKind.LIGHTNING_POSE, ExportKind.YOLO_POSE):
                    assert found.attributes == {"cards": 17.0}
                if kind is not ExportKind.DEEPLABCUT:
                    assert found.pitch.keypoints["lower_left_back"].visibility is Visibility.OCCLUDED
        manifest = read_training_set(tmp_path / "training-set")
        assert (manifest.scheme, manifest.keypoints) == ("card-packet-8", CARD_PACKET_8.keypoints)
        assert [(one.name, one.low, one.high) for one in manifest.scalars] == [("cards", 1.0, 52.0)]
        assert sorted(sorted(sample.scalars.items()) for sample in manifest.samples) == [[], [("cards", 17.0)]]
        assert {sample.box for sample in manifest.samples} == {None}


def test_a_piece_about_a_person_is_what_a_network_sees(people, tmp_path):
    export(people, tmp_path / "out", what=ExportOptions(ExportKind.TRAINING_SET, scope=Scope.DRAFTS,
                                                        splits=Splits((("train", 1.0),))))  # fmt: skip
    made = read_training_set(tmp_path / "out")
    assert len(made.samples) == 12
    things = made.settings["export"]["things"]
    for sample in made.samples:
        width, height = sample.size
        for aspect in (0.75, 1.0):
            left, top, wide, high = region(sample.box, aspect)
            assert min(left, top) > -1.0
            assert left + wide < width + 1
            assert top + high < height + 1
        piece = read_image(sample)
        assert piece.shape == (height, width, 3)
        x, y = things[sample.image]["at"]
        frame = cv2.imread(str(tmp_path / "coco" / f"{things[sample.image]['frame']}.jpg"))[..., ::-1]
        u, v = width // 2, height // 2
        assert np.abs(piece[v - 3 : v + 4, u - 3 : u + 4].astype(int) - frame[y + v - 3 : y + v + 4,
                      x + u - 3 : x + u + 4].astype(int)).mean() < 12  # fmt: skip
        labelled = set(sample.points)
        assert labelled.isdisjoint(sample.unknown)
        assert labelled | sample.unknown == set(COCO_17.keypoints)


def test_the_piece_holds_the_box_with_a_margin_in_the_shape_of_the_input():
    x, y, width, height = piece_about((10.0, 20.0, 110.0, 120.0))
    assert (width, height) == (125, 167)
    assert (x + (width - 1) / 2, y + (height - 1) / 2) == pytest.approx((60, 70), abs=0.51)
    assert piece_about((10.0, 20.0, 50.0, 120.0))[2:] == (125, 125)
    assert piece_about((0.0, 0.0, 0.1, 0.1))[2:] == (8, 8)


def test_what_a_network_saw_goes_out_only_when_asked_for(people, tmp_path):
    number = people.frame_ids()[0]
    xy = np.tile([[600.0, 20.0]], (17, 1)) + np.arange(17)[:, None]
    sure = np.where(np.arange(17) < 5, 0.9, 0.2)
    new = InstancePrediction(COCO_17.keypoints, xy, sure, np.full(17, 2.0), 0.8, (590.0, 10.0, 635.0, 60.0))
    weak = replace(new, score=0.1, box=(0.0, 0.0, 9.0, 9.0))
    people.save_people(number, PeoplePrediction((new, weak), (640, 425), "net"))
    plain = export(people, tmp_path / "plain", what=ALL)
    asked = replace(ALL, unaccepted=Unaccepted.ACCEPT)
    more = export(people, tmp_path / "more", what=asked)
    assert more.counts["things"] == plain.counts["things"] + 1
    assert more.counts["points of the network"] == 5
    added = json.loads((tmp_path / "more/annotations.json").read_text())["annotations"][-1]
    assert (added["num_keypoints"], added["bbox"]) == (5, [590, 10, 45, 50])
    seen = preview(people, asked)
    assert (seen.frames, seen.points) == (4, more.counts["points"])


def test_a_crowd_goes_out_as_coco_has_it_and_to_nobody_else(people, shared_data, tmp_path):
    document = json.loads((shared_data / "pose/coco/test_coco.json").read_text())
    crowd = document["annotations"][3]
    crowd["iscrowd"] = 1
    crowd["segmentation"] = {"counts": [5, 9], "size": [425, 640]}
    path = tmp_path / "crowd.json"
    path.write_text(json.dumps(document))
    with Project.create(tmp_path / "c.touchline", scheme=COCO_17) as project:
        project.add_media([tmp_path / "coco"])
        carry_out(project, plan_import(project, [path]))
        export(project, tmp_path / "coco-out", what=ALL)
        assert json.loads((tmp_path / "coco-out/annotations.json").read_text()) == document
        report = export(project, tmp_path / "cvat-out", what=replace(ALL, kind=ExportKind.CVAT))
        assert (report.counts["crowds left out"], report.counts["things"]) == (1, 13)


@pytest.mark.parametrize("change", ["moved", "hidden", "box"])
def test_what_both_say_otherwise_is_a_conflict_that_a_person_decides(people, shared_data, tmp_path, change):
    number = people.frame_ids()[0]
    record = people.record(number)
    labels = record.labels
    if change == "moved":
        labels = place(labels, "nose", (1.0, 2.0))
    elif change == "hidden":
        labels = set_visibility(labels, "nose", Visibility.OCCLUDED)
    else:
        labels = instances.set_box(labels, 0, (1, 2, 30, 40))
    people.save_record(number, FrameRecord(labels), text="mine")
    path = shared_data / "pose/coco/test_coco.json"
    plan = plan_import(people, [path])
    assert plan.counts == {Change.ADD: 0, Change.CHANGE: 0, Change.CONFLICT: 1, Change.UNTOUCHED: 3}
    frame = next(one for one in plan.frames if one.change is Change.CONFLICT)
    assert frame.disputed == (("box" if change == "box" else "nose") + " of person 0",)
    carry_out(people, plan)
    assert people.record(number).labels == labels
    carry_out(people, plan_import(people, [path]), conflicts=Conflicts.TAKE)
    assert people.record(number).labels.instance(0).box == record.labels.instance(0).box
    assert said(people)[frame.name] == {
        one.id: {n: (*np.round(p.position, 1), p.visibility) for n, p in one.keypoints.items()}
        for one in record.labels.instances
    }


def test_people_of_another_file_are_known_by_their_likeness(people, shared_data, tmp_path):
    document = json.loads((shared_data / "pose/coco/test_coco.json").read_text())
    for one in document["annotations"]:
        one["id"] += 10_000_000
        one["keypoints"] = [value + 0.001 if n % 3 < 2 and value else value for n, value in enumerate(one["keypoints"])]
    path = tmp_path / "other.json"
    path.write_text(json.dumps({**document, "annotations": document["annotations"][::-1]}))
    for number in people.frame_ids():
        labels = people.record(number).labels
        plain = tuple(replace(one, foreign={}) for one in labels.instances)
        people.save_record(number, FrameRecord(replace(labels, instances=plain)), text="plain")
    plan = plan_import(people, [path])
    assert plan.counts[Change.UNTOUCHED] == 4
    assert all(len(frame.merged.instances) == len(frame.record.labels.instances) for frame in plan.frames)


def test_formats_that_cannot_hold_a_scheme_are_refused_and_not_offered(people, tmp_path):
    for kind, reason in (
        (ExportKind.SOCCERNET, "holds the pitch alone"),
        (ExportKind.MPII, "its own 16 joints"),
        (ExportKind.LIGHTNING_POSE, "one thing a frame"),
    ):
        with pytest.raises(ExportError, match=reason):
            export(people, tmp_path / "out", what=ExportOptions(kind, scope=Scope.DRAFTS))
        assert kind not in kinds_for(COCO_17)
        assert not (tmp_path / "out").exists()
    assert set(kinds_for(PITCH_57)) == set(ExportKind) - {ExportKind.MPII}
    assert ExportKind.MPII in kinds_for(MPII_16)
    assert ExportKind.LIGHTNING_POSE in kinds_for(CARD_PACKET_8)


def test_lines_of_a_pitch_are_no_labels_of_people(people, tmp_path):
    (tmp_path / "000000000785.json").write_text(json.dumps({"Middle line": [{"x": 0.1, "y": 0.2}, {"x": 1, "y": 1}]}))
    plan = plan_import(people, [tmp_path / "000000000785.json"])
    assert plan.frames == ()
    assert "belong to a project of the pitch" in plan.findings[0].reason


def test_a_damaged_export_is_not_put_in_place(people, tmp_path):
    export(people, tmp_path / "out", what=replace(ALL, images=Images.REFERENCE, box=Box.FRAME))
    path = tmp_path / "out/annotations.json"
    document = json.loads(path.read_text())
    assert document["annotations"][0]["bbox"] == [-0.5, -0.5, 640, 425]
    for damage in ({"keypoints": [1] * 51, "id": 0}, {"area": None}):
        broken = {**document, "annotations": [{**document["annotations"][0], **damage}]}
        path.write_text(json.dumps(broken))
        with pytest.raises(ExportError, match="report this"):
            check_things(ExportKind.COCO, tmp_path / "out", 4, COCO_17)


def test_a_number_gives_way_to_likeness_and_counts_where_there_is_none(people, shared_data, tmp_path):
    document = json.loads((shared_data / "pose/coco/test_coco.json").read_text())
    number = next(n for n in people.frame_ids() if len(people.record(n).labels.instances) == 5
                  and people.row(n).name == "000000197388.jpg")  # fmt: skip
    labels = people.record(number).labels
    plain = tuple(replace(one, foreign={}) for one in labels.instances)
    people.save_record(number, FrameRecord(replace(labels, instances=plain)), text="plain")
    image = next(one["id"] for one in document["images"] if one["file_name"] == "000000197388.jpg")
    listed = [one for one in document["annotations"] if one["image_id"] == image]
    for n, one in enumerate(listed):
        one["track_id"] = (n + 1) % 5
    lone = {"keypoints": [630, 5, 2] + [0] * 48, "num_keypoints": 1, "bbox": [620, 1, 12, 12], "track_id": 9}
    document["annotations"] = [*listed, {**listed[0], **lone, "id": 5}]
    path = tmp_path / "tracked.json"
    path.write_text(json.dumps(document))
    (frame,) = plan_import(people, [path]).frames
    assert frame.disputed == ()
    assert [one.id for one in frame.merged.instances] == [0, 1, 2, 3, 4, 9]
    assert [set(one.keypoints) for one in frame.merged.instances[:5]] == [set(one.keypoints) for one in plain]
    moved = place(instances.set_box(frame.merged, 9, None), "nose", (3.0, 400.0), instance=9)
    people.save_record(number, FrameRecord(moved), text="moved")
    for one in document["annotations"]:
        one["id"] += 77
    path.write_text(json.dumps(document))
    (frame,) = plan_import(people, [path]).frames
    assert frame.disputed == ("nose of person 9",)


@pytest.mark.parametrize("animals", [1, 2])
def test_a_table_of_animals_makes_a_project_of_its_own_points(tmp_path, animals):
    folder = tmp_path / "mice"
    folder.mkdir()
    (folder / "img1.png").write_bytes(bytes(cv2.imencode(".png", np.zeros((40, 60, 3), np.uint8))[1]))
    names = ("snout", "left_ear", "right_ear")
    scheme = Scheme("mouse-3", "Mouse", names, (0, 1, 2), thing="mouse", instances=Instances.MANY)
    things = tuple(
        ExchangeInstance({name: (5.0 * k + n, 7.0, Visibility.VISIBLE) for k, name in enumerate(names)}, number=n)
        for n in range(animals)
    )
    table = tmp_path / "CollectedData_me.csv"
    write_csv(table, [ExchangeFrame("img1.png", None, things)], scheme)
    assert run_command(["import", str(folder), str(table)]) == 0
    with Project.for_media([folder]) as project:
        assert (project.scheme.id, project.scheme.keypoints) == ("CollectedData_me", names)
        assert (project.scheme.mirror, project.scheme.is_many) == ((0, 2, 1), animals > 1)
        assert len(instances.present(project.record(project.frame_ids()[0]).labels)) == animals
