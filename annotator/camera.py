"""A camera that looks at the pitch: where it puts a place in metres, how surely, and what it cannot see.

Two kinds of solution share one form, a (3, 4) matrix and a radial term. A *camera* is a pinhole with square pixels and
its principal point in the middle of the frame; it knows heights. A *ground* solution is a homography of the plane
z = 0, with nothing to say of the crossbars.

Coordinates: *pixels* are the frame's; *centred* ones have their origin in the middle of the frame and are scaled so
that half the diagonal is ``HALF_DIAGONAL``, that of a 960 x 540 frame, which makes every threshold independent of
resolution; *ideal* ones are centred and undistorted. Radial model r_d = r_u (1 + kap (r_u / HALF_DIAGONAL)^2): kap is
the relative shift in the corner, and OpenCV's k1 = kap (f / HALF_DIAGONAL)^2.

Source: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., chapters 6 and 7 (HZ).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from annotator.geometry import homography_from

Array = NDArray[np.float64]

HALF_DIAGONAL = math.hypot(480.0, 270.0)
KAP_RANGE = (-0.12, 0.6)  # below, the radial model folds over inside the frame
NEAREST = 0.5  # metres in front of a camera from which on a place counts as in front


def distort(ideal: Array, kap: Array | float) -> Array:
    """Centred points (..., 2) from ideal ones; ``kap`` broadcasts against their leading axes."""
    square = (ideal[..., 0] ** 2 + ideal[..., 1] ** 2) / HALF_DIAGONAL**2
    shifted: Array = ideal * (1.0 + kap * square)[..., None]
    return shifted


def undistort(centred: Array, kap: Array | float) -> Array:
    """Ideal points (..., 2) from centred ones, by Newton's method on rho_d = rho_u (1 + kap rho_u^2).

    A point further out than the model reaches (kap < 0) is answered for the last radius that it does reach.
    """
    kap = np.asarray(kap, dtype=np.float64)
    seen = np.hypot(centred[..., 0], centred[..., 1]) / HALF_DIAGONAL
    limit = 0.98 * reach(kap) * (2.0 / 3.0)
    seen = np.minimum(seen, limit)
    rho = seen / (1.0 + kap * seen * seen)
    for _ in range(4):
        square = kap * rho * rho
        rho = rho - (rho * (1.0 + square) - seen) / (1.0 + 3.0 * square)
    ideal: Array = centred / (1.0 + kap * rho * rho)[..., None]
    return ideal


def reach(kap: Array | float) -> Array:
    """The relative ideal radius up to which the radial model is one to one: 1 / sqrt(-3 kap), infinite for kap >= 0."""
    kap = np.asarray(kap, dtype=np.float64)
    negative = kap < 0.0
    found: Array = np.where(negative, 1.0 / np.sqrt(np.where(negative, -3.0 * kap, 1.0)), np.inf)
    return found


@dataclass(frozen=True)
class Lens:
    """How ideal coordinates and the pixels of a frame of ``size`` (width, height) go into each other."""

    size: tuple[int, int]
    kap: float = 0.0

    @property
    def scale(self) -> float:
        """Centred units per pixel."""
        return HALF_DIAGONAL / math.hypot(self.size[0] / 2.0, self.size[1] / 2.0)

    @property
    def centre(self) -> Array:
        """The middle of the frame, (2,) pixels."""
        return np.array([(self.size[0] - 1) / 2.0, (self.size[1] - 1) / 2.0])

    def centred(self, pixels: Array) -> Array:
        """Centred coordinates of pixels (..., 2), distortion left in."""
        moved: Array = (pixels - self.centre) * self.scale
        return moved

    def ideal(self, pixels: Array) -> Array:
        """Ideal coordinates of pixels (..., 2)."""
        return undistort(self.centred(pixels), self.kap)

    def pixels(self, ideal: Array) -> Array:
        """Pixels of ideal coordinates (..., 2)."""
        moved: Array = distort(ideal, self.kap) / self.scale + self.centre
        return moved


class Model(Protocol):
    """A family of projections, evaluated for S starts times K variations at once."""

    @property
    def steps(self) -> Array:
        """Steps (P,) for numerical derivatives; the number and order of the parameters."""

    def evaluate(self, params: Array) -> tuple[Array, Array, Array]:
        """Of ``params`` (S, K, P): matrices (S, K, 3, 4), ideal units from metres; kap (S, K); priors (S, K, Q).

        The priors are residuals over their standard deviations.
        """


def rotations(vectors: Array) -> Array:
    """Rotation matrices (..., 3, 3) of rotation vectors (..., 3), by Rodrigues' formula (HZ A4.9)."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    square = x * x + y * y + z * z
    angle = np.sqrt(square)
    small = angle < 1e-4
    safe = np.where(small, 1.0, angle)
    sine = np.where(small, 1.0 - square / 6.0, np.sin(safe) / safe)
    half = np.where(small, 0.5 - square / 24.0, 2.0 * np.sin(safe / 2.0) ** 2 / (safe * safe))
    sx, sy, sz = sine * x, sine * y, sine * z
    hx, hy, hz = half * x, half * y, half * z
    rest = 1.0 - half * square
    xy, xz, yz = hx * y, hx * z, hy * z
    entries = [rest + hx * x, xy - sz, xz + sy, xy + sz, rest + hy * y, yz - sx, xz - sy, yz + sx, rest + hz * z]
    found: Array = np.stack(entries, axis=-1).reshape(*vectors.shape[:-1], 3, 3)
    return found


ROLL_SD = math.sin(math.radians(6.0))
KAP_SD = 0.04
POSITION_SD = 200.0
LOG_FOCAL = (math.log(1800.0), 2.0)


@dataclass(frozen=True, eq=False)
class Pinhole:
    """Cameras with square pixels: rotation vector about ``base`` (S, 3, 3), position in metres, log focal, kap."""

    base: Array

    @property
    def steps(self) -> Array:
        """See ``Model``; focal length in centred units."""
        return np.array([1e-6, 1e-6, 1e-6, 1e-4, 1e-4, 1e-4, 1e-6, 1e-6])

    def rotation(self, params: Array) -> Array:
        """Rotations (S, K, 3, 3), camera axes (right, down, forward) from world axes."""
        turned: Array = rotations(params[..., :3]) @ self.base[:, None]
        return turned

    def evaluate(self, params: Array) -> tuple[Array, Array, Array]:
        """P = diag(f, f, 1) R (I | -C) (HZ 6.1).

        Priors: level within six degrees, kap within four per cent; wide ones only against running away.
        """
        rotation = self.rotation(params)
        focal = np.exp(params[..., 6])
        matrix = np.empty((*params.shape[:-1], 3, 4))
        matrix[..., :3] = rotation
        matrix[..., :2, :3] *= focal[..., None, None]
        matrix[..., 3] = -(matrix[..., :3] @ params[..., 3:6, None])[..., 0]
        priors = np.empty((*params.shape[:-1], 6))
        priors[..., 0] = rotation[..., 0, 2] / ROLL_SD
        priors[..., 1] = (params[..., 6] - LOG_FOCAL[0]) / LOG_FOCAL[1]
        priors[..., 2:5] = params[..., 3:6] / POSITION_SD
        priors[..., 5] = params[..., 7] / KAP_SD
        return matrix, params[..., 7], priors


GROUND_SCALE = np.diag([0.02, 0.02, 1.0])  # fifty metres and half a diagonal to one
IMAGE_SCALE = np.diag([HALF_DIAGONAL, HALF_DIAGONAL, 1.0])


@dataclass(frozen=True, eq=False)
class Plane:
    """Homographies of the ground: eight directions about ``base`` (S, 3, 3) of unit norm, and kap.

    ``base`` maps metres / 50 to ideal units / HALF_DIAGONAL; the directions (S, 8, 9) are those orthogonal to it, so
    that no entry is singled out to be 1 (HZ A6.9).
    """

    base: Array
    directions: Array

    @classmethod
    def about(cls, homographies: Array) -> Plane:
        """The family about homographies (S, 3, 3), ideal units from metres, front side positive."""
        scaled = np.linalg.inv(IMAGE_SCALE) @ homographies @ np.linalg.inv(GROUND_SCALE)
        scaled = scaled / np.linalg.norm(scaled, axis=(1, 2), keepdims=True)
        _, _, vectors = np.linalg.svd(scaled.reshape(-1, 1, 9), full_matrices=True)
        return cls(scaled, vectors[:, 1:])

    @property
    def steps(self) -> Array:
        """See ``Model``."""
        return np.full(9, 1e-7)

    def evaluate(self, params: Array) -> tuple[Array, Array, Array]:
        """The homography with a zero third column, heights saying nothing; the prior is kap within four per cent."""
        moved = (params[..., None, :8] @ self.directions[:, None])[..., 0, :].reshape(*params.shape[:-1], 3, 3)
        plane = IMAGE_SCALE @ (self.base[:, None] + moved) @ GROUND_SCALE
        matrix = np.zeros((*params.shape[:-1], 3, 4))
        matrix[..., :2] = plane[..., :2]
        matrix[..., 3] = plane[..., 2]
        return matrix, params[..., 8], params[..., 8:] / KAP_SD


class SolutionKind(Enum):
    """Which family explains the frame."""

    CAMERA = "camera"
    GROUND = "ground"


@dataclass(frozen=True, eq=False)
class Solution:
    """One projection fitted to what a person said of a frame.

    ``model`` and ``params`` (P,) say which; ``covariance`` (P, P) how surely; ``rms`` the robust root mean square
    residual in centred units; ``support`` the share of clicks and points that it explains; ``cost`` the
    robust cost. ``left_out`` maps each placed keypoint used to the distance in centred units at which the rest would
    have put it, None when the rest does not reach it; ``misfits`` each marking used to the root mean square distance
    of its clicks.
    """

    kind: SolutionKind
    size: tuple[int, int]
    model: Pinhole | Plane
    params: Array
    covariance: Array
    rms: float
    support: float
    cost: float
    left_out: Mapping[str, float | None] = field(default_factory=dict)
    misfits: Mapping[str, float] = field(default_factory=dict)
    matrix: Array = field(init=False)
    lens: Lens = field(init=False)

    def __post_init__(self) -> None:
        matrix, kap, _ = self.model.evaluate(self.params[None, None])
        object.__setattr__(self, "matrix", matrix[0, 0])
        object.__setattr__(self, "lens", Lens(self.size, float(kap[0, 0])))

    @property
    def ground(self) -> Array:
        """The homography (3, 3) of the ground, ideal units from metres; depths in front come out positive."""
        return self.matrix[:, [0, 1, 3]]

    def reaches(self, worlds: Array) -> NDArray[np.bool_]:
        """Which places (N, 3) the solution speaks of at all: a homography only of those on the ground."""
        if self.kind is SolutionKind.CAMERA:
            return np.ones(len(worlds), dtype=np.bool_)
        on_ground: NDArray[np.bool_] = worlds[:, 2] == 0.0
        return on_ground

    def project(self, worlds: Array) -> Array:
        """Pixels (N, 2) of places (N, 3) in metres; NaN behind the camera or beyond the radial model."""
        pixels: Array = self._pixels(self.matrix[None], np.array([self.lens.kap]), worlds)[0]
        return pixels

    def _pixels(self, matrices: Array, kaps: Array, worlds: Array) -> Array:
        seen = matrices[:, :, :3] @ worlds.T + matrices[:, :, 3:]
        depth = seen[:, 2]
        front = depth > self.nearest
        ideal = seen[:, :2].swapaxes(1, 2) / np.where(front, depth, np.nan)[..., None]
        radius = np.hypot(ideal[..., 0], ideal[..., 1]) / HALF_DIAGONAL
        ideal[~(radius < 0.9 * reach(kaps)[:, None])] = np.nan
        pixels: Array = distort(ideal, kaps[:, None]) / self.lens.scale + self.lens.centre
        return pixels

    @property
    def nearest(self) -> float:
        """The depth from which on a place counts as in front: metres for a camera, homogeneous for a homography."""
        return NEAREST if self.kind is SolutionKind.CAMERA else 1e-9 * float(np.abs(self.matrix[2]).max())

    def nearest_homography(self) -> Array:
        """The homography (3, 3), pixels from metres, nearest to this solution within the frame.

        Without distortion it is the solution's own. With it, the least algebraic error over a grid of the ground in
        view: the direct linear transform in normalised coordinates (HZ 4.1).
        """
        to_pixels = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, self.lens.scale]])
        to_pixels[:2, 2] = self.lens.scale * self.lens.centre
        own: Array = to_pixels @ self.ground
        own = own / np.linalg.norm(own)
        if self.lens.kap == 0.0:
            return own
        width, height = self.size
        x, y = np.meshgrid(np.linspace(0, width - 1, 7), np.linspace(0, height - 1, 5))
        grid = np.column_stack([x.ravel(), y.ravel()])
        ideal = np.column_stack([self.lens.ideal(grid), np.ones(len(grid))])
        places = ideal @ np.linalg.inv(self.ground).T
        seen = places[:, 2] > 1e-3 * np.abs(places[:, 2]).max()
        if seen.sum() < 12:
            return own
        nowhere = np.empty((0, 2))
        fitted = homography_from(places[seen, :2] / places[seen, 2:], grid[seen], nowhere, np.empty((0, 3)))
        return own if fitted is None else fitted * np.sign(fitted[2] @ places[seen][0])

    def deviations(self, worlds: Array) -> Array:
        """Standard deviations (N,) in pixels along the worst direction of the projections of places (N, 3).

        First order: J S J' with the covariance S of the parameters (HZ 5.2.6); NaN where ``project`` is.
        """
        steps = self.model.steps
        varied = self.params + np.vstack([np.zeros(len(steps)), np.diag(steps)])
        matrices, kaps, _ = self.model.evaluate(varied[None])
        pixels = self._pixels(matrices[0], kaps[0], worlds)
        jacobian = (pixels[1:] - pixels[0]) / steps[:, None, None]
        spread: Array = np.einsum("pni,pq,qnj->nij", jacobian, self.covariance, jacobian, optimize=True)
        mean = 0.5 * (spread[:, 0, 0] + spread[:, 1, 1])
        half = np.hypot(0.5 * (spread[:, 0, 0] - spread[:, 1, 1]), spread[:, 0, 1])
        worst: Array = np.sqrt(mean + half)
        return worst

    def restarted(self) -> tuple[Pinhole, Array]:
        """The same camera as a start: the family about it, and its parameters (1, P) there.

        Raises
        ------
        ValueError
            If the solution is no camera.
        """
        if not isinstance(self.model, Pinhole):
            raise ValueError(f"a {self.kind.value} solution is no camera to start from")
        params = self.params[None].copy()
        base = self.model.rotation(params[:, None])[:, 0]
        params[:, :3] = 0.0
        return replace(self.model, base=base), params
