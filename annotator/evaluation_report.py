"""An evaluation as one HTML file that stands alone: tables, and the worst frames with labels and detections drawn."""

from __future__ import annotations

import base64
import html
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from annotator.camera_score import THRESHOLDS as CAMERA_THRESHOLDS
from annotator.camera_score import SetScore
from annotator.evaluation import DISTANCES, NEAR, WIDTH, Evaluation, FrameResult, Points, Row
from annotator.evaluation_cameras import CameraEvaluation
from annotator.formats.documents import FormatError
from annotator.frames import MediaError, read_image
from annotator.pitch import PITCH_57

_SHOWN = 720
_CLEANED = "likely label errors left out"
_RIGHT, _WRONG, _MISSED, _LABEL = (60, 220, 90), (255, 70, 60), (255, 190, 40), (255, 255, 255)
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 94rem; padding: 0 1rem;
  color: #1c2420; background: #fff }
table { border-collapse: collapse; margin: .6rem 0 1.6rem; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #dde3df }
th:first-child, td:first-child { text-align: left }
figure { margin: 0 0 2rem } figure div { display: flex; flex-wrap: wrap; gap: .6rem }
img { max-width: 100%; border-radius: 4px } figcaption { margin-bottom: .4rem }
@media (prefers-color-scheme: dark) { body { color: #e3e9e5; background: #161b18 } th, td { border-color: #333d37 } }
"""
_TITLES = ("frames", "labels", "recall", "precision", "geo. precision")


@dataclass(frozen=True)
class Reported:
    """One network as the report shows it.

    Its evaluation, its detections by frame, the measures by threshold, the evaluation without labels that are probably
    wrong and that of its cameras; None where nothing is known of such labels or no lines are drawn.
    """

    evaluation: Evaluation
    detections: Mapping[str, Points]
    sweep: Sequence[tuple[float, Row]] = ()
    cleaned: Evaluation | None = None
    cameras: CameraEvaluation | None = None


def write_report(folder: Path, networks: Mapping[str, Reported], *, data: str, count: int = 10) -> Path:
    """Write ``index.html`` into ``folder`` and return its path.

    ``networks`` are by title; with several the worst frames are those of the last one, shown as every network saw them.
    A disk that refuses is a `FormatError`.
    """
    cameras = _cameras({title: one.cameras for title, one in networks.items() if one.cameras is not None})
    parts = [f"<h1>Evaluation on {html.escape(data)}</h1>"]
    if any(one.evaluation.overall.labels for one in networks.values()):
        parts += [_legend(), _table("network", _overall(networks)), cameras, *_details(networks, count)]
    else:
        parts += ["<p>No point is labelled: only the cameras can be judged.</p>", cameras]
    text = f"<!doctype html><meta charset=utf-8><title>Evaluation</title><style>{_STYLE}</style>{''.join(parts)}\n"
    return _write(folder, text)


def _details(networks: Mapping[str, Reported], count: int) -> list[str]:
    """Every network by view, threshold and keypoint, and the worst frames of the last."""
    parts = []
    for title, one in networks.items():
        parts.append(f"<h2>{html.escape(title)}</h2><h3>By view</h3>")
        parts.append(_table("view", _by_view(one)))
        parts.append("<h3>By threshold</h3>")
        parts.append(_table("confidence above", {f"{t:g}": row for t, row in one.sweep}))
        parts.append("<h3>By keypoint</h3>" + _keypoints(one.evaluation))
    last = list(networks)[-1]
    parts.append(f"<h2>The worst frames of {html.escape(last)}</h2>")
    evaluations = {title: (one.evaluation, one.detections) for title, one in networks.items()}
    return parts + [_figure(worst.truth.name, evaluations) for worst in networks[last].evaluation.worst(count)]


def _overall(networks: Mapping[str, Reported]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for title, one in networks.items():
        rows[title] = one.evaluation.overall
        if one.cleaned is not None:
            rows[f"{title}, {_CLEANED}"] = one.cleaned.overall
    return rows


def _by_view(one: Reported) -> dict[str, Row]:
    cleaned = {} if one.cleaned is None else one.cleaned.by_view(one.evaluation.views)
    rows: dict[str, Row] = {}
    for view, row in one.evaluation.by_view().items():
        rows[view.value] = row
        if view in cleaned and cleaned[view].labels != row.labels:
            rows[f"{view.value}, {_CLEANED}"] = cleaned[view]
    return rows


def _cameras(found: Mapping[str, CameraEvaluation]) -> str:
    """How the cameras through the detections explain drawn lines; nothing where none are drawn."""
    if not found:
        return ""
    rows: dict[str, SetScore] = {}
    for title, one in found.items():
        rows[title] = one.overall
        rows |= {f"{title}, {view.value}": score for view, score in one.by_view().items()}
    head = ("network", "frames", "completeness", *(f"JaC@{t:g}" for t in CAMERA_THRESHOLDS), "final@5")
    body = (
        [
            html.escape(title),
            str(score.frames),
            _number(score.completeness, 3),
            *(_number(score.jaccard[t], 3) for t in CAMERA_THRESHOLDS),
            _number(score.final[5.0], 3),
        ]
        for title, score in rows.items()
    )
    text = (
        "<h2>Cameras against drawn lines</h2><p>The camera through each network's detections, by SoccerNet's score: "
        "JaC@t is the mean over the frames with a camera, completeness the share of frames that have one, final both "
        "multiplied.</p>"
    )
    return text + _cells(head, body)


def _write(folder: Path, text: str) -> Path:
    path = folder / "index.html"
    building = folder / f".index.writing-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        building.write_text(text, encoding="utf-8")
        building.replace(path)
    except OSError as error:
        reason = f"it cannot be written ({error.strerror or error})"
        raise FormatError(path, reason, "Choose another folder.") from error
    return path


def _legend() -> str:
    near = f"{NEAR:g}"
    return (
        f"<p>Pixels of a frame {WIDTH} wide. White rings are labels, amber ones labels that were not found; green "
        f"crosses are detections within {near} px of their label or of where the labels' homography puts the point, "
        "red ones are elsewhere. A line joins a detection and its label.</p>"
    )


def _table(first: str, rows: Mapping[str, Row]) -> str:
    pck = tuple(f"PCK{t:g}" for t in DISTANCES)
    head = (first, *_TITLES, *pck, "median px", "p95 px", "H &lt; 5 px", "H &lt; 10 px")
    body = []
    for title, row in rows.items():
        shares = (row.recall, row.precision, row.geometric, *row.pck)
        cells = [html.escape(title), str(row.frames), str(row.labels), *(_number(v, 3) for v in shares)]
        cells += [_number(row.median, 1), _number(row.p95, 1), *(_number(v, 2) for v in row.homography)]
        body.append(cells)
    return _cells(head, body)


def _keypoints(one: Evaluation) -> str:
    head = ("keypoint", "labels", "found", "within 10 px", "median px", "astray")
    rows = one.by_keypoint()
    return _cells(
        head,
        ([r.name, str(r.labels), str(r.found), str(r.within), _number(r.median, 1), str(r.wrong)] for r in rows),
    )


def _cells(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{title}</th>" for title in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "&ndash;"


def _figure(name: str, evaluations: Mapping[str, tuple[Evaluation, Mapping[str, Points]]]) -> str:
    """One frame, as every network saw it."""
    pictures, said = [], []
    for title, (evaluation, detections) in evaluations.items():
        result = next(one for one in evaluation.frames if one.truth.name == name)
        picture = _picture(result, detections.get(name, {}))
        if picture is not None:
            pictures.append(f"<img alt='{html.escape(title, quote=True)}' src='data:image/jpeg;base64,{picture}'>")
        said.append(f"{html.escape(title)}: {_sentence(result)}")
    view = result.truth.view.value
    caption = f"<figcaption><b>{html.escape(name)}</b>, {view}. {' '.join(said)}</figcaption>"
    return f"<figure>{caption}<div>{''.join(pictures)}</div></figure>"


def _sentence(result: FrameResult) -> str:
    astray = sum(error > NEAR for error in result.errors.values())
    move = "" if result.move is None else f", homography {_number(result.move, 1)} px"
    return (
        f"{len(result.errors)} of {len(result.truth.labels)} labels found, {astray} of them over {NEAR:g} px away, "
        f"{len(result.wrong)} detections in a wrong place{move}."
    )


def _picture(result: FrameResult, found: Points) -> str | None:
    """The drawn frame as base64 JPEG; None where its image is not to be had."""
    truth = result.truth
    if truth.image is None:
        return None
    try:
        rgb = read_image(truth.image)
    except MediaError:
        # The prediction read the same file; whoever removed it since gets the words without the picture.
        return None
    size = (_SHOWN, round(_SHOWN * truth.size[1] / truth.size[0]))
    # A little darker, so that the drawing stands out.
    canvas: NDArray[np.uint8] = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) * 0.82, dtype=np.uint8)
    scale = _SHOWN / truth.size[0]
    for k, place in truth.labels.items():
        _ring(canvas, place, scale, _MISSED if k in result.missed else _LABEL)
    for k, place in found.items():
        if k in truth.unknown:
            continue
        colour = _WRONG if k in result.wrong else _RIGHT
        if k in truth.labels:
            cv2.line(canvas, _fixed(place, scale), _fixed(truth.labels[k], scale), colour, 1, cv2.LINE_AA, 4)
        _cross(canvas, place, scale, colour)
        if k in result.wrong:
            x, y = (int(v * scale) for v in place)
            text = PITCH_57.keypoints[k]
            cv2.putText(canvas, text, (x + 7, y - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.33, colour, 1, cv2.LINE_AA)
    done, data = cv2.imencode(".jpg", canvas[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return base64.b64encode(bytes(data)).decode() if done else None


def _fixed(place: tuple[float, float], scale: float) -> tuple[int, int]:
    """Pixels in sixteenths, as OpenCV draws them finely; far places are held near the picture."""
    x, y = (float(np.clip(v * scale, -2000, 4000)) for v in place)
    return round(x * 16), round(y * 16)


def _ring(canvas: NDArray[np.uint8], place: tuple[float, float], scale: float, colour: tuple[int, int, int]) -> None:
    cv2.circle(canvas, _fixed(place, scale), 6 * 16, colour, 1, cv2.LINE_AA, 4)


def _cross(canvas: NDArray[np.uint8], place: tuple[float, float], scale: float, colour: tuple[int, int, int]) -> None:
    x, y = _fixed(place, scale)
    cv2.line(canvas, (x - 64, y), (x + 64, y), colour, 1, cv2.LINE_AA, 4)
    cv2.line(canvas, (x, y - 64), (x, y + 64), colour, 1, cv2.LINE_AA, 4)
