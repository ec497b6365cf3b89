"""Plane projective geometry: lines, conics, polars and homographies in homogeneous coordinates.

A point is (x, y), or (x, y, 1) up to scale; a line (a, b, c) holds the points with ax + by + c = 0; a conic is a
symmetric (3, 3) matrix C holding the points with x' C x = 0, its sign such that the inside of an ellipse is negative.
*No answer* (parallel lines, a point inside where a tangent was asked for) is None or an empty array.

Sources: Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., chapters 2 and 4 (HZ); Halir & Flusser, *Numerically
stable direct least squares fitting of ellipses*, 1998 (HF); Sampson, *Fitting conic sections to very scattered data*,
1982.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PARALLEL = 1e-9  # sine of the angle below which two lines have no meeting point that floats could hold
SMALLEST_AXIS_RATIO = 0.004
LARGEST_AXIS = 40.0  # semi-axis over the spread of the clicks; beyond, the fit is a parabola's neighbour


@dataclass(frozen=True, eq=False)
class LineFit:
    """A straight line through N points, by total least squares.

    ``line`` is (3,) with a unit normal, ``centre`` (2,) the mean of the points, ``direction`` (2,) a unit vector;
    ``spread`` the sum of squares of the points' places along the line, ``rms`` their root mean square distance to it.
    """

    line: Array
    centre: Array
    direction: Array
    spread: float
    count: int
    rms: float

    def variance(self, point: Sequence[float] | Array) -> float:
        """Variance across the line, at the foot of ``point``, when every fitted point has unit variance.

        1/n + t^2 / sum t_i^2 with t along the line: linear regression about the mean.
        """
        along = (point[0] - self.centre[0]) * self.direction[0] + (point[1] - self.centre[1]) * self.direction[1]
        return float(1.0 / self.count + along * along / self.spread)


def fit_line(points: Array) -> LineFit | None:
    """The line of least squared perpendicular distances through ``points`` (N, 2), or None without two places.

    The normal is the direction of least scatter of the centred points (HZ 4.1.2 for the normalisation; the angle is
    that of the 2 x 2 scatter matrix's eigenvector in closed form), so that no direction of line is special.
    """
    points = _finite(points, at_least=0)
    if len(points) < 2:
        return None
    centre = points.mean(axis=0)
    dx, dy = points[:, 0] - centre[0], points[:, 1] - centre[1]
    sxx, sxy, syy = float(dx @ dx), float(dx @ dy), float(dy @ dy)
    size = float(np.abs(points).max())
    if sxx + syy <= (1e-9 * size) ** 2:
        return None
    angle = 0.5 * math.atan2(2.0 * sxy, sxx - syy)
    ux, uy = math.cos(angle), math.sin(angle)
    along, across = dx * ux + dy * uy, dy * ux - dx * uy
    line = np.array([-uy, ux, uy * centre[0] - ux * centre[1]])
    rms = math.sqrt(float(across @ across) / len(points))
    return LineFit(line, centre, np.array([ux, uy]), float(along @ along), len(points), rms)


def _finite(points: Array, *, at_least: int) -> Array:
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if len(points) < at_least or not np.isfinite(points).all():
        raise ValueError(f"expected at least {at_least} finite points (N, 2), got {points.tolist()}")
    return points


def join(first: Sequence[float] | Array, second: Sequence[float] | Array) -> Array | None:
    """The line (3,) with unit normal through two points, l = p x q (HZ 2.2), or None when they coincide."""
    (px, py), (qx, qy) = first, second
    a, b = py - qy, qx - px
    length = math.hypot(a, b)
    if length <= 1e-12 * max(abs(px), abs(py), abs(qx), abs(qy)):
        return None
    return np.array([a, b, px * qy - py * qx]) / length


def meet(first: Array, second: Array) -> Array | None:
    """The point (2,) on two lines, x = l x m (HZ 2.2), or None when they are parallel."""
    a, b, c = (float(v) for v in first)
    d, e, f = (float(v) for v in second)
    w = a * e - b * d
    if abs(w) <= PARALLEL * math.hypot(a, b) * math.hypot(d, e):
        return None
    return np.array([(b * f - c * e) / w, (c * d - a * f) / w])


def side(first: Sequence[float] | Array, second: Sequence[float] | Array, third: Sequence[float] | Array) -> float:
    """Twice the signed area of a triangle; its sign is kept by every view from above the plane (HZ 2.5)."""
    return float((second[0] - first[0]) * (third[1] - first[1]) - (second[1] - first[1]) * (third[0] - first[0]))


@dataclass(frozen=True, eq=False)
class ConicFit:
    """An ellipse through N points.

    ``conic`` (3, 3); ``rms`` the root mean square Sampson distance of the points. ``covariance`` (6, 6) of the
    coefficients in the coordinates scale * (x - offset), for points of unit variance: ``shift_rows`` gives the rows
    that turn it into movements of the curve.
    """

    conic: Array
    covariance: Array
    offset: Array
    scale: float
    count: int
    rms: float

    @property
    def centre(self) -> Array:
        """The pole of the line at infinity (HZ 2.2.3), (2,): always inside the ellipse."""
        return ellipse_centre(self.conic)

    def shift_rows(self, first: Array, second: Array) -> Array:
        """How first' C second changes with the six coefficients, (6,)."""
        (x, y), (s, t) = self.scale * (first - self.offset), self.scale * (second - self.offset)
        return np.array([x * s, 0.5 * (x * t + y * s), y * t, 0.5 * (x + s), 0.5 * (y + t), 1.0])


def fit_ellipse(points: Array) -> ConicFit | None:
    """The ellipse through ``points`` (N, 2): HF's direct least squares in Hartley-normalised coordinates.

    None for fewer than five distinct points, points on a line, or an ellipse so long or so thin that it is no
    longer told from a parabola or a segment.
    """
    points = _finite(points, at_least=0)
    if len({(x, y) for x, y in points.tolist()}) < 5:
        return None
    offset = points.mean(axis=0)
    radius = float(np.sqrt(((points - offset) ** 2).sum(axis=1).mean()))
    scale = math.sqrt(2.0) / radius
    x, y = ((points - offset) * scale).T
    if float(np.linalg.eigvalsh(np.cov(x, y))[0]) < 1e-7:
        return None
    theta = _halir_flusser(x, y)
    if theta is None or not _is_plain_ellipse(theta):
        return None
    normaliser = np.array([[scale, 0.0, -scale * offset[0]], [0.0, scale, -scale * offset[1]], [0.0, 0.0, 1.0]])
    conic = normaliser.T @ _matrix(theta) @ normaliser
    covariance = _coefficient_covariance(theta, x, y) / (radius * radius) * 2.0
    residual = sampson(conic, points)
    return ConicFit(conic, covariance, offset, scale, len(points), float(np.sqrt((residual**2).mean())))


def _halir_flusser(x: Array, y: Array) -> Array | None:
    """HF figure 2: coefficients (6,) of ax^2 + bxy + cy^2 + dx + ey + f under 4ac - b^2 > 0, a > 0."""
    quadratic = np.stack([x * x, x * y, y * y], axis=1)
    linear = np.stack([x, y, np.ones_like(x)], axis=1)
    s1, s2, s3 = quadratic.T @ quadratic, quadratic.T @ linear, linear.T @ linear
    back = -np.linalg.solve(s3, s2.T)
    reduced = s1 + s2 @ back
    constrained = np.stack([reduced[2] / 2.0, -reduced[1], reduced[0] / 2.0])
    _, vectors = np.linalg.eig(constrained)
    vectors = np.real(vectors)
    condition = 4.0 * vectors[0] * vectors[2] - vectors[1] ** 2
    best = int(np.argmax(condition))
    if condition[best] <= 0.0:
        return None
    head = vectors[:, best]
    theta = np.concatenate([head, back @ head])
    theta = theta * math.copysign(1.0, float(head[0]))
    normalised: Array = theta / np.linalg.norm(theta)
    return normalised


def _matrix(theta: Array) -> Array:
    a, b, c, d, e, f = theta
    return np.array([[a, b / 2, d / 2], [b / 2, c, e / 2], [d / 2, e / 2, f]])


def _is_plain_ellipse(theta: Array) -> bool:
    """False for an imaginary, over-long or over-thin ellipse (coordinates of unit spread)."""
    axes = ellipse_axes(_matrix(theta))
    return axes is not None and axes[0] <= LARGEST_AXIS and axes[1] >= SMALLEST_AXIS_RATIO * axes[0]


def _coefficient_covariance(theta: Array, x: Array, y: Array) -> Array:
    """Covariance (6, 6) of unit-norm coefficients from the rows of Sampson distances, points of unit variance."""
    a, b, c, d, e, _ = theta
    gradient = np.hypot(2 * a * x + b * y + d, b * x + 2 * c * y + e)
    rows = np.stack([x * x, x * y, y * y, x, y, np.ones_like(x)], axis=1)
    used = gradient > 1e-9
    rows = rows[used] / gradient[used, None]
    values, vectors = np.linalg.eigh(rows.T @ rows)
    values, vectors = np.maximum(values[1:], 1e-12), vectors[:, 1:]
    covariance: Array = (vectors / values) @ vectors.T
    return covariance


def ellipse_centre(conic: Array) -> Array:
    """The centre (2,) of a conic: the pole of the line at infinity (HZ 2.2.3).

    Raises
    ------
    ValueError
        For a parabola, which has none.
    """
    a, b, c = float(conic[0, 0]), float(conic[0, 1]), float(conic[1, 1])
    d, e = float(conic[0, 2]), float(conic[1, 2])
    det = a * c - b * b
    if det == 0.0:
        raise ValueError(f"a parabola has no centre: {conic.tolist()}")
    return np.array([(b * e - c * d) / det, (b * d - a * e) / det])


def ellipse_axes(conic: Array) -> tuple[float, float, Array] | None:
    """Semi-axes, the longer first, and a (2, 2) rotation whose columns are their directions; None if no ellipse."""
    values, vectors = np.linalg.eigh(conic[:2, :2])
    if values[0] * values[1] <= 0.0:
        return None
    centre = np.append(ellipse_centre(conic), 1.0)
    height = float(centre @ conic @ centre)
    squares = -height / values
    if not (squares > 0.0).all():
        return None
    order = [0, 1] if squares[0] >= squares[1] else [1, 0]
    long, short = np.sqrt(squares[order])
    return float(long), float(short), vectors[:, order]


def sampson(conic: Array, points: Array) -> Array:
    """First-order distances (N,) of ``points`` (N, 2) to a conic, x'Cx / |2 (Cx)_12| (Sampson 1982; HZ 11.4)."""
    homogeneous = np.column_stack([points, np.ones(len(points))])
    image = homogeneous @ conic
    value = (image * homogeneous).sum(axis=1)
    gradient = 2.0 * np.hypot(image[:, 0], image[:, 1])
    found: Array = np.divide(value, gradient, out=np.full(len(points), np.inf), where=gradient > 0.0)
    return found


def polar(conic: Array, point: Sequence[float] | Array) -> Array:
    """The polar line (3,) of a point, l = C x (HZ 2.2.3): from outside, it meets the conic in the tangent points."""
    line: Array = conic @ np.array([point[0], point[1], 1.0])
    return line


def line_meets_conic(line: Array, conic: Array) -> Array:
    """Where a line meets an ellipse, (0, 2), (1, 2) for a tangent or (2, 2), in the order of the line's direction.

    The line is run through from the pole of its own direction's diameter, which makes the quadratic's linear term
    vanish near the ellipse; a root pair closer than rounding is one point.
    """
    ux, uy = float(line[1]), -float(line[0])
    length = math.hypot(ux, uy)
    if length == 0.0:
        return np.empty((0, 2))
    ux, uy = ux / length, uy / length
    cx, cy = ellipse_centre(conic)
    off = (float(line[0]) * cx + float(line[1]) * cy + float(line[2])) / length
    start = np.array([cx - off * float(line[0]) / length, cy - off * float(line[1]) / length, 1.0])
    heading = np.array([ux, uy, 0.0])
    a = float(heading @ conic @ heading)
    half_b = float(heading @ conic @ start)
    c = float(start @ conic @ start)
    if a == 0.0:
        return np.empty((0, 2))
    middle, product = -half_b / a, c / a
    discriminant = middle * middle - product
    tolerance = 1e-12 * (middle * middle + abs(product))
    if discriminant < -tolerance:
        return np.empty((0, 2))
    reach = math.sqrt(max(discriminant, 0.0))
    places = [middle] if discriminant <= tolerance else [middle - reach, middle + reach]
    return np.array([[start[0] + t * ux, start[1] + t * uy] for t in places])


def tangent_points(conic: Array, point: Sequence[float] | Array) -> Array:
    """The two points (2, 2) where tangents from ``point`` touch an ellipse: its polar's crossings (HZ 2.8).

    Empty (0, 2) when the point lies inside, one point (1, 2) when it lies on the ellipse.
    """
    return line_meets_conic(polar(conic, point), conic)


def homography_from(points: Array, places: Array, clicks: Array, lines: Array) -> Array | None:
    """The plane homography, places from points, by the direct linear transform (HZ 4.1, 4.4), or None.

    Parameters
    ----------
    points, places
        (N, 2) each: points in the first plane and where they lie in the second; two equations a pair.
    clicks, lines
        (M, 2) and (M, 3): points in the first plane and the line of the second plane on which each lies; one
        equation each, l' H x = 0.

    Returns
    -------
    (3, 3) of unit norm, or None when the equations leave more than one answer.
    """
    if len(points) != len(places) or len(clicks) != len(lines):
        raise ValueError(f"pairs differ in number: {len(points)}/{len(places)}, {len(clicks)}/{len(lines)}")
    if 2 * len(points) + len(clicks) < 8:
        return None
    first = _normaliser(np.concatenate([points, clicks]))
    second = _normaliser(places) if len(places) >= 2 else np.diag([0.02, 0.02, 1.0])
    x = np.column_stack([points, np.ones(len(points))]) @ first.T
    y = np.column_stack([places, np.ones(len(places))]) @ second.T
    none = np.zeros_like(x)
    rows = [np.hstack([none, -y[:, 2:] * x, y[:, 1:2] * x]), np.hstack([y[:, 2:] * x, none, -y[:, :1] * x])]
    on = np.column_stack([clicks, np.ones(len(clicks))]) @ first.T
    mapped = lines @ np.linalg.inv(second)
    mapped = mapped / np.linalg.norm(mapped[:, :2], axis=1, keepdims=True) if len(mapped) else mapped
    rows.append((mapped[:, :, None] * on[:, None, :]).reshape(len(on), 9))
    _, values, vectors = np.linalg.svd(np.concatenate(rows), full_matrices=True)
    if values[7] < 1e-7 * values[0]:
        return None
    found = np.linalg.inv(second) @ vectors[8].reshape(3, 3) @ first
    scaled: Array = found / np.linalg.norm(found)
    return scaled


def _normaliser(points: Array) -> Array:
    """Hartley's similarity (HZ 4.4.4): mean at the origin, root mean square distance sqrt 2."""
    centre = points.mean(axis=0)
    size = float(np.sqrt(((points - centre) ** 2).sum(axis=1).mean()))
    scale = math.sqrt(2.0) / size if size > 0.0 else 1.0
    return np.array([[scale, 0.0, -scale * centre[0]], [0.0, scale, -scale * centre[1]], [0.0, 0.0, 1.0]])


def runs(kept: NDArray[np.bool_]) -> Iterator[slice]:
    """The stretches of at least two consecutive True values."""
    padded = np.concatenate([[False], kept, [False]]).astype(np.int8)
    steps = np.diff(padded)
    for first, last in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
        if last - first >= 2:
            yield slice(int(first), int(last))
