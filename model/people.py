"""What a network saw of many things in one image: points, confidence and a box each, without heatmaps.

Maps of every crop would be most of a project's size and say little beside each other; one image's single things keep
theirs in `model.heatmaps.Prediction`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.heatmaps import Prediction, PredictionError

FloatArray = NDArray[np.float64]
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in image pixels."""

_MAGIC = b"TLPEOP01"
_LARGEST = 256 << 20


@dataclass(frozen=True)
class Candidate:
    """Where a thing may be: its box in image pixels, and how sure that is, 0..1."""

    box: Box
    score: float = 1.0


@dataclass(frozen=True, eq=False)
class InstancePrediction:
    """One thing as a network saw it.

    Attributes
    ----------
    names : K keypoint names.
    xy : (K, 2) float64 image pixels, (0, 0) the centre of the top-left pixel; NaN where it saw none.
    confidence : (K,) in 0..1.
    sd : (K,) standard deviation in image pixels, NaN where unknown.
    score : of the thing as a whole, 0..1.
    box : the box it was looked for in, or that holds it; None where there is none.
    visible : (K,) probability that the point can be seen, where the network says so.
    values : scalars by name, such as the number of cards.
    """

    names: tuple[str, ...]
    xy: FloatArray
    confidence: FloatArray
    sd: FloatArray
    score: float
    box: Box | None = None
    visible: FloatArray | None = None
    values: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit the names; nobody writes into them."""
        count = len(self.names)
        shapes = (self.xy.shape, self.confidence.shape, self.sd.shape)
        if shapes != ((count, 2), (count,), (count,)):
            raise ValueError(f"a prediction of {count} points cannot have arrays of shapes {shapes}")
        if self.visible is not None and self.visible.shape != (count,):
            raise ValueError(f"visibilities of shape {self.visible.shape} do not fit {count} points")
        for array in (self.xy, self.confidence, self.sd, self.visible):
            if array is not None:
                array.setflags(write=False)

    @classmethod
    def of(cls, prediction: Prediction) -> InstancePrediction:
        """The one thing of a whole image, without its heatmaps; its score is the mean confidence."""
        score = float(prediction.confidence.mean()) if len(prediction.names) else 0.0
        return cls(
            prediction.names, prediction.xy, prediction.confidence, prediction.sd, score,
            visible=prediction.seen, values=dict(prediction.scalars),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class PeoplePrediction:
    """All things that a network saw in one image, best score first; ``image_size`` is (w, h) pixels."""

    instances: tuple[InstancePrediction, ...]
    image_size: tuple[int, int]
    network: str

    def to_bytes(self) -> bytes:
        """The whole prediction as packed JSON, numbers to a thousandth of a pixel."""
        document = {
            "image_size": self.image_size,
            "network": self.network,
            "instances": [_document(one) for one in self.instances],
        }
        return _MAGIC + zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> PeoplePrediction:
        """The inverse of `to_bytes`; anything else is a `PredictionError`."""
        if data[: len(_MAGIC)] != _MAGIC:
            raise PredictionError("these bytes are no stored prediction of many; predict the frame again")
        try:
            unpacked = zlib.decompressobj()
            text = unpacked.decompress(data[len(_MAGIC) :], _LARGEST)
            document = json.loads(text)
            width, height = document["image_size"]
            found = tuple(_instance(one) for one in document["instances"])
            return cls(found, (int(width), int(height)), str(document["network"]))
        except (KeyError, TypeError, ValueError, AttributeError, zlib.error, RecursionError) as error:
            raise PredictionError(f"a stored prediction is damaged ({error}); predict the frame again") from error

    def with_instances(self, instances: tuple[InstancePrediction, ...]) -> PeoplePrediction:
        """The same with these things, best score first."""
        return replace(self, instances=tuple(sorted(instances, key=lambda one: -one.score)))


def holds_people(data: bytes) -> bool:
    """Whether stored bytes are those of a `PeoplePrediction`."""
    return data[: len(_MAGIC)] == _MAGIC


def _document(one: InstancePrediction) -> dict[str, Any]:
    document: dict[str, Any] = {
        "names": one.names,
        "xy": _plain(one.xy, 3),
        "confidence": _plain(one.confidence, 4),
        "sd": _plain(one.sd, 3),
        "score": round(float(one.score), 6),
    }
    if one.box is not None:
        document["box"] = [round(float(side), 3) for side in one.box]
    if one.visible is not None:
        document["visible"] = _plain(one.visible, 4)
    if one.values:
        document["values"] = {name: float(value) for name, value in one.values.items()}
    return document


def _plain(array: FloatArray, digits: int) -> Any:
    """Nested lists, None for what is no finite number."""
    rounded = np.round(array, digits).tolist()

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(one) for one in value]
        return value if np.isfinite(value) else None

    return plain(rounded)


def _instance(document: Mapping[str, Any]) -> InstancePrediction:
    box, visible = document.get("box"), document.get("visible")
    x0, y0, x1, y1 = (0.0,) * 4 if box is None else (float(side) for side in box)
    return InstancePrediction(
        names=tuple(str(name) for name in document["names"]),
        xy=np.array(document["xy"], dtype=np.float64).reshape(-1, 2),
        confidence=np.array(document["confidence"], dtype=np.float64),
        sd=np.array(document["sd"], dtype=np.float64),
        score=float(document["score"]),
        box=None if box is None else (x0, y0, x1, y1),
        visible=None if visible is None else np.array(visible, dtype=np.float64),
        values={str(name): float(value) for name, value in document.get("values", {}).items()},
    )
