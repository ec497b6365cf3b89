"""Whatever a person does to people with mouse and keys: numbers stay unique, all is stored, all can be taken back."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from test_people import PLAYERS, TWO, seen
from windows import SIZE, drag, open_folder, press, settle

from annotator.instances import present
from annotator.labels import FrameRecord
from annotator.project import Project
from model.people import PeoplePrediction

pytest_plugins = ("window_fixtures",)

KEY, HELD = Qt.Key, Qt.KeyboardModifier
KEYS = (
    (KEY.Key_G, HELD.NoModifier), (KEY.Key_G, HELD.ShiftModifier), (KEY.Key_Insert, HELD.NoModifier),
    (KEY.Key_C, HELD.ControlModifier), (KEY.Key_V, HELD.ControlModifier), (KEY.Key_Delete, HELD.NoModifier),
    (KEY.Key_Delete, HELD.ShiftModifier), (KEY.Key_1, HELD.NoModifier), (KEY.Key_2, HELD.NoModifier),
    (KEY.Key_4, HELD.NoModifier), (KEY.Key_V, HELD.NoModifier), (KEY.Key_0, HELD.AltModifier),
    (KEY.Key_1, HELD.AltModifier), (KEY.Key_Tab, HELD.NoModifier), (KEY.Key_J, HELD.NoModifier),
    (KEY.Key_Right, HELD.ControlModifier), (KEY.Key_Up, HELD.ShiftModifier), (KEY.Key_Escape, HELD.NoModifier),
    (KEY.Key_K, HELD.NoModifier), (KEY.Key_H, HELD.NoModifier), (KEY.Key_A, HELD.ControlModifier),
    (KEY.Key_Z, HELD.ControlModifier), (KEY.Key_Y, HELD.ControlModifier), (KEY.Key_Return, HELD.NoModifier),
)  # fmt: skip
COMMANDS = ("thing.flip", "thing.boxFromPoints", "thing.forgetBox")


@pytest.mark.parametrize("seed", range(3))
def test_a_random_walk_among_people(make_window, frames, qtbot, seed):
    with Project.for_media([frames], scheme=PLAYERS) as project:
        first = project.frame_ids()[0]
        project.save_record(first, FrameRecord(TWO), text="two")
        both = PeoplePrediction((seen(160.0, 110.0), seen(520.0, 60.0, 0.7)), SIZE, "net")
        project.save_people(first, both)
    window = make_window()
    open_folder(window, frames, qtbot)
    session, chance = window.session, random.Random(seed)
    for _ in range(120):
        spots = [point.position for one in session.people.things for point in one.keypoints.values() if point.position]
        near = chance.choice(spots) if spots and chance.random() < 0.6 else None
        x, y = near or (chance.uniform(5.0, 635.0), chance.uniform(5.0, 355.0))
        what = chance.random()
        if what < 0.4:
            drag(window, qtbot, (x, y), (chance.uniform(0.0, 639.0), chance.uniform(0.0, 359.0)), steps=3)
        elif what < 0.9:
            press(window, qtbot, *chance.choice(KEYS))
        else:
            window.actions_[chance.choice(COMMANDS)].trigger()
        numbers = [one.id for one in present(session.labels)]
        assert len(numbers) == len(set(numbers))
        shown = {view.id for view in session.people.views(session.settings)}
        assert shown <= {one.id for one in session.people.things}
        assert session.people.is_new or session.people.thing is not None or not session.people.things
        settle(window, qtbot)
    QTest.qWait(0)
    with Project.open(session.project.path) as project:
        assert present(project.record(first).labels) == present(session.labels)
    while session.stack.canUndo():
        session.undo()
    QApplication.processEvents()
    assert present(session.labels) == present(TWO)
