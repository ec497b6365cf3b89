"""The edits that mend a label, as values: labels in, labels out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from annotator.evidence import marking_name
from annotator.labels import (
    FrameLabels,
    Instance,
    Point,
    Visibility,
    give_back,
    remove_marking_point,
    set_marking,
    set_visibility,
)
from annotator.pitch import KEYPOINTS, MARKINGS, PITCH_57
from annotator.plain_names import plain_marking

T = TypeVar("T")


class Symmetry(Enum):
    """How all names of the pitch may be exchanged at once."""

    MIRROR = "left and right"
    HALF_TURN = "both ends"
    UPSIDE_DOWN = "top and bottom"


def keypoint_turned(name: str, symmetry: Symmetry) -> str:
    """The name that a keypoint has after a symmetry of the pitch; a name it does not know stays."""
    if name not in KEYPOINTS:
        return name
    names, index = PITCH_57.keypoints, PITCH_57.index[name]
    half = PITCH_57.permutations["rot180"]
    if symmetry is Symmetry.MIRROR:
        return names[PITCH_57.mirror[index]]
    if symmetry is Symmetry.HALF_TURN:
        return names[half[index]]
    return names[half[PITCH_57.mirror[index]]]


def marking_turned(said: str, symmetry: Symmetry) -> str:
    """The name that a marking has after a symmetry of the pitch; a name it does not know stays."""
    name = marking_name(said)
    if name is None:
        return said
    if symmetry is Symmetry.MIRROR:
        return MARKINGS[name].mirror
    if symmetry is Symmetry.HALF_TURN:
        return MARKINGS[name].rot180
    return MARKINGS[MARKINGS[name].mirror].rot180


def instance_turned(instance: Instance, symmetry: Symmetry) -> Instance:
    """The instance with all its names exchanged; what was said stays where it is."""
    keypoints = {keypoint_turned(name, symmetry): said for name, said in instance.keypoints.items()}
    markings = {marking_turned(name, symmetry): xy for name, xy in instance.markings.items()}
    unchecked = frozenset(marking_turned(name, symmetry) for name in instance.unchecked)
    carried = frozenset(marking_turned(name, symmetry) for name in instance.carried)
    return replace(instance, keypoints=keypoints, markings=markings, unchecked=unchecked, carried=carried)


@dataclass(frozen=True)
class TurnNames:
    """Exchange all names of the frame at once."""

    symmetry: Symmetry
    instance: int = 0

    @property
    def text(self) -> str:
        """What it does, for a button."""
        return f"Exchange {self.symmetry.value} in all names"

    def __call__(self, labels: FrameLabels) -> FrameLabels:
        """The labels with it done."""
        return labels.with_instance(instance_turned(labels.instance(self.instance), self.symmetry))


@dataclass(frozen=True)
class SwapKeypoints:
    """Exchange what is said of two keypoints."""

    first: str
    second: str
    instance: int = 0

    @property
    def text(self) -> str:
        """What it does, for a button."""
        return f"Swap {title(self.first)} and {title(self.second)}"

    def __call__(self, labels: FrameLabels) -> FrameLabels:
        """The labels with it done."""
        target = labels.instance(self.instance)
        return labels.with_instance(replace(target, keypoints=_exchanged(target.keypoints, self.first, self.second)))


@dataclass(frozen=True)
class SwapMarkings:
    """Exchange the points of two markings; renaming is a swap with one that is not drawn."""

    first: str
    second: str
    instance: int = 0

    @property
    def text(self) -> str:
        """What it does, for a button."""
        return f"Rename {plain_marking(self.first)} to {plain_marking(self.second)}"

    def __call__(self, labels: FrameLabels) -> FrameLabels:
        """The labels with it done."""
        target = labels.instance(self.instance)
        markings = _exchanged(target.markings, self.first, self.second)
        unchecked = frozenset(_exchanged(dict.fromkeys(target.unchecked), self.first, self.second))
        carried = frozenset(_exchanged(dict.fromkeys(target.carried), self.first, self.second))
        return labels.with_instance(replace(target, markings=markings, unchecked=unchecked, carried=carried))


@dataclass(frozen=True)
class GiveBack:
    """Take a keypoint away: geometry and network speak for it again."""

    name: str
    instance: int = 0

    @property
    def text(self) -> str:
        """What it does, for a button."""
        return f"Remove {title(self.name)}"

    def __call__(self, labels: FrameLabels) -> FrameLabels:
        """The labels with it done."""
        return give_back(labels, self.name, instance=self.instance)


@dataclass(frozen=True)
class MarkAbsent:
    """Say that a keypoint cannot be seen."""

    name: str
    instance: int = 0

    @property
    def text(self) -> str:
        """What it does, for a button."""
        return f"Mark {title(self.name)} as not visible"

    def __call__(self, labels: FrameLabels) -> FrameLabels:
        """The labels with it done."""
        return set_visibility(labels, self.name, Visibility.ABSENT, instance=self.instance)


@dataclass(frozen=True)
class RemoveClick:
    """Take one point of a drawn marking away; nothing happens when it has moved since."""

    marking: str
    position: Point
    instance: int = 0

    @property
    def text(self) -> str:
        """What it does, for a button."""
        return f"Remove this point of {plain_marking(self.marking)}"

    def __call__(self, labels: FrameLabels) -> FrameLabels:
        """The labels with it done."""
        points = labels.instance(self.instance).markings.get(self.marking, ())
        if self.position not in points:
            return labels
        return remove_marking_point(labels, self.marking, points.index(self.position), instance=self.instance)


@dataclass(frozen=True)
class RemoveMarking:
    """Take a drawn marking away."""

    marking: str
    instance: int = 0

    @property
    def text(self) -> str:
        """What it does, for a button."""
        return f"Remove {plain_marking(self.marking)}"

    def __call__(self, labels: FrameLabels) -> FrameLabels:
        """The labels with it done."""
        return set_marking(labels, self.marking, (), instance=self.instance)


Mend = TurnNames | SwapKeypoints | SwapMarkings | GiveBack | MarkAbsent | RemoveClick | RemoveMarking


def _exchanged(said: Mapping[str, T], first: str, second: str) -> dict[str, T]:
    names = {first: second, second: first}
    return {names.get(name, name): value for name, value in said.items()}


_WORDS = {
    "L": "left",
    "R": "right",
    "T": "top",
    "B": "bottom",
    "TL": "top left",
    "TR": "top right",
    "BL": "bottom left",
    "BR": "bottom right",
    "16M": "16 m",
    "INTERSECTION": "",
    "CENTER": "centre",
}


def title(name: str) -> str:
    """A keypoint's name for people: ``Left penalty area top right corner``."""
    words = " ".join(filter(None, (_WORDS.get(part, part.lower()) for part in name.split("_"))))
    return words[:1].upper() + words[1:]
