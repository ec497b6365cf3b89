"""Whether a clip's camera stands on one spot, and where: fitted to all its labelled frames at once, or refused.

A position is believed when enough frames look different ways (``FEWEST``, ``LEAST_TURN``); when one common position
explains the clicks as well as a position of its own for every frame does (the ratio of an F-test, ``LARGEST_RATIO``);
when no travel along the clip, steady, there and back, or of one step, explains them better (``PLAIN_TRAVEL``); and when
leaving out any one frame hardly moves it (the jackknife, ``LOOSEST``). A camera on rails, a crane or a wire fails the
second or third test, and so do two shots from two places.

Sources: Seber & Wild, *Nonlinear Regression*, 1989, 5.8 (the ratio); Efron, *The Jackknife, the Bootstrap and Other
Resampling Plans*, 1982, 3; Chen, Zhu & Little, arXiv 1801.09005, 2018 (cameras that pan, tilt and zoom on one spot).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.calibration import NARROW, PLENTY, WORTH
from annotator.camera import Solution, SolutionKind
from annotator.evidence import Equations, Evidence, equations_of, robust_cost
from annotator.keypoints import TRUSTED_RMS, TRUSTED_SUPPORT
from annotator.projections import Pinhole
from annotator.refinement import refine
from annotator.tripod_joint import Joint, adjusted
from annotator.tripod_prior import Standing

__all__ = ["Sighting", "Tripod", "is_usable", "tripod_of"]

Array = NDArray[np.float64]

FEWEST = 4  # frames
MOST = 60  # frames that are fitted together, evenly chosen
LEAST_TURN = math.radians(5.0)  # between the two views that differ most
LARGEST_RATIO = 3.0  # of what a common position costs to what it may cost by chance
PLAIN_TRAVEL = 6.0  # of what a travel saves, by number it needs and by what it may save by chance,
LEAST_TRAVEL = 0.6  # when it is of so many metres: shorter ones do no harm
LOOSEST = 0.5  # metres of standard deviation along the worst direction
CLOSE = 0.05  # metres: no position is known better, because pitches are not painted better
OUTLYING = 12.0  # times what chance explains that one frame costs before it is left out,
OUTLIERS = 0.1  # as long as these are so few of the frames, and no two in a row
LEAST_NOISE = 0.25  # square centred units; exact labels have no noise to compare with
ROLL_SD, KAP_SD = 0.004, 0.005  # how unlike two frames of one tripod are at least


@dataclass(frozen=True, eq=False)
class Sighting:
    """A labelled frame of the clip: ``number`` and ``name``, what was said, and the camera that this alone gives."""

    number: int
    name: str
    evidence: Evidence
    solution: Solution


@dataclass(frozen=True, eq=False)
class Tripod:
    """What the labelled frames say of where the clip's camera stands.

    ``standing`` is None where ``reason``, one sentence, says why it is not to be believed. ``frames`` names the frames
    used, ``left_out`` those that contradict all others; ``position`` (3,) is the best common one in metres whether or
    not it is believed, ``scatter`` (3,) its jackknife standard deviations, ``ratio`` that of the F-test, ``turn`` the
    largest angle in radians between two views. All are NaN where there was nothing to fit.
    """

    standing: Standing | None
    reason: str
    frames: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    position: Array | None = None
    scatter: Array | None = None
    ratio: float = math.nan
    turn: float = math.nan


def is_usable(evidence: Evidence, solution: Solution | None) -> bool:
    """Whether a frame's own labels say well enough where its camera stands to take part."""
    if solution is None or solution.kind is not SolutionKind.CAMERA or solution.rival is not None:
        return False
    fits = solution.rms <= TRUSTED_RMS and solution.support >= TRUSTED_SUPPORT
    return fits and evidence.constraints >= PLENTY


def tripod_of(sightings: Sequence[Sighting]) -> Tripod:
    """Where the camera of these frames stands, in the order of the clip; or why that cannot be said."""
    used = [each for each in sightings if is_usable(each.evidence, each.solution)]
    if len(used) > MOST:
        used = [used[i] for i in np.linspace(0, len(used) - 1, MOST).astype(int)]
    if len(used) < FEWEST:
        more = FEWEST - len(used)
        return Tripod(None, f"Label {more} more frame{'s' if more > 1 else ''} fully, looking different ways.")
    turn = _turn(used)
    if turn < LEAST_TURN:
        return Tripod(None, "All labelled frames look the same way: label one farther to the side.", turn=turn)
    with np.errstate(all="ignore"):
        return _fitted(used, turn)


def _fitted(used: Sequence[Sighting], turn: float) -> Tripod:
    found = _Fit.of(used)
    if found is None:
        return Tripod(None, "No common position explains the labelled frames.", turn=turn)
    outlying = found.outlying()
    if outlying.any():
        again = _Fit.of([each for each, out in zip(used, outlying, strict=True) if not out])
        if again is not None and again.ratio <= LARGEST_RATIO:
            return _judged(again, turn, [each.name for each, out in zip(used, outlying, strict=True) if out])
    return _judged(found, turn, [])


def _judged(found: _Fit, turn: float, left_out: Sequence[str]) -> Tripod:
    names = tuple(each.name for each in found.used)
    spread = found.jackknife()
    scatter = np.sqrt(np.diag(spread))
    reason, standing = "", None
    plain, metres = found.travel()
    if found.ratio > LARGEST_RATIO:
        reason = found.apart()
    elif plain > PLAIN_TRAVEL and metres > LEAST_TRAVEL:
        reason = f"The camera does not stand on one spot: it travels some {metres:.1f} m along the labelled frames."
    elif math.sqrt(float(np.linalg.eigvalsh(spread).max())) > LOOSEST:
        worst = float(np.sqrt(np.linalg.eigvalsh(spread).max()))
        reason = f"The position is known to {worst:.1f} m only: label more frames, looking different ways."
    else:
        standing = found.standing(spread)
    position = found.joint.shared[:3]
    return Tripod(standing, reason, names, tuple(left_out), position, scatter, found.ratio, turn)


def _turn(used: Sequence[Sighting]) -> float:
    """The largest angle between two views."""
    ahead = np.array([_rotation(each.solution)[2] for each in used])
    return float(np.arccos(np.clip(ahead @ ahead.T, -1.0, 1.0)).max())


def _rotation(solution: Solution) -> Array:
    assert isinstance(solution.model, Pinhole)
    found: Array = solution.model.rotation(solution.params[None, None])[0, 0]
    return found


@dataclass(frozen=True, eq=False)
class _Fit:
    """One position for all frames beside one each: ``joint``, ``free`` robust costs (N,), variance of a click."""

    used: Sequence[Sighting]
    joint: Joint
    free: Array
    noise: float

    @classmethod
    def of(cls, used: Sequence[Sighting]) -> _Fit | None:
        """With the crown of the pitch where it is worth asking (Akaike, as in ``annotator.calibration``)."""
        frames = [equations for each in used if (equations := equations_of(each.evidence)) is not None]
        cameras = [each.solution for each in used]
        found = [fit for u in (0, 1) if (fit := cls._with(used, frames, cameras, u)) is not None]
        if not found:
            return None
        return min(found, key=lambda fit: float(fit.joint.costs.sum()) / found[0].noise + WORTH * len(fit.joint.shared))

    @classmethod
    def _with(
        cls, used: Sequence[Sighting], frames: Sequence[Equations], cameras: Sequence[Solution], unknowns: int
    ) -> _Fit | None:
        joint = adjusted(frames, cameras, _mean_position(cameras), unknowns=unknowns)
        if joint is None:
            return None
        each = zip(frames, cameras, strict=True)
        free = np.array([_alone(equations, camera, joint.shared[3:]) for equations, camera in each])
        free = np.minimum(free, joint.costs)
        freedom = max(1.0, float(joint.weights.sum()) - 8.0 * len(used))
        return cls(used, joint, free, max(LEAST_NOISE, float(free.sum()) / freedom))

    @property
    def ratio(self) -> float:
        """What a common position costs, by number it does without and by variance of a click: about 1 by chance."""
        return float((self.joint.costs - self.free).sum()) / (3.0 * (len(self.used) - 1)) / self.noise

    def travel(self) -> tuple[float, float]:
        """What the likeliest travel along the clip saves, as ``ratio``, and how far it goes in metres.

        Tried are a steady one, one there and back, and one step before each frame. One Newton step from the common fit:
        with the frames' information S_i and pull g_i on the position, and c_i how far along each is, it saves
        g' S^-1 g with g = sum c_i g_i and S = sum c_i^2 S_i less what a shift of all takes up.
        """
        numbers = np.array([each.number for each in self.used], dtype=np.float64)
        even = 2.0 * (numbers - numbers[0]) / max(1.0, numbers[-1] - numbers[0]) - 1.0
        steps = [np.where(np.arange(len(even)) < k, -1.0, 1.0) for k in range(1, len(even))]
        best, metres = 0.0, 0.0
        parts, pulls = self.joint.parts[:, :3, :3], self.joint.pulls[:, :3]
        for along in (even, 2.0 * even**2 - 1.0, *steps):
            mixed = np.einsum("n,nij->ij", along, parts)
            rest = np.einsum("n,nij->ij", along**2, parts) - mixed @ np.linalg.solve(parts.sum(axis=0), mixed)
            pull = along @ pulls
            way = np.linalg.solve(rest + 1e-9 * np.trace(rest) * np.eye(3), pull)
            saved = float(pull @ way) / 3.0 / self.noise
            if saved > best:
                best, metres = saved, 2.0 * float(np.linalg.norm(way))
        return best, metres

    def outlying(self) -> NDArray[np.bool_]:
        """Frames (N,) that contradict all others; none where there are too many for that, or two in a row."""
        # A frame left out pulls less: what it costs alone is judged against a variance without it.
        own = (self.joint.costs - self.free) / 3.0
        out: NDArray[np.bool_] = own > OUTLYING * self.noise
        if out.mean() > OUTLIERS or (out[1:] & out[:-1]).any():
            return np.zeros(len(out), dtype=np.bool_)
        return out

    def jackknife(self) -> Array:
        """The covariance (3, 3) of the position by leaving out one frame at a time."""
        count = len(self.used)
        places = np.array([self.joint.without(np.arange(count) == i)[:3] for i in range(count)])
        away = places - places.mean(axis=0)
        found: Array = (count - 1) / count * away.T @ away
        return found

    def standing(self, spread: Array) -> Standing:
        """What the frames of this clip have in common."""
        params, bases = self.joint.params, self.joint.bases
        model = Pinhole(bases, params.shape[1] - 8)
        lean = model.rotation(params[:, None])[:, 0, 0, 2]
        roll = float(np.median(lean)), max(ROLL_SD, 1.4826 * float(np.median(np.abs(lean - np.median(lean)))))
        kap = params[:, 7]
        bend = float(np.median(kap)), max(KAP_SD, 1.4826 * float(np.median(np.abs(kap - np.median(kap)))))
        unknowns = tuple(float(value) for value in self.joint.shared[3:])
        return Standing(self.joint.shared[:3], spread + CLOSE**2 * np.eye(3), roll, bend, unknowns)

    def apart(self) -> str:
        """The two frames that put the camera most plainly at different places."""
        places = np.array([each.solution.params[3:6] for each in self.used])
        spreads = np.array([each.solution.covariance[3:6, 3:6] for each in self.used])
        worst, pair = -1.0, (0, 1)
        for i in range(len(places)):
            for j in range(i + 1, len(places)):
                way = places[j] - places[i]
                plain = float(way @ np.linalg.solve(spreads[i] + spreads[j], way))
                if plain > worst:
                    worst, pair = plain, (i, j)
        first, last = (self.used[i] for i in pair)
        metres = float(np.linalg.norm(places[pair[1]] - places[pair[0]]))
        return (
            f"The camera does not stand on one spot: {first.name} and {last.name} have it {metres:.1f} m apart. "
            "It travels, or these are two shots."
        )


def _mean_position(cameras: Sequence[Solution]) -> Array:
    """The mean position (3,), each as sure as it is."""
    information = [np.linalg.inv(camera.covariance[3:6, 3:6]) for camera in cameras]
    pull = [one @ camera.params[3:6] for one, camera in zip(information, cameras, strict=True)]
    mean: Array = np.linalg.solve(np.sum(information, axis=0), np.sum(pull, axis=0))
    return mean


def _alone(equations: Equations, camera: Solution, unknowns: Array) -> float:
    """The robust cost of a frame with a position of its own, on the pitch that all frames share."""
    model, start = camera.restarted()
    assert isinstance(model, Pinhole)
    params = np.concatenate([start[:, :8], unknowns[None]], axis=1)
    fit = refine(equations, Pinhole(model.base, len(unknowns)), params, free=8, scale=NARROW, iterations=30)
    data = len(equations.weights)
    return float(robust_cost(fit.here.residuals[0, :data], equations.weights, NARROW))


