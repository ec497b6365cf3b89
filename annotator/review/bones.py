"""Lengths between points that no other thing of the project has: a limb twice as long as usual is a misplaced joint.

What is usual is learnt from the project itself, for every edge of the scheme: the median of its length relative to the
size of the thing, and the median deviations to either side of it (double MAD), because limbs are often foreshortened
and hardly ever stretched. Source: Rousseeuw & Croux, *Alternatives to the Median Absolute Deviation*, 1993, for the
factor 1.4826 that makes the median deviation a standard deviation.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotator.review.signs import FrameSigns, Kind, Sign

__all__ = ["FEWEST", "with_bones"]

FEWEST = 20
"""Lengths of an edge below which nobody can say what is usual."""
ODD = 4.0
"""Deviations from which on a length is told."""
_LEAST_SPREAD = 0.08
_NORMAL = 1.4826


@dataclass(frozen=True)
class _Usual:
    middle: float
    below: float
    above: float

    def deviations(self, value: float) -> float:
        """How many deviations a logarithm of a length is from the usual."""
        off = value - self.middle
        return off / self.above if off > 0.0 else -off / self.below


def with_bones(frames: Sequence[FrameSigns]) -> list[FrameSigns]:
    """The frames, those with an implausible length with a sign that says so; what they had of it before is found anew.

    The sign's detail is the edge's two names and how many times as long as usual it is, separated by tabs.
    """
    lengths: defaultdict[str, list[float]] = defaultdict(list)
    for frame in frames:
        for edge, values in frame.bones.items():
            lengths[edge] += [value for _, value in values]
    usual = {edge: _usual(np.array(values)) for edge, values in lengths.items() if len(values) >= FEWEST}
    if not usual:
        return list(frames)
    return [_told(frame, usual) if frame.bones else frame for frame in frames]


def _usual(values: NDArray[np.float64]) -> _Usual:
    middle = float(np.median(values))
    below, above = (
        max(_NORMAL * float(np.median(side)) if len(side) else 0.0, _LEAST_SPREAD)
        for side in (middle - values[values <= middle], values[values >= middle] - middle)
    )
    return _Usual(middle, below, above)


def _told(frame: FrameSigns, usual: dict[str, _Usual]) -> FrameSigns:
    odd = []
    for edge, values in frame.bones.items():
        known = usual.get(edge)
        if known is not None:
            odd += [(known.deviations(v), edge, number, v - known.middle) for number, v in values]
    odd = [one for one in odd if one[0] >= ODD]
    others = tuple(sign for sign in frame.signs if sign.kind is not Kind.BONE)
    if not odd:
        return frame if len(others) == len(frame.signs) else replace(frame, signs=others)
    value, edge, number, off = max(odd)
    detail = f"{edge}\t{math.exp(off):.2g}"
    sign = Sign(Kind.BONE, value, edge.partition("\t")[0], len(odd), detail, instance=number)
    return replace(frame, signs=(*others, sign))
