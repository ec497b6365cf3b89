"""Labelled frames to evaluate on, from what people have: a training set, a published folder, or our own document."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from annotator.evaluation import WIDTH, Points, Truth
from annotator.formats.documents import FormatError, number, read_object
from annotator.formats.keypoints57 import read_keypoints
from annotator.frames import IMAGE_SUFFIXES, MediaError, image_size
from annotator.keypoints import Source
from annotator.pitch import PITCH_57

_LABEL_FOLDERS = ("keypoints57", "keypoints", "labels")
_ADVICE = (
    "Give a training set, or a folder with images/ and keypoints57/ (one JSON of number -> [x, y] an image), or a "
    "folder with images and a keypoint document, or one with images/ and lines/ (SoccerNet line files)."
)


def read_labelled(folder: Path, *, split: str | None = None) -> tuple[list[Truth], list[str]]:
    """The labelled frames in a folder and a sentence for everything in it that could not be used.

    A training set gives its ``split``, by default "val" where it has one, else everything; elsewhere ``split`` is a
    FormatError, as is a folder without labelled frames. In a folder with ``lines`` alone every image that has some is a
    frame without labels: its camera can be judged, its points cannot.
    """
    if (folder / "manifest.json").is_file():
        truths, remarks = _from_training_set(folder, split)
    elif split is not None:
        raise FormatError(folder, "only a training set has splits", "Leave --split out.")
    else:
        inside = next((folder / name for name in _LABEL_FOLDERS if (folder / name).is_dir()), None)
        truths, remarks = _from_documents(folder) if inside is None else _from_published(folder, inside)
        if not truths:
            truths, unseen = _with_lines_alone(folder)
            remarks += unseen
    if not truths:
        raise FormatError(folder, "there are no labelled frames in it", _ADVICE)
    return truths, remarks


def read_likely_errors(folder: Path) -> dict[str, set[int]]:
    """Labels that are probably wrong, frame -> keypoint numbers: ``likely_label_errors.csv``, where there is one."""
    path = folder / "likely_label_errors.csv"
    wrong: dict[str, set[int]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                try:
                    wrong.setdefault(f"{int(row['idx']):03d}", set()).add(int(row["kp"]))
                except (KeyError, TypeError, ValueError) as error:
                    raise FormatError(path, f"a row has no idx and kp ({error})", "Remove the file.") from error
    return wrong


def _from_training_set(folder: Path, split: str | None) -> tuple[list[Truth], list[str]]:
    from model.dataset import TrainingSetError, read_training_set

    try:
        found = read_training_set(folder)
    except TrainingSetError as error:
        raise FormatError(folder, error.reason, error.advice) from error
    if not set(found.keypoints) <= set(PITCH_57.keypoints):
        raise FormatError(folder, "its keypoints are not the 57 of the pitch", "Evaluate a set of football pitches.")
    chosen = split or ("val" if found.of_split("val") else None)
    truths = []
    for sample in found.samples if chosen is None else found.of_split(chosen):
        points = {PITCH_57.index[n]: (x, y) for n, (x, y, state) in sample.points.items() if state > 0}
        unknown = frozenset(PITCH_57.index[name] for name in sample.unknown)
        image = sample.source if isinstance(sample.source, Path) else None
        truths.append(_truth(sample.image, points, sample.size, image, unknown))
    return truths, [str(problem) for problem in found.problems]


def _from_published(folder: Path, labels: Path) -> tuple[list[Truth], list[str]]:
    """One file of number -> [x, y] in pixels for every image of the same name."""
    images = _images(folder)
    truths, remarks = [], []
    for path in sorted(labels.glob("*.json")):
        image = images.get(path.stem)
        if image is None:
            remarks.append(f"{path}: there is no image of that name; it is left out")
            continue
        try:
            points, strange = _numbered(read_object(path))
            truths.append(_truth(path.stem, points, image_size(image), image))
        except (FormatError, MediaError) as error:
            remarks.append(str(error))
            continue
        remarks += [f"{path}: {key!r} is no keypoint number with a place; it is left out" for key in strange]
    return truths, remarks


def _numbered(document: Mapping[str, object]) -> tuple[dict[int, tuple[float, float]], list[str]]:
    points: dict[int, tuple[float, float]] = {}
    strange = []
    for key, value in document.items():
        x, y = (number(v) for v in value) if isinstance(value, list) and len(value) == 2 else (None, None)
        if not key.isdecimal() or int(key) >= len(PITCH_57) or x is None or y is None:
            strange.append(key)
        else:
            points[int(key)] = (x, y)
    return points, strange


def _from_documents(folder: Path) -> tuple[list[Truth], list[str]]:
    """Keypoint documents of our own beside the images they name; what a network predicted is no label."""
    truths, remarks = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            read = read_keypoints(path)
        except FormatError as error:
            remarks.append(str(error))
            continue
        remarks += [str(finding) for finding in read.findings]
        for key, frame in read.frames.items():
            image = next((p for p in (folder / key, folder / "images" / key) if p.is_file()), None)
            said = {n: p.position for n, p in frame.points.items() if p.source is not Source.PREDICTED}
            points = {PITCH_57.index[n]: place for n, place in said.items() if n in PITCH_57.index}
            if image is None or not points:
                remarks.append(f"{path}: {key!r} has no image here or no labels; it is left out")
                continue
            truths.append(_truth(key, points, frame.size, image))
    return truths, remarks


def _with_lines_alone(folder: Path) -> tuple[list[Truth], list[str]]:
    """Frames of which only the lines are known."""
    truths, remarks = [], []
    for name, image in _images(folder).items():
        if (folder / "lines" / f"{name}.json").is_file():
            try:
                truths.append(_truth(name, {}, image_size(image), image))
            except MediaError as error:
                remarks.append(str(error))
    return truths, remarks


def _truth(
    name: str,
    points: Points,
    size: tuple[int, int],
    image: Path | None,
    unknown: frozenset[int] = frozenset(),
) -> Truth:
    """Labels in pixels of their image as labels of a frame 960 wide."""
    scale = WIDTH / size[0]
    labels = {k: ((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5) for k, (x, y) in points.items()}
    return Truth(name, labels, (WIDTH, round(size[1] * scale)), image, unknown)


def _images(folder: Path) -> dict[str, Path]:
    """Images by name without suffix, in ``images/`` or the folder itself."""

    def found() -> Iterator[Path]:
        for place in (folder, folder / "images"):
            if place.is_dir():
                yield from (p for p in sorted(place.iterdir()) if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file())

    return {path.stem: path for path in found()}
