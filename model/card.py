"""The card of a checkpoint: everything needed to run its weights, readable without torch."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from model.heatmaps import Alignment, Codec
from model.samples import Scalar
from model.spec import Spec

ColourOrder = Literal["rgb", "bgr"]
Decoder = Literal["newton", "quarter", "dark", "udp"]
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
CARD_KEY, _VERSION = "touchline-network", 1
_ADVICE = "Choose a network file written by this program."
_MAX_CARD = 1 << 22

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
    decoder : how the maps of a thing in its box are read, see `model.topdown`; "newton" is ours.
    colour, mean, std : channel order and normalisation of the input in 0..1, in that order.
    scheme : identity of the keypoint scheme.
    mirror : what point k is called in a mirrored image; empty if unknown.
    threshold : the confidence from which a point is worth showing, tuned on validation frames.
    scalars : the numbers that the network says of a whole image, and their ranges.
    second_look : whether it looks again, closely, at what it found in a whole image, see `model.second_look`.
    training : a summary: samples, sets, metrics.
    licence, attribution : what must travel with the weights.
    """

    spec: Spec
    names: tuple[str, ...]
    input_size: tuple[int, int]
    sigma: float = 1.3
    alignment: Alignment = "centre"
    decoder: Decoder = "newton"
    colour: ColourOrder = "rgb"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    scheme: str = ""
    mirror: tuple[int, ...] = ()
    threshold: float = 0.3
    scalars: tuple[Scalar, ...] = ()
    second_look: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    attribution: str = ""

    def __post_init__(self) -> None:
        if self.spec.channels - len(self.names) not in (0, 1) or len(set(self.names)) != len(self.names):
            raise ValueError(f"{len(self.names)} names do not fit {self.spec.channels} channels")
        if self.colour not in ("rgb", "bgr") or len(self.mean) != 3 or len(self.std) != 3 or not min(self.std) > 0:
            raise ValueError("colour order, mean or standard deviation of the input make no sense")
        if len(self.scalars) != self.spec.scalars:
            raise ValueError(f"{len(self.scalars)} scalars are named, the network says {self.spec.scalars}")
        if self.mirror and sorted(self.mirror) != list(range(len(self.names))):
            raise ValueError("the mirror table is no permutation of the keypoints")
        if not isinstance(self.sigma, int | float) or not 0.1 <= self.sigma <= 64:
            raise ValueError(f"sigma {self.sigma!r} is no number of cells")
        if not isinstance(self.threshold, int | float) or not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold {self.threshold!r} is no confidence")
        if self.alignment not in ("centre", "corner"):
            raise ValueError(f"alignment {self.alignment!r} is not known")
        if self.decoder not in get_args(Decoder):
            raise ValueError(f"decoder {self.decoder!r} is not known")
        self._check_input()

    def _check_input(self) -> None:
        if not isinstance(self.second_look, bool):
            raise ValueError(f"second_look {self.second_look!r} is neither true nor false")
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
        plain["scalars"] = tuple(Scalar(**one) for one in values.get("scalars", ()))
        return cls(**plain)


def read_bytes(path: Path) -> bytes:
    """The whole file; a `CheckpointError` when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(path, error.strerror or str(error), "Choose a network file that exists.") from error


def identity(data: bytes) -> str:
    """What weights are called: 16 hexadecimal digits of the file's SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]


def has_card(data: bytes) -> bool:
    """Whether the bytes are those of a checkpoint of ours, perhaps a damaged one."""
    length = int.from_bytes(data[:8], "little")
    return len(data) > 8 and length <= _MAX_CARD and f'"{CARD_KEY}"'.encode() in data[8 : 8 + length]


def card_of(path: Path, data: bytes) -> Card:
    """The card inside the bytes of a checkpoint; anything else is a `CheckpointError`."""
    text = _card_text(path, data)
    try:
        return Card.from_json(text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(path, f"the network's card is damaged ({error})") from error


def _card_text(path: Path, data: bytes) -> str:
    """The card inside the header of a safetensors file (8 bytes of length, then JSON)."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, _MAX_CARD):
        raise CheckpointError(path, "this is not a safetensors file, or it is cut short")
    try:
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    except (ValueError, AttributeError) as error:
        raise CheckpointError(path, f"its header is damaged ({error})") from error
    text = metadata.get(CARD_KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise CheckpointError(path, "the file carries no card of this program", "Import it as a foreign network.")
    return text


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
