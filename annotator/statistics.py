"""How far a project has come, and how far the network was from what persons said."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotator.effort import Effort
from annotator.labels import FrameState, Instance, Origin

if TYPE_CHECKING:
    from annotator.project import Project
    from model.heatmaps import Prediction

LABELLED = frozenset({FrameState.DRAFT, FrameState.ACCEPTED, FrameState.REJECTED, FrameState.LOOK_AGAIN})


@dataclass(frozen=True)
class Statistics:
    """Counts over a project.

    ``states`` counts frames by state; ``placed`` keypoints put or moved by hand or imported, ``accepted`` those taken
    over from the network, ``drawn`` markings with clicks, each by name; ``corrections`` holds, for every point put by
    hand that the network had seen, how far it was from there, in pixels; ``efforts`` what every accepted frame took, in
    the order of work, where this program was watched.
    """

    states: Mapping[FrameState, int]
    placed: Mapping[str, int]
    accepted: Mapping[str, int]
    drawn: Mapping[str, int]
    corrections: tuple[float, ...]
    efforts: tuple[Effort, ...] = ()

    @property
    def frames(self) -> int:
        """All frames."""
        return sum(self.states.values())

    @property
    def median_correction(self) -> float | None:
        """The median distance in pixels between the network and a hand; None without a correction."""
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
    placed: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    drawn: Counter[str] = Counter()
    corrections: list[float] = []
    numbers = project.frame_ids(LABELLED)
    for done, number in enumerate(numbers):
        if should_stop():
            return None
        instance = project.record(number).labels.pitch
        for name, said in instance.keypoints.items():
            if said.position is not None and said.origin is not Origin.PROPAGATED:
                (accepted if said.origin is Origin.ACCEPTED else placed)[name] += 1
        drawn.update(instance.markings.keys() - instance.carried)
        prediction = project.prediction(number) if _has_hand(instance) else None
        if prediction is not None:
            corrections.extend(_distances(instance, prediction))
        progress(done + 1, len(numbers))
    efforts = tuple(project.efforts())
    counts = dict(project.state_counts())
    return Statistics(counts, dict(placed), dict(accepted), dict(drawn), tuple(corrections), efforts)


def _has_hand(instance: Instance) -> bool:
    return any(said.position is not None and said.origin is Origin.HAND for said in instance.keypoints.values())


def _distances(instance: Instance, prediction: Prediction) -> list[float]:
    """How far the network was from every point put by hand that it had seen at all."""
    channel = {name: i for i, name in enumerate(prediction.names)}
    found = []
    for name, said in instance.keypoints.items():
        if said.position is None or said.origin is not Origin.HAND or name not in channel:
            continue
        x, y = prediction.xy[channel[name]]
        distance = math.hypot(x - said.position[0], y - said.position[1])
        if math.isfinite(distance):
            found.append(distance)
    return found
