"""Figures of a project beyond counts: how it came along, and how sure, how far off and how corrected frames are."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    for known in known_entries(project).values():
        for kind in {sign.kind for sign in known.entry.signs.signs}:
            values.setdefault(kind, []).append(known.entry.value(kind) or 0.0)
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
    rows.writerows(_numbered("correction, px", statistics.corrections))
    rows.writerows(_numbered("seconds a frame", [effort.seconds for effort in statistics.efforts]))
    rows.writerows(_numbered("actions a frame", [effort.actions for effort in statistics.efforts]))
    rows.writerows(_numbered("accepted at, s since 1970", figures.accepted_at))
    for kind, values in figures.values.items():
        rows.writerows(_numbered(kind.value, values))
    said = figures.agreement
    rows.writerow(["blind checks", "frames", said.frames])
    rows.writerow(["blind checks", "points", said.points])
    if said.median is not None and said.p95 is not None:
        rows.writerow(["blind checks", "median, px of a 960 wide frame", f"{said.median:.3f}"])
        rows.writerow(["blind checks", "95th percentile, px", f"{said.p95:.3f}"])
    return target.getvalue()


def _numbered(name: str, values: Sequence[float]) -> list[list[object]]:
    def said(value: float) -> str:
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:.0f}"

    return [[name, number, said(value)] for number, value in enumerate(values, 1)]
