"""The frames of an export: which ones go out, under which names, and what is known of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np

from annotator.export.answers import Answer, Answers, Asked, Needs, StoppedError
from annotator.export.options import ExportKind, ExportOptions, LeftOut, Scope
from annotator.export.splits import SplitPlan, plan_splits
from annotator.export.store import AnswerStore
from annotator.formats.export_folder import MANIFEST, ExportError
from annotator.formats.training_set import LARGEST_SD
from annotator.frames import FrameSource, MediaError, image_size
from annotator.keypoints import Keypoint, Source
from annotator.labels import FrameState, Instance, Visibility
from annotator.pitch import PITCH_57
from annotator.project import FrameRow, Project, ProjectError
from annotator.tripod_store import standing_of

__all__ = ["KEYPOINTS_FILE", "Frame", "Work", "begin", "labels_of", "sure"]

KEYPOINTS_FILE = "keypoints57.json"
Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]
_AT_ONCE = 2_500
_ASKS_ALL = frozenset({ExportKind.CAMERAS, ExportKind.TRAINING_SET})
_STATES: Mapping[Scope, frozenset[FrameState]] = {
    Scope.ACCEPTED: frozenset({FrameState.ACCEPTED}),
    Scope.DRAFTS: frozenset({FrameState.ACCEPTED, FrameState.DRAFT}),
    Scope.CONFIDENT: frozenset({FrameState.ACCEPTED, FrameState.DRAFT, FrameState.PREDICTED}),
}


@dataclass(frozen=True)
class Frame:
    """One frame that goes out: ``label`` names it in the export, forward slashes, no suffix.

    ``seen`` holds the points that are taken from the network alone.
    """

    row: FrameRow
    label: str
    group: str
    split: str
    size: tuple[int, int]
    instance: Instance
    answer: Answer
    seen: Mapping[str, Keypoint] = field(default_factory=dict)

    def points(self) -> dict[str, Keypoint]:
        """What goes out as labels, in the order of the scheme: all that is surely in the frame, or put beside it."""
        known = {**self.seen, **sure(self.answer.keypoints, self.size)}
        kept = {}
        for name in PITCH_57.keypoints:
            point = known.get(name)
            if point is None or not (point.inside or point.source is Source.PLACED):
                continue
            if point.visibility is not Visibility.ABSENT:
                kept[name] = point
        return kept

    def beside(self) -> list[str]:
        """The points that a person put outside the picture."""
        points = self.points().items()
        return [name for name, point in points if not point.inside and point.source is Source.PLACED]


def sure(points: Mapping[str, Keypoint], size: tuple[int, int]) -> dict[str, Keypoint]:
    """The points without those that geometry projects less surely than a training set takes them."""
    limit = LARGEST_SD * size[0] / 960.0

    def is_sure(point: Keypoint) -> bool:
        return point.source is not Source.PROJECTED or (point.sd is not None and point.sd <= limit)

    return {name: point for name, point in points.items() if point.position is not None and is_sure(point)}


@dataclass
class Work:
    """One export under way, or one that is only counted."""

    project: Project
    options: ExportOptions
    rows: list[FrameRow]
    plan: SplitPlan
    progress: Progress
    should_stop: ShouldStop
    workers: int | None = None
    store: AnswerStore | None = None
    answers: Answers | None = None
    pixels: FrameSource = field(default_factory=lambda: FrameSource(max_frames=4))
    left_out: list[LeftOut] = field(default_factory=list)
    points: list[LeftOut] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    networks: set[str] = field(default_factory=set)
    done: int = 0

    def leave_out(self, frame: str, reason: str) -> None:
        """Note that a frame, or something of it, is not in the export."""
        self.left_out.append(LeftOut(frame, reason))

    def drop(self, frame: str, names: Sequence[str], reason: str) -> None:
        """Note points that are not in the export as they are in the project."""
        self.points.extend(LeftOut(frame, f"{name} {reason}") for name in names)
        self.counts["points dropped or moved"] += len(names)

    def frames(self) -> Iterator[Frame]:
        """Every frame that can be read, in media order; the others are left out with their reason."""
        labels, total = labels_of(self.project, self.rows), len(self.rows)
        for at in range(0, total, _AT_ONCE):
            block = self.rows[at : at + _AT_ONCE]
            ready = [one for row in block if (one := self._asked(row)) is not None]
            known = self._known([asked for _, asked in ready], at, total)
            for (row, (instance, size, _)), found in zip(ready, known, strict=True):
                if self.should_stop():
                    raise StoppedError
                seen = self._seen(row, instance, size, found)
                if self._is_wanted(row, seen):
                    group, split = self.plan.groups[row.id], self.plan.splits[row.id]
                    yield Frame(row, labels[row.id], group, split, size, instance, found, seen)
            self.progress(at + len(block), total)

    def _known(self, asked: Sequence[Asked], at: int, total: int) -> list[Answer]:
        """The answers of a block of frames that begins ``at``."""
        if self.answers is None:
            is_plain = self.options.kind not in _ASKS_ALL and not self.options.takes_predictions
            needs = Needs.POINTS if is_plain else Needs.ALL
            self.answers = Answers(self.workers, self.store, needs, self.should_stop)
        return self.answers.of(asked, lambda done: self.progress(at + done, total))

    def _asked(self, row: FrameRow) -> tuple[FrameRow, Asked] | None:
        try:
            instance = self.project.record(row.id).labels.pitch
            size = self.pixels.size(row) if row.is_video else image_size(row.path)
            return row, Asked(instance, size, standing_of(self.project, row.id))
        except (MediaError, ProjectError) as error:
            self.leave_out(row.name, error.reason)
            return None

    def _seen(self, row: FrameRow, instance: Instance, size: tuple[int, int], known: Answer) -> dict[str, Keypoint]:
        """What the network alone saw with enough confidence, of points that no one else knows."""
        if not self.options.takes_predictions:
            return {}
        prediction = self.project.prediction(row.id, self.options.network)
        if prediction is None:
            return {}
        taken = sure(known.keypoints, size)
        said = {name for name, word in instance.keypoints.items() if word.visibility is Visibility.ABSENT}
        found: dict[str, Keypoint] = {}
        for name, (x, y), confidence, sd in zip(
            prediction.names, prediction.xy.tolist(), prediction.confidence.tolist(), prediction.sd.tolist(),
            strict=True,
        ):  # fmt: skip
            inside = -0.5 <= x <= size[0] - 0.5 and -0.5 <= y <= size[1] - 0.5
            is_new = name in PITCH_57.index and name not in taken and name not in said and name not in known.beyond
            if is_new and inside and confidence >= self.options.threshold:
                word = instance.keypoints.get(name)
                seen = (word.visibility if word is not None else None) or Visibility.VISIBLE
                found[name] = Keypoint(
                    name, (x, y), Source.PREDICTED, seen, confidence=confidence, inside=True,
                    sd=sd if np.isfinite(sd) else None,
                )  # fmt: skip
        if found:
            self.networks.add(prediction.network)
            self.counts["points of the network"] += len(found)
        return found

    def _is_wanted(self, row: FrameRow, seen: Mapping[str, Keypoint]) -> bool:
        """Whether a frame that no person spoke of has enough in it."""
        if row.state is FrameState.PREDICTED and not seen:
            self.counts["frames without a confident point"] += 1
            return False
        return True

    def close(self) -> None:
        """Let go of decoders and processes."""
        self.pixels.close()
        if self.answers is not None:
            self.answers.close()


def begin(
    project: Project,
    options: ExportOptions,
    *,
    progress: Progress,
    should_stop: ShouldStop,
    workers: int | None = None,
    store: AnswerStore | None = None,
) -> Work:
    """The work of an export; ExportError where no frame is in its scope."""
    from annotator.export.things import ThingsWork, refuse_kind

    scheme = project.scheme
    refuse_kind(project.path, scheme, options.kind)
    rows = [project.row(number) for number in project.frame_ids(_STATES[options.scope])]
    if not rows:
        words = {
            Scope.ACCEPTED: _no_accepted(project),
            Scope.DRAFTS: ("no frame is accepted or in work yet", "Label or accept frames first."),
            Scope.CONFIDENT: ("no frame is labelled or predicted yet", "Label or predict frames first."),
        }
        raise ExportError(project.path, *words[options.scope])
    plan = plan_splits(project, rows, options.splitting)
    of = Work if scheme.has_football else ThingsWork
    return of(project, options, rows, plan, progress, should_stop, workers, store)


def _no_accepted(project: Project) -> tuple[str, str]:
    """Why nothing goes out and what to do: most often everything was imported, and nobody accepted it yet."""
    drafts = len(project.frame_ids(frozenset({FrameState.DRAFT})))
    if not drafts:
        return "no frame is accepted yet", "Label and accept frames first."
    reason = f"no frame is accepted yet, {drafts:,} are in work"
    return reason, "Accept them first, or take frames in work, too: --scope drafts, or Frames in the export dialog."


def labels_of(project: Project, rows: Sequence[FrameRow]) -> dict[int, str]:
    """A unique name in the export for every frame: its own without suffix, below its medium's when there are several.

    A frame of a video is ``clip.mp4/000012``. The names depend on the project's media, not on which frames go out.
    """
    media = project.media()
    several = len(media) > 1
    names = {medium.id: medium.path.name for medium in media}
    repeated = {name for name, count in Counter(names.values()).items() if count > 1}
    found: dict[int, str] = {}
    taken = {PurePosixPath(name).stem for name in (KEYPOINTS_FILE, MANIFEST)}
    for row in rows:
        own = names[row.media_id]
        top = f"{own}-{row.media_id}" if own in repeated else own
        path = PurePosixPath(row.name)
        plain = path.with_suffix("").as_posix()
        label = f"{top}/{row.index_in_media:06d}" if row.is_video else (f"{top}/{plain}" if several else plain)
        if label.casefold() in taken:
            label = f"{label}.{path.suffix[1:].lower()}-{row.id}"
        taken.add(label.casefold())
        found[row.id] = label
    return found
