"""The window without a mouse and without eyes: every widget has a name, every pane is reached, focus is to be seen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QHeaderView,
    QLineEdit,
    QMainWindow,
    QMenuBar,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)
from windows import press

from annotator.gui.dialogs.about import AboutDialog
from annotator.gui.dialogs.export import ExportDialog
from annotator.gui.dialogs.keys import KeysDialog
from annotator.gui.dialogs.preferences import PreferencesDialog
from annotator.gui.layouts import Layout
from annotator.gui.menus.table import DECISIONS
from annotator.gui.palette import Palette

pytest_plugins = ("window_fixtures",)

INTERACTIVE = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit,
)  # fmt: skip
CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def name_of(widget: QWidget) -> str:
    """What a screen reader says of a widget."""
    found = QAccessible.queryAccessibleInterface(widget)
    said = "" if found is None else found.text(QAccessible.Text.Name)
    return said or (found.text(QAccessible.Text.Description) if found is not None else "")


def nameless(root: QWidget) -> list[str]:
    """Widgets that a person can work with and that say nothing of themselves."""
    found = []
    for widget in root.findChildren(QWidget):
        ours = isinstance(widget, INTERACTIVE) or (
            widget.focusPolicy() != Qt.FocusPolicy.NoFocus and type(widget).__module__.startswith("annotator")
        )
        # Parts of Qt's own widgets speak through their owner.
        inner = (
            widget.objectName().startswith("qt_")
            or isinstance(widget, (QHeaderView, QScrollBar))
            or isinstance(widget.parent().parent(), QComboBox)
            or isinstance(widget.parent(), (QComboBox, QLineEdit, QAbstractSpinBox, QMenuBar, QMainWindow))
        )
        if ours and not inner and not name_of(widget):
            found.append(f"{type(widget).__name__}#{widget.objectName()} in {type(widget.parent()).__name__}")
    return sorted(found)


def test_every_widget_of_the_window_has_a_name(window):
    assert nameless(window) == []


@pytest.mark.parametrize("name", ["keys", "preferences", "palette", "about", "export"])
def test_every_widget_of_the_dialogs_has_a_name(window, qtbot, settings, tmp_path, name):
    make = {
        "keys": lambda: KeysDialog(window.actions_, window),
        "preferences": lambda: PreferencesDialog(window.actions_, settings, window),
        "palette": lambda: Palette(window.actions_, window),
        "about": lambda: AboutDialog("", window),
        "export": lambda: ExportDialog(window.session, str(tmp_path), window),
    }
    dialog = make[name]()
    qtbot.addWidget(dialog)
    assert nameless(dialog) == []


def pane_of(window) -> str:
    now = QApplication.focusWidget()
    if window.canvas is now or window.canvas.isAncestorOf(now):
        return "canvas"
    if window.findChild(QWidget, "toolbar").isAncestorOf(now):
        return "toolbar"
    return next((dock.objectName() for dock in window.docks.all if dock.isAncestorOf(now)), "nowhere")


@pytest.mark.parametrize("layout", list(Layout))
def test_one_key_goes_round_all_panes_and_another_goes_back(window, qtbot, layout):
    window.docks.use(layout)
    window.canvas.setFocus()
    wanted = {dock.objectName() for dock in window.docks.all if not dock.isHidden()} | {"canvas", "toolbar"}
    way = []
    for _ in range(len(wanted) + 1):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, CONTROL)
        way.append(pane_of(window))
    reached = set(way)
    assert wanted - reached <= {"dockCamera", "dockPitch", "dockChecks"}, way
    assert len(reached) >= 4
    before = pane_of(window)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, CONTROL)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, CONTROL | SHIFT)
    assert pane_of(window) == before


def test_everything_large_says_what_it_is_when_asked(window):
    assert all(dock.whatsThis() for dock in window.docks.all)
    assert window.canvas.whatsThis()
    for command_id, command in window.actions_.commands.items():
        assert command.hint in window.actions_[command_id].whatsThis()


def test_a_line_shows_that_the_picture_has_the_keyboard(window, qtbot):
    window.canvas.setFocus()
    assert window._focus_line.property("active") is True
    window.frames.search.setFocus()
    assert window._focus_line.property("active") is False


@pytest.mark.parametrize("size", [(853, 460), (940, 500), (1099, 640), (1100, 640)])
def test_a_small_window_keeps_its_decisions_and_most_of_the_picture(window, qtbot, size):
    window.resize(*size)
    window.reset_layout()
    qtbot.waitUntil(lambda: (window.width(), window.height()) == size)
    bar = window.findChild(QWidget, "toolbar")
    assert all(bar.widgetForAction(window.actions_[name]).isVisible() for name in DECISIONS)
    assert window.canvas.width() >= 0.45 * size[0]
    assert window.canvas.height() >= 0.6 * size[1]


def test_tab_leaves_a_panel_in_the_order_in_which_it_is_read(window, qtbot):
    window.frames.search.setFocus()
    seen = []
    for _ in range(3):
        seen.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert seen == [window.frames.search, window.frames.states, window.frames.view]


def test_layouts_are_chosen_by_key_and_each_is_remembered_as_it_was_left(window, qtbot, make_window):
    media = window.docks.by_name["dockMedia"]
    press(window, qtbot, Qt.Key.Key_2, CONTROL | ALT)
    assert window.docks.layout is Layout.REVIEW
    media.hide()
    press(window, qtbot, Qt.Key.Key_1, CONTROL | ALT)
    assert window.docks.layout is Layout.LABEL
    assert not media.isHidden()
    press(window, qtbot, Qt.Key.Key_2, CONTROL | ALT)
    assert media.isHidden()
    window.close()
    again = make_window()
    assert again.docks.layout is Layout.REVIEW
    assert again.docks.by_name["dockMedia"].isHidden()
    again.actions_["window.reset"].trigger()
    assert not again.docks.by_name["dockMedia"].isHidden()
    press(again, qtbot, Qt.Key.Key_3, CONTROL | ALT)
    assert again.docks.layout is Layout.CALIBRATE
    assert not again.docks.by_name["dockCamera"].isHidden()


def test_every_panel_can_be_closed_moved_and_set_free(window):
    features = QDockWidget.DockWidgetFeature
    wanted = features.DockWidgetClosable | features.DockWidgetMovable | features.DockWidgetFloatable
    assert all(dock.features() == wanted for dock in window.docks.all)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_every_layout_leaves_the_picture_the_most_room(window, qtbot, layout, size):
    window.resize(*size)
    window.docks.use(layout)
    window.reset_layout()
    qtbot.waitUntil(lambda: window.width() == size[0])
    assert (window.width(), window.height()) == size
    assert window.canvas.width() >= 0.5 * size[0]
    assert window.canvas.height() >= 0.7 * size[1]


@pytest.mark.parametrize("layout", [Layout.LABEL, Layout.CALIBRATE])
def test_in_a_small_window_the_frames_and_the_points_leave_room(window, qtbot, layout):
    window.resize(1280, 720)
    window.docks.use(layout)
    window.reset_layout()
    docks = window.docks.by_name
    qtbot.waitUntil(lambda: docks["dockPitch"].width() <= 0.26 * 1280)
    qtbot.waitUntil(lambda: not docks["dockMedia"].isVisible() or docks["dockMedia"].width() <= 0.15 * 1280)
    assert docks["dockLayers"] in window.tabifiedDockWidgets(docks["dockPoints"])


def test_the_words_over_the_columns_have_room_for_larger_text(window, settings):
    from annotator.gui import theme
    from annotator.gui.panels.points_model import CONFIDENCE

    points = window.docks.points
    try:
        theme.choose_text_size(settings, 150)
        assert points.columnWidth(CONFIDENCE) >= points.horizontalHeader().sectionSizeHint(CONFIDENCE)
    finally:
        theme.choose_text_size(settings, 100)


def test_a_layout_survives_a_state_that_nobody_can_read(make_window, settings):
    settings.setValue("window/layout", "nonsense")
    settings.setValue("layout/label", "nonsense")
    window = make_window()
    assert window.docks.layout is Layout.LABEL
    assert not window.docks.by_name["dockPoints"].isHidden()


def test_larger_text_makes_every_row_higher(window, settings):
    from annotator.gui import theme

    view = window.frames.view
    before, points = view.sizeHintForRow(0), window.font().pointSizeF()
    try:
        theme.choose_text_size(settings, 150)
        assert window.font().pointSizeF() == pytest.approx(1.5 * points)
        assert view.sizeHintForRow(0) > before
        assert theme.stored_text_size(settings) == 150
    finally:
        theme.choose_text_size(settings, 100)
    assert view.sizeHintForRow(0) == before
