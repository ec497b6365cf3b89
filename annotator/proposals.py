"""What would help a frame most if it were labelled next: the marking, the keypoint, and circles that need no clicks.

Once a camera stands, a marking is worth what two clicks on it would take off the uncertainty of the keypoints in view.
With C the covariance of the camera's parameters, J the derivatives of the clicks' residuals and s their deviation,
C' = C - C J' (J C J' + s^2)^-1 J C (the information A + J' J / s^2 inverted; Pukelsheim, *Optimal Design of
Experiments*, 1993, 9). Before, a sample of cameras that broadcasts use stands in for it (``annotator.prior_views``).

Type-ahead codes of the markings, two letters each (``marking_codes``), from the part of the pitch and the line in it::

    side lines         st top      sb bottom    sl left      sr right
    halfway, circles   ml halfway  cc centre    cl left arc  cr right arc
    left penalty area  pt top      pb bottom    pm main
    left goal area     gt top      gb bottom    gm main
    left goal          gl left post             gr right post             gc crossbar
    right penalty area qt top      qb bottom    qm main
    right goal area    ht top      hb bottom    hm main
    right goal         hl left post             hr right post             hc crossbar

The right half uses the letter after the left half's: p, q for the penalty area, g, h for the goal and its area.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.camera import Solution
from annotator.evidence import Equations, Evidence, linearise, marking_name
from annotator.in_view import LINE_CLICKS, ROUND_CLICKS, Stretch, stretches
from annotator.keypoints import Resolved, Source
from annotator.labels import FrameLabels, Instance, Point, Visibility, set_visibility
from annotator.pitch import KEYPOINTS, MARKINGS, ConicCrossing, Filled, Tangent
from annotator.prior_views import expected_gains

__all__ = [
    "CircleOffer",
    "Proposal",
    "agreed_circle",
    "guided_points",
    "marking_codes",
    "next_marking",
    "next_point",
    "offered_circle",
    "take_circle",
]

Array = NDArray[np.float64]

CLICK_SD = 1.5  # centred units: a careful click
LEAST_GAIN = 0.02  # pixels; less is not worth a click
FARTHEST_SD = 60.0  # centred units beyond which it does not matter how unsure a keypoint is

WHY_GAIN = "proposal.gain"
WHY_USUAL = "proposal.usual"
WHY_CIRCLE = "proposal.circle"


@dataclass(frozen=True)
class Proposal:
    """A marking worth drawing next.

    ``gain`` is by how many pixels its clicks are expected to lower the root mean square deviation of the keypoints in
    view. ``why`` is a key for the words: ``WHY_GAIN`` with a camera, ``WHY_USUAL`` before one stands, ``WHY_CIRCLE``
    for a circle that can be taken without clicks.
    """

    marking: str
    gain: float
    why: str


def next_marking(
    instance: Instance, resolved: Resolved, size: tuple[int, int], *, skipped: Collection[str] = ()
) -> tuple[Proposal, ...]:
    """Markings in view that are not drawn yet, what tells most a click first; empty when nothing would help.

    Parameters
    ----------
    instance
        What was said so far.
    resolved
        The answer for it; its camera, trusted or not yet sure, says what is in view.
    size
        Width and height of the frame in pixels.
    skipped
        Markings that the person passed over: not proposed, and taken for out of view while no camera stands.
    """
    drawn = {name for said in instance.markings if (name := marking_name(said)) is not None}
    solution = resolved.solution if resolved.ghost else None
    if solution is None:
        expected = expected_gains(frozenset(drawn), _placed(instance), size, skipped=frozenset(skipped))
        return _ranked([Proposal(name, gain, WHY_USUAL) for name, gain in expected.items() if gain >= LEAST_GAIN])
    with np.errstate(all="ignore"):
        view = stretches(solution)
        gains = _gains(solution, {name: view[name] for name in view.keys() - drawn - set(skipped)})
    found = []
    for name, gain in gains.items():
        if gain >= LEAST_GAIN:
            offered = MARKINGS[name].is_round and _circle(name, instance, resolved) is not None
            found.append(Proposal(name, gain, WHY_CIRCLE if offered else WHY_GAIN))
    return _ranked(found)


def _ranked(proposals: list[Proposal]) -> tuple[Proposal, ...]:
    """By gain a click; a circle that is offered costs no more than a line."""

    def worth(proposal: Proposal) -> float:
        many = MARKINGS[proposal.marking].is_round and proposal.why != WHY_CIRCLE
        return proposal.gain / (ROUND_CLICKS if many else LINE_CLICKS)

    return tuple(sorted(proposals, key=worth, reverse=True))


def _placed(instance: Instance) -> frozenset[str]:
    return frozenset(n for n, said in instance.keypoints.items() if said.position is not None and n in KEYPOINTS)


def _gains(solution: Solution, candidates: Mapping[str, Stretch]) -> dict[str, float]:
    """How many pixels the usual clicks on each marking take off the deviation of the keypoints in view."""
    if not candidates:
        return {}
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    pixels = solution.project(worlds)
    width, height = solution.size
    inside = ((pixels >= -0.5) & (pixels <= (width - 0.5, height - 0.5))).all(axis=1) & solution.reaches(worlds)
    names = [name for name, seen in zip(KEYPOINTS, inside, strict=True) if seen]
    if not names:
        return {}
    lens = solution.lens
    markings = {name: lens.centred(stretch.usual_clicks) for name, stretch in candidates.items()}
    points = {name: lens.centred(pixels[i]) for i, name in enumerate(KEYPOINTS) if inside[i]}
    equations = Equations(Evidence(markings, points, dict.fromkeys(names, 1.0)))
    rows = linearise(equations, solution.model, solution.params[None]).jacobian[0]
    covariance = solution.covariance
    first = len(equations.weights) - 2 * len(names)
    of_points = rows[first : len(equations.weights)].reshape(len(names), 2, -1)
    before = _deviation(of_points, covariance)
    gains, start = {}, 0
    for name in equations.marking_names:
        own = rows[start : start + len(markings[name])]
        start += len(markings[name])
        gains[name] = (before - _deviation(of_points, updated(covariance, own, CLICK_SD))) / lens.scale
    return gains


def updated(covariance: Array, rows: Array, deviation: float) -> Array:
    """The covariance (P, P) after measurements with derivatives (R, P) and this deviation each."""
    across = covariance @ rows.T
    spread = rows @ across + deviation**2 * np.eye(len(rows))
    found: Array = covariance - across @ np.linalg.solve(spread, across.T)
    return found


def _deviation(rows: Array, covariance: Array) -> float:
    """Root mean square deviation of points with derivatives (N, 2, P), each no more than ``FARTHEST_SD``."""
    variances = ((rows @ covariance) * rows).sum(axis=(1, 2))
    return float(np.sqrt(np.minimum(np.maximum(variances, 0.0), FARTHEST_SD**2).mean()))


@dataclass(frozen=True, eq=False)
class CircleOffer:
    """A round marking that the camera already has: nothing to click, one key to agree.

    ``points`` (N, 2) pixels well spread over what is seen of it, to be painted as an offer; ``keypoints`` the scheme's
    points of this marking inside the frame and where they are.
    """

    marking: str
    points: Array
    keypoints: Mapping[str, Point]


def offered_circle(instance: Instance, resolved: Resolved, marking: str | None = None) -> CircleOffer | None:
    """The circle to offer, ``marking`` or the one with the most keypoints to gain; None while no camera is sure.

    Not offered are circles that were clicked, and those of whose keypoints in the frame all were spoken of already.
    """
    rounds = [name for name, m in MARKINGS.items() if m.is_round]
    offers = [_circle(name, instance, resolved) for name in ([marking] if marking is not None else rounds)]
    return max((o for o in offers if o is not None), key=lambda o: len(o.keypoints), default=None)


def _circle(name: str, instance: Instance, resolved: Resolved) -> CircleOffer | None:
    solution = resolved.solution
    drawn = any(marking_name(said) == name for said in instance.markings)
    if solution is None or resolved.image_from_pitch is None or drawn or not MARKINGS[name].is_round:
        return None
    stretch = stretches(solution).get(name)
    if stretch is None:
        return None
    own = {}
    for point in circle_keypoints(name):
        known = resolved.keypoints.get(point)
        if known is None or known.position is None or not known.inside or known.source is Source.PREDICTED:
            continue
        said = instance.keypoints.get(point)
        if said is None or (said.position is None and said.visibility is None):
            own[point] = known.position
    return CircleOffer(name, stretch.usual_clicks, own) if own else None


def circle_keypoints(marking: str) -> tuple[str, ...]:
    """The keypoints on a round marking."""
    centre = MARKINGS[marking].centre
    found = []
    for name, point in KEYPOINTS.items():
        how = point.construction
        if isinstance(how, ConicCrossing | Tangent):
            if how.circle == marking:
                found.append(name)
        elif isinstance(how, Filled) and centre is not None and _is_on(point.world, centre):
            found.append(name)
    return tuple(found)


def _is_on(world: tuple[float, float, float], centre: tuple[float, float, float]) -> bool:
    return abs(float(np.hypot(world[0] - centre[0], world[1] - centre[1])) - 9.15) < 1e-6


def take_circle(labels: FrameLabels, offer: CircleOffer, *, instance: int = 0) -> FrameLabels:
    """The labels after a person agreed to an offered circle: its keypoints are visible where the camera has them.

    No position is stored. The camera already says where they are: clicks on its own projection would count as
    measurements that nobody made, and would be stale as soon as the camera changes.
    """
    for name in offer.keypoints:
        labels = set_visibility(labels, name, Visibility.VISIBLE, instance=instance)
    return labels


def agreed_circle(said: Instance, name: str) -> bool:
    """Whether a person took this circle as the camera has it: its points are said to be visible, not where."""
    if name not in MARKINGS or not MARKINGS[name].is_round or name in said.markings:
        return False
    own = (said.keypoints.get(point) for point in circle_keypoints(name))
    return any(one is not None and one.position is None and one.visibility is Visibility.VISIBLE for one in own)


def guided_points(instance: Instance, resolved: Resolved) -> tuple[str, ...]:
    """The keypoints still to be placed, in the order of the scheme: neither spoken of nor outside the frame."""
    sure = resolved.image_from_pitch is not None
    found = []
    for name, point in resolved.keypoints.items():
        said = instance.keypoints.get(name)
        if said is not None and (said.position is not None or said.visibility is not None):
            continue
        if sure and not point.inside:
            continue
        found.append(name)
    return tuple(found)


def next_point(instance: Instance, resolved: Resolved, *, after: str | None = None) -> str | None:
    """The keypoint to place next: the first of ``guided_points`` after the one given, all round; None if none."""
    order = list(resolved.keypoints)
    left = guided_points(instance, resolved)
    if not left:
        return None
    if after is None or after not in order:
        return left[0]
    start = order.index(after)
    return min(left, key=lambda name: (order.index(name) - start - 1) % len(order))


_CODES = {
    "st": "Side line top", "sb": "Side line bottom", "sl": "Side line left", "sr": "Side line right",
    "ml": "Middle line", "cc": "Circle central", "cl": "Circle left", "cr": "Circle right",
    "pt": "Big rect. left top", "pb": "Big rect. left bottom", "pm": "Big rect. left main",
    "gt": "Small rect. left top", "gb": "Small rect. left bottom", "gm": "Small rect. left main",
    "gl": "Goal left post left ", "gr": "Goal left post right", "gc": "Goal left crossbar",
    "qt": "Big rect. right top", "qb": "Big rect. right bottom", "qm": "Big rect. right main",
    "ht": "Small rect. right top", "hb": "Small rect. right bottom", "hm": "Small rect. right main",
    "hl": "Goal right post left", "hr": "Goal right post right", "hc": "Goal right crossbar",
}  # fmt: skip


def marking_codes() -> dict[str, str]:
    """Two-letter code -> marking, all 26; the table is in this module's description."""
    return dict(_CODES)
