"""Residuals of what was seen in a frame under many candidate projections at once, with exact derivatives.

Everything is in the centred units of ``annotator.lens`` (a 960 x 540 frame's pixels).

- A click on a straight marking through the place Q along D: with q = P (Q, 1), d = P (D, 0) its image is l = q x d (HZ
  2.2, 6.2), the residual the distance l' u / |l_12| of the undistorted click u.
- A click on a circle about Q: Sampson's distance u' C u / 2 |(C u)_12| to C = A' diag(1, 1, -r^2) A with A the adjugate
  of (p1 p2 q), the homography of the plane through Q (HZ 2.31, 11.4; a scale of C does not matter).
- Both times the mean local distortion 1 + 2 kap rho^2.
- A placed keypoint: the two parts of its reprojection error over its standard deviation.

Over the crown of the pitch, Q is taken at the height that the ground has where the click's ray meets it, D along the
slope there. That height changes so slowly that it counts as fixed in the derivatives; all else in them is exact.

Every number of one candidate is worked out by the same operations whatever stands beside it: frames with equally many
clicks and points may be put side by side (``Observed.side_by_side``) and get the bits they would get alone.

Sources: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed. (HZ); Sampson, *Fitting conic sections to very scattered
data*, 1982.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.lens import HALF_DIAGONAL, distort, undistort
from annotator.pitch import CIRCLE_RADIUS, HALF_WIDTH
from annotator.surface import camber, shifts

Array = NDArray[np.float64]

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


@dataclass(frozen=True, eq=False)
class Observed:
    """What was seen of one frame, in numbers; or of S candidates each of its own, with a leading axis of S.

    ``clicks`` (N, 2), the first ``lines`` of them on straight markings and the rest on circles; of each click's marking
    a place or the middle ``places`` (N, 3), the direction ``along`` (N, 3), and how that place moves with the unknowns
    of the pitch, ``shifts`` (N, 3, 3); ``bent`` (B,) the clicks whose marking the crown bends, and of several frames
    ``bends`` (S, B) in which. Placed points: ``worlds`` (M, 3), ``seen`` (M, 2), ``precision`` (M,). ``weights``
    (N + 2 M,) of all residuals.
    """

    clicks: Array
    lines: int
    places: Array
    along: Array
    shifts: Array
    bent: NDArray[np.intp]
    worlds: Array
    seen: Array
    precision: Array
    weights: Array
    bends: NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many clicks on lines, clicks on circles and placed points: only equal ones go side by side."""
        return self.lines, self.clicks.shape[-2] - self.lines, self.seen.shape[-2]

    @property
    def kind(self) -> tuple[int, ...]:
        """Equal for frames that may stand side by side; a product with one row is worked out in another way."""
        if not rows_stand_alone():
            return (*self.shape, *self.bent.tolist())
        return tuple(min(count, 2) for count in (*self.shape, len(self.bent)))

    @classmethod
    def side_by_side(cls, frames: Sequence[Observed], each: int) -> Observed:
        """Frames of the same kind, ``each`` candidates of one after the other.

        Where one has fewer clicks or points than another, the last of its own stand in for them (`own_rows`).
        """
        shape = _largest(frames)
        clicks, points = zip(*(_filled(frame, shape) for frame in frames), strict=True)

        def stacked(name: str, places: Sequence[NDArray[np.intp]]) -> Array:
            rows = np.stack([getattr(frame, name)[at] for frame, at in zip(frames, places, strict=True)])
            found: Array = np.repeat(rows, each, axis=0)
            return found

        bends = np.zeros((len(frames), shape[0] + shape[1]), dtype=np.bool_)
        for row, frame, at in zip(bends, frames, clicks, strict=True):
            row[:] = np.isin(at, frame.bent)
        bent = np.flatnonzero(bends.any(axis=0))
        both = [np.concatenate([at, len(one.clicks) + _pairs(of)]) for one, at, of in zip(frames, clicks, points,
                                                                                        strict=True)]  # fmt: skip
        return cls(
            stacked("clicks", clicks), shape[0], stacked("places", clicks), stacked("along", clicks),
            stacked("shifts", clicks), bent, stacked("worlds", points), stacked("seen", points),
            stacked("precision", points), stacked("weights", both), np.repeat(bends[:, bent], each, axis=0),
        )  # fmt: skip

    def taken(self, chosen: NDArray[np.bool_]) -> Observed:
        """Those of the candidates side by side that are chosen (S,)."""
        names = ("clicks", "places", "along", "shifts", "worlds", "seen", "precision", "weights", "bends")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def rows(self, matrices: Array, kaps: Array, unknowns: Array | None) -> Rows:
        """Residuals and derivatives of projections (S, 3, 4) with kap (S,) and unknowns (S, 3) of the pitch.

        Clicks on lines first, then those on circles, then placed points.
        """
        parts = []
        if self.clicks.shape[-2]:
            parts.append(self._click_rows(matrices, kaps, unknowns))
        if self.seen.shape[-2]:
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

    def _click_rows(self, matrices: Array, kaps: Array, unknowns: Array | None) -> Rows:
        ideal = undistort(self.clicks, kaps[:, None])
        kap = kaps[:, None]
        square = (ideal * ideal).sum(axis=-1) / HALF_DIAGONAL**2
        stretch = 1.0 + 2.0 * kap * square
        places, along, moves = self._places_of(matrices, ideal, unknowns)
        q = places @ matrices[:, :, :3].swapaxes(1, 2) + matrices[:, None, :, 3]
        off, by_ideal, by_q = np.empty(ideal.shape[:2]), np.empty(ideal.shape), np.empty((*ideal.shape[:2], 3))
        by_matrix = np.zeros((*off.shape, 3, 4))
        lines, rounds = slice(None, self.lines), slice(self.lines, None)
        if self.lines:
            way = along[..., lines, :]
            d = way @ matrices[:, :, :3].swapaxes(1, 2)
            off[:, lines], by_ideal[:, lines], by_q[:, lines], by_d = _to_line(ideal[:, lines], q[:, lines], d)
            by_matrix[:, lines, :, :3] = by_d[..., None] * way[..., None, :]
        if self.lines < self.clicks.shape[-2]:
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
            return self.places, self.along, self.shifts
        shape = (len(matrices), *self.places.shape[-2:])
        places, along = np.broadcast_to(self.places, shape).copy(), np.broadcast_to(self.along, shape).copy()
        moves = np.broadcast_to(self.shifts, (*shape, 3)).copy()
        if len(self.bent):
            bent, crown = self.bent, unknowns[:, :1]
            y = np.clip(_ground(matrices, ideal[:, bent])[..., 1], -HALF_WIDTH, HALF_WIDTH)
            straight = bent[bent < self.lines]
            across = slice(None, len(straight))
            y[:, across] = _contact(matrices, ideal[:, straight], self.places[..., straight, 0], y[:, across], crown)
            bends = True if self.bends is None else self.bends
            lying = True if self.bends is None else self.bends[:, across]
            moves[:, bent, 2, 0] = np.where(bends, -camber(y), moves[:, bent, 2, 0])
            slope = 2.0 * crown * y[:, across] / HALF_WIDTH**2 * along[:, straight, 1]
            places[:, straight, 1] = np.where(lying, y[:, across], places[:, straight, 1])
            along[:, straight, 2] = np.where(lying, slope, along[:, straight, 2])
        return places + (moves @ unknowns[:, None, :, None])[..., 0], along, moves

    def _point_rows(self, matrices: Array, kaps: Array, unknowns: Array | None) -> Rows:
        moves = shifts(self.worlds)
        worlds = np.broadcast_to(self.worlds, (len(matrices), *self.worlds.shape[-2:]))
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
        by_q = (by_q * (1.0 + kap * square)[..., None] + ideal[..., None] * around) * self.precision[..., None, None]
        by_matrix = np.empty((*by_q.shape, 4))
        by_matrix[..., :3] = by_q[..., None] * worlds[:, :, None, None, :]
        by_matrix[..., 3] = by_q
        shape = (len(matrices), -1)
        residuals = (distort(ideal, kaps[:, None]) - self.seen) * self.precision[..., None]
        by_kap = ideal * square * self.precision[..., None]
        by_unknowns = None
        if unknowns is not None:
            by_unknowns = (by_q @ matrices[:, None, :, :3] @ moves).reshape(*shape, 3)
        return Rows(residuals.reshape(shape), by_matrix.reshape(*shape, 12), by_kap.reshape(shape), by_unknowns)


def _largest(frames: Sequence[Observed]) -> tuple[int, int, int]:
    lines, rounds, points = (max(counts) for counts in zip(*(frame.shape for frame in frames), strict=True))
    return lines, rounds, points


def _filled(frame: Observed, shape: tuple[int, int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which click and which point stands where in a larger shape; the last one where there is none."""
    lines, rounds, points = frame.shape
    on_lines = np.minimum(np.arange(shape[0]), lines - 1)
    on_rounds = lines + np.minimum(np.arange(shape[1]), rounds - 1)
    return np.concatenate([on_lines, on_rounds]), np.minimum(np.arange(shape[2]), points - 1)


def _pairs(points: NDArray[np.intp]) -> NDArray[np.intp]:
    """The two residuals of every point."""
    found: NDArray[np.intp] = (2 * points[:, None] + np.arange(2)).ravel()
    return found


def own_rows(frames: Sequence[Observed], priors: int) -> list[NDArray[np.intp]]:
    """Which residuals side by side are a frame's own, and the priors after all of them."""
    lines, rounds, points = _largest(frames)
    found = []
    for one in frames:
        first, second, third = one.shape
        after = lines + rounds
        parts = [(0, first), (lines, second), (after, 2 * third), (after + 2 * points, priors)]
        found.append(np.concatenate([np.arange(start, start + count) for start, count in parts]))
    return found


@cache
def rows_stand_alone() -> bool:
    """Whether a row of a product of matrices has the same bits here however many rows stand below it.

    It has with every library known; where not, only frames with equally many clicks and points are put side by side.
    """
    rng = np.random.default_rng(0)
    for inner, columns in ((2, 2), (3, 3), (12, 8), (12, 9), (12, 11)):
        left, right = rng.normal(size=(90, inner)), rng.normal(size=(columns, inner + 1))[:, :inner].T
        whole = left @ right
        if any(not np.array_equal(left[:count] @ right, whole[:count]) for count in range(2, len(left))):
            return False
    return True


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
    """Where along lines across the pitch at ``x`` (..., N) points are nearest in the image: a Newton step from y."""
    height = -crown * camber(y)
    slope = 2.0 * crown * y / HALF_WIDTH**2
    right, near, down, base = (matrices[:, None, :, i] for i in range(4))
    q = right * x[..., None] + near * y[..., None] + down * height[..., None] + base
    d = near + down * slope[..., None]
    seen = q[..., :2] / q[..., 2:]
    moving = (d[..., :2] - seen * d[..., 2:]) / q[..., 2:]
    ahead = ((ideal - seen) * moving).sum(axis=-1) / (moving * moving).sum(axis=-1)
    found: Array = np.clip(y + np.nan_to_num(ahead), -HALF_WIDTH, HALF_WIDTH)
    return found


def _ground(matrices: Array, ideal: Array) -> Array:
    """Where the rays of ideal points (S, N, 2) meet the plane z = 0, (S, N, 2) metres."""
    back = adjugate(matrices[:, :, [0, 1, 3]])
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


def adjugate(matrices: Array) -> Array:
    """Adjugates (B, 3, 3): the inverses up to scale, defined for singular matrices too."""
    rows = np.empty_like(matrices)
    for i in range(3):
        p, q = matrices[:, :, (i + 1) % 3], matrices[:, :, (i + 2) % 3]
        rows[:, i] = _cross(p, q)
    return rows
