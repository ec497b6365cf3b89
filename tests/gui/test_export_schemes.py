"""Projects of other schemes than the pitch go out of the window and come in."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from test_export_import import button, choose, click, opened
from windows import open_folder, press, settle

from annotator import instances
from annotator.export import ExportKind
from annotator.export.things import kinds_for
from annotator.formats.coco_things import things_document
from annotator.formats.documents import listed_text
from annotator.formats.exchange import ExchangeFrame, ExchangeInstance
from annotator.gui.dialogs.export_wizard import ExportDialog
from annotator.gui.dialogs.import_preview import ImportPreview
from annotator.labels import Decision, FrameRecord, Review, Visibility, place
from annotator.project import Project
from annotator.schemes import COCO_17

pytest_plugins = ("window_fixtures",)


@pytest.fixture
def people(make_window, frames, qtbot):
    """A window on a project of people, two of them in the first frame, accepted."""
    with Project.for_media([frames], scheme=COCO_17) as project:
        number = project.frame_ids()[0]
        labels = place(project.record(number).labels, "nose", (20.0, 30.0))
        labels = instances.set_box(place(labels, "left_hip", (60.0, 50.0), instance=1), 1, (50, 20, 80, 70))
        project.save_record(number, FrameRecord(labels, Review(Decision.ACCEPTED)), text="a")
    window = make_window()
    open_folder(window, frames, qtbot)
    return window


def test_only_formats_that_hold_people_are_offered_and_they_go_out(people, qtbot, tmp_path):
    press(people, qtbot, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = opened(people, qtbot, ExportDialog)
    offered = [dialog.kinds.item(row).data(Qt.ItemDataRole.UserRole) for row in range(dialog.kinds.count())]
    assert set(offered) == set(kinds_for(COCO_17))
    choose(dialog, ExportKind.COCO)
    qtbot.waitUntil(lambda: dialog.note.text() == "Frames: 1, points: 2")
    dialog.path.setText(str(tmp_path / "out"))
    click(qtbot, button(dialog, "Export"))
    qtbot.waitUntil(lambda: (tmp_path / "out/annotations.json").is_file())


def test_people_of_a_file_come_in_after_a_look(people, qtbot, tmp_path):
    project = people.session.project
    row = project.row(project.frame_ids()[1])
    who = ExchangeInstance({"nose": (10.0, 12.0, Visibility.VISIBLE), "left_eye": (12.0, 10.0, Visibility.OCCLUDED)})
    size = people.session.size
    path = tmp_path / "people.json"
    frame = ExchangeFrame(row.name, size, (who, ExchangeInstance(box=(1.0, 2.0, 9.0, 9.0))))
    document = things_document([frame], COCO_17)
    path.write_text(listed_text(document), encoding="utf-8")
    people.arrivals.bring([path])
    preview = opened(people, qtbot, ImportPreview)
    click(qtbot, preview.go)
    qtbot.waitUntil(lambda: len(instances.present(project.record(row.id).labels)) == 2)
    settle(people, qtbot)


def test_a_list_of_mpii_that_is_dropped_is_looked_at(people, qtbot, tmp_path):
    name = people.session.project.row(people.session.project.frame_ids()[1]).name
    person = {"image": name, "joints": [[5, 6]] * 16, "joints_vis": [1] * 16, "center": [20, 20], "scale": 0.1}
    path = tmp_path / "mpii.json"
    path.write_text(json.dumps([person]), encoding="utf-8")
    people.arrivals.bring([path])
    preview = opened(people, qtbot, ImportPreview)
    assert "New labels: 1" in preview.counts.text()
    preview.reject()
