"""A keypoint scheme as a value: which named points an annotation has and how they belong together.

Sources of the constants: COCO keypoint evaluation (cocodataset.org, ``pycocotools.cocoeval``); Andriluka et al., *2D
Human Pose Estimation: New Benchmark and State of the Art Analysis*, CVPR 2014 (MPII).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Scheme:
    """Named keypoints of one kind of thing, in the order that files and networks use.

    Parameters
    ----------
    id : str
        Short identifier written into files, such as ``"pitch-57"``.
    title : str
        What a person reads.
    keypoints : tuple of str
        Unique names; their position is their channel.
    mirror : tuple of int
        ``mirror[i]`` is the keypoint that point ``i`` becomes in a left-right mirrored image.
    edges : tuple of (str, str)
        Pairs of names joined by a line when the scheme is drawn.
    sigmas : tuple of float
        Per-point OKS constants; empty when the scheme has none.
    permutations : mapping of str to tuple of int
        Further symmetries by name, such as ``"rot180"``.
    head, torso : tuple of (str, str), optional
        The two points whose distance is the head segment (of PCKh) and the torso's diameter (of PDJ); None when the
        scheme has none.
    apart : tuple of str
        Names that published means of PCKh leave out.

    Raises
    ------
    ValueError
        If names repeat, or a permutation is not one, or an edge, a segment or ``apart`` names an unknown point.
    """

    id: str
    title: str
    keypoints: tuple[str, ...]
    mirror: tuple[int, ...]
    edges: tuple[tuple[str, str], ...] = ()
    sigmas: tuple[float, ...] = ()
    permutations: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    head: tuple[str, str] | None = None
    torso: tuple[str, str] | None = None
    apart: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a scheme that contradicts itself."""
        if len(set(self.keypoints)) != len(self.keypoints):
            raise ValueError(f"scheme {self.id}: keypoint names repeat")
        count = len(self.keypoints)
        for title, permutation in {"mirror": self.mirror, **self.permutations}.items():
            if sorted(permutation) != list(range(count)):
                raise ValueError(f"scheme {self.id}: {title} is not a permutation of {count} keypoints")
        known = set(self.keypoints)
        for a, b in self.edges:
            if a not in known or b not in known:
                raise ValueError(f"scheme {self.id}: edge {a} - {b} names an unknown keypoint")
        segments = [name for pair in (self.head, self.torso) if pair is not None for name in pair]
        for name in (*segments, *self.apart):
            if name not in known:
                raise ValueError(f"scheme {self.id}: {name} is an unknown keypoint")
        if self.sigmas and len(self.sigmas) != count:
            raise ValueError(f"scheme {self.id}: {len(self.sigmas)} sigmas for {count} keypoints")

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Channel of every keypoint by its name."""
        return {name: i for i, name in enumerate(self.keypoints)}

    def __len__(self) -> int:
        return len(self.keypoints)


def _mirrored(names: tuple[str, ...]) -> tuple[int, ...]:
    """The permutation that exchanges ``left_`` and ``right_`` names."""
    other = {"left_": "right_", "right_": "left_"}
    found = []
    for name in names:
        side = next((s for s in other if name.startswith(s)), "")
        found.append(names.index(other[side] + name.removeprefix(side)) if side else names.index(name))
    return tuple(found)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """``"a b, c d"`` as pairs of names."""
    return tuple((a, b) for a, b in (pair.split() for pair in text.split(",")))


_COCO_NAMES = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip

COCO_17 = Scheme(
    id="coco-17",
    title="COCO person, 17 points",
    keypoints=_COCO_NAMES,
    mirror=_mirrored(_COCO_NAMES),
    edges=_pairs(
        "left_ankle left_knee, left_knee left_hip, right_ankle right_knee, right_knee right_hip, left_hip right_hip,"
        "left_shoulder left_hip, right_shoulder right_hip, left_shoulder right_shoulder, left_shoulder left_elbow,"
        "right_shoulder right_elbow, left_elbow left_wrist, right_elbow right_wrist, left_eye right_eye, nose left_eye,"
        "nose right_eye, left_eye left_ear, right_eye right_ear, left_ear left_shoulder, right_ear right_shoulder"
    ),
    sigmas=(
        0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089,
        0.089,
    ),
    torso=("left_shoulder", "right_hip"),
)  # fmt: skip
"""No head segment: COCO has neither neck nor top of the head."""

_MPII_NAMES = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax", "upper_neck",
    "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
)  # fmt: skip

MPII_16 = Scheme(
    id="mpii-16",
    title="MPII person, 16 points",
    keypoints=_MPII_NAMES,
    mirror=_mirrored(_MPII_NAMES),
    edges=_pairs(
        "right_ankle right_knee, right_knee right_hip, right_hip pelvis, pelvis left_hip, left_hip left_knee,"
        "left_knee left_ankle, pelvis thorax, thorax upper_neck, upper_neck head_top, thorax right_shoulder,"
        "right_shoulder right_elbow, right_elbow right_wrist, thorax left_shoulder, left_shoulder left_elbow,"
        "left_elbow left_wrist"
    ),
    sigmas=(
        0.089, 0.087, 0.107, 0.107, 0.087, 0.089, 0.107, 0.079, 0.079, 0.035, 0.062, 0.072, 0.079, 0.079, 0.072, 0.062,
    ),
    head=("upper_neck", "head_top"),
    torso=("left_shoulder", "right_hip"),
    apart=("pelvis", "thorax"),
)  # fmt: skip
"""MPII publishes no sigmas. These are COCO's of the same joints; pelvis as a hip, thorax and neck as a shoulder, the
top of the head as an ear."""

PERSON_SCHEMES = {scheme.id: scheme for scheme in (COCO_17, MPII_16)}
