"""The scheme of a project: kept in it, carried along with it, and what networks saw of many things."""

import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from annotator.pitch import PITCH_57
from annotator.project import Predictions, Project, ProjectError
from annotator.scheme import Scheme
from annotator.schemes import COCO_17, scheme_from_text
from model.people import InstancePrediction, PeoplePrediction

OWN = Scheme("dart-3", "Dart", ("tip", "left", "right"), (0, 2, 1), extra={"later": [1]})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    import cv2

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "media"
    path.mkdir()
    for n in range(3):
        cv2.imwrite(str(path / f"{n}.png"), np.full((24, 32, 3), 40 * n, np.uint8))
    return path


def test_a_project_keeps_its_own_scheme_and_takes_it_along(folder, tmp_path):
    with Project.for_media([folder], scheme=OWN) as project:
        assert (project.scheme_id, project.scheme) == ("dart-3", OWN)
        project.copy_to(tmp_path / "slice.touchline", frame_ids=project.frame_ids()[:1], predictions=Predictions.TAKE)
    with Project.for_media([folder]) as project:
        assert project.scheme == OWN
    with Project.open(tmp_path / "slice.touchline") as project:
        assert project.scheme == OWN
        assert project.earlier_schemes() == []


def test_a_project_without_a_document_has_the_scheme_of_its_id(tmp_path):
    with Project.create(tmp_path / "a.touchline", scheme_id="coco-17") as project:
        assert project.scheme is COCO_17
    with Project.create(tmp_path / "b.touchline", scheme_id="lost") as project:  # noqa: SIM117
        with pytest.raises(ProjectError, match="lost"):
            _ = project.scheme


def test_a_new_project_holds_its_scheme_whatever_the_program_calls_so_later(tmp_path):
    path = tmp_path / "a.touchline"
    with Project.create(path) as project:
        assert project.scheme is PITCH_57
    with sqlite3.connect(path) as db:
        (text,) = db.execute("SELECT value FROM about WHERE key='scheme'").fetchone()
        assert scheme_from_text(text) == PITCH_57
        db.execute("UPDATE about SET value=? WHERE key='scheme'", (text.replace("57 points", "57 of old"),))
    db.close()
    with Project.open(path) as project:
        assert project.scheme == replace(PITCH_57, title="Football pitch, 57 of old")


def test_a_damaged_scheme_is_one_sentence(tmp_path):
    path = tmp_path / "a.touchline"
    Project.create(path, scheme=OWN).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE about SET value='{' WHERE key='scheme'")
    db.close()
    with Project.open(path) as project, pytest.raises(ProjectError, match="scheme cannot be read"):
        _ = project.scheme


def test_what_a_network_saw_of_many_is_stored_beside_single_predictions(folder):
    xy, half = np.array([[1.0, 2.0]]), np.array([0.5])
    one = InstancePrediction(("a",), xy, half, half, 0.75, (0.0, 0.0, 5.0, 5.0))
    with Project.for_media([folder], scheme=COCO_17) as project:
        first, second, _ = project.frame_ids()
        project.save_people(first, PeoplePrediction((one,), (32, 24), "people"))
        assert project.people(first).instances[0].box == (0.0, 0.0, 5.0, 5.0)
        assert project.people(first, "people") is not None
        assert project.people(first, "other") is None
        assert project.people(second) is None
        assert project.prediction(first) is None
        assert (project.has_prediction(first), project.networks()) == (True, ["people"])
        assert project.row(first).state.value == "predicted"
