"""The families of projections that are fitted to a frame: pinhole cameras and homographies of the ground.

Each is evaluated with its exact derivatives. A projection is a (3, 4) matrix from metres to ideal units
(``annotator.lens``), the lens term kap and, for a pinhole, what is unknown of the pitch itself
(``annotator.surface``).

Source: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., chapters 4, 6 and appendix 4 (HZ).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from annotator.lens import HALF_DIAGONAL
from annotator.surface import USUAL, USUAL_SD

Array = NDArray[np.float64]

ROLL_SD = math.sin(math.radians(6.0))
KAP_SD = 0.04
POSITION_SD = 200.0
LOG_FOCAL = (math.log(1800.0), 2.0)


@dataclass(frozen=True, eq=False)
class Derivatives:
    """Some projections and how they change with their P parameters.

    ``matrices`` (S, 3, 4) and ``d_matrices`` (S, P, 3, 4); ``kaps`` (S,), which is the parameter number ``kap_index``
    itself; ``unknowns`` (S, 3), of which the first ones are the parameters after it; ``priors`` (S, Q) residuals over
    their standard deviations and ``d_priors`` (S, Q, P).
    """

    matrices: Array
    d_matrices: Array
    kaps: Array
    kap_index: int
    unknowns: Array
    priors: Array
    d_priors: Array


class Model(Protocol):
    """A family of projections about some bases, one of S each."""

    @property
    def steps(self) -> Array:
        """Small steps (P,) of the parameters: their number, order and size."""

    @property
    def kap_index(self) -> int:
        """Which parameter is kap."""

    def evaluate(self, params: Array) -> tuple[Array, Array, Array]:
        """Of ``params`` (S, K, P), K variations of each base: matrices (S, K, 3, 4), kap and unknowns (S, K, 3)."""

    def differentiate(self, params: Array) -> Derivatives:
        """The projections at ``params`` (S, P), with derivatives and priors."""

    @property
    def bases(self) -> int:
        """How many bases there are."""

    @property
    def family(self) -> tuple[object, ...]:
        """Equal for models that can be put side by side."""

    def joined(self, others: Sequence[Self]) -> Self:
        """The bases of this one, then those of others of the same family."""

    def taken(self, chosen: NDArray[np.bool_]) -> Self:
        """The bases that are chosen (S,)."""


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
    found = np.empty((*vectors.shape[:-1], 3, 3))
    found[..., 0, 0], found[..., 0, 1], found[..., 0, 2] = rest + hx * x, xy - sz, xz + sy
    found[..., 1, 0], found[..., 1, 1], found[..., 1, 2] = xy + sz, rest + hy * y, yz - sx
    found[..., 2, 0], found[..., 2, 1], found[..., 2, 2] = xz - sy, yz + sx, rest + hz * z
    return found


_CROSS = np.zeros((3, 3, 3))  # _CROSS[k] @ v = e_k x v
for _k, _i, _j in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
    _CROSS[_k, _i, _j], _CROSS[_k, _j, _i] = -1.0, 1.0


def turning(vectors: Array) -> Array:
    """J (S, 3, 3) with exp(w + d) = exp(J d) exp(w) to first order, of rotation vectors (S, 3).

    J = I + (1 - cos a) / a^2 [w] + (a - sin a) / a^3 [w]^2, the left Jacobian of SO(3) (Sola et al., *A micro Lie
    theory*, 2018, 145).
    """
    square = (vectors * vectors).sum(axis=1)
    angle = np.sqrt(square)
    small = angle < 1e-3
    safe = np.where(small, 1.0, angle)
    first = np.where(small, 0.5 - square / 24.0, (1.0 - np.cos(safe)) / (safe * safe))
    second = np.where(small, 1.0 / 6.0 - square / 120.0, (safe - np.sin(safe)) / safe**3)
    cross = (vectors @ _CROSS.reshape(3, 9)).reshape(-1, 3, 3)
    found: Array = np.eye(3) + first[:, None, None] * cross + second[:, None, None] * (cross @ cross)
    return found


@dataclass(frozen=True, eq=False)
class Pinhole:
    """Cameras with square pixels and the principal point in the middle of the frame.

    Parameters: rotation vector about ``base`` (S, 3, 3), position in metres, log focal length, kap, and the first
    ``unknowns`` of crown, extra length and extra width of the pitch: none, one or all three.
    """

    base: Array
    unknowns: int = 0

    @property
    def steps(self) -> Array:
        """See ``Model``; focal length in centred units."""
        return np.array([1e-7] * 3 + [1e-5] * 3 + [1e-7] * 2 + [1e-5] * self.unknowns)

    @property
    def kap_index(self) -> int:
        """See ``Model``."""
        return 7

    @property
    def bases(self) -> int:
        """See ``Model``."""
        return len(self.base)

    @property
    def family(self) -> tuple[object, ...]:
        """See ``Model``."""
        return Pinhole, self.unknowns

    def joined(self, others: Sequence[Self]) -> Self:
        """See ``Model``."""
        return replace(self, base=np.concatenate([self.base, *(other.base for other in others)]))

    def taken(self, chosen: NDArray[np.bool_]) -> Self:
        """See ``Model``."""
        return replace(self, base=self.base[chosen])

    def rotation(self, params: Array) -> Array:
        """Rotations (S, K, 3, 3), camera axes (right, down, forward) from world axes, of parameters (S, K, P)."""
        turned: Array = rotations(params[..., :3]) @ self.base[:, None]
        return turned

    def evaluate(self, params: Array) -> tuple[Array, Array, Array]:
        """P = diag(f, f, 1) R (I | -C) (HZ 6.1)."""
        rotation = self.rotation(params)
        matrix = np.empty((*params.shape[:-1], 3, 4))
        matrix[..., :3] = rotation
        matrix[..., :2, :3] *= np.exp(params[..., 6])[..., None, None]
        matrix[..., 3] = -(matrix[..., :3] @ params[..., 3:6, None])[..., 0]
        unknowns = np.zeros((*params.shape[:-1], 3))
        unknowns[..., : self.unknowns] = params[..., 8:]
        return matrix, params[..., 7], unknowns

    def differentiate(self, params: Array) -> Derivatives:
        """As ``evaluate``; a turn d changes R by [J d] R.

        Priors: level within six degrees, kap within four per cent, the pitch about the usual; wide ones only against
        running away.
        """
        count, size = params.shape
        rotation = rotations(params[:, :3]) @ self.base
        scale = np.ones((count, 1, 3, 1))
        scale[:, 0, :2, 0] = np.exp(params[:, 6])[:, None]
        ray = np.empty((count, 3, 4))
        ray[..., :3] = rotation
        ray[..., 3] = -(rotation @ params[:, 3:6, None])[..., 0]
        matrices = ray * scale[:, 0]
        turn = turning(params[:, :3])
        about = (turn.swapaxes(1, 2) @ _CROSS.reshape(3, 9)).reshape(count, 3, 3, 3)
        d_matrices = np.zeros((count, size, 3, 4))
        d_matrices[:, :3] = scale * (about @ ray[:, None])
        d_matrices[:, 3:6, :, 3] = -matrices[..., :3].swapaxes(1, 2)
        d_matrices[:, 6, :2] = matrices[:, :2]
        priors = np.empty((count, 6 + self.unknowns))
        d_priors = np.zeros((count, 6 + self.unknowns, size))
        priors[:, 0] = rotation[:, 0, 2] / ROLL_SD
        d_priors[:, 0, :3] = (about[:, :, 0] @ rotation[:, :, 2:])[..., 0] / ROLL_SD
        priors[:, 1] = (params[:, 6] - LOG_FOCAL[0]) / LOG_FOCAL[1]
        d_priors[:, 1, 6] = 1.0 / LOG_FOCAL[1]
        priors[:, 2:5] = params[:, 3:6] / POSITION_SD
        d_priors[:, [2, 3, 4], [3, 4, 5]] = 1.0 / POSITION_SD
        priors[:, 5] = params[:, 7] / KAP_SD
        d_priors[:, 5, 7] = 1.0 / KAP_SD
        if self.unknowns:
            extra = np.arange(self.unknowns)
            priors[:, 6:] = (params[:, 8:] - USUAL[extra]) / USUAL_SD[extra]
            d_priors[:, 6 + extra, 8 + extra] = 1.0 / USUAL_SD[extra]
        unknowns = np.zeros((count, 3))
        unknowns[:, : self.unknowns] = params[:, 8:]
        return Derivatives(matrices, d_matrices, params[:, 7], 7, unknowns, priors, d_priors)


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

    @property
    def kap_index(self) -> int:
        """See ``Model``."""
        return 8

    @property
    def bases(self) -> int:
        """See ``Model``."""
        return len(self.base)

    @property
    def family(self) -> tuple[object, ...]:
        """See ``Model``."""
        return (Plane,)

    def joined(self, others: Sequence[Self]) -> Self:
        """See ``Model``."""
        base = np.concatenate([self.base, *(other.base for other in others)])
        return replace(self, base=base, directions=np.concatenate([self.directions, *(o.directions for o in others)]))

    def taken(self, chosen: NDArray[np.bool_]) -> Self:
        """See ``Model``."""
        return replace(self, base=self.base[chosen], directions=self.directions[chosen])

    def evaluate(self, params: Array) -> tuple[Array, Array, Array]:
        """The homography with a zero third column, heights saying nothing."""
        change = (params[..., None, :8] @ self.directions[:, None])[..., 0, :].reshape(*params.shape[:-1], 3, 3)
        plane = IMAGE_SCALE @ (self.base[:, None] + change) @ GROUND_SCALE
        return _with_heights(plane), params[..., 8], np.zeros((*params.shape[:-1], 3))

    def differentiate(self, params: Array) -> Derivatives:
        """As ``evaluate``, linear in all but kap; the prior is kap within four per cent."""
        matrices, kaps, unknowns = (found[:, 0] for found in self.evaluate(params[:, None]))
        d_matrices = np.zeros((len(params), 9, 3, 4))
        each = self.directions.reshape(-1, 8, 3, 3)
        d_matrices[:, :8] = _with_heights(IMAGE_SCALE @ each @ GROUND_SCALE)
        d_priors = np.zeros((len(params), 1, 9))
        d_priors[:, 0, 8] = 1.0 / KAP_SD
        return Derivatives(matrices, d_matrices, kaps, 8, unknowns, params[:, 8:] / KAP_SD, d_priors)


def _with_heights(planes: Array) -> Array:
    found = np.zeros((*planes.shape[:-1], 4))
    found[..., :2] = planes[..., :2]
    found[..., 3] = planes[..., 2]
    return found
