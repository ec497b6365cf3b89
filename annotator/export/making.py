"""Exports made: whole or not at all, checked before they are in place, the same bytes every time.

What persons said and what follows from it by geometry goes out; the network is asked only where the options say so. A
folder is replaced only if an export of the same kind made it and nothing was added to it since.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.commands import VERSION
from annotator.export.answers import StoppedError
from annotator.export.checks import check
from annotator.export.frames import Work, begin
from annotator.export.options import HAS_BOX, HAS_SPLITS, ExportKind, ExportOptions, ExportReport, LeftOut
from annotator.export.splits import SplitPlan
from annotator.export.store import AnswerStore
from annotator.export.teaching_set import write_teaching
from annotator.export.thing_checks import check_things
from annotator.export.thing_writers import write_things
from annotator.export.things import ThingsWork
from annotator.export.writers import WRITERS
from annotator.formats.documents import FormatError
from annotator.formats.export_folder import (
    PIXELS,
    ExportError,
    refuse_foreign,
    refuse_foreign_training_set,
    write_folder,
)
from annotator.project import Project
from model.dataset import TrainingSetError

__all__ = ["ExportPreview", "export", "preview"]

Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]
_PIXELS = {
    ExportKind.YOLO_POSE: "places are divided by width and height; (0, 0) is the outer corner of the top-left pixel",
    ExportKind.CVAT: "(0, 0) is the outer corner of the top-left pixel, its centre (0.5, 0.5)",
    ExportKind.MPII: "(1, 1) is the centre of the top-left pixel",
    ExportKind.SOCCERNET: f"{PIXELS}; places on lines are divided by width and height",
}


def export(
    project: Project,
    folder: Path,
    *,
    what: ExportKind | ExportOptions,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
    workers: int | None = None,
    store: AnswerStore | None = None,
) -> ExportReport | None:
    """Export frames to ``folder``; None when stopped, with nothing changed on disk.

    Parameters
    ----------
    what
        A kind, with what suits it for every choice, or all choices.
    workers
        Processes; None for one a processor where there is much to do.
    store
        Where answers of earlier exports are kept; None for the usual place.

    Raises
    ------
    ExportError
        If no frame is in the scope, none of them can be used, the folder holds anything that an export of this kind
        did not make, the disk refuses, or what was made does not pass its check; then nothing is changed.
    """
    options = what if isinstance(what, ExportOptions) else ExportOptions(what)
    folder = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100  (keeps links, drops "..")
    work = begin(project, options, progress=progress, should_stop=should_stop, workers=workers, store=store)
    is_set = options.kind is ExportKind.TRAINING_SET
    if is_set:
        refuse_foreign_training_set(folder)
    else:
        refuse_foreign(folder, options.kind.value)
    try:
        head = None if is_set else lambda: _head(work)
        write_folder(folder, lambda building: _fill(work, building), head=head, check=lambda b: _check(work, b, folder))
    except StoppedError:
        return None
    except (TrainingSetError, FormatError) as error:
        raise ExportError(error.path, error.reason, error.advice) from error
    except OSError as error:
        reason = f"the folder cannot be written ({error.strerror or error})"
        raise ExportError(folder, reason, "Check the folder and the space on the disk.") from error
    finally:
        work.close()
    return _report(work, folder)


def _fill(work: Work, building: Path) -> None:
    if isinstance(work, ThingsWork):
        write_things(work, building, lambda: _head(work))
    elif work.options.kind is ExportKind.TRAINING_SET:
        write_teaching(work, building, lambda: _head(work))
    else:
        WRITERS[work.options.kind](work, building)
    _some(work)
    if work.options.splits is not None and work.options.kind not in HAS_SPLITS:
        _write_lists(work, building)


def _some(work: Work) -> None:
    if not work.done:
        first = work.left_out[0] if work.left_out else "nothing is known of them"
        reason = f"none of the {work.options.scope.value} frames can be exported ({first})"
        raise ExportError(work.project.path, reason, "Correct them.")


def _check(work: Work, building: Path, folder: Path) -> None:
    try:
        if isinstance(work, ThingsWork):
            check_things(work.options.kind, building, work.done, work.project.scheme)
        else:
            check(work.options.kind, building, work.done)
    except ExportError as error:
        raise ExportError(folder, error.reason, error.advice) from error


def _write_lists(work: Work, building: Path) -> None:
    """A text file a split with the names of its frames, which another export may be given as its fixed list."""
    for split in sorted(set(work.plan.splits.values())):
        names = [row.name for row in work.rows if work.plan.splits[row.id] == split]
        (building / f"{split}.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8", newline="\n")


def _head(work: Work) -> dict[str, Any]:
    """What a manifest says of how an export was made; ExportError where nothing is in it."""
    _some(work)
    how = work.options.splitting
    return {
        "kind": work.options.kind.value,
        "pixels": _PIXELS.get(work.options.kind, PIXELS),
        "program": f"Touchline {VERSION}",
        "settings": work.options.document(),
        "counts": {"frames": work.done, "left out": len(work.left_out), **dict(sorted(work.counts.items()))},
        "networks": sorted(work.networks),
        "splits": None if how is None else work.plan.document(how),
    }


def _report(work: Work, folder: Path) -> ExportReport:
    how = work.options.splitting
    short = "" if how is None else work.plan.shortage(how)
    return ExportReport(
        work.options.kind,
        folder,
        work.done,
        tuple(work.left_out),
        dict(sorted(work.counts.items())),
        tuple(work.points),
        (*map(str, work.plan.leaks), *([short] if short else [])),
    )


@dataclass(frozen=True)
class ExportPreview:
    """What an export would hold: frames, points, what would be left out, and the split."""

    frames: int = 0
    points: int = 0
    left_out: tuple[LeftOut, ...] = ()
    plan: SplitPlan = field(default_factory=lambda: SplitPlan({}, {}))


def preview(
    project: Project,
    options: ExportOptions,
    *,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
    workers: int | None = None,
    store: AnswerStore | None = None,
) -> ExportPreview | None:
    """What an export would hold, without reading images or writing anything; None when stopped.

    Raises
    ------
    ExportError
        If no frame is in the scope.
    """
    work = begin(project, options, progress=progress, should_stop=should_stop, workers=workers, store=store)
    points = 0
    try:
        for frame in work.frames():
            if options.kind is ExportKind.CAMERAS and frame.answer.camera is None:
                work.leave_out(frame.row.name, frame.answer.no_camera)
                continue
            work.done += 1
            held = [point for point in frame.points().values() if point.inside or options.kind not in HAS_BOX]
            points += len(held)
    except StoppedError:
        return None
    finally:
        work.close()
    return ExportPreview(work.done, points, tuple(work.left_out), work.plan)
