"""How good detected people, or packets, are: OKS-AP, PCKh, PDJ and more of any scheme that has what each of them needs.

OKS-AP, AR
    As COCO defines them (`model.average_precision`), for a scheme with sigmas.
PCKh@0.5
    Share of labelled points within half a head (`model.metrics.pckh`). A head is 0.6 times the diagonal of the head's
    box where there is one (``bbox_head``, or MPII's .mat), as MPII's own evaluation takes it; else the segment from
    neck to top of the head. Without either a person counts nowhere.
PDJ@t
    Share of labelled points within t times the torso's diameter (`model.metrics.percentage_of_detected_joints`), or the
    longer side of the box where the scheme says so; a person without both ends of the torso counts nowhere.
Visibility
    Precision and recall of points being there: labelled (v > 0) against detected with a third number above a threshold,
    wherever they lie, in persons that have a detection. None where detections say it of no point or of all alike.
Numbers
    Mean absolute error of numbers asked beside the points, such as the cards of a packet (``attributes`` of an
    annotation or its image, and of a detection), over things with a detection.

For all but OKS-AP every labelled person is given one detection of the same image: of all pairs the one of highest OKS
first, then the next of those left (the assignment of Pishchulin et al., *DeepCut*, CVPR 2016, by similarity), from the
20 best scored ones. A person without a detection has all points missed; detections left over count in OKS-AP alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.pose_data import Person, Poses
from annotator.scheme import Extent, Scheme
from model.average_precision import MOST, AveragePrecision, Detected, average_precision, similarities
from model.metrics import Shares, distance, pckh, within_length

Array = NDArray[np.float64]

FRACTIONS = (0.1, 0.15, 0.2)
THERE = 0.5
"""The third number of a detected point above which it is there."""
_PAIRING_SIGMA = 0.1  # of schemes without sigmas: only for who is given which detection


@dataclass(frozen=True)
class Presence:
    """How well points that are there are told from those that are not: counts over all paired things."""

    threshold: float
    labels: int
    detections: int
    both: int

    @property
    def precision(self) -> float:
        """Share of detected points that are labelled; NaN without one."""
        return self.both / self.detections if self.detections else float("nan")

    @property
    def recall(self) -> float:
        """Share of labelled points that are detected; NaN without one."""
        return self.both / self.labels if self.labels else float("nan")


@dataclass(frozen=True)
class PoseEvaluation:
    """The measures of one set of detections; what the scheme does not allow is None.

    ``people`` is how many persons have a labelled point and are no crowd, ``labels`` (K,) how often each point is
    labelled in them. ``head_boxes`` and ``head_segments`` is how many have a head to measure by, and which; ``torsos``
    how many have a torso, or the box that PDJ measures by. ``pdj`` maps each of `FRACTIONS` to its shares, ``errors``
    the names of numbers to their mean absolute error and how many there were.
    """

    scheme: Scheme
    images: int
    people: int
    detections: int
    labels: tuple[int, ...]
    head_boxes: int
    head_segments: int
    torsos: int
    oks: AveragePrecision | None
    pckh: Shares | None
    pdj: Mapping[float, Shares]
    presence: Presence | None = None
    errors: Mapping[str, tuple[float, int]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The measures as JSON values, null where there is none."""
        counted = ("images", "people", "detections", "head_boxes", "head_segments", "torsos")
        counts = {name: getattr(self, name) for name in counted}
        return {
            "scheme": self.scheme.id,
            **counts,
            "oks": None if self.oks is None else {key: _plain(value) for key, value in asdict(self.oks).items()},
            "pckh@0.5": None if self.pckh is None else self._shares(self.pckh),
            **{f"pdj@{t:g}": self._shares(shares) for t, shares in self.pdj.items()},
            "visibility": None if self.presence is None else {
                "threshold": self.presence.threshold,
                "precision": _plain(self.presence.precision),
                "recall": _plain(self.presence.recall),
            },
            "mean_errors": {name: {"mean": mean, "count": count} for name, (mean, count) in self.errors.items()},
        }  # fmt: skip

    def _shares(self, shares: Shares) -> dict[str, Any]:
        points = {name: _plain(float(v)) for name, v in zip(self.scheme.keypoints, shares.points, strict=True)}
        return {"mean": _plain(shares.mean), "keypoints": points}

    def text(self) -> str:
        """The measures as tables for a terminal."""
        counts = f"{self.images} images, {self.people} labelled, {self.detections} detected"
        lines = [f"{self.scheme.title}: {counts}", ""]
        lines += [*self._oks_lines(), "", *self._share_lines(), *self._further_lines()]
        return "\n".join(lines) + "\n"

    def _oks_lines(self) -> list[str]:
        if self.oks is None:
            return [f"no OKS-AP: {self.scheme.id} has no sigmas; give one for all points with --sigma"]
        titles = ("AP", "AP50", "AP75", "AP-M", "AP-L", "AR", "AR50", "AR75", "AR-M", "AR-L")
        head = "".join(f"{title:>7}" for title in titles)
        return [f"{'OKS':24}{head}", f"{'':24}" + "".join(f"{_cell(v):>7}" for v in asdict(self.oks).values())]

    def _share_lines(self) -> list[str]:
        heads = self.head_boxes + self.head_segments
        columns = {f"PCKh@0.5 ({heads})": self.pckh} if self.pckh is not None else {}
        columns |= {f"PDJ@{t:g} ({self.torsos})": shares for t, shares in self.pdj.items()}
        lines = []
        if self.pckh is None:
            lines.append(f"no PCKh: {self.scheme.id} has no head segment, and the file no head boxes (bbox_head)")
        if not self.pdj:
            lines.append(f"no PDJ: {self.scheme.id} has no torso")
        if not columns:
            return lines
        lines.append(f"{'':24}{'labels':>8}" + "".join(f"{title:>18}" for title in columns))
        rows = [("mean", sum(self.labels), [shares.mean for shares in columns.values()])]
        for k, name in enumerate(self.scheme.keypoints):
            rows.append((name, self.labels[k], [float(shares.points[k]) for shares in columns.values()]))
        lines += [f"{name:24}{count:8d}" + "".join(f"{_cell(v):>18}" for v in values) for name, count, values in rows]
        return lines if self.pckh is None else [*lines, *self._head_lines()]

    def _further_lines(self) -> list[str]:
        lines = []
        if self.presence is not None:
            one = self.presence
            shares = f"precision {_cell(one.precision)}, recall {_cell(one.recall)}"
            lines += ["", f"visibility above {one.threshold:g}: {shares} ({one.labels} labels, {one.detections} seen)"]
        for name, (mean, count) in self.errors.items():
            lines += ["", f"mean error of {name}: {mean:.3f} ({count})"]
        return lines

    def _head_lines(self) -> list[str]:
        """By what the heads of PCKh are measured, and over what its mean goes."""
        by = "a torso" if self.scheme.extent is Extent.TORSO else "a box, whose longer side PDJ measures by"
        lines = ["", f"PCKh: in brackets the number of people with a head, for PDJ with {by}"]
        if self.head_boxes:
            lines.append(f"heads of {self.head_boxes}: 0.6 times the diagonal of the head's box")
        if self.head_segments and self.scheme.head is not None:
            lines.append(f"heads of {self.head_segments}: from {' to '.join(self.scheme.head)}")
        if self.scheme.apart:
            lines.append(f"the mean of PCKh leaves out {' and '.join(self.scheme.apart)}, as published")
        return lines


def evaluate_poses(
    poses: Poses, detections: Mapping[Any, Sequence[Detected]], *, threshold: float = THERE
) -> PoseEvaluation:
    """The measures of detections, by image id, against labelled people; ``threshold`` is that of visibility."""
    scheme = poses.scheme
    sigmas = np.array(scheme.sigmas or (_PAIRING_SIGMA,) * len(scheme))
    pairs = [pair for key, people in poses.images.items() for pair in paired(people, detections.get(key, ()), sigmas)]
    truth = np.array([one.annotated.xy for one, _ in pairs]).reshape(-1, len(scheme), 2)
    labelled = np.array([one.annotated.labelled for one, _ in pairs], dtype=np.bool_).reshape(-1, len(scheme))
    nowhere = np.full((len(scheme), 2), np.nan)
    predicted = np.array([nowhere if found is None else found.xy for _, found in pairs]).reshape(-1, len(scheme), 2)
    boxes = np.array([np.nan if one.head is None else one.head for one, _ in pairs], dtype=np.float64)
    head = np.where(np.isnan(boxes), _lengths(truth, labelled, scheme, scheme.head), boxes)
    torso = _extents(pairs, _lengths(truth, labelled, scheme, scheme.torso), scheme)
    apart = [scheme.index[name] for name in scheme.apart]
    has_heads = scheme.head is not None or bool((boxes > 0).any())
    images = [([one.annotated for one in people], detections.get(key, ())) for key, people in poses.images.items()]
    return PoseEvaluation(
        scheme=scheme,
        images=len(poses.images),
        people=len(pairs),
        detections=sum(len(found) for found in detections.values()),
        labels=tuple(int(count) for count in labelled.sum(axis=0)),
        head_boxes=int((boxes > 0).sum()),
        head_segments=int((np.isnan(boxes) & (head > 0)).sum()),
        torsos=int((torso > 0).sum()),
        oks=average_precision(images, sigmas) if scheme.sigmas else None,
        pckh=pckh(predicted, truth, labelled, head=head, apart=apart) if has_heads else None,
        pdj={t: within_length(predicted, truth, labelled, length=torso, fraction=t) for t in FRACTIONS}
        if scheme.torso is not None or scheme.extent is Extent.BOX
        else {},
        presence=_presence(pairs, threshold),
        errors=_errors(pairs),
    )


Pairs = Sequence[tuple[Person, Detected | None]]


def _extents(pairs: Pairs, torsos: Array, scheme: Scheme) -> Array:
    """The length (N,) that PDJ measures by; NaN where there is none."""
    if scheme.extent is Extent.TORSO:
        return torsos
    return np.array([max(one.annotated.box[2:]) or np.nan for one, _ in pairs], dtype=np.float64)


def _presence(pairs: Pairs, threshold: float) -> Presence | None:
    """Labelled against detected points; None where detections do not tell points apart."""
    found = [(one.annotated.labelled, seen.confidence) for one, seen in pairs if seen is not None
             and seen.confidence is not None]  # fmt: skip
    said = np.array([confidence for _, confidence in found])
    if not said.size or np.all(said == said.flat[0]):
        return None
    labelled, there = np.array([flags for flags, _ in found]), said > threshold
    return Presence(threshold, int(labelled.sum()), int(there.sum()), int((labelled & there).sum()))


def _errors(pairs: Pairs) -> dict[str, tuple[float, int]]:
    """Mean absolute error and count of every number that both sides say of things."""
    apart: dict[str, list[float]] = {}
    for one, seen in pairs:
        for name in sorted(one.values.keys() & (seen.values.keys() if seen is not None else set())):
            assert seen is not None
            apart.setdefault(name, []).append(abs(one.values[name] - seen.values[name]))
    return {name: (float(np.mean(found)), len(found)) for name, found in apart.items()}


def paired(people: Sequence[Person], found: Sequence[Detected], sigmas: Array) -> list[tuple[Person, Detected | None]]:
    """Every person that counts with its detection, None where none is left; the most similar pair is made first."""
    counted = [one for one in people if one.annotated.counts]
    best = sorted(found, key=lambda one: -one.score)[:MOST]
    similarity = similarities([one.annotated for one in counted], best, sigmas)
    # Exponentials of far ones are all zero; distances still tell them apart.
    far = [[_far(one, person) for person in counted] for one in best]
    order = sorted(np.ndindex(similarity.shape), key=lambda at: (-similarity[at], far[at[0]][at[1]]))
    given: dict[int, Detected] = {}
    used: set[int] = set()
    for row, column in order:
        if row not in used and column not in given:
            given[column] = best[row]
            used.add(row)
    return [(person, given.get(column)) for column, person in enumerate(counted)]


def _far(one: Detected, person: Person) -> float:
    return float(distance(one.xy, person.annotated.xy)[person.annotated.labelled].mean())


def _lengths(
    truth: Array, labelled: NDArray[np.bool_], scheme: Scheme, segment: tuple[str, str] | None
) -> Array:
    """The length (N,) of a segment in every person; NaN where the scheme has none or an end is not labelled."""
    if segment is None:
        return np.full(len(truth), np.nan)
    a, b = (scheme.index[name] for name in segment)
    found: Array = np.where(labelled[:, a] & labelled[:, b], distance(truth[:, a], truth[:, b]), np.nan)
    return found


def _plain(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _cell(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"
