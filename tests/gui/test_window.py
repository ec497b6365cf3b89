"""The window as a whole: opening, errors that stay small, layout, long work, and a clean end."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication
from windows import click, load_network, make_frames, open_folder, press, settle

from annotator.gui import app, theme
from annotator.gui.dialogs.about import AboutDialog
from annotator.gui.dialogs.export import ExportDialog, export_report
from annotator.gui.forecasting import NetworkState

pytest_plugins = ("window_fixtures",)

ROOT = Path(__file__).resolve().parents[2]


def drop(window, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(event)


def test_an_empty_window_shows_the_ways_in(empty_window):
    assert empty_window.empty.isVisible()
    assert [button.text().strip() for button in empty_window.empty.buttons] == [
        "Open folder",
        "Open video",
        "Open sample project",
        "Tutorial",
        "New project",
    ]
    assert not empty_window.canvas.isVisible()


def test_a_dropped_folder_is_opened(empty_window, frames, qtbot):
    drop(empty_window, frames)
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    assert empty_window.canvas.isVisible()
    assert empty_window.windowTitle().startswith("frame_000.png")


def test_a_dropped_project_and_a_dropped_network_are_opened(empty_window, frames, qtbot, tmp_path):
    open_folder(empty_window, frames, qtbot)
    path = empty_window.session.project.path
    network = tmp_path / "net.safetensors"
    network.write_bytes(b"")
    drop(empty_window, path, network)
    qtbot.waitUntil(lambda: empty_window.session.forecaster.state is NetworkState.READY)
    qtbot.waitUntil(lambda: empty_window.session.project is not None and empty_window.session.frame_id is not None)
    assert empty_window.session.project.path == path


def test_what_cannot_be_opened_is_one_sentence_and_the_rest_goes_on(window, qtbot, tmp_path):
    broken = tmp_path / "broken.touchline"
    broken.write_bytes(b"nothing")
    window.files.open([broken])
    qtbot.waitUntil(window.message.isVisible)
    assert "broken.touchline" in window.message.text
    press(window, qtbot, Qt.Key.Key_D)
    settle(window, qtbot)
    assert window.session.frame_id == window.session.order.ids[1]
    qtbot.mouseClick(window.message.toasts[-1].dismiss, Qt.MouseButton.LeftButton)
    assert not window.message.isVisible()


def test_what_is_wrong_with_a_frame_is_said_while_it_is_on_the_screen(window, qtbot):
    ids = window.session.order.ids
    for place in (3, 4):
        window.session.project.row(ids[place]).path.unlink()
    room = window.canvas.geometry()
    press(window, qtbot, Qt.Key.Key_End)
    qtbot.waitUntil(window.notice.isVisible)
    assert "frame_004.png" in window.notice.reason.text()
    assert window.canvas.geometry() == room
    press(window, qtbot, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: "frame_003.png" in window.notice.reason.text())
    assert window.notice.isVisible()
    press(window, qtbot, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: not window.notice.isVisible())


def test_a_frame_that_cannot_be_shown_offers_the_next_one(window, qtbot):
    ids = window.session.order.ids
    window.session.project.row(ids[3]).path.unlink()
    window.session.show(ids[3])
    qtbot.waitUntil(window.notice.isVisible)
    qtbot.mouseClick(window.notice.buttons[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.frame_id == ids[4])
    assert not window.notice.isVisible()


def test_the_last_frame_offers_the_first_one_and_its_sign_follows_the_theme(window, qtbot):
    ids = window.session.order.ids
    window.session.project.row(ids[-1]).path.unlink()
    press(window, qtbot, Qt.Key.Key_End)
    qtbot.waitUntil(window.notice.isVisible)
    following, first, relink, _ = window.notice.buttons
    assert (following.isVisible(), first.isVisible(), relink.isVisible()) == (False, True, True)
    light = window.notice._icon.pixmap().toImage()
    theme.apply(QApplication.instance(), theme.Scheme.DARK)
    qtbot.waitUntil(lambda: window.notice._icon.pixmap().toImage() != light)
    qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    assert window.canvas.hasFocus()
    qtbot.waitUntil(lambda: window.session.frame_id == ids[0])


def test_an_empty_folder_says_so_and_leaves_the_ways_in_open(empty_window, qtbot, tmp_path):
    folder = tmp_path / "nothing"
    folder.mkdir()
    empty_window.files.open([folder])
    qtbot.waitUntil(empty_window.message.isVisible)
    assert all(button.isEnabled() for button in empty_window.empty.buttons)


def test_without_a_network_the_window_works_and_says_so_quietly(window, qtbot):
    assert window.status.network.text() == "No network loaded"
    assert not window.message.isVisible()
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert window.session.frame_id == window.session.order.ids[1]


def test_another_folder_takes_the_place_of_the_first(window, qtbot, tmp_path):
    first = window.session.project
    other = make_frames(tmp_path / "other", 2)
    window.files.open([other])
    qtbot.waitUntil(lambda: window.session.project is not first and window.session.frame_id is not None)
    assert window.frames.model.rowCount() == 2
    assert window.files.recent[0] == other


def test_the_layout_is_remembered_and_can_be_put_back(make_window, qtbot):
    first = make_window()
    first.docks._layers.hide()
    first.docks._points.hide()
    first.close()
    second = make_window()
    assert not second.docks._layers.isVisible()
    second.actions_["window.reset"].trigger()
    hidden = (second.docks.camera_dock, second.docks.by_name["dockHistory"], second.docks.timeline_dock,
              second.docks.by_name["dockThings"])
    assert all(dock.isVisibleTo(second) for dock in second.docks.all if dock not in hidden)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_the_panels_fit_and_leave_the_frame_the_most_room(window, qtbot, size):
    window.resize(*size)
    window.reset_layout()
    qtbot.waitUntil(lambda: window.width() == size[0])
    assert (window.width(), window.height()) == size
    assert window.canvas.width() >= 0.5 * size[0]
    assert window.canvas.height() >= 0.7 * size[1]


def test_all_frames_are_predicted_with_progress_and_an_end(window, qtbot, tmp_path, network):
    window.session.forecaster.load(tmp_path / "fake.safetensors")
    qtbot.waitUntil(lambda: window.session.forecaster.state is NetworkState.READY)
    with qtbot.waitSignal(window.errands.done):
        window.errands.predict_all()
    project = window.session.project
    assert all(project.has_prediction(frame_id, "fake") for frame_id in window.session.order.ids)
    assert network.asked == 5
    assert window.errands.current is None


def test_long_work_can_be_stopped(window, qtbot, tmp_path, network):
    gate = threading.Event()
    ask = network.predict

    def slow(rgb):
        gate.wait(5)
        return ask(rgb)

    network.predict = slow
    window.session.forecaster.load(tmp_path / "fake.safetensors")
    qtbot.waitUntil(lambda: window.session.forecaster.state is NetworkState.READY)
    window.errands.predict_all()
    qtbot.waitUntil(lambda: window.status.job.isVisible())
    window.actions_.refresh()
    window.actions_["predict.stop"].trigger()
    gate.set()
    assert window.errands.current is None
    assert not window.status.job.isVisible()


def test_a_slow_network_does_not_hold_up_the_person(window, qtbot, tmp_path, network):
    gate = threading.Event()
    ask = network.predict
    network.predict = lambda rgb: gate.wait(5) and ask(rgb)
    window.session.forecaster.load(tmp_path / "fake.safetensors")
    qtbot.waitUntil(lambda: window.session.forecaster.working_on is not None)
    window.docks.map.keypoint_chosen.emit("CENTER_MARK")
    click(window, qtbot, 300.0, 100.0)
    press(window, qtbot, Qt.Key.Key_D)
    settle(window, qtbot)
    assert window.session.frame_id == window.session.order.ids[1]
    gate.set()
    qtbot.waitUntil(lambda: window.session.prediction is not None)


def test_the_status_bar_says_what_was_decided(window, qtbot):
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert window.status.decision.text() == ""
    press(window, qtbot, Qt.Key.Key_A)
    settle(window, qtbot)
    assert window.status.decision.text() == "Accepted"
    window.actions_.refresh()
    window.actions_["review.reopen"].trigger()
    assert window.status.decision.text() == ""


def test_the_pointer_is_shown_in_pixels(window, qtbot):
    window.canvas.pointer_moved.emit(12.34, 56.78)
    assert window.status.pixel.text() == "x 12.3  y 56.8"
    window.canvas.pointer_left.emit()
    assert window.status.pixel.text() == ""


def test_an_error_that_nobody_caught_becomes_a_sentence(window, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    app._catch_errors(window)
    error = RuntimeError("the cat is on the keyboard")
    sys.excepthook(RuntimeError, error, None)
    assert "the cat is on the keyboard" in window.message.text


def test_without_a_display_there_is_a_sentence_and_a_code():
    code = "from annotator.gui.app import run; import sys; sys.exit(run([], sample=False))"
    environment = {"PATH": "/usr/bin", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == app.NO_DISPLAY_CODE
    assert "no display" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_window_needs_neither_torch_nor_scipy_nor_a_plot_to_appear():
    code = (
        "import sys, annotator.gui.main_window, annotator.gui.app\n"
        "heavy = {'torch', 'pyqtgraph', 'scipy.optimize', 'av'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    environment = {"PATH": "/usr/bin", "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    assert done.returncode == 0


def test_the_export_dialog_proposes_a_folder_and_waits_for_accepted_frames(window, qtbot, tmp_path):
    dialog = ExportDialog(window.session, str(tmp_path), window)
    qtbot.addWidget(dialog)
    assert dialog.folder == tmp_path / "frames-training-set"
    assert not dialog.go.isEnabled()
    press(window, qtbot, Qt.Key.Key_Space)
    settle(window, qtbot)
    again = ExportDialog(window.session, str(tmp_path), window)
    qtbot.addWidget(again)
    assert again.go.isEnabled()


def test_the_report_of_an_export_lists_what_was_left_out(window, qtbot, tmp_path):
    from annotator.export import ExportKind, ExportReport, LeftOut

    report = ExportReport(ExportKind.COCO, tmp_path, 3, (LeftOut("frame_001.png", "the image cannot be read"),))
    dialog = export_report(report, window)
    qtbot.addWidget(dialog)
    assert dialog.list.item(0).text() == "frame_001.png: the image cannot be read"


def test_about_says_the_version(window, qtbot):
    dialog = AboutDialog("No network loaded", window)
    qtbot.addWidget(dialog)
    assert dialog.windowTitle() == "About Touchline"


def test_no_thread_outlives_the_window(make_window, frames, qtbot, tmp_path):
    before = {thread.name for thread in threading.enumerate()}
    window = make_window()
    open_folder(window, frames, qtbot)
    load_network(window, qtbot, tmp_path)
    window.close()
    ours = {"frames", "network", "open", "work", "checks", "issues"}
    assert not {thread.name for thread in threading.enumerate()} & ours - before


def test_the_theme_changes_while_the_window_is_open(window, qtbot, settings):
    from annotator.gui import theme

    theme.choose(settings, theme.Scheme.DARK)
    assert theme.tokens() is theme.DARK
    theme.choose(settings, theme.Scheme.LIGHT)
    assert theme.tokens() is theme.LIGHT
    assert theme.stored(settings) is theme.Scheme.LIGHT


def test_a_new_network_brings_its_threshold_and_a_persons_choice_for_it_stays(window, network, qtbot, tmp_path):
    network.threshold = 0.55
    with qtbot.waitSignal(window.session.forecaster.loaded):
        window.errands.load_network(tmp_path / "fake.safetensors")
    assert window.session.settings.threshold == 0.55
    window.session.set_settings(replace(window.session.settings, threshold=0.2))
    with qtbot.waitSignal(window.session.forecaster.loaded):
        window.errands.load_network(tmp_path / "fake.safetensors")
    assert window.session.settings.threshold == 0.2


def test_an_empty_list_says_why_and_leads_back(window, qtbot):
    qtbot.keyClicks(window.frames.search, "nowhere")
    qtbot.waitUntil(window.frames.nothing.isVisible)
    assert window.frames.nothing.text.text() == "No frame fits \u201cnowhere\u201d"
    qtbot.mouseClick(window.frames.nothing.all_frames, Qt.MouseButton.LeftButton)
    assert window.frames.view.isVisible()
    assert window.frames.model.rowCount() == 5
    assert window.frames.search.text() == ""


def test_before_anything_is_open_the_list_says_what_it_is_for(empty_window):
    assert empty_window.frames.nothing.isVisible()
    assert not empty_window.frames.nothing.all_frames.isVisible()


def test_without_a_network_a_line_under_the_picture_says_what_to_do_until_it_is_sent_away(
    window, qtbot, make_window, frames
):
    assert window.tip.isVisible()
    qtbot.mouseClick(window.tip.dismiss, Qt.MouseButton.LeftButton)
    assert not window.tip.isVisible()
    window.close()
    again = make_window()
    open_folder(again, frames, qtbot)
    assert not again.tip.isVisible()


def test_with_a_network_there_is_no_such_line(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    assert not window.tip.isVisible()
