"""A project that changed is backed up by itself, while it is worked on."""

from __future__ import annotations

import pytest
from windows import DRAWN

from annotator.labels import FrameLabels, Instance
from annotator.project import Project
from annotator.travel import backups_of

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def waited_for(window, qtbot) -> None:
    window._backups._later.setInterval(0)
    window._backups._on_project()
    qtbot.waitUntil(lambda: not window._backups.busy, timeout=10_000)


def test_a_changed_project_is_backed_up_and_an_unchanged_one_is_not(window, qtbot) -> None:
    session = window.session
    waited_for(window, qtbot)
    assert backups_of(session.project.path) == []
    session.edit(FrameLabels((Instance(markings=DRAWN),)), text="Draw")
    waited_for(window, qtbot)
    (backup,) = backups_of(session.project.path)
    frame = session.frame_id
    with Project.look_into(backup) as kept:
        assert kept.record(frame).labels.pitch.markings == DRAWN
    waited_for(window, qtbot)
    assert backups_of(session.project.path) == [backup]


def test_a_backup_that_cannot_be_written_is_said_and_work_goes_on(window, qtbot, monkeypatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(window.session, "say", said.append)
    window.session.edit(FrameLabels((Instance(markings=DRAWN),)), text="Draw")
    path = window.session.project.path
    path.with_name(path.name + "-backups").write_text("in the way")
    waited_for(window, qtbot)
    qtbot.waitUntil(lambda: any("a backup cannot be written" in text for text in said))
    assert not window.session.labels.is_empty
