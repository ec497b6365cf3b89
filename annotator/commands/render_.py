"""``render``: a video or a project as a film, with keypoints, markings, ghost and map, or skeletons, over it."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, positive, share
from annotator.commands.network import add_network_arguments, load_predictor
from annotator.commands.render_things import USUAL as THINGS_USUAL
from annotator.commands.render_things import thing_frames, thing_layers, thing_scenes
from annotator.commands.stretch import Address, Stretch, add_range_arguments, stretch_of
from annotator.frames import FrameSource, MediaError
from annotator.labels import Instance
from annotator.project import Project, ProjectError
from annotator.rendering import Shown, labels_scene, network_scene, render_film
from annotator.rendering_files import SUFFIXES, RenderError
from annotator.rendering_layers import LAYERS, Layer, Rgb, Scene, chosen_layers
from annotator.rendering_things import THING_LAYERS
from annotator.store_media import VIDEO_SUFFIXES, home_beside
from annotator.store_schema import SUFFIX
from annotator.tripod_store import standing_of

if TYPE_CHECKING:
    from annotator.tripod_prior import Standing
    from model.predictor import Predictor

_USUAL = ("ghost", "markings", "keypoints", "map", "caption")
THINGS = f"; without a pitch of {','.join(THING_LAYERS)} (default {','.join(THINGS_USUAL)})"
_IMAGES_A_SECOND = 5.0
_ANIMATION_WIDTH = 640


@dataclass(frozen=True)
class _Frame:
    """A frame of the film before its pixels are read."""

    name: str
    address: Address
    instance: Instance
    standing: Standing | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``render``."""
    add = parser.add_argument
    add("source", type=Path, metavar="VIDEO_OR_PROJECT", help="a video, a .touchline project, or media that have one")
    add("output", type=Path, metavar="OUT", help=f"the film to write: {', '.join(SUFFIXES)}")
    add("--what", choices=("labels", "network"), help="who speaks (default: labels where there are any)")
    add("--network", dest="what", action="store_const", const="network", help="the same as --what network")
    usual = ",".join(_USUAL)
    add("--layers", default=usual, metavar="NAMES", help=f"of {','.join(LAYERS)} (default {usual}){THINGS}")
    add("--labelled", action="store_true", help="only frames that have labels")
    add("--width", type=int, metavar="PX", help="of the film (default: as the frames; 640 for animations)")
    add("--fps", type=positive, metavar="N", help="pictures a second (default: real time)")
    add("--threshold", type=share, metavar="T", help="least confidence (default: the network's own)")
    add("--batch", type=int, default=4, metavar="N", help="frames at a time for the network (default 4)")
    add_range_arguments(parser)
    add_network_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``render``."""
    if options.batch < 1 or (options.width is not None and options.width < 16):
        raise CommandError("A batch has at least one frame, and a film is at least 16 pixels wide.")
    if options.output.suffix.lower() not in SUFFIXES:
        raise CommandError(f"{options.output}: the name must end in {', '.join(SUFFIXES)}.")
    with ExitStack() as stack:
        pixels = FrameSource(max_frames=4)
        stack.callback(pixels.close)
        film = _film_of_things(options, pixels) or _film_of_pitch(options, pixels)
        if not film.count:
            raise CommandError(f"{options.source}: nothing to render in this range.")
        return _render(options, film)


@dataclass(frozen=True)
class _Film:
    """What is to be written: pictures and scenes, given who to tell of a frame that cannot be read."""

    count: int
    fps: float
    layers: tuple[Layer, ...]
    scenes: Callable[[Callable[[MediaError], None]], Iterator[tuple[Rgb, Scene]]]


def _film_of_pitch(options: argparse.Namespace, pixels: FrameSource) -> _Film:
    try:
        layers = chosen_layers([name for name in options.layers.split(",") if name])
    except ValueError as error:
        raise CommandError(f"{str(error)[0].upper()}{str(error)[1:]}.") from error
    frames, fps = _frames(options, pixels)
    network = options.what == "network" or LAYERS["heatmap"] in layers
    predictor = load_predictor(options.weights, options.device) if network and frames else None
    return _Film(len(frames), fps, layers, lambda missed: _scenes(_read(frames, pixels, missed), predictor, options))


def _film_of_things(options: argparse.Namespace, pixels: FrameSource) -> _Film | None:
    """The film of a project without a pitch; None for anything else."""
    path = _project_of(options.source)
    if path is None:
        return None
    try:
        with Project.open(path) as project:
            if project.scheme.has_football:
                return None
            layers = thing_layers(options, ",".join(_USUAL))
            options.what = options.what or "labels"
            stretch = stretch_of(options)
            frames = thing_frames(project, stretch, what=options.what, only_labelled=options.labelled)
            first = project.row(frames[0]) if frames else None
            is_clip = first is not None and first.is_video
            fps = pixels.video(first.path).fps / stretch.step if first and is_clip else _IMAGES_A_SECOND
    except (ProjectError, MediaError) as error:
        raise CommandError(str(error)) from error
    return _Film(len(frames), fps, layers, lambda missed: thing_scenes(path, frames, pixels, options, missed))


def _render(options: argparse.Namespace, film: _Film) -> int:
    lost = 0

    def missed(error: MediaError) -> None:
        nonlocal lost
        lost += 1
        complain(str(error))

    ticker = Ticker("rendered", film.count)
    width = options.width
    if width is None and options.output.suffix.lower() != ".mp4":
        width = _ANIMATION_WIDTH
    try:
        count = render_film(
            options.output,
            film.scenes(missed),
            total=film.count,
            fps=options.fps or film.fps,
            layers=film.layers,
            width=width,
            progress=lambda done, total: ticker.show(done),
        )
    except (RenderError, ProjectError, ValueError) as error:
        raise CommandError(str(error)) from error
    complain(f"{options.output}: {count} frames, {options.output.stat().st_size / 1e6:.1f} MB")
    return 1 if lost else 0


def _scenes(
    shown: Iterator[Shown], predictor: Predictor | None, options: argparse.Namespace
) -> Iterator[tuple[Rgb, Scene]]:
    threshold = options.threshold
    if threshold is None:
        threshold = predictor.threshold if predictor is not None else 0.5
    for one in shown if predictor is None else _predicted(shown, predictor, options.batch):
        if options.what == "network":
            scene = network_scene(one, threshold=threshold, caption=f"{one.name}  network")
        else:
            scene = labels_scene(one, threshold=2.0, caption=f"{one.name}  labels")
        yield one.rgb, scene


def _predicted(shown: Iterator[Shown], predictor: Predictor, batch: int) -> Iterator[Shown]:
    waiting: deque[Shown] = deque()

    def images() -> Iterator[Rgb]:
        for one in shown:
            waiting.append(one)
            yield one.rgb

    for prediction in predictor.predict_many(images(), batch=batch):
        one = waiting.popleft()
        yield replace(one, prediction=prediction)


def _read(frames: list[_Frame], pixels: FrameSource, missed: Callable[[MediaError], None]) -> Iterator[Shown]:
    for frame in frames:
        try:
            rgb = pixels.read(frame.address)
        except MediaError as error:
            missed(error)
            continue
        yield Shown(frame.name, rgb, frame.instance, standing=frame.standing)


def _frames(options: argparse.Namespace, pixels: FrameSource) -> tuple[list[_Frame], float]:
    """The frames to render and how many a second are real time; settles who speaks where that was left open."""
    stretch = stretch_of(options)
    project = _project_of(options.source)
    if project is None:
        if options.what == "labels" or options.labelled:
            raise CommandError(f"{options.source}: there is no project with labels; render what the network sees.")
        options.what = "network"
        return _of_video(options.source, stretch, pixels)
    options.what = options.what or "labels"
    return _of_project(project, stretch, pixels, only_labelled=options.labelled)


def _project_of(path: Path) -> Path | None:
    if path.suffix.lower() == SUFFIX and path.is_file():
        return path
    home = home_beside(path)
    return home if path.exists() and home.is_file() else None


def _of_video(path: Path, stretch: Stretch, pixels: FrameSource) -> tuple[list[_Frame], float]:
    if not path.exists():
        raise CommandError(f"{path}: there is no such file. Check the name.")
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise CommandError(f"{path}: this is neither a video nor a project. Name one of them.")
    try:
        reader = pixels.video(path)
    except MediaError as error:
        raise CommandError(str(error)) from error
    numbers = stretch.of(len(reader))
    frames = [_Frame(f"{path.name} #{n}", Address(path, n, True), Instance()) for n in numbers]
    return frames, reader.fps / stretch.step


def _of_project(
    path: Path, stretch: Stretch, pixels: FrameSource, *, only_labelled: bool
) -> tuple[list[_Frame], float]:
    frames: list[_Frame] = []
    fps = _IMAGES_A_SECOND
    try:
        with Project.open(path) as project:
            ids = project.frame_ids()
            for place in stretch.of(len(ids)):
                row = project.row(ids[place])
                labels = project.record(ids[place]).labels
                if row.missing or (only_labelled and labels.is_empty):
                    continue
                if row.is_video and not frames:
                    fps = pixels.video(row.path).fps / stretch.step
                address = Address(row.path, row.index_in_media, row.is_video)
                frames.append(_Frame(row.name, address, labels.pitch, standing_of(project, ids[place])))
    except (ProjectError, MediaError) as error:
        raise CommandError(str(error)) from error
    return frames, fps
