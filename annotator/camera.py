"""A camera that looks at the pitch: where it puts a place in metres, how surely, and what it cannot see.

Two kinds of solution share one form, a (3, 4) matrix and a radial term. A *camera* is a pinhole with square pixels and
its principal point in the middle of the frame; it knows heights, and perhaps the crown and the size of the pitch. A
*ground* solution is a homography of the plane z = 0, with nothing to say of the crossbars. For pixels, centred, ideal
coordinates see ``annotator.lens``.

Source: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., chapters 5 to 7 (HZ).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotator.geometry import homography_from
from annotator.lens import HALF_DIAGONAL, KAP_RANGE, NEAREST, Lens, distort, reach, undistort
from annotator.projections import GROUND_SCALE, IMAGE_SCALE, Model, Pinhole, Plane, rotations
from annotator.surface import moved, shifts

__all__ = [
    "GROUND_SCALE",
    "HALF_DIAGONAL",
    "IMAGE_SCALE",
    "KAP_RANGE",
    "NEAREST",
    "Lens",
    "Model",
    "Pinhole",
    "Plane",
    "Solution",
    "SolutionKind",
    "distort",
    "reach",
    "rotations",
    "undistort",
]

Array = NDArray[np.float64]


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
    of its clicks. ``rival`` is another projection that explains the same nearly as well and puts the pitch elsewhere,
    None when there is none. ``matrix`` (3, 4) maps to ideal units from metres; ``unknowns`` (3,) are crown, extra
    length and extra width of the pitch in metres, zero where they were not asked.
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
    rival: Solution | None = None
    matrix: Array = field(init=False)
    lens: Lens = field(init=False)
    unknowns: Array = field(init=False)

    def __post_init__(self) -> None:
        matrix, kap, unknowns = self.model.evaluate(self.params[None, None])
        object.__setattr__(self, "matrix", matrix[0, 0])
        object.__setattr__(self, "lens", Lens(self.size, float(kap[0, 0])))
        object.__setattr__(self, "unknowns", unknowns[0, 0])

    @property
    def crown(self) -> float:
        """How much higher in metres the ground stands along the middle than at the touch lines; 0 where not asked."""
        return float(self.unknowns[0])

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
        """Pixels (N, 2) of places (N, 3) in metres of the book's pitch; NaN where it cannot be seen."""
        seen = self.rays(worlds)
        depth = seen[:, 2]
        ideal = seen[:, :2] / np.where(depth > self.nearest, depth, np.nan)[:, None]
        radius = np.hypot(ideal[:, 0], ideal[:, 1]) / HALF_DIAGONAL
        ideal[~(radius < 0.9 * float(reach(self.lens.kap)))] = np.nan
        return self.lens.pixels(ideal)

    def rays(self, worlds: Array) -> Array:
        """Homogeneous ideal coordinates (N, 3) of places (N, 3) in metres of the book's pitch."""
        found: Array = moved(worlds, self.unknowns) @ self.matrix[:, :3].T + self.matrix[:, 3]
        return found

    @property
    def nearest(self) -> float:
        """The depth from which on a place counts as in front: metres for a camera, homogeneous for a homography."""
        return NEAREST if self.kind is SolutionKind.CAMERA else 1e-9 * float(np.abs(self.matrix[2]).max())

    def nearest_homography(self) -> Array:
        """The homography (3, 3), pixels from metres, nearest to this solution within the frame.

        Without distortion and on a flat pitch it is the solution's own. Else the least algebraic error over a grid of
        the ground in view: the direct linear transform in normalised coordinates (HZ 4.1).
        """
        to_pixels = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, self.lens.scale]])
        to_pixels[:2, 2] = self.lens.scale * self.lens.centre
        own: Array = to_pixels @ self.ground
        own = own / np.linalg.norm(own)
        if self.lens.kap == 0.0 and not self.unknowns.any():
            return own
        width, height = self.size
        x, y = np.meshgrid(np.linspace(0, width - 1, 7), np.linspace(0, height - 1, 5))
        grid = np.column_stack([x.ravel(), y.ravel()])
        ideal = np.column_stack([self.lens.ideal(grid), np.ones(len(grid))])
        places = ideal @ np.linalg.inv(self.ground).T
        seen = places[:, 2] > 1e-3 * np.abs(places[:, 2]).max()
        places = np.column_stack([places[seen, :2] / places[seen, 2:], np.zeros(int(seen.sum()))])
        pixels = self.project(places)
        known = np.isfinite(pixels[:, 0])
        if known.sum() < 12:
            return own
        nowhere = np.empty((0, 2))
        fitted = homography_from(places[known, :2], pixels[known], nowhere, np.empty((0, 3)))
        if fitted is None:
            return own
        x, y, _ = places[known][0]
        signed: Array = fitted * np.sign(fitted[2] @ (x, y, 1.0))
        return signed

    def deviations(self, worlds: Array) -> Array:
        """Standard deviations (N,) in pixels along the worst direction of the projections of places (N, 3).

        First order: J S J' with the covariance S of the parameters (HZ 5.2.6); NaN where ``project`` is.
        """
        return self.seen(worlds)[1]

    def seen(self, worlds: Array) -> tuple[Array, Array]:
        """Pixels (N, 2) as of ``project`` and ``deviations`` (N,), for the price of the latter."""
        pixels, spread = self.project(worlds), self.spreads(worlds)
        mean = 0.5 * (spread[:, 0, 0] + spread[:, 1, 1])
        half = np.hypot(0.5 * (spread[:, 0, 0] - spread[:, 1, 1]), spread[:, 0, 1])
        worst: Array = np.sqrt(mean + half)
        worst[np.isnan(pixels[:, 0])] = np.nan
        return pixels, worst

    def spreads(self, worlds: Array) -> Array:
        """Covariances (N, 2, 2) in square pixels of the projections of places (N, 3)."""
        found = self.model.differentiate(self.params[None])
        places = np.column_stack([moved(worlds, self.unknowns), np.ones(len(worlds))])
        seen = places @ self.matrix.T
        d_seen = found.d_matrices[0] @ places.T  # (P, 3, N)
        extra = len(self.params) - found.kap_index - 1
        if extra:
            d_seen[found.kap_index + 1 :] = (self.matrix[:, :3] @ shifts(worlds)[..., :extra]).transpose(2, 1, 0)
        ideal = seen[:, :2] / seen[:, 2:]
        d_ideal = ((d_seen[:, :2] - ideal.T * d_seen[:, 2:]) / seen[:, 2]).transpose(2, 1, 0)
        kap, square = self.lens.kap, (ideal * ideal).sum(axis=1) / HALF_DIAGONAL**2
        radial = (ideal[:, None] @ d_ideal) * (2.0 * kap / HALF_DIAGONAL**2)
        jacobian = d_ideal * (1.0 + kap * square)[:, None, None] + ideal[..., None] * radial
        jacobian[:, :, found.kap_index] = ideal * square[:, None]
        spread: Array = jacobian @ self.covariance @ jacobian.swapaxes(1, 2) / self.lens.scale**2
        return spread

    def restarted(self) -> tuple[Pinhole | Plane, Array]:
        """The same projection as a start: the family about it, and its parameters (1, P) there."""
        params = self.params[None].copy()
        if isinstance(self.model, Plane):
            params[:, :8] = 0.0
            return Plane.about(self.ground[None]), params
        base = self.model.rotation(params[:, None])[:, 0]
        params[:, :3] = 0.0
        return replace(self.model, base=base), params
