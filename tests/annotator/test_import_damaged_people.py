"""Damaged files of many people: one clear sentence or a plan that can be carried out, never a crash."""

import json
import random
import shutil

import pytest

from annotator.export import ExportKind, ExportOptions, Scope, export
from annotator.formats.documents import FormatError
from annotator.import_things import scheme_in
from annotator.imports import Conflicts, carry_out, plan_import
from annotator.project import Project
from annotator.schemes import COCO_17, MPII_16

STRANGE = [None, True, -1, 0, 10**30, 1e308, float("nan"), "", "x", "ö" * 300, [], [[]], [None] * 3, {}, {"id": []}]
FILES = {
    ExportKind.COCO: ("annotations.json",),
    ExportKind.CVAT: ("annotations.xml",),
    ExportKind.DEEPLABCUT: ("CollectedData_touchline.csv",),
    ExportKind.YOLO_POSE: ("data.yaml", "labels/train/000000000785.txt"),
    ExportKind.TRAINING_SET: ("manifest.json", "samples.jsonl"),
}


@pytest.fixture(scope="module")
def made(shared_data, tmp_path_factory):
    """A project of people, and every export of it."""
    root = tmp_path_factory.mktemp("people")
    (root / "frames").mkdir()
    for path in (shared_data / "pose/coco").glob("*.jpg"):
        shutil.copyfile(path, root / "frames" / path.name)
    with Project.create(root / "p.touchline", scheme=COCO_17) as project:
        project.add_media([root / "frames"])
        carry_out(project, plan_import(project, [shared_data / "pose/coco/test_coco.json"]))
        for kind in FILES:
            export(project, root / kind.value, what=ExportOptions(kind, scope=Scope.DRAFTS))
    return root


def damage(document, chance):
    """Put something strange in the place of a value somewhere in a document, or take it away."""
    places = []

    def walk(inner):
        for key in list(inner) if isinstance(inner, dict) else range(len(inner)):
            places.append((inner, key))
            if isinstance(inner[key], dict | list):
                walk(inner[key])

    walk(document)
    holder, key = chance.choice(places[:400] if chance.random() < 0.7 else places)
    if chance.random() < 0.3:
        del holder[key]
    else:
        holder[key] = chance.choice(STRANGE)


def damaged(text, path, chance):
    if path.suffix == ".json" and chance.random() < 0.8:
        document = json.loads(text)
        for _ in range(chance.choice((1, 1, 3))):
            damage(document, chance)
        return json.dumps(document)
    at = chance.randrange(len(text))
    cut = chance.choice((0, 1, 5, 40))
    put = chance.choice(("\"", "<", "nan", ",", "\x00", "9" * 40))
    return chance.choice((text[:at], text[:at] + put + text[at + cut :]))


def meets(project, path):
    """A plan or one sentence with the path; what is planned can be stored and read again."""
    try:
        scheme_in([path])
        plan = plan_import(project, [path])
    except FormatError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert "\n" not in said
        return False
    for choice in Conflicts:
        carry_out(project, plan, conflicts=choice)
    for number in project.frame_ids():
        project.record(number)
    return True


@pytest.mark.parametrize("kind", FILES, ids=lambda kind: kind.value)
def test_damaged_files_of_many_people_crash_nothing(made, tmp_path, kind):
    outcomes = []
    for n in range(30):
        chance = random.Random(f"{kind.value} {n}")
        folder = tmp_path / str(n)
        shutil.copytree(made / kind.value, folder, symlinks=True)
        path = folder / chance.choice(FILES[kind])
        text = path.read_text(encoding="utf-8")
        path.write_text(damaged(text, path, chance), encoding="utf-8")
        with Project.create(tmp_path / f"{n}.touchline", scheme=COCO_17) as project:
            project.add_media([made / "frames"])
            offered = folder if kind in (ExportKind.YOLO_POSE, ExportKind.TRAINING_SET) else path
            outcomes.append(meets(project, offered))
        shutil.rmtree(folder)
    assert 0 < sum(outcomes) <= len(outcomes)


def test_damaged_lists_of_mpii_crash_nothing(shared_data, tmp_path):
    (tmp_path / "mpii").mkdir()
    for path in (shared_data / "pose/mpii").glob("*.jpg"):
        shutil.copyfile(path, tmp_path / "mpii" / path.name)
    whole = (shared_data / "pose/mpii/test_mpii.json").read_text()
    outcomes = []
    for n in range(40):
        chance = random.Random(n)
        path = tmp_path / f"{n}.json"
        path.write_text(damaged(whole, path, chance))
        with Project.create(tmp_path / f"{n}.touchline", scheme=MPII_16) as project:
            project.add_media([tmp_path / "mpii"])
            outcomes.append(meets(project, path))
            if outcomes[-1]:
                options = ExportOptions(ExportKind.MPII, scope=Scope.DRAFTS)
                if project.state_counts():
                    export_or_nothing(project, tmp_path / f"out{n}", options)
    assert 0 < sum(outcomes) < len(outcomes)


def export_or_nothing(project, folder, options):
    """What came in goes out again, unless nothing came in."""
    if any(not project.record(number).labels.is_empty for number in project.frame_ids()):
        export(project, folder, what=options)
        assert (folder / "annotations.json").is_file()
