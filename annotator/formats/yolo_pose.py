"""YOLO-pose text: one line an object, ``class cx cy w h  x y v  x y v ...``, all places divided by the image size.

Described by Ultralytics (docs.ultralytics.com/datasets/pose). ``v`` is 0 for a point that is not labelled (its place
means nothing; some tools write template coordinates there), 1 for a hidden and 2 for a visible point; without a third
number a point other than (0, 0) counts as visible. Places here stay divided by the size: (0, 0) is the outer corner of
the top-left pixel and (1, 1) that of the bottom-right one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


class YoloPoseError(Exception):
    """A file that is no YOLO-pose text: the path and the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


@dataclass(frozen=True)
class YoloPoseFrame:
    """One image and the points of its first object.

    Parameters
    ----------
    image : Path
    points : (K, 2) float
        Divided by the image's width and height.
    visible : (K,) bool
        False for points that are not labelled.
    """

    image: Path
    points: Floats
    visible: NDArray[np.bool_]


def read_label(path: Path, *, points: int) -> tuple[Floats, NDArray[np.bool_]] | None:
    """The points (K, 2) of a label file's first object and which are labelled, (K,); None for an empty file.

    Raises
    ------
    YoloPoseError
        If the file cannot be read or its first line has another number of values.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise YoloPoseError(path, f"cannot be read ({error})") from error
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        return None
    try:
        values = np.array([float(word) for word in first.split()])
    except ValueError as error:
        raise YoloPoseError(path, f"holds no numbers ({error})") from error
    if len(values) == 5 + 3 * points:
        table = values[5:].reshape(points, 3)
        return table[:, :2], table[:, 2] > 0
    if len(values) == 5 + 2 * points:
        places = values[5:].reshape(points, 2)
        return places, (places != 0).any(axis=1)
    raise YoloPoseError(path, f"{len(values)} values on the first line; {points} points need {5 + 3 * points}")


def read_yolo_pose(folder: Path, *, points: int) -> list[YoloPoseFrame]:
    """Every labelled image of a folder with ``images`` and ``labels``, by name; images without an object are left out.

    Raises
    ------
    YoloPoseError
        If either folder is missing or a label file is damaged.
    """
    images, labels = folder / "images", folder / "labels"
    for needed in (images, labels):
        if not needed.is_dir():
            raise YoloPoseError(needed, "there is no such folder")
    frames = []
    for image in sorted(path for path in images.iterdir() if path.suffix.lower() in _SUFFIXES):
        label = labels / f"{image.stem}.txt"
        found = read_label(label, points=points) if label.exists() else None
        if found is not None:
            frames.append(YoloPoseFrame(image, *found))
    return frames
