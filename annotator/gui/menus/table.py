"""The table of commands: menus, toolbar, context menu, palette and key help are built from it."""

from __future__ import annotations

from annotator.gui.menus.command import Command, N
from annotator.gui.menus.edit_menu import EDIT
from annotator.gui.menus.file_menu import FILE
from annotator.gui.menus.go_menu import GO
from annotator.gui.menus.guide_menu import GUIDE
from annotator.gui.menus.help_menu import HELP
from annotator.gui.menus.label_menu import LABEL
from annotator.gui.menus.learn_menu import LEARN
from annotator.gui.menus.predict_menu import PREDICT
from annotator.gui.menus.review_menu import REVIEW
from annotator.gui.menus.things_menu import THINGS
from annotator.gui.menus.time_menu import TIME
from annotator.gui.menus.tracking_menu import TRACKING
from annotator.gui.menus.view_menu import VIEW
from annotator.gui.menus.window_menu import WINDOW

MENUS = (
    ("file", N("Menus", "&File")),
    ("edit", N("Menus", "&Edit")),
    ("view", N("Menus", "&View")),
    ("go", N("Menus", "&Go")),
    ("time", N("Menus", "&Time")),
    ("label", N("Menus", "&Label")),
    ("predict", N("Menus", "&Predict")),
    ("review", N("Menus", "&Review")),
    ("window", N("Menus", "&Window")),
    ("help", N("Menus", "&Help")),
)
TOOLBAR = (
    "edit.undo", "edit.redo", "",
    "tool.select", "tool.point", "tool.marking", "tool.template", "tool.box", "tool.pan",
    "label.snapOnRelease", "",
    "view.fit", "view.heatmap", "view.predictions", "",
    "predict.frame", "",
    "go.previous", "go.next",
)  # fmt: skip
DECISIONS = ("review.reject", "review.accept")
CONTEXT = (
    "label.visible", "label.occluded", "label.absent", "",
    "label.atPrediction", "label.atGeometry", "label.snapNow", "edit.delete", "",
    "thing.renumber", "thing.flip", "thing.copy", "thing.paste", "thing.boxFromPoints", "thing.delete", "",
    "view.fit", "view.actual", "view.heatmap", "",
    "review.accept", "review.reject",
)  # fmt: skip

COMMANDS: tuple[Command, ...] = (
    *FILE, *EDIT, *VIEW, *GO, *TIME, *TRACKING, *LABEL, *THINGS, *GUIDE, *PREDICT, *REVIEW, *WINDOW, *LEARN, *HELP,
)  # fmt: skip
