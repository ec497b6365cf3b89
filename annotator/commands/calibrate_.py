"""``calibrate``: labels, or what the network sees, in; the camera of every frame out.

Into a folder as SoccerNet camera files, or frame by frame into one file of JSON lines or CSV.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

from annotator.calibration import flattened
from annotator.camera import SolutionKind
from annotator.camera_score import annotated_size
from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, frame_size, share
from annotator.commands.labelled import WHAT, labelled_frames
from annotator.commands.network import add_network_arguments, load_predictor
from annotator.commands.per_frame import Item, Results, fresh, items_of, left_of, predicted, results_in, resumed
from annotator.commands.stretch import Address, Stretch, add_range_arguments, stretch_of
from annotator.formats.cameras import CameraFile, FormatError, camera_document, camera_of, parse_camera, write_camera
from annotator.frames import FrameSource, MediaError
from annotator.keypoints import TRUSTED_RMS, TRUSTED_SUPPORT, Resolved, resolve
from annotator.rendering import seen_as_said

_COLUMNS = ("pan", "tilt", "roll", "x", "y", "z", "focal", "k1", "rms", "reason")
_BY_FRAME = (".jsonl", ".csv")
_Answer = tuple[Item, Resolved]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``calibrate``."""
    add = parser.add_argument
    add("paths", nargs="+", metavar="PATH", help=f"{WHAT}, or folders of files; with --network videos and images")
    add("--output", type=Path, required=True, metavar="PLACE", help="a folder for camera_*.json, or a .jsonl or .csv")
    add("--size", type=frame_size, default=(960, 540), metavar="WxH", help="size of the frames (default 960x540)")
    add("--network", action="store_true", help="cameras through what the network sees, instead of labels")
    add("--threshold", type=share, metavar="T", help="least confidence (default: the network's own)")
    add("--batch", type=int, default=4, metavar="N", help="frames at a time for the network (default 4)")
    add("--resume", action="store_true", help="keep what --output holds and do the rest")
    add_range_arguments(parser)
    add_network_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``calibrate``: 0 every frame has a camera, 1 some have none, 2 none has one."""
    trouble: list[str] = []

    def say(text: str) -> None:
        trouble.append(text)
        complain(text)

    stretch = stretch_of(options)
    if options.batch < 1:
        raise CommandError("A batch has at least one frame.")
    with closing(FrameSource(max_frames=2)) as pixels:
        results = _results(options)
        source = _seen if options.network else _said
        tally = [0, 0, 0]
        for item, resolved in source(options, stretch, pixels, results, say):
            _take(item, resolved, results, tally=tally, say=say)
        results.finish()
    frames, written, rough = tally
    if not frames and not results.known:
        what = "No image or video to look at" if options.network else f"No labels to calibrate from; name {WHAT}"
        hint = "" if options.network else ", or add --network to use what the network sees"
        raise CommandError(f"{what}{hint}.")
    roughly = f", {rough} of them known only roughly" if rough else ""
    complain(f"{options.output}: {written} cameras of {frames} frames{roughly}")
    if not written and not results.known:
        return 2
    return 1 if trouble else 0


def _results(options: argparse.Namespace) -> Results:
    if options.output.suffix.lower() not in _BY_FRAME:
        return CameraFolder(options.output, going_on=options.resume)
    resume = resumed if options.resume else fresh
    return results_in(options.output, resume=resume, columns=_COLUMNS, rows=_rows)


def _take(item: Item, resolved: Resolved, results: Results, *, tally: list[int], say: Callable[[str], None]) -> None:
    """Hand a frame's camera, or why it has none, to the results; counts frames, cameras and rough ones."""
    tally[0] += 1
    reason = why_none(resolved)
    if reason:
        say(f"{item.key}: {reason}")
        results.add(item, {"size": list(resolved.size), "camera": None, "rms": None, "reason": reason})
        return
    solution = resolved.solution
    assert solution is not None
    document = camera_document(_camera(resolved))
    try:
        results.add(item, {"size": list(resolved.size), "camera": document, "rms": solution.rms, "reason": ""})
    except FileExistsError as error:
        say(f"{item.key}: another frame has the camera file {error} already.")
        return
    tally[1] += 1
    if resolved.image_from_pitch is None:
        tally[2] += 1
        complain(f"{item.key}: the camera is known only roughly. {resolved.status}".rstrip())


def _said(
    options: argparse.Namespace, stretch: Stretch, pixels: FrameSource, results: Results, say: Callable[[str], None]
) -> Iterator[_Answer]:
    """The frames with labels, each as its labels determine it."""
    fractions = annotated_size(options.size)
    for frame in labelled_frames(options.paths, size=options.size, fractions_of=fractions, complain=say):
        number = None if frame.shot is None else int(frame.key.rpartition("#")[2])
        if frame.key in results.known or (number is not None and number not in stretch):
            continue
        time = None
        if frame.shot is not None and number is not None:
            try:
                time = round(float(pixels.video(Path(frame.shot)).times[number]), 6)
            except (MediaError, IndexError):
                time = None
        item = Item(frame.key, Address(Path(frame.shot or frame.key)), number, time)
        yield item, resolve(frame.instance, None, size=frame.size, threshold=1.0, standing=frame.standing)


def _seen(
    options: argparse.Namespace, stretch: Stretch, pixels: FrameSource, results: Results, say: Callable[[str], None]
) -> Iterator[_Answer]:
    """The frames of images and videos, each as the points that the network sees determine it."""
    left = left_of(items_of(options.paths, stretch, pixels, say), results, options.output)
    if not left:
        return
    predictor = load_predictor(options.weights, options.device)
    complain(f"network {predictor.id[:8]} on {predictor.device_text}")
    threshold = predictor.card.threshold if options.threshold is None else options.threshold
    ticker = Ticker("calibrated", len(left))
    found = predicted(predictor, left, pixels, batch=options.batch, lost=lambda error: say(str(error)))
    for done, (item, prediction) in enumerate(found, start=1):
        instance = seen_as_said(prediction, threshold)
        yield item, resolve(instance, None, size=prediction.image_size, threshold=1.0)
        ticker.show(done)


class CameraFolder(Results):
    """A SoccerNet camera file a frame, below a folder."""

    def __init__(self, folder: Path, *, going_on: bool) -> None:
        super().__init__()
        self._folder = folder
        self._written: set[Path] = set()
        self.known = _Below(folder) if going_on else set()

    def add(self, item: Item, document: Mapping[str, Any]) -> None:
        """Write the file of a frame that has a camera; FileExistsError where another frame of this run has it."""
        path = self._folder / camera_path(item.key)
        if document["camera"] is None:
            return
        if path in self._written:
            raise FileExistsError(path.name)
        _write(path, parse_camera(document["camera"], path))
        self._written.add(path)

    def finish(self) -> None:
        """Every file is in place already."""


class _Below(set[str]):
    """The frames that have a camera file below a folder, looked for when asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __contains__(self, key: object) -> bool:
        return (self._folder / camera_path(str(key))).is_file()

    def __bool__(self) -> bool:
        return any(self._folder.rglob("camera_*.json"))


def _rows(document: Mapping[str, Any]) -> list[list[Any]]:
    camera = document["camera"]
    if camera is None:
        return [[""] * (len(_COLUMNS) - 1) + [document["reason"]]]
    angles = [camera[f"{name}_degrees"] for name in ("pan", "tilt", "roll")]
    lens = [camera["x_focal_length"], camera["radial_distortion"][0]]
    return [[*angles, *camera["position_meters"], *lens, document["rms"], ""]]


def why_none(resolved: Resolved) -> str:
    """Why a frame has no camera, one sentence; "" when it has one."""
    solution = resolved.solution
    if solution is None:
        return resolved.status or "Too little is labelled to find the camera."
    if solution.rms > TRUSTED_RMS or solution.support < TRUSTED_SUPPORT:
        return resolved.status or "What is labelled does not agree with one camera."
    if solution.kind is not SolutionKind.CAMERA:
        return "Only the ground is determined: no camera with square pixels fits what is labelled."
    return ""


def camera_path(key: str) -> Path:
    """Where the camera of a frame goes: ``camera_`` before the base name; frames of a video in a folder of its own."""
    media, hash_sign, index = key.rpartition("#")
    path = PurePosixPath(media) / index if hash_sign else PurePosixPath(key)
    if path.is_absolute() or ".." in path.parts:
        path = PurePosixPath(path.name)
    return Path(path.parent) / f"camera_{path.stem}.json"


def _camera(resolved: Resolved) -> CameraFile:
    """The camera of the flat pitch of the book, whatever was found of crown and size: the format knows no other."""
    assert resolved.solution is not None
    assert resolved.evidence is not None
    return camera_of(flattened(resolved.evidence, resolved.solution))


def _write(path: Path, camera: CameraFile) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_camera(path, camera)
    except OSError as error:
        raise CommandError(f"{path.parent}: the folder cannot be made ({error.strerror or error}).") from error
    except FormatError as error:
        raise CommandError(str(error)) from error
