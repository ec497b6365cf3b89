"""SoccerNet camera files: one ``camera_<frame>.json`` an image, read and written in a circle.

Angles in degrees, position in metres of the pitch (z down, so a camera above ground has z < 0), focal lengths and
principal point in pixels. The orientation is the intrinsic Z-X-Z product Rz(pan) Rx(tilt) Rz(roll), whose transpose
turns the pitch's axes into the camera's (right, down, forward). Distortion acts on normalised coordinates from the
undistorted to the distorted, OpenCV's rational model with two tangential and four thin prism terms; in it our radial
term is exactly k1 = kap (f / HALF_DIAGONAL)^2, with every other term zero.

Source: ``camera.py`` of github.com/SoccerNet/sn-calibration; OpenCV, *Camera calibration and 3D reconstruction*.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.camera import HALF_DIAGONAL, Solution, SolutionKind
from annotator.formats.documents import FormatError, number, read_object, write_document

__all__ = ["CameraFile", "FormatError", "camera_document", "camera_of", "parse_camera", "read_camera", "write_camera"]

Array = NDArray[np.float64]

LEAST_DEPTH = 1e-3  # metres in front of the camera, as published


@dataclass(frozen=True)
class CameraFile:
    """A camera as it stands in a file; lengths of the tuples as in the format."""

    pan: float
    tilt: float
    roll: float
    position: tuple[float, ...]
    focal: tuple[float, ...]
    principal_point: tuple[float, ...]
    radial: tuple[float, ...] = (0.0,) * 6
    tangential: tuple[float, ...] = (0.0,) * 2
    thin_prism: tuple[float, ...] = (0.0,) * 4

    @property
    def rotation(self) -> Array:
        """Camera axes (right, down, forward) from the pitch's, (3, 3)."""
        pan, tilt, roll = (math.radians(angle) for angle in (self.pan, self.tilt, self.roll))
        turned: Array = (_about_z(pan) @ _about_x(tilt) @ _about_z(roll)).T
        return turned

    def project(self, worlds: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Pixels (N, 2) of places (N, 3) in metres, and whether each is in front (N,); NaN for those that are not."""
        seen = (worlds - np.array(self.position)) @ self.rotation.T
        front = seen[:, 2] > LEAST_DEPTH
        x, y = (seen[:, :2] / np.where(front, seen[:, 2], np.nan)[:, None]).T
        r2 = x * x + y * y
        k, (p1, p2), s = self.radial, self.tangential, self.thin_prism
        above = 1.0 + r2 * (k[0] + r2 * (k[1] + r2 * k[2]))
        below = 1.0 + r2 * (k[3] + r2 * (k[4] + r2 * k[5]))
        u = x * above / below + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x) + s[0] * r2 + s[1] * r2 * r2
        v = y * above / below + 2.0 * p2 * x * y + p1 * (r2 + 2.0 * y * y) + s[2] * r2 + s[3] * r2 * r2
        return np.column_stack([u, v]) * self.focal + self.principal_point, front


def _about_z(angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _about_x(angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def pan_tilt_roll(rotation: Array) -> tuple[float, float, float]:
    """The angles in degrees of a rotation (3, 3); of the two answers the one of least roll.

    Looking straight down or up, only the sum of pan and roll is determined, and roll is zero.
    """
    turned = rotation.T
    tilt = math.acos(float(np.clip(turned[2, 2], -1.0, 1.0)))
    if math.sin(tilt) < 1e-9:
        return math.degrees(math.atan2(turned[1, 0], turned[0, 0])), math.degrees(tilt), 0.0
    answers = []
    for sign in (1.0, -1.0):
        pan = math.atan2(sign * turned[0, 2], -sign * turned[1, 2])
        roll = math.atan2(sign * turned[2, 0], sign * turned[2, 1])
        answers.append((math.degrees(pan), math.degrees(sign * tilt), math.degrees(roll)))
    return min(answers, key=lambda angles: abs(angles[2]))


def camera_of(solution: Solution) -> CameraFile:
    """The file of a fitted camera, in pixels of its frame.

    The same pixels as the solution's wherever that projects at all; the format has no edge, so that with a negative
    k1 places far outside the frame fold back, as they do in every reader of such files.

    Raises
    ------
    ValueError
        If the solution is no camera (a homography of the ground has no position), or one of a pitch that is cambered
        or of another size, which the format cannot say: see ``annotator.calibration.flattened``.
    """
    if solution.kind is not SolutionKind.CAMERA:
        raise ValueError(f"a {solution.kind.value} solution has no camera to write")
    if solution.unknowns.any():
        raise ValueError(f"the file cannot hold crown, length and width of the pitch {solution.unknowns.tolist()}")
    focal = float(np.linalg.norm(solution.matrix[0, :3]))
    rotation = solution.matrix[:, :3] / np.array([[focal], [focal], [1.0]])
    x, y, z = (float(v) for v in -np.linalg.solve(solution.matrix[:, :3], solution.matrix[:, 3]))
    u, v = (float(value) for value in solution.lens.centre)
    in_pixels = focal / solution.lens.scale
    k1 = solution.lens.kap * (focal / HALF_DIAGONAL) ** 2
    angles = pan_tilt_roll(rotation)
    return CameraFile(*angles, (x, y, z), (in_pixels, in_pixels), (u, v), (k1, 0.0, 0.0, 0.0, 0.0, 0.0))


def camera_document(camera: CameraFile) -> dict[str, Any]:
    """The document of a camera, keys in the published order."""
    return {
        "pan_degrees": camera.pan,
        "tilt_degrees": camera.tilt,
        "roll_degrees": camera.roll,
        "position_meters": list(camera.position),
        "x_focal_length": camera.focal[0],
        "y_focal_length": camera.focal[1],
        "principal_point": list(camera.principal_point),
        "radial_distortion": list(camera.radial),
        "tangential_distortion": list(camera.tangential),
        "thin_prism_distortion": list(camera.thin_prism),
    }


def write_camera(path: Path, camera: CameraFile) -> None:
    """Write a camera, whole or not at all; FormatError if the disk refuses."""
    write_document(path, camera_document(camera))


def read_camera(path: Path) -> CameraFile:
    """The camera in a file; without distortion where the file says nothing of it.

    Raises
    ------
    FormatError
        If the file cannot be read or is no camera.
    """
    return parse_camera(read_object(path), path)


def parse_camera(document: Mapping[str, Any], path: Path) -> CameraFile:
    """The camera of a document that was read from ``path``; FormatError names what is missing or no number."""
    angles = [_numbers(document, f"{name}_degrees", 0, path)[0] for name in ("pan", "tilt", "roll")]
    focal = tuple(_numbers(document, f"{axis}_focal_length", 0, path)[0] for axis in "xy")
    if min(focal) <= 0.0:
        raise FormatError(path, f"the focal length is {min(focal):g}", "Leave the file out.")
    bent = {"radial_distortion": 6, "tangential_distortion": 2, "thin_prism_distortion": 4}
    terms = [_numbers(document, k, n, path) if document.get(k) is not None else (0.0,) * n for k, n in bent.items()]
    position, centre = _numbers(document, "position_meters", 3, path), _numbers(document, "principal_point", 2, path)
    return CameraFile(angles[0], angles[1], angles[2], position, focal, centre, *terms)


def _numbers(document: Mapping[str, Any], key: str, count: int, path: Path) -> tuple[float, ...]:
    """``count`` finite numbers under a key, or one that stands alone for a count of 0."""
    value = document.get(key)
    values: Sequence[Any] = value if isinstance(value, list) and count else [value]
    found = tuple(item for item in map(number, values) if item is not None)
    if len(found) != len(values) or len(found) != max(count, 1):
        wanted = f"{count} numbers" if count else "a number"
        raise FormatError(path, f"{key} is not {wanted}", "Choose camera files.")
    return found
