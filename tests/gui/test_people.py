"""People in the window: chosen, placed, moved, scaled, boxed, numbered, copied, with real mouse and key events."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu
from windows import SIZE, click, drag, open_folder, press, settle, spot

from annotator.export import ExportKind
from annotator.gui.dialogs.import_preview import ImportPreview
from annotator.gui.dialogs.scheme_choice import NewProjectDialog
from annotator.gui.dialogs.statistics import StatisticsDialog
from annotator.gui.panels.number_field import NumberField
from annotator.gui.people_deeds import renumber_to
from annotator.gui.people_pointing import handles
from annotator.gui.view_state import Selection
from annotator.instances import box_of, present
from annotator.labels import EMPTY, Decision, FrameLabels, FrameRecord, Instance, KeypointLabel, Origin, Visibility
from annotator.project import Project
from annotator.scheme import Attribute, AttributeKind, AttributeScope, Instances, Scheme
from annotator.schemes import CARD_PACKET_8, COCO_17, MPII_16
from model.people import InstancePrediction, PeoplePrediction

pytest_plugins = ("window_fixtures",)

POSE = Path(__file__).resolve().parents[3] / "shared" / "data" / "pose"
KEY, HELD = Qt.Key, Qt.KeyboardModifier
PLAYERS = Scheme(
    "players", "Players", ("head", "left_foot", "right_foot"), (0, 2, 1),
    edges=(("head", "left_foot"), ("head", "right_foot")), thing="player", instances=Instances.MANY,
    attributes=(
        Attribute("number", "Shirt number", AttributeKind.NUMBER, AttributeScope.INSTANCE, (1.0, 99.0), 1.0),
        Attribute("team", "Team", AttributeKind.CHOICE, AttributeScope.INSTANCE, choices=("home", "away")),
        Attribute("light", "Light", AttributeKind.CHOICE, choices=("day", "night")),
    ),
)  # fmt: skip


def person(number: int, x: float, y: float, **more) -> Instance:
    """Someone 60 pixels wide and 100 high, with three points."""
    places = {"head": (x, y), "left_foot": (x + 30.0, y + 100.0), "right_foot": (x - 30.0, y + 100.0)}
    points = {name: KeypointLabel(place, Visibility.VISIBLE) for name, place in places.items()}
    return Instance(number, points, **more)


TWO = FrameLabels((person(0, 150.0, 100.0), person(1, 400.0, 150.0)))


def seen(x: float, y: float, score: float = 0.9) -> InstancePrediction:
    """A player as a network sees one."""
    xy = np.array([(x, y), (x + 30.0, y + 100.0), (x - 30.0, y + 100.0)])
    return InstancePrediction(PLAYERS.keypoints, xy, np.full(3, score), np.ones(3), score)


@pytest.fixture
def players(make_window, frames, qtbot):
    """A window on frames of players: two labelled in the first, two predicted in the second."""
    with Project.for_media([frames], scheme=PLAYERS) as project:
        first, second, *_ = project.frame_ids()
        project.save_record(first, FrameRecord(TWO), text="two")
        both = PeoplePrediction((seen(150.0, 100.0), seen(400.0, 150.0, 0.7)), SIZE, "net")
        project.save_people(second, both)
    window = make_window()
    open_folder(window, frames, qtbot)
    return window


def placed(window, number: int, name: str):
    return window.session.labels.instance(number).keypoints[name].position


def near(one, other, within: float = 1.6) -> bool:
    return bool(np.abs(np.subtract(one, other)).max() <= within)


def stored(window, number: int) -> Instance:
    """As the project file has it."""
    with Project.open(window.session.project.path) as project:
        return project.record(window.session.frame_id).labels.instance(number)


# Choosing


def test_a_click_on_a_point_of_another_chooses_it_and_the_point(players, qtbot):
    click(players, qtbot, 400.0, 150.0)
    assert players.session.people.active == 1
    assert players.session.selection == Selection(keypoints=("head",))
    assert players.session.stack.count() == 0


def test_a_click_on_an_edge_or_inside_chooses_the_person(players, qtbot):
    click(players, qtbot, 415.0, 200.0)
    assert players.session.people.active == 1
    click(players, qtbot, 152.0, 170.0)
    assert players.session.people.active == 0
    assert players.session.stack.count() == 0


def test_keys_go_round_the_people_of_a_frame(players, qtbot):
    found = []
    for _ in range(3):
        press(players, qtbot, KEY.Key_G)
        found.append(players.session.people.active)
    press(players, qtbot, KEY.Key_G, HELD.ShiftModifier)
    assert [*found, players.session.people.active] == [1, 0, 1, 0]


def test_what_is_hidden_cannot_be_hit(players, qtbot):
    press(players, qtbot, KEY.Key_H)
    click(players, qtbot, 400.0, 150.0)
    assert players.session.people.active == 0
    press(players, qtbot, KEY.Key_H)
    press(players, qtbot, KEY.Key_K)
    press(players, qtbot, KEY.Key_K, HELD.ShiftModifier)
    drag(players, qtbot, (415.0, 200.0), (450.0, 220.0))
    assert players.session.labels == TWO


# Points


def test_a_drag_moves_a_point_of_another_person_in_one_step(players, qtbot):
    drag(players, qtbot, (400.0, 150.0), (420.0, 140.0))
    assert near(placed(players, 1, "head"), (420.0, 140.0))
    assert players.session.labels.instance(0) == TWO.instance(0)
    assert players.session.stack.count() == 1
    assert near(stored(players, 1).keypoints["head"].position, (420.0, 140.0))
    press(players, qtbot, KEY.Key_Z, HELD.ControlModifier)
    assert players.session.labels == TWO


def test_visibility_is_said_of_the_active_person_alone(players, qtbot):
    click(players, qtbot, 400.0, 150.0)
    press(players, qtbot, KEY.Key_1, HELD.AltModifier)
    assert players.session.labels.instance(1).keypoints["head"].visibility is Visibility.OCCLUDED
    press(players, qtbot, KEY.Key_V)
    assert players.session.labels.instance(1).keypoints["head"].visibility is Visibility.ABSENT
    press(players, qtbot, KEY.Key_2, HELD.AltModifier)
    assert players.session.labels == TWO
    assert players.session.stack.count() == 3


def test_a_new_person_is_placed_click_by_click_in_the_order_of_the_scheme(players, qtbot):
    press(players, qtbot, KEY.Key_Insert)
    assert players.session.active_keypoint == "head"
    for place in ((550.0, 50.0), (570.0, 120.0), (530.0, 120.0)):
        click(players, qtbot, *place)
    assert [one.id for one in present(players.session.labels)] == [0, 1, 2]
    assert near(placed(players, 2, "right_foot"), (530.0, 120.0))
    assert players.session.people.active == 2
    assert players.session.stack.count() == 3
    assert set(stored(players, 2).keypoints) == set(PLAYERS.keypoints)


def test_tab_skips_to_the_next_point_that_nobody_spoke_of(players, qtbot):
    press(players, qtbot, KEY.Key_Insert)
    press(players, qtbot, KEY.Key_Tab)
    assert players.session.active_keypoint == "left_foot"
    press(players, qtbot, KEY.Key_2)
    click(players, qtbot, 500.0, 100.0)
    assert set(players.session.labels.instance(2).keypoints) == {"left_foot"}


def test_arrows_nudge_the_selected_point(players, qtbot):
    click(players, qtbot, 400.0, 150.0)
    press(players, qtbot, KEY.Key_Right)
    assert placed(players, 1, "head") == (401.0, 150.0)


# Wholes


def test_a_drag_of_an_edge_moves_all_of_a_person(players, qtbot):
    drag(players, qtbot, (415.0, 200.0), (455.0, 180.0))
    moved = np.subtract(placed(players, 1, "head"), (400.0, 150.0))
    assert near(moved, (40.0, -20.0))
    assert near(np.subtract(placed(players, 1, "left_foot"), (430.0, 250.0)), moved, 1e-6)
    assert players.session.labels.instance(0) == TWO.instance(0)
    assert players.session.stack.count() == 1


def test_shift_and_a_drag_inside_moves_it_too_and_escape_takes_it_back(players, qtbot):
    viewport = players.canvas.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, HELD.ShiftModifier, spot(players, 150.0, 180.0))
    QTest.mouseMove(viewport, spot(players, 170.0, 200.0))
    QTest.mouseMove(viewport, spot(players, 190.0, 200.0))
    assert near(placed(players, 0, "head"), (190.0, 120.0))
    press(players, qtbot, KEY.Key_Escape)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, HELD.NoModifier, spot(players, 190.0, 200.0))
    assert players.session.labels == TWO
    assert players.session.stack.count() == 0


def test_a_handle_scales_box_and_points_about_the_opposite_corner(players, qtbot):
    drag(players, qtbot, (150.0, 200.0), (150.0, 300.0))
    assert near(box_of(players.session.labels.instance(0)), (120.0, 100.0, 180.0, 300.0), 2.5)
    assert near(placed(players, 0, "head"), (150.0, 100.0))


def test_an_empty_frame_moves_nothing_and_says_so(players, qtbot):
    players.session.step(2)
    settle(players, qtbot)
    press(players, qtbot, KEY.Key_G)
    press(players, qtbot, KEY.Key_Delete, HELD.ShiftModifier)
    assert players.session.labels == EMPTY
    assert players.session.stack.count() == 0


# Boxes


def test_a_drawn_box_is_of_a_new_person_unless_it_holds_the_active_one(players, qtbot):
    press(players, qtbot, KEY.Key_4)
    drag(players, qtbot, (100.0, 80.0), (200.0, 220.0))
    assert near(players.session.labels.instance(0).box, (100.0, 80.0, 200.0, 220.0))
    drag(players, qtbot, (500.0, 40.0), (560.0, 140.0))
    assert near(players.session.labels.instance(2).box, (500.0, 40.0, 560.0, 140.0))
    assert players.session.people.active == 2
    assert near(stored(players, 2).box, (500.0, 40.0, 560.0, 140.0))


def test_the_box_tool_changes_the_box_and_leaves_the_points(players, qtbot):
    press(players, qtbot, KEY.Key_4)
    drag(players, qtbot, (100.0, 80.0), (200.0, 220.0))
    x, y = next((x, y) for corner, x, y in handles(players.session.labels.instance(0).box) if corner == (1, 1))
    drag(players, qtbot, (x, y), (x + 30.0, y + 40.0))
    assert near(players.session.labels.instance(0).box, (100.0, 80.0, 230.0, 260.0), 2.5)
    assert placed(players, 0, "head") == (150.0, 100.0)
    players.actions_["thing.forgetBox"].trigger()
    assert players.session.labels == TWO


def test_a_click_with_the_box_tool_draws_nothing(players, qtbot):
    press(players, qtbot, KEY.Key_4)
    click(players, qtbot, 300.0, 60.0)
    assert players.session.labels == TWO


# Wholes by keys


def test_copy_and_paste_in_this_frame_and_the_next(players, qtbot):
    press(players, qtbot, KEY.Key_C, HELD.ControlModifier)
    press(players, qtbot, KEY.Key_V, HELD.ControlModifier)
    assert near(placed(players, 2, "head"), (162.0, 112.0), 1e-6)
    players.session.step(2)
    settle(players, qtbot)
    press(players, qtbot, KEY.Key_V, HELD.ControlModifier)
    assert placed(players, 0, "head") == (150.0, 100.0)


def test_delete_takes_the_whole_person_when_no_point_is_selected(players, qtbot):
    press(players, qtbot, KEY.Key_G)
    press(players, qtbot, KEY.Key_Delete)
    assert [one.id for one in present(players.session.labels)] == [0]
    assert players.session.people.active == 0
    press(players, qtbot, KEY.Key_Z, HELD.ControlModifier)
    assert players.session.labels == TWO


def test_a_number_that_is_taken_is_exchanged(players):
    renumber_to(players.session, 0, 1)
    assert players.session.labels.instance(1).keypoints == TWO.instance(0).keypoints
    assert players.session.people.active == 1
    renumber_to(players.session, 1, 7)
    assert {one.id for one in present(players.session.labels)} == {0, 7}


def test_left_and_right_are_exchanged(players):
    players.actions_["thing.flip"].trigger()
    assert placed(players, 0, "left_foot") == (120.0, 200.0)


# What a scheme asks


def test_attributes_of_person_and_frame_are_answered_in_the_panel(players, qtbot):
    questions = players.docks.things.questions
    press(players, qtbot, KEY.Key_G)
    number, team, light = (questions.field(name) for name in ("number", "team", "light"))
    assert isinstance(number, NumberField)
    assert isinstance(team, QComboBox)
    qtbot.keyClicks(number, "10")
    qtbot.keyClick(number, KEY.Key_Return)
    for field, times in ((team, 1), (light, 2)):
        field.setFocus()
        for _ in range(times):
            qtbot.keyClick(field, KEY.Key_Down)
    qtbot.waitUntil(lambda: dict(players.session.labels.attributes) == {"light": "night"})
    assert dict(players.session.labels.instance(1).attributes) == {"number": 10.0, "team": "home"}
    assert not players.session.labels.instance(0).attributes
    assert players.session.stack.count() == 4
    press(players, qtbot, KEY.Key_G)
    qtbot.waitUntil(lambda: team.currentText() == "" and number.text() == "")


def test_the_list_shows_everybody_and_a_row_chooses(players, qtbot):
    view = players.docks.things.view
    qtbot.waitUntil(lambda: view.model().rowCount() == 2)
    middle = view.visualRect(view.model().index(1, 1)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert players.session.people.active == 1
    assert view.model().index(1, 1).data() == "3 / 3"
    assert players.docks.points.model().rowCount() == 3


# Predictions


def test_accepting_takes_over_everybody_seen_and_a_hand_wins(players, qtbot):
    players.session.step(1)
    settle(players, qtbot)
    assert [one.labelled for one in players.session.people.things] == [False, False]
    drag(players, qtbot, (400.0, 150.0), (420.0, 140.0))
    assert [one.id for one in present(players.session.labels)] == [1]
    assert players.session.labels.instance(1).keypoints["left_foot"].origin is Origin.ACCEPTED
    QApplication.processEvents()
    frame = players.session.frame_id
    press(players, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: players.session.frame_id != frame)
    record = players.session.project.record(frame)
    assert record.review.decision is Decision.ACCEPTED
    heads = {one.id: one.keypoints["head"] for one in present(record.labels)}
    assert heads[0].origin is Origin.ACCEPTED
    assert near(heads[1].position, (420.0, 140.0))
    assert heads[1].origin is Origin.HAND


def test_hidden_predictions_are_not_accepted(players, qtbot):
    players.session.step(1)
    settle(players, qtbot)
    press(players, qtbot, KEY.Key_P)
    frame = players.session.frame_id
    press(players, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: players.session.frame_id != frame)
    assert players.session.project.record(frame).labels.is_empty


# Rooms


def test_football_is_absent_and_its_keys_are_free(players, qtbot):
    for name in ("tool.marking", "tool.template", "label.snapNow", "window.camera", "guide.next", "view.ghost"):
        assert not players.actions_[name].isVisible(), name
        assert not players.actions_[name].isEnabled(), name
        assert players.actions_.why_not(players.actions_.commands[name])
    before = players.tools.current
    press(players, qtbot, KEY.Key_3)
    press(players, qtbot, KEY.Key_5)
    assert players.tools.current == before
    for dock in ("dockPitch", "dockChecks", "dockCamera"):
        assert not players.docks.by_name[dock].isVisible()
        assert not players.docks.by_name[dock].toggleViewAction().isVisible()
    assert players.docks.by_name["dockThings"].isVisible()


def test_football_is_back_with_a_pitch(players, qtbot, tmp_path):
    from windows import make_frames

    players.files.open([make_frames(tmp_path / "pitch", 2)])
    qtbot.waitUntil(lambda: not players.session.people.is_on and players.session.frame_id is not None)
    settle(players, qtbot)
    players.actions_.refresh()
    assert players.actions_["tool.marking"].isVisible()
    assert not players.actions_["thing.add"].isVisible()
    assert players.docks.by_name["dockPitch"].isVisible()
    assert not players.docks.by_name["dockThings"].isVisible()
    assert players.docks.points.model().rowCount() == 57


@pytest.mark.parametrize("scheme", [COCO_17, CARD_PACKET_8], ids=lambda scheme: scheme.id)
def test_a_project_of_any_scheme_is_placed_point_by_point(make_window, frames, qtbot, scheme):
    Project.for_media([frames], scheme=scheme).close()
    window = make_window()
    open_folder(window, frames, qtbot)
    press(window, qtbot, KEY.Key_2)
    for n in range(len(scheme)):
        click(window, qtbot, 60.0 + 30.0 * n, 150.0)
    assert list(window.session.labels.instance(0).keypoints) == list(scheme.keypoints)
    assert window.actions_["thing.add"].isVisible() is scheme.is_many


# Projects and files


def test_a_new_project_is_of_the_scheme_that_was_chosen(empty_window, frames, qtbot):
    empty_window.actions_["file.new"].trigger()
    dialog = empty_window.findChild(NewProjectDialog)
    assert not dialog.make.isEnabled()
    titles = [dialog.choice.list.item(row).text() for row in range(dialog.choice.list.count())]
    dialog.choice.list.setCurrentRow(titles.index(COCO_17.title))
    assert "17" in dialog.choice.facts.text()
    dialog.take([frames])
    qtbot.mouseClick(dialog.make, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    assert empty_window.session.project.scheme == COCO_17
    assert empty_window.session.people.is_many


def test_frames_with_a_project_keep_their_scheme(players, frames, qtbot):
    players.actions_["file.new"].trigger()
    dialog = players.findChild(NewProjectDialog)
    dialog.take([frames])
    assert dialog.make.text() == "Open it"
    assert dialog.note.text()
    before = players.session.project
    qtbot.mouseClick(dialog.make, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: players.session.project is not before)
    assert players.session.project.scheme == PLAYERS


@pytest.mark.parametrize(("name", "scheme", "kind"), [("coco", COCO_17, "COCO"), ("mpii", MPII_16, "MPII")])
def test_annotations_come_in_through_the_window_and_go_out_as_they_were(
    make_window, tmp_path, qtbot, name, scheme, kind
):
    if not (POSE / name).is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{POSE / name} is missing")
        pytest.skip(f"{POSE / name} is not there")
    source = POSE / name / f"test_{name}.json"
    folder = tmp_path / "pictures"
    shutil.copytree(POSE / name, folder, ignore=shutil.ignore_patterns("*.json"))
    Project.for_media([folder], scheme=scheme).close()
    window = make_window()
    window.files.open([folder])
    qtbot.waitUntil(lambda: window.session.frame_id is not None, timeout=20000)
    window.files.open([source])
    qtbot.waitUntil(lambda: window.findChild(ImportPreview) is not None, timeout=20000)
    preview = window.findChild(ImportPreview)
    qtbot.mouseClick(preview.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(window.session.people.things) > 0, timeout=20000)
    project = window.session.project
    for number in project.frame_ids():
        record = project.record(number)
        if not record.labels.is_empty:
            review = record.review.decided(Decision.ACCEPTED)
            project.save_record(number, FrameRecord(record.labels, review), text="accept")
    window.errands.export(tmp_path / "out", ExportKind[kind])
    with qtbot.waitSignal(window.errands.exported, timeout=20000):
        pass
    found = next(path for path in (tmp_path / "out").rglob("*.json") if path.stem in ("annotations", "mpii", name))
    before, after = (json.loads(path.read_text(encoding="utf-8")) for path in (source, found))
    if kind == "COCO":
        before, after = before["annotations"], after["annotations"]
        before, after = (sorted(some, key=lambda one: one["id"]) for some in (before, after))
    assert len(before) == len(after) > 0
    for one, other in zip(before, after, strict=True):
        for key, value in one.items():
            assert other[key] == value, key


def test_only_the_prediction_is_shown_while_the_key_is_held(players, qtbot):
    players.session.step(1)
    settle(players, qtbot)
    drag(players, qtbot, (400.0, 150.0), (440.0, 130.0))
    qtbot.keyPress(players.canvas, KEY.Key_QuoteLeft)
    alone = players.canvas._overlay.state.people
    assert sorted(view.id for view in alone) == [0, 1]
    assert not any(view.labelled for view in alone)
    qtbot.keyRelease(players.canvas, KEY.Key_QuoteLeft)
    assert any(view.labelled for view in players.canvas._overlay.state.people)


def test_a_right_click_on_another_is_about_that_one(players, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: opened.append(menu))
    at = spot(players, 415.0, 200.0)
    QTest.mouseClick(players.canvas.viewport(), Qt.MouseButton.RightButton, pos=at)
    assert players.session.people.active == 1
    offered = {action.objectName() for action in opened[0].actions() if action.isVisible()}
    assert "thing.delete" in offered
    assert "label.snapNow" not in offered
    opened[0].close()


def test_statistics_count_people(players, qtbot):
    players.actions_["review.statistics"].trigger()
    qtbot.waitUntil(lambda: players.findChild(StatisticsDialog) is not None)
    players.findChild(StatisticsDialog).close()


def test_a_rejected_frame_of_people_goes_on(players, qtbot):
    frame = players.session.frame_id
    players.session.reject("Not sure")
    qtbot.waitUntil(lambda: players.session.frame_id != frame)
    assert players.session.project.record(frame).review.decision is Decision.REJECTED
    assert players.session.project.record(frame).labels == TWO


def test_fit_selection_shows_all_of_the_active_person(players, qtbot):
    press(players, qtbot, KEY.Key_G)
    press(players, qtbot, KEY.Key_F, HELD.ShiftModifier)
    seen_part = players.canvas._window()
    assert seen_part.contains(370.0, 150.0)
    assert seen_part.contains(430.0, 250.0)
    assert not seen_part.contains(150.0, 100.0)


def test_one_prediction_is_taken_over_and_another_dismissed(players, qtbot):
    players.session.step(1)
    settle(players, qtbot)
    press(players, qtbot, KEY.Key_Insert, HELD.ShiftModifier)
    assert [one.labelled for one in players.session.people.things] == [True, False]
    press(players, qtbot, KEY.Key_G)
    press(players, qtbot, KEY.Key_Delete)
    assert [one.id for one in players.session.people.things] == [0]
    press(players, qtbot, KEY.Key_Z, HELD.ControlModifier)
    assert len(players.session.people.things) == 2
    press(players, qtbot, KEY.Key_Y, HELD.ControlModifier)
    settle(players, qtbot)
    frame = players.session.frame_id
    press(players, qtbot, KEY.Key_Space)
    qtbot.waitUntil(lambda: players.session.frame_id != frame)
    assert [one.id for one in present(players.session.project.record(frame).labels)] == [0]
