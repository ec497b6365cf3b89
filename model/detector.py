"""Boxes of things from any detector that a person has as an ONNX file, whatever way it says them.

The file is read by OpenVINO, or by OpenCV where that is not installed. The image is put into the input as detectors
are trained: shrunk to fit, grey bars beside it (letterbox), RGB in 0..1, or as bytes where the input takes bytes.
Understood are

- rows of x0, y0, x1, y1, score, class: (1, N, 6), what networks say that sort out doubles themselves;
- YOLOv5's raw (1, N, 5 + C): middle, size, whether there is anything, which class;
- YOLOv8's raw (1, 4 + C, N): middle, size, which class;
- several outputs: corners (N, 4) with scores (N,) or (N, C), and perhaps labels (N,); or (N, 5) with labels.

Places may be pixels of the input or shares of it.
"""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from model.onnx_head import NoOnnxError, read_head
from model.people import Candidate
from model.suppression import SAME_BOX, distinct_boxes

FloatArray = NDArray[np.float64]
Outputs = Sequence[NDArray[Any]]
USUAL = (640, 640)
"""(w, h) of the input where a file leaves it open."""
PERSON, PERSON_BY_LABEL = 0, 1
"""The class of people: the first of COCO's 80; the second number, after the background, where torchvision labels."""
MOST = 300
LARGEST = 8192
"""Pixels of a side: nothing larger is made ready, however a file asks for it."""
_GREY = 114
_TRIED = (640, 416, 320, 512, 1280)
_ADVICE = "Choose an ONNX detector such as an export of YOLO, or one with outputs for boxes and scores."


class DetectorError(Exception):
    """A detector that cannot be used: the path, the reason, what to do."""

    def __init__(self, path: Path, reason: str, advice: str = _ADVICE) -> None:
        super().__init__(f"{path}: {reason}. {advice}")
        self.path, self.reason, self.advice = path, reason, advice


@dataclass(frozen=True, eq=False)
class Said:
    """What a detector said: corners ``(N, 4)`` in input pixels, scores ``(N,)``, and classes ``(N,)``.

    ``people`` is the class of people in its way of counting.
    """

    corners: FloatArray
    scores: FloatArray
    kinds: NDArray[np.intp]
    people: int = PERSON


class Runner(Protocol):
    """A network with one input image: ``shape`` of its input with -1 where it is open, and whether it takes bytes."""

    shape: tuple[int, ...]
    takes_bytes: bool

    def run(self, given: NDArray[Any]) -> Outputs:
        """All outputs in the file's order; a RuntimeError where it refuses."""


class _OpenVino:
    def __init__(self, path: Path) -> None:
        sys.modules.setdefault("openvino_telemetry", cast(Any, None))
        openvino = importlib.import_module("openvino")
        model = openvino.Core().read_model(str(path))
        if len(model.inputs) != 1:
            raise ValueError(f"it has {len(model.inputs)} inputs instead of one image")
        partial = model.inputs[0].partial_shape
        if partial.rank.is_dynamic:
            raise ValueError("its input is of no known shape")
        self.shape = tuple(-1 if side.is_dynamic else side.get_length() for side in partial)
        kind = model.inputs[0].element_type.to_dtype()
        self._kind, self.takes_bytes = kind, kind == np.uint8
        # Single precision: scores decide what is shown.
        compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self._compiled = compiled

    def run(self, given: NDArray[Any]) -> Outputs:
        found = self._compiled([given.astype(self._kind)])
        return [np.array(found[place]) for place in self._compiled.outputs]


class _OpenCv:
    """OpenCV does not say what a file's input is like: usual sizes are tried with the first image."""

    shape: tuple[int, ...] = (1, 3, -1, -1)
    takes_bytes = False

    def __init__(self, path: Path) -> None:
        self._net = cv2.dnn.readNetFromONNX(str(path))
        self._names = list(self._net.getUnconnectedOutLayersNames())
        self.shape = (1, 3, *self._works())

    def _works(self) -> tuple[int, int]:
        for side in _TRIED:
            try:
                self.run(np.zeros((1, 3, side, side), np.float32))
            except RuntimeError:
                continue
            return side, side
        raise ValueError(f"it takes no square image of {', '.join(map(str, _TRIED))} pixels")

    def run(self, given: NDArray[Any]) -> Outputs:
        try:
            self._net.setInput(given.astype(np.float32))
            return [np.array(one) for one in self._net.forward(self._names)]
        except cv2.error as error:
            raise RuntimeError(str(error)) from error


class Detector:
    """A detector in a file, ready; build it with `load`. A network of another kind shows itself at the first image."""

    def __init__(self, path: Path, runner: Runner) -> None:
        self.path, self._runner = path, runner
        shape = runner.shape
        self._flat = len(shape) == 3
        sides = shape if self._flat else shape[1:]
        if len(shape) not in (3, 4) or 3 not in (sides[0], sides[2]):
            raise DetectorError(path, f"its input has the shape {list(shape)}, which is no colour image")
        self._last = sides[0] != 3
        height, width = sides[:2] if self._last else sides[1:]
        self.size = (width if width > 0 else USUAL[0], height if height > 0 else USUAL[1])
        if max(self.size) > LARGEST:
            raise DetectorError(path, f"its input of {width}x{height} pixels is larger than any detector's")

    @classmethod
    def load(cls, path: Path) -> Detector:
        """Read an ONNX file; one that is none, or no network of one image, is a `DetectorError`."""
        class_names(path)
        try:
            return cls(path, _runner(path))
        except (RuntimeError, ValueError, cv2.error) as error:
            raise DetectorError(path, f"it cannot be read as an ONNX network ({_why(error)})") from error

    def detect(
        self, rgb: NDArray[np.uint8], *, least: float = 0.3, kind: int | None = None, same: float = SAME_BOX
    ) -> tuple[Candidate, ...]:
        """The things of one class in an RGB uint8 image ``(H, W, 3)``, surest first, at most `MOST`.

        ``kind`` is the number of the class, that of people where it is None. Boxes less sure than ``least``, and those
        that overlap a surer one by more than ``same``, are left out.

        Raises
        ------
        DetectorError
            If the network refuses the image, or says something that is not understood.
        """
        pixels, scale, pad = letterbox(rgb, self.size)
        try:
            outputs = self._runner.run(self._given(pixels))
        except RuntimeError as error:
            raise DetectorError(self.path, f"it does not run ({_why(error)})") from error
        said = self._understood(outputs)
        wanted = (said.kinds == (said.people if kind is None else kind)) & (said.scores >= least)
        wanted &= np.isfinite(said.corners).all(axis=1)
        # Edges of the input to pixel centres of the image.
        corners = (said.corners[wanted] - np.tile(pad, 2)) / scale - 0.5
        size = np.array(rgb.shape[1::-1], dtype=np.float64)
        corners = np.clip(corners, -0.5, np.tile(size, 2) - 0.5)
        scores = np.clip(said.scores[wanted], 0.0, 1.0)
        full = (corners[:, 2:] > corners[:, :2]).all(axis=1)
        corners, scores = corners[full], scores[full]
        first = np.argsort(-scores, kind="stable")[: 10 * MOST]
        kept = [first[k] for k in distinct_boxes(corners[first], scores[first], same=same)[:MOST]]
        boxes = [tuple(map(float, corners[k])) for k in kept]
        return tuple(
            Candidate((x0, y0, x1, y1), float(scores[k])) for (x0, y0, x1, y1), k in zip(boxes, kept, strict=True)
        )

    def _given(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        given: NDArray[Any] = pixels if self._runner.takes_bytes else pixels.astype(np.float32) / 255
        ordered = given if self._last else given.transpose(2, 0, 1)
        return np.ascontiguousarray(ordered if self._flat else ordered[None])

    def _understood(self, outputs: Outputs) -> Said:
        try:
            return understood(outputs, self.size)
        except ValueError as error:
            raise DetectorError(self.path, str(error)) from error


def class_names(path: Path) -> Mapping[int, str]:
    """How the classes of a detector are called, by number, where its file says so; nothing of it is run.

    Raises
    ------
    DetectorError
        If there is no such file, or it is no whole ONNX file.
    """
    if not path.is_file():
        raise DetectorError(path, "there is no such file")
    try:
        return read_head(path).names
    except NoOnnxError as error:
        raise DetectorError(path, str(error)) from error
    except OSError as error:
        raise DetectorError(path, f"the file cannot be read ({error.strerror or error})") from error


def _why(error: Exception) -> str:
    """What a library says went wrong, without where in its own source it noticed."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith(("Exception from ", "Check '"))]
    return (said[-1] if said else " ".join(lines))[:200].rstrip(".") or type(error).__name__


def _runner(path: Path) -> Runner:
    try:
        importlib.import_module("openvino")
    except ImportError:
        return _OpenCv(path)
    return _OpenVino(path)


def letterbox(
    rgb: NDArray[np.uint8], size: tuple[int, int]
) -> tuple[NDArray[np.uint8], float, tuple[float, float]]:
    """The image shrunk or grown to fit ``size`` (w, h), grey beside it; the scale, and how far it was moved (x, y).

    Edges map to edges: x_in = (x_image + 0.5) * scale + move, in distances from the input's edge.
    """
    height, width = rgb.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    out = np.full((size[1], size[0], 3), _GREY, dtype=np.uint8)
    out[top : top + inner[1], left : left + inner[0]] = cv2.resize(rgb, inner, interpolation=how)
    return out, scale, (float(left), float(top))


def understood(outputs: Outputs, size: tuple[int, int]) -> Said:
    """What outputs of a detector with an input of ``size`` (w, h) say; a ValueError that names what they are like."""
    plain = [np.asarray(one) for one in outputs]
    flat = [one[0] if one.ndim > 1 and one.shape[0] == 1 else one for one in plain]
    said = _single(flat[0]) if len(flat) == 1 else _several(flat)
    if said is None:
        shapes = ", ".join(f"{list(one.shape)} of {one.dtype}" for one in plain)
        raise ValueError(f"its outputs are {shapes or 'nothing'}, which are no boxes in a known way")
    return _in_pixels(said, size)


def _single(rows: NDArray[Any]) -> Said | None:
    if rows.ndim != 2 or not np.isfinite(rows).all():
        return None
    rows = rows.astype(np.float64)
    if rows.shape[1] == 6 and _is_sorted_out(rows):
        return Said(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.intp))
    if min(rows.shape) < 5:
        return None
    if rows.shape[0] < rows.shape[1]:
        # YOLOv8: a column an anchor. Where points of a pose follow, no class is named by numbers beyond 0..1.
        scores = rows[4:].T
        return _raw(rows[:4].T, scores if _is_share(scores) else scores[:, :1])
    if rows.shape[1] == 5:
        return _raw(rows[:, :4], rows[:, 4:])
    return _raw(rows[:, :4], rows[:, 5:] * rows[:, 4:5]) if _is_share(rows[:, 4:]) else None


def _is_sorted_out(rows: FloatArray) -> bool:
    """Whether rows of six are corners, score, class, and not a raw network's with a single class."""
    whole = (rows[:, 5] == np.round(rows[:, 5])).all()
    there = rows[:, 4] > 0
    return bool(whole and _is_share(rows[:, 4]) and (rows[there, 2:4] >= rows[there, :2]).all())


def _is_share(values: NDArray[Any]) -> bool:
    return bool(((values >= -1e-3) & (values <= 1 + 1e-3)).all())


def _raw(boxes: FloatArray, scores: FloatArray) -> Said:
    """Middles and sizes ``(N, 4)`` with a score a class ``(N, C)``."""
    best = scores.argmax(axis=1)
    return Said(_corners(boxes), scores[np.arange(len(scores)), best], best.astype(np.intp))


def _corners(boxes: FloatArray) -> FloatArray:
    middle, half = boxes[:, :2], boxes[:, 2:4] / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _several(outputs: Sequence[NDArray[Any]]) -> Said | None:
    # The number of boxes that some exports say beside them is of no use.
    place = next((n for n, one in enumerate(outputs) if one.ndim == 2 and one.shape[1] in (4, 5)), None)
    if place is None:
        return None
    boxes = outputs[place].astype(np.float64)
    rest = {n: one for n, one in enumerate(outputs) if n != place and one.ndim and one.shape[0] == len(boxes)}
    lists = {n: one for n, one in rest.items() if one.ndim == 1 or one.shape[1] == 1}
    labels = _labels(lists)
    if boxes.shape[1] == 5:
        kinds = np.zeros(len(boxes), np.intp) if labels is None else lists[labels].ravel().astype(np.intp)
        return Said(boxes[:, :4], boxes[:, 4], kinds)
    scored = next((n for n in lists if n != labels), None)
    if scored is not None:
        scores = _as_shares(lists[scored].ravel().astype(np.float64))
        kinds = np.zeros(len(boxes), np.intp) if labels is None else lists[labels].ravel().astype(np.intp)
        # torchvision names labels before scores, and counts the background as class 0.
        people = PERSON_BY_LABEL if labels is not None and place < labels < scored else PERSON
        return Said(boxes, scores, kinds, people)
    table = next((one for one in rest.values() if one.ndim == 2), None)
    if table is None:
        return None
    shares = _as_shares(table.astype(np.float64))
    best = shares.argmax(axis=1)
    return Said(boxes, shares[np.arange(len(shares)), best], best.astype(np.intp))


def _labels(lists: Mapping[int, NDArray[Any]]) -> int | None:
    """Which of the lists a number long holds classes: whole numbers by type, else by value and beyond 1."""
    whole = [n for n, one in lists.items() if np.issubdtype(one.dtype, np.integer)]
    if whole or len(lists) < 2:
        return whole[0] if whole else None
    beyond = [n for n, one in lists.items() if (one == np.round(one)).all()]
    return beyond[-1] if beyond else None


def _as_shares(scores: FloatArray) -> FloatArray:
    """Scores in 0..1; others are taken for what goes into a logistic function."""
    return scores if _is_share(scores) else np.asarray(1 / (1 + np.exp(-np.clip(scores, -60, 60))))


def _in_pixels(said: Said, size: tuple[int, int]) -> Said:
    """Shares of the input as its pixels; where shares are no corners they are middles and sizes."""
    corners = said.corners
    if not len(corners) or not math.isfinite(top := float(np.abs(corners).max())) or top > 2:
        return said
    sure = said.scores >= min(0.3, float(said.scores.max()))
    if not (corners[sure, 2:] >= corners[sure, :2]).all():
        corners = _corners(corners)
    return Said(corners * np.tile(np.array(size, dtype=np.float64), 2), said.scores, said.kinds, said.people)
