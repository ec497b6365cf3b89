"""Our checkpoint: one safetensors file whose metadata is a card saying everything needed to run the weights."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import safetensors.torch as tensors
import torch
from safetensors import SafetensorError
from torch import Tensor

from model.heatmaps import Alignment, Codec
from model.hrnet import HRNet, Spec

ColourOrder = Literal["rgb", "bgr"]
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
_KEY, _VERSION = "touchline-network", 1
_ADVICE = "Choose a network file written by this program."
_MAX_CARD = 1 << 22
BROKEN_FILE = (
    RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, ImportError, AssertionError,
    RecursionError, MemoryError, struct.error, pickle.UnpicklingError, zipfile.BadZipFile, SafetensorError,
)  # fmt: skip
"""What the readers of torch and safetensors raise for files that are torn, cut short or something else."""


class CheckpointError(Exception):
    """A network file that cannot be read, written or used: the path, the reason, what to do."""

    def __init__(self, path: Path, reason: str, advice: str = _ADVICE) -> None:
        super().__init__(f"{path}: {reason}. {advice}")
        self.path, self.reason, self.advice = path, reason, advice


@dataclass(frozen=True)
class Card:
    """What weights mean.

    Attributes
    ----------
    spec : the architecture; ``spec.output`` is the activation of its maps.
    names : the K keypoints, in channel order; a background channel may follow.
    input_size : (w, h) the image is stretched to.
    sigma : of the training targets, in cells. The stride comes from the spec.
    alignment : where a cell lies, see `model.heatmaps.Codec`.
    colour, mean, std : channel order and normalisation of the input in 0..1, in that order.
    scheme : identity of the keypoint scheme.
    mirror : what point k is called in a mirrored image; empty if unknown.
    threshold : the confidence from which a point is worth showing, tuned on validation frames.
    training : a summary: samples, sets, metrics.
    licence, attribution : what must travel with the weights.
    """

    spec: Spec
    names: tuple[str, ...]
    input_size: tuple[int, int]
    sigma: float = 1.3
    alignment: Alignment = "centre"
    colour: ColourOrder = "rgb"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    scheme: str = ""
    mirror: tuple[int, ...] = ()
    threshold: float = 0.3
    training: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    attribution: str = ""

    def __post_init__(self) -> None:
        if self.spec.channels - len(self.names) not in (0, 1) or len(set(self.names)) != len(self.names):
            raise ValueError(f"{len(self.names)} names do not fit {self.spec.channels} channels")
        if self.colour not in ("rgb", "bgr") or len(self.mean) != 3 or len(self.std) != 3 or not min(self.std) > 0:
            raise ValueError("colour order, mean or standard deviation of the input make no sense")
        if self.mirror and sorted(self.mirror) != list(range(len(self.names))):
            raise ValueError("the mirror table is no permutation of the keypoints")
        if min(self.input_size) < 64 or max(self.input_size) > 8192:
            raise ValueError(f"input size {self.input_size} is not within 64 and 8192")

    @property
    def background(self) -> bool:
        """Whether the last channel is the background."""
        return self.spec.channels > len(self.names)

    @property
    def codec(self) -> Codec:
        """The heatmaps of this network."""
        return Codec(self.input_size, stride=self.spec.stride, sigma=self.sigma, alignment=self.alignment)

    def to_json(self) -> str:
        """Deterministic text."""
        values = asdict(replace(self, training=dict(self.training)))
        values["spec"] = self.spec.to_dict()
        return json.dumps({"version": _VERSION, **values}, sort_keys=True, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The inverse of `to_json`; keys of newer programs are ignored, nonsense is a ValueError or TypeError."""
        values = json.loads(text)
        if not isinstance(values, dict) or values.get("version") != _VERSION:
            raise ValueError("the card is of another version")
        known = {item.name for item in fields(cls)}
        plain: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items() if key in known
        }
        plain["spec"] = Spec.from_dict(values["spec"])
        return cls(**plain)


@dataclass(frozen=True)
class Checkpoint:
    """A card, its weights (float32, by the network's parameter names) and their identity."""

    card: Card
    weights: Mapping[str, Tensor]
    id: str

    def build(self) -> HRNet:
        """The network with these weights, in evaluation mode."""
        net = HRNet(self.card.spec)
        net.load_state_dict(dict(self.weights), strict=False)
        return net.eval()


def save(path: Path, weights: Mapping[str, Tensor], card: Card) -> None:
    """Write a checkpoint whole or not at all.

    Convolutions are stored in half precision, vectors (normalisation) in single; the size is about two bytes a
    parameter. A disk that refuses is a `CheckpointError`.
    """
    stored = {name: _stored(value) for name, value in weights.items() if not name.endswith("num_batches_tracked")}
    write_whole(path, tensors.save(stored, metadata={_KEY: card.to_json()}))


def _stored(value: Tensor) -> Tensor:
    kind = torch.float16 if value.ndim > 1 else torch.float32
    return value.detach().to(device="cpu", dtype=kind).contiguous().clone()


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` by way of a temporary neighbour; a failure leaves what was there."""
    temporary = path.with_name(f".{path.name}.writing-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise CheckpointError(path, error.strerror or str(error), "Check the disk and the permissions.") from error


def load(path: Path) -> Checkpoint:
    """Read a checkpoint written by `save`.

    Anything else, and weights that do not fit their card, is a `CheckpointError`. Nothing in the file is executed:
    safetensors holds numbers and text only.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(path, error.strerror or str(error), "Choose a network file that exists.") from error
    text = _card_text(path, data)
    try:
        card = Card.from_json(text)
        weights = tensors.load(data)
    except (ValueError, TypeError, KeyError, AttributeError, SafetensorError) as error:
        raise CheckpointError(path, f"the network's card or weights are damaged ({error})") from error
    _check_shapes(path, card.spec, weights)
    single = {name: value.float() for name, value in weights.items()}
    return Checkpoint(card, single, hashlib.sha256(data).hexdigest()[:16])


def _card_text(path: Path, data: bytes) -> str:
    """The card inside the header of a safetensors file (8 bytes of length, then JSON)."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, _MAX_CARD):
        raise CheckpointError(path, "this is not a safetensors file, or it is cut short")
    try:
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    except (ValueError, AttributeError) as error:
        raise CheckpointError(path, f"its header is damaged ({error})") from error
    text = metadata.get(_KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise CheckpointError(path, "the file carries no card of this program", "Import it as a foreign network.")
    return text


def _check_shapes(path: Path, spec: Spec, weights: Mapping[str, Tensor]) -> None:
    """Compare with the architecture before any memory is taken for it."""
    with torch.device("meta"):
        expected = {name: value.shape for name, value in HRNet(spec).state_dict().items()}
    expected = {name: shape for name, shape in expected.items() if not name.endswith("num_batches_tracked")}
    if missing := sorted(set(expected) - set(weights)):
        raise CheckpointError(path, f"{len(missing)} weights are missing, the first is {missing[0]}")
    if extra := sorted(set(weights) - set(expected)):
        raise CheckpointError(path, f"{len(extra)} weights do not belong to its network, the first is {extra[0]}")
    for name, shape in expected.items():
        if weights[name].shape != shape:
            raise CheckpointError(path, f"{name} has shape {tuple(weights[name].shape)} instead of {tuple(shape)}")
        if not bool(torch.isfinite(weights[name]).all()):
            raise CheckpointError(path, f"{name} holds numbers that are not finite")
