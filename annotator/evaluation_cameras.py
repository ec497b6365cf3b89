"""How well the camera that follows from detected points explains the lines that people drew in the same frames.

The camera is the one that ``predict``, ``calibrate`` and ``evaluate cameras`` in a row would give: fitted to all points
above the threshold alike, kept when it is a camera and explains them. The score is SoccerNet's
(`annotator.camera_score`): JaC@t over the frames with a camera, completeness, and final, both multiplied. It is taken
at 960 pixels of width, whatever the size of the images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.calibration import flattened
from annotator.camera import SolutionKind
from annotator.camera_score import THRESHOLDS, FrameScore, Projector, SetScore, annotated_size, score_frame, score_set
from annotator.evaluation import Points, Truth, View
from annotator.formats.cameras import camera_of
from annotator.formats.documents import FormatError
from annotator.formats.soccernet import read_lines
from annotator.keypoints import TRUSTED_RMS, TRUSTED_SUPPORT, resolve
from annotator.labels import Instance, KeypointLabel, Origin, Point, Visibility
from annotator.pitch import PITCH_57

Lines = Mapping[str, Sequence[Point]]


@dataclass(frozen=True)
class CameraEvaluation:
    """The scores of every frame with drawn lines, by name; None for a frame without a camera."""

    frames: Mapping[str, FrameScore | None]
    views: Mapping[str, View]

    @property
    def overall(self) -> SetScore:
        """All frames together."""
        return score_set(self.frames.values())

    def by_view(self) -> dict[View, SetScore]:
        """The frames of every kind of view that occurs."""
        kinds = {view: [score for name, score in self.frames.items() if self.views[name] is view] for view in View}
        return {view: score_set(scores) for view, scores in kinds.items() if scores}


def read_drawn(folder: Path, truths: Sequence[Truth]) -> tuple[dict[str, Lines], list[str]]:
    """The lines drawn in frames that are in ``truths``, in pixels of a frame 960 wide, by name: ``lines/<name>.json``.

    Nothing where the folder has no ``lines``; a sentence for what cannot be used.
    """
    drawn: dict[str, Lines] = {}
    remarks: list[str] = []
    for truth in truths:
        path = folder / "lines" / f"{Path(truth.name).stem}.json"
        if not path.is_file():
            continue
        try:
            read = read_lines(path, annotated_size(truth.size))
        except FormatError as error:
            remarks.append(str(error))
            continue
        drawn[truth.name] = {**read.markings, **read.aside}
    known = {Path(truth.name).stem for truth in truths}
    if others := [path for path in sorted((folder / "lines").glob("*.json")) if path.stem not in known]:
        remarks.append(f"{others[0]}: lines of no labelled frame are left out ({len(others)} files)")
    return drawn, remarks


def evaluate_cameras(
    truths: Sequence[Truth], detections: Mapping[str, Points], drawn: Mapping[str, Lines]
) -> CameraEvaluation | None:
    """The score of detections by frame name; None without a frame with lines."""
    with_lines = [truth for truth in truths if truth.name in drawn]
    if not with_lines:
        return None
    scores: dict[str, FrameScore | None] = {}
    for truth in with_lines:
        project = projector_through(detections.get(truth.name, {}), truth.size)
        scores[truth.name] = (
            None if project is None else score_frame(project, drawn[truth.name], size=truth.size)
        )
    return CameraEvaluation(scores, {truth.name: truth.view for truth in with_lines})


def projector_through(points: Points, size: tuple[int, int]) -> Projector | None:
    """The camera through detected points in pixels of a frame of ``size``, as its file has it; None without one."""
    labels = {
        PITCH_57.keypoints[k]: KeypointLabel(place, Visibility.VISIBLE, Origin.IMPORTED) for k, place in points.items()
    }
    resolved = resolve(Instance(keypoints=labels), None, size=size, threshold=1.0)
    solution, evidence = resolved.solution, resolved.evidence
    if solution is None or evidence is None or solution.kind is not SolutionKind.CAMERA:
        return None
    if solution.rms > TRUSTED_RMS or solution.support < TRUSTED_SUPPORT:
        return None
    return camera_of(flattened(evidence, solution)).project


CAMERA_HEADER = f"{'':34}compl." + "".join(f"  {f'JaC@{t:g}':>6}" for t in THRESHOLDS) + "   final@5"


def camera_line(title: str, score: SetScore) -> str:
    """One line of the table under `CAMERA_HEADER`, shares from 0 to 1."""
    cells = "".join(f"  {score.jaccard[t]:6.3f}" for t in THRESHOLDS)
    return f"{title:34}{score.completeness:6.3f}{cells}   {score.final[5.0]:7.3f}"


def score_document(score: SetScore) -> dict[str, object]:
    """The scores of a set as JSON values, shares from 0 to 1."""
    return {
        "frames": score.frames,
        "completeness": score.completeness,
        "jaccard": {f"{t:g}": value for t, value in score.jaccard.items()},
        "final": {f"{t:g}": value for t, value in score.final.items()},
    }


def camera_document(found: CameraEvaluation) -> dict[str, object]:
    """The scores as JSON values; of every frame JaC@5, null without a camera."""
    return {
        "overall": score_document(found.overall),
        "views": {view.value: score_document(score) for view, score in found.by_view().items()},
        "frames": {name: None if one is None else one.jaccard[5.0] for name, one in found.frames.items()},
    }
