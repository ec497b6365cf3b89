"""What people coming from other programs call the commands: the palette finds them by these words as well.

The words are those of COCO's documents, CVAT, Label Studio, labelme, DeepLabCut and Roboflow.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from annotator.gui.menus.command import Command, N

__all__ = ["SEARCH_WORDS", "words_of"]

SEARCH_WORDS: dict[str, str] = {
    "file.new": N("SearchWords", "create task, job, dataset, choose skeleton, keypoint scheme, classes"),
    "file.openFolder": N("SearchWords", "load images, image directory, dataset"),
    "file.openVideo": N("SearchWords", "load clip, film, mp4"),
    "file.openImages": N("SearchWords", "load pictures, photos, jpg png"),
    "file.openProject": N("SearchWords", "load task, annotations"),
    "file.save": N("SearchWords", "store, write project"),
    "file.importLabels": N("SearchWords", "load annotations, upload json xml, ground truth, detections, poses, MPII"),
    "file.export": N("SearchWords", "download annotations, save as coco json, cvat xml, yolo, dlc csv, dataset, MPII"),
    "file.exportFilm": N("SearchWords", "render video, record, make gif, overlay video"),
    "file.merge": N("SearchWords", "combine annotators, join projects, other annotator"),
    "file.saveSlice": N("SearchWords", "split task, subset, part of the dataset, share frames"),
    "file.scheme": N("SearchWords", "edit skeleton, keypoint names, labels constructor, classes, categories, "
                     "attributes, bones, sigmas, mirror pairs, flip pairs"),
    "app.preferences": N("SearchWords", "settings, options, dark mode, font size, shortcuts"),
    "edit.delete": N("SearchWords", "remove keypoint, erase point"),
    "edit.clear": N("SearchWords", "remove all annotations, delete everything in frame"),
    "edit.copyPrevious": N("SearchWords", "duplicate annotations, copy pose from last frame, propagate, carry over"),
    "edit.selectAll": N("SearchWords", "select every point"),
    "view.fit": N("SearchWords", "reset zoom, whole image"),
    "view.actual": N("SearchWords", "100 %, 1:1 zoom"),
    "view.labels": N("SearchWords", "show hide annotations, keypoints"),
    "view.markings": N("SearchWords", "show hide skeleton, bones, limbs, edges"),
    "view.boxes": N("SearchWords", "show hide bounding boxes, bbox, rectangles"),
    "view.identities": N("SearchWords", "colour by track id, instance color, colour by identity, person colour"),
    "view.predictions": N("SearchWords", "show hide model output, detections, auto annotations"),
    "view.names": N("SearchWords", "show keypoint labels, text"),
    "view.indices": N("SearchWords", "show keypoint ids, joint numbers, order"),
    "view.heatmap": N("SearchWords", "confidence map, activation"),
    "view.brightness": N("SearchWords", "gamma, exposure, image enhancement"),
    "go.next": N("SearchWords", "next image"),
    "go.previous": N("SearchWords", "previous image"),
    "go.frame": N("SearchWords", "jump to image, frame number"),
    "go.nextOpen": N("SearchWords", "next unreviewed image, next to do"),
    "go.nextUnlabelled": N("SearchWords", "next empty image, not annotated"),
    "go.search": N("SearchWords", "find image, filter by file name"),
    "time.play": N("SearchWords", "playback, play video"),
    "time.plots": N("SearchWords", "trajectory, time series, curves, graph"),
    "time.fill": N("SearchWords", "interpolate, keyframes, tween, copy pose to next frame, propagate pose"),
    "time.choose": N("SearchWords", "extract frames, sample frames, active learning, kmeans, outliers"),
    "time.findCuts": N("SearchWords", "shots, scene change"),
    "time.track": N("SearchWords", "track id, tracker, identity, follow people, propagate, copy pose to next frames, "
                    "MOT, tracklets"),
    "time.splitNumber": N("SearchWords", "split track, id switch, break track id"),
    "time.joinNumbers": N("SearchWords", "merge tracks, same person, merge track id"),
    "time.renumberOn": N("SearchWords", "change track id, swap identity, id switch, reassign"),
    "tool.select": N("SearchWords", "cursor, move tool, arrow, edit points"),
    "tool.point": N("SearchWords", "draw skeleton, place keypoint, annotate joints, landmark tool, new pose"),
    "tool.box": N("SearchWords", "draw bounding box, bbox, rectangle tool"),
    "tool.pan": N("SearchWords", "hand tool, move view"),
    "label.nextPoint": N("SearchWords", "next joint, next keypoint"),
    "label.previousPoint": N("SearchWords", "previous joint, keypoint before"),
    "label.cycleVisibility": N("SearchWords", "toggle visibility flag, v 0 1 2, change visibility"),
    "label.visible": N("SearchWords", "visibility flag, v=2, labelled and visible"),
    "label.occluded": N("SearchWords", "visibility flag, v=1, hidden, not visible, covered"),
    "label.absent": N("SearchWords", "visibility flag, v=0, outside, out of frame, not labelled, missing keypoint"),
    "label.skip": N("SearchWords", "visibility v=0, skip joint, outside, missing keypoint"),
    "label.atPrediction": N("SearchWords", "accept keypoint, take model output"),
    "thing.next": N("SearchWords", "next person, next instance, next object"),
    "thing.previous": N("SearchWords", "previous person, previous instance, object before"),
    "thing.add": N("SearchWords", "new instance, new person, new object, new shape, draw new skeleton, add annotation"),
    "thing.accept": N("SearchWords", "accept prediction of one person, confirm instance, take model output"),
    "thing.answer": N("SearchWords", "attributes, shirt number, jersey, number of cards, enter count"),
    "thing.copy": N("SearchWords", "copy pose to next frame, copy person, instance, duplicate skeleton"),
    "thing.paste": N("SearchWords", "paste pose, copy pose to next frame, duplicate person, instance, skeleton"),
    "thing.delete": N("SearchWords", "delete person, remove instance, delete skeleton, remove object, dismiss false "
                      "positive, delete annotation"),
    "thing.renumber": N("SearchWords", "change track id, instance id, person id, group_id, identity"),
    "thing.flip": N("SearchWords", "swap left right, mirror pose, flip skeleton"),
    "thing.boxFromPoints": N("SearchWords", "fit bounding box to keypoints, bbox from skeleton, tighten box"),
    "thing.forgetBox": N("SearchWords", "delete bounding box, remove bbox, rectangle"),
    "predict.load": N("SearchWords", "model, weights, checkpoint, pth, safetensors, HRNet, pose estimation"),
    "predict.frame": N("SearchWords", "auto annotate, run model, inference, AI, pose estimation, find skeletons"),
    "predict.all": N("SearchWords", "auto annotate dataset, run model on everything, batch inference, pre-label"),
    "predict.closer": N("SearchWords", "flip test, test time augmentation, TTA"),
    "predict.boxesHere": N("SearchWords", "person detector, detect people, bounding boxes, bbox, yolo"),
    "predict.boxes": N("SearchWords", "person detector, detect people, bounding boxes, bbox, yolo, onnx"),
    "predict.boxesFile": N("SearchWords", "load detections json, bounding boxes, bbox, person detector output"),
    "predict.train": N("SearchWords", "fine tune model, retrain, learn, epochs"),
    "predict.stop": N("SearchWords", "cancel, abort"),
    "review.accept": N("SearchWords", "approve, confirm annotations, mark done, complete, submit, validate"),
    "review.reject": N("SearchWords", "refuse, discard image, bad frame, skip frame"),
    "review.lookAgain": N("SearchWords", "flag, uncertain, ask somebody, issue"),
    "review.acceptMany": N("SearchWords", "bulk approve, accept all, batch confirm"),
    "review.reopen": N("SearchWords", "unapprove, undo accept, reopen"),
    "review.comment": N("SearchWords", "note, issue, remark, annotation comment"),
    "review.queue": N("SearchWords", "quality check, errors, sort by uncertainty, outliers, active learning"),
    "review.history": N("SearchWords", "versions, log, who changed what"),
    "review.name": N("SearchWords", "annotator, user, author"),
    "review.statistics": N("SearchWords", "analytics, dashboard, progress, counts, charts"),
    "window.timeline": N("SearchWords", "tracks, keyframes, scrubber"),
    "help.keys": N("SearchWords", "shortcuts, hotkeys, key bindings"),
    "help.tutorial": N("SearchWords", "getting started, introduction"),
}  # fmt: skip


def words_of(command: Command) -> str:
    """Other words for a command, in the person's language; "" where there are none."""
    words = SEARCH_WORDS.get(command.id, "")
    return QCoreApplication.translate("SearchWords", words) if words else ""
