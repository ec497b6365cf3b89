"""Geometry in the window, with real mouse and keys: overlay, meter, halos, camera, checks."""

from __future__ import annotations

import itertools
import threading

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from windows import DRAWN, drag, press, settle, spot

from annotator import checks
from annotator.checks import Finding, Rule, Severity
from annotator.checks.mends import SwapMarkings
from annotator.gui import checking, issue_search
from annotator.gui.pointing import PointerEvent, hit
from annotator.labels import EMPTY, FrameLabels, FrameRecord, Instance, set_marking

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

NAME = "Big rect. left main"
WRONG = {**DRAWN, "Goal right crossbar": DRAWN["Goal left crossbar"]}
del WRONG["Goal left crossbar"]


def draw(window, markings=DRAWN) -> None:
    window.session.edit(FrameLabels((Instance(markings=markings),)), text="Draw")


def state(window):
    return window.canvas._overlay.state


def wait_for_findings(window, qtbot, count: int) -> None:
    qtbot.waitUntil(lambda: len(window.checker.findings) == count and window.checker.is_fresh)


# Overlay and halos


def test_the_overlay_follows_every_move_of_a_drag(window, qtbot):
    draw(window)
    seen = []
    window.session.resolved_changed.connect(lambda: seen.append(state(window).ghost))
    x, y = DRAWN["Side line bottom"][1]
    drag(window, qtbot, (x, y), (x + 16.0, y + 10.0), steps=5)
    assert len(seen) >= 4
    assert all(ghost for ghost in seen)
    moves = seen[:-1]  # the last answer is that of the release, where nothing moved any more
    assert all(before != after for before, after in itertools.pairwise(moves))


def test_the_overlay_has_a_key(window, qtbot):
    draw(window)
    assert state(window).ghost
    assert window.canvas._overlay._ghost.isVisible()
    press(window, qtbot, Qt.Key.Key_T)
    assert state(window).ghost == state(window).doubtful == ()
    assert not window.canvas._overlay._ghost.isVisible()
    assert not window.docks.layers.boxes["ghost"].isChecked()


def test_a_click_pulled_off_its_line_gets_a_halo_that_a_key_hides(window, qtbot):
    draw(window)
    x, y = DRAWN["Side line bottom"][1]
    drag(window, qtbot, (x, y), (x, y - 12.0))
    assert max(click.residual for click in state(window).clicks) > 4.0
    press(window, qtbot, Qt.Key.Key_R)
    assert not any(click.residual for click in state(window).clicks)
    layers = window.docks.layers
    assert not layers.boxes["residuals"].isChecked()
    layers.boxes["residuals"].click()
    assert any(click.residual for click in state(window).clicks)


def test_the_tool_tip_of_a_click_says_how_far_off_it_is(window, qtbot):
    x, y = DRAWN[NAME][1]
    draw(window, {**DRAWN, NAME: (DRAWN[NAME][0], (x, y - 12.0), DRAWN[NAME][2])})
    at = spot(window, x, y - 12.0)
    viewport = window.canvas.viewport()
    QApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, at, viewport.mapToGlobal(at)))
    assert QToolTip.text().startswith("Left penalty area, front\n")
    assert "px from where the camera puts it" in QToolTip.text()
    QToolTip.hideText()


def test_uncertainty_has_a_key_and_is_nothing_to_take_hold_of(window, qtbot):
    draw(window)
    press(window, qtbot, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    spreads = state(window).spreads
    assert spreads
    assert window.canvas._overlay._spreads.isVisible()
    widest = max(spreads, key=lambda spread: spread.long)
    edge = PointerEvent(widest.x, widest.y + 400.0, window.canvas.scale)
    assert hit(state(window), edge) is None
    press(window, qtbot, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    assert not window.canvas._overlay._spreads.isVisible()


def test_the_hint_under_the_pointer_stands_in_the_status_bar(window, qtbot):
    draw(window)
    press(window, qtbot, Qt.Key.Key_1)
    qtbot.mouseMove(window.canvas.viewport(), spot(window, *DRAWN["Side line bottom"][1]))
    qtbot.waitUntil(lambda: "this point of Near touchline" in window.status.hint.toolTip())


# The meter


def test_the_meter_counts_down_and_then_says_how_good(window, qtbot):
    meter = window.docks.readiness
    assert meter.words.text() == "No camera yet"
    height, labels, words = meter.height(), EMPTY, []
    for name in (NAME, "Big rect. left bottom", "Side line left", *DRAWN):
        labels = set_marking(labels, name, DRAWN[name])
        window.session.edit(labels, text="Draw")
        meter.refresh()
        words.append(meter.words.text())
        assert meter.height() == height
    assert words[:3] == ["3 more lines", "2 more lines", "1 more line"]
    assert words[-1].startswith("Good: 0.")
    assert meter.count.text().endswith(" points")


# The camera


def test_the_camera_panel_is_opened_by_a_key_and_follows(window, qtbot):
    camera = window.docks.camera
    assert not window.docks.camera_is_open
    press(window, qtbot, Qt.Key.Key_F7)
    qtbot.waitUntil(lambda: window.docks.camera_is_open)
    assert camera.kind.text() == "No camera. Nothing is drawn or placed yet."
    assert {label.text() for label in camera.values.values()} == {"\u2013"}
    assert not camera.copy.isEnabled()
    draw(window)
    qtbot.waitUntil(lambda: camera.kind.text() == "Camera")
    assert camera.values["height"].text().startswith("1")
    assert camera.values["pan"].text().startswith("\u2212")
    press(window, qtbot, Qt.Key.Key_F7)
    qtbot.waitUntil(lambda: not window.docks.camera_is_open)


def test_copy_puts_the_camera_on_the_clipboard(window, qtbot):
    draw(window)
    press(window, qtbot, Qt.Key.Key_F7)
    camera = window.docks.camera
    qtbot.waitUntil(lambda: camera.isVisible() and camera.copy.isEnabled())
    qtbot.mouseClick(camera.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().startswith("kind camera\nsize 640 360 px\npan -")


# Checks


def test_what_looks_wrong_is_listed_once_the_hand_rests(window, qtbot):
    draw(window)
    wait_for_findings(window, qtbot, 0)
    assert window.docks.checks.nothing.text() == "Nothing looks wrong"
    draw(window, WRONG)
    assert window.checker.findings == ()
    qtbot.waitUntil(lambda: bool(window.checker.findings))
    rows = window.docks.checks.rows
    assert [row.finding for row in rows] == list(window.checker.findings)
    assert window.docks._checks.windowTitle() == f"Checks ({len(rows)})"
    assert not window.docks.checks.nothing.isVisible()


def test_nothing_is_checked_in_a_drag(window, qtbot, monkeypatch):
    draw(window)
    wait_for_findings(window, qtbot, 0)
    asked = []
    real = checks.check
    monkeypatch.setattr(checks, "check", lambda *a, **k: asked.append(window.session.in_gesture) or real(*a, **k))
    x, y = DRAWN[NAME][1]
    viewport = window.canvas.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=spot(window, x, y))
    for step in range(1, 5):
        qtbot.mouseMove(viewport, spot(window, x + 3.0 * step, y + 2.0 * step))
    assert window.session.in_gesture
    qtbot.wait(3 * checking.REST_MS)
    assert asked == []
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=spot(window, x + 12.0, y + 8.0))
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [False]


def test_show_selects_points_at_the_place_and_says_why(window, qtbot):
    draw(window, WRONG)
    qtbot.waitUntil(lambda: bool(window.checker.findings))
    flashing = window.canvas._flash._run
    flashing.setDuration(10 * 60_000)
    press(window, qtbot, Qt.Key.Key_F8)
    panel = window.docks.checks
    qtbot.waitUntil(lambda: not panel.visibleRegion().isEmpty())
    row = panel.rows[0]
    assert window.checker.current == row.finding
    assert window.status.hint.toolTip() == row.finding.reason
    assert set(row.finding.names) & {*window.session.selection.keypoints, window.session.selection.marking}
    ring = window.canvas._flash.ring
    assert ring.isVisible()
    assert (ring.x(), ring.y()) == pytest.approx(row.finding.at)
    assert ring.acceptedMouseButtons() == Qt.MouseButton.NoButton
    flashing.setCurrentTime(flashing.duration())
    qtbot.waitUntil(lambda: not ring.isVisible())
    qtbot.mouseClick(row.show_it, Qt.MouseButton.LeftButton)
    assert ring.isVisible()


def test_a_place_out_of_sight_is_brought_into_it(window, qtbot):
    draw(window, WRONG)
    qtbot.waitUntil(lambda: bool(window.checker.findings))
    canvas = window.canvas
    canvas.zoom_to_rect(500.0, 250.0, 600.0, 320.0)
    window.issues.show_next()
    at = canvas.viewportTransform().map(QPointF(*window.checker.current.at)).toPoint()
    assert (at - canvas.viewport().rect().center()).manhattanLength() <= 3


def test_fix_is_one_step_that_can_be_undone(window, qtbot):
    draw(window, WRONG)
    qtbot.waitUntil(lambda: bool(window.docks.checks.rows))
    window.docks.show_checks()
    before, count = window.session.labels, window.session.stack.count()
    row = next(row for row in window.docks.checks.rows if row.mend is not None)
    text = row.finding.mend.text
    assert text in row.mend.toolTip()
    qtbot.mouseClick(row.mend, Qt.MouseButton.LeftButton)
    assert window.session.labels != before
    assert window.session.stack.count() == count + 1
    assert window.session.stack.undoText() == text
    assert row.finding not in window.checker.findings
    window.session.undo()
    assert window.session.labels == before


def test_a_key_fixes_what_was_shown(window, qtbot):
    draw(window, WRONG)
    qtbot.waitUntil(lambda: bool(window.checker.findings))
    before = window.session.labels
    press(window, qtbot, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert window.session.labels != before
    assert "Goal left crossbar" in window.session.labels.pitch.markings


def test_a_finding_that_is_gone_mends_nothing(window, qtbot):
    draw(window)
    wait_for_findings(window, qtbot, 0)
    before = window.session.labels
    stale = Finding(Rule.RENAMED, Severity.ERROR, "Old.", (), (NAME,), None, SwapMarkings(NAME, "Middle line"))
    window.checker.mend(stale)
    assert window.session.labels == before


def test_without_findings_the_keys_say_so(window, qtbot):
    draw(window)
    wait_for_findings(window, qtbot, 0)
    press(window, qtbot, Qt.Key.Key_F8)
    qtbot.waitUntil(lambda: window.status.hint.toolTip() == "Nothing looks wrong in the frames after this one")
    press(window, qtbot, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert window.status.hint.toolTip() == "Nothing here has a ready fix"


def test_after_the_last_finding_comes_the_next_frame_that_has_one(window, qtbot):
    ids = window.session.order.ids
    for frame_id, markings in ((ids[1], DRAWN), (ids[3], WRONG)):
        record = FrameRecord(FrameLabels((Instance(markings=markings),)))
        window.session.project.save_record(frame_id, record, text="Draw")
    press(window, qtbot, Qt.Key.Key_F8)
    qtbot.waitUntil(lambda: window.session.frame_id == ids[3])
    qtbot.waitUntil(lambda: window.checker.current is not None)
    assert window.checker.current == window.checker.findings[0]
    for _ in window.checker.findings:
        press(window, qtbot, Qt.Key.Key_F8)
    qtbot.waitUntil(lambda: window.checker.current is None)
    press(window, qtbot, Qt.Key.Key_F8)
    assert window.checker.current == window.checker.findings[0]
    assert window.session.frame_id == ids[3]


def test_looking_ahead_ends_with_the_next_change(window, qtbot, monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(issue_search, "first_with_issues", lambda project, ids, should_stop: gate.wait(5) and ids[0])
    press(window, qtbot, Qt.Key.Key_F8)
    assert window.issues.is_looking
    draw(window)
    assert not window.issues.is_looking
    gate.set()
    qtbot.wait(50)
    assert window.session.frame_id == window.session.order.ids[0]


def test_findings_leave_with_their_frame(window, qtbot):
    draw(window, WRONG)
    qtbot.waitUntil(lambda: bool(window.checker.findings))
    press(window, qtbot, Qt.Key.Key_D)
    settle(window, qtbot)
    assert window.checker.findings == ()
    assert window.docks.checks.nothing.text() == "Labels are checked as you draw"
    assert window.docks._checks.windowTitle() == "Checks"


def test_contradictions_are_searched_in_the_background(window, qtbot, monkeypatch):
    found = Finding(Rule.RENAMED, Severity.ERROR, "Searched.", (), (NAME,), (10.0, 10.0))
    monkeypatch.setattr(checks, "deep_check", lambda *a, **k: (found,))
    markings = {name: tuple((x * 3 % 611, y * 7 % 353) for x, y in xy) for name, xy in DRAWN.items()}
    draw(window, markings)
    resolved = window.session.resolved
    assert resolved.solution is None or not resolved.ghost
    if resolved.solution is not None:
        qtbot.waitUntil(lambda: window.checker.findings == (found,))


def test_letters_are_commands_in_the_list_of_checks(window, qtbot):
    draw(window, WRONG)
    qtbot.waitUntil(lambda: bool(window.docks.checks.rows))
    window.docks.show_checks()
    row = window.docks.checks.rows[0]
    row.setFocus()
    qtbot.keyClick(row, Qt.Key.Key_Return)
    assert window.checker.current == row.finding
    qtbot.keyClick(row, Qt.Key.Key_T)
    assert not window.session.settings.ghost
