"""The table of commands: complete, without clashes, and typing stays typing."""

from __future__ import annotations

from collections import defaultdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from windows import click, open_folder, press, settle

from annotator.gui import theme
from annotator.gui.dialogs.keys import KeysDialog
from annotator.gui.menus.command import Command
from annotator.gui.menus.table import COMMANDS, CONTEXT, DECISIONS, MENUS, TOOLBAR
from annotator.gui.palette import Palette, fitting

pytest_plugins = ("window_fixtures",)


def test_no_two_commands_share_a_key():
    users = defaultdict(list)
    for command in COMMANDS:
        for key in command.keys:
            users[QKeySequence(key).toString()].append(command.id)
    assert {key: ids for key, ids in users.items() if len(ids) > 1} == {}


def test_every_key_can_be_parsed():
    for command in COMMANDS:
        for key in command.keys:
            assert QKeySequence(key).toString(), command.id


def test_every_command_has_words_and_an_icon_that_exists():
    for command in COMMANDS:
        assert command.text, command.id
        assert command.tip, command.id
        assert command.menu in {name for name, _ in MENUS} | {""}
        if command.icon:
            assert (theme.ICONS / f"{command.icon}.svg").is_file(), command.icon


def test_ids_are_unique_and_the_bars_name_real_ones():
    ids = [command.id for command in COMMANDS]
    assert len(ids) == len(set(ids))
    assert {name for name in (*TOOLBAR, *CONTEXT, *DECISIONS) if name} <= set(ids)


def test_every_tip_says_the_key(window):
    for command in COMMANDS:
        tip = window.actions_[command.id].toolTip()
        assert command.tip in tip
        for key in command.key_text.split(", ") if command.keys else ():
            assert key in tip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_is_found_in_the_palette_by_its_name(command: Command):
    assert command in fitting(COMMANDS, command.title)[:6]


def test_the_palette_runs_what_was_typed(window, qtbot):
    palette = Palette(window.actions_, window)
    qtbot.addWidget(palette)
    palette.open_over(window)
    qtbot.keyClicks(palette.query, "next frame")
    qtbot.keyClick(palette.query, Qt.Key.Key_Down)
    qtbot.keyClick(palette.query, Qt.Key.Key_Up)
    qtbot.keyClick(palette.query, Qt.Key.Key_Return)
    assert not palette.isVisible()
    settle(window, qtbot)
    assert window.session.frame_id == window.session.order.ids[1]


def test_the_palette_says_why_a_command_cannot_be_used_and_does_not_run_it(empty_window, qtbot):
    palette = Palette(empty_window.actions_, empty_window)
    qtbot.addWidget(palette)
    palette.open_over(empty_window)
    qtbot.keyClicks(palette.query, "export")
    assert empty_window.actions_.why_not(palette.model.commands[0]) == "Open a folder or video first"
    qtbot.keyClick(palette.query, Qt.Key.Key_Return)
    assert palette.isVisible()
    qtbot.keyClick(palette.query, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_letters_typed_into_the_search_box_are_typed(window, qtbot):
    first = window.session.frame_id
    before = window.session.settings
    qtbot.mouseClick(window.frames.search, Qt.MouseButton.LeftButton)
    letters = "dahnkptmfxcvuj123456.,"
    qtbot.keyClicks(window.frames.search, letters)
    assert window.frames.search.text() == letters
    assert window.session.frame_id == first
    assert window.session.settings == before
    assert window.tools.current == "select"
    assert window.session.stack.count() == 0


def test_a_letter_pressed_in_the_list_is_a_command(window, qtbot):
    window.frames.view.setFocus()
    qtbot.keyClick(window.frames.view, Qt.Key.Key_H)
    assert not window.session.settings.labels
    qtbot.keyClick(window.frames.view, Qt.Key.Key_D)
    settle(window, qtbot)
    assert window.session.frame_id == window.session.order.ids[1]


def test_commands_follow_the_state(window, qtbot):
    undo = window.actions_["edit.undo"]
    window.actions_.refresh()
    assert not undo.isEnabled()
    window.docks.map.keypoint_chosen.emit("CENTER_MARK")
    click(window, qtbot, 200.0, 200.0)
    qtbot.waitUntil(undo.isEnabled)
    assert window.actions_["tool.point"].isChecked()
    assert not window.actions_["predict.frame"].isEnabled()


def test_the_help_lists_every_command_and_finds_by_key(window, qtbot):
    dialog = KeysDialog(window.actions_, window)
    qtbot.addWidget(dialog)
    assert dialog.tree.topLevelItemCount() > len(COMMANDS)
    qtbot.keyClicks(dialog.search, "ctrl+k")
    shown = [item.text(0) for item in dialog.page.items if not item.isHidden()]
    assert shown == ["Command palette"]


def test_digits_take_tools(window, qtbot):
    for key, name in (
        (Qt.Key.Key_2, "point"),
        (Qt.Key.Key_3, "marking"),
        (Qt.Key.Key_6, "pan"),
        (Qt.Key.Key_1, "select"),
    ):
        press(window, qtbot, key)
        assert window.tools.current == name


def test_what_was_asked_for_by_name_lately_comes_first_and_is_remembered(window, qtbot, make_window):
    palette = Palette(window.actions_, window)
    qtbot.addWidget(palette)
    palette.open_over(window)
    qtbot.keyClicks(palette.query, "residuals")
    qtbot.keyClick(palette.query, Qt.Key.Key_Return)
    assert Palette(window.actions_, window).model.commands[0].id == "view.residuals"
    window.close()
    again = make_window()
    assert Palette(again.actions_, again).model.commands[0].id == "view.residuals"


def test_the_palette_shows_the_keys_as_they_are_now(window, qtbot):
    ring = window.actions_.keyring
    ring.use(ring.keymap.with_key("view.residuals", "F12"))
    palette = Palette(window.actions_, window)
    qtbot.addWidget(palette)
    palette.model.show_query("residuals")
    spoken = palette.model.data(palette.model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Residuals, R, F12"


def test_a_command_that_cannot_be_used_says_why_in_its_tips(empty_window, frames, qtbot):
    export = empty_window.actions_["file.export"]
    assert export.statusTip() == "Open a folder or video first"
    assert export.toolTip().endswith("Open a folder or video first")
    open_folder(empty_window, frames, qtbot)
    qtbot.waitUntil(export.isEnabled)
    assert export.statusTip() == empty_window.actions_.commands["file.export"].hint
    assert "first" not in export.toolTip()
