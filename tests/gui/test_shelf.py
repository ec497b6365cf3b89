"""Pictures prepared where they are read, and answers kept for a step back."""

import numpy as np
import pytest
from windows import DRAWN

from annotator.gui import shelf as shelves
from annotator.gui.answers import Answers
from annotator.gui.shelf import Shelf
from annotator.keypoints import resolve
from annotator.labels import Instance

SIZE = (640, 360)


def frame(seed):
    return np.random.default_rng(seed).integers(0, 255, (36, 64, 3), dtype=np.uint8)


def test_a_prepared_picture_has_the_copy_that_the_view_asks_for():
    shelf, rgb = Shelf(), frame(0)
    shelf.level = 1
    shelf.prepare(rgb)
    picture = shelf.take(rgb)
    assert picture.rgb is rgb
    assert list(picture._images) == [1]
    assert picture.at_scale(0.5) is picture._images[1]


def test_a_picture_that_was_not_prepared_is_made_and_kept():
    shelf, rgb = Shelf(), frame(0)
    picture = shelf.take(rgb)
    assert shelf.take(rgb) is picture
    assert shelf.take(rgb.copy()) is not picture


def test_the_shelf_does_not_grow_beyond_its_bounds(monkeypatch):
    shelf = Shelf()
    pictures = [frame(seed) for seed in range(shelves.MOST + 3)]
    for rgb in pictures:
        shelf.prepare(rgb)
    assert len(shelf._pictures) == shelves.MOST
    monkeypatch.setattr(shelves, "MOST_BYTES", 2 * 36 * 64 * 4)
    shelf.take(pictures[-1])
    assert len(shelf._pictures) == 2
    assert shelf.take(pictures[-1]).copied == 36 * 64 * 4


@pytest.fixture
def answers():
    return Answers()


def said(shift=0.0):
    return Instance(markings={name: tuple((x + shift, y) for x, y in points) for name, points in DRAWN.items()})


def test_an_answer_is_used_again_only_where_the_same_was_said(answers):
    found = resolve(said(), None, size=SIZE, threshold=0.3)
    answers.keep(1, found)
    assert answers.usable(1, said(), SIZE) is found
    assert answers.usable(2, said(), SIZE) is None
    assert answers.usable(1, said(0.5), SIZE) is None
    assert answers.usable(1, said(), (1280, 720)) is None
    again = resolve(said(), None, size=SIZE, threshold=0.3, previous=answers.usable(1, said(), SIZE))
    assert again.solution is found.solution
    assert again.keypoints == found.keypoints
    answers.forget()
    assert answers.usable(1, said(), SIZE) is None


def test_only_the_latest_answers_are_kept(answers):
    found = resolve(Instance(), None, size=SIZE, threshold=0.3)
    for frame_id in range(100):
        answers.keep(frame_id, found)
    assert answers.usable(0, Instance(), SIZE) is None
    assert answers.usable(99, Instance(), SIZE) is found
