"""The training set of an export: what is taught, what is masked, and what its manifest says of how it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotator.export.frames import Frame, Work
from annotator.export.options import Unaccepted
from annotator.export.pictures import encoded
from annotator.formats import training_set
from annotator.formats.documents import read_object, write_text
from annotator.formats.export_folder import digest
from annotator.formats.training_set import Teaching
from annotator.keypoints import Keypoint
from annotator.labels import Visibility
from annotator.pitch import PITCH_57
from model.dataset import Sample, write_training_set

__all__ = ["write_teaching"]


def write_teaching(work: Work, folder: Path, head: Callable[[], dict[str, Any]]) -> None:
    """Write the frames of an export as a training set; ``head`` is asked for once all of them are written."""
    about: dict[str, Any] = {}
    digests: dict[str, str] = {}

    def samples() -> Iterator[Sample]:
        for frame in work.frames():
            sample = _sample(work, frame)
            if sample is not None:
                assert isinstance(sample.source, bytes)
                digests[f"images/{sample.image}"] = hashlib.sha256(sample.source).hexdigest()
                yield sample
        # The manifest is written after the last sample: what is only known by now is put in here.
        about.update(head(), files=dict(sorted(digests.items())))

    write_training_set(
        folder,
        scheme=PITCH_57.id,
        keypoints=PITCH_57.keypoints,
        mirror=PITCH_57.mirror,
        mirror_rules=training_set.MIRROR_RULES,
        samples=samples(),
        settings={
            "source": f"{work.options.scope.value} frames",
            "largest_sd": training_set.LARGEST_SD,
            "seed": work.options.splitting.seed if work.options.splitting is not None else 0,
            "export": about,
        },
    )
    _add_digest(folder / "manifest.json", folder / "samples.jsonl")


def _add_digest(manifest: Path, samples: Path) -> None:
    """Note the digest of the samples' file, which exists only once the manifest is written; nothing is in place yet."""
    head = read_object(manifest)
    head["settings"]["export"]["files"][samples.name] = digest(samples)
    write_text(manifest, json.dumps(head, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n")


def _sample(work: Work, frame: Frame) -> Sample | None:
    """The sample of a frame; None where it was left out."""
    taught = training_set.teaching_of(frame.instance, frame.answer.keypoints, frame.answer.beyond, frame.size)
    taught = _with_others(taught, frame, work.options.unaccepted)
    if not taught.points and not taught.absent:
        work.leave_out(frame.row.name, "nothing is known of any keypoint")
        return None
    image = encoded(work, frame)
    if image is None:
        return None
    work.drop(frame.row.name, frame.beside(), "lies outside the picture and is taught as not there")
    work.done += 1
    work.counts.update(points=len(taught.points), masked=len(taught.unknown), absent=len(taught.absent))
    work.counts[frame.split] += 1
    return Sample(
        image=_flat(frame.label) + image[0],
        size=frame.size,
        points=taught.points,
        source=image[1],
        unknown=taught.unknown,
        group=frame.group,
        split=frame.split,
        sd=taught.sd,
    )


def _with_others(taught: Teaching, frame: Frame, unaccepted: Unaccepted) -> Teaching:
    """With what the network alone saw; or without what nobody knows anything of, where that counts as not there."""
    if unaccepted is Unaccepted.EXCLUDE:
        somewhere = frozenset(frame.answer.keypoints)
        taught = replace(taught, unknown=taught.unknown & somewhere)
    if not frame.seen:
        return taught
    seen = {name: point for name, point in frame.seen.items() if name not in taught.points}
    places = {name: (*point.position, _state(point)) for name, point in seen.items() if point.position is not None}
    deviations = {name: point.sd for name, point in seen.items() if point.sd is not None}
    return Teaching({**taught.points, **places}, taught.unknown - frozenset(places), {**taught.sd, **deviations})


def _state(point: Keypoint) -> int:
    return 1 if point.visibility is Visibility.OCCLUDED else 2


def _flat(label: str) -> str:
    """A file name without folders; a long one is cut and told apart by its hash."""
    name = label.replace("/", "__")
    if len(name.encode()) <= 200:
        return name
    told_apart = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name.encode()[:180].decode(errors='ignore')}-{told_apart}"
