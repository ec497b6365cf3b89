"""Which of the proposed markings are worth their clicks, and in which order: pure functions of the guide."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from annotator.in_view import stretches
from annotator.keypoints import Resolved
from annotator.labels import Instance
from annotator.pinning import camera_of_predictions
from annotator.pitch import MARKINGS
from annotator.proposals import WHY_USUAL, CircleOffer, Proposal, agreed_circle, next_marking, offered_circle

LINE_CLICKS, ROUND_CLICKS = 2, 7
WORTH = 0.25
"""Pixels of a 960 wide frame that two clicks must be expected to take off the rest for a line to be proposed."""
UNSURE = 10.0
"""Pixels of a 960 wide frame from which on a gain says that the camera does not know what is in view."""
SURE = 10.0
"""Pixels of a 960 wide frame to which the middle one of a circle's points must be known for it to be offered.

Whether the dashes lie on the paint is for the person to see: the deviation is that of unsnapped clicks, and to agree
stores no position.
"""
NOT_SEEN = 0.02
"""What the gain of a marking counts that the network's camera has outside the frame: the network may be wrong."""
_FEWEST_VIEWS = 3


def deviation(offer: CircleOffer, resolved: Resolved) -> float:
    """How surely the camera knows the middle one of an offered circle's points, in pixels."""
    known = (resolved.keypoints[name].sd for name in offer.keypoints)
    return median(0.0 if sd is None else sd for sd in known)


def offer_of(name: str | None, said: Instance, resolved: Resolved | None) -> CircleOffer | None:
    """The circle as the camera has it, if the camera knows it surely and nobody spoke of it."""
    if resolved is None or name is None or name not in MARKINGS or not MARKINGS[name].is_round:
        return None
    if agreed_circle(said, name):
        return None
    offer = offered_circle(said, resolved, name)
    return offer if offer is not None and is_sure(offer, resolved) else None


def proposals(said: Instance, resolved: Resolved | None) -> tuple[Proposal, ...]:
    """What would help most, the best first; empty when nothing would help much."""
    if resolved is None:
        return ()
    found = next_marking(said, resolved, resolved.size)
    offers = frozenset(one.marking for one in found if offer_of(one.marking, said, resolved) is not None)
    width = resolved.size[0]
    unsure = any(is_unsure(one, width) for one in found)
    view = predicted_view(resolved) if unsure else None
    return worthwhile(found, said, width=width, offers=offers, view=view)


def predicted_view(resolved: Resolved) -> Mapping[str, float] | None:
    """How much of the frame's width each marking takes by what the network sees; None where that is no camera."""
    camera = camera_of_predictions(resolved)
    if camera is None:
        return None
    return {name: stretch.length / resolved.size[0] for name, stretch in stretches(camera).items()}


def is_sure(offer: CircleOffer, resolved: Resolved) -> bool:
    """Whether the camera knows an offered circle well enough to be agreed to."""
    return deviation(offer, resolved) <= SURE * resolved.size[0] / 960.0


def is_unsure(proposal: Proposal, width: int) -> bool:
    """Whether the marking may well not be in view."""
    return proposal.why == WHY_USUAL or proposal.gain > UNSURE * width / 960.0


def usually_seen(drawn: frozenset[str]) -> Mapping[str, float]:
    """How often each marking is in view together with those drawn, among the cameras that broadcasts use."""
    from annotator.prior_views import prior_views

    views = [view for view in prior_views() if drawn <= view.markings.keys()]
    if len(views) < _FEWEST_VIEWS:
        most = max(len(drawn & view.markings.keys()) for view in prior_views())
        views = [view for view in prior_views() if len(drawn & view.markings.keys()) == most]
    return {name: sum(name in view.markings for view in views) / len(views) for name in MARKINGS}


def worthwhile(
    found: tuple[Proposal, ...],
    said: Instance,
    *,
    width: int,
    offers: frozenset[str],
    view: Mapping[str, float] | None = None,
) -> tuple[Proposal, ...]:
    """Those worth their clicks, the best first: by gain per click, then circles that cost one key.

    What is usual before there is a camera comes in its order already. While the camera is unsure what is in view (it
    values most what it knows least), the gain counts as often as the marking is usually seen together with what was
    drawn. Where a network has seen the frame, ``view`` says what is in view instead, and before there is a camera the
    longest lines come first.
    """
    left = [one for one in found if not agreed_circle(said, one.marking)]
    if all(one.why == WHY_USUAL for one in left):
        return tuple(left) if not view else _longest_first(left, view)
    least = WORTH * width / 960.0
    unsure = any(is_unsure(one, width) for one in found)
    seen = usually_seen(frozenset(said.markings)) if unsure and not view else {}
    if unsure and view:
        seen = {one.marking: 1.0 if one.marking in view else NOT_SEEN for one in found}

    def per_line(one: Proposal) -> float:
        clicks = ROUND_CLICKS if MARKINGS[one.marking].is_round else LINE_CLICKS
        return one.gain * seen.get(one.marking, 1.0) * LINE_CLICKS / clicks

    best = sorted((one for one in left if per_line(one) >= least), key=per_line, reverse=True)
    return (*best, *(one for one in left if one not in best and one.marking in offers))


def _longest_first(found: list[Proposal], view: Mapping[str, float]) -> tuple[Proposal, ...]:
    """Lines in view by how long they are there, then circles in view, then what may be there after all."""
    lines = [one for one in found if one.marking in view and not MARKINGS[one.marking].is_round]
    circles = [one for one in found if one.marking in view and MARKINGS[one.marking].is_round]
    lines.sort(key=lambda one: -view[one.marking])
    return (*lines, *circles, *(one for one in found if one.marking not in view))
