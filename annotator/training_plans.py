"""What a training is to be before it begins: how long, which frames are held back, and about how long that takes."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path

from annotator.export import ExportKind, ExportOptions, export
from annotator.export.splits import GroupBy, Splits, plan_splits
from annotator.project import FrameRow, Project
from annotator.training_runs import RunSettings, TrainingRun, home_of

__all__ = [
    "EFFORTS", "LEAST", "RENDERED_SHARE", "Division", "Effort", "HoldBack", "Length", "Pace", "Plan", "begin",
    "divide", "effort_of", "samples_of", "seconds_of",
]  # fmt: skip

LEAST = 8
"""Accepted frames below which a training has nothing to learn from."""
RENDERED_SHARE = 0.5
"""Part of the draws that rendered frames take where they are mixed in: enough not to forget what they taught."""
_SHARES = (("train", 0.8), ("val", 0.2))
_HELD = 0.2
_LEAST_HELD, _MOST_HELD = 0.08, 0.45


class Length(Enum):
    """How long a training goes on."""

    QUICK = "quick"
    NORMAL = "normal"
    THOROUGH = "thorough"


@dataclass(frozen=True)
class Effort:
    """Rounds over the people's frames, frames rendered, and rounds without progress after which it ends (0: never).

    With ``patience`` the network of the best round is kept, judged on the frames held back: a training that goes on
    for long may get worse on them.
    """

    epochs: float
    rendered: int
    patience: int = 0


EFFORTS: Mapping[Length, Effort] = {
    Length.QUICK: Effort(4.0, 60),
    Length.NORMAL: Effort(12.0, 300, 6),
    Length.THOROUGH: Effort(40.0, 1000, 8),
}
FROM_NOTHING = 6.0
"""How many times as long a network learns that knows nothing yet."""


def effort_of(length: Length, *, football: bool, from_nothing: bool, judged: bool) -> Effort:
    """How long a training goes on: frames are rendered of pitches alone, and without judged frames it ends at no sign.

    A network from nothing learns `FROM_NOTHING` times as long, and to its end: for many rounds it finds nothing at all,
    which is no want of progress. Its best round is kept all the same.
    """
    effort = EFFORTS[length]
    epochs = effort.epochs * (FROM_NOTHING if from_nothing else 1.0)
    patience = math.ceil(epochs) if from_nothing else effort.patience
    return Effort(epochs, effort.rendered if football else 0, patience if judged else 0)


class HoldBack(Enum):
    """Which frames are not learnt from, so that the networks can be judged on them."""

    CLIPS = "clips"
    FRAMES = "frames"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Division:
    """How many frames are learnt from and how many held back, from how many clips, and the split that does so."""

    splits: Splits
    train: int
    val: int
    clips: int = 0


def divide(project: Project, rows: Sequence[FrameRow], how: HoldBack) -> Division:
    """How frames are divided; with ``CLIPS`` none is held back where all frames are of one clip.

    Clips are chosen by a hash of their name, so that one that was held back is so again in the next training; where
    the hash holds back too few or too many, those of the largest hash are, one after the other. With ``FRAMES`` it is
    the last fifth of every clip: as far from the others as it gets, and still of the same clips.
    """
    if how is HoldBack.NOTHING or not rows:
        return Division(Splits((("train", 1.0),)), len(rows), 0)
    by_clip = Splits(_SHARES, group_by=GroupBy.CLIP)
    plan = plan_splits(project, rows, by_clip)
    sizes = Counter(plan.groups.values())
    if how is HoldBack.CLIPS:
        held = {plan.groups[frame] for frame, split in plan.splits.items() if split == "val"}
        share = sum(sizes[clip] for clip in held) / len(rows)
        if _LEAST_HELD <= share <= _MOST_HELD:
            count = sum(sizes[clip] for clip in held)
            return Division(by_clip, len(rows) - count, count, len(held))
        return _divided(rows, {row.id for row in rows if plan.groups[row.id] in _chosen(sizes)}, plan.groups)
    by_clips: dict[str, list[int]] = {}
    for row in rows:
        by_clips.setdefault(plan.groups[row.id], []).append(row.id)
    last = {one for frames in by_clips.values() for one in frames[len(frames) - round(_HELD * len(frames)) :]}
    return _divided(rows, last or {rows[-1].id}, plan.groups)


def _chosen(sizes: Mapping[str, int]) -> set[str]:
    """Clips of a fifth of all frames, as near as whole clips come to it; none where there is one clip."""
    total, chosen, count = sum(sizes.values()), set[str](), 0
    for clip in sorted(sizes, key=lambda name: sha256(f"0:{name}".encode()).digest(), reverse=True):
        more = count + sizes[clip]
        if more <= _MOST_HELD * total or (not chosen and len(sizes) > 1 and more <= total / 2):
            chosen.add(clip)
            count = more
        if count >= _HELD * total:
            break
    return chosen


def _divided(rows: Sequence[FrameRow], held: set[int], groups: Mapping[int, str]) -> Division:
    """The division with exactly these frames held back."""
    if not held:
        return Division(Splits((("train", 1.0),)), len(rows), 0)
    fixed = tuple((_name(row), "val" if row.id in held else "train") for row in rows)
    clips = {groups[frame] for frame in held}
    return Division(Splits(_SHARES, group_by=GroupBy.CLIP, fixed=fixed), len(rows) - len(held), len(held), len(clips))


def _name(row: FrameRow) -> str:
    """What a list of fixed splits calls a frame."""
    return f"{row.name.rsplit('#', 1)[0]}/{row.index_in_media:06d}" if row.is_video else row.name


def samples_of(epochs: float, train: int, *, rendered: int) -> int:
    """How many samples are shown: every frame once a round, and as many rendered ones where some are mixed in."""
    return max(1, math.ceil(epochs * train / (1 - RENDERED_SHARE if rendered > 0 else 1)))


@dataclass(frozen=True)
class Pace:
    """How fast a machine is: seconds for a sample shown, and for a frame rendered."""

    sample: float
    rendered: float


def seconds_of(effort: Effort, train: int, pace: Pace) -> float:
    """About how long a training takes; one that ends early takes less."""
    samples = samples_of(effort.epochs, train, rendered=effort.rendered)
    return samples * pace.sample + effort.rendered * pace.rendered


@dataclass(frozen=True)
class Plan:
    """A training to begin: its name, the network it begins with, how long, and what it learns from.

    ``start`` None is a network from nothing, compared with ``against`` in the end, where there is one.
    ``splits`` divide the accepted frames of a project; None where ``data`` names a training set made elsewhere.
    """

    title: str
    start: Path | None
    effort: Effort
    splits: Splits | None = None
    data: Path | None = None
    threads: int = 1
    against: Path | None = None


def begin(
    project: Project,
    plan: Plan,
    *,
    program: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainingRun | None:
    """Write the frames of a training into its folder beside the project and start it; None when stopped before.

    Raises
    ------
    FormatError, ExportError
        If the folder cannot be written, no frame can be exported, or the process cannot be started. Nothing is left
        behind then.
    """
    settings = RunSettings(
        plan.title,
        "" if plan.start is None else str(plan.start),
        epochs=plan.effort.epochs,
        rendered=plan.effort.rendered,
        patience=plan.effort.patience,
        threads=plan.threads,
        data="" if plan.data is None else str(plan.data),
        against="" if plan.against is None else str(plan.against),
    )
    run = TrainingRun.prepare(home_of(project.path), settings)
    begun = False
    try:
        if plan.data is None:
            options = ExportOptions(ExportKind.TRAINING_SET, splits=plan.splits)
            done = export(project, run.set_folder, what=options, progress=progress, should_stop=should_stop)
            if done is None or should_stop():
                return None
        run.start(program)
        begun = True
    finally:
        if not begun:
            shutil.rmtree(run.folder, ignore_errors=True)
    return run
