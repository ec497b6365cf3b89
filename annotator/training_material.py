"""What there is to learn from, before a training is begun: counted, not yet written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from annotator.export.splits import Splits
from annotator.labels import FrameState
from annotator.project import Project
from annotator.training_plans import Division, HoldBack, divide

__all__ = ["Material", "material_of_project", "material_of_set"]


@dataclass(frozen=True)
class Material:
    """Frames in all and how they may be divided, or the reason why they cannot be used."""

    frames: int = 0
    divisions: Mapping[HoldBack, Division] = field(default_factory=dict)
    problem: str = ""


def material_of_project(project: Project) -> Material:
    """The accepted frames of a project."""
    rows = [project.row(number) for number in project.frame_ids({FrameState.ACCEPTED})]
    return Material(len(rows), {how: divide(project, rows, how) for how in HoldBack})


def material_of_set(folder: Path) -> Material:
    """A training set made elsewhere, divided as it is."""
    from model.dataset import TrainingSetError, read_training_set

    try:
        found = read_training_set(folder)
    except TrainingSetError as error:
        return Material(problem=str(error))
    train, val = len(found.of_split("train")), len(found.of_split("val"))
    return Material(train + val, {HoldBack.CLIPS: Division(Splits(), train, val)})
