"""What an export will ask of an accepted frame is known before it asks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from windows import DRAWN

from annotator.export.ahead import work_ahead
from annotator.export.answers import answer
from annotator.export.store import AnswerStore, key_of
from annotator.frames import image_size
from annotator.labels import Decision, FrameLabels, FrameRecord, Instance, Review

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def test_an_accepted_frame_is_worked_out_while_the_next_is_looked_at(window, qtbot) -> None:
    session = window.session
    session.edit(FrameLabels((Instance(markings=DRAWN),)), text="Draw")
    asked = (session.labels.pitch, session.size)
    qtbot.waitUntil(lambda: session.can_decide)
    session.accept_and_next()
    window._answers._rest.setInterval(0)
    window._answers._rest.start()
    qtbot.waitUntil(lambda: not window._answers.busy, timeout=10_000)
    accepted = session.project.record(session.order.ids[0]).labels.pitch
    kept = AnswerStore.usual().read([key_of(accepted, asked[1])])
    assert kept == {key_of(accepted, asked[1]): answer((accepted, asked[1]))}


def test_a_draft_is_not_worked_out(window) -> None:
    window.session.edit(FrameLabels((Instance(markings=DRAWN),)), text="Draw")
    assert not window._answers.busy


def accept_everything(session) -> list:
    """As a bulk acceptance, an import or a command does it: nothing is shown, nothing is asked of the window."""
    project, asked = session.project, []
    for at, number in enumerate(session.order.ids):
        markings = {name: tuple((x + at, y) for x, y in clicks) for name, clicks in DRAWN.items()}
        labels = FrameLabels((Instance(markings=markings),))
        project.save_record(number, FrameRecord(labels, Review(Decision.ACCEPTED)), text="Accept")
        asked.append((project.record(number).labels.pitch, image_size(project.row(number).path)))
    return asked


def test_what_was_accepted_elsewhere_is_worked_out_while_nobody_works(window, qtbot) -> None:
    asked = accept_everything(window.session)
    ahead = window._answers._all
    ahead._idle.setInterval(0)
    ahead.stir()
    qtbot.waitUntil(lambda: ahead.is_through, timeout=60_000)
    assert AnswerStore.usual().read([key_of(*one) for one in asked]) == {key_of(*one): answer(one) for one in asked}
    ahead.stir()
    qtbot.waitUntil(lambda: not ahead._idle.isActive())
    assert not ahead.running


def test_the_first_sign_of_work_ends_the_process(window, qtbot, monkeypatch, tmp_path) -> None:
    accept_everything(window.session)
    ahead = window._answers._all
    # A process that is never done by itself: whether this one is killed must not hang on who is faster.
    (tmp_path / "endless.py").write_text("import time\nwhile True:\n    time.sleep(60)\n")
    monkeypatch.setattr("annotator.gui.answers_ahead.MODULE", "endless")
    environment = ahead._process.processEnvironment()
    environment.insert("PYTHONPATH", str(tmp_path))
    ahead._process.setProcessEnvironment(environment)
    ahead._idle.setInterval(0)
    ahead.stir()
    qtbot.waitUntil(lambda: ahead.running)
    ahead._idle.setInterval(60_000)
    qtbot.mouseMove(window.canvas.viewport(), window.canvas.viewport().rect().center())
    qtbot.mouseMove(window.canvas.viewport(), window.canvas.viewport().rect().center() + QPoint(5, 5))
    qtbot.waitUntil(lambda: not ahead.running)
    assert not ahead.is_through


def test_frames_that_are_known_or_cannot_be_read_are_passed_over(window, tmp_path) -> None:
    session = window.session
    asked = accept_everything(session)
    session.project.row(session.order.ids[0]).path.unlink()
    store = AnswerStore(tmp_path / "answers.sqlite")
    assert work_ahead(session.project, store=store, should_stop=lambda: True) == 0
    assert work_ahead(session.project, store=store) == len(asked) - 1
    assert work_ahead(session.project, store=store) == 0
