"""Keys are changed, found, kept in a readable file, and never work where somebody types."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu
from windows import press, settle

from annotator.gui.dialogs.keys import KeysDialog
from annotator.gui.keymap import OWN, Keymap, Place, by_place, of_event, place_of, portable, presets
from annotator.gui.keymap_file import Keyring, keys_path, read_keymap, write_keymap
from annotator.gui.menus.command import Scope
from annotator.gui.menus.table import COMMANDS
from annotator.gui.mnemonics import bare, lettered
from annotator.gui.view_settings import HeatmapLayer

pytest_plugins = ("window_fixtures",)

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def shared(keymap):
    users = defaultdict(list)
    for command in COMMANDS:
        for key in keymap.keys(command.id):
            users[key].append(command.id)
    return {key: ids for key, ids in users.items() if len(ids) > 1}


def frame_number(window):
    return window.session.order.place_of(window.session.frame_id)


@pytest.fixture
def dialog(window, qtbot):
    dialog = KeysDialog(window.actions_, window)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def choose(dialog, command_id):
    item = next(item for item in dialog.page.items if item.data(0, Qt.ItemDataRole.UserRole) == command_id)
    dialog.tree.setCurrentItem(item)
    return item


def leave(dialog, window, qtbot):
    """Close the dialog and be in the window again, which keys ask for."""
    dialog.close()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def add_key(dialog, qtbot, command_id, key, modifier=Qt.KeyboardModifier.NoModifier):
    choose(dialog, command_id)
    qtbot.mouseClick(dialog.page.line.add, Qt.MouseButton.LeftButton)
    qtbot.keyClick(dialog.page.line.add, key, modifier)


# Values


@pytest.mark.parametrize("preset", presets().values(), ids=lambda preset: preset.id)
def test_a_preset_names_real_commands_and_gives_no_key_twice(preset):
    known = {command.id for command in COMMANDS} | {"app.preferences"}
    assert set(preset.keys) <= known
    assert shared(Keymap(preset)) == {}
    assert all(portable(key) == key for keys in preset.keys.values() for key in keys)


def test_every_command_with_a_key_of_ours_has_one_in_every_preset():
    own = Keymap()
    for preset in presets().values():
        lost = [c.id for c in COMMANDS if own.keys(c.id) and not Keymap(preset).keys(c.id)]
        assert lost == [], preset.id


def test_a_key_given_to_one_command_is_taken_from_the_other_and_a_reset_takes_it_back():
    keymap = Keymap().with_key("view.fit", "D")
    assert keymap.owner("D") == "view.fit"
    assert keymap.keys("go.next") == ()
    assert shared(keymap) == {}
    back = keymap.reset("go.next")
    assert back.keys("go.next") == ("D",)
    assert back.keys("view.fit") == ("F",)
    assert back == Keymap()


def test_resetting_all_leaves_the_preset():
    cvat = presets()["cvat"]
    keymap = Keymap(cvat).with_key("go.next", "Ctrl+Alt+Right").without_key("view.fit", "Z")
    assert keymap.reset_all() == Keymap(cvat)


@pytest.mark.parametrize(
    ("scope", "key", "place"),
    [
        (Scope.WINDOW, "Ctrl+K", Place.WINDOW),
        (Scope.WINDOW, "F5", Place.WINDOW),
        (Scope.WINDOW, "G", Place.VIEWS),
        (Scope.WINDOW, "Shift+G", Place.VIEWS),
        (Scope.WINDOW, "Down", Place.CANVAS),
        (Scope.VIEWS, "Shift+Tab", Place.CANVAS),
        (Scope.CANVAS, "Ctrl+G", Place.CANVAS),
        (Scope.TAP, "Ctrl+Return", Place.VIEWS),
        (Scope.WINDOW, "Space", Place.TAP),
    ],
)
def test_what_is_typed_or_moves_in_lists_never_works_in_the_whole_window(scope, key, place):
    assert place_of(scope, key) is place


def test_the_keys_of_a_command_are_sorted_by_where_they_work():
    export = next(command for command in COMMANDS if command.id == "file.export")
    groups = by_place(export, ("Ctrl+E", "E", "Down", "F12"))
    assert groups == {Place.WINDOW: ("Ctrl+E", "F12"), Place.VIEWS: ("E",), Place.CANVAS: ("Down",)}


@pytest.mark.parametrize(
    ("key", "held", "text"),
    [
        (Qt.Key.Key_D, Qt.KeyboardModifier.NoModifier, "D"),
        (Qt.Key.Key_Backtab, SHIFT, "Shift+Tab"),
        (Qt.Key.Key_Question, SHIFT, "?"),
        (Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier, "Return"),
        (Qt.Key.Key_5, Qt.KeyboardModifier.KeypadModifier, "5"),
        (Qt.Key.Key_Shift, SHIFT, ""),
        (Qt.Key.Key_F5, SHIFT, "Shift+F5"),
    ],
)
def test_what_was_pressed_is_written_as_files_write_it(key, held, text):
    from PySide6.QtCore import QKeyCombination

    assert of_event(QKeyCombination(held, key)) == text


# The file


def test_keys_are_found_again_and_what_this_version_does_not_know_stays(tmp_path):
    path = tmp_path / "new" / "keys.json"
    keymap = Keymap(presets()["sleap"], {"go.next": ("Ctrl+Alt+N",)}, {"later.command": ["F12"], "odd": 7})
    write_keymap(path, keymap)
    assert read_keymap(path) == (keymap, "")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["preset"] == "sleap"
    assert document["keys"]["later.command"] == ["F12"]
    assert document["keys"]["odd"] == 7


def test_wrong_types_fall_back_with_one_sentence_that_names_the_file(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text('{"preset": 3, "keys": {"go.next": 5, "view.fit": ["Banana"], "view.names": ["B"]}}')
    keymap, said = read_keymap(path)
    assert keymap.preset.id == OWN
    assert keymap.keys("go.next") == ("D",)
    assert keymap.keys("view.fit") == ("F",)
    assert keymap.keys("view.names") == ("B",)
    assert str(path) in said
    assert "go.next, view.fit" in said


def test_a_damaged_file_gives_the_usual_keys_and_says_so(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text("{")
    keymap, said = read_keymap(path)
    assert keymap == Keymap()
    assert "keys.json" in said


def test_a_key_that_a_file_gives_to_two_commands_stays_with_the_first(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text('{"keys": {"view.names": ["B"], "view.fit": ["B", "Z"]}}')
    keymap, said = read_keymap(path)
    assert keymap.owner("B") == "view.names"
    assert keymap.keys("view.fit") == ("Z",)
    assert "view.fit" in said


def test_keys_that_cannot_be_stored_hold_and_say_why(tmp_path, qtbot):
    (tmp_path / "file").write_text("")
    ring = Keyring(tmp_path / "file" / "keys.json")
    said = []
    ring.failed.connect(said.append)
    with qtbot.waitSignal(ring.changed):
        ring.use(Keymap().with_key("go.next", "G"))
    assert len(said) == 1
    assert str(tmp_path / "file") in said[0]
    assert ring.keymap.owner("G") == "go.next"


# The window


def test_a_new_key_works_at_once_and_after_the_next_start(window, dialog, qtbot, make_window, settings):
    add_key(dialog, qtbot, "go.next", Qt.Key.Key_Y)
    leave(dialog, window, qtbot)
    assert "Y" in window.actions_["go.next"].toolTip()
    press(window, qtbot, Qt.Key.Key_Y)
    settle(window, qtbot)
    assert frame_number(window) == 1
    assert keys_path(settings).is_file()
    window.close()
    again = make_window()
    assert again.actions_.keys("go.next") == ("D", "Y")


def test_a_letter_given_to_a_command_of_the_window_is_still_typed_in_a_box(window, dialog, qtbot):
    add_key(dialog, qtbot, "view.fullScreen", Qt.Key.Key_Y)
    leave(dialog, window, qtbot)
    qtbot.mouseClick(window.frames.search, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(window.frames.search, "y")
    assert window.frames.search.text() == "y"
    assert not window.isFullScreen()


def test_both_kinds_of_keys_of_one_command_work(window, dialog, qtbot):
    add_key(dialog, qtbot, "view.heatmapAll", Qt.Key.Key_E, CONTROL | SHIFT)
    add_key(dialog, qtbot, "go.nextUnlabelled", Qt.Key.Key_Y)
    leave(dialog, window, qtbot)
    press(window, qtbot, Qt.Key.Key_Y)
    settle(window, qtbot)
    press(window, qtbot, Qt.Key.Key_D, CONTROL)
    settle(window, qtbot)
    assert frame_number(window) == 2


def test_a_key_in_use_names_its_command_and_is_moved_when_asked_for(window, dialog, qtbot):
    add_key(dialog, qtbot, "view.fit", Qt.Key.Key_D)
    assert dialog.page.says.text() == "D asks for Next frame. Press another key, or move it"
    assert window.actions_.keys("go.next") == ("D",)
    assert dialog.page.move_key.isVisible()
    qtbot.mouseClick(dialog.page.move_key, Qt.MouseButton.LeftButton)
    assert window.actions_.keys("view.fit") == ("F", "D")
    assert window.actions_.keys("go.next") == ()
    qtbot.mouseClick(dialog.page.undo, Qt.MouseButton.LeftButton)
    assert window.actions_.keys("go.next") == ("D",)
    assert window.actions_.keys("view.fit") == ("F",)


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_tab_escape_and_return_are_keys_like_others_while_one_is_waited_for(window, dialog, qtbot, key):
    add_key(dialog, qtbot, "view.fit", key)
    assert dialog.isVisible()
    assert "asks for" in dialog.page.says.text()


def test_waiting_for_a_key_ends_with_a_look_elsewhere(dialog, qtbot):
    choose(dialog, "view.fit")
    qtbot.mouseClick(dialog.page.line.add, Qt.MouseButton.LeftButton)
    assert dialog.page.line.add.waiting
    dialog.search.setFocus()
    qtbot.waitUntil(lambda: not dialog.page.line.add.waiting)


def test_the_keys_of_a_command_are_reached_by_tab_after_the_table(dialog, qtbot):
    choose(dialog, "edit.redo")
    dialog.tree.setFocus()
    way = []
    for _ in range(3):
        qtbot.waitUntil(lambda: all(chip.isVisible() for chip in dialog.page.line.chips))
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        way.append(QApplication.focusWidget())
    assert way == [*dialog.page.line.chips, dialog.page.line.add]


def test_a_command_is_found_by_pressing_its_key(dialog, qtbot):
    qtbot.mouseClick(dialog.page.by_key, Qt.MouseButton.LeftButton)
    qtbot.keyClick(dialog.page.by_key, Qt.Key.Key_K, CONTROL)
    assert [item.text(0) for item in dialog.page.items if not item.isHidden()] == ["Command palette"]
    qtbot.mouseClick(dialog.page.by_key, Qt.MouseButton.LeftButton)
    qtbot.keyClick(dialog.page.by_key, Qt.Key.Key_F12)
    assert dialog.page.says.text() == "F12 is free"


def test_a_key_is_removed_and_one_command_reset(window, dialog, qtbot):
    choose(dialog, "edit.redo")
    assert [chip.accessibleName() for chip in dialog.page.line.chips] == [
        "Remove the key Ctrl+Shift+Z",
        "Remove the key Ctrl+Y",
    ]
    qtbot.mouseClick(dialog.page.line.chips[0], Qt.MouseButton.LeftButton)
    assert window.actions_.keys("edit.redo") == ("Ctrl+Y",)
    qtbot.mouseClick(dialog.page.line.reset, Qt.MouseButton.LeftButton)
    assert window.actions_.keys("edit.redo") == ("Ctrl+Shift+Z", "Ctrl+Y")
    assert not dialog.page.line.reset.isVisible()


def test_the_space_bar_can_be_given_to_another_command_and_acceptance_another_key(window, dialog, qtbot):
    dialog.page.preset.setCurrentIndex(dialog.page.preset.findText("SLEAP"))
    dialog.page.preset.activated.emit(dialog.page.preset.currentIndex())
    leave(dialog, window, qtbot)
    first = window.session.frame_id
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert frame_number(window) == 1
    assert window.session.project.record(first).review.decision.value == "open"
    second = window.session.frame_id
    press(window, qtbot, Qt.Key.Key_Return, CONTROL)
    settle(window, qtbot)
    assert window.session.project.record(second).review.decision.value == "accepted"
    assert "\tSpace" in window.actions_["go.nextOpen"].text()
    assert "\t" not in window.actions_["review.accept"].text()


def test_the_keys_of_another_program_turn_pages(window, dialog, qtbot):
    dialog.page.preset.setCurrentIndex(dialog.page.preset.findText("CVAT"))
    dialog.page.preset.activated.emit(dialog.page.preset.currentIndex())
    leave(dialog, window, qtbot)
    for _ in range(2):
        press(window, qtbot, Qt.Key.Key_F)
        settle(window, qtbot)
    press(window, qtbot, Qt.Key.Key_D)
    settle(window, qtbot)
    assert frame_number(window) == 1


def test_the_keys_are_written_as_a_pdf(dialog, tmp_path):
    path = tmp_path / "keys.pdf"
    dialog.save_to(path)
    assert path.read_bytes().startswith(b"%PDF")
    assert path.stat().st_size > 5000
    assert str(path) in dialog.page.says.text()
    dialog.save_to(tmp_path / "nowhere" / "keys.pdf")
    assert "cannot be written" in dialog.page.says.text()


# Letters of menus


def test_letters_are_first_letters_where_they_can_be_and_never_twice():
    assert lettered(["Open folder", "Open video", "Open &images", "Save"]) == [
        "Open &folder",
        "&Open video",
        "Open &images",
        "&Save",
    ]
    assert lettered(["aa", "a", "a"]) == ["&aa", "a", "a"]
    assert lettered(["Pan", "Point", "Absent"]) == ["&Pan", "P&oint", "&Absent"]
    assert lettered(["ab", "a"]) == ["a&b", "&a"]
    assert bare("Black && &white") == "Black & white"


def test_no_menu_has_a_letter_twice_and_every_line_has_one_while_letters_last(window, qtbot):
    menus = [menu for menu in window.menuBar().findChildren(QMenu) if menu.title()]
    assert len(menus) >= 9
    for menu in menus:
        menu.aboutToShow.emit()
        texts = [action.text().split("\t")[0] for action in menu.actions() if not action.isSeparator()]
        letters = [text[text.index("&") + 1].casefold() for text in texts if "&" in text]
        assert len(letters) == len(set(letters)), menu.title()
        assert len(letters) >= min(len(texts), 22), menu.title()


def test_the_status_bar_names_the_keys_as_they_are_now(window, dialog, qtbot):
    window.actions_["view.labels"].trigger()
    assert window.status.hidden.text() == "Labels hidden (H)"
    choose(dialog, "view.labels")
    qtbot.mouseClick(dialog.page.line.chips[0], Qt.MouseButton.LeftButton)
    assert window.status.hidden.text() == "Labels hidden"
    add_key(dialog, qtbot, "view.labels", Qt.Key.Key_F12)
    assert window.status.hidden.text() == "Labels hidden (F12)"


def test_another_key_answers_the_question_whose_key_it_is(dialog, window, qtbot):
    choose(dialog, "tool.select")
    qtbot.mouseClick(dialog.page.line.add, Qt.MouseButton.LeftButton)
    qtbot.keyClick(dialog.page.line.add, Qt.Key.Key_D)
    assert dialog.page.move_key.isVisible()
    qtbot.keyClick(dialog.page.move_key, Qt.Key.Key_A)
    assert dialog.page.says.text().startswith("A asks for Previous frame")
    qtbot.keyClick(dialog.page.move_key, Qt.Key.Key_F4)
    assert "F4" in window.actions_.keys("tool.select")
    assert not dialog.page.move_key.isVisible()
    assert window.actions_.keys("go.next") == ("D",)


def test_layers_name_the_keys_of_the_key_map(window):
    heat, box = window.docks.layers.heatmaps[HeatmapLayer.SELECTED], window.docks.layers.boxes["names"]
    assert "(M)" in heat.toolTip()
    assert "(N)" in box.toolTip()
    keymap = window.actions_.keyring.keymap.with_key("view.heatmap", "F4").without_key("view.heatmap", "M")
    window.actions_.keyring.use(keymap.without_key("view.names", "N"))
    assert "(F4)" in heat.toolTip()
    assert box.toolTip().startswith("Names: ")
