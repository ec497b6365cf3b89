"""While a menu is open its keys are its own: no command of the picture runs, and a reason is given to its own frame."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu
from windows import press, settle, spot

from annotator.gui.dialogs.preferences import PreferencesDialog
from annotator.labels import Decision

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def open_menu(qtbot) -> QMenu:
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


@pytest.mark.parametrize("key", [Qt.Key.Key_2, Qt.Key.Key_3])
def test_a_digit_in_the_menu_of_reasons_chooses_a_reason_and_no_tool(window, qtbot, key) -> None:
    session, frame_id = window.session, window.session.frame_id
    press(window, qtbot, Qt.Key.Key_X)
    qtbot.keyClick(open_menu(qtbot), key)
    settle(window, qtbot)
    review = session.project.record(frame_id).review
    assert (window.tools.current, review.decision) == ("select", Decision.REJECTED)
    assert session.frame_id != frame_id


def test_a_letter_in_a_menu_changes_no_frame_and_no_layer(window, qtbot) -> None:
    frame_id, settings = window.session.frame_id, window.session.settings
    press(window, qtbot, Qt.Key.Key_X)
    menu = open_menu(qtbot)
    for key in (Qt.Key.Key_D, Qt.Key.Key_P, Qt.Key.Key_N):
        qtbot.keyClick(menu, key)
    assert (window.session.wanted, window.session.settings) == (frame_id, settings)
    qtbot.keyClick(menu, Qt.Key.Key_Escape)
    assert window.session.record.review.decision is Decision.OPEN


def test_after_the_menu_the_keys_are_those_of_the_picture_again(window, qtbot) -> None:
    press(window, qtbot, Qt.Key.Key_X)
    qtbot.keyClick(open_menu(qtbot), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    press(window, qtbot, Qt.Key.Key_2)
    assert window.tools.current == "point"


def test_the_menu_of_reasons_goes_with_its_frame(window, qtbot) -> None:
    press(window, qtbot, Qt.Key.Key_X)
    open_menu(qtbot)
    window.session.step(1)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)


def test_a_letter_in_the_menu_bar_is_the_menus(window, qtbot) -> None:
    shown = window.session.settings.predictions
    window.canvas.setFocus()
    window.menuBar().setActiveAction(window.menuBar().actions()[0])
    qtbot.keyClick(open_menu(qtbot), Qt.Key.Key_P)
    assert window.session.settings.predictions is shown
    qtbot.waitUntil(lambda: window.findChild(PreferencesDialog) is not None)
    window.findChild(PreferencesDialog).close()


def test_a_digit_in_the_context_menu_takes_no_tool(window, qtbot) -> None:
    window.canvas.setFocus()
    qtbot.mousePress(window.canvas.viewport(), Qt.MouseButton.RightButton, pos=spot(window, 300.0, 200.0))
    menu = open_menu(qtbot)
    qtbot.keyClick(menu, Qt.Key.Key_2)
    assert window.tools.current == "select"
    menu.close()
