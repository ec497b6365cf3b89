"""What the export dialog says: formats, choices and counts, in words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from PySide6.QtCore import QCoreApplication

from annotator.export import Box, ExportKind, ExportReport, GroupBy, Images, Scope, Unaccepted
from annotator.export.splits import Leak, SplitPlan
from annotator.formats.soccernet import Dialect

translate = QCoreApplication.translate


def formats() -> dict[ExportKind, tuple[str, str]]:
    """The name of every format, and what it is in one sentence."""
    return {
        ExportKind.TRAINING_SET: (
            translate("Export", "Training set"),
            translate("Export", "Images and keypoints to train the network further."),
        ),
        ExportKind.COCO: (
            translate("Export", "COCO keypoints"),
            translate("Export", "One JSON file that most pose programs and pycocotools read."),
        ),
        ExportKind.YOLO_POSE: (
            translate("Export", "YOLO-pose set"),
            translate("Export", "Images, label files and data.yaml as Ultralytics trains on them."),
        ),
        ExportKind.CVAT: (
            translate("Export", "CVAT"),
            translate("Export", "XML for images 1.1 with a skeleton and lines, and the labels to set a task up with."),
        ),
        ExportKind.SOCCERNET: (
            translate("Export", "SoccerNet lines"),
            translate("Export", "A line file a frame as in SoccerNet camera calibration, and the 57 keypoints."),
        ),
        ExportKind.CAMERAS: (
            translate("Export", "SoccerNet cameras"),
            translate("Export", "A camera file for every frame whose camera is known."),
        ),
        ExportKind.KEYPOINTS57: (
            translate("Export", "57 keypoints"),
            translate("Export", "One JSON file with every point, where it comes from and how sure it is."),
        ),
        ExportKind.MPII: (
            translate("Export", "MPII"),
            translate("Export", "The list of people of MPII; for its 16 joints alone."),
        ),
        ExportKind.DEEPLABCUT: (
            translate("Export", "DeepLabCut"),
            translate("Export", "A CollectedData table; it cannot tell hidden points from visible ones."),
        ),
        ExportKind.LIGHTNING_POSE: (
            translate("Export", "Lightning Pose"),
            translate("Export", "A table as DeepLabCut's that also says which points are hidden."),
        ),
    }


def choices() -> Mapping[Enum, str]:
    """Every choice of the form in words."""
    return {
        Scope.ACCEPTED: translate("Export", "Accepted"),
        Scope.DRAFTS: translate("Export", "Accepted and in work"),
        Scope.CONFIDENT: translate("Export", "All with confident points"),
        Unaccepted.MASK: translate("Export", "Leave open"),
        Unaccepted.EXCLUDE: translate("Export", "Count as not there"),
        Unaccepted.ACCEPT: translate("Export", "Take from the network"),
        Images.COPY: translate("Export", "Copy"),
        Images.LINK: translate("Export", "Hard link, no extra space"),
        Images.REFERENCE: translate("Export", "Leave where they are"),
        Box.HULL: translate("Export", "Around the points"),
        Box.FRAME: translate("Export", "Whole frame"),
        GroupBy.MATCH: translate("Export", "Match or folder"),
        GroupBy.CLIP: translate("Export", "Clip"),
        GroupBy.FRAME: translate("Export", "Nothing: frame by frame"),
        Dialect.CALIBRATION: translate("Export", "Calibration 2023"),
        Dialect.GAMESTATE: translate("Export", "Game state"),
    }


def counted(frames: int, points: int, left_out: int) -> str:
    """How much would go out."""
    text = translate("Export", "Frames: {frames}, points: {points}").format(frames=f"{frames:,}", points=f"{points:,}")
    if left_out:
        text += translate("Export", ", frames left out: {count}").format(count=f"{left_out:,}")
    return text


def leak_sentence(leak: Leak) -> str:
    """What a split gives away."""
    text = translate("Export", "Frames of {group} are in several splits ({where}): scores on them will be too good.")
    where = ", ".join(f"{split} {count:,}" for split, count in leak.frames.items())
    return text.format(group=leak.group, where=where)


def shortage_sentence(plan: SplitPlan, group: GroupBy) -> str:
    """Why a split gets no frame."""
    none = translate("Export", "No frame falls into {splits}:").format(splits=", ".join(plan.empty))
    if group is GroupBy.FRAME:
        why = translate("Export", "there are too few frames.")
    elif plan.only_group and group is GroupBy.CLIP:
        why = translate("Export", "all frames are of one clip, {name}, which is kept together.")
    elif plan.only_group:
        why = translate("Export", "all frames are of one match or folder, {name}, which is kept together.")
    else:
        why = translate("Export", "there are too few matches or clips to tell apart.")
    return f"{none} {why.format(name=plan.only_group)}"


def alike_sentence(*, football: bool) -> str:
    """What figures are worth where frames of one clip are learnt from and judged by."""
    if football:
        return translate("Retrain", "Frames of one clip look alike: the figures will be better than on a new match.")
    return translate("Retrain", "Frames of one clip look alike: the figures will be better than on new ones.")


def summary(report: ExportReport) -> str:
    """What was made, in a sentence."""
    text = translate("Export", "Frames exported: {count}. They are in {folder}.").format(
        count=f"{report.frames:,}", folder=report.folder
    )
    if report.counts.get("points"):
        text += " " + translate("Export", "Points: {count}.").format(count=f"{report.counts['points']:,}")
    if report.left_out:
        text += " " + translate("Export", "Left out: {count}.").format(count=f"{len(report.left_out):,}")
    if report.points:
        text += " " + translate("Export", "Points dropped or moved: {count}.").format(count=f"{len(report.points):,}")
    return text
