"""Projects travel in the window: merged with another person's, cut, told where media went, backed up and put back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from test_access import nameless
from windows import make_frames, opened, settle

from annotator.gui.dialogs.merge import MergeDialog
from annotator.gui.dialogs.relink import RelinkDialog
from annotator.gui.dialogs.restore import RestoreDialog
from annotator.gui.dialogs.slice import SliceDialog, SliceScope
from annotator.labels import EMPTY, Decision, FrameRecord, FrameState, Review, place
from annotator.merging import Winner
from annotator.project import Project
from annotator.travel import back_up, backups_of

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

POINT = "CENTER_MARK"


def say(project: Project, at: int, x: float, *, decision: Decision = Decision.OPEN, author: str = "") -> None:
    record = FrameRecord(place(EMPTY, POINT, (x, 50.0)), Review(decision, by=author))
    project.save_record(project.frame_ids()[at], record, text="Say", author=author)


def said(window, at: int) -> float | None:
    project = window.session.project
    label = project.record(project.frame_ids()[at]).labels.pitch.keypoints.get(POINT)
    return None if label is None or label.position is None else label.position[0]


def click(qtbot, widget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def told(window, qtbot, text: str) -> None:
    qtbot.waitUntil(lambda: any(text in toast.text for toast in window.message.toasts), timeout=10_000)


def way(window, text: str) -> QPushButton:
    return next(one for toast in window.message.toasts for one in toast.buttons if one.text() == text)


def trigger(window, command_id: str) -> None:
    window.actions_.refresh()
    assert window.actions_[command_id].isEnabled()
    window.actions_[command_id].trigger()


# Merging


@pytest.fixture
def other(window, frames, tmp_path) -> Path:
    """Another person's project of a copy: it fills one frame, agrees in one, differs in two, has one more."""
    mine = window.session.project
    say(mine, 1, 10.0)
    say(mine, 2, 10.0, decision=Decision.ACCEPTED, author="Bea")
    say(mine, 3, 10.0)
    window.session.reload()
    copy = tmp_path / "theirs" / "frames"
    shutil.copytree(frames, copy)
    make_frames(copy, 6)
    with Project.for_media([copy]) as theirs:
        say(theirs, 0, 20.0, author="Ann")
        say(theirs, 1, 10.0)
        say(theirs, 2, 20.0, author="Ann")
        say(theirs, 3, 20.0, decision=Decision.ACCEPTED, author="Ann")
        say(theirs, 5, 20.0)
        return theirs.path


@pytest.fixture
def offered(window, other, qtbot, monkeypatch):
    settle(window, qtbot)
    monkeypatch.setattr("annotator.gui.travels.QFileDialog.getOpenFileName", lambda *asked: (str(other), ""))
    trigger(window, "file.merge")
    return opened(window, qtbot, MergeDialog)


def choose(dialog: MergeDialog, winner: Winner) -> None:
    place = dialog.winner.findData(winner)
    dialog.winner.setCurrentIndex(place)
    dialog.winner.activated.emit(place)


def becomes(dialog: MergeDialog) -> list[str]:
    return [dialog.frames.topLevelItem(row).text(4) for row in range(dialog.frames.topLevelItemCount())]


def test_a_merge_is_shown_before_it_is_made_in_counts_and_words(window, offered):
    assert offered.counts.text() == "Frames filled: 1. The same already: 1. In conflict: 2. Not here: 1."
    assert offered.unknown.item(0).text() == "frames/frame_005.png"
    row = offered.frames.topLevelItem(0)
    assert row.text(0) == "frame_002.png"
    assert row.text(1).startswith("points: 1, accepted\n")
    assert row.text(1).endswith(", Bea")
    assert row.text(2).startswith("points: 1\n")
    assert row.text(2).endswith(", Ann")
    assert row.text(3) == "points moved: 1, a draft again"
    assert nameless(offered) == []
    offered.reject()
    assert [said(window, at) for at in range(4)] == [None, 10.0, 10.0, 10.0]
    assert backups_of(window.session.project.path) == []


@pytest.mark.parametrize(
    ("winner", "whose", "count"),
    [
        (Winner.NEWEST, ["theirs: points: 1", "theirs: points: 1, accepted"], 3),
        (Winner.REVIEWER, ["mine: points: 1, accepted", "theirs: points: 1, accepted"], 2),
        (Winner.MINE, ["mine: points: 1, accepted", "mine: points: 1"], 1),
        (Winner.THEIRS, ["theirs: points: 1", "theirs: points: 1, accepted"], 3),
    ],
)
def test_every_rule_says_at_once_what_each_conflict_would_become(offered, winner, whose, count):
    choose(offered, winner)
    assert becomes(offered) == whose
    assert offered.go.text() == f"Merge ({count})"


def test_a_tick_decides_about_one_frame_whatever_the_rule(window, offered, qtbot):
    choose(offered, Winner.MINE)
    offered.frames.topLevelItem(0).setCheckState(0, Qt.CheckState.Checked)
    assert becomes(offered)[0] == "theirs: points: 1"
    click(qtbot, offered.go)
    told(window, qtbot, "Merged. Frames filled: 1, taken over in conflict: 1, kept: 1")
    assert [said(window, at) for at in range(4)] == [20.0, 10.0, 20.0, 10.0]


def test_a_merge_makes_a_backup_keeps_the_history_and_is_one_step_to_undo(window, offered, qtbot):
    session = window.session
    choose(offered, Winner.REVIEWER)
    click(qtbot, offered.go)
    told(window, qtbot, "Merged. Frames filled: 1, taken over in conflict: 1, kept: 1")
    first = session.project.frame_ids()[0]
    assert session.record.labels.pitch.keypoints[POINT].position == (20.0, 50.0)
    last = session.project.history(first)[-1]
    assert (last.text, last.author) == ("Merge frames.touchline", "Ann")
    (backup,) = backups_of(session.project.path)
    with Project.look_into(backup) as before:
        assert before.record(first) == FrameRecord()
    trigger(window, "edit.undo")
    qtbot.waitUntil(lambda: [said(window, at) for at in range(4)] == [None, 10.0, 10.0, 10.0])
    qtbot.waitUntil(lambda: not window.reviewing.many.busy)
    trigger(window, "edit.redo")
    qtbot.waitUntil(lambda: [said(window, at) for at in range(4)] == [20.0, 10.0, 10.0, 20.0])


def test_a_merge_of_the_project_with_itself_is_refused_in_a_sentence(window, qtbot):
    window.travels.look_at(window.session.project.path)
    told(window, qtbot, "this is the project that is open")


# A slice


def test_a_slice_of_the_accepted_frames_is_saved_and_can_be_opened(window, qtbot, tmp_path):
    say(window.session.project, 1, 10.0, decision=Decision.ACCEPTED)
    say(window.session.project, 2, 10.0)
    window.session.reload()
    settle(window, qtbot)
    trigger(window, "file.saveSlice")
    dialog = opened(window, qtbot, SliceDialog)
    assert nameless(dialog) == []
    assert "Frames: 5," in dialog.note.text()
    dialog.scopes[SliceScope.STATES].click()
    assert "Frames: 1," in dialog.note.text()
    dialog.states[FrameState.ACCEPTED].setChecked(True)
    assert "Frames: 2," in dialog.note.text()
    dialog.scopes[SliceScope.ACCEPTED].click()
    assert "Frames: 1," in dialog.note.text()
    dialog.path.setText(str(tmp_path / "part"))
    click(qtbot, dialog.go)
    told(window, qtbot, "Saved as part.touchline, frames: 1")
    with Project.open(tmp_path / "part.touchline") as part:
        assert [part.row(i).name for i in part.frame_ids()] == ["frame_001.png"]
    click(qtbot, way(window, "Open it"))
    qtbot.waitUntil(lambda: window.session.project.path == tmp_path / "part.touchline")
    settle(window, qtbot)
    assert window.session.labels.pitch.keypoints[POINT].position == (10.0, 50.0)


def test_a_slice_that_is_stopped_leaves_nothing_and_says_so(window, qtbot, tmp_path, monkeypatch):
    errands, copy = window.errands, Project.copy_to

    def stopped(project, *args, **kwargs):
        errands.job.stop()
        return copy(project, *args, **kwargs)

    monkeypatch.setattr(Project, "copy_to", stopped)
    trigger(window, "file.saveSlice")
    dialog = opened(window, qtbot, SliceDialog)
    dialog.path.setText(str(tmp_path / "part"))
    with qtbot.waitSignal(window.session.message) as heard:
        click(qtbot, dialog.go)
    assert heard.args == ["Stopped: nothing was saved"]
    assert list(tmp_path.glob("part*")) == []
    assert not errands.job.running


def test_a_slice_says_why_it_cannot_be_saved(window, qtbot, tmp_path):
    trigger(window, "file.saveSlice")
    dialog = opened(window, qtbot, SliceDialog)
    dialog.path.setText(str(window.session.project.path))
    assert "something with this name already" in dialog.warning.text()
    assert not dialog.go.isEnabled()
    dialog.path.setText(str(tmp_path / "nowhere" / "part"))
    assert dialog.warning.text() == "There is no such folder."
    dialog.path.setText(str(tmp_path / "part"))
    dialog.scopes[SliceScope.ACCEPTED].click()
    assert dialog.warning.text() == "No frame is meant by this."
    dialog.scopes[SliceScope.LISTED].click()
    assert dialog.go.isEnabled()


# Media


@pytest.fixture
def moved(make_window, qtbot, tmp_path):
    """A window on a project both of whose folders were moved while it was closed."""
    first, second = make_frames(tmp_path / "disk" / "first", 2), make_frames(tmp_path / "disk" / "second", 3)
    path = tmp_path / "work.touchline"
    with Project.create(path) as project:
        project.add_media([first, second])
        say(project, 0, 10.0)
    (tmp_path / "disk").rename(tmp_path / "moved")
    window = make_window()
    window.files.open([path])
    qtbot.waitUntil(lambda: window.session.frame_id is not None)
    return window


def test_media_that_moved_are_offered_to_be_relinked_and_all_come_back_at_once(moved, qtbot, tmp_path):
    told(moved, qtbot, "the media cannot be found")
    assert moved.notice.isVisible()
    assert next(one for one in moved.notice.buttons if "Relink" in one.text()).isVisible()
    click(qtbot, way(moved, "Relink media..."))
    dialog = opened(moved, qtbot, RelinkDialog)
    assert nameless(dialog) == []
    assert dialog.summary.text().startswith("Media that are not where they were: 2.")
    assert dialog.media.topLevelItem(0).text(2) == "not there, frames: 2"
    assert not dialog.go.isEnabled()
    dialog.look_at(moved.session.project.media()[0].id, tmp_path / "moved" / "first")
    qtbot.waitUntil(lambda: dialog.go.text() == "Relink (2)")
    assert dialog.media.topLevelItem(1).text(3) == f"{tmp_path / 'moved' / 'second'} (frames found: 3)"
    click(qtbot, dialog.go)
    told(moved, qtbot, "Frames found again: 5")
    settle(moved, qtbot)
    assert moved.session.rgb is not None
    assert moved.session.labels.pitch.keypoints[POINT].position == (10.0, 50.0)
    assert not moved.notice.isVisible()


def test_a_place_without_the_frames_is_refused_in_words_and_changes_nothing(moved, qtbot, tmp_path, monkeypatch):
    trigger(moved, "file.relink")
    dialog = opened(moved, qtbot, RelinkDialog)
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(
        "annotator.gui.dialogs.relink.QFileDialog.getExistingDirectory", lambda *asked: str(tmp_path / "empty")
    )
    click(qtbot, dialog.choose)
    qtbot.waitUntil(lambda: dialog.warning.text() == f"No frame of first is in {tmp_path / 'empty'}.")
    assert not dialog.go.isEnabled()
    dialog.reject()
    assert moved.session.project.media()[0].path == tmp_path / "disk" / "first"


def test_media_that_are_there_say_so(window, qtbot):
    trigger(window, "file.relink")
    dialog = opened(window, qtbot, RelinkDialog)
    assert dialog.summary.text() == "All media are where they were."
    assert dialog.media.topLevelItem(0).text(2) == "there, frames: 5"


# Backups


def test_a_backup_is_made_on_request_and_gone_back_to_with_the_present_kept(window, qtbot):
    project = window.session.project
    path = project.path
    say(project, 0, 10.0)
    trigger(window, "file.backUp")
    told(window, qtbot, "Backed up to")
    say(project, 0, 30.0)
    say(project, 1, 30.0)
    window.session.reload()
    trigger(window, "file.restore")
    dialog = opened(window, qtbot, RestoreDialog)
    assert nameless(dialog) == []
    row = dialog.list.topLevelItem(0)
    assert dialog.list.currentItem() is row
    assert (row.text(1), row.text(3), row.text(4)) == ("Backup", "1 of 5", "0")
    click(qtbot, dialog.go)
    told(window, qtbot, "Restored the backup of")
    qtbot.waitUntil(lambda: window.session.project is not None and window.session.frame_id is not None)
    settle(window, qtbot)
    assert window.session.project.path == path
    assert [said(window, at) for at in range(2)] == [10.0, None]
    kept = next(one for one in backups_of(path) if "before" in one.stem)
    with Project.look_into(kept) as before:
        assert [before.state_counts()[FrameState.DRAFT]] == [2]


def test_a_project_without_backups_says_that_they_are_made_by_themselves(window, qtbot):
    trigger(window, "file.restore")
    dialog = opened(window, qtbot, RestoreDialog)
    assert "There is no backup yet" in dialog.note.text()
    assert not dialog.go.isEnabled()


def test_a_damaged_project_leads_to_its_backups(empty_window, qtbot, frames):
    with Project.for_media([frames]) as project:
        say(project, 0, 10.0)
        back_up(project)
        path = project.path
    path.write_bytes(path.read_bytes()[:9000])
    empty_window.files.open([path])
    told(empty_window, qtbot, "the project file is cut short")
    click(qtbot, way(empty_window, "Restore a backup..."))
    dialog = opened(empty_window, qtbot, RestoreDialog)
    dialog.list.setCurrentItem(dialog.list.topLevelItem(0))
    click(qtbot, dialog.go)
    told(empty_window, qtbot, "Restored the backup of")
    qtbot.waitUntil(lambda: empty_window.session.frame_id is not None)
    settle(empty_window, qtbot)
    assert said(empty_window, 0) == 10.0


def test_a_backup_that_is_opened_says_what_it_is_and_leads_back_to_its_project(empty_window, qtbot, frames):
    with Project.for_media([frames]) as project:
        say(project, 0, 10.0)
        backup, path = back_up(project), project.path
        say(project, 0, 30.0)
    empty_window.files.open([backup])
    told(empty_window, qtbot, "This is a backup of frames.")
    assert empty_window.session.project.path == backup
    click(qtbot, way(empty_window, "Restore a backup..."))
    click(qtbot, opened(empty_window, qtbot, RestoreDialog).go)
    told(empty_window, qtbot, "Restored the backup of")
    qtbot.waitUntil(lambda: empty_window.session.project is not None and empty_window.session.project.path == path)
    settle(empty_window, qtbot)
    assert said(empty_window, 0) == 10.0


def test_a_backup_that_cannot_be_put_back_leaves_the_project_open_as_it_was(window, qtbot, monkeypatch):
    project = window.session.project
    say(project, 0, 10.0)
    back_up(project)
    trigger(window, "file.restore")
    dialog = opened(window, qtbot, RestoreDialog)
    backup = dialog.list.topLevelItem(0).data(0, Qt.ItemDataRole.UserRole).path
    dialog.list.setCurrentItem(dialog.list.topLevelItem(0))
    backup.write_bytes(b"broken")
    click(qtbot, dialog.go)
    told(window, qtbot, "not a Touchline project")
    qtbot.waitUntil(lambda: window.session.project is not None and window.session.frame_id is not None)
    assert said(window, 0) == 10.0


def test_an_import_is_one_step_to_undo(window, qtbot, tmp_path):
    from test_export_import import cvat_of

    from annotator.gui.dialogs.import_preview import ImportPreview

    numbers = window.session.project.frame_ids()
    window.arrivals.bring([cvat_of(window, tmp_path, {numbers[0]: (30.0, 50.0), numbers[1]: (31.0, 50.0)})])
    click(qtbot, opened(window, qtbot, ImportPreview).go)
    told(window, qtbot, "Frames that got labels: 2")
    settle(window, qtbot)
    trigger(window, "edit.undo")
    qtbot.waitUntil(lambda: [said(window, at) for at in range(2)] == [None, None])
