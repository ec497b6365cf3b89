"""The File menu: opening, importing, exporting."""

from __future__ import annotations

from annotator.gui import deeds, scheme_deeds, time_deeds
from annotator.gui.menus.command import Command, N, Needs, Scope

_W = Scope.WINDOW
_PROJECT = Needs.PROJECT
_NOTHING = Needs.NOTHING

FILE = (
    Command("file.new", "file", N("Commands", "New project..."),
            N("Commands", "Say what the frames show: a pitch, people, card packets, things of your own"),
            lambda w: w.files.new_project(), ("Ctrl+N",), "", _NOTHING, _W),
    Command("file.openFolder", "file", N("Commands", "Open folder..."), N("Commands", "Open a folder of frames"),
            lambda w: w.files.open_folder(), ("Ctrl+O",), "open-folder", _NOTHING, _W),
    Command("file.openVideo", "file", N("Commands", "Open video..."), N("Commands", "Open one or more videos"),
            lambda w: w.files.open_video(), ("Ctrl+Shift+V",), "open-video", _NOTHING, _W),
    Command("file.openImages", "file", N("Commands", "Open images..."), N("Commands", "Open single images"),
            lambda w: w.files.open_images(), ("Ctrl+I",), "open-images", _NOTHING, _W),
    Command("file.openProject", "file", N("Commands", "Open project..."),
            N("Commands", "Open a Touchline project file"),
            lambda w: w.files.open_project(), ("Ctrl+Shift+O",), "", _NOTHING, _W),
    Command("file.openSample", "file", N("Commands", "Open sample project"),
            N("Commands", "Open a few rendered frames to try things on"),
            lambda w: w.errands.open_sample(), (), "sample", _NOTHING, _W),
    Command("file.save", "file", N("Commands", "Save"),
            N("Commands", "Everything is stored as you work; this says where"),
            deeds.save, ("Ctrl+S",), "", _PROJECT, _W, group=1),
    Command("file.importLabels", "file", N("Commands", "Import labels..."),
            N("Commands", "Bring labels of other programs in: SoccerNet, COCO, CVAT, YOLO-pose, DeepLabCut"),
            lambda w: w.files.import_labels(), (), "import", _PROJECT, _W, group=2),
    Command("file.export", "file", N("Commands", "Export..."),
            N("Commands", "Write labels as a training set, SoccerNet files, COCO, YOLO-pose, CVAT or tables"),
            lambda w: w.files.export(), ("Ctrl+E",), "export", _PROJECT, _W, group=2),
    Command("file.exportFilm", "file", N("Commands", "Export film..."),
            N("Commands", "Write frames as MP4, GIF or WebP with points, markings, heatmap and a pitch map over them"),
            time_deeds.export_film, (), "", _PROJECT, _W, group=2),
    Command("file.merge", "file", N("Commands", "Merge another project..."),
            N("Commands", "Bring in what another person's project says of the same frames, after a look at it"),
            lambda w: w.travels.merge(), (), "", _PROJECT, _W, group=3),
    Command("file.saveSlice", "file", N("Commands", "Save a slice as a project..."),
            N("Commands", "Save some of the frames, with labels and history, as a project of their own"),
            lambda w: w.travels.save_slice(), (), "", _PROJECT, _W, group=3),
    Command("file.scheme", "file", N("Commands", "Scheme..."),
            N("Commands", "Points, edges, colours and what is asked: change the project's scheme, or make one"),
            lambda w: scheme_deeds.edit_scheme(w), (), "", _NOTHING, _W, group=3),
    Command("file.relink", "file", N("Commands", "Relink media..."),
            N("Commands", "Say where folders and videos lie that were moved"),
            lambda w: w.travels.relink(), (), "folder", _PROJECT, _W, group=3),
    Command("file.backUp", "file", N("Commands", "Back up now"),
            N("Commands", "Write a backup of the project beside it; one is made by itself every day"),
            lambda w: w.travels.back_up(), (), "", _PROJECT, _W, group=3),
    Command("file.restore", "file", N("Commands", "Restore a backup..."),
            N("Commands", "Go back to a backup; the project as it is now is kept"),
            lambda w: w.travels.restore(), (), "", _PROJECT, _W, group=3),
    Command("app.preferences", "file", N("Commands", "Preferences..."),
            N("Commands", "Your name, theme, text size, language and keys"),
            lambda w: w.dialogs.show_preferences(), ("Ctrl+,",), "", _NOTHING, _W, group=4),
    Command("app.quit", "file", N("Commands", "Quit"), N("Commands", "Close Touchline"),
            lambda w: w.close(), ("Ctrl+Q",), "", _NOTHING, _W, group=4),
)  # fmt: skip
