"""Real frames with human points of another scheme, converted to training sets of the 57 points."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.formats.yolo_pose import YoloPoseFrame, read_yolo_pose
from annotator.pitch import KEYPOINTS, PITCH_57, behind_goal_mirror
from annotator.synthetic import VISIBLE
from model.dataset import Sample, TrainingSet, write_training_set

Floats = NDArray[np.float64]
Report = Callable[[int, int, str], None]
"""Called with steps done, steps in all and what is being done."""
Stop = Callable[[], bool]

SIZE = (512, 288)
"""Size of training images: 16:9, a little above the network's input."""
ATTRIBUTION = "roboflow universe adzuki/soccer-field-localization v9, CC BY 4.0"
_INPUT = 480
_RANSAC_PIXELS, _LARGEST_MEDIAN, _FEWEST = 3.0, 2.5, 5
_HELD_BACK = 7


class RecipeStoppedError(Exception):
    """Someone asked the recipe to stop before a step was whole."""


def no_report(done: int, total: int, what: str) -> None:
    """Report nothing."""


def never() -> bool:
    """Never stop."""
    return False


def jpeg(rgb: NDArray[np.uint8], *, quality: int) -> bytes:
    """An RGB image encoded as JPEG."""
    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"an image of shape {rgb.shape} cannot be encoded as JPEG")
    return bytes(data)


def write_set(folder: Path, samples: Iterator[Sample], settings: dict[str, object]) -> TrainingSet:
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
    folder: Path,
    output: Path,
    *,
    held_back: Collection[str] = (),
    progress: Report = no_report,
    should_stop: Stop = never,
) -> TrainingSet:
    """Convert the real frames in ``folder`` (YOLO-pose text of 32 points) to a training set of the 57 points.

    The 32 human points give a homography; every ground point of the 57 that it projects into the image is labelled
    (the human point itself where there is one that agrees), the four upper corners of the goals are unknown. Frames
    whose points do not agree are left out. Images are stored at 16:9, as filmed.

    ``held_back`` names the matches (what the file names begin with) whose frames are for validation; by default about
    one match in ten is, by a checksum of its name.

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
            if sample is not None and held_back:
                sample = replace(sample, split="val" if sample.group in held_back else "train")
            if sample is not None:
                yield sample
            progress(i + 1, len(frames), "converting")

    return write_set(output, samples(), {"source": ATTRIBUTION, "frames": len(frames)})


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


