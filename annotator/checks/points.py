"""Rules about placed keypoints: names that belong to another place, points off their line, out of order or doubled."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from annotator.checks.findings import Finding, Rule, Severity
from annotator.checks.mends import GiveBack, MarkAbsent, SwapKeypoints, title
from annotator.checks.scene import Scene
from annotator.geometry import LineFit, fit_line
from annotator.labels import Visibility
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.plain_names import plain_marking

Array = NDArray[np.float64]

FAR = 8.0  # centred units off where the rest has it, and
UNLIKELY = 3.5  # so many times what is to be expected, before a point is named
GRAVE = 20.0
OFF_LINE = 3.0  # centred units beside its own line, beyond three deviations of that line
OFF_BENT_LINE = 6.0  # the same while the lens is not known
SAME_PLACE = 2.0  # pixels of the frame
REACHED = 8.0  # centred units from another name's place at which a point belongs to it
SWAP_GAIN = 0.35  # of the distance that may be left after a swap
BACKWARDS = 3.0  # centred units along a line by which two points stand in the wrong order


@cache
def on_line(marking: str) -> tuple[str, ...]:
    """The keypoints that lie on a straight marking, from its start to its end."""
    start, end = np.array(MARKINGS[marking].start), np.array(MARKINGS[marking].end)
    length = float(np.linalg.norm(end - start))
    found = []
    for name, point in KEYPOINTS.items():
        offset = np.array(point.world) - start
        along = float(offset @ (end - start)) / length
        if -1e-6 <= along <= length + 1e-6 and np.linalg.norm(offset - along * (end - start) / length) < 1e-6:
            found.append((along, name))
    return tuple(name for _, name in sorted(found))


STRAIGHT = tuple(name for name, marking in MARKINGS.items() if not marking.is_round)


def misplaced(scene: Scene) -> Iterator[Finding]:
    """Points far from where everything else has them: swapped, wrongly named, or simply off."""
    suspects = {
        name: standing
        for name, standing in scene.standings.items()
        if name in scene.evidence.points and standing.distance > FAR and standing.excess > UNLIKELY
    }
    explained: set[str] = set()
    for first, second in _swaps(scene, sorted(suspects, key=lambda name: -suspects[name].distance)):
        if not explained & {first, second}:
            explained |= {first, second}
            yield Finding(
                Rule.SWAPPED,
                Severity.ERROR,
                f"{title(first)} and {title(second)} each lie where the other belongs.",
                keypoints=(first, second),
                at=scene.pixel(scene.evidence.points[first]),
                mend=SwapKeypoints(first, second, scene.instance.id),
            )
    for name, standing in suspects.items():
        if name not in explained:
            yield _renamed(scene, name, standing.distance) or _off(scene, name, standing.distance)


def _swaps(scene: Scene, suspects: list[str]) -> list[tuple[str, str]]:
    """Pairs, one of them suspect, that come much nearer to their places when swapped; the greatest gain first."""
    points, places = scene.evidence.points, scene.projected
    found = []
    for first in suspects:
        for second in points:
            if second == first or first not in places or second not in places:
                continue
            before = _apart(points[first], places[first]) + _apart(points[second], places[second])
            after = _apart(points[first], places[second]) + _apart(points[second], places[first])
            apart = _apart(points[first], points[second])
            worst = max(_apart(points[first], places[second]), _apart(points[second], places[first]))
            if after < SWAP_GAIN * before and worst < max(2.0 * REACHED, 0.5 * apart) and apart > REACHED:
                found.append((before - after, first, second))
    return [(first, second) for _, first, second in sorted(found, reverse=True)]


def _apart(first: Array, second: Array) -> float:
    return float(np.hypot(first[0] - second[0], first[1] - second[1]))


def _renamed(scene: Scene, name: str, off: float) -> Finding | None:
    """A point that lies where a name belongs that has no point."""
    place, points = scene.evidence.points[name], scene.evidence.points
    away = {other: _apart(place, at) for other, at in scene.projected.items() if other not in points}
    if not away:
        return None
    best = min(away, key=lambda other: away[other])
    if away[best] > min(REACHED, SWAP_GAIN * off):
        return None
    return Finding(
        Rule.RENAMED,
        Severity.ERROR,
        f"{title(name)} lies where {title(best)} belongs.",
        keypoints=(name,),
        at=scene.pixel(place),
        mend=SwapKeypoints(name, best, scene.instance.id),
    )


def _off(scene: Scene, name: str, off: float) -> Finding:
    return Finding(
        Rule.OUTLIER,
        Severity.ERROR if off > GRAVE else Severity.WARNING,
        f"{title(name)} lies {scene.px(off)} from where everything else puts it.",
        keypoints=(name,),
        at=scene.pixel(scene.evidence.points[name]),
        mend=GiveBack(name, scene.instance.id),
    )


def off_marking(scene: Scene) -> Iterator[Finding]:
    """Points beside the line they belong to: as drawn, or through the other points on it."""
    limit = OFF_LINE if scene.trusted is not None else OFF_BENT_LINE
    for marking in STRAIGHT:
        names = [name for name in on_line(marking) if name in scene.evidence.points]
        if not names:
            continue
        ideal = {name: _ideal(scene, scene.evidence.points[name][None])[0] for name in names}
        clicks = scene.evidence.markings.get(marking)
        line = fit_line(_ideal(scene, clicks)) if clicks is not None else None
        if line is not None:
            offs = {name: _beside(line, ideal[name], limit) for name in names}
        else:
            offs = _beside_each_other(ideal, limit)
        worst = max(offs, key=lambda name: offs[name], default=None)
        if worst is not None and offs[worst] > 0.0:
            whose = "its own line" if clicks is not None else "the line through the other points on it"
            yield Finding(
                Rule.OFF_MARKING,
                Severity.WARNING,
                f"{title(worst)} lies {scene.px(offs[worst])} off {whose}, {plain_marking(marking)}.",
                keypoints=(worst,),
                markings=(scene.said_marking(marking),) if clicks is not None else (),
                at=scene.pixel(scene.evidence.points[worst]),
                mend=GiveBack(worst, scene.instance.id),
            )


def _ideal(scene: Scene, centred: Array) -> Array:
    return scene.lens.ideal(centred / scene.lens.scale + scene.lens.centre)


def _beside(line: LineFit, place: Array, limit: float) -> float:
    """How far a place lies beside a line; 0 when the line's own uncertainty explains it."""
    off = abs(float(line.line[:2] @ place + line.line[2]))
    noise = max(1.0, line.rms) * math.sqrt(line.variance(place))
    return off if off > limit + 3.0 * noise else 0.0


def _beside_each_other(places: dict[str, Array], limit: float) -> dict[str, float]:
    """How far each point lies beside the line through the others; 0 where fewer than three others agree on one."""
    offs: dict[str, float] = {}
    for name, place in places.items():
        rest = np.array([at for other, at in places.items() if other != name])
        line = fit_line(rest) if len(rest) >= 3 else None
        agrees = line is not None and float(np.abs(rest @ line.line[:2] + line.line[2]).max()) <= limit
        offs[name] = _beside(line, place, limit) if line is not None and agrees else 0.0
    return offs


def order(scene: Scene) -> Iterator[Finding]:
    """Points on one line that do not follow each other as on the pitch."""
    for marking in STRAIGHT:
        names = [name for name in on_line(marking) if name in scene.evidence.points]
        if len(names) < 3:
            continue
        line = fit_line(np.array([scene.evidence.points[name] for name in names]))
        if line is None:
            continue
        along = np.array([(scene.evidence.points[name] - line.centre) @ line.direction for name in names])
        along = along * (1.0 if _rising(along) >= 0 else -1.0)
        wrong = [(i, j) for i, j in itertools.combinations(range(len(names)), 2) if along[i] - along[j] > BACKWARDS]
        if not wrong:
            continue
        i, j = min(wrong, key=lambda pair: _backwards(along, pair))
        mended = _backwards(along, (i, j)) == 0
        yield Finding(
            Rule.ORDER,
            Severity.ERROR,
            f"{title(names[i])} and {title(names[j])} are the wrong way round along {plain_marking(marking)}.",
            keypoints=(names[i], names[j]),
            at=scene.pixel(scene.evidence.points[names[i]]),
            mend=SwapKeypoints(names[i], names[j], scene.instance.id) if mended else None,
        )


def _rising(along: Array) -> int:
    return sum(int(np.sign(b - a)) for a, b in itertools.combinations(along.tolist(), 2))


def _backwards(along: Array, pair: tuple[int, int]) -> int:
    """How many pairs stand in the wrong order once two are exchanged."""
    i, j = pair
    swapped = along.copy()
    swapped[i], swapped[j] = along[j], along[i]
    return sum(a - b > BACKWARDS for a, b in itertools.combinations(swapped.tolist(), 2))


def duplicates(scene: Scene) -> Iterator[Finding]:
    """Two names at one place, where the pitch has them apart."""
    limit = SAME_PLACE * scene.lens.scale
    for first, second in itertools.combinations(scene.evidence.points, 2):
        place = scene.evidence.points[first]
        if _apart(place, scene.evidence.points[second]) > limit:
            continue
        places = [scene.projected.get(name) for name in (first, second)]
        if places[0] is not None and places[1] is not None:
            if _apart(places[0], places[1]) <= 3.0 * limit:
                continue
            second, first = sorted((first, second), key=lambda name: _apart(place, scene.projected[name]))
        yield Finding(
            Rule.DUPLICATE,
            Severity.ERROR,
            f"{title(first)} and {title(second)} are at the same place.",
            keypoints=(first, second),
            at=scene.pixel(place),
            mend=GiveBack(first, scene.instance.id) if places[0] is not None else None,
        )


def outside(scene: Scene) -> Iterator[Finding]:
    """Points said to be visible beyond the edge of the frame."""
    width, height = scene.size
    for name, said in scene.instance.keypoints.items():
        if said.visibility is not Visibility.VISIBLE or said.position is None:
            continue
        x, y = said.position
        beyond = max(-0.5 - x, -0.5 - y, x - (width - 0.5), y - (height - 0.5))
        if beyond > 0.0:
            yield Finding(
                Rule.OUTSIDE,
                Severity.WARNING,
                f"{title(name) if name in KEYPOINTS else name} is marked visible {beyond:.0f} px outside the frame.",
                keypoints=(name,),
                at=said.position,
                mend=MarkAbsent(name, scene.instance.id),
            )
