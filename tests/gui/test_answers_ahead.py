"""What an export will ask of an accepted frame is known before it asks."""

from __future__ import annotations

import pytest
from windows import DRAWN

from annotator.export.answers import answer
from annotator.export.store import AnswerStore, key_of
from annotator.labels import FrameLabels, Instance

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
