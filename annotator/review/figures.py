"""Figures of a project beyond counts: how it came along, and how sure, how far off and how corrected frames are."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annotator.review.bones import with_bones
from annotator.review.recheck import Agreement, agreement
from annotator.review.second_answers import rechecks
from annotator.review.signs import Kind
from annotator.review.survey import known_entries

if TYPE_CHECKING:
    from annotator.project import Project
    from annotator.statistics import Statistics

__all__ = ["Figures", "as_csv", "figures_of"]


@dataclass(frozen=True)
class Figures:
    """What a project's frames look like.

    ``accepted_at`` holds the seconds since 1970 at which frames were accepted, in order; the values of each kind of
    sign are of the frames that have it; ``agreement`` is what the blind checks say.
    """

    accepted_at: tuple[float, ...] = ()
    values: Mapping[Kind, tuple[float, ...]] = field(default_factory=dict)
    agreement: Agreement = field(default_factory=Agreement)

    def confidences(self) -> tuple[float, ...]:
        """The median confidence of every frame that was only predicted."""
        return tuple(1.0 - value for value in self.values.get(Kind.FAINT, ()))


def figures_of(project: Project) -> Figures:
    """The figures of a project, from what the review queue found out so far."""
    values: dict[Kind, list[float]] = {}
    for frame in with_bones([known.entry.signs for known in known_entries(project).values()]):
        largest: dict[Kind, float] = {}
        for sign in frame.signs:
            largest[sign.kind] = max(sign.value, largest.get(sign.kind, sign.value))
        for kind, value in largest.items():
            values.setdefault(kind, []).append(value)
    return Figures(tuple(project.accepted_at()), {k: tuple(v) for k, v in values.items()}, agreement(rechecks(project)))


def as_csv(statistics: Statistics, figures: Figures) -> str:
    """All figures as a table of three columns: what, of what, how much."""
    target = io.StringIO()
    rows = csv.writer(target, lineterminator="\n")
    rows.writerow(["figure", "of", "value"])
    rows.writerows(["frames", state.value, count] for state, count in statistics.states.items())
    rows.writerows(["placed", name, count] for name, count in sorted(statistics.placed.items()))
    rows.writerows(["accepted as predicted", name, count] for name, count in sorted(statistics.accepted.items()))
    rows.writerows(["drawn", name.strip(), count] for name, count in sorted(statistics.drawn.items()))
    unit = "percent of the size" if statistics.of_size else "px"
    rows.writerows(_numbered(f"correction, {unit}", statistics.corrections))
    rows.writerows(["frames by number of things", count, frames] for count, frames in sorted(statistics.things.items()))
    for name, values in sorted(statistics.numbers.items()):
        rows.writerows(_numbered(name, values))
    taken = sorted(statistics.numbers_accepted.items())
    rows.writerows(["accepted as predicted", name, count] for name, count in taken)
    for name, words in sorted(statistics.words.items()):
        rows.writerows([name, word, count] for word, count in sorted(words.items()))
    rows.writerows(_numbered("seconds a frame", [effort.seconds for effort in statistics.efforts]))
    rows.writerows(_numbered("actions a frame", [effort.actions for effort in statistics.efforts]))
    rows.writerows(_numbered("accepted at, s since 1970", figures.accepted_at))
    for kind, values in figures.values.items():
        rows.writerows(_numbered(kind.value, values))
    said = figures.agreement
    rows.writerow(["blind checks", "frames", said.frames])
    rows.writerow(["blind checks", "points", said.points])
    if said.median is not None and said.p95 is not None:
        unit = "percent of the size" if said.of_size else "px of a 960 wide frame"
        rows.writerow(["blind checks", f"median, {unit}", f"{said.median:.3f}"])
        rows.writerow(["blind checks", f"95th percentile, {unit if said.of_size else 'px'}", f"{said.p95:.3f}"])
    if said.alike is not None:
        rows.writerow(["blind checks", "mean similarity (OKS)", f"{said.alike:.4f}"])
    rows.writerows(["blind checks", f"{name}, mean distance", f"{value:.3f}"] for name, value in said.numbers.items())
    return target.getvalue()


def _numbered(name: str, values: Sequence[float]) -> list[list[object]]:
    def said(value: float) -> str:
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:.0f}"

    return [[name, number, said(value)] for number, value in enumerate(values, 1)]
