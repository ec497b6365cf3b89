"""What is said over the picture: notices pass, warnings stay, nothing is a pop-up."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from windows import press, settle

from annotator.export import ExportKind, ExportReport, LeftOut
from annotator.gui.panels.message_bar import MessageBar

pytest_plugins = ("window_fixtures",)


@pytest.fixture
def bar(qtbot):
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.resize(900, 500)
    made = MessageBar(holder)
    with qtbot.waitExposed(holder):
        holder.show()
    return made


def test_a_notice_passes_and_a_warning_stays(bar, qtbot):
    bar.tell("Done")
    bar.warn("Something is not there")
    notice, warning = bar.toasts
    assert warning._clock is None
    assert notice._clock.isActive()
    notice._clock.timeout.emit()
    assert [toast.text for toast in bar.toasts] == ["Something is not there"]
    assert bar.isVisible()
    qtbot.mouseClick(warning.dismiss, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    assert bar.text == ""


def test_a_notice_that_is_being_read_waits(bar, qtbot):
    bar.tell("Done")
    toast = bar.toasts[0]
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QEnterEvent

    QApplication.sendEvent(toast, QEnterEvent(QPointF(1, 1), QPointF(1, 1), QPointF(1, 1)))
    assert not toast._clock.isActive()
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    assert toast._clock.isActive()


def test_a_warning_is_not_pushed_out_by_notices_and_the_same_words_stand_once(bar):
    bar.warn("Bad")
    for word in ("one", "two", "two", "three", "four"):
        bar.tell(word)
    assert [toast.text for toast in bar.toasts] == ["Bad", "three", "four"]


def test_a_way_out_is_taken_by_keyboard_and_the_line_goes(bar, qtbot):
    taken = []
    bar.tell("Exported", ("Open folder", lambda: taken.append("opened")))
    button = bar.toasts[0].buttons[0]
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert taken == ["opened"]
    assert bar.toasts == []


def test_escape_sends_a_line_away(bar, qtbot):
    bar.warn("Bad")
    bar.toasts[0].dismiss.setFocus()
    qtbot.keyClick(bar.toasts[0].dismiss, Qt.Key.Key_Escape)
    assert bar.toasts == []


def test_long_sentences_are_wrapped_and_short_ones_take_little_room(bar):
    bar.tell("Done")
    assert bar.width() < 400
    bar.warn("A sentence that goes on " * 20)
    assert bar.width() <= 720
    assert bar.toasts[1].height() > bar.toasts[0].height()


def test_markup_in_a_file_name_is_shown_as_it_is(bar):
    bar.warn("<b>a</b>.png cannot be read")
    assert bar.toasts[0]._label.textFormat() is Qt.TextFormat.PlainText


def test_what_is_said_reaches_a_screen_reader(bar, monkeypatch):
    told = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: told.append((event.message(), event.type())))
    bar.warn("Bad")
    assert told == [("Bad", QAccessible.Event.Announcement)]


def test_the_end_of_an_export_is_a_line_with_the_way_to_its_folder(window, qtbot, tmp_path):
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    with qtbot.waitSignal(window.errands.exported, timeout=10000):
        window.errands.export(tmp_path / "out", ExportKind.COCO)
    qtbot.waitUntil(lambda: bool(window.message.toasts))
    assert "Frames exported" in window.message.text
    assert "Open folder" in [button.text() for button in window.message.toasts[-1].buttons]
    assert [child for child in window.findChildren(QDialog) if child.isVisible()] == []


def test_what_an_export_left_out_is_one_click_away(window, qtbot, tmp_path):
    window.dialogs.tell_export(ExportReport(ExportKind.COCO, tmp_path, 3, (LeftOut("frame_001.png", "damaged"),)))
    details = window.message.toasts[-1].buttons[1]
    assert details.text() == "Details"
    qtbot.mouseClick(details, Qt.MouseButton.LeftButton)
    dialog = next(child for child in window.findChildren(QDialog) if child.isVisible())
    assert dialog.list.item(0).text() == "frame_001.png: damaged"
    dialog.close()
