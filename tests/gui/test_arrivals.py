"""Whatever is dropped is told apart, used, and accounted for."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from windows import DRAWN, SIZE, make_frames, open_folder

from annotator.gui.arrivals import Arrived, Kind, kind_of, named, sorted_out
from annotator.gui.dialogs.import_preview import ImportPreview
from annotator.gui.recent import Recent

pytest_plugins = ("window_fixtures",)


def lines_of(name: str, folder):
    """A file of drawn lines for the frame of this name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    document = {key: [{"x": x / SIZE[0], "y": y / SIZE[1]} for x, y in points] for key, points in DRAWN.items()}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def drop_on(widget, *paths):
    """Drag these from outside and let them fall on a widget."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where, action = QPointF(40, 40), Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), action, mime, left, none)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(where, action, mime, left, none))


def agree(window, qtbot) -> None:
    """Say yes to the import that the window proposes."""
    qtbot.waitUntil(lambda: any(dialog.isVisible() for dialog in window.findChildren(ImportPreview)))
    preview = next(dialog for dialog in window.findChildren(ImportPreview) if dialog.isVisible())
    qtbot.mouseClick(preview.go, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.touchline", "", Kind.PROJECT),
        ("a.JPG", "", Kind.MEDIA),
        ("a.mp4", "", Kind.MEDIA),
        ("a.safetensors", "", Kind.NETWORK),
        ("a.pth", "", Kind.FOREIGN_NETWORK),
        ("lines.json", '{"Side line top": []}', Kind.LINES),
        ("coco.json", '{"images": [], "annotations": []}', Kind.LABELS),
        ("camera.json", '{"pan_degrees": 1.0, "position_meters": [0, 0, 0]}', Kind.CAMERA),
        ("points.json", '{"a.png": {"size": [1, 1], "keypoints": {}}}', Kind.LABELS),
        ("cvat.xml", "<annotations/>", Kind.LABELS),
        ("CollectedData.csv", "scorer,a", Kind.LABELS),
        ("data.yaml", "path: .", Kind.LABELS),
        ("broken.json", "{", Kind.OTHER),
        ("list.json", "[]", Kind.OTHER),
        ("notes.txt", "hello", Kind.OTHER),
    ],
)
def test_a_file_is_what_its_name_and_content_say(tmp_path, name, content, kind):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert kind_of(path) is kind


def test_a_folder_is_what_is_in_it(tmp_path):
    assert kind_of(tmp_path) is Kind.EMPTY
    lines_of("frame_000", tmp_path / "deep" / "down")
    assert kind_of(tmp_path) is Kind.LINES
    make_frames(tmp_path / "other", 1)
    assert kind_of(tmp_path) is Kind.MEDIA
    assert kind_of(tmp_path / "away") is Kind.MISSING


def test_paths_are_sorted_out_in_their_order_and_once(tmp_path):
    a, b = tmp_path / "a.png", tmp_path / "b.png"
    for path in (a, b):
        path.write_bytes(b"")
    arrived = sorted_out([b, a, b, tmp_path / "away"])
    assert arrived == Arrived({Kind.MEDIA: (b, a), Kind.MISSING: (tmp_path / "away",)})
    assert named(arrived.of(Kind.MEDIA)) == "b.png and 1 more"


def test_a_folder_dropped_on_the_empty_window_is_opened(empty_window, frames, qtbot):
    drop_on(empty_window, frames)
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    assert empty_window.files.recent == [frames]


def test_frames_and_their_lines_dropped_together_come_in_together(empty_window, frames, qtbot, tmp_path):
    drop_on(empty_window, lines_of("frame_001", tmp_path / "lines"), frames)
    agree(empty_window, qtbot)
    qtbot.waitUntil(lambda: "Frames that got labels: 1" in empty_window.message.text)
    project = empty_window.session.project
    second = empty_window.session.order.ids[1]
    assert "Side line top" in project.record(second).labels.pitch.markings


def test_a_folder_of_lines_dropped_on_the_picture_is_brought_in(window, qtbot, tmp_path):
    folder = tmp_path / "lines"
    for name in ("frame_000", "frame_003"):
        lines_of(name, folder)
    drop_on(window.canvas.viewport(), folder)
    agree(window, qtbot)
    qtbot.waitUntil(lambda: "Frames that got labels: 2" in window.message.text)


def test_lines_without_frames_say_what_to_do_first(empty_window, qtbot, tmp_path):
    drop_on(empty_window, lines_of("frame_001", tmp_path))
    qtbot.waitUntil(lambda: bool(empty_window.message.toasts))
    assert "frame_001.json holds labels: open the frames first" in empty_window.message.text


def test_what_cannot_be_used_is_named_with_the_reason_and_the_rest_is_used(empty_window, frames, qtbot, tmp_path):
    notes, foreign = tmp_path / "notes.txt", tmp_path / "net.pth"
    for path in (notes, foreign):
        path.write_text("x", encoding="utf-8")
    drop_on(empty_window, notes, foreign, frames)
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    said = [toast.text for toast in empty_window.message.toasts]
    assert any("notes.txt is no image" in text and "weights import" in text for text in said)


def test_what_was_said_of_a_drop_is_still_there_when_its_frames_are(empty_window, frames, qtbot, tmp_path):
    drop_on(empty_window, tmp_path / "away.png", frames)
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    assert "away.png is not there any more" in empty_window.message.text


def test_two_drops_in_a_row_are_both_used(empty_window, frames, qtbot, tmp_path):
    network = tmp_path / "net.safetensors"
    network.write_bytes(b"")
    drop_on(empty_window, frames)
    drop_on(empty_window, network)
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    qtbot.waitUntil(lambda: empty_window.session.forecaster.path == network)


# What was opened lately


def test_what_is_gone_is_shown_as_gone_and_can_be_taken_out(make_window, settings, frames, qtbot, tmp_path):
    settings.setValue("recent", [str(tmp_path / "gone"), str(frames)])
    window = make_window()
    qtbot.waitUntil(lambda: window.files.recent_list.missing == {tmp_path / "gone"})
    first, second = window.empty.recent_buttons
    assert not first.isEnabled()
    assert "not there any more" in first.text()
    assert second.isEnabled()
    qtbot.waitUntil(second.isVisible)
    window.empty.buttons[-1].setFocus()
    qtbot.keyClick(window.empty.buttons[-1], Qt.Key.Key_Tab)
    assert QApplication.focusWidget().accessibleName() == "Take gone out of this list"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is second
    menu = next(menu for menu in window.menuBar().findChildren(type(window.menuBar().actions()[0].menu()))
                if menu.title().replace("&", "") == "Open recent")  # fmt: skip
    menu.aboutToShow.emit()
    remove = menu.actions()[-1]
    assert remove.text().replace("&", "") == "Remove what is not there"
    remove.trigger()
    assert window.files.recent == [frames]
    assert len(window.empty.recent_buttons) == 1


def test_a_recent_project_is_one_click_away(make_window, settings, frames, qtbot):
    settings.setValue("recent", str(frames))
    window = make_window()
    qtbot.mouseClick(window.empty.recent_buttons[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.frame_id is not None)


def test_recent_paths_are_few_newest_first_and_once(settings, tmp_path):
    recent = Recent(settings)
    for number in range(12):
        recent.remember(tmp_path / str(number))
    recent.remember(tmp_path / "9")
    assert [path.name for path in recent.paths] == ["9", "11", "10", "8", "7", "6", "5", "4"]


def test_each_purpose_remembers_its_own_folder(window, settings, monkeypatch, tmp_path):
    asked = []
    answers = iter([([str(tmp_path / "nets" / "a.safetensors")], ""), ([str(tmp_path / "lines" / "a.json")], ""),
                    ([], ""), ([], "")])  # fmt: skip

    def ask(parent, title, folder, kinds):
        asked.append(folder)
        return next(answers)

    monkeypatch.setattr("annotator.gui.files.QFileDialog.getOpenFileNames", ask)
    monkeypatch.setattr(window.errands, "load_network", lambda path: None)
    monkeypatch.setattr(window.files.exchange, "bring", lambda paths: None)
    for ask_for in (window.files.load_network, window.files.import_labels) * 2:
        ask_for()
    assert asked == ["", "", str(tmp_path / "nets"), str(tmp_path / "lines")]


def test_opening_a_folder_leaves_the_window_usable_while_it_is_looked_at(window, qtbot, frames, tmp_path):
    other = make_frames(tmp_path / "other", 2)
    open_folder(window, other, qtbot)
    qtbot.waitUntil(lambda: window.frames.model.rowCount() == 2)
    assert window.files.recent[0] == other
