"""Enter goes on with what a dialog is for, and a button that cannot be pressed says so and can be read."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import pixels
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QFileDialog, QInputDialog, QPushButton
from windows import open_folder

from annotator.gui import theme
from annotator.gui.dialogs.opener import leave_enter_to_the_ways_out
from annotator.gui.dialogs.scheme_choice import NewProjectDialog
from annotator.gui.menus.table import COMMANDS
from annotator.labels import EMPTY, Decision, FrameRecord, Review, place
from annotator.project import Project
from annotator.schemes import COCO_17

pytest_plugins = ("window_fixtures",)

LEAST = 3.0
"""Contrast of text that is only to be made out (WCAG 2.2, 1.4.11)."""
QUICK = ("help.about", "help.keys")
LISTS = ("review.reject", "review.lookAgain")
"""What opens a list of reasons."""


def luminance(colour: QColor) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.getRgbF()[:3]]
    return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))


def contrast(a: QColor, b: QColor) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def over(top: QColor, ground: QColor) -> QColor:
    share = top.alphaF()
    mixed = (a * share + b * (1.0 - share) for a, b in zip(top.getRgbF()[:3], ground.getRgbF()[:3], strict=True))
    return QColor.fromRgbF(*mixed)


@pytest.fixture
def dressed(qapp):
    yield lambda scheme: theme.apply(QApplication.instance(), scheme)
    theme.apply(QApplication.instance(), theme.Scheme.LIGHT)


@pytest.mark.parametrize("scheme", [theme.Scheme.LIGHT, theme.Scheme.DARK])
def test_a_button_that_cannot_be_pressed_looks_so_and_is_read(qtbot, dressed, scheme):
    dressed(scheme)
    dialog = QDialog()
    qtbot.addWidget(dialog)
    can, cannot = QPushButton("MMMM", dialog), QPushButton("MMMM", dialog)
    cannot.setGeometry(0, 40, 120, 30)
    can.setGeometry(0, 0, 120, 30)
    can.setDefault(True)
    with qtbot.waitExposed(dialog):
        dialog.show()
    accent = QColor(theme.tokens().accent)
    assert (pixels(can.grab().toImage()) == accent.getRgb()[:3]).all(axis=2).mean() > 0.3
    cannot.setDefault(True)
    cannot.setEnabled(False)
    shown = pixels(cannot.grab().toImage())
    assert not (shown == accent.getRgb()[:3]).all(axis=2).any()
    inner = shown[8:-8, 8:-8].reshape(-1, 3)
    colours, counts = np.unique(inner, axis=0, return_counts=True)
    ground = QColor(*map(int, colours[counts.argmax()]))
    assert max(contrast(QColor(*map(int, one)), ground) for one in colours) >= LEAST


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK])
def test_words_that_are_disabled_can_be_read_on_every_ground(colours):
    palette = theme.palette_of(colours)
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        words = palette.color(QPalette.ColorGroup.Disabled, role)
        for ground in (colours.window, colours.base, colours.raised):
            assert contrast(over(words, QColor(ground)), QColor(ground)) >= LEAST


@pytest.fixture
def people_window(make_window, frames, qtbot):
    with Project.for_media([frames], scheme=COCO_17) as project:
        labels = place(place(EMPTY, "nose", (50.0, 60.0)), "left_eye", (55.0, 55.0))
        ids = project.frame_ids()
        project.save_record(ids[0], FrameRecord(labels, Review(Decision.ACCEPTED)), text="one")
        project.save_record(ids[1], FrameRecord(labels), text="two")
    window = make_window()
    open_folder(window, frames, qtbot)
    return window


def all_dialogs(window, qtbot):
    """Every dialog that a command opens over the window, one after the other."""
    for command in COMMANDS:
        action = window.actions_[command.id]
        asks = command.title.endswith("...") and command.id not in LISTS
        if not (asks or command.id in QUICK) or not action.isEnabled():
            continue
        action.trigger()
        # Some count first, in the background.
        qtbot.waitUntil(lambda: not window.errands.job.running)
        QApplication.processEvents()
        for dialog in window.findChildren(QDialog):
            if dialog.isVisible():
                yield dialog
                dialog.reject()
                QApplication.processEvents()


@pytest.fixture
def no_choosers(monkeypatch):
    """Questions of the system, which nobody answers here."""
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *args, **named: ("", ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *args, **named: ([], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args, **named: "")
    for name in ("getInt", "getText", "getItem", "getMultiLineText"):
        monkeypatch.setattr(QInputDialog, name, lambda *args, **named: (0, False))


def default_of(dialog: QDialog) -> QPushButton | None:
    return next((one for one in dialog.findChildren(QPushButton) if one.isDefault() and one.isVisible()), None)


def test_no_button_of_any_dialog_takes_enter_from_its_way_out(people_window, qtbot, no_choosers):
    seen = set()
    for dialog in all_dialogs(people_window, qtbot):
        seen.add(type(dialog).__name__)
        before = default_of(dialog)
        boxes = dialog.findChildren(QDialogButtonBox)
        ways_out = {button for box in boxes for button in box.buttons()}
        for button in dialog.findChildren(QPushButton):
            if button in ways_out or not button.isVisible() or not button.isEnabled():
                continue
            button.setFocus()
            QApplication.processEvents()
            assert not button.isDefault(), f"{type(dialog).__name__}: {button.text()}"
            if before is not None and before.isEnabled():
                assert before.isDefault(), f"{type(dialog).__name__}: {button.text()}"
    assert {"NewProjectDialog", "ExportDialog", "FilmDialog", "SchemeEditor", "PreferencesDialog", "SliceDialog",
            "StatisticsDialog", "RetrainDialog", "KeysDialog", "AboutDialog", "DetectDialog"} <= seen  # fmt: skip


def test_enter_creates_the_project_after_the_frames_were_chosen(empty_window, frames, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args, **named: asked.append(1) or str(frames))
    empty_window.actions_["file.new"].trigger()
    dialog = empty_window.findChild(NewProjectDialog)
    with qtbot.waitActive(dialog):
        dialog.activateWindow()
    # Nothing is chosen yet: Enter does nothing.
    qtbot.keyClick(dialog.choice.list, Qt.Key.Key_Return)
    assert dialog.isVisible()
    choose = next(one for one in dialog.findChildren(QPushButton) if one.text().startswith("Folder"))
    qtbot.mouseClick(choose, Qt.MouseButton.LeftButton)
    assert asked == [1]
    assert dialog.make.isDefault()
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    assert asked == [1]


def test_what_a_dialog_is_for_keeps_enter(qtbot):
    dialog = QDialog()
    qtbot.addWidget(dialog)
    aside = QPushButton("Choose...", dialog)
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, dialog)
    more = box.addButton("More", QDialogButtonBox.ButtonRole.ActionRole)
    go = box.addButton("Go", QDialogButtonBox.ButtonRole.AcceptRole)
    leave_enter_to_the_ways_out(dialog)
    assert [one.autoDefault() for one in (aside, more, go)] == [False, False, True]
    with qtbot.waitActive(dialog):
        dialog.show()
    aside.setFocus()
    assert go.isDefault()
    assert not aside.isDefault()
