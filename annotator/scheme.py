"""A keypoint scheme as a value: which named points a thing has, how they belong together, what else is asked of it.

The schemes themselves are documents (`annotator.schemes`, ``resources/schemes``), not code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

AttributeValue = float | str
"""What an attribute holds: a number, or text."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Instances(Enum):
    """How many things of a scheme a frame shows: one at most, or any number."""

    ONE = "one"
    MANY = "many"


class Feature(Enum):
    """Rooms of the program that a scheme may open: drawn markings, the camera fitted to them, checks by geometry."""

    MARKINGS = "markings"
    CAMERA = "camera"
    CHECKS = "checks"


class AttributeKind(Enum):
    """What an attribute holds: a number, one of several words, or any text."""

    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"


class AttributeScope(Enum):
    """What an attribute is said of: the whole frame, or each thing in it."""

    FRAME = "frame"
    INSTANCE = "instance"


class Extent(Enum):
    """The length of a thing that PDJ measures by: its torso's diameter, or the longer side of its box."""

    TORSO = "torso"
    BOX = "box"


@dataclass(frozen=True)
class Attribute:
    """Something asked beside the points, such as the number of cards of a packet.

    ``range`` (smallest and largest) and ``step`` belong to numbers, a step of 1 meaning whole ones; ``choices`` to a
    choice. ``default`` is what a person is offered first and is never stored by itself.

    Raises
    ------
    ValueError
        If the range is empty, a choice has no words, or the default is not allowed.
    """

    name: str
    title: str
    kind: AttributeKind
    scope: AttributeScope = AttributeScope.FRAME
    range: tuple[float, float] | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    default: AttributeValue | None = None

    def __post_init__(self) -> None:
        """Refuse an attribute that contradicts itself."""
        if not self.name:
            raise ValueError("an attribute has no name")
        if self.range is not None and not self.range[0] <= self.range[1]:
            raise ValueError(f"attribute {self.name}: its range {self.range[0]:g} to {self.range[1]:g} is empty")
        if self.step is not None and not self.step > 0:
            raise ValueError(f"attribute {self.name}: its step {self.step:g} is not above 0")
        if self.kind is AttributeKind.CHOICE and not self.choices:
            raise ValueError(f"attribute {self.name}: it has no choices")
        if self.default is not None:
            self.checked(self.default)

    def checked(self, value: AttributeValue) -> AttributeValue:
        """The value as it is stored, a number as float.

        Raises
        ------
        ValueError
            If it is of another kind, out of range, between two steps or none of the choices.
        """
        if self.kind is not AttributeKind.NUMBER:
            if not isinstance(value, str) or (self.kind is AttributeKind.CHOICE and value not in self.choices):
                wanted = f"one of {', '.join(self.choices)}" if self.choices else "text"
                raise ValueError(f"attribute {self.name}: {value!r} is not {wanted}")
            return value
        if isinstance(value, bool | str) or not math.isfinite(value):
            raise ValueError(f"attribute {self.name}: {value!r} is not a number")
        if self.range is not None and not self.range[0] <= value <= self.range[1]:
            raise ValueError(f"attribute {self.name}: {value:g} is not from {self.range[0]:g} to {self.range[1]:g}")
        if self.step is not None:
            steps = (value - (self.range[0] if self.range is not None else 0.0)) / self.step
            if abs(steps - round(steps)) > 1e-6:
                raise ValueError(f"attribute {self.name}: {value:g} is not a multiple of {self.step:g}")
        return float(value)


@dataclass(frozen=True)
class Group:
    """Keypoints that share a colour, such as those of the left side; ``colour`` is ``#rrggbb``."""

    title: str
    colour: str
    keypoints: tuple[str, ...]


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
    version : int
        The scheme's own version, counted up when its points change.
    thing : str
        What one instance is, as files name their category: "pitch", "person".
    instances : Instances
        Whether a frame shows one or many.
    attributes : tuple of Attribute
        What is asked beside the points.
    features : frozenset of Feature
        The rooms it opens; none for people.
    groups, colours
        Colours of groups of keypoints, and of single ones by name, which go before those of their group.
    extent : Extent
        The length that PDJ measures by.
    extra : mapping
        Keys of a later program, carried along.

    Raises
    ------
    ValueError
        If names repeat, or a permutation is not one, or anything names an unknown point or a colour that is none.
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
    version: int = 1
    thing: str = "thing"
    instances: Instances = Instances.ONE
    attributes: tuple[Attribute, ...] = ()
    features: frozenset[Feature] = frozenset()
    groups: tuple[Group, ...] = ()
    colours: Mapping[str, str] = field(default_factory=dict)
    extent: Extent = Extent.TORSO
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a scheme that contradicts itself."""
        if len(set(self.keypoints)) != len(self.keypoints):
            raise ValueError(f"scheme {self.id}: keypoint names repeat")
        count = len(self.keypoints)
        for title, permutation in {"mirror": self.mirror, **self.permutations}.items():
            if sorted(permutation) != list(range(count)):
                raise ValueError(f"scheme {self.id}: {title} is not a permutation of {count} keypoints")
        if any(self.mirror[self.mirror[i]] != i for i in range(count)):
            raise ValueError(f"scheme {self.id}: a keypoint's mirror is not mirrored back to it")
        known = set(self.keypoints)
        for a, b in self.edges:
            if a not in known or b not in known:
                raise ValueError(f"scheme {self.id}: edge {a} - {b} names an unknown keypoint")
        segments = [name for pair in (self.head, self.torso) if pair is not None for name in pair]
        grouped = [name for group in self.groups for name in group.keypoints]
        for name in (*segments, *self.apart, *grouped, *self.colours):
            if name not in known:
                raise ValueError(f"scheme {self.id}: {name} is an unknown keypoint")
        self._check_sigmas()
        self._check_looks()

    def _check_sigmas(self) -> None:
        if self.sigmas and len(self.sigmas) != len(self.keypoints):
            raise ValueError(f"scheme {self.id}: {len(self.sigmas)} sigmas for {len(self.keypoints)} keypoints")
        if not all(sigma > 0 for sigma in self.sigmas):
            raise ValueError(f"scheme {self.id}: a sigma is not above 0")

    def _check_looks(self) -> None:
        for colour in (*(group.colour for group in self.groups), *self.colours.values()):
            if not _COLOUR.fullmatch(colour):
                raise ValueError(f"scheme {self.id}: {colour!r} is no colour such as #3366cc")
        names = [attribute.name for attribute in self.attributes]
        if len(set(names)) != len(names):
            raise ValueError(f"scheme {self.id}: attribute names repeat")

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Channel of every keypoint by its name."""
        return {name: i for i, name in enumerate(self.keypoints)}

    @cached_property
    def mirrored(self) -> Mapping[str, str]:
        """The name that every keypoint has in a mirrored image."""
        return {name: self.keypoints[self.mirror[i]] for i, name in enumerate(self.keypoints)}

    def __len__(self) -> int:
        return len(self.keypoints)

    def colour(self, name: str) -> str | None:
        """The colour of a keypoint as ``#rrggbb``: its own, else that of its group; None where it has none."""
        own = self.colours.get(name)
        return own or next((group.colour for group in self.groups if name in group.keypoints), None)

    def attributes_of(self, scope: AttributeScope) -> tuple[Attribute, ...]:
        """What is asked of a frame, or of each instance, in order."""
        return tuple(one for one in self.attributes if one.scope is scope)

    @property
    def is_many(self) -> bool:
        """True when a frame may show several instances."""
        return self.instances is Instances.MANY

    @property
    def has_football(self) -> bool:
        """True when markings are drawn and geometry speaks for points."""
        return Feature.MARKINGS in self.features
