"""Accepted frames as samples of the network's training set: what is taught, what is masked, and which split.

A keypoint that a person put in the frame, or that geometry knows well, is taught as visible or occluded. It is taught
as absent only where a person said so or where it certainly lies outside the frame. All else is masked: that nobody
knows of a point is no reason to teach that it is not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from annotator.camera import SolutionKind
from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import Instance, Visibility
from annotator.pitch import KEYPOINTS, behind_goal_mirror

LARGEST_SD = 5.0
"""Pixels of a 960 wide frame: a point that geometry knows less surely is masked."""

CERTAINLY = 3.0
"""A point is outside when it lies this many standard deviations beyond the edge, and ``EDGE`` pixels at least."""

EDGE = 2.0
SHARES = {"train": 0.8, "val": 0.2}
MIRROR_RULES: Mapping[str, tuple[int, ...]] = {"behind-goal": behind_goal_mirror()}
_WORLDS = np.array([point.world for point in KEYPOINTS.values()])


@dataclass(frozen=True)
class Teaching:
    """What one frame teaches.

    ``points`` maps a name to (x, y, state), pixels and 1 (occluded) or 2 (visible); ``unknown`` names are masked; all
    others are taught as absent. ``sd`` holds the standard deviations, in pixels, of points known through geometry.
    """

    points: Mapping[str, tuple[float, float, int]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    sd: Mapping[str, float] = field(default_factory=dict)

    @property
    def absent(self) -> frozenset[str]:
        """Names taught as not in the frame."""
        return frozenset(KEYPOINTS) - frozenset(self.points) - self.unknown


def teaching(instance: Instance, resolved: Resolved, size: tuple[int, int]) -> Teaching:
    """What a frame of ``size`` (width, height) teaches, resolved from the labels alone, without a prediction."""
    return teaching_of(instance, resolved.keypoints, certainly_outside(resolved, size), size)


def teaching_of(
    instance: Instance, keypoints: Mapping[str, Keypoint], beyond: frozenset[str], size: tuple[int, int]
) -> Teaching:
    """As `teaching`, from the keypoints that have a position and the names that are certainly outside."""
    limit = LARGEST_SD * size[0] / 960.0
    points: dict[str, tuple[float, float, int]] = {}
    unknown: set[str] = set()
    sd: dict[str, float] = {}
    for name in KEYPOINTS:
        point = keypoints.get(name, Keypoint(name))
        said = instance.keypoints.get(name)
        if said is not None and said.visibility is Visibility.ABSENT:
            continue
        if point.position is not None and point.inside and _is_sure(point, limit):
            state = 1 if point.visibility is Visibility.OCCLUDED else 2
            points[name] = (*point.position, state)
            if point.sd is not None:
                sd[name] = point.sd
        elif point.position is not None:
            if not _is_outside(point.position, point.sd or 0.0, size):
                unknown.add(name)
        elif name not in beyond:
            unknown.add(name)
    return Teaching(points, frozenset(unknown), sd)


def _is_sure(point: Keypoint, limit: float) -> bool:
    if point.source is Source.PLACED:
        return True
    return point.source is not Source.PREDICTED and point.sd is not None and point.sd <= limit


def _is_outside(position: tuple[float, float], sd: float, size: tuple[int, int]) -> bool:
    margin = max(EDGE, CERTAINLY * sd)
    beyond = max(-0.5 - position[0], position[0] - size[0] + 0.5, -0.5 - position[1], position[1] - size[1] + 0.5)
    return beyond > margin


def certainly_outside(resolved: Resolved, size: tuple[int, int]) -> frozenset[str]:
    """Keypoints without a position of which the trusted solution still says that they are not in the frame.

    Behind a fitted camera is outside; beyond the horizon of a mere homography may be an error of its few points.
    """
    solution = resolved.solution
    if solution is None or not resolved.is_determined:
        return frozenset()
    with np.errstate(all="ignore"):
        pixels, deviations = solution.seen(_WORLDS)
        reached = solution.reaches(_WORLDS)
    found: set[str] = set()
    for n, name in enumerate(KEYPOINTS):
        if not reached[n]:
            continue
        x, y, deviation = float(pixels[n, 0]), float(pixels[n, 1]), float(deviations[n])
        if not np.isfinite([x, y]).all():
            if solution.kind is SolutionKind.CAMERA:
                found.add(name)
        elif np.isfinite(deviation) and _is_outside((x, y), deviation, size):
            found.add(name)
    return frozenset(found)


def group_of(name: str, media: Path, *, is_video: bool) -> str:
    """The group of a frame, which no split may separate: its video, or the top folder it lies in."""
    parts = PurePosixPath(name).parts
    if is_video or len(parts) == 1:
        return media.name
    return f"{media.name}/{parts[0]}"


def splits_of(groups: Mapping[str, int], *, seed: int = 0, shares: Mapping[str, float] = SHARES) -> dict[str, str]:
    """The split of every group, from a hash of its name: a group keeps its split whatever others join.

    Parameters
    ----------
    groups
        Number of frames by group.
    shares
        Parts of a whole by split.

    Returns
    -------
    dict
        Split by group. Where the hash would leave ``train`` empty everything is in ``train``.
    """
    total = sum(shares.values())
    if not shares or min(shares.values()) < 0 or total <= 0:
        raise ValueError(f"these are no shares: {dict(shares)}")
    chosen: dict[str, str] = {}
    for group in sorted(groups):
        digest = hashlib.sha256(f"{seed}:{group}".encode()).digest()
        drawn, reached = int.from_bytes(digest[:8], "big") / 2**64 * total, 0.0
        for split, share in shares.items():
            reached += share
            if drawn < reached or split == list(shares)[-1]:
                chosen[group] = split
                break
    if "train" in shares and "train" not in chosen.values():
        return dict.fromkeys(chosen, "train")
    return chosen
