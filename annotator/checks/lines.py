"""Rules about drawn markings: names that belong to another line, clicks beside the rest, arcs on the wrong side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from annotator.checks.findings import Finding, Rule, Severity
from annotator.checks.mends import GiveBack, Mend, RemoveClick, RemoveMarking, SwapMarkings, title
from annotator.checks.scene import Scene
from annotator.geometry import fit_line
from annotator.pitch import MARKINGS, PENALTY_AREA, Marking, MarkingKind
from annotator.plain_names import plain_marking

Array = NDArray[np.float64]

BEYOND = 15.0  # centred units from the finite marking, and
NOWHERE = 1000.0  # centred units; whatever is further off is simply not there
ELSEWHERE = 3.0  # metres beyond its ends, before a line is drawn somewhere else
INSIDE = 1.0  # metres into the penalty area at which a click is no longer on the painted arc
FAR = 8.0  # centred units off where the rest has it, and
UNLIKELY = 3.5  # so many times what is to be expected, before a marking is named
CLICK_UNLIKELY = 4.5  # one click of several may be worse by chance
GRAVE = 20.0
BELONGS = 8.0  # centred units from another marking at which all clicks belong to it
GAIN = 0.35  # of the distance that may be left under another name
EXCHANGED = 0.1  # of it that may be left of the other marking of a pair


def misnamed(scene: Scene) -> Iterator[Finding]:
    """Markings whose clicks do not lie on the painted stretch but fit another name, or none."""
    explained: set[str] = set()
    offs = {name: scene.off_curve(clicks, name) for name, clicks in scene.evidence.markings.items()}
    for name in sorted(offs, key=lambda key: -offs[key]):
        if name in explained or not _is_elsewhere(scene, name, offs[name]):
            continue
        better = _better_name(scene, name, offs[name])
        if better is None:
            if scene.misfits[name] <= FAR:
                explained.add(name)
                yield _beyond(scene, name)
            continue
        drawn = better in scene.evidence.markings
        explained |= {name, better}
        yield Finding(
            Rule.SWAPPED if drawn else _rule(name, better),
            Severity.ERROR,
            f"{plain_marking(name)} and {plain_marking(better)} are each drawn where the other is."
            if drawn
            else f"{plain_marking(name)} is drawn where {plain_marking(better)} is.",
            markings=(scene.said_marking(name), scene.said_marking(better)) if drawn else (scene.said_marking(name),),
            at=_middle(scene, name),
            mend=SwapMarkings(scene.said_marking(name), scene.said_marking(better), scene.instance.id),
        )


def _rule(name: str, better: str) -> Rule:
    return Rule.SEGMENT if better == MARKINGS[name].mirror else Rule.RENAMED


def _middle(scene: Scene, name: str) -> tuple[float, float]:
    return scene.pixel(scene.evidence.markings[name].mean(axis=0))


def _is_elsewhere(scene: Scene, name: str, off: float) -> bool:
    """Whether clicks lie clearly off the painted stretch: beside it, or beyond its ends by metres too."""
    if scene.trusted is None or off <= BEYOND:
        return False
    marking = MARKINGS[name]
    if scene.misfits[name] > FAR or not marking.on_ground:
        return True
    places = scene.ground(scene.evidence.markings[name])
    if marking.is_round:
        inside = np.abs(places[:, 0]) > PENALTY_AREA[0] + INSIDE
        return bool(inside.sum() > 1)
    start, end = np.array(marking.start[:2]), np.array(marking.end[:2])
    length = float(np.linalg.norm(end - start))
    along = (places - start) @ (end - start) / length
    beyond = np.maximum(-along, along - length)
    return bool(not np.isfinite(beyond).all() or beyond.max() > ELSEWHERE)


def _better_name(scene: Scene, name: str, off: float) -> str | None:
    """The other marking that the clicks lie on; one that is drawn already only where both would fit exchanged."""
    clicks, marking = scene.evidence.markings[name], MARKINGS[name]
    alike = [other for other, m in MARKINGS.items() if other != name and m.is_round == marking.is_round]
    aways = {other: scene.off_curve(clicks, other) for other in alike}
    for other in sorted(aways, key=lambda key: aways[key]):
        if aways[other] > min(BELONGS, GAIN * off):
            return None
        drawn = scene.evidence.markings.get(other)
        if drawn is None:
            return other
        own = scene.off_curve(drawn, other)
        if scene.off_curve(drawn, name) <= max(BELONGS, EXCHANGED * own) and own > BELONGS:
            return other
    return None


def _beyond(scene: Scene, name: str) -> Finding:
    """Clicks in the direction of the marking, but not where it is painted."""
    marking = MARKINGS[name]
    if marking.kind is MarkingKind.ARC:
        text = f"{plain_marking(name)} is drawn inside the penalty area; only the arc outside it is painted."
        rule = Rule.ARC_SIDE
    else:
        off = scene.off_curve(scene.evidence.markings[name], name)
        where = scene.px(off) if off < NOWHERE else "far"
        text = f"{plain_marking(name)} is drawn {where} beyond the painted part of that line."
        rule = Rule.SEGMENT
    mend = RemoveMarking(scene.said_marking(name), scene.instance.id)
    return Finding(
        rule, Severity.WARNING, text, markings=(scene.said_marking(name),), at=_middle(scene, name), mend=mend
    )


def off_the_rest(scene: Scene) -> Iterator[Finding]:
    """Markings, or single clicks of them, that lie far from where everything else puts them."""
    for name in scene.evidence.markings:
        standing = scene.standings.get(name)
        if standing is None:
            continue
        clicks = scene.evidence.markings[name]
        lone = len(clicks) > 2 and standing.click_distance > FAR and standing.click_excess > CLICK_UNLIKELY
        whole = standing.distance > FAR and standing.excess > UNLIKELY
        if not lone and not whole:
            continue
        lone = lone and (not whole or standing.click_distance > 1.5 * standing.distance)
        off = standing.click_distance if lone else standing.distance
        what = f"A point of {plain_marking(name)}" if lone else plain_marking(name)
        yield Finding(
            Rule.OUTLIER,
            Severity.ERROR if off > GRAVE else Severity.WARNING,
            f"{what} lies {scene.px(off)} from where everything else puts it.",
            markings=(scene.said_marking(name),),
            at=scene.pixel(clicks[standing.click]),
            mend=_removal(scene, name, standing.click, lone=lone),
        )


def _removal(scene: Scene, name: str, click: int, *, lone: bool) -> Mend:
    said = scene.said_marking(name)
    if lone:
        at = np.array(scene.pixel(scene.evidence.markings[name][click]))
        position = min(
            scene.instance.markings[said],
            key=lambda xy: float(np.nan_to_num(np.hypot(*(np.array(xy) - at)), nan=np.inf)),
        )
        return RemoveClick(said, position, scene.instance.id)
    return RemoveMarking(said, scene.instance.id)


def arc_side(scene: Scene) -> Iterator[Finding]:
    """Penalty arcs on the goal's side of the sixteen metre line, told from the drawn lines alone."""
    for side in ("left", "right"):
        arc, main = scene.evidence.markings.get(f"Circle {side}"), scene.evidence.markings.get(f"Big rect. {side} main")
        line = fit_line(main) if main is not None else None
        if arc is None or line is None:
            continue
        votes = 0
        for name, clicks in scene.evidence.markings.items():
            towards = _towards_goal(MARKINGS[name], side)
            if towards:
                votes += towards * int(np.sign((clicks @ line.line[:2] + line.line[2]).sum()))
        own = arc @ line.line[:2] + line.line[2]
        if abs(votes) >= 2 and float(np.median(own)) * votes > 0.0 and abs(float(np.median(own))) > FAR:
            yield Finding(
                Rule.ARC_SIDE,
                Severity.ERROR,
                f"{plain_marking(f'Circle {side}')} lies on the goal's side of the penalty area's front line.",
                markings=(scene.said_marking(f"Circle {side}"),),
                at=_middle(scene, f"Circle {side}"),
                mend=RemoveMarking(scene.said_marking(f"Circle {side}"), scene.instance.id),
            )


def _towards_goal(marking: Marking, side: str) -> int:
    """1 for a ground marking wholly on the goal's side of a sixteen metre line, -1 wholly beyond it, else 0."""
    sign = -1.0 if side == "left" else 1.0
    xs = [sign * end[0] for end in (marking.start, marking.end)]
    if marking.is_round or not marking.on_ground:
        return 0
    if min(xs) >= PENALTY_AREA[0]:
        return int(max(xs) > PENALTY_AREA[0])
    return -int(max(xs) < PENALTY_AREA[0])


def above_horizon(scene: Scene) -> Iterator[Finding]:
    """Ground points and clicks above the horizon of the trusted solution."""
    if scene.trusted is None:
        return
    ground = scene.evidence.ground_only()
    for name, place in ground.points.items():
        if not np.isfinite(scene.ground(place[None])).all():
            yield _over(scene, (name,), (), place)
    for name, clicks in ground.markings.items():
        over = ~np.isfinite(scene.ground(clicks)).all(axis=1)
        if over.any():
            yield _over(scene, (), (scene.said_marking(name),), clicks[over][0])


def _over(scene: Scene, keypoints: tuple[str, ...], markings: tuple[str, ...], place: Array) -> Finding:
    who = title(keypoints[0]) if keypoints else f"A point of {plain_marking(markings[0])}"
    mend: Mend = (
        GiveBack(keypoints[0], scene.instance.id) if keypoints else RemoveMarking(markings[0], scene.instance.id)
    )
    return Finding(
        Rule.ABOVE_HORIZON,
        Severity.ERROR,
        f"{who} lies above the horizon, where there is no ground.",
        keypoints=keypoints,
        markings=markings,
        at=scene.pixel(place),
        mend=mend,
    )
