"""The training recipe of the network that ships with the program: render, convert, train.

Every step is a plain function that anyone can run again. Rendered pitches give exact labels in any number; a small
set of real frames with human labels teaches what no renderer shows.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.formats.yolo_pose import YoloPoseFrame, read_yolo_pose
from annotator.pitch import KEYPOINTS, PITCH_57, behind_goal_mirror
from annotator.synthetic import VISIBLE, SyntheticFrame, render
from model.dataset import Sample, TrainingSet, read_training_set, write_training_set

if TYPE_CHECKING:
    from model.training import TrainingConfig, TrainingResult

Floats = NDArray[np.float64]
Report = Callable[[int, int, str], None]
"""Called with steps done, steps in all and what is being done."""
Stop = Callable[[], bool]

SIZE = (512, 288)
"""Size of training images: 16:9, a little above the network's input."""
ATTRIBUTION = "roboflow universe adzuki/soccer-field-localization v9, CC BY 4.0"
ROBOFLOW_SHARE = 0.2
RENDERER = 2
"""Counts the changes of what the renderer draws: see docs/renderer-rounds.md."""
HARD = {
    "high behind": 0.24,
    "behind goal": 0.12,
    "beside": 0.12,
    "along": 0.10,
    "main": 0.07,
    "sixteen": 0.07,
    "midfield": 0.07,
    "close": 0.07,
    "level": 0.06,
    "player": 0.06,
    "stands": 0.02,
}
"""Shares of camera families where the first network failed most."""
_INPUT = 480
_RANSAC_PIXELS, _LARGEST_MEDIAN, _FEWEST = 3.0, 2.5, 5
_VALIDATION_EVERY = 40
_HELD_BACK = 7


class RecipeStoppedError(Exception):
    """Someone asked the recipe to stop before a step was whole."""


def _no_report(done: int, total: int, what: str) -> None:
    """Report nothing."""


def _never() -> bool:
    """Never stop."""
    return False


def render_training_set(
    folder: Path,
    *,
    frames: int,
    first_seed: int = 0,
    size: tuple[int, int] = SIZE,
    shares: Mapping[str, float] | None = None,
    progress: Report = _no_report,
    should_stop: Stop = _never,
) -> TrainingSet:
    """Write ``frames`` rendered frames as a training set; the same arguments give the same bytes.

    Points hidden by people are labelled as occluded, points too small to be told are unknown. One frame in 40 is for
    validation. ``shares`` are those of the camera families (`annotator.synthetic.cameras.FAMILIES`) where other ones
    than usual are wanted.

    Raises
    ------
    RecipeStoppedError
        If ``should_stop`` said so; nothing is written then.
    model.dataset.TrainingSetError
        If the folder cannot be written.
    """

    def samples() -> Iterator[Sample]:
        for i in range(frames):
            if should_stop():
                raise RecipeStoppedError
            seed = first_seed + i
            yield rendered_sample(render(seed, size, family=_drawn(seed, shares)), seed)
            progress(i + 1, frames, "rendering")

    settings: dict[str, object] = {"renderer": RENDERER, "first_seed": first_seed, "frames": frames}
    return _write(folder, samples(), settings | ({"shares": dict(shares)} if shares else {}))


def _drawn(seed: int, shares: Mapping[str, float] | None) -> str | None:
    """The camera family of a frame, by its seed alone; None for the usual mixture."""
    if not shares:
        return None
    rng = np.random.default_rng((seed, 1))
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def rendered_sample(frame: SyntheticFrame, seed: int) -> Sample:
    """A rendered frame as a training sample."""
    points = {name: (*frame.points[name], state) for name, state in frame.states.items() if state}
    return Sample(
        image=f"{seed:07d}.jpg",
        size=frame.camera.size,
        points={name: point for name, point in points.items() if name not in frame.coarse},
        source=jpeg(frame.rgb, quality=90),
        unknown=frozenset(frame.coarse),
        group=f"rendered-{seed}",
        split="val" if seed % _VALIDATION_EVERY == 0 else "train",
        mirror_rule="behind-goal" if frame.behind_goal else None,
    )


def jpeg(rgb: NDArray[np.uint8], *, quality: int) -> bytes:
    """An RGB image encoded as JPEG."""
    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"an image of shape {rgb.shape} cannot be encoded as JPEG")
    return bytes(data)


def _write(folder: Path, samples: Iterator[Sample], settings: dict[str, object]) -> TrainingSet:
    """Write a training set of the 57 points."""
    return write_training_set(
        folder,
        scheme=PITCH_57.id,
        keypoints=PITCH_57.keypoints,
        mirror=PITCH_57.mirror,
        mirror_rules={"behind-goal": behind_goal_mirror()},
        samples=samples,
        settings=settings,
    )


@dataclass(frozen=True)
class PlanarFit:
    """A homography of the ground, ``image_from_pitch`` (3, 3) in pixels of a 480 wide image, and its median error."""

    image_from_pitch: Floats
    median: float


def fit_ground(world: Floats, pixels: Floats) -> PlanarFit | None:
    """The homography through points (N, 2) metres and (N, 2) pixels by MAGSAC; None where the points do not agree.

    Thresholds suit an image 480 pixels wide: 3 px for inliers, at least five points, median error at most 2.5 px.
    """
    if len(world) < _FEWEST:
        return None
    fitted, inliers = cv2.findHomography(
        world, pixels, cv2.USAC_MAGSAC, _RANSAC_PIXELS, maxIters=5000, confidence=0.999
    )
    if fitted is None or int(inliers.sum()) < _FEWEST:
        return None
    found = np.asarray(fitted, dtype=np.float64)
    away = np.linalg.norm(_mapped(found, world) - pixels, axis=1)
    median = float(np.median(away))
    return PlanarFit(found, median) if median <= _LARGEST_MEDIAN else None


def _mapped(matrix: Floats, points: Floats) -> Floats:
    """Points (N, 2) through a homography; NaN behind the camera, judged by the sign that most points have."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    depth = homogeneous[:, 2:]
    front = depth * np.sign(np.median(depth)) > 1e-9
    mapped: Floats = np.where(front, homogeneous[:, :2] / np.where(front, depth, 1.0), np.nan)
    return mapped


def roboflow_training_set(
    folder: Path, output: Path, *, progress: Report = _no_report, should_stop: Stop = _never
) -> TrainingSet:
    """Convert the real frames in ``folder`` (YOLO-pose text of 32 points) to a training set of the 57 points.

    The 32 human points give a homography; every ground point of the 57 that it projects into the image is labelled
    (the human point itself where there is one that agrees), the four upper corners of the goals are unknown. Frames
    whose points do not agree are left out. Images are stored at 16:9, as filmed.

    Raises
    ------
    annotator.formats.yolo_pose.YoloPoseError
        If the folder does not hold such a set.
    RecipeStoppedError
        If ``should_stop`` said so.
    """
    mapping = json.loads((folder / "map32_to_57.json").read_text(encoding="utf-8"))
    channels = {int(k): int(v) for k, v in mapping["roboflow_index_to_pitch57"].items()}
    places = np.array(mapping["roboflow_index_xy_m_centre_origin"], dtype=np.float64)
    frames = read_yolo_pose(folder, points=len(places))

    def samples() -> Iterator[Sample]:
        for i, frame in enumerate(frames):
            if should_stop():
                raise RecipeStoppedError
            sample = planar_sample(frame, channels=channels, places=places, number=i)
            if sample is not None:
                yield sample
            progress(i + 1, len(frames), "converting")

    return _write(output, samples(), {"source": ATTRIBUTION, "frames": len(frames)})


def planar_sample(frame: YoloPoseFrame, *, channels: dict[int, int], places: Floats, number: int) -> Sample | None:
    """A frame with human points on the ground as a sample of the 57 points; None where the points do not agree.

    ``places`` (N, 2) are the metres of the frame's points; ``channels`` maps those that are keypoints to the scheme.
    """
    scale = np.array([_INPUT, _INPUT * SIZE[1] / SIZE[0]])
    seen = frame.visible
    fit = fit_ground(places[seen], frame.points[seen] * scale)
    if fit is None:
        return None
    world = np.array([point.world for point in KEYPOINTS.values()])
    units = _mapped(fit.image_from_pitch, world[:, :2]) / scale
    for own, channel in channels.items():
        if seen[own] and np.linalg.norm((frame.points[own] - units[channel]) * scale) < 2 * _RANSAC_PIXELS:
            units[channel] = frame.points[own]
    pixels = units * SIZE - 0.5
    with np.errstate(invalid="ignore"):
        inside = ((pixels >= -0.5) & (pixels < np.array(SIZE) - 0.5)).all(axis=1)
    names = [name for name, point in KEYPOINTS.items() if point.on_ground]
    index = PITCH_57.index
    shown = [(name, pixels[index[name]]) for name in names if inside[index[name]]]
    points = {name: (float(x), float(y), VISIBLE) for name, (x, y) in shown}
    image = cv2.imread(str(frame.image), cv2.IMREAD_COLOR)
    if image is None:
        return None
    match = frame.image.name.split("_")[0]
    stretched = np.asarray(cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return Sample(
        image=f"{number:05d}.jpg",
        size=SIZE,
        points=points,
        source=jpeg(stretched[..., ::-1], quality=93),
        unknown=frozenset(name for name, point in KEYPOINTS.items() if not point.on_ground),
        group=match,
        split="val" if zlib.crc32(match.encode()) % 10 == _HELD_BACK else "train",
    )


def _rendered_parts(folder: Path, frames: int, *, part: int, progress: Report, should_stop: Stop) -> Iterator[Path]:
    """Folders of rendered sets, at most ``part`` frames each; parts that are there already are kept."""
    for number, first in enumerate(range(0, frames, part)):
        target = folder / f"rendered-{number:02d}"
        wanted = min(part, frames - first)
        if not (target / "manifest.json").exists():

            def report(done: int, total: int, what: str, first: int = first) -> None:
                progress(first + done, frames, what)

            render_training_set(target, frames=wanted, first_seed=first, progress=report, should_stop=should_stop)
        yield target


def run_recipe(
    *,
    roboflow: Path | None,
    output: Path,
    frames: int = 12_000,
    samples: int = 130_000,
    workdir: Path,
    threads: int | None = None,
    progress: Report = _no_report,
    should_stop: Stop = _never,
) -> TrainingResult | None:
    """Render, convert and train; the same call goes on where an earlier one was stopped.

    Parameters
    ----------
    roboflow : Path or None
        The real frames, if there are any; their licence asks for attribution, which is written on the weights' card.
    output : Path
        The weights, a ``.safetensors`` file; usable from the first save on.
    frames, samples : int
        Rendered frames, and frames shown to the network in all.
    workdir : Path
        Where the training sets are kept.
    threads : int, optional
        Of the network; all cores by default.
    progress, should_stop : callables
        Told what is done; asked whether to stop. When stopped, None is returned or a result that is not finished.
    """
    from model.training import train

    workdir.mkdir(parents=True, exist_ok=True)
    try:
        parts = list(_rendered_parts(workdir, frames, part=2000, progress=progress, should_stop=should_stop))
        real = workdir / "real"
        if roboflow is not None and not (real / "manifest.json").exists():
            roboflow_training_set(roboflow, real, progress=progress, should_stop=should_stop)
    except RecipeStoppedError:
        return None
    sets = weighted_sets(parts, real if roboflow is not None else None)
    return train(
        training_config(output, samples=samples, threads=threads or os.cpu_count() or 1, real=roboflow is not None),
        sets,
        progress=lambda p: progress(p.samples, p.total, f"training, loss {p.loss:.4f}"),
        should_stop=should_stop,
    )


def training_config(output: Path, *, samples: int, threads: int, real: bool) -> TrainingConfig:
    """The settings that the shipped weights were trained with: half of the input size first, then three quarters."""
    from model.augment import Augmentation
    from model.training import TrainingConfig

    return TrainingConfig(
        output=output,
        network="touchline-small",
        input_size=(480, 270),
        sigma=1.3,
        samples=samples,
        batch=8,
        lr=2e-3,
        input_scale=((0.4, 0.5), (0.7, 0.75), (1.0, 1.0)),
        augmentation=Augmentation(zoom=2.0),
        threads=threads,
        workers=1,
        save_minutes=4.0,
        validate_every=10_000,
        validate_limit=150,
        attribution=ATTRIBUTION if real else "",
    )


def weighted_sets(rendered: list[Path], real: Path | None) -> list[tuple[TrainingSet, float]]:
    """Rendered sets weighted by their size, and the real one with a fifth of the draws."""
    sets = [read_training_set(folder) for folder in rendered]
    total = sum(len(one.samples) for one in sets)
    share = 1.0 - ROBOFLOW_SHARE if real is not None else 1.0
    weighted = [(one, share * len(one.samples) / total) for one in sets]
    if real is not None:
        weighted.append((read_training_set(real), ROBOFLOW_SHARE))
    return weighted
