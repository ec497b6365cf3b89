"""``predict`` where a network sees several things in a frame: COCO results out, or predictions kept in a project."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, share
from annotator.commands.per_frame import Item, JsonLines, fresh, items_to_see, resumed
from annotator.commands.stretch import stretch_of
from annotator.formats.documents import FormatError, text_of, write_document
from annotator.frames import FrameSource, MediaError
from annotator.labels import EMPTY
from annotator.people_boxes import BoxFile, read_boxes
from annotator.people_prediction import predict_people, results, see
from annotator.project import Project, ProjectError
from annotator.schemes import CHANGED, known_schemes
from annotator.store_schema import SUFFIX
from model.people import Candidate

if TYPE_CHECKING:
    from model.detector import Detector
    from model.predictor import Predictor

Rgb = NDArray[np.uint8]
LEAST_DETECTED = 0.3


def add_people_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments for networks of people: where to look."""
    people = parser.add_argument_group("people", "networks that look for one person in a box, or for everybody")
    text = "COCO detections or annotations: boxes to look into, matched by name or number; a project keeps them"
    people.add_argument("--boxes", type=Path, metavar="FILE", help=text)
    text = "a detector of boxes (YOLO, or any network with boxes and scores) as an ONNX file"
    people.add_argument("--detector", type=Path, metavar="FILE", help=text)
    text = "category of the boxes to look into (default: people)"
    people.add_argument("--category", type=int, metavar="N", help=text)
    text = f"least score of a box (default: any of a file, {LEAST_DETECTED} of a detector)"
    people.add_argument("--box-score", type=share, metavar="S", help=text)
    text = "look at every person mirrored as well and take the mean, as published numbers do"
    people.add_argument("--flip-test", action="store_true", help=text)


def wants_people(options: argparse.Namespace) -> bool:
    """Whether what is asked for is about several things in a frame: by the options, a project, or the network."""
    if options.boxes is not None or options.detector is not None or options.flip_test:
        return True
    return any(_is_project(path) for path in options.paths) or _sees_many(options.weights)


def _is_project(path: str) -> bool:
    return Path(path).suffix.lower() == SUFFIX and not Path(path).is_dir()


def _sees_many(weights: Path | None) -> bool:
    """Whether a network file is of a scheme of which a frame shows many."""
    from model.card import CheckpointError, card_of, read_bytes
    from model.published import is_foreign

    if weights is None:
        return False
    # What is wrong with a file is said where it is loaded.
    with suppress(CheckpointError):
        data = read_bytes(weights)
        if is_foreign(data):
            return True
        card = card_of(weights, data)
        known = known_schemes()
        scheme = known.get(card.scheme) or known.get(card.scheme.partition(CHANGED)[0])
        return bool(card.spec.tags) or (scheme is not None and scheme.is_many)
    return False


def run_people(options: argparse.Namespace) -> int:
    """The exit code of ``predict`` for people."""
    projects = [path for path in options.paths if _is_project(path)]
    if projects and len(projects) < len(options.paths):
        raise CommandError("Name projects, or images and videos, not both at once.")
    if options.weights is None:
        raise CommandError("Name the network that knows the points with --weights FILE; none for people is embedded.")
    from model.detector import DetectorError

    network = _network(options)
    complain(f"network {network.id[:8]} on {network.device_text}")
    boxes = _boxes(options)
    try:
        if projects:
            return max([_run_on_project(Path(path), network, boxes, options) for path in projects])
        return _run_on_images(network, boxes, options)
    except (FormatError, ProjectError, DetectorError) as error:
        raise CommandError(str(error)) from error


def _network(options: argparse.Namespace) -> Predictor:
    from model.card import CheckpointError
    from model.predictor import Predictor

    try:
        return Predictor.load(options.weights, options.device, flip_test="on" if options.flip_test else "off")
    except (CheckpointError, ValueError) as error:
        raise CommandError(str(error)) from error


class _Boxes:
    """What the options say of where to look."""

    def __init__(self, file: BoxFile | None, detector: Detector | None, least: float, kind: int | None) -> None:
        self.file, self._detector, self._least, self._kind = file, detector, least, kind

    @property
    def given(self) -> bool:
        """Whether anything is said."""
        return self.file is not None or self._detector is not None

    def __call__(self, name: str, rgb: Rgb) -> Sequence[Candidate]:
        """The boxes of a frame."""
        found: list[Candidate] = [] if self.file is None else list(self.file.of(name))
        if self._detector is not None:
            found += self._detector.detect(rgb, least=self._least, kind=self._kind)
        return found


def _boxes(options: argparse.Namespace) -> _Boxes:
    from model.detector import Detector, DetectorError

    least: float | None = options.box_score
    try:
        file = None if options.boxes is None else read_boxes(
            options.boxes, category=options.category, least=least or 0.0
        )  # fmt: skip
        detector = None if options.detector is None else Detector.load(options.detector)
    except (FormatError, DetectorError) as error:
        raise CommandError(str(error)) from error
    for remark in () if file is None else file.remarks:
        complain(remark)
    return _Boxes(file, detector, LEAST_DETECTED if least is None else least, options.category)


def _run_on_project(path: Path, network: Predictor, boxes: _Boxes, options: argparse.Namespace) -> int:
    ticker: Ticker | None = None

    def progress(done: int, total: int) -> None:
        nonlocal ticker
        ticker = ticker or Ticker("predicted", total)
        ticker.show(done)

    find, stretch = boxes if boxes.given else None, stretch_of(options)
    with Project.open(path) as project, closing(FrameSource(max_frames=2)) as pixels:
        if not project.scheme.is_many:
            raise CommandError(
                f"{path}: its frames show one {project.scheme.thing} each. Open it in the window and predict it there."
            )
        every = project.frame_ids()
        ids = [every[place] for place in stretch.of(len(every))]
        try:
            tally = predict_people(project, network, pixels=pixels, boxes=find, frame_ids=ids, progress=progress)
        except ValueError as error:
            raise CommandError(f"{path}: {error}. Choose another network.") from error
        for remark in tally.lost:
            complain(remark)
        complain(f"{path}: {tally.people} people in {tally.frames} frames, kept as predictions")
        if tally.without:
            complain(f"{tally.without} frames have no box to look into; draw some, or name --boxes or --detector")
        if options.output is not None:
            _write_stored(project, ids, network.id, boxes.file, options.output)
    return 2 if not tally.frames else 1 if tally.lost or tally.without else 0


def _write_stored(
    project: Project, ids: Sequence[int], network: str, file: BoxFile | None, output: Path
) -> None:
    listed: list[dict[str, Any]] = []
    for frame_id in ids:
        stored, name = project.people(frame_id, network), project.row(frame_id).name
        if stored is not None:
            listed.extend(results(name, stored.instances, image_id=None if file is None else file.image_id(name)))
    write_document(output, listed)


def _run_on_images(network: Predictor, boxes: _Boxes, options: argparse.Namespace) -> int:
    if network.takes_boxes and not boxes.given:
        raise CommandError(
            "This network looks at one person in a box. Say where people are with --boxes FILE.json or "
            "--detector FILE.onnx, or name a project with boxes."
        )
    unusable: list[str] = []

    def say(text: str) -> None:
        complain(text)
        unusable.append(text)

    with closing(FrameSource(max_frames=2)) as pixels:
        items = items_to_see(options.paths, stretch_of(options), pixels, say)
        output = _Output(options)
        left = [item for item in items if item.key not in output.known]
        done = _look_at(left, network, boxes, pixels, output.add, say)
    output.finish()
    if not done and not output.known:
        return 2
    return 1 if unusable else 0


def _look_at(
    items: Sequence[Item],
    network: Predictor,
    boxes: _Boxes,
    pixels: FrameSource,
    add: Callable[[Item, list[dict[str, Any]]], None],
    say: Callable[[str], None],
) -> int:
    ticker, seen, without = Ticker("predicted", len(items)), 0, 0
    for done, item in enumerate(items):
        try:
            rgb = pixels.read(item.address)
        except MediaError as error:
            say(str(error))
            continue
        found = see(network, rgb, EMPTY, boxes(item.key, rgb))
        without += found is None
        image_id = None if boxes.file is None else boxes.file.image_id(item.key)
        add(item, list(results(item.key, () if found is None else found.instances, image_id=image_id)))
        seen += 1
        ticker.show(done + 1)
    if without:
        complain(f"{without} of {seen} frames have no box")
    return seen


class _Output:
    """COCO results as one list, on standard output or in a file; or .jsonl, a line a frame, which can be resumed."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._path: Path | None = options.output
        self._listed: list[dict[str, Any]] = []
        self._lines: JsonLines | None = None
        suffix = "" if self._path is None else self._path.suffix.lower()
        if self._path is not None and suffix == ".jsonl":
            self._lines = JsonLines(self._path, going_on=resumed if options.resume else fresh)
        elif options.resume or suffix == ".csv":
            raise CommandError("People are written as one list of COCO results, or to a .jsonl file, which resumes.")
        self.known: Iterable[str] = () if self._lines is None else self._lines.known

    def add(self, item: Item, found: list[dict[str, Any]]) -> None:
        """Take the results of a frame."""
        if self._lines is not None:
            self._lines.add(item, {"results": found})
        else:
            self._listed += found

    def finish(self) -> None:
        """Write all of them."""
        if self._lines is not None:
            self._lines.finish()
        elif self._path is None:
            sys.stdout.write(text_of(self._listed))
        else:
            write_document(self._path, self._listed)
