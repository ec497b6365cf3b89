"""What was said of a frame as equations: residuals of many candidate projections at once, with exact derivatives.

Everything is in the centred units of ``annotator.lens`` (a 960 x 540 frame's pixels).

- A click on a straight marking through the place Q along D: with q = P (Q, 1), d = P (D, 0) its image is l = q x d (HZ
  2.2, 6.2), the residual the distance l' u / |l_12| of the undistorted click u.
- A click on a circle about Q: Sampson's distance u' C u / 2 |(C u)_12| to C = A' diag(1, 1, -r^2) A with A the adjugate
  of (p1 p2 q), the homography of the plane through Q (HZ 2.31, 11.4; a scale of C does not matter).
- Both times the mean local distortion 1 + 2 kap rho^2.
- A placed keypoint: the two parts of its reprojection error over its standard deviation.

Over the crown of the pitch, Q is taken at the height that the ground has where the click's ray meets it, D along the
slope there. That height changes so slowly that it counts as fixed in the derivatives; all else in them is exact.

Sources: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed. (HZ); Sampson, *Fitting conic sections to very scattered
data*, 1982.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.lens import HALF_DIAGONAL, distort, undistort
from annotator.observations import (
    FEWEST_CONSTRAINTS,
    PLACED_SD,
    Evidence,
    gather,
    marking_name,
    mean_view,
    world_circle,
)
from annotator.pitch import CIRCLE_RADIUS, HALF_WIDTH, KEYPOINTS, MARKINGS
from annotator.projections import Model
from annotator.surface import camber, shifts

__all__ = [
    "FEWEST_CONSTRAINTS",
    "FULL_WEIGHT",
    "MOST_CLICKS",
    "PLACED_SD",
    "Equations",
    "Evidence",
    "Linear",
    "Rows",
    "equations_of",
    "gather",
    "linearise",
    "marking_name",
    "mean_view",
    "robust_cost",
    "robust_weights",
    "world_circle",
]

Array = NDArray[np.float64]

FULL_WEIGHT = 12.0  # clicks on one marking beyond this number share the weight of this many
MOST_CLICKS = 60  # of one marking that are used, evenly chosen: an imported outline may have thousands
_DIAGONAL = np.array([1.0, 1.0, -(CIRCLE_RADIUS**2)])


@dataclass(frozen=True, eq=False)
class Rows:
    """Residuals (S, R) of the data, and what they change by.

    ``by_matrix`` (S, R, 12) with the entries of the projection, ``by_kap`` (S, R), ``by_unknowns`` (S, R, 3) with
    crown, length and width of the pitch, None when nothing of it is unknown.
    """

    residuals: Array
    by_matrix: Array
    by_kap: Array
    by_unknowns: Array | None


class Equations:
    """The residuals of some evidence, for many candidate projections at once."""

    def __init__(self, evidence: Evidence) -> None:
        drawn = [(name, _thinned(xy)) for name, xy in evidence.markings.items()]
        straight = [(name, xy) for name, xy in drawn if not MARKINGS[name].is_round]
        rounds = [(name, xy) for name, xy in drawn if MARKINGS[name].is_round]
        ordered = straight + rounds
        counts = [len(xy) for _, xy in ordered]
        self.point_names = tuple(evidence.points)
        self.marking_names = tuple(name for name, _ in ordered)
        self._owner = np.repeat(np.arange(len(ordered)), counts)
        self._clicks = np.concatenate([xy for _, xy in ordered]) if ordered else np.empty((0, 2))
        self._lines = sum(len(xy) for _, xy in straight)
        start = [MARKINGS[name].start for name, _ in straight] + [_centre(name) for name, _ in rounds]
        along = [_direction(name) for name, _ in straight] + [(0.0, 0.0, 0.0) for _ in rounds]
        self._places = np.repeat(np.array(start).reshape(-1, 3), counts, axis=0)
        self._along = np.repeat(np.array(along).reshape(-1, 3), counts, axis=0)
        bent = [m.is_round or (m.on_ground and m.start[0] == m.end[0]) for m in (MARKINGS[n] for n, _ in ordered)]
        self._bent = np.flatnonzero(np.repeat(np.array(bent, dtype=np.bool_), counts))
        self._shifts = shifts(self._places)
        self._worlds = np.array([KEYPOINTS[n].world for n in self.point_names]).reshape(-1, 3)
        self._seen = np.array([evidence.points[n] for n in self.point_names]).reshape(-1, 2)
        self._precision = np.array([1.0 / evidence.deviations[n] for n in self.point_names])
        weights = [np.full(count, min(1.0, FULL_WEIGHT / count)) for count in counts]
        self.weights = np.concatenate([*weights, np.ones(2 * len(self._seen))])
        on_ground = [MARKINGS[name].on_ground for name, _ in ordered]
        self._on_ground = np.repeat(np.array(on_ground, dtype=np.bool_), counts)

    def misfits(self, residuals: Array) -> dict[str, float]:
        """Root mean square residual of every marking, in centred units, of residuals (R,)."""
        squares = residuals[: len(self._owner)] ** 2
        return {name: float(np.sqrt(squares[self._owner == i].mean())) for i, name in enumerate(self.marking_names)}

    def point_rows(self, name: str) -> slice:
        """The two rows of a placed keypoint."""
        first = len(self._clicks) + 2 * self.point_names.index(name)
        return slice(first, first + 2)

    def precision(self, name: str) -> float:
        """One over the standard deviation of a placed keypoint."""
        return float(self._precision[self.point_names.index(name)])

    def rows(self, matrices: Array, kaps: Array, unknowns: Array | None) -> Rows:
        """Residuals and derivatives of projections (S, 3, 4) with kap (S,) and unknowns (S, 3) of the pitch.

        Clicks on lines first, then those on circles, then placed points.
        """
        parts = []
        if len(self._clicks):
            parts.append(self._click_rows(matrices, kaps, unknowns))
        if len(self._seen):
            parts.append(self._point_rows(matrices, kaps, unknowns))
        if len(parts) == 1:
            return parts[0]
        one, two = parts
        by_unknowns = None
        if one.by_unknowns is not None and two.by_unknowns is not None:
            by_unknowns = np.concatenate([one.by_unknowns, two.by_unknowns], axis=1)
        return Rows(
            np.concatenate([one.residuals, two.residuals], axis=1),
            np.concatenate([one.by_matrix, two.by_matrix], axis=1),
            np.concatenate([one.by_kap, two.by_kap], axis=1),
            by_unknowns,
        )

    def residuals(self, matrices: Array, kaps: Array, unknowns: Array | None = None) -> Array:
        """The residuals (S, R) of ``rows`` alone."""
        return self.rows(matrices, kaps, unknowns).residuals

    def _click_rows(self, matrices: Array, kaps: Array, unknowns: Array | None) -> Rows:
        ideal = undistort(self._clicks[None], kaps[:, None])
        kap = kaps[:, None]
        square = (ideal * ideal).sum(axis=-1) / HALF_DIAGONAL**2
        stretch = 1.0 + 2.0 * kap * square
        places, along, moves = self._places_of(matrices, ideal, unknowns)
        q = places @ matrices[:, :, :3].swapaxes(1, 2) + matrices[:, None, :, 3]
        off, by_ideal, by_q = np.empty(ideal.shape[:2]), np.empty(ideal.shape), np.empty((*ideal.shape[:2], 3))
        by_matrix = np.zeros((*off.shape, 3, 4))
        lines, rounds = slice(None, self._lines), slice(self._lines, None)
        if self._lines:
            way = along[..., lines, :]
            d = way @ matrices[:, :, :3].swapaxes(1, 2)
            off[:, lines], by_ideal[:, lines], by_q[:, lines], by_d = _to_line(ideal[:, lines], q[:, lines], d)
            by_matrix[:, lines, :, :3] = by_d[..., None] * way[..., None, :]
        if self._lines < len(self._clicks):
            off[:, rounds], by_ideal[:, rounds], by_plane = _to_circle(ideal[:, rounds], matrices, q[:, rounds])
            by_q[:, rounds] = by_plane[..., 2]
            by_matrix[:, rounds, :, :2] = by_plane[..., :2]
        by_matrix[..., :3] += by_q[..., None] * places[..., None, :]
        by_matrix[..., 3] = by_q
        by_matrix *= stretch[..., None, None]
        drift = square / (1.0 + 3.0 * kap * square)  # d ideal / d kap = -ideal * drift
        by_kap = off * (2.0 * square - 4.0 * kap * square * drift) - drift * stretch * (by_ideal * ideal).sum(axis=-1)
        by_unknowns = None
        if unknowns is not None:
            by_place = (by_q @ matrices[:, :, :3]) * stretch[..., None]
            by_unknowns = (by_place[..., None, :] @ moves)[..., 0, :]
        return Rows(off * stretch, by_matrix.reshape(*off.shape, 12), by_kap, by_unknowns)

    def _places_of(self, matrices: Array, ideal: Array, unknowns: Array | None) -> tuple[Array, Array, Array]:
        """Q and D of every click, (N, 3) of the book's pitch or (S, N, 3), and how Q moves with the unknowns."""
        if unknowns is None:
            return self._places, self._along, self._shifts
        shape = (len(matrices), *self._places.shape)
        places, along = np.broadcast_to(self._places, shape).copy(), np.broadcast_to(self._along, shape).copy()
        moves = np.broadcast_to(self._shifts, (*shape, 3)).copy()
        if len(self._bent):
            bent, crown = self._bent, unknowns[:, :1]
            y = np.clip(_ground(matrices, ideal[:, bent])[..., 1], -HALF_WIDTH, HALF_WIDTH)
            straight = bent[bent < self._lines]
            across = slice(None, len(straight))
            y[:, across] = _contact(matrices, ideal[:, straight], self._places[straight, 0], y[:, across], crown)
            moves[:, bent, 2, 0] = -camber(y)
            places[:, straight, 1] = y[:, across]
            along[:, straight, 2] = 2.0 * crown * y[:, across] / HALF_WIDTH**2 * along[:, straight, 1]
        return places + (moves @ unknowns[:, None, :, None])[..., 0], along, moves

    def _point_rows(self, matrices: Array, kaps: Array, unknowns: Array | None) -> Rows:
        moves = shifts(self._worlds)
        worlds = np.broadcast_to(self._worlds, (len(matrices), *self._worlds.shape))
        if unknowns is not None:
            worlds = worlds + (moves @ unknowns[:, None, :, None])[..., 0]
        q = worlds @ matrices[:, :, :3].swapaxes(1, 2) + matrices[:, None, :, 3]
        depth = np.where(q[..., 2:] == 0.0, np.inf, q[..., 2:])
        ideal = q[..., :2] / depth
        radius = np.hypot(ideal[..., :1], ideal[..., 1:])
        kept = np.minimum(1.0, 3.0 * HALF_DIAGONAL / np.where(radius > 0.0, radius, np.inf))
        by_q = np.zeros((*ideal.shape, 3))
        by_q[..., 0, 0] = by_q[..., 1, 1] = 1.0
        by_q[..., 2] = -ideal
        by_q *= (kept / depth)[..., None]
        ideal = ideal * kept
        kap, square = kaps[:, None, None], (ideal * ideal).sum(axis=-1, keepdims=True) / HALF_DIAGONAL**2
        around = (ideal[..., None, :] @ by_q) * (2.0 * kap[..., None] / HALF_DIAGONAL**2)
        by_q = (by_q * (1.0 + kap * square)[..., None] + ideal[..., None] * around) * self._precision[:, None, None]
        by_matrix = np.empty((*by_q.shape, 4))
        by_matrix[..., :3] = by_q[..., None] * worlds[:, :, None, None, :]
        by_matrix[..., 3] = by_q
        shape = (len(matrices), -1)
        residuals = (distort(ideal, kaps[:, None]) - self._seen) * self._precision[:, None]
        by_kap = ideal * square * self._precision[:, None]
        by_unknowns = None
        if unknowns is not None:
            by_unknowns = (by_q @ matrices[:, None, :, :3] @ moves).reshape(*shape, 3)
        return Rows(residuals.reshape(shape), by_matrix.reshape(*shape, 12), by_kap.reshape(shape), by_unknowns)

    def in_front(self, matrices: Array, kaps: Array) -> Array:
        """The share (B,) of ground clicks and placed points that lie before the projections' cameras.

        With u = H x the depth of the ground seen at u is 1 / (H^-1 u)_3: its sign says which side it is on.
        """
        shares = []
        if self._on_ground.any():
            ideal = undistort(self._clicks[None, self._on_ground], kaps[:, None])
            ground = matrices[:, :, [0, 1, 3]]
            back = _adjugate(ground)[:, 2]
            third = ideal[..., 0] * back[:, :1] + ideal[..., 1] * back[:, 1:2] + back[:, 2:]
            shares.append(third * np.linalg.det(ground)[:, None] > 0.0)
        if len(self._seen):
            shares.append(self._worlds @ matrices[:, 2, :3, None] + matrices[:, 2, 3, None, None] > 0.0)
            shares[-1] = shares[-1][..., 0]
        if not shares:
            return np.ones(len(matrices))
        share: Array = np.concatenate(shares, axis=1).mean(axis=1)
        return share


def _centre(name: str) -> tuple[float, float, float]:
    centre = MARKINGS[name].centre
    assert centre is not None
    return centre


def _direction(name: str) -> tuple[float, float, float]:
    """The unit vector along a straight marking."""
    way = np.subtract(MARKINGS[name].end, MARKINGS[name].start)
    x, y, z = way / np.linalg.norm(way)
    return float(x), float(y), float(z)


def _to_line(ideal: Array, q: Array, d: Array) -> tuple[Array, Array, Array, Array]:
    """Distances (S, N) to the lines q x d, and their derivatives by the point, q and d."""
    line = _cross(q, d)
    length = np.hypot(line[..., 0], line[..., 1])
    inverse = 1.0 / np.where(length > 0.0, length, np.inf)
    normal = line[..., :2] * inverse[..., None]
    off = (normal * ideal).sum(axis=-1) + line[..., 2] * inverse
    by_line = np.empty_like(line)
    by_line[..., :2] = ideal - off[..., None] * normal
    by_line[..., 2] = 1.0
    by_line *= inverse[..., None]
    return off, normal, _cross(d, by_line), _cross(by_line, q)


def _to_circle(ideal: Array, matrices: Array, q: Array) -> tuple[Array, Array, Array]:
    """Sampson's distances (S, M) to circles about q, derivatives by the point and by the plane's columns (p1 p2 q).

    With the columns' cross products as A's rows, C = A' D A, a = A u, w = D a, c = C u, n = |c_12|, p = (c_12, 0) / n,
    t = D A p and r = a' w / 2n:  dr = (w' dA (u - r p) - r t' dA u + (c - r A' t)' du) / n.
    """
    first, second = (np.broadcast_to(matrices[:, None, :, i], q.shape) for i in (0, 1))
    rows = np.empty((*q.shape, 3))
    rows[..., 0, :], rows[..., 1, :], rows[..., 2, :] = _cross(second, q), _cross(q, first), _cross(first, second)
    point = np.ones((*ideal.shape[:-1], 3))
    point[..., :2] = ideal
    on_plane = (rows @ point[..., None])[..., 0]
    weighted = on_plane * _DIAGONAL
    polar = (weighted[..., None, :] @ rows)[..., 0, :]
    steep = np.hypot(polar[..., 0], polar[..., 1])
    inverse = 1.0 / np.where(steep > 0.0, steep, np.inf)
    off = 0.5 * (weighted * on_plane).sum(axis=-1) * inverse
    leaning = np.zeros_like(point)
    leaning[..., :2] = polar[..., :2] * (inverse * off)[..., None]  # r p
    turned = (rows @ leaning[..., None])[..., 0] * _DIAGONAL  # r t
    by_ideal = (polar[..., :2] - (turned[..., None, :] @ rows)[..., 0, :2]) * inverse[..., None]
    arm = (point - leaning) * inverse[..., None]
    point = point * inverse[..., None]
    by_rows = weighted[..., None] * arm[..., None, :] - turned[..., None] * point[..., None, :]
    g0, g1, g2 = by_rows[..., 0, :], by_rows[..., 1, :], by_rows[..., 2, :]
    by_plane = np.empty_like(by_rows)
    by_plane[..., 0] = _cross(g1, q) + _cross(second, g2)
    by_plane[..., 1] = _cross(q, g0) + _cross(g2, first)
    by_plane[..., 2] = _cross(g0, second) + _cross(first, g1)
    return off, by_ideal, by_plane


def _contact(matrices: Array, ideal: Array, x: Array, y: Array, crown: Array) -> Array:
    """Where along lines across the pitch at ``x`` (N,) points are nearest in the image: one Newton step from ``y``."""
    height = -crown * camber(y)
    slope = 2.0 * crown * y / HALF_WIDTH**2
    right, near, down, base = (matrices[:, None, :, i] for i in range(4))
    q = right * x[:, None] + near * y[..., None] + down * height[..., None] + base
    d = near + down * slope[..., None]
    seen = q[..., :2] / q[..., 2:]
    moving = (d[..., :2] - seen * d[..., 2:]) / q[..., 2:]
    ahead = ((ideal - seen) * moving).sum(axis=-1) / (moving * moving).sum(axis=-1)
    found: Array = np.clip(y + np.nan_to_num(ahead), -HALF_WIDTH, HALF_WIDTH)
    return found


def _ground(matrices: Array, ideal: Array) -> Array:
    """Where the rays of ideal points (S, N, 2) meet the plane z = 0, (S, N, 2) metres."""
    back = _adjugate(matrices[:, :, [0, 1, 3]])
    met = ideal @ back[:, :, :2].swapaxes(1, 2) + back[:, None, :, 2]
    third = met[..., 2:]
    places: Array = np.nan_to_num(met[..., :2] / np.where(third == 0.0, np.inf, third))
    return places


def _cross(one: Array, two: Array) -> Array:
    """Cross products of (..., 3) and (..., 3) of the same shape, several times faster than NumPy's own."""
    found = np.empty_like(one)
    a, b, c = one[..., 0], one[..., 1], one[..., 2]
    d, e, f = two[..., 0], two[..., 1], two[..., 2]
    found[..., 0] = b * f - c * e
    found[..., 1] = c * d - a * f
    found[..., 2] = a * e - b * d
    return found


def _thinned(clicks: Array) -> Array:
    if len(clicks) <= MOST_CLICKS:
        return clicks
    chosen: Array = clicks[np.linspace(0, len(clicks) - 1, MOST_CLICKS).astype(int)]
    return chosen


def _adjugate(matrices: Array) -> Array:
    """Adjugates (B, 3, 3): the inverses up to scale, defined for singular matrices too."""
    rows = np.empty_like(matrices)
    for i in range(3):
        p, q = matrices[:, :, (i + 1) % 3], matrices[:, :, (i + 2) % 3]
        rows[:, i] = _cross(p, q)
    return rows


@dataclass(frozen=True, eq=False)
class Linear:
    """Residuals (S, R + Q) of data and priors at some parameters, and their derivatives (S, R + Q, P)."""

    residuals: Array
    jacobian: Array


def linearise(equations: Equations, model: Model, params: Array, free: int | None = None) -> Linear:
    """Data and prior residuals at ``params`` (S, P) with their derivatives in the first ``free`` parameters, or all."""
    at = model.differentiate(params)
    count, size = params.shape
    extra = size - at.kap_index - 1
    rows = equations.rows(at.matrices, at.kaps, at.unknowns if extra else None)
    data = rows.residuals.shape[1]
    jacobian = np.empty((count, data + at.priors.shape[1], size))
    jacobian[:, :data] = rows.by_matrix @ at.d_matrices.reshape(count, size, 12).swapaxes(1, 2)
    jacobian[:, :data, at.kap_index] = rows.by_kap
    if rows.by_unknowns is not None:
        jacobian[:, :data, at.kap_index + 1 :] = rows.by_unknowns[..., :extra]
    jacobian[:, data:] = at.d_priors
    return Linear(np.concatenate([rows.residuals, at.priors], axis=1), jacobian[..., :free])


def robust_weights(residuals: Array, scale: float) -> Array:
    """Cauchy's weights 1 / (1 + (r / c)^2)."""
    weights: Array = 1.0 / (1.0 + (residuals / scale) ** 2)
    return weights


def robust_cost(residuals: Array, weights: Array, scale: float) -> Array:
    """Cauchy's cost, the sum over the last axis of w c^2 log(1 + (r / c)^2): r^2 for small residuals."""
    cost: Array = (weights * (scale * scale * np.log1p((residuals / scale) ** 2))).sum(axis=-1)
    return cost


def equations_of(evidence: Evidence) -> Equations | None:
    """The equations, or None when nothing usable was said."""
    if not evidence.markings and not evidence.points:
        return None
    return Equations(evidence)
