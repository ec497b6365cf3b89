"""Media that moved: looked for where a person says, and the others beside them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from annotator.project import Project
from annotator.relinking import Found, find_others, look_at_place, media_states, missing_media


@pytest.fixture
def project(tmp_path: Path):
    """Three folders of two frames each, in two seasons."""
    for folder in ("season 1/first", "season 1/second", "season 2/third"):
        place = tmp_path / "disk" / folder
        place.mkdir(parents=True)
        for name in ("1.png", "2.png"):
            cv2.imwrite(str(place / name), np.zeros((9, 16, 3), np.uint8))
    root = tmp_path / "disk"
    with Project.create(tmp_path / "work.touchline") as opened:
        opened.add_media([root / "season 1/first", root / "season 1/second", root / "season 2/third"])
        yield opened


def numbers(project: Project) -> list[int]:
    return [medium.id for medium in project.media()]


def test_media_say_whether_they_are_there(project: Project, tmp_path: Path) -> None:
    (tmp_path / "disk/season 1/first/1.png").unlink()
    (tmp_path / "disk/season 2").rename(tmp_path / "away")
    project.refresh()
    assert [(one.there, one.frames, one.missing) for one in media_states(project)] == [
        (True, 2, 1), (True, 2, 0), (False, 2, 2)
    ]  # fmt: skip
    assert [medium.id for medium in missing_media(project)] == numbers(project)[2:]


def test_a_place_is_looked_at_and_so_is_the_folder_of_that_name_in_it(project: Project, tmp_path: Path) -> None:
    (tmp_path / "disk").rename(tmp_path / "moved")
    first = numbers(project)[0]
    place = tmp_path / "moved/season 1/first"
    assert look_at_place(project, first, place) == Found(first, place, 2)
    assert look_at_place(project, first, place.parent) == Found(first, place, 2)
    assert look_at_place(project, first, tmp_path) is None
    assert look_at_place(project, first, tmp_path / "nowhere") is None


def test_what_moved_along_is_found_beside_and_under_the_folder_that_moved(project: Project, tmp_path: Path) -> None:
    (tmp_path / "disk").rename(tmp_path / "moved")
    project.refresh()
    first, second, third = numbers(project)
    found = look_at_place(project, first, tmp_path / "moved/season 1/first")
    assert found is not None
    others = find_others(project, found)
    assert [(one.media_id, one.place) for one in others] == [
        (second, tmp_path / "moved/season 1/second"), (third, tmp_path / "moved/season 2/third")
    ]  # fmt: skip
    assert [one.media_id for one in find_others(project, found, without=[second])] == [third]
    for one in (found, *others):
        assert project.relink(one.media_id, one.place) == 2
    assert missing_media(project) == ()


def test_media_that_are_there_are_not_offered_another_place(project: Project, tmp_path: Path) -> None:
    (tmp_path / "disk/season 1/first").rename(tmp_path / "first")
    project.refresh()
    found = look_at_place(project, numbers(project)[0], tmp_path / "first")
    assert found is not None
    assert find_others(project, found) == ()
