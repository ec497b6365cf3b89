"""The accepted frames of a project, carried out into a folder: whole or not at all, the same bytes every time.

Only what persons said and what follows from it by geometry goes out; the network is not asked. A folder is replaced
only if an export of the same kind made it and nothing was added to it since.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from annotator.formats import coco, keypoints57, soccernet, training_set
from annotator.formats.documents import FormatError
from annotator.formats.export_folder import (
    MANIFEST,
    ExportError,
    refuse_foreign,
    refuse_foreign_training_set,
    write_folder,
)
from annotator.frames import FrameSource, MediaError, image_size, is_upright, read_image
from annotator.keypoints import Keypoint, Resolved, Source, resolve
from annotator.labels import FrameState, Instance
from annotator.pitch import MARKINGS, PITCH_57
from annotator.project import FrameRow, Project, ProjectError
from annotator.video import Rgb
from model.dataset import Sample, TrainingSetError, write_training_set

__all__ = ["ExportError", "ExportKind", "ExportReport", "LeftOut", "export"]

Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]

KEYPOINTS_FILE = "keypoints57.json"
COCO_FILE = "annotations.json"
_COPIED = frozenset({".jpg", ".jpeg", ".png"})
_JPEG_QUALITY = 95


class ExportKind(Enum):
    """What an export makes."""

    TRAINING_SET = "training-set"
    SOCCERNET = "soccernet"
    COCO = "coco"


@dataclass(frozen=True)
class LeftOut:
    """Something of an accepted frame that is not in the export, and why."""

    frame: str
    reason: str

    def __str__(self) -> str:
        return f"{self.frame}: {self.reason}"


@dataclass(frozen=True)
class ExportReport:
    """What was made: the kind, the folder, the frames in it, what was left out, and counts by what they count."""

    kind: ExportKind
    folder: Path
    frames: int
    left_out: tuple[LeftOut, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


class _StoppedError(Exception):
    """The person stopped the export; nothing of it remains."""


@dataclass(frozen=True)
class _Frame:
    """One accepted frame with its labels resolved: ``label`` names it in the export, forward slashes, no suffix."""

    row: FrameRow
    label: str
    group: str
    size: tuple[int, int]
    instance: Instance
    resolved: Resolved


@dataclass
class _Work:
    """One export under way."""

    project: Project
    rows: list[FrameRow]
    progress: Progress
    should_stop: ShouldStop
    pixels: FrameSource = field(default_factory=lambda: FrameSource(max_frames=4))
    left_out: list[LeftOut] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    done: int = 0

    def leave_out(self, frame: str, reason: str) -> None:
        self.left_out.append(LeftOut(frame, reason))

    def frames(self) -> Iterator[_Frame]:
        """Every accepted frame that can be read, in media order; the others are left out with their reason."""
        labels = _labels(self.project, self.rows)
        for n, row in enumerate(self.rows):
            if self.should_stop():
                raise _StoppedError
            try:
                instance = self.project.record(row.id).labels.pitch
                size = self.pixels.size(row) if row.is_video else image_size(row.path)
            except (MediaError, ProjectError) as error:
                self.leave_out(row.name, error.reason)
            else:
                resolved = resolve(instance, None, size=size, threshold=1.0)
                media = next(medium.path for medium in self.project.media() if medium.id == row.media_id)
                group = training_set.group_of(row.name, media, is_video=row.is_video)
                yield _Frame(row, labels[row.id], group, size, instance, resolved)
            self.progress(n + 1, len(self.rows))

    def encoded(self, frame: _Frame) -> tuple[str, bytes] | None:
        """Suffix and bytes of an image whose stored pixels are upright and decode; None if it was left out."""
        row = frame.row
        try:
            if not row.is_video and row.path.suffix.lower() in _COPIED and is_upright(row.path):
                read_image(row.path)
                return row.path.suffix.lower(), row.path.read_bytes()
            return (".jpg", _jpeg(self.pixels.read(row))) if row.is_video else (".png", _png(read_image(row.path)))
        except MediaError as error:
            self.leave_out(row.name, error.reason)
        except OSError as error:
            self.leave_out(row.name, f"the image cannot be read ({error.strerror or error})")
        return None


def export(
    project: Project,
    folder: Path,
    *,
    what: ExportKind,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> ExportReport | None:
    """Export the accepted frames to ``folder``; None when stopped, with nothing changed on disk.

    TRAINING_SET is the network's own format with the images. SOCCERNET is a line file a frame and one keypoint
    document; images stay where they are, frames of videos are written. COCO is one file and its images.

    Raises
    ------
    ExportError
        If no frame is accepted, none of them can be used, the folder holds anything that an export of this kind did
        not make, or the disk refuses; then nothing is changed.
    """
    folder = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100  (keeps links, drops "..")
    work = _Work(project, _accepted(project), progress, should_stop)
    if what is ExportKind.TRAINING_SET:
        refuse_foreign_training_set(folder)
    else:
        refuse_foreign(folder, what.value)
    try:
        _WRITERS[what](work, folder)
    except _StoppedError:
        return None
    except (TrainingSetError, FormatError) as error:
        raise ExportError(error.path, error.reason, error.advice) from error
    except OSError as error:
        reason = f"the folder cannot be written ({error.strerror or error})"
        raise ExportError(folder, reason, "Check the folder and the space on the disk.") from error
    finally:
        work.pixels.close()
    return ExportReport(what, folder, work.done, tuple(work.left_out), dict(sorted(work.counts.items())))


def _accepted(project: Project) -> list[FrameRow]:
    if project.scheme_id != PITCH_57.id:
        reason = f"the project labels {project.scheme_id}, and only {PITCH_57.id} can be exported"
        raise ExportError(project.path, reason, "Open a project of pitch labels.")
    rows = [project.row(number) for number in project.frame_ids({FrameState.ACCEPTED})]
    if not rows:
        raise ExportError(project.path, "no frame is accepted yet", "Accept frames first.")
    return rows


def sure(resolved: Resolved, size: tuple[int, int]) -> Resolved:
    """The answer without the positions of points that geometry projects less surely than a training set takes them."""
    limit = training_set.LARGEST_SD * size[0] / 960.0

    def kept(point: Keypoint) -> Keypoint:
        unsure = point.source is Source.PROJECTED and (point.sd is None or point.sd > limit)
        return replace(point, position=None, source=None, inside=False) if unsure else point

    return replace(resolved, keypoints={name: kept(point) for name, point in resolved.keypoints.items()})


def _write_training_set(work: _Work, folder: Path) -> None:
    media = {medium.id: medium.path for medium in work.project.media()}
    groups = Counter(training_set.group_of(r.name, media[r.media_id], is_video=r.is_video) for r in work.rows)
    splits = training_set.splits_of(groups)

    def samples() -> Iterator[Sample]:
        for frame in work.frames():
            taught = training_set.teaching(frame.instance, frame.resolved, frame.size)
            if not taught.points and not taught.absent:
                work.leave_out(frame.row.name, "nothing is known of any keypoint")
                continue
            encoded = work.encoded(frame)
            if encoded is None:
                continue
            split = splits[frame.group]
            yield Sample(
                image=_flat(frame.label) + encoded[0],
                size=frame.size,
                points=taught.points,
                source=encoded[1],
                unknown=taught.unknown,
                group=frame.group,
                split=split,
                sd=taught.sd,
            )
            work.done += 1
            work.counts.update(points=len(taught.points), masked=len(taught.unknown), absent=len(taught.absent))
            work.counts[split] += 1
        _some(work)

    write_training_set(
        folder,
        scheme=PITCH_57.id,
        keypoints=PITCH_57.keypoints,
        mirror=PITCH_57.mirror,
        mirror_rules=training_set.MIRROR_RULES,
        samples=samples(),
        settings={"source": "accepted frames", "largest_sd": training_set.LARGEST_SD, "seed": 0},
    )


def _write_soccernet(work: _Work, folder: Path) -> None:
    def fill(building: Path) -> None:
        documents: dict[str, dict[str, Any]] = {}
        for frame in work.frames():
            suffix = ".jpg" if frame.row.is_video else frame.row.path.suffix
            if frame.row.is_video and not _put_image(work, frame, building):
                continue
            document = keypoints57.frame_document(sure(frame.resolved, frame.size), frame.size, outside=False)
            documents[frame.label + suffix] = document
            lines = soccernet.lines_document(frame.instance.markings, frame.size)
            foreign = sorted(name for name in frame.instance.markings if name not in MARKINGS)
            if foreign:
                work.leave_out(frame.row.name, f"SoccerNet has no marking {foreign[0]!r}")
            if lines:
                _write_inside(building / f"{frame.label}.json", lines)
                work.counts["line files"] += 1
            else:
                work.counts["frames without a drawn marking"] += 1
            work.done += 1
            work.counts["points"] += len(document["keypoints"])
        _some(work)
        keypoints57.write_keypoints(building / KEYPOINTS_FILE, documents)

    write_folder(folder, ExportKind.SOCCERNET.value, fill)


def _write_coco(work: _Work, folder: Path) -> None:
    def fill(building: Path) -> None:
        frames: list[coco.CocoFrame] = []
        for frame in work.frames():
            name = _put_image(work, frame, building / "images")
            if not name:
                continue
            points = {
                point.name: (*point.position, point.visibility)
                for point in sure(frame.resolved, frame.size).keypoints.values()
                if point.position is not None and point.inside
            }
            frames.append(coco.CocoFrame(name, frame.size, points))
            work.done += 1
            work.counts["points"] += len(points)
        _some(work)
        coco.write_coco(building / COCO_FILE, frames, PITCH_57)

    write_folder(folder, ExportKind.COCO.value, fill)


_WRITERS: Mapping[ExportKind, Callable[[_Work, Path], None]] = {
    ExportKind.TRAINING_SET: _write_training_set,
    ExportKind.SOCCERNET: _write_soccernet,
    ExportKind.COCO: _write_coco,
}


def _some(work: _Work) -> None:
    if not work.done:
        first = work.left_out[0] if work.left_out else ""
        raise ExportError(work.project.path, f"none of the accepted frames can be exported ({first})", "Correct them.")


def _put_image(work: _Work, frame: _Frame, building: Path) -> str:
    """Write the frame's image below ``building`` and return its name with forward slashes; "" if it was left out."""
    encoded = work.encoded(frame)
    if encoded is None:
        return ""
    name = frame.label + encoded[0]
    target = building / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(encoded[1])
    return name


def _write_inside(path: Path, document: Any) -> None:
    """Write JSON in a folder under construction, which is put in place whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8", newline="\n")


def _labels(project: Project, rows: list[FrameRow]) -> dict[int, str]:
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


def _flat(label: str) -> str:
    """A file name without folders; a long one is cut and told apart by its hash."""
    name = label.replace("/", "__")
    if len(name.encode()) <= 200:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name.encode()[:180].decode(errors='ignore')}-{digest}"


def _jpeg(rgb: Rgb) -> bytes:
    return _encode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])


def _png(rgb: Rgb) -> bytes:
    return _encode(".png", rgb, [cv2.IMWRITE_PNG_COMPRESSION, 3])


def _encode(suffix: str, rgb: Rgb, options: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, np.ascontiguousarray(rgb[..., ::-1]), options)
    if not done:
        raise ValueError(f"an image of shape {rgb.shape} cannot be encoded as {suffix}")
    return bytes(data)
