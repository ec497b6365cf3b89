"""A keypoint scheme as a value: which named points an annotation has and how they belong together."""

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

    Raises
    ------
    ValueError
        If names repeat, or a permutation is not one, or an edge names an unknown point.
    """

    id: str
    title: str
    keypoints: tuple[str, ...]
    mirror: tuple[int, ...]
    edges: tuple[tuple[str, str], ...] = ()
    sigmas: tuple[float, ...] = ()
    permutations: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

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
        if self.sigmas and len(self.sigmas) != count:
            raise ValueError(f"scheme {self.id}: {len(self.sigmas)} sigmas for {count} keypoints")

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Channel of every keypoint by its name."""
        return {name: i for i, name in enumerate(self.keypoints)}

    def __len__(self) -> int:
        return len(self.keypoints)
