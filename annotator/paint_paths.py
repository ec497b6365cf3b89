"""Curves that may move a little towards paint: a base, what it may become, and the robust fit to ridges across it.

A straight marking becomes another straight line, slightly bent where the lens bends it; a circle another conic near its
own. Both are linear in few coefficients: the offset along the normal at N places is ``basis`` (N, K) times (K,). The
search is exhaustive over a coarse grid, a generalised Hough transform (Ballard 1981), and the end iteratively
reweighted least squares; nothing is random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.geometry import ConicFit, fit_line
from annotator.paint_profiles import Ridges

Array = NDArray[np.float64]

MOST_PROFILES, FEWEST_PROFILES = 60, 10
SPACING = 2.0  # pixels of 540 rows between profiles, at least
SAMPLES = 1800  # conics that sloppy clicks may stand for
BEND = 1.5  # pixels of 540 rows that a lens bends a line by, as a deviation
CLOSE = 1.2  # pixels of 540 rows within which a ridge agrees with the fit
CLOSING = (3.0, 2.0, 1.5, CLOSE, CLOSE, CLOSE)  # in turn
CLOSING_ROUND = (5.0, 4.0, 4.0, 3.0, 3.0, 2.0, 2.0, 1.5, 1.5, CLOSE, CLOSE, CLOSE)
RIVAL = 0.5  # of the paint of the best curve
NEARNESS = 0.3  # of the score that paint at the limit of reach loses against paint under the clicks


@dataclass(frozen=True, eq=False)
class Base:
    """A curve through clicks at N places, with unit normals, and the offsets along them that it may take on.

    ``coarse`` (H, N) are the offsets of the search's hypotheses in pixels, ``basis`` (N, K) what the fit is linear in,
    ``ridge`` (K,) one over the variance of each coefficient; ``clicks_basis`` (M, K) the basis at the clicks,
    ``clicks_base`` (M, 2) their feet on the base and ``clicks_normals`` (M, 2).
    """

    places: Array
    normals: Array
    coarse: Array
    basis: Array
    ridge: Array
    clicks_basis: Array
    clicks_base: Array
    clicks_normals: Array


def straight(clicks: Array, *, scale: float, reach: float) -> Base | None:
    """The line through ``clicks`` (M, 2); None when they are too close together to tell a direction."""
    fit = fit_line(clicks)
    if fit is None:
        return None
    along = (clicks - fit.centre) @ fit.direction
    low, high = float(along.min()), float(along.max())
    if high - low < 4.0 * scale:
        return None
    count = int(np.clip((high - low) / (SPACING * scale), FEWEST_PROFILES, MOST_PROFILES))
    s = np.linspace(-1.0, 1.0, count)
    normal = np.array([-fit.direction[1], fit.direction[0]])
    middle = 0.5 * (low + high)
    half = 0.5 * (high - low)
    places = fit.centre + (middle + half * s)[:, None] * fit.direction
    ends = np.linspace(-reach, reach, 2 * int(reach / (1.5 * scale)) + 1)
    first, last = (grid.ravel() for grid in np.meshgrid(ends, ends, indexing="ij"))
    turned = np.abs(last - first) <= 0.5 * half
    coarse = 0.5 * (first + last)[turned, None] + 0.5 * (last - first)[turned, None] * s
    own = (along - middle) / half

    def basis(at: Array) -> Array:
        return np.stack([np.ones_like(at), at, 0.5 - 1.5 * at * at], axis=1)

    ridge = np.array([1e-6, 1e-6, (BEND * scale * min(1.0, half / (150.0 * scale)) ** 2 + 1e-3) ** -2])
    base = fit.centre + along[:, None] * fit.direction
    normals = np.broadcast_to(normal, places.shape)
    return Base(places, normals, coarse, basis(s), ridge, basis(own), base, np.broadcast_to(normal, clicks.shape))


def round_base(
    fit: ConicFit, path: Array, clicks: Array, *, scale: float, reach: float, hand: float | None = None
) -> Base:
    """The conic along ``path`` (N, 2), points on it, near ``clicks`` (M, 2).

    ``hand`` is the deviation in pixels of the points that the conic was fitted to: the search then runs over conics
    that such points may stand for, a fixed sample of them; None for a conic that can be off as a whole only.
    """
    places, normals, basis = _about(fit, path)
    coarse = _shifted(normals, scale, reach)
    if hand is not None:
        values, vectors = np.linalg.eigh(fit.covariance)
        spread = vectors[:, 1:] * np.sqrt(np.maximum(values[1:], 0.0)) * hand
        drawn = np.random.default_rng(5).standard_normal((SAMPLES, spread.shape[1]))
        coarse = np.concatenate([coarse, 0.5 * drawn @ (basis @ spread).T])
    coarse = coarse[np.abs(coarse).max(axis=1) <= 1.25 * reach]
    feet, across, own = _about(fit, clicks)
    size = np.abs(basis).max(axis=0)
    ridge = np.full(basis.shape[1], (2.0 * reach) ** -2.0)
    return Base(places, normals, coarse, basis / size, ridge, own / size, feet, across)


def _shifted(normals: Array, scale: float, reach: float) -> Array:
    """Offsets (H, N) of a curve that is moved as a whole, or larger or smaller all round."""
    a = np.linspace(-reach, reach, 2 * int(reach / (3.0 * scale)) + 1)
    shift = 0.75 * a
    swell, dx, dy = (grid.ravel() for grid in np.meshgrid(a, shift, shift, indexing="ij"))
    found: Array = swell[:, None] + dx[:, None] * normals[:, 0] + dy[:, None] * normals[:, 1]
    return found


def _about(fit: ConicFit, points: Array) -> tuple[Array, Array, Array]:
    """Feet (N, 2) of points on the conic, outward normals (N, 2), and how the conic moves there (N, 6).

    With u = (x, y, 1), the conic C + dC passes at - u' dC u / 2 |(C u)_12| along the normal (Sampson 1982).
    """
    foot = points
    for _ in range(3):
        image = np.column_stack([foot, np.ones(len(foot))]) @ fit.conic
        value = (image * np.column_stack([foot, np.ones(len(foot))])).sum(axis=1)
        steep = 2.0 * image[:, :2]
        foot = foot - steep * (value / np.maximum((steep * steep).sum(axis=1), 1e-300))[:, None]
    image = np.column_stack([foot, np.ones(len(foot))]) @ fit.conic
    length = np.hypot(image[:, 0], image[:, 1])
    normals = image[:, :2] / length[:, None]
    x, y = ((foot - fit.offset) * fit.scale).T
    rows = np.stack([x * x, x * y, y * y, x, y, np.ones_like(x)], axis=1) / length[:, None]
    return foot, normals, rows


@dataclass(frozen=True, eq=False)
class PaintFit:
    """Where the paint is: ``coefficients`` (K,) and ``offsets`` (N,) of the base; which ridge each profile adds.

    ``ticks`` (N,) is the offset of the ridge used, the nearest where none agrees, infinite where there is none;
    ``agree`` (N,) says which of them lie on the fit; ``score`` is the mean weight of those. ``rivals`` counts the
    curves beside it with nearly as much paint: one may be another marking, several are a net.
    """

    coefficients: Array
    offsets: Array
    ticks: Array
    agree: NDArray[np.bool_]
    score: float
    rivals: int


def fitted_to_paint(base: Base, ridges: Ridges, *, scale: float, reach: float) -> PaintFit | None:
    """The curve with most paint on it, nearer ones before; None without any ridge."""
    if not np.isfinite(ridges.offset).any():
        return None
    paint = _Paint.of(ridges, scale, reach)
    filled = np.where(np.isnan(ridges.offset), np.inf, ridges.offset)
    offsets = _searched(base, paint, reach)
    coefficients = np.zeros(base.basis.shape[1])
    for close in CLOSING if base.basis.shape[1] <= 3 else CLOSING_ROUND:
        ticks, weights = _nearest(filled, ridges.weight, offsets)
        near = np.abs(ticks - offsets) <= 2.0 * close * scale
        if near.sum() < 3:
            break
        off = np.where(near, ticks - offsets, 0.0)
        robust = np.where(near, weights / (1.0 + (off / (close * scale)) ** 2), 0.0)
        normal = (base.basis * robust[:, None]).T @ base.basis + np.diag(base.ridge)
        coefficients = np.linalg.solve(normal, base.basis.T @ (robust * np.where(near, ticks, 0.0)))
        offsets = base.basis @ coefficients
    ticks, weights = _nearest(filled, ridges.weight, offsets)
    agree = np.abs(ticks - offsets) <= CLOSE * scale
    score = float(weights[agree].sum() / max(1, len(ticks)))
    return PaintFit(coefficients, offsets, ticks, agree, score, _rivals(paint, offsets, scale))


@dataclass(frozen=True, eq=False)
class _Paint:
    """How much paint there is (N, M) at M offsets of every profile, ``first`` and then every ``step`` pixels."""

    amount: Array
    first: float
    step: float

    @classmethod
    def of(cls, ridges: Ridges, scale: float, reach: float) -> _Paint:
        step = 0.5 * scale
        bins = np.arange(-1.5 * reach, 1.5 * reach + 1e-9, step)
        away = np.abs(np.nan_to_num(ridges.offset, nan=1e9)[:, :, None] - bins)
        hit = np.clip(1.6 - away / (1.5 * scale), 0.0, 1.0) * ridges.weight[:, :, None]
        return cls(hit.max(axis=1), float(bins[0]), step)

    def under(self, offsets: Array) -> Array:
        """The sums (H,) under curves at ``offsets`` (H, N)."""
        index = np.rint((offsets - self.first) / self.step).astype(np.intp)
        np.clip(index, 0, self.amount.shape[1] - 1, out=index)
        index += np.arange(len(self.amount)) * self.amount.shape[1]
        found: Array = self.amount.ravel()[index].sum(axis=1)
        return found


def _rivals(paint: _Paint, offsets: Array, scale: float) -> int:
    """How many separate curves beside this one have at least ``RIVAL`` of its paint."""
    beside = np.arange(-36.0, 36.5, 1.0) * scale
    amount = paint.under(offsets + beside[:, None])
    strong = (amount >= RIVAL * paint.under(offsets[None])[0]) & (np.abs(beside) > 3.5 * scale)
    return int((strong[1:] & ~strong[:-1]).sum() + strong[0])


def _searched(base: Base, paint: _Paint, reach: float) -> Array:
    """The offsets (N,) of the hypothesis with the most paint under it."""
    score = paint.under(base.coarse)
    distance = np.sqrt((base.coarse**2).mean(axis=1)) / reach
    found: Array = base.coarse[int(np.argmax(score * (1.0 - NEARNESS * distance**2)))]
    return found


def _nearest(filled: Array, weights: Array, offsets: Array) -> tuple[Array, Array]:
    """Of every profile the ridge nearest to ``offsets`` (N,): its offset, infinite where there is none, its weight."""
    best = np.abs(filled - offsets[:, None]).argmin(axis=1)
    rows = np.arange(len(offsets))
    return filled[rows, best], weights[rows, best]
