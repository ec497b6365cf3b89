"""Frames with labels from wherever they are kept: SoccerNet lines, 57 keypoints in both dialects, a project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.commands.console import gather
from annotator.formats import keypoints57, soccernet
from annotator.formats.documents import FormatError, number, read_object
from annotator.frames import FrameSource, MediaError
from annotator.labels import Instance, KeypointLabel, Origin, Point, Visibility
from annotator.pitch import MARKINGS, PITCH_57, UNKNOWN_MARKINGS
from annotator.project import Project, ProjectError
from annotator.store_media import home_beside
from annotator.store_schema import SUFFIX
from annotator.tripod_prior import Standing
from annotator.tripod_store import standing_of

Complain = Callable[[str], None]

_LINES = frozenset(name.strip() for name in (*MARKINGS, *UNKNOWN_MARKINGS))
WHAT = "SoccerNet line files, 57-keypoint files or a project"


@dataclass(frozen=True)
class Labelled:
    """The labels of one frame of ``size`` (width, height).

    ``key`` names it with forward slashes; frames of the same ``shot`` follow each other in one video, None elsewhere.
    ``standing`` is where its camera is known to stand.
    """

    key: str
    instance: Instance
    size: tuple[int, int]
    shot: str | None = None
    standing: Standing | None = None


def labelled_frames(
    paths: Iterable[str], *, size: tuple[int, int], fractions_of: tuple[int, int], complain: Complain
) -> Iterator[Labelled]:
    """Every labelled frame in the order given; what cannot be used is complained of, and the rest goes on.

    ``size`` is that of frames of which the file does not say it; fractions in line files are multiplied by
    ``fractions_of``.
    """
    files: list[str] = []
    for text in paths:
        project = _project_of(Path(text))
        if project is None:
            files.append(text)
        else:
            yield from _of_project(project, complain)
    found, complaints = gather(files, frozenset({".json"}), "files of labels (.json)")
    for complaint in complaints:
        complain(complaint)
    for key, path in found:
        if "info" in path.stem.lower() or path.name.startswith("camera_"):
            continue
        try:
            yield from _of_document(read_object(path), key, path, size=size, fractions_of=fractions_of, say=complain)
        except FormatError as error:
            complain(str(error))


def _project_of(path: Path) -> Path | None:
    """The project that a path names or has beside it; None for files and folders of labels."""
    if path.suffix.lower() == SUFFIX and path.is_file():
        return path
    if path.suffix.lower() == ".json" or not path.exists():
        return None
    if path.is_dir() and any(path.rglob("*.json")):
        return None
    home = home_beside(path)
    return home if home.is_file() else None


def _of_project(path: Path, complain: Complain) -> Iterator[Labelled]:
    pixels = FrameSource(max_frames=2)
    try:
        with Project.open(path) as project:
            if not project.scheme.has_football:
                complain(f"{path}: the project labels {project.scheme_id}, not the pitch")
                return
            for frame_id in project.frame_ids():
                row = project.row(frame_id)
                try:
                    labels = project.record(frame_id).labels
                    if labels.is_empty:
                        continue
                    shot = str(row.path) if row.is_video else None
                    yield Labelled(row.name, labels.pitch, pixels.size(row), shot, standing_of(project, frame_id))
                except (MediaError, ProjectError) as error:
                    complain(f"{row.name}: {error.reason}")
    except ProjectError as error:
        complain(str(error))
    finally:
        pixels.close()


def _of_document(
    document: Mapping[str, Any],
    key: str,
    path: Path,
    *,
    size: tuple[int, int],
    fractions_of: tuple[int, int],
    say: Complain,
) -> Iterator[Labelled]:
    """The frames of one JSON file, told apart by its keys."""
    if document and all(name.isdecimal() and int(name) < len(PITCH_57) for name in document):
        yield Labelled(key, _placed(_published(document, path, say)), size)
    elif document and all(isinstance(value, dict) and "keypoints" in value for value in document.values()):
        read = keypoints57.read_keypoints(path)
        for finding in read.findings:
            say(str(finding))
        for name, frame in read.frames.items():
            yield Labelled(name, _placed({n: p.position for n, p in frame.points.items()}), frame.size)
    elif not document or any(name.strip() in _LINES for name in document):
        lines = soccernet.parse_lines(document, fractions_of, path)
        for finding in lines.findings:
            say(str(finding))
        yield Labelled(key, Instance(markings=lines.markings), size)
    else:
        raise FormatError(path, "this is no line file and no file of the 57 keypoints", f"Name {WHAT}.")


def _published(document: Mapping[str, Any], path: Path, say: Complain) -> dict[str, Point]:
    """The published dialect, channel number to [x, y] in pixels."""
    points: dict[str, Point] = {}
    for name, value in document.items():
        pair = [number(item) for item in value] if isinstance(value, list) and len(value) == 2 else []
        x, y = pair if len(pair) == 2 else (None, None)
        if x is None or y is None:
            say(f"{path}: {name!r} has no two numbers; it is left out")
        else:
            points[PITCH_57.keypoints[int(name)]] = (x, y)
    return points


def _placed(points: Mapping[str, Point]) -> Instance:
    labels = {name: KeypointLabel(xy, Visibility.VISIBLE, Origin.IMPORTED) for name, xy in points.items()}
    return Instance(keypoints=labels)
