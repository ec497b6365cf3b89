"""The export dialog where nothing is accepted yet, and where a share would get nothing."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from test_way_in import coco_file, make_frames
from windows import drag, open_folder, opened, press, settle

from annotator.export import ExportKind, GroupBy, Scope
from annotator.gui.dialogs.export_wizard import ExportDialog
from annotator.imports import carry_out, plan_import
from annotator.labels import Decision, FrameRecord, Review
from annotator.project import Project
from annotator.schemes import COCO_17

pytest_plugins = ("window_fixtures",)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    """A data directory of this test alone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def walk(tmp_path):
    """Five photographs with an imported person each."""
    folder = make_frames(tmp_path / "walk", 5)
    path = coco_file(tmp_path, frames=5)
    with Project.for_media([folder], scheme=COCO_17) as project:
        carry_out(project, plan_import(project, [path]))
    return folder


def accept_all(folder):
    with Project.for_media([folder]) as project:
        for number in project.frame_ids():
            labels = project.record(number).labels
            project.save_record(number, FrameRecord(labels, Review(Decision.ACCEPTED)), text="accept")


def asked(window, qtbot, kind=ExportKind.TRAINING_SET):
    press(window, qtbot, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = opened(window, qtbot, ExportDialog)
    rows = range(dialog.kinds.count())
    found = next(n for n in rows if dialog.kinds.item(n).data(Qt.ItemDataRole.UserRole) is kind)
    dialog.kinds.setCurrentRow(found)
    return dialog


def test_what_was_imported_and_not_accepted_is_told_how_to_go_out(empty_window, qtbot, walk):
    open_folder(empty_window, walk, qtbot)
    dialog = asked(empty_window, qtbot, ExportKind.COCO)
    assert "Frames in work: 5. They go out with Frames set to Accepted and in work." in dialog.note.text()
    assert not dialog.go.isEnabled()
    dialog.form.scope.setCurrentIndex(dialog.form.scope.findData(Scope.DRAFTS))
    qtbot.waitUntil(lambda: dialog.note.text().startswith("Frames: 5, points: 85"))
    assert dialog.go.isEnabled()


def test_a_share_that_gets_nothing_is_said_with_a_way_out_of_one_press(empty_window, qtbot, walk):
    accept_all(walk)
    open_folder(empty_window, walk, qtbot)
    dialog = asked(empty_window, qtbot)
    qtbot.waitUntil(lambda: "No frame falls into val: all frames are of one match or folder, walk" in
                    dialog.warning.text())  # fmt: skip
    qtbot.mouseClick(dialog.hold, LEFT)
    qtbot.waitUntil(lambda: "look alike" in dialog.warning.text())
    assert dialog.form.group.currentData() is GroupBy.FRAME
    assert not dialog.hold.isVisible()
    assert "val 1" in dialog.note.text()
    dialog.form.group.setCurrentIndex(dialog.form.group.findData(GroupBy.CLIP))
    qtbot.waitUntil(lambda: "all frames are of one clip" in dialog.warning.text())
    assert dialog.hold.isVisible()
    dialog.form.shares.setText("100")
    qtbot.waitUntil(lambda: not dialog.warning.isVisible())
    assert not dialog.hold.isVisible()


def test_formats_without_splits_say_nothing_of_shares(empty_window, qtbot, walk):
    accept_all(walk)
    open_folder(empty_window, walk, qtbot)
    dialog = asked(empty_window, qtbot, ExportKind.COCO)
    qtbot.waitUntil(lambda: dialog.note.text().startswith("Frames: 5, points: 85"))
    assert not dialog.hold.isVisible()
    assert not dialog.warning.isVisible()


def test_a_person_scaled_by_a_corner_takes_the_area_along_into_coco(empty_window, qtbot, walk, tmp_path):
    path = tmp_path / "people.json"
    document = json.loads(path.read_text())
    for one in document["annotations"]:
        one |= {"segmentation": [[40, 50, 90, 50, 90, 120]], "area": 1750}
    path.write_text(json.dumps(document))
    folder = make_frames(tmp_path / "again", 1)
    assert cv2.imwrite(str(folder / "frame_000.png"), np.full((360, 640, 3), 60, np.uint8))
    with Project.for_media([folder], scheme=COCO_17) as project:
        carry_out(project, plan_import(project, [path]))
    open_folder(empty_window, folder, qtbot)
    session = empty_window.session
    drag(empty_window, qtbot, (90.0, 120.0), (140.0, 190.0))
    box = session.labels.instance(0).box
    assert box == pytest.approx((40.0, 50.0, 140.0, 190.0), abs=3.0)
    settle(empty_window, qtbot)
    dialog = asked(empty_window, qtbot, ExportKind.COCO)
    dialog.form.scope.setCurrentIndex(dialog.form.scope.findData(Scope.DRAFTS))
    dialog.path.setText(str(tmp_path / "out"))
    qtbot.mouseClick(dialog.go, LEFT)
    qtbot.waitUntil(lambda: dialog.pages.currentIndex() == 2)
    (made,) = json.loads((tmp_path / "out/annotations.json").read_text())["annotations"]
    wide, high = (box[2] - box[0]) / 50, (box[3] - box[1]) / 70
    assert made["area"] == pytest.approx(1750 * wide * high, rel=1e-6)
    assert made["segmentation"][0][2:] == pytest.approx([box[2], box[1], box[2], box[3]], abs=1e-3)
