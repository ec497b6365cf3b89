"""The editor of schemes and the way of a scheme into a project, with real events."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from windows import open_folder, press, settle

from annotator.gui.bulk import Change
from annotator.gui.dialogs.scheme_editor import COLOUR, KIND, MIRROR, NAME, SIGMA, SchemeEditor
from annotator.gui.dialogs.scheme_preview import SchemePreview
from annotator.gui.scheme_draft import SchemeDraft
from annotator.gui.scheme_picture import laid_out
from annotator.instances import set_box
from annotator.labels import EMPTY, FrameRecord, place
from annotator.pitch import PITCH_57
from annotator.project import Project
from annotator.schemes import BUILT_IN, COCO_17, read_scheme, scheme_of

pytest_plugins = ("window_fixtures",)


@pytest.fixture
def editor(qtbot):
    editor = SchemeEditor(COCO_17)
    qtbot.addWidget(editor)
    editor.show()
    qtbot.waitExposed(editor)
    return editor


def say(editor: SchemeEditor, row: int, column: int, text: str) -> None:
    item = editor.points.item(row, column)
    assert item is not None
    item.setText(text)


def click_points(editor: SchemeEditor, qtbot, *names: str) -> None:
    for name in names:
        at = editor.picture.place_of(name).toPoint()
        qtbot.mouseClick(editor.picture, Qt.MouseButton.LeftButton, pos=at)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_draft_says_what_its_scheme_says(name):
    draft = SchemeDraft.of(scheme_of(name))
    assert draft.problem == ""
    assert draft.scheme == scheme_of(name)
    assert all(old == new for old, new in draft.mapping.items())


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_point_of_a_scheme_has_a_place_of_its_own_in_its_picture(name):
    places = laid_out(scheme_of(name))
    assert set(places) == set(scheme_of(name).keypoints)
    assert all(-1e-9 <= x <= 1 + 1e-9 and -1e-9 <= y <= 1 + 1e-9 for x, y in places.values())
    assert len(set(places.values())) == len(places)


def test_a_name_changes_everywhere(editor):
    say(editor, 0, NAME, "beak")
    scheme = editor.draft.scheme
    assert scheme.keypoints[0] == "beak"
    assert ("beak", "left_eye") in scheme.edges
    assert "beak" in next(group for group in scheme.groups if group.title == "middle").keypoints
    assert editor.draft.mapping["nose"] == "beak"


def test_what_is_wrong_is_said_at_once_and_nothing_can_be_used(editor):
    say(editor, 1, NAME, "nose")
    assert "nose" in editor.problem.text()
    assert not editor.keep.isEnabled()
    assert not editor.send.isEnabled()
    say(editor, 1, NAME, "left_eye")
    assert editor.problem.text() == ""
    say(editor, 2, SIGMA, "-1")
    assert "sigma" in editor.problem.text()
    say(editor, 2, SIGMA, "0.025")
    say(editor, 2, COLOUR, "blue")
    assert "blue" in editor.problem.text()
    say(editor, 2, COLOUR, "#0000ff")
    assert editor.draft.scheme.colour("right_eye") == "#0000ff"
    say(editor, 3, MIRROR, "tail")
    assert "tail" in editor.problem.text()
    assert editor.draft.scheme.mirror == COCO_17.mirror


def test_mirrors_go_both_ways(editor):
    say(editor, 1, MIRROR, "left_ear")
    scheme = editor.draft.scheme
    assert scheme.mirror[1] == 3
    assert scheme.mirror[3] == 1
    assert scheme.mirror[2] == 2
    assert scheme.mirror[4] == 4
    assert editor.draft.mirrors_guessed().scheme.mirror == COCO_17.mirror


def test_two_clicks_join_points_and_two_more_part_them(editor, qtbot):
    click_points(editor, qtbot, "left_wrist", "left_hip")
    assert ("left_wrist", "left_hip") in editor.draft.scheme.edges
    click_points(editor, qtbot, "left_hip", "left_wrist")
    assert editor.draft.scheme.edges == COCO_17.edges


def test_points_are_added_ordered_and_removed(editor):
    editor.draft = editor.draft.added().moved(17, -17)
    assert editor.draft.names[0] == "point_18"
    assert editor.draft.scheme.mirror[2] == 3
    removed = editor.draft.removed(0).removed(1)
    assert removed.mapping["left_eye"] is None
    assert all("left_eye" not in edge for edge in removed.scheme.edges)
    assert removed.scheme.mirror[removed.scheme.index["right_eye"]] == removed.scheme.index["right_eye"]


def test_symmetries_follow_their_points():
    draft = SchemeDraft.of(PITCH_57).moved(0, 5)
    scheme, before = draft.scheme, PITCH_57
    for title, order in before.permutations.items():
        for n, name in enumerate(before.keypoints):
            partner = before.keypoints[order[n]]
            assert scheme.keypoints[scheme.permutations[title][scheme.index[name]]] == partner


def test_what_else_is_asked_is_checked_as_it_is_typed(editor):
    editor.draft = editor.draft.but(
        attributes=[{"name": "shirt", "title": "Shirt number", "kind": "number", "scope": "instance"}]
    )
    editor.show_draft()
    item = editor.asked.item(0, KIND)
    assert item is not None
    item.setText("colour")
    assert "colour" in editor.problem.text()
    item = editor.asked.item(0, KIND)
    assert item is not None
    item.setText("text")
    assert editor.problem.text() == ""
    assert editor.draft.scheme.attributes[0].kind.value == "text"


def test_a_scheme_goes_out_and_comes_in(editor, qtbot, tmp_path):
    editor.identity.setFocus()
    editor.identity.selectAll()
    qtbot.keyClicks(editor.identity, "birds")
    say(editor, 0, NAME, "beak")
    path = tmp_path / "birds.json"
    editor.export_file(path)
    assert read_scheme(path) == editor.draft.scheme
    assert json.loads(path.read_text(encoding="utf-8"))["id"] == "birds"
    editor.import_file(path)
    assert editor.draft.scheme.id == "birds"
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    editor.import_file(tmp_path / "bad.json")
    assert "bad.json" in editor.problem.text()
    assert editor.draft.scheme.id == "birds"


def test_a_project_changes_its_scheme_after_a_look_at_what_that_does(make_window, frames, qtbot):
    with Project.for_media([frames], scheme=COCO_17) as project:
        labels = place(place(EMPTY, "nose", (50.0, 60.0)), "left_eye", (55.0, 55.0))
        labels = set_box(labels, 0, (40.0, 40.0, 90.0, 120.0))
        project.save_record(project.frame_ids()[0], FrameRecord(labels), text="one")
    window = make_window()
    open_folder(window, frames, qtbot)
    window.actions_["file.scheme"].trigger()
    editor = window.findChild(SchemeEditor)
    say(editor, 0, NAME, "beak")
    editor.points.setCurrentCell(1, NAME)
    editor._take(editor.draft.removed(1))
    qtbot.mouseClick(editor.use, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(SchemePreview) is not None)
    preview = window.findChild(SchemePreview)
    assert preview.change.frames == 1
    assert preview.change.removed == ("left_eye",)
    assert preview.change.renamed == {"nose": "beak"}
    assert "1" in preview.losses.text()
    qtbot.mouseClick(preview.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "beak" in window.session.people.scheme.index and window.session.frame_id is not None)
    qtbot.waitUntil(lambda: bool(window.session.people.things))
    said = window.session.labels.instance(0)
    assert set(said.keypoints) == {"beak"}
    assert said.box == (40.0, 40.0, 90.0, 120.0)
    assert window.docks.points.model().rowCount() == 16


def changed(window, qtbot) -> None:
    """The nose becomes a beak, the left eye goes; with real clicks."""
    window.actions_["file.scheme"].trigger()
    editor = window.findChild(SchemeEditor)
    say(editor, 0, NAME, "beak")
    editor.points.setCurrentCell(1, NAME)
    editor._take(editor.draft.removed(1))
    qtbot.mouseClick(editor.use, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(SchemePreview) is not None)
    qtbot.mouseClick(window.findChild(SchemePreview).go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.stack.canUndo() and window.session.frame_id is not None)
    settle(window, qtbot)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


@pytest.fixture
def birds(make_window, frames, qtbot):
    """A window on a project whose scheme was changed after one frame was labelled."""
    with Project.for_media([frames], scheme=COCO_17) as project:
        labels = place(place(EMPTY, "nose", (50.0, 60.0)), "left_eye", (55.0, 55.0))
        project.save_record(project.frame_ids()[0], FrameRecord(labels), text="one")
    window = make_window()
    open_folder(window, frames, qtbot)
    changed(window, qtbot)
    return window


def names(window) -> set[str]:
    project = window.session.project
    return set(project.record(project.frame_ids()[0]).labels.instance(0).keypoints)


def test_a_change_of_the_scheme_is_one_step_to_undo_with_its_labels(birds, qtbot):
    session = birds.session
    assert names(birds) == {"beak"}
    assert session.stack.count() == 1
    press(birds, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.people.scheme == COCO_17 and session.stack.canRedo())
    qtbot.waitUntil(lambda: session.frame_id is not None)
    assert names(birds) == {"nose", "left_eye"}
    assert not session.stack.canUndo()
    settle(birds, qtbot)
    press(birds, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: session.stack.canUndo() and "beak" in session.people.scheme.index)
    assert names(birds) == {"beak"}
    settle(birds, qtbot)
    press(birds, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.stack.canRedo() and session.people.scheme == COCO_17)
    assert names(birds) == {"nose", "left_eye"}


def test_what_was_labelled_since_is_taken_back_first(birds, qtbot):
    session = birds.session
    session.edit(place(session.labels, "beak", (9.0, 9.0)), text="Place")
    session.end_gesture()
    session.step(1)
    settle(birds, qtbot)
    session.edit(place(session.labels, "beak", (7.0, 7.0)), text="Place")
    session.end_gesture()
    for _ in range(2):
        press(birds, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        settle(birds, qtbot)
    assert "beak" in session.people.scheme.index
    press(birds, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.people.scheme == COCO_17 and session.stack.canRedo())
    assert names(birds) == {"nose", "left_eye"}


@pytest.mark.parametrize("place_of", [0, 2])
def test_labels_from_elsewhere_in_the_new_words_keep_the_new_scheme(birds, qtbot, place_of):
    session, said = birds.session, []
    birds.errands.failed.connect(said.append)
    with Project.open(session.project.path) as other:
        frame_id = other.frame_ids()[place_of]
        other.save_record(frame_id, FrameRecord(place(EMPTY, "beak", (1.0, 2.0))), text="elsewhere")
    press(birds, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(said))
    assert "changed elsewhere" in said[0]
    assert "beak" in session.project.scheme.index
    assert session.stack.canUndo()
    assert not session.stack.canRedo()


def test_the_message_offers_to_undo_the_change(birds, qtbot):
    toast = birds.message.toasts[-1]
    qtbot.mouseClick(toast.buttons[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: birds.session.people.scheme == COCO_17)
    assert names(birds) == {"nose", "left_eye"}


def again(window, qtbot) -> None:
    press(window, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    settle(window, qtbot)


def test_what_came_after_the_change_can_be_made_again_after_it(birds, qtbot):
    session = birds.session
    second = session.project.frame_ids()[1]
    many = {second: FrameRecord(place(EMPTY, "beak", (3.0, 4.0)))}
    birds.reviewing.many.change(Change({second: FrameRecord()}, many, "Import"))
    qtbot.waitUntil(lambda: session.stack.count() == 2 and not birds.reviewing.many.busy)
    session.edit(place(session.labels, "beak", (9.0, 9.0)), text="Place")
    session.end_gesture()
    mine = session.frame_id
    # Twice, as what is made again can be taken back again.
    for _ in range(2):
        for left in (2, 1):
            press(birds, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
            qtbot.waitUntil(lambda left=left: session.stack.index() == left and not birds.reviewing.many.busy)
            settle(birds, qtbot)
        press(birds, qtbot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: session.people.scheme == COCO_17 and session.stack.canRedo())
        settle(birds, qtbot)
        assert names(birds) == {"nose", "left_eye"}
        again(birds, qtbot)
        qtbot.waitUntil(lambda: session.stack.index() == 1 and session.stack.count() == 3)
        settle(birds, qtbot)
        assert session.project.record(second) == FrameRecord()
        again(birds, qtbot)
        qtbot.waitUntil(lambda: session.project.record(second) == many[second])
        qtbot.waitUntil(lambda: not birds.reviewing.many.busy)
        settle(birds, qtbot)
        again(birds, qtbot)
        said = session.project.record(mine).labels.instance(0).keypoints["beak"]
        assert said.position == (9.0, 9.0)
        assert not session.stack.canRedo()


def test_the_message_goes_with_the_next_step(birds, qtbot):
    assert "The project is of" in birds.message.text
    birds.session.edit(place(birds.session.labels, "beak", (9.0, 9.0)), text="Place")
    birds.session.end_gesture()
    assert not any("The project is of" in toast.text for toast in birds.message.toasts)
