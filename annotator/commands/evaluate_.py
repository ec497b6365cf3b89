"""``evaluate``: how good networks are on labelled frames, in tables and as a report with the worst frames.

With ``--detections`` it is detections of any network that are judged, against COCO or MPII annotations.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, positive, share, write_result
from annotator.commands.network import add_device_argument, embedded_weights, load_predictor
from annotator.comparison import COMPARISON, Comparison, compare
from annotator.comparison_things import compare_things
from annotator.evaluation import (
    HEADER,
    THRESHOLDS,
    Evaluation,
    Points,
    Row,
    Seen,
    Truth,
    above,
    best_threshold,
    evaluate,
    without,
)
from annotator.evaluation_boxes import are_boxes, evaluate_boxes
from annotator.evaluation_boxes import document_of as boxes_document
from annotator.evaluation_boxes import text_of as boxes_text
from annotator.evaluation_cameras import (
    CAMERA_HEADER,
    CameraEvaluation,
    Lines,
    camera_document,
    camera_line,
    evaluate_cameras,
    read_drawn,
)
from annotator.evaluation_data import read_labelled, read_likely_errors
from annotator.evaluation_report import Reported, write_report
from annotator.evaluation_things import ThingsEvaluation, evaluate_things, is_of_things, read_things
from annotator.formats.documents import FormatError, write_document
from annotator.frames import MediaError, read_image
from annotator.pitch import PITCH_57
from annotator.pose_data import Poses, read_detections, read_poses, read_scheme, with_sigma
from annotator.pose_metrics import THERE, evaluate_poses
from annotator.schemes import family, known_schemes

if TYPE_CHECKING:
    from annotator.scheme import Scheme
    from model.predictor import Predictor

_NOTHING = "no network"

def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``evaluate``."""
    text = "a training set, or a folder of images and labels or lines; with --detections a COCO or MPII annotation file"
    parser.add_argument("data", type=Path, metavar="DATA", help=text)
    text = "network files, compared on the same frames (default: the embedded one)"
    parser.add_argument("--weights", type=Path, nargs="+", default=[], metavar="FILE", help=text)
    add_device_argument(parser)
    parser.add_argument("--threshold", type=share, metavar="T", help="least confidence (default: each network's own)")
    parser.add_argument("--split", choices=("train", "val", "test"), help="of a training set (default: val)")
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="write an HTML report with the worst frames here")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the measures here as JSON")
    text = "judge these COCO results instead of a network: OKS-AP, PCKh and PDJ of keypoints, AP of boxes"
    parser.add_argument("--detections", type=Path, metavar="FILE", help=text)
    text = f"of the annotations: {', '.join(known_schemes())} or a JSON file (default: by the names in the annotations)"
    parser.add_argument("--scheme", metavar="SCHEME", help=text)
    text = "MPII's ground truth (mpii_gt_val.mat) with the heads' boxes, for PCKh as published"
    parser.add_argument("--heads", type=Path, metavar="FILE", help=text)
    text = "OKS constant of every point, for schemes without their own or instead of it"
    parser.add_argument("--sigma", type=positive, metavar="S", help=text)


def run(options: argparse.Namespace) -> int:
    """The exit code of ``evaluate``."""
    try:
        if options.detections is not None:
            return _run_on_detections(options)
        return _run_on_things(options) if is_of_things(options.data) else _run_on_networks(options)
    except FormatError as error:
        raise CommandError(str(error)) from error


def _run_on_detections(options: argparse.Namespace) -> int:
    _refuse(options, "weights", "split", "report", reason="goes with a network, not with --detections")
    poses = _poses(options.data, options.scheme, options.heads)
    if options.sigma is not None:
        poses = with_sigma(poses, options.sigma)
    if are_boxes(options.detections):
        return _run_on_boxes(options, poses)
    detections, remarks = read_detections(options.detections, poses)
    for remark in (*poses.remarks, *remarks):
        complain(remark)
    with np.errstate(over="ignore", invalid="ignore"):  # what lies absurdly far away is infinitely far, and so missed
        found = evaluate_poses(poses, detections, threshold=THERE if options.threshold is None else options.threshold)
    if not found.people:
        raise CommandError(f"{options.data}: nobody in it has a labelled point. Choose another annotation file.")
    sys.stdout.write(found.text())
    if options.output is not None:
        write_result(found.document(), options.output)
    return 1 if poses.remarks or remarks else 0


def _run_on_boxes(options: argparse.Namespace, poses: Poses) -> int:
    """COCO's numbers of a detector of boxes."""
    found, remarks = evaluate_boxes(poses, options.detections)
    for remark in (*poses.remarks, *remarks):
        complain(remark)
    sys.stdout.write(boxes_text(found))
    if options.output is not None:
        write_result(boxes_document(found), options.output)
    return 1 if poses.remarks or remarks else 0


def _poses(path: Path, named: str | None, heads: Path | None) -> Poses:
    if named is None:
        return read_poses(path, heads=heads)
    known = known_schemes()
    if named not in known and not Path(named).is_file():
        raise CommandError(f"There is no scheme {named!r}; name {', '.join(known)} or a JSON file.")
    return read_poses(path, known[named] if named in known else read_scheme(Path(named)), heads=heads)


def _refuse(options: argparse.Namespace, *names: str, reason: str) -> None:
    """A CommandError for the first of some options that was given."""
    for name in names:
        if getattr(options, name) not in (None, []):
            raise CommandError(f"--{name} {reason}.")


def _run_on_things(options: argparse.Namespace) -> int:
    """A table for every network, on a training set of another scheme than the pitch."""
    _refuse(options, "scheme", "sigma", "heads", reason="goes with --detections")
    found, scheme = read_things(options.data)
    remarks = [str(problem) for problem in found.problems]
    documents: dict[str, Any] = {}
    embedded = embedded_weights(family(scheme))
    weights: list[Path] = list(options.weights) or ([] if embedded is None else [embedded])
    if not weights:
        raise CommandError(f"No embedded network knows {scheme.id}. Name one with --weights FILE.")
    networks: list[tuple[str, ThingsEvaluation, float]] = []
    for title, path in zip(_titles(weights), weights, strict=True):
        predictor = load_predictor(path, options.device)
        try:
            judged = evaluate_things(predictor, found, scheme, split=options.split or "val")
        except ValueError as error:
            raise CommandError(f"{path}: {error}.") from error
        sys.stdout.write(f"{title}\n{judged.text()}\n")
        documents[title] = judged.poses.document()
        remarks += judged.remarks
        networks.append((title, judged, predictor.card.threshold))
    _compare_things(networks, scheme, options.report)
    for remark in dict.fromkeys(remarks):
        complain(remark)
    if options.output is not None:
        write_result(documents, options.output)
    return 1 if remarks else 0


def _compare_things(
    networks: Sequence[tuple[str, ThingsEvaluation, float]], scheme: Scheme, report: Path | None
) -> None:
    """Say what the second of two networks changed, and write it into a folder; one alone is compared with nothing."""
    if len(networks) not in (1, 2) or (len(networks) == 1 and report is None):
        return
    title, after, sure = networks[-1]
    first, before, least = networks[0] if len(networks) == 2 else (_NOTHING, None, sure)
    found = compare_things((first, title), before, after, scheme, (least, sure))
    if before is not None:
        sys.stdout.write(f"{title} against {first}: {found.text()}\n")
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        write_document(report / COMPARISON, found.document())


def _run_on_networks(options: argparse.Namespace) -> int:
    _refuse(options, "scheme", "sigma", "heads", reason="goes with --detections")
    truths, remarks = read_labelled(options.data, split=options.split)
    wrong = read_likely_errors(options.data)
    drawn, unread = read_drawn(options.data, truths)
    remarks += unread
    for remark in remarks:
        complain(remark)
    weights: list[Path | None] = list(options.weights) or [None]
    titles = _titles([path or embedded_weights() for path in weights])
    judged: dict[str, Judged] = {}
    for title, path in zip(titles, weights, strict=True):
        predictor = load_predictor(path, options.device)
        seen, unusable = look(predictor, truths)
        for remark in unusable:
            complain(remark)
        remarks += unusable
        threshold = predictor.card.threshold if options.threshold is None else options.threshold
        frames = [one for one in truths if one.name in seen]
        judged[title] = Judged(frames, seen, threshold, wrong=wrong, drawn=drawn)
    sys.stdout.write(text_of(judged))
    comparison = compared(judged)
    if comparison is not None:
        sys.stdout.write(f"\n{titles[1]} against {titles[0]}: {comparison.text()}\n")
    if options.output is not None:
        write_result({title: one.document() for title, one in judged.items()}, options.output)
    if options.report is not None:
        found = {title: one.reported() for title, one in judged.items()}
        complain(f"report: {write_report(options.report, found, data=str(options.data))}")
        if comparison is not None:
            write_document(options.report / COMPARISON, comparison.document())
    return 1 if remarks else 0


class Judged:
    """One network on the frames that could be read: what it saw, and the evaluation at its threshold.

    ``cleaned`` is the same without the labels that are probably wrong, None where none are known; ``cameras`` is how
    its cameras explain the lines drawn in the frames, None where none are.
    """

    def __init__(
        self,
        truths: Sequence[Truth],
        seen: Mapping[str, Seen],
        threshold: float,
        *,
        wrong: Mapping[str, set[int]],
        drawn: Mapping[str, Lines],
    ) -> None:
        if not truths:
            raise CommandError("None of the labelled images could be read.")
        self.truths, self.seen, self.threshold = truths, seen, threshold
        self.detections: Mapping[str, Points] = above(seen, threshold)
        self.evaluation = evaluate(truths, self.detections)
        self.cleaned = evaluate(without(truths, wrong), self.detections) if wrong else None
        self.cameras: CameraEvaluation | None = evaluate_cameras(truths, self.detections, drawn)
        self.sweep: list[tuple[float, Row]] = [(t, evaluate(truths, above(seen, t)).overall) for t in THRESHOLDS]

    def reported(self) -> Reported:
        """What the report shows of it."""
        return Reported(self.evaluation, self.detections, self.sweep, self.cleaned, self.cameras)

    def document(self) -> dict[str, Any]:
        """The measures as JSON values."""
        found = {
            "threshold": self.threshold,
            "overall": _plain(self.evaluation.overall),
            "views": {view.value: _plain(row) for view, row in self.evaluation.by_view().items()},
            "thresholds": {f"{t:g}": _plain(row) for t, row in self.sweep},
            "keypoints": {row.name: _plain(row) for row in self.evaluation.by_keypoint()},
        }
        if self.cleaned is not None:
            views = {view.value: _plain(row) for view, row in self.cleaned.by_view(self.evaluation.views).items()}
            found["without likely label errors"] = {"overall": _plain(self.cleaned.overall), "views": views}
        if self.cameras is not None:
            found["cameras"] = camera_document(self.cameras)
        return found


def compared(judged: Mapping[str, Judged]) -> Comparison | None:
    """The second of two networks against the first, on frames with labels; None where there are not two."""
    if len(judged) != 2:
        return None
    old, new = judged.values()
    if not old.evaluation.overall.labels:
        return None
    titles = tuple(judged)
    evaluations = (old.evaluation, new.evaluation)
    return compare((titles[0], titles[1]), evaluations, (old.detections, new.detections))


def look(predictor: Predictor, truths: Sequence[Truth]) -> tuple[dict[str, Seen], list[str]]:
    """What a network sees in every frame, in pixels of a frame 960 wide, and a sentence for every unreadable image."""
    if strange := sorted(set(predictor.names) - set(PITCH_57.keypoints)):
        raise CommandError(f"The network knows points that are none of the pitch's 57, for instance {strange[0]!r}.")
    order = [PITCH_57.index[name] for name in predictor.names]
    seen: dict[str, Seen] = {}
    read: list[Truth] = []
    remarks: list[str] = []

    def images() -> Iterator[np.ndarray[Any, np.dtype[np.uint8]]]:
        for truth in truths:
            if truth.image is None:
                continue
            try:
                rgb = read_image(truth.image)
            except MediaError as error:
                remarks.append(str(error))
                continue
            read.append(truth)
            yield rgb

    ticker = Ticker("evaluated", len(truths))
    for done, prediction in enumerate(predictor.predict_many(images())):
        truth = read[done]
        scale = np.array(truth.size) / np.array(prediction.image_size)
        xy = (prediction.xy + 0.5) * scale - 0.5
        found = zip(order, xy.tolist(), prediction.confidence.tolist(), strict=True)
        seen[truth.name] = {k: (x, y, c) for k, (x, y), c in found if np.isfinite((x, y)).all()}
        ticker.show(done + 1)
    return seen, remarks


def text_of(judged: Mapping[str, Judged]) -> str:
    """The tables for a terminal: all networks side by side, then every network by view, threshold and keypoint."""
    first = next(iter(judged.values()))
    row = first.evaluation.overall
    lines: list[str] = []
    if row.labels:
        planar = sum(one.move is not None for one in first.evaluation.frames)
        counts = f"{row.frames} frames, {row.labels} labels, {planar} frames with at least four ground labels"
        lines = [counts, "", HEADER]
        for title, one in judged.items():
            lines.append(one.evaluation.overall.text(f"{title} > {one.threshold:g}"))
            if one.cleaned is not None:
                lines.append(one.cleaned.overall.text(_left_out(row, one.cleaned.overall)))
        lines.append("")
    lines += _camera_lines(judged)
    if not row.labels:
        return "\n".join(lines)
    for title, one in judged.items():
        lines += [f"{title}, by view", HEADER, *_view_lines(one)]
        best = best_threshold(one.truths, one.seen)
        lines += ["", f"{title}, by threshold", HEADER]
        lines += [r.text(f"confidence > {t:g}{' (best)' if t == best else ''}") for t, r in one.sweep]
        lines.append("")
    return "\n".join([*lines, *_keypoint_lines({t: one.evaluation for t, one in judged.items()})]) + "\n"


def _left_out(row: Row, cleaned: Row) -> str:
    count = row.labels - cleaned.labels
    return f"  without {count} likely label error{'s' if count != 1 else ''}"


def _view_lines(one: Judged) -> list[str]:
    """Every view, and below it the same without labels that are probably wrong where it has any."""
    cleaned = {} if one.cleaned is None else one.cleaned.by_view(one.evaluation.views)
    lines = []
    for view, row in one.evaluation.by_view().items():
        lines.append(row.text(f"{view.value} ({row.frames})"))
        if view in cleaned and cleaned[view].labels != row.labels:
            lines.append(cleaned[view].text(_left_out(row, cleaned[view])))
    return lines


def _camera_lines(judged: Mapping[str, Judged]) -> list[str]:
    """The cameras through the detections against drawn lines: every network, overall and by view."""
    lines: list[str] = []
    for title, one in judged.items():
        if one.cameras is None:
            continue
        total = one.cameras.overall
        if not lines:
            lines += [f"cameras through the detections, {total.frames} frames with drawn lines", CAMERA_HEADER]
        lines.append(camera_line(f"{title} > {one.threshold:g}", total))
        views = one.cameras.by_view()
        if len(views) > 1:
            lines += [camera_line(f"  {view.value} ({score.frames})", score) for view, score in views.items()]
    return [*lines, ""] if lines else []


def _keypoint_lines(evaluations: Mapping[str, Evaluation]) -> list[str]:
    """Every keypoint: labels, and for each network the share found, within 10 px, median px and astray ones."""
    rows = {title: {row.name: row for row in one.by_keypoint()} for title, one in evaluations.items()}
    head = "".join(f"  {'found':>5} {'<10px':>5} {'median':>6} {'astray':>6}" for _ in rows)
    lines = [f"{'by keypoint':42}{'labels':>6}{head}"]
    for name in PITCH_57.keypoints:
        of = [table.get(name) for table in rows.values()]
        known = [row for row in of if row is not None]
        if known:
            cells = "".join(
                " " * 26
                if row is None
                else f"  {row.found:5d} {row.within:5d} {row.median:6.1f} {row.wrong:6d}"
                for row in of
            )
            lines.append(f"{name:42}{known[0].labels:6d}{cells}")
    return lines


def _titles(paths: Sequence[Path | None]) -> list[str]:
    """A short name for every network; equal ones are told apart by their place."""
    names = ["embedded" if path is None else path.stem for path in paths]
    return [f"{name} ({i + 1})" if names.count(name) > 1 else name for i, name in enumerate(names)]


def _plain(row: Any) -> dict[str, Any]:
    """A row's numbers by name, null where there is none."""

    def value(item: Any) -> Any:
        if isinstance(item, tuple):
            return [value(one) for one in item]
        return None if isinstance(item, float) and not np.isfinite(item) else item

    return {key: value(item) for key, item in vars(row).items()}
