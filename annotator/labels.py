"""What a person said of one frame, and the edits: labels in, labels out.

Every value here is frozen. Nothing that can be derived is kept: a crossing of two drawn lines is resolved
anew whenever it is asked for (``annotator.keypoints``), so it can never be stale. Positions are pixels of the
frame, x then y, as floats; (0, 0) is the centre of the top-left pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from annotator.scheme import AttributeValue

Point = tuple[float, float]
BOX = "box"
"""Stands among the markings that a machine brought for the box of a thing, where that was brought."""


class Visibility(Enum):
    """Whether a keypoint can be seen. The values are COCO's v."""

    ABSENT = 0
    OCCLUDED = 1
    VISIBLE = 2


class Origin(Enum):
    """How a placed point came to be where it is."""

    HAND = "hand"
    ACCEPTED = "accepted"
    IMPORTED = "imported"
    PROPAGATED = "propagated"


class How(Enum):
    """How labels came from the frames that they were carried from."""

    MOTION = "motion"
    INTERPOLATED = "interpolated"


@dataclass(frozen=True)
class Carried:
    """The link of what a machine carried into a frame to the key frames that it came from.

    ``frames`` are the names of the key frames as the project lists them (``clip.mp4#000012``), the nearest first;
    ``sd`` is the standard deviation in pixels to be expected of what was carried.
    """

    frames: tuple[str, ...]
    how: How = How.MOTION
    sd: float = 0.0


@dataclass(frozen=True)
class KeypointLabel:
    """What a person said of one keypoint: where it is, whether it can be seen, or either alone.

    ``position`` None with a visibility means: wherever it is resolved to be, it is visible, occluded or absent.
    """

    position: Point | None = None
    visibility: Visibility | None = None
    origin: Origin = Origin.HAND


@dataclass(frozen=True)
class Instance:
    """One labelled thing in a frame: the pitch, or one person of several.

    ``keypoints`` holds only the points about which something was said; ``markings`` maps a marking's name to the
    points clicked along it, in the order they were clicked. ``unchecked`` names the markings whose points were read off
    a placed pitch: they say where that was, not what is to be seen, until paint or a hand has spoken.

    ``carried`` names the markings that a machine brought here from other frames, as keypoints of ``Origin.PROPAGATED``
    are, and `BOX` where the box was; a hand that touches one makes it a person's. ``link`` says from where; it goes
    when nothing carried is left.

    ``attributes`` holds what a scheme asks beside the points, by name; ``accepted`` those of them that are a network's
    as they were taken over, for as long as they are still so; ``foreign`` what an imported file said beyond our words,
    by format, so that it can be written back.
    """

    id: int = 0
    keypoints: Mapping[str, KeypointLabel] = field(default_factory=dict)
    markings: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    box: tuple[float, float, float, float] | None = None
    unchecked: frozenset[str] = frozenset()
    carried: frozenset[str] = frozenset()
    link: Carried | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    foreign: Mapping[str, Any] = field(default_factory=dict)
    accepted: Mapping[str, AttributeValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What is not drawn needs no check and was not carried; what holds nothing carried has no link."""
        _keep_accepted(self)
        if not self.unchecked <= self.markings.keys():
            object.__setattr__(self, "unchecked", self.unchecked & self.markings.keys())
        held = self.markings.keys() if self.box is None else {*self.markings, BOX}
        if not self.carried <= held:
            object.__setattr__(self, "carried", self.carried & held)
        if self.link is not None and not self.holds_carried:
            object.__setattr__(self, "link", None)

    @property
    def holds_carried(self) -> bool:
        """True when a machine brought anything of it here that no hand has touched since."""
        return bool(self.carried) or any(said.origin is Origin.PROPAGATED for said in self.keypoints.values())

    @property
    def own_box(self) -> tuple[float, float, float, float] | None:
        """The box that a person drew or took over; None where there is none but what a machine brought."""
        return None if BOX in self.carried else self.box

    @property
    def is_empty(self) -> bool:
        """True when nothing was said of it; a number that a person gave says nothing without a thing that has it."""
        foreign = self.foreign.keys() - {"touchline"}
        return not (self.keypoints or self.markings or self.attributes or foreign) and self.box is None


def _keep_accepted(said: Instance | FrameLabels) -> None:
    """Of what was taken over from a network only what is still said so."""
    if said.accepted and not said.accepted.items() <= said.attributes.items():
        kept = {name: value for name, value in said.accepted.items() if said.attributes.get(name) == value}
        object.__setattr__(said, "accepted", kept)


@dataclass(frozen=True)
class FrameLabels:
    """Everything a person said of one frame; what is beside ``instances`` is of the frame as a whole, and as theirs."""

    instances: tuple[Instance, ...] = (Instance(),)
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    foreign: Mapping[str, Any] = field(default_factory=dict)
    accepted: Mapping[str, AttributeValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A value that is another one now was not taken over."""
        _keep_accepted(self)

    @property
    def pitch(self) -> Instance:
        """The first instance; a pitch scheme has just this one."""
        return self.instances[0] if self.instances else Instance()

    @property
    def is_empty(self) -> bool:
        """True when nothing was said of the frame."""
        return all(instance.is_empty for instance in self.instances) and not self.attributes

    def instance(self, number: int) -> Instance:
        """The instance with this id; an empty one with that id when there is none."""
        return next((i for i in self.instances if i.id == number), Instance(id=number))

    def with_instance(self, instance: Instance) -> FrameLabels:
        """The labels with this instance in place of the one with the same id, or added."""
        others = [instance if i.id == instance.id else i for i in self.instances]
        if all(i.id != instance.id for i in self.instances):
            others.append(instance)
        return replace(self, instances=tuple(others))


EMPTY = FrameLabels()


class Decision(Enum):
    """What a reviewer decided about a frame."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    LOOK_AGAIN = "look-again"


@dataclass(frozen=True)
class Note:
    """A remark pinned to a keypoint or a marking, or to a place in the frame (pixels); who made it, where known."""

    text: str
    about: str = ""
    at: Point | None = None
    author: str = ""


@dataclass(frozen=True)
class Review:
    """A reviewer's decision about a frame, why it was rejected or needs a second look, and remarks.

    ``comment`` is about the frame as a whole, ``notes`` are pinned; ``by`` decided, ``confirmed_by`` looked at the
    decision as a second reviewer and agreed. Names are empty where nobody gave one.
    """

    decision: Decision = Decision.OPEN
    reason: str = ""
    comment: str = ""
    by: str = ""
    confirmed_by: str = ""
    notes: tuple[Note, ...] = ()

    def decided(self, decision: Decision, *, reason: str = "", by: str = "") -> Review:
        """The review with another decision; remarks stay, and nobody has confirmed it yet."""
        return replace(self, decision=decision, reason=reason, by=by, confirmed_by="")


@dataclass(frozen=True)
class FrameRecord:
    """All that persons said of a frame: what is stored, and the unit that undo exchanges."""

    labels: FrameLabels = EMPTY
    review: Review = Review()


class FrameState(Enum):
    """Where a frame stands on its way; follows from its record and its prediction, and is never set."""

    UNSEEN = "unseen"
    PREDICTED = "predicted"
    DRAFT = "draft"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    LOOK_AGAIN = "look-again"


def frame_state(record: FrameRecord, *, predicted: bool) -> FrameState:
    """The state of a frame with this record; ``predicted`` says whether a prediction is stored for it."""
    if record.review.decision is Decision.ACCEPTED:
        return FrameState.ACCEPTED
    if record.review.decision is Decision.REJECTED:
        return FrameState.REJECTED
    if record.review.decision is Decision.LOOK_AGAIN:
        return FrameState.LOOK_AGAIN
    if not record.labels.is_empty:
        return FrameState.DRAFT
    return FrameState.PREDICTED if predicted else FrameState.UNSEEN


def _edit_keypoint(labels: FrameLabels, name: str, said: KeypointLabel | None, instance: int) -> FrameLabels:
    target = labels.instance(instance)
    keypoints = dict(target.keypoints)
    if said is None or said == KeypointLabel(origin=said.origin):
        keypoints.pop(name, None)
    else:
        keypoints[name] = said
    return labels.with_instance(replace(target, keypoints=keypoints))


def place(
    labels: FrameLabels, name: str, position: Point, *, origin: Origin = Origin.HAND, instance: int = 0
) -> FrameLabels:
    """The labels with keypoint ``name`` placed at ``position``; an absent one becomes visible, other states stay."""
    before = labels.instance(instance).keypoints.get(name, KeypointLabel())
    visibility = before.visibility
    if visibility in (None, Visibility.ABSENT):
        visibility = Visibility.VISIBLE
    xy = (float(position[0]), float(position[1]))
    return _edit_keypoint(labels, name, KeypointLabel(xy, visibility, origin), instance)


def set_visibility(labels: FrameLabels, name: str, visibility: Visibility, *, instance: int = 0) -> FrameLabels:
    """The labels with keypoint ``name`` marked; a placed position is kept, so that the mark can be taken back."""
    before = labels.instance(instance).keypoints.get(name, KeypointLabel())
    return _edit_keypoint(labels, name, replace(before, visibility=visibility), instance)


def give_back(labels: FrameLabels, name: str, *, instance: int = 0) -> FrameLabels:
    """The labels without anything said of keypoint ``name``: geometry and network speak for it again."""
    return _edit_keypoint(labels, name, None, instance)


def _edit_marking(
    labels: FrameLabels, name: str, points: tuple[Point, ...], instance: int, *, unchecked: bool = False
) -> FrameLabels:
    target = labels.instance(instance)
    markings = dict(target.markings)
    if points:
        markings[name] = tuple((float(x), float(y)) for x, y in points)
    else:
        markings.pop(name, None)
    left = target.unchecked | {name} if unchecked else target.unchecked - {name}
    return labels.with_instance(
        replace(target, markings=markings, unchecked=left, carried=target.carried - {name})
    )


def set_marking(
    labels: FrameLabels, name: str, points: tuple[Point, ...], *, unchecked: bool = False, instance: int = 0
) -> FrameLabels:
    """The labels with exactly these points along marking ``name``; none removes the marking.

    ``unchecked`` says that they were read off a placed pitch; every other edit of a marking says that they were not.
    """
    return _edit_marking(labels, name, points, instance, unchecked=unchecked)


def add_marking_point(labels: FrameLabels, name: str, position: Point, *, instance: int = 0) -> FrameLabels:
    """The labels with one more point along marking ``name``."""
    points = labels.instance(instance).markings.get(name, ())
    return _edit_marking(labels, name, (*points, position), instance)


def move_marking_point(
    labels: FrameLabels, name: str, index: int, position: Point, *, instance: int = 0
) -> FrameLabels:
    """The labels with point ``index`` of marking ``name`` moved.

    Raises
    ------
    ValueError
        If the marking has no such point.
    """
    points = _checked(labels, name, index, instance)
    return _edit_marking(labels, name, (*points[:index], position, *points[index + 1 :]), instance)


def confirm_marking(labels: FrameLabels, name: str, *, instance: int = 0) -> FrameLabels:
    """The labels with marking ``name`` checked against what is to be seen, its points as they are."""
    target = labels.instance(instance)
    if name not in target.unchecked:
        return labels
    return labels.with_instance(replace(target, unchecked=target.unchecked - {name}))


def remove_marking_point(labels: FrameLabels, name: str, index: int, *, instance: int = 0) -> FrameLabels:
    """The labels without point ``index`` of marking ``name``; the last one removes the marking.

    Raises
    ------
    ValueError
        If the marking has no such point.
    """
    points = _checked(labels, name, index, instance)
    return _edit_marking(labels, name, (*points[:index], *points[index + 1 :]), instance)


def _checked(labels: FrameLabels, name: str, index: int, instance: int) -> tuple[Point, ...]:
    points = labels.instance(instance).markings.get(name, ())
    if not 0 <= index < len(points):
        raise ValueError(f"marking {name!r} has {len(points)} points, no point {index}")
    return points
