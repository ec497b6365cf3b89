"""How far a project has come, and how far the network was from what persons said."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annotator.effort import Effort
from annotator.instance_points import seen_of
from annotator.instances import box_around, is_crowd, labelled_points, present
from annotator.labels import FrameLabels, FrameState, Instance, Origin
from annotator.review.judged import matched, size_of
from annotator.scheme import AttributeKind, AttributeValue, Scheme
from model.people import InstancePrediction

if TYPE_CHECKING:
    from annotator.project import Project

_SEEN = 0.1
"""Confidence below which a heatmap shows nothing of a point."""
LABELLED = frozenset({FrameState.DRAFT, FrameState.ACCEPTED, FrameState.REJECTED, FrameState.LOOK_AGAIN})


@dataclass(frozen=True)
class Statistics:
    """Counts over a project.

    ``states`` counts frames by state; ``placed`` keypoints put or moved by hand or imported, ``accepted`` those taken
    over from the network, ``drawn`` markings with clicks, each by name; ``corrections`` holds, for every point put by
    hand that the network had seen, how far it was from there, in pixels; ``efforts`` what every accepted frame took, in
    the order of work, where this program was watched.

    In a project without football ``of_size`` says that corrections are percent of the size of the thing; ``things``
    counts frames by how many things persons labelled in them, ``numbers`` holds what was said of every number that the
    scheme asks, ``words`` how often each word of every choice was said; ``numbers_accepted`` counts those numbers that
    were taken over from the network.
    """

    states: Mapping[FrameState, int]
    placed: Mapping[str, int]
    accepted: Mapping[str, int]
    drawn: Mapping[str, int]
    corrections: tuple[float, ...]
    efforts: tuple[Effort, ...] = ()
    of_size: bool = False
    things: Mapping[int, int] = field(default_factory=dict)
    numbers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    numbers_accepted: Mapping[str, int] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """All frames."""
        return sum(self.states.values())

    @property
    def median_correction(self) -> float | None:
        """The median distance (see ``corrections``) between the network and a hand; None without a correction."""
        ordered = sorted(self.corrections)
        if not ordered:
            return None
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def project_statistics(
    project: Project,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Statistics | None:
    """The statistics of a project; None when stopped. Reads the record of every frame that has one."""
    counts = _Counts(project.scheme)
    numbers = project.frame_ids(LABELLED)
    for done, number in enumerate(numbers):
        if should_stop():
            return None
        labels = project.record(number).labels
        counts.add(labels)
        if any(_has_hand(one) for one in labels.instances):
            prediction = project.prediction(number)
            if counts.scheme.has_football and prediction is not None:
                counts.corrections.extend(_distances(labels.pitch, InstancePrediction.of(prediction)))
            elif not counts.scheme.has_football:
                known = prediction or project.people(number)
                if known is not None:
                    found = _of_things(labels, seen_of(known), counts.scheme, known.image_size)
                    counts.corrections.extend(found)
        progress(done + 1, len(numbers))
    return counts.statistics(dict(project.state_counts()), tuple(project.efforts()))


class _Counts:
    """What adds up over the labels of frames."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self._placed: Counter[str] = Counter()
        self._accepted: Counter[str] = Counter()
        self._drawn: Counter[str] = Counter()
        self._things: Counter[int] = Counter()
        self._numbers: defaultdict[str, list[float]] = defaultdict(list)
        self._words: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._taken: Counter[str] = Counter()
        self.corrections: list[float] = []

    def add(self, labels: FrameLabels) -> None:
        """Count what was said of a frame."""
        things = [labels.pitch] if self.scheme.has_football else [one for one in present(labels) if not is_crowd(one)]
        for one in things:
            for name, said in one.keypoints.items():
                if said.position is not None and said.origin is not Origin.PROPAGATED:
                    (self._accepted if said.origin is Origin.ACCEPTED else self._placed)[name] += 1
            self._drawn.update(one.markings.keys() - one.carried)
        self._things[len(things)] += 1
        self._take(labels.attributes, labels.accepted)
        for one in things:
            self._take(one.attributes, one.accepted)

    def _take(self, values: Mapping[str, AttributeValue], accepted: Mapping[str, AttributeValue]) -> None:
        for attribute in self.scheme.attributes:
            value = values.get(attribute.name)
            if isinstance(value, int | float):
                self._numbers[attribute.name].append(float(value))
                self._taken[attribute.name] += attribute.name in accepted
            elif value is not None and attribute.kind is AttributeKind.CHOICE:
                self._words[attribute.name][value] += 1

    def statistics(self, states: Mapping[FrameState, int], efforts: tuple[Effort, ...]) -> Statistics:
        """All of it as a value."""
        football = self.scheme.has_football
        return Statistics(
            states, dict(self._placed), dict(self._accepted), dict(self._drawn), tuple(self.corrections), efforts,
            not football, {} if football else dict(self._things),
            {name: tuple(values) for name, values in self._numbers.items()},
            {name: dict(counts) for name, counts in self._words.items()}, dict(self._taken),
        )  # fmt: skip


def _of_things(
    labels: FrameLabels, seen: Sequence[InstancePrediction], scheme: Scheme, size: tuple[int, int]
) -> list[float]:
    """How far the network was from every point put by hand, in percent of the size of the thing."""
    said = [one for one in present(labels) if not is_crowd(one)]
    given = matched(said, seen, scheme, size=size, threshold=0.0)
    found: list[float] = []
    for n, one in enumerate(said):
        if n in given:
            box = one.box or box_around(labelled_points(one).values())
            found += [100.0 * value / size_of(box) for value in _distances(one, given[n], least=_SEEN)]
    return found


def _has_hand(instance: Instance) -> bool:
    return any(said.position is not None and said.origin is Origin.HAND for said in instance.keypoints.values())


def _distances(instance: Instance, prediction: InstancePrediction, *, least: float = 0.0) -> list[float]:
    """How far the network was from every point put by hand that it had seen at all, or so sure, in pixels."""
    channel = {name: i for i, name in enumerate(prediction.names)}
    found = []
    for name, said in instance.keypoints.items():
        if said.position is None or said.origin is not Origin.HAND or name not in channel:
            continue
        if prediction.confidence[channel[name]] < least:
            continue
        x, y = prediction.xy[channel[name]]
        distance = math.hypot(x - said.position[0], y - said.position[1])
        if math.isfinite(distance):
            found.append(distance)
    return found
