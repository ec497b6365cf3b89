"""The Predict menu: the network."""

from __future__ import annotations

from annotator.gui import deeds
from annotator.gui.closer import look_closer
from annotator.gui.menus.command import Command, N, Needs, Room, Scope

_W = Scope.WINDOW
_NOTHING = Needs.NOTHING

PREDICT = (
    Command("predict.load", "predict", N("Commands", "Load network..."),
            N("Commands", "Load the weights of a network from a file"),
            lambda w: w.files.load_network(), (), "network", _NOTHING, _W),
    Command("predict.frame", "predict", N("Commands", "Predict frame"),
            N("Commands", "Let the network look at this frame again"),
            lambda w: w.box_looks.predict_again(), ("F6",), "predict", Needs.NETWORK, _W),
    Command("predict.all", "predict", N("Commands", "Predict all frames"),
            N("Commands", "Let the network look at every listed frame that it has not seen"),
            lambda w: w.errands.predict_all(), ("Shift+F6",), "predict-all", Needs.NETWORK, _W),
    Command("predict.closer", "predict", N("Commands", "Look closer"),
            N("Commands", "Let the network look at every predicted frame mirrored too; the review queue says where "
              "the two looks differ"),
            lambda w: look_closer(w.session, w.reviewing.queue), ("Alt+F6",), "", Needs.NETWORK, _W),
    Command("predict.boxesHere", "predict", N("Commands", "Find boxes"),
            N("Commands", "Let a detector of yours say where people or things are in this frame, and the network look "
              "there"),
            lambda w: w.detecting.find_here(), ("F5",), "find-boxes", Needs.FRAME, _W, group=1, room=Room.MANY),
    Command("predict.boxes", "predict", N("Commands", "Find boxes in frames..."),
            N("Commands", "Choose a detector, what it looks for and how sure it has to be, and the frames"),
            lambda w: w.detecting.ask(), ("Shift+F5",), "", Needs.PROJECT, _W, group=1, room=Room.MANY),
    Command("predict.boxesFile", "predict", N("Commands", "Boxes from a file..."),
            N("Commands", "Take boxes of COCO detections or annotations, and let the network look into them"),
            lambda w: w.files.import_boxes(), (), "", Needs.PROJECT, _W, group=1, room=Room.MANY),
    Command("predict.train", "predict", N("Commands", "Train..."),
            N("Commands", "Train the network further on your accepted frames, and compare it with the one before"),
            lambda w: w.retraining.show(), ("Ctrl+T",), "train", Needs.PROJECT, _W, group=2),
    Command("predict.stop", "predict", N("Commands", "Stop"), N("Commands", "Stop what is running; what is done stays"),
            deeds.stop, ("Ctrl+.",), "stop", Needs.JOB, _W),
)  # fmt: skip
