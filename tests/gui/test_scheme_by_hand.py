"""A scheme made by hand: names typed one after the other, room to join points, and a name and version of its own."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QTabWidget

from annotator.gui.dialogs.scheme_editor import ATTRIBUTE, NAME, TITLE, SchemeEditor
from annotator.gui.dialogs.scheme_preview import difference_lines
from annotator.gui.scheme_draft import SchemeDraft
from annotator.gui.scheme_picture import laid_out
from annotator.scheme import Scheme
from annotator.scheme_change import SchemeChange
from annotator.scheme_edits import add_keypoint, toggle_edge
from annotator.schemes import BUILT_IN, CARD_PACKET_8, COCO_17, own_schemes, read_scheme, scheme_of


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    """A data directory of this test alone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("annotator.schemes.data_directory", lambda: tmp_path / "data")


@pytest.fixture
def open_editor(qtbot):
    def opened(scheme: Scheme | None) -> SchemeEditor:
        editor = SchemeEditor(scheme)
        qtbot.addWidget(editor)
        with qtbot.waitActive(editor):
            editor.show()
            editor.activateWindow()
        return editor

    return opened


def typed(qtbot, text: str) -> None:
    """Keys go to whatever has the focus, as a person's do."""
    for letter in text:
        key = {"\n": Qt.Key.Key_Return}.get(letter)
        to = QApplication.focusWidget()
        if key is None:
            qtbot.keyClicks(to, letter)
        else:
            qtbot.keyClick(to, key)
        QApplication.processEvents()


def click_add(editor: SchemeEditor, qtbot) -> None:
    tabs = editor.findChild(QTabWidget)
    button = next(one for one in tabs.currentWidget().findChildren(QPushButton) if one.text() == "Add")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_name_of_a_new_point_is_typed_at_once_and_enter_goes_on(open_editor, qtbot):
    editor = open_editor(None)
    click_add(editor, qtbot)
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    assert QApplication.focusWidget().selectedText() == "point_2"
    typed(qtbot, "left front leg\n")
    assert editor.draft.names == ("point_1", "left front leg")
    typed(qtbot, "\ntail\n")
    assert editor.draft.names == ("point_1", "left front leg", "tail")
    click_add(editor, qtbot)
    typed(qtbot, "nose\n")
    assert editor.draft.names[3:] == ("nose",)
    assert editor.points.currentRow() == 3
    assert editor.isVisible()


def test_a_row_that_is_worked_on_is_not_the_first_of_two_clicks(open_editor, qtbot):
    editor = open_editor(COCO_17)
    click_add(editor, qtbot)
    typed(qtbot, "whistle\n")
    assert editor.picture.chosen == "whistle"
    for name in ("left_wrist", "whistle"):
        at = editor.picture.place_of(name).toPoint()
        qtbot.mouseClick(editor.picture, Qt.MouseButton.LeftButton, pos=at)
        if name == "left_wrist":
            assert editor.draft.edges == COCO_17.edges
    assert editor.draft.edges == (*COCO_17.edges, ("left_wrist", "whistle"))
    assert editor.problem.text() == ""


def test_an_attribute_is_typed_alike_and_its_title_follows_until_it_has_words_of_its_own(open_editor, qtbot):
    editor = open_editor(None)
    editor.findChild(QTabWidget).setCurrentIndex(1)
    click_add(editor, qtbot)
    typed(qtbot, "shirt number\n")
    (one,) = editor.draft.scheme.attributes
    assert (one.name, one.title) == ("shirt number", "Shirt number")
    editor.asked.item(0, TITLE).setText("Shirt")
    editor.asked.item(0, ATTRIBUTE).setText("shirt")
    (one,) = editor.draft.scheme.attributes
    assert (one.name, one.title) == ("shirt", "Shirt")
    editor.asked.item(0, TITLE).setText("On the back")
    editor.asked.item(0, ATTRIBUTE).setText("back")
    (one,) = editor.draft.scheme.attributes
    assert (one.name, one.title) == ("back", "On the back")


def test_enter_on_another_row_edits_it(open_editor, qtbot):
    editor = open_editor(COCO_17)
    editor.points.setFocus()
    editor.points.setCurrentCell(0, NAME)
    typed(qtbot, "\nbeak\n")
    assert editor.draft.names[0] == "beak"
    assert len(editor.draft.names) == 17


def least(scheme: Scheme) -> float:
    places = list(laid_out(scheme).values())
    return min(math.dist(a, b) for n, a in enumerate(places) for b in places[:n])


@pytest.mark.parametrize("name", BUILT_IN)
def test_points_that_nothing_joins_have_room_and_leave_it_to_the_others(name):
    scheme = scheme_of(name)
    more = scheme
    for new in ("tip", "fin", "far"):
        more = add_keypoint(more, new)
    assert least(more) >= 0.5 * least(scheme)
    assert least(toggle_edge(toggle_edge(more, scheme.keypoints[0], "tip"), "tip", "fin")) >= 0.3 * least(scheme)


@pytest.mark.parametrize("count", [2, 3, 8, 20])
def test_points_without_edges_are_all_within_reach(count, open_editor, qtbot):
    draft = SchemeDraft.empty()
    for _ in range(count - 1):
        draft = draft.added()
    editor = open_editor(draft.scheme)
    names = draft.names
    for a, b in pairwise(names):
        for name in (a, b):
            at = editor.picture.place_of(name).toPoint()
            qtbot.mouseClick(editor.picture, Qt.MouseButton.LeftButton, pos=at)
    assert editor.draft.scheme.edges == tuple(pairwise(names))


def test_a_changed_copy_of_a_known_scheme_has_a_name_of_its_own_and_keeps_the_rest(open_editor, qtbot):
    editor = open_editor(COCO_17)
    assert (editor.identity.text(), editor.title.text()) == ("coco-17", "COCO person, 17 points")
    click_add(editor, qtbot)
    typed(qtbot, "whistle\n")
    scheme = editor.draft.scheme
    assert (scheme.id, scheme.title, scheme.version) == ("coco-17-changed", "COCO person, 17 points, changed", 1)
    assert (editor.identity.text(), editor.title.text()) == (scheme.id, scheme.title)
    assert scheme.sigmas[:17] == COCO_17.sigmas
    assert (scheme.torso, scheme.edges, scheme.thing) == (COCO_17.torso, COCO_17.edges, COCO_17.thing)
    editor.title.selectAll()
    editor.title.setFocus()
    typed(qtbot, "Referees")
    assert editor.draft.scheme.title == "Referees"
    assert editor.draft.scheme.id == "coco-17-changed"
    editor._take(editor.draft.removed(17))
    assert editor.draft.scheme.title == "Referees"


def test_what_is_changed_back_is_what_it_was(open_editor):
    editor = open_editor(COCO_17)
    editor._take(editor.draft.joined("nose", "left_hip"))
    assert editor.identity.text() == "coco-17-changed"
    editor._take(editor.draft.joined("nose", "left_hip"))
    assert editor.identity.text() == "coco-17"
    assert editor.draft.scheme == COCO_17


def test_a_changed_own_scheme_counts_its_version_up_once(open_editor, qtbot, tmp_path):
    editor = open_editor(COCO_17)
    editor._take(editor.draft.renamed(0, "beak"))
    qtbot.mouseClick(editor.keep, Qt.MouseButton.LeftButton)
    assert own_schemes()[0]["coco-17-changed"].version == 1
    editor._take(editor.draft.renamed(0, "bill"))
    assert editor.version.text() == "2"
    editor._take(editor.draft.renamed(1, "eye"))
    assert editor.version.text() == "2"
    assert editor.draft.scheme.id == "coco-17-changed"
    editor.export_file(tmp_path / "birds.json")
    assert read_scheme(tmp_path / "birds.json").version == 2
    # Another one made of COCO's has to find another id.
    other = open_editor(COCO_17)
    other._take(other.draft.renamed(0, "snout"))
    assert other.draft.scheme.id == "coco-17-changed-2"


def test_the_id_of_the_program_s_own_cannot_be_given_to_another(open_editor, qtbot):
    editor = open_editor(None)
    editor.identity.selectAll()
    editor.identity.setFocus()
    typed(qtbot, "coco-17")
    assert "coco-17" in editor.problem.text()
    assert not editor.keep.isEnabled()
    typed(qtbot, "b")
    assert editor.problem.text() == ""


def test_one_that_only_calls_itself_like_the_program_s_is_a_changed_one(open_editor):
    editor = open_editor(toggle_edge(CARD_PACKET_8, *CARD_PACKET_8.edges[0]))
    assert editor.identity.text() == "card-packet-8-changed"


def test_the_preview_names_both_and_what_differs(open_editor):
    editor = open_editor(COCO_17)
    editor._take(editor.draft.renamed(0, "beak").removed(1).added().joined("beak", "left_hip"))
    new, mapping = editor.draft.scheme, editor.draft.mapping
    change = SchemeChange(COCO_17, new, mapping, ("point_17",))
    said = "\n".join(difference_lines(change))
    assert "Added: point_17" in said
    assert "Removed: left_eye" in said
    assert "Renamed: nose → beak" in said
    assert "Edges added: beak - left_hip" in said
    assert "Edges removed" not in said
