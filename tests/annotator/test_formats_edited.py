"""What files say of people who were moved, scaled, corrected or renumbered after they were imported."""

import json
import shutil
from dataclasses import replace

import pytest

from annotator import instances
from annotator.commands import run_command
from annotator.export import ExportKind, ExportOptions, Scope, export
from annotator.formats.coco import read_coco
from annotator.formats.coco_edits import SHARE
from annotator.formats.coco_things import exchange_of, things_document
from annotator.formats.edits import STILL, Whole, whole_move
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.formats.mpii import mpii_document, read_mpii
from annotator.imports import Change, Conflicts, carry_out, plan_import
from annotator.labels import Decision, FrameRecord, Review, Visibility, place
from annotator.project import Project
from annotator.schemes import COCO_17, MPII_16
from annotator.timeline import FEWEST_OF_A_CLIP
from annotator.tracking_labels import given
from annotator.tracking_project import follow, keep

pytestmark = pytest.mark.usefixtures("own_data")
DRAFTS = ExportOptions(ExportKind.COCO, scope=Scope.DRAFTS)
FILE = "pose/coco/test_coco.json"
SEEN = Visibility.VISIBLE


@pytest.fixture
def people(shared_data, tmp_path):
    """The four images of COCO, imported."""
    folder = tmp_path / "coco"
    folder.mkdir()
    for path in (shared_data / "pose/coco").glob("*.jpg"):
        shutil.copyfile(path, folder / path.name)
    with Project.for_media([folder], scheme=COCO_17) as project:
        carry_out(project, plan_import(project, [shared_data / FILE]))
        yield project


def sent_out(project, folder, kind=ExportKind.COCO):
    export(project, folder, what=replace(DRAFTS, kind=kind))
    return json.loads((folder / "annotations.json").read_text(encoding="utf-8"))


def edited(project, change, frame=0):
    """Change the labels of a frame."""
    number = project.frame_ids()[frame]
    labels = change(project.record(number).labels)
    project.save_record(number, FrameRecord(labels), text="edit")
    return labels


def first_of(document, project, frame=0):
    name = project.row(project.frame_ids()[frame]).name
    image = next(one["id"] for one in document["images"] if one["file_name"].endswith(name))
    return next(one for one in document["annotations"] if one["image_id"] == image)


def test_a_given_number_goes_out_and_nothing_else_changes(people, shared_data, tmp_path):
    before = json.loads((shared_data / FILE).read_text())
    edited(people, lambda labels: replace(labels, instances=tuple(
        given(one, 123456) if one.id == 0 else one for one in labels.instances)))  # fmt: skip
    after = sent_out(people, tmp_path / "out")
    assert first_of(after, people)["track_id"] == 123456
    assert sum("track_id" in one for one in after["annotations"]) == 1
    for one in after["annotations"]:
        one.pop("track_id", None)
    assert after == before


def test_a_number_that_changed_in_any_way_goes_out(people, tmp_path):
    edited(people, lambda labels: instances.renumber(labels, 0, 77))
    assert first_of(sent_out(people, tmp_path / "out"), people)["track_id"] == 77


@pytest.mark.parametrize("old", [True, False], ids=["imported before numbers were noted", "imported now"])
def test_a_number_of_the_file_follows_its_change_and_stays_without_one(people, shared_data, tmp_path, old):
    document = json.loads((shared_data / FILE).read_text())
    for one in document["annotations"]:
        one["track_id"] = one["id"] % 1000
    twice = [one for one in document["annotations"] if one["image_id"] == 197388][:2]
    if not old:
        # Two of one number in an image: the second gets another here and keeps its own in the file.
        twice[1]["track_id"] = twice[0]["track_id"]
    path = tmp_path / "tracked.json"
    path.write_text(json.dumps(document))
    with Project.create(tmp_path / "t.touchline", scheme=COCO_17) as project:
        project.add_media([tmp_path / "coco"])
        carry_out(project, plan_import(project, [path]))
        if old:
            for frame in range(4):
                edited(project, lambda labels: replace(labels, instances=tuple(
                    replace(one, foreign={"coco": {k: v for k, v in one.foreign["coco"].items() if k != "number"}})
                    for one in labels.instances)), frame)  # fmt: skip
        assert sent_out(project, tmp_path / "same") == document
        number = project.record(project.frame_ids()[0]).labels.instances[0].id
        edited(project, lambda labels: instances.renumber(labels, number, 4242))
        after = sent_out(project, tmp_path / "out")
        assert first_of(after, project)["track_id"] == 4242
        first_of(after, project)["track_id"] = first_of(document, project)["track_id"]
        assert after == document


def clip(shared_data, tmp_path, document, labelled=(0, FEWEST_OF_A_CLIP - 1)):
    """A clip of images, each the first of COCO's, with the person of that in some of them."""
    folder = tmp_path / "clip"
    folder.mkdir()
    names = [f"walk_{n:03d}.jpg" for n in range(FEWEST_OF_A_CLIP)]
    for name in names:
        shutil.copyfile(shared_data / "pose/coco/000000000785.jpg", folder / name)
    image = next(one for one in document["images"] if one["file_name"] == "000000000785.jpg")
    thing = next(one for one in document["annotations"] if one["image_id"] == image["id"])
    document["images"] = [{**image, "id": n + 1, "file_name": names[n]} for n in labelled]
    document["annotations"] = [{**thing, "id": n + 1, "image_id": n + 1} for n in labelled]
    path = tmp_path / "clip.json"
    path.write_text(json.dumps(document))
    return folder, path


@pytest.mark.parametrize("accepted", [False, True])
def test_a_tracked_clip_has_the_same_numbers_of_imported_and_carried_people(shared_data, tmp_path, accepted):
    folder, path = clip(shared_data, tmp_path, json.loads((shared_data / FILE).read_text()))
    with Project.for_media([folder], scheme=COCO_17) as project:
        carry_out(project, plan_import(project, [path]))
        assert all("track_id" not in one for one in sent_out(project, tmp_path / "before")["annotations"])
        if accepted:
            last = project.frame_ids()[-1]
            review = Review(decision=Decision.ACCEPTED)
            project.save_record(last, FrameRecord(project.record(last).labels, review), text="accept")
        keep(project, follow(project, project.media()[0].id), author="")
        after = sent_out(project, tmp_path / "after")["annotations"]
    assert len(after) == FEWEST_OF_A_CLIP
    assert {one.get("track_id") for one in after} == {0}


def test_a_clip_that_was_labelled_whole_has_numbers_once_it_was_tracked(shared_data, tmp_path):
    document = json.loads((shared_data / FILE).read_text())
    folder, path = clip(shared_data, tmp_path, document, range(FEWEST_OF_A_CLIP))
    with Project.for_media([folder], scheme=COCO_17) as project:
        carry_out(project, plan_import(project, [path]))
        keep(project, follow(project, project.media()[0].id), author="")
        after = sent_out(project, tmp_path / "after")["annotations"]
        assert {one.get("track_id") for one in after} == {0}
        assert plan_import(project, [path]).counts[Change.UNTOUCHED] == FEWEST_OF_A_CLIP
    for one in after:
        one.pop("track_id")
    assert after == document["annotations"]


def test_a_person_moved_or_scaled_takes_outline_and_area_along(people, shared_data, tmp_path):
    old = first_of(json.loads((shared_data / FILE).read_text()), people)
    x, y, width, height = old["bbox"]
    labels = edited(people, lambda said: instances.scale(
        instances.move(said, 0, (12.5, -3.25)), 0, (0.8, 0.86), about=(x + 12.5, y - 3.25)))  # fmt: skip
    new = first_of(sent_out(people, tmp_path / "out"), people)
    assert new["area"] == pytest.approx(old["area"] * 0.8 * 0.86, abs=1e-3)
    at = [((u - x) * 0.8 + x + 12.5, (v - y) * 0.86 + y - 3.25)
          for u, v in zip(old["segmentation"][0][::2], old["segmentation"][0][1::2], strict=True)]  # fmt: skip
    moved = list(zip(new["segmentation"][0][::2], new["segmentation"][0][1::2], strict=True))
    assert moved == [pytest.approx(place, abs=1e-3) for place in at]
    assert new["bbox"] == pytest.approx([x + 12.5, y - 3.25, width * 0.8, height * 0.86], abs=1e-3)
    with Project.create(tmp_path / "again.touchline", scheme=COCO_17) as again:
        again.add_media([tmp_path / "coco"])
        carry_out(again, plan_import(again, [tmp_path / "out/annotations.json"]))
        back = again.record(again.frame_ids()[0]).labels.instances[0]
        assert all(back.keypoints[name].position == pytest.approx(said.position, abs=1e-3)
                   for name, said in labels.instances[0].keypoints.items())  # fmt: skip
        assert sent_out(again, tmp_path / "twice") == json.loads((tmp_path / "out/annotations.json").read_text())


def test_a_box_that_changed_alone_has_no_outline_and_the_area_of_one_without(people, tmp_path):
    edited(people, lambda labels: instances.set_box(labels, 0, (10, 20, 110.5, 220)))
    new = first_of(sent_out(people, tmp_path / "out"), people)
    assert new["segmentation"] == []
    assert new["area"] == pytest.approx(SHARE * 100.5 * 200)
    plan = plan_import(people, [tmp_path / "out/annotations.json"])
    assert plan.counts[Change.UNTOUCHED] == 4
    taken = carry_out(people, plan, conflicts=Conflicts.TAKE)
    assert taken.findings == ()


def test_a_corrected_joint_moves_no_outline(people, shared_data, tmp_path):
    old = first_of(json.loads((shared_data / FILE).read_text()), people)
    edited(people, lambda labels: place(labels, "nose", (370.0, 90.0)))
    new = first_of(sent_out(people, tmp_path / "out"), people)
    assert new["keypoints"][:3] == [370, 90, 2]
    assert {k: v for k, v in new.items() if k != "keypoints"} == {k: v for k, v in old.items() if k != "keypoints"}


def test_further_places_of_whole_bodies_go_along(shared_data):
    read = exchange_of(read_coco(shared_data / "pose/coco/test_coco_wholebody.json"))
    frame = read.frames[0]
    one = frame.instances[0]
    old = one.foreign["coco"]["annotation"]
    points = {name: (x + 10, y + 5, seen) for name, (x, y, seen) in one.points.items()}
    box = tuple(side + by for side, by in zip(one.box, (10, 5, 10, 5), strict=True))
    moved = replace(one, points=points, box=box)
    new = things_document([replace(frame, instances=(moved,))], COCO_17)["annotations"][0]
    assert new["face_box"] == pytest.approx([old["face_box"][0] + 10, old["face_box"][1] + 5, *old["face_box"][2:]],
                                            abs=1e-3)  # fmt: skip
    assert new["lefthand_box"] == old["lefthand_box"]
    assert new["foot_kpts"][:3] == [old["foot_kpts"][0] + 10, old["foot_kpts"][1] + 5, old["foot_kpts"][2]]
    assert new["face_valid"] is True
    assert new["area"] == old["area"]


def crowd(raw, **more):
    return ExchangeInstance(foreign={"coco": {"annotation": raw, "place": 0}}, **more)


@pytest.mark.parametrize("box", [[5, 6, 0, 0], [0, 0, 0, 0], [5.5, 6, 3, 0]])
@pytest.mark.parametrize("labelled", [True, False])
def test_a_box_without_an_area_comes_back_as_it_was(tmp_path, box, labelled):
    flat = [5, 6, 2, 8, 9, 1] + [0] * 45 if labelled else [0] * 51
    raw = {"id": 3, "image_id": 1, "category_id": 1, "iscrowd": 0, "keypoints": flat, "num_keypoints": 2 * labelled,
           "bbox": box, "area": 0, "segmentation": []}  # fmt: skip
    category = {"id": 1, "name": "person", "keypoints": list(COCO_17.keypoints), "skeleton": []}
    document = {"images": [{"id": 1, "file_name": "a.jpg", "width": 20, "height": 10}], "annotations": [raw],
                "categories": [category]}  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    read = exchange_of(read_coco(path))
    assert things_document(read.frames, COCO_17, head=read.foreign["coco"]["head"]) == document
    (frame,) = read.frames
    moved = {name: (x + 1, y, seen) for name, (x, y, seen) in frame.instances[0].points.items()}
    if moved:
        one = replace(frame.instances[0], points=moved)
        (new,) = things_document([replace(frame, instances=(one,))], COCO_17)["annotations"]
        assert new["bbox"] == [6, 6, 3, 3]


def test_a_crowd_of_pixels_that_moved_has_no_outline_but_its_area():
    raw = {"id": 1, "bbox": [0, 0, 4, 8], "area": 20, "iscrowd": 1, "segmentation": {"counts": [5, 9], "size": [9, 9]}}
    still = things_document([ExchangeFrame("a.jpg", (9, 9), (crowd(raw, box=(0.0, 0.0, 4.0, 8.0)),))], COCO_17)
    assert still["annotations"][0]["segmentation"] == raw["segmentation"]
    moved = things_document([ExchangeFrame("a.jpg", (9, 9), (crowd(raw, box=(1.0, 0.0, 3.0, 4.0)),))], COCO_17)
    assert (moved["annotations"][0]["segmentation"], moved["annotations"][0]["area"]) == ([], 5)


def test_the_square_of_a_person_goes_along_and_is_left_out_where_it_is_not_known():
    raw = {"id": 1, "bbox": [0, 0, 4, 8], "area": 20, "center": [2, 4], "scale": 0.5, "segmentation": "?", "note": None}
    for box, wanted in (
        ((2.0, 4.0, 10.0, 20.0), {"center": [6, 12], "scale": 1.0, "area": 80}),
        ((2.0, 4.0, 6.0, 20.0), {"center": [4, 12], "area": 40}),
    ):
        (new,) = things_document([ExchangeFrame("a.jpg", (99, 99), (crowd(raw, box=box),))], COCO_17)["annotations"]
        assert {key: new[key] for key in ("center", "scale", "area") if key in new} == wanted
        assert (new["segmentation"], new["note"]) == ([], None)


@pytest.mark.parametrize(
    ("after", "new", "found"),
    [
        ({"a": (0, 0), "b": (10, 20)}, (0, 0, 30, 40), STILL),
        ({"a": (5, 0), "b": (15, 20)}, (5, 0, 35, 40), Whole((1, 1), (5, 0))),
        ({"a": (0, 0), "b": (20, 10)}, (0, 0, 60, 20), Whole((2, 0.5), (0, 0))),
        ({"b": (20, 10)}, (0, 0, 60, 20), Whole((2, 0.5), (0, 0))),
        ({"a": (0, 0), "b": (10, 20.02)}, (0, 0, 30, 40), None),
        ({"a": (10, 0), "b": (0, 20)}, None, None),
        ({"a": (5, 0), "b": (15, 20)}, (0, 0, 30, 40), None),
    ],
)
def test_a_whole_move_is_found_exactly_or_not_at_all(after, new, found):
    before = {"a": (0.0, 0.0, SEEN), "b": (10.0, 20.0, SEEN)}
    seen = {name: (*at, SEEN) for name, at in after.items()}
    assert whole_move(before, seen, (0.0, 0.0, 30.0, 40.0), new) == found


def test_too_little_is_no_move():
    one = {"a": (0.0, 0.0, SEEN)}
    above, below = ({**one, "b": (0.0, y, SEEN)} for y in (5.0, -5.0))
    assert whole_move(one, one, None, None) is None
    assert whole_move(above, below, None, None) is None


def mpii_person(shared_data):
    read = read_mpii(shared_data / "pose/mpii/test_mpii.json")
    frame = read.frames[0]
    one = frame.instances[0]
    head = {"x1": 900.0, "y1": 80.0, "x2": 1000.0, "y2": 240.0, "head": [1, 2], "act_id": 5}
    kept = {**one.foreign["mpii"]["person"], **head}
    return frame, replace(one, foreign={"mpii": {"person": kept, "place": 0}})


def test_mpiis_head_and_square_go_along_with_the_whole_person(shared_data):
    frame, one = mpii_person(shared_data)
    old = one.foreign["mpii"]["person"]
    (same,) = mpii_document([replace(frame, instances=(one,))])
    assert same == old
    points = {name: (2 * x + 3, 2 * y + 1, seen) for name, (x, y, seen) in one.points.items()}
    box = tuple(2 * side + by for side, by in zip(one.box, (3, 1, 3, 1), strict=True))
    (new,) = mpii_document([replace(frame, instances=(replace(one, points=points, box=box),))])
    assert (new["x1"], new["y1"]) == (2 * 899 + 3 + 1, 2 * 79 + 1 + 1)
    assert (new["x2"], new["y2"]) == (2 * 999 + 3 + 1, 2 * 239 + 1 + 1)
    assert new["scale"] == pytest.approx(2 * old["scale"], abs=1e-5)
    assert new["center"] == pytest.approx([2 * (side - 1) + by + 1 for side, by in zip(old["center"], (3, 1),
                                                                                      strict=True)])  # fmt: skip
    assert "head" not in new
    assert new["act_id"] == 5


def test_mpiis_head_stays_unless_its_joints_moved(shared_data):
    frame, one = mpii_person(shared_data)
    old = one.foreign["mpii"]["person"]
    wrist = {**one.points, "right_wrist": (1.0, 2.0, SEEN)}
    (new,) = mpii_document([replace(frame, instances=(replace(one, points=wrist),))])
    assert {**new, "joints": old["joints"], "joints_vis": old["joints_vis"]} == old
    less = {name: point for name, point in one.points.items() if name != "head_top"}
    (new,) = mpii_document([replace(frame, instances=(replace(one, points=less),))])
    assert (new["x1"], new["head"], new["joints_vis"][9]) == (900.0, [1, 2], 0)
    other = {**one.points, "head_top": (5.0, 6.0, SEEN)}
    (new,) = mpii_document([replace(frame, instances=(replace(one, points=other),))])
    assert not {"x1", "y1", "x2", "y2", "head"} & set(new)
    assert (new["center"], new["scale"], new["act_id"]) == (old["center"], old["scale"], 5)


def test_people_of_mpii_moved_in_a_project_go_out_and_in_again(shared_data, tmp_path):
    folder = tmp_path / "mpii"
    folder.mkdir()
    for path in (shared_data / "pose/mpii").glob("*.jpg"):
        shutil.copyfile(path, folder / path.name)
    with Project.for_media([folder], scheme=MPII_16) as project:
        carry_out(project, plan_import(project, [shared_data / "pose/mpii/test_mpii.json"]))
        number = project.record(project.frame_ids()[0]).labels.instances[0].id
        labels = edited(project, lambda said: instances.move(said, number, (-7.5, 4.0)))
        sent_out(project, tmp_path / "out", ExportKind.MPII)
        assert plan_import(project, [tmp_path / "out/annotations.json"]).counts[Change.UNTOUCHED] == len(
            project.frame_ids()
        )
        assert project.record(project.frame_ids()[0]).labels == labels


def test_an_export_of_what_nobody_accepted_yet_says_how_to_get_it(people, tmp_path, capsys):
    assert run_command(["export", str(people.path), str(tmp_path / "out"), "--what", "coco"]) == 2
    said = capsys.readouterr().err
    assert "4 are in work" in said
    assert "--scope drafts" in said
    assert run_command(["export", str(people.path), str(tmp_path / "out"), "--what", "coco", "--scope", "drafts"]) == 0
    with Project.create(tmp_path / "none.touchline", scheme=COCO_17) as empty:
        empty.add_media([tmp_path / "coco"])
        path = empty.path
    capsys.readouterr()
    assert run_command(["export", str(path), str(tmp_path / "none"), "--what", "coco"]) == 2
    assert "--scope" not in capsys.readouterr().err


def test_labels_of_other_things_say_how_to_make_the_project_theirs(people, shared_data, tmp_path, capsys):
    with Project.create(tmp_path / "pitch.touchline") as pitch:
        pitch.add_media([tmp_path / "coco"])
        path = pitch.path
    assert run_command(["import", str(path), str(shared_data / FILE)]) == 2
    said = capsys.readouterr().err
    assert "of COCO person, 17 points, the project is of Football pitch, 57 points" in said
    way = said.split("Change that with: ")[1].split()
    assert run_command(way[:5]) == 0
    assert run_command(["import", str(path), str(shared_data / FILE)]) == 0
    assert "Change that with" not in capsys.readouterr().err
    document = json.loads((shared_data / FILE).read_text())
    document["categories"][0]["keypoints"] = [f"joint_{n}" for n in range(17)]
    (tmp_path / "own.json").write_text(json.dumps(document))
    run_command(["import", str(path), str(tmp_path / "own.json")])
    assert "--to SCHEME.json" in capsys.readouterr().err
