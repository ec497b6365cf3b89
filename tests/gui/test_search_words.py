"""The palette finds what people and packets need by the words of other programs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from windows import open_folder

from annotator.gui.menus.command import Room
from annotator.gui.menus.search_words import SEARCH_WORDS
from annotator.gui.menus.table import COMMANDS
from annotator.gui.palette import Palette, by_words, fitting
from annotator.project import Project
from annotator.schemes import CARD_PACKET_8, COCO_17

pytest_plugins = ("window_fixtures",)

FIRST = 6
"""So many rows are seen at a glance."""
ASKED = {
    "skeleton": ("tool.point", "thing.add", "file.scheme", "view.markings"),
    "draw skeleton": ("tool.point",),
    "edit skeleton": ("file.scheme",),
    "bounding box": ("tool.box",),
    "bbox": ("tool.box", "view.boxes"),
    "rectangle": ("tool.box",),
    "track id": ("time.track", "thing.renumber", "time.renumberOn"),
    "change track id": ("thing.renumber", "time.renumberOn"),
    "merge tracks": ("time.joinNumbers",),
    "split track": ("time.splitNumber",),
    "visibility": ("label.cycleVisibility", "label.visible", "label.occluded", "label.absent"),
    "hidden": ("label.occluded",),
    "outside": ("label.absent",),
    "copy pose to next frame": ("thing.copy", "thing.paste"),
    "copy the pose to the next frame": ("thing.copy", "thing.paste"),
    "interpolate": ("time.fill",),
    "detector": ("predict.boxes", "predict.boxesHere"),
    "detect people": ("predict.boxes", "predict.boxesHere"),
    "auto annotate": ("predict.frame", "predict.all"),
    "load model": ("predict.load",),
    "new person": ("thing.add",),
    "new instance": ("thing.add",),
    "delete person": ("thing.delete",),
    "swap left right": ("thing.flip",),
    "shirt number": ("thing.answer",),
    "number of cards": ("thing.answer",),
    "attributes": ("file.scheme", "thing.answer"),
    "approve": ("review.accept",),
    "settings": ("app.preferences",),
    "shortcuts": ("help.keys",),
    "coco json": ("file.export",),
    "import annotations": ("file.importLabels",),
    "next image": ("go.next",),
    "fine tune": ("predict.train",),
    "flip test": ("predict.closer",),
}


@pytest.mark.parametrize("query", ASKED)
def test_other_words_find_the_command_among_the_first(query):
    found = [command.id for command in fitting(COMMANDS, query)]
    assert set(ASKED[query]) <= set(found[:FIRST]), found[:10]


def test_words_are_of_real_commands_of_people_and_things():
    rooms = {command.id: command.room for command in COMMANDS}
    assert set(SEARCH_WORDS) <= set(rooms)
    assert all(rooms[name] is not Room.FOOTBALL for name in SEARCH_WORDS)
    # What only people and things have is known by other words, all of it.
    assert {name for name, room in rooms.items() if room in (Room.THINGS, Room.MANY)} <= set(SEARCH_WORDS)


def test_words_come_in_any_order_and_small_ones_do_not_count():
    assert by_words("Copy pose to next frame", "the next frame pose")
    assert not by_words("Copy pose to next frame", "next packet")
    assert not by_words("Copy", "  ")


@pytest.mark.parametrize("scheme", [COCO_17, CARD_PACKET_8], ids=lambda scheme: scheme.id)
def test_typing_skeleton_takes_a_tool_of_the_project(make_window, frames, qtbot, scheme):
    with Project.for_media([frames], scheme=scheme):
        pass
    window = make_window()
    open_folder(window, frames, qtbot)
    palette = Palette(window.actions_, window)
    qtbot.addWidget(palette)
    palette.open_over(window)
    qtbot.keyClicks(palette.query, "draw bounding box")
    qtbot.keyClick(palette.query, Qt.Key.Key_Return)
    assert window.tools.current == "box"
