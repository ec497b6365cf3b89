"""``evaluate``: how good networks are on labelled frames, in tables and as a report with the worst frames."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotator.commands import CommandError
from annotator.commands.console import Ticker, complain, share, write_result
from annotator.commands.network import add_device_argument, embedded_weights, load_predictor
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
from annotator.evaluation_data import read_labelled, read_likely_errors
from annotator.evaluation_report import write_report
from annotator.formats.documents import FormatError
from annotator.frames import MediaError, read_image
from annotator.pitch import PITCH_57

if TYPE_CHECKING:
    from model.predictor import Predictor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``evaluate``."""
    parser.add_argument("data", type=Path, metavar="DATA", help="a training set, or a folder of images and labels")
    text = "network files, compared on the same frames (default: the embedded one)"
    parser.add_argument("--weights", type=Path, nargs="+", default=[], metavar="FILE", help=text)
    add_device_argument(parser)
    parser.add_argument("--threshold", type=share, metavar="T", help="least confidence (default: each network's own)")
    parser.add_argument("--split", choices=("train", "val", "test"), help="of a training set (default: val)")
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="write an HTML report with the worst frames here")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the measures here as JSON")


def run(options: argparse.Namespace) -> int:
    """The exit code of ``evaluate``."""
    try:
        truths, remarks = read_labelled(options.data, split=options.split)
        wrong = read_likely_errors(options.data)
    except FormatError as error:
        raise CommandError(str(error)) from error
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
        judged[title] = Judged([one for one in truths if one.name in seen], seen, threshold)
    sys.stdout.write(text_of(judged, wrong))
    try:
        if options.output is not None:
            write_result({title: one.document() for title, one in judged.items()}, options.output)
        if options.report is not None:
            found = {title: (one.evaluation, one.detections) for title, one in judged.items()}
            sweeps = {title: one.sweep for title, one in judged.items()}
            complain(f"report: {write_report(options.report, found, data=str(options.data), sweeps=sweeps)}")
    except FormatError as error:
        raise CommandError(str(error)) from error
    return 1 if remarks else 0


class Judged:
    """One network on the frames that could be read: what it saw, and the evaluation at its threshold."""

    def __init__(self, truths: Sequence[Truth], seen: Mapping[str, Seen], threshold: float) -> None:
        if not truths:
            raise CommandError("None of the labelled images could be read.")
        self.truths, self.seen, self.threshold = truths, seen, threshold
        self.detections: Mapping[str, Points] = above(seen, threshold)
        self.evaluation = evaluate(truths, self.detections)
        self.sweep: list[tuple[float, Row]] = [(t, evaluate(truths, above(seen, t)).overall) for t in THRESHOLDS]

    def document(self) -> dict[str, Any]:
        """The measures as JSON values."""
        return {
            "threshold": self.threshold,
            "overall": _plain(self.evaluation.overall),
            "views": {view.value: _plain(row) for view, row in self.evaluation.by_view().items()},
            "thresholds": {f"{t:g}": _plain(row) for t, row in self.sweep},
            "keypoints": {row.name: _plain(row) for row in self.evaluation.by_keypoint()},
        }


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


def text_of(judged: Mapping[str, Judged], wrong: Mapping[str, set[int]]) -> str:
    """The tables for a terminal: all networks side by side, then every network by view, threshold and keypoint."""
    first = next(iter(judged.values()))
    planar = sum(one.move is not None for one in first.evaluation.frames)
    row = first.evaluation.overall
    lines = [f"{row.frames} frames, {row.labels} labels, {planar} frames with at least four ground labels", "", HEADER]
    for title, one in judged.items():
        lines.append(one.evaluation.overall.text(f"{title} > {one.threshold:g}"))
        if wrong:
            cleaned = evaluate(without(one.truths, wrong), one.detections).overall
            lines.append(cleaned.text("  likely label errors left out"))
    for title, one in judged.items():
        lines += ["", f"{title}, by view", HEADER]
        lines += [r.text(f"{view.value} ({r.frames})") for view, r in one.evaluation.by_view().items()]
        best = best_threshold(one.truths, one.seen)
        lines += ["", f"{title}, by threshold", HEADER]
        lines += [r.text(f"confidence > {t:g}{' (best)' if t == best else ''}") for t, r in one.sweep]
    return "\n".join([*lines, "", *_keypoint_lines({t: one.evaluation for t, one in judged.items()})]) + "\n"


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
