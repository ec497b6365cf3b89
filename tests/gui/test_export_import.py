"""Export and import in the window: one page, live counts, leaks, reports; a preview before anything is brought in."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from test_access import nameless
from windows import opened, press, settle

from annotator.commands import run_command
from annotator.export import ExportKind, Scope, Unaccepted, export
from annotator.formats.cvat import write_cvat
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.gui.dialogs.export_wizard import ExportDialog
from annotator.gui.dialogs.import_preview import ImportPreview
from annotator.labels import EMPTY, Decision, FrameRecord, Review, Visibility, place
from annotator.pitch import PITCH_57

pytest_plugins = ("window_fixtures",)

FIRST, SECOND = "CENTER_MARK", "L_PENALTY_MARK"


def accept(window, qtbot, *, count: int, at: tuple[float, float] = (100.0, 50.0)) -> list[int]:
    project = window.session.project
    numbers = project.frame_ids()[:count]
    for number in numbers:
        labels = place(EMPTY, FIRST, at)
        project.save_record(number, FrameRecord(labels, Review(Decision.ACCEPTED)), text="Accept")
    window.session.reload()
    settle(window, qtbot)
    return numbers


def choose(dialog: ExportDialog, kind: ExportKind) -> None:
    rows = range(dialog.kinds.count())
    dialog.kinds.setCurrentRow(next(
        row for row in rows if dialog.kinds.item(row).data(Qt.ItemDataRole.UserRole) is kind
    ))  # fmt: skip


def button(dialog, text: str) -> QPushButton:
    return next(one for one in dialog.findChildren(QPushButton) if one.text().replace("&", "") == text
                and one.isVisible())  # fmt: skip


def click(qtbot, widget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.fixture
def dialog(window, qtbot):
    accept(window, qtbot, count=3)
    press(window, qtbot, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    return opened(window, qtbot, ExportDialog)


def test_the_page_counts_frames_and_points_of_what_is_chosen(dialog, qtbot):
    choose(dialog, ExportKind.COCO)
    qtbot.waitUntil(lambda: dialog.note.text() == "Frames: 3, points: 3")
    choose(dialog, ExportKind.CAMERAS)
    qtbot.waitUntil(lambda: "frames left out: 3" in dialog.note.text())
    assert not dialog.form.images.isVisible()


def test_the_first_folder_proposed_lies_beside_the_project(window, qtbot):
    dialog = ExportDialog(window.session, "", window)
    qtbot.addWidget(dialog)
    assert dialog.folder.parent == window.session.project.path.parent


def test_a_format_offers_its_own_choices(dialog):
    dialog.form.more.click()
    for kind, box, dialect in (
        (ExportKind.COCO, True, False), (ExportKind.SOCCERNET, False, True), (ExportKind.CVAT, False, False),
    ):  # fmt: skip
        choose(dialog, kind)
        assert (dialog.form.box.isVisible(), dialog.form.dialect.isVisible()) == (box, dialect)
        assert dialog.folder.name == f"frames-{kind.value}"
    choose(dialog, ExportKind.YOLO_POSE)
    assert dialog.form.split.isChecked()
    assert not dialog.form.split.isEnabled()


def test_what_splits_cannot_be_is_said_and_stops_the_export(dialog):
    dialog.form.shares.setText("everything")
    assert not dialog.go.isEnabled()
    assert "80/20" in dialog.warning.text()
    dialog.form.shares.setText("70/20/10")
    assert dialog.go.isEnabled()


def test_a_leak_is_said_before_anything_is_made(window, dialog, qtbot, tmp_path):
    project = window.session.project
    names = [project.row(number).name for number in project.frame_ids()]
    (tmp_path / "train.txt").write_text(names[0])
    (tmp_path / "val.txt").write_text(names[1])
    dialog.form.take_lists([tmp_path / "train.txt", tmp_path / "val.txt"])
    qtbot.waitUntil(lambda: "are in several splits" in dialog.warning.text())
    assert dialog.warning.isVisible()


def test_an_export_runs_reports_what_was_dropped_and_gives_its_command_line(window, dialog, qtbot, tmp_path):
    project = window.session.project
    beside = FrameRecord(place(place(EMPTY, FIRST, (-50.0, 10.0)), SECOND, (9.0, 9.0)), Review(Decision.ACCEPTED))
    project.save_record(project.frame_ids()[1], beside, text="Beside")
    choose(dialog, ExportKind.COCO)
    dialog.path.setText(str(tmp_path / "out"))
    click(qtbot, dialog.go)
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == 2, timeout=20_000)
    assert "Frames exported: 3" in dialog.summary.text()
    assert [dialog.list.item(row).text() for row in range(dialog.list.count())] == [
        f"{project.row(project.frame_ids()[1]).name}: CENTER_MARK lies outside the picture, "
        "which this format does not hold"
    ]
    click(qtbot, button(dialog, "Copy command line"))
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[:4] == ["python", "main.py", "export", str(project.path)]
    before = (tmp_path / "out" / "annotations.json").read_bytes()
    assert run_command(words[2:]) == 1
    assert (tmp_path / "out" / "annotations.json").read_bytes() == before


def test_what_went_wrong_leads_back_to_the_choices(dialog, qtbot, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "notes.txt").write_text("mine")
    dialog.path.setText(str(tmp_path / "thesis"))
    click(qtbot, dialog.go)
    qtbot.waitUntil(lambda: "other files, such as notes.txt" in dialog.warning.text())
    assert dialog.pages.currentIndex() == 0


def test_a_stopped_export_leads_back_and_leaves_nothing(dialog, qtbot, tmp_path, monkeypatch):
    def slow(project, folder, *, what, progress, should_stop):
        progress(1, 3)
        while not should_stop():
            time.sleep(0.005)

    monkeypatch.setattr("annotator.export.export", slow)
    dialog.path.setText(str(tmp_path / "out"))
    click(qtbot, dialog.go)
    qtbot.waitUntil(lambda: dialog.bar.maximum() == 3)
    assert dialog.bar.value() == 1
    click(qtbot, dialog.stop)
    qtbot.waitUntil(lambda: dialog.warning.text() == "Stopped; nothing was written.")
    assert dialog.pages.currentIndex() == 0
    assert not (tmp_path / "out").exists()


def test_an_export_goes_on_when_its_page_is_closed(window, dialog, qtbot, tmp_path):
    choose(dialog, ExportKind.COCO)
    dialog.path.setText(str(tmp_path / "out"))
    with qtbot.waitSignal(window.errands.exported, timeout=20_000):
        click(qtbot, dialog.go)
        dialog.reject()
    assert (tmp_path / "out" / "annotations.json").exists()
    qtbot.waitUntil(lambda: "Frames exported" in window.message.text)


def test_points_of_the_network_need_a_confidence(dialog):
    assert not dialog.form.threshold.isVisible()
    dialog.form.unaccepted.setCurrentIndex(dialog.form.unaccepted.findData(Unaccepted.ACCEPT))
    assert dialog.form.threshold.isVisible()
    dialog.form.unaccepted.setCurrentIndex(0)
    dialog.form.scope.setCurrentIndex(dialog.form.scope.findData(Scope.CONFIDENT))
    assert dialog.form.threshold.isVisible()
    assert not dialog.form.unaccepted.isEnabled()


def test_every_widget_of_both_dialogs_has_a_name(dialog, window, qtbot, tmp_path):
    dialog.form.more.click()
    assert nameless(dialog) == []
    dialog.reject()
    numbers = window.session.project.frame_ids()
    window.arrivals.bring([cvat_of(window, tmp_path, {numbers[0]: (130.0, 50.0)})])
    assert nameless(opened(window, qtbot, ImportPreview)) == []


def test_closing_while_points_are_counted_ends_the_counting(dialog, qtbot):
    dialog._count()
    dialog.reject()
    assert not dialog._lane.busy


# Import


def cvat_of(window, tmp_path: Path, points: dict[int, tuple[float, float]]) -> Path:
    project = window.session.project
    size = (640, 360)
    frames = [
        ExchangeFrame(project.row(n).name, size, (ExchangeInstance({FIRST: (*at, Visibility.VISIBLE)}),))
        for n, at in points.items()
    ]
    write_cvat(tmp_path / "labels.xml", frames, PITCH_57)
    return tmp_path / "labels.xml"


@pytest.fixture
def offered(window, qtbot, tmp_path):
    """A preview of three frames: one agrees, one disagrees, one is new; and a name that no frame has."""
    numbers = accept(window, qtbot, count=2)
    third = window.session.project.frame_ids()[2]
    path = cvat_of(window, tmp_path, {numbers[0]: (100.0, 50.0), numbers[1]: (130.0, 50.0), third: (7.0, 8.0)})
    text = path.read_text().replace("</annotations>", '<image id="9" name="away.png" width="640" height="360">'
                                    '<skeleton label="pitch"><points label="CENTER_MARK" outside="0" occluded="0" '
                                    'points="1,1"/></skeleton></image></annotations>')  # fmt: skip
    path.write_text(text)
    window.arrivals.bring([path])
    return opened(window, qtbot, ImportPreview)


def point(window, place_of: int):
    project = window.session.project
    said = project.record(project.frame_ids()[place_of]).labels.pitch.keypoints.get(FIRST)
    return None if said is None else said.position


def test_a_preview_tells_new_from_changed_from_disputed_and_changes_nothing(window, offered):
    assert offered.counts.text() == "New labels: 1. More labels: 0. In conflict: 1. The same already: 1."
    assert [offered.frames.topLevelItem(row).text(1) for row in range(2)] == ["says something else", "gets labels"]
    assert "away.png" in offered.findings.item(0).text()
    assert point(window, 2) is None
    offered.reject()
    assert point(window, 2) is None


def test_conflicts_are_kept_unless_ticked(window, offered, qtbot):
    assert offered.go.text() == "Import (1)"
    click(qtbot, offered.go)
    qtbot.waitUntil(lambda: "Frames that got labels: 1" in window.message.text)
    assert (point(window, 1), point(window, 2)) == ((100.0, 50.0), (7.0, 8.0))


def test_a_ticked_conflict_takes_the_files_word_and_the_history_keeps_the_other(window, offered, qtbot):
    click(qtbot, offered.take)
    assert offered.go.text() == "Import (2)"
    click(qtbot, offered.go)
    qtbot.waitUntil(lambda: "Frames that got labels: 2" in window.message.text)
    assert point(window, 1) == (130.0, 50.0)
    project = window.session.project
    history = project.history(project.frame_ids()[1])
    assert history[-1].text == "Import labels.xml"
    assert len(history) == 2


def test_what_is_no_label_file_is_one_sentence(window, qtbot, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    window.arrivals.bring([tmp_path / "table.csv"])
    qtbot.waitUntil(lambda: "table.csv: it has no header row" in window.message.text)


def test_what_another_window_exports_comes_in_through_the_menu(window, qtbot, tmp_path, monkeypatch):
    accept(window, qtbot, count=3)
    export(window.session.project, tmp_path / "out", what=ExportKind.KEYPOINTS57)
    for number in window.session.project.frame_ids():
        window.session.project.save_record(number, FrameRecord(), text="Clear")
    window.session.reload()
    answer = ([str(tmp_path / "out" / "keypoints57.json")], "")
    monkeypatch.setattr("annotator.gui.files.QFileDialog.getOpenFileNames", lambda *asked: answer)
    window.actions_["file.importLabels"].trigger()
    preview = opened(window, qtbot, ImportPreview)
    click(qtbot, preview.go)
    qtbot.waitUntil(lambda: "Frames that got labels: 3" in window.message.text)
    settle(window, qtbot)
    assert point(window, 0) == (100.0, 50.0)
