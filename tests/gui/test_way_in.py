"""The way in for labels of people and things: from the start page, from a project of something else, from a scheme."""

from __future__ import annotations

import json
import shutil

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from test_access import nameless
from windows import make_frames, open_folder, opened, press, settle

from annotator.formats.coco_things import things_document
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.gui.dialogs.import_preview import ImportPreview
from annotator.gui.dialogs.scheme_choice import NewProjectDialog
from annotator.gui.dialogs.scheme_editor import SchemeEditor
from annotator.gui.dialogs.scheme_pick import SchemePick
from annotator.gui.dialogs.scheme_preview import SchemePreview
from annotator.import_beside import labels_beside, named_by
from annotator.labels import EMPTY, FrameRecord, Visibility, place
from annotator.schemes import CARD_PACKET_8, COCO_17, MPII_16

pytest_plugins = ("window_fixtures",)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    """A data directory of this test alone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def person(scheme=COCO_17):
    points = {name: (50.0 + n, 60.0 + 2 * n, Visibility.VISIBLE) for n, name in enumerate(scheme.keypoints)}
    return ExchangeInstance(points, box=(40.0, 50.0, 90.0, 120.0))


def coco_file(folder, *, scheme=COCO_17, frames=3):
    """A COCO file of one person in some of the frames."""
    listed = [ExchangeFrame(f"frame_{n:03d}.png", (640, 360), (person(scheme),)) for n in range(frames)]
    path = folder / "people.json"
    path.write_text(json.dumps(things_document(listed, scheme)))
    return path


def click(qtbot, widget):
    qtbot.mouseClick(widget, LEFT)


def test_labels_of_people_make_an_empty_pitch_project_theirs_with_one_press(window, qtbot, tmp_path):
    path = coco_file(tmp_path)
    window.files.exchange.bring([path])
    preview = opened(window, qtbot, ImportPreview)
    assert preview.fit.text() == "Make this project COCO person, 17 points"
    assert not preview.go.isVisible()
    assert not preview.frames.isVisible()
    assert nameless(preview) == []
    qtbot.keyClick(preview, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.project.scheme == COCO_17)
    again = opened(window, qtbot, ImportPreview)
    assert (again.fit, again.go.text()) == (None, "Import (3)")
    click(qtbot, again.go)
    qtbot.waitUntil(lambda: len(window.session.labels.instance(0).keypoints) == 17)
    settle(window, qtbot)


@pytest.mark.parametrize("scheme", [MPII_16, CARD_PACKET_8], ids=lambda one: one.id)
def test_every_known_scheme_is_offered_by_its_name(window, qtbot, tmp_path, scheme):
    window.files.exchange.bring([coco_file(tmp_path, scheme=scheme)])
    preview = opened(window, qtbot, ImportPreview)
    assert preview.fit.text() == f"Make this project {scheme.title}"
    click(qtbot, preview.fit)
    qtbot.waitUntil(lambda: window.session.project.scheme == scheme)


def test_points_that_the_program_does_not_know_are_offered_as_the_file_describes_them(window, qtbot, tmp_path):
    path = coco_file(tmp_path)
    document = json.loads(path.read_text())
    names = [f"joint_{n}" for n in range(17)]
    document["categories"][0] |= {"name": "dog", "keypoints": names}
    path.write_text(json.dumps(document))
    window.files.exchange.bring([path])
    preview = opened(window, qtbot, ImportPreview)
    assert preview.fit.text() == "Make this project dog, 17 points"
    click(qtbot, preview.fit)
    qtbot.waitUntil(lambda: window.session.project.scheme.keypoints == tuple(names))
    assert opened(window, qtbot, ImportPreview).go.text() == "Import (3)"


def test_making_it_theirs_is_one_step_to_undo(window, qtbot, tmp_path):
    before = window.session.project.scheme
    window.files.exchange.bring([coco_file(tmp_path)])
    click(qtbot, opened(window, qtbot, ImportPreview).fit)
    qtbot.waitUntil(lambda: window.session.project.scheme == COCO_17)
    opened(window, qtbot, ImportPreview).reject()
    settle(window, qtbot)
    window.session.undo()
    qtbot.waitUntil(lambda: window.session.project.scheme == before)


def test_a_project_with_labels_is_shown_what_a_change_costs_before(window, qtbot, tmp_path):
    project = window.session.project
    project.save_record(project.frame_ids()[0], FrameRecord(place(EMPTY, "CENTER_MARK", (5.0, 6.0))), text="mine")
    window.files.exchange.bring([coco_file(tmp_path)])
    preview = opened(window, qtbot, ImportPreview)
    assert preview.fit.text() == "Change the scheme..."
    assert any("It has labels" in one.text() for one in preview.findChildren(QLabel))
    click(qtbot, preview.fit)
    look = opened(window, qtbot, SchemePreview)
    assert "points" in look.change.lost
    look.reject()
    assert window.session.project.scheme.has_football


def test_files_that_fit_or_are_of_other_frames_are_offered_nothing(window, qtbot, tmp_path):
    document = json.loads(coco_file(tmp_path).read_text())
    for n, image in enumerate(document["images"]):
        image["file_name"] = f"elsewhere_{n}.png"
    path = tmp_path / "elsewhere.json"
    path.write_text(json.dumps(document))
    window.files.exchange.bring([path])
    preview = opened(window, qtbot, ImportPreview)
    assert preview.fit is None
    assert not preview.go.isEnabled()
    assert preview.findings.count() == 3


def test_the_start_page_offers_a_project_of_other_things_after_those_of_pitches(empty_window, qtbot):
    page = empty_window.empty
    texts = [button.text().strip() for button in page.buttons]
    assert texts == ["Open folder", "Open video", "Open sample project", "Tutorial", "New project"]
    click(qtbot, page.buttons[-1])
    dialog = opened(empty_window, qtbot, NewProjectDialog)
    assert dialog.choice.list.count() >= 4
    assert not dialog.make.isEnabled()


def test_in_a_small_window_the_ways_in_come_first(empty_window, qtbot, tmp_path):
    page = empty_window.empty
    for n in range(5):
        empty_window.files.remember_recent(make_frames(tmp_path / f"walk{n}", 1))
    empty_window.resize(1280, 720)
    qtbot.waitUntil(lambda: page.recent_buttons[-1].isVisible())
    empty_window.resize(700, 440)
    qtbot.waitUntil(lambda: not page.recent_buttons[0].isVisible())
    assert all(button.isVisible() for button in page.buttons)
    empty_window.resize(1280, 720)
    qtbot.waitUntil(lambda: page.recent_buttons[0].isVisible())


def make_project(window, qtbot, folder, scheme, *, beside=True):
    press(window, qtbot, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    dialog = opened(window, qtbot, NewProjectDialog)
    rows = range(dialog.choice.list.count())
    dialog.choice.list.setCurrentRow(next(n for n in rows if dialog.choice.list.item(n).text() == scheme.title))
    dialog.take([folder])
    if not beside:
        qtbot.mouseClick(dialog.beside, LEFT, pos=QPoint(8, dialog.beside.height() // 2))
    return dialog


def test_a_new_project_imports_what_lies_beside_its_frames(empty_window, qtbot, tmp_path):
    folder = make_frames(tmp_path / "walk", 3)
    coco_file(folder)
    dialog = make_project(empty_window, qtbot, folder, COCO_17)
    assert dialog.beside.isVisible()
    assert dialog.beside.text() == "Import the labels that lie there: people.json"
    click(qtbot, dialog.make)
    preview = opened(empty_window, qtbot, ImportPreview)
    assert preview.go.text() == "Import (3)"
    click(qtbot, preview.go)
    qtbot.waitUntil(lambda: len(empty_window.session.labels.instance(0).keypoints) == 17)


def test_labels_beside_are_left_alone_where_a_person_says_so(empty_window, qtbot, tmp_path):
    folder = make_frames(tmp_path / "walk", 2)
    coco_file(folder)
    dialog = make_project(empty_window, qtbot, folder, COCO_17, beside=False)
    click(qtbot, dialog.make)
    qtbot.waitUntil(lambda: empty_window.session.project is not None)
    settle(empty_window, qtbot)
    assert not empty_window.findChildren(ImportPreview)


def test_frames_with_a_project_are_opened_from_the_same_place(window, qtbot, frames):
    before = window.session.project
    dialog = make_project(window, qtbot, frames, COCO_17)
    assert (dialog.make.text(), dialog.beside.isVisible()) == ("Open it", False)
    assert "have a project already" in dialog.note.text()
    click(qtbot, dialog.make)
    qtbot.waitUntil(lambda: window.session.project is not before)
    assert window.session.project.scheme.has_football


def test_a_folder_that_cannot_be_opened_brings_no_labels_into_the_next(empty_window, qtbot, tmp_path):
    gone = make_frames(tmp_path / "gone", 2)
    coco_file(gone)
    dialog = make_project(empty_window, qtbot, gone, COCO_17)
    shutil.rmtree(gone)
    with qtbot.waitSignal(empty_window.errands.failed):
        click(qtbot, dialog.make)
    open_folder(empty_window, make_frames(tmp_path / "other", 2), qtbot)
    assert not empty_window.findChildren(ImportPreview)
    assert empty_window.errands.current is None


def picking(window, qtbot):
    """The editor of schemes with the list of the known ones over it, which has the keyboard."""
    window.actions_["file.scheme"].trigger()
    editor = opened(window, qtbot, SchemeEditor)
    click(qtbot, editor.pick)
    pick = opened(editor, qtbot, SchemePick)
    pick.activateWindow()
    qtbot.waitUntil(lambda: pick.isActiveWindow() and pick.choice.list.hasFocus())
    return editor, pick


def test_the_editor_lists_the_known_schemes_as_a_new_project_does(window, qtbot):
    editor, pick = picking(window, qtbot)
    titles = [pick.choice.list.item(n).text() for n in range(pick.choice.list.count())]
    assert titles[:4] == ["Football pitch, 57 points", "COCO person, 17 points", "MPII person, 16 points",
                          "Card packet, 8 corners"]  # fmt: skip
    qtbot.keyClick(pick.choice.list, Qt.Key.Key_Down)
    qtbot.keyClick(pick, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: editor.draft.names == COCO_17.keypoints)
    click(qtbot, editor.use)
    look = opened(window, qtbot, SchemePreview)
    click(qtbot, look.go)
    qtbot.waitUntil(lambda: window.session.project.scheme.keypoints == COCO_17.keypoints)


def test_leaving_the_list_changes_nothing(window, qtbot):
    editor, pick = picking(window, qtbot)
    before = editor.draft
    qtbot.keyClick(pick, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not pick.isVisible())
    assert editor.draft is before


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"manifest.json": "{}", "a.json": '{"images": []}'}, ["."]),
        ({"data.yaml": "x"}, ["."]),
        ({"b.json": '{"info": {}, "licenses": []}', "a.json": '[{"joints": []}]', "n.json": '{"x": 1}'},
         ["a.json", "b.json"]),
        ({"t.csv": "scorer,me", "u.csv": "x", "a.xml": "<annotations>", ".h.json": '{"images"'}, ["a.xml", "t.csv"]),
        ({"frame.png": "x"}, []),
    ],
)  # fmt: skip
def test_labels_beside_frames_are_told_by_how_they_begin(tmp_path, files, found):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    beside = labels_beside([tmp_path, tmp_path / "not-there"])
    assert beside == tuple(tmp_path if name == "." else tmp_path / name for name in found)
    assert [named_by(path) for path in beside] == [next(iter(files)) if name == "." else name for name in found]
