"""Our checkpoint: one safetensors file whose metadata is a card saying everything needed to run the weights."""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch as tensors
import torch
from safetensors import SafetensorError
from torch import Tensor

from model.card import (
    CARD_KEY,
    IMAGENET_MEAN,
    IMAGENET_STD,
    Card,
    CheckpointError,
    card_of,
    identity,
    read_bytes,
    write_whole,
)
from model.networks import Network, network
from model.spec import Spec

__all__ = [
    "BROKEN_FILE",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "Card",
    "Checkpoint",
    "CheckpointError",
    "load",
    "save",
    "write_whole",
]
BROKEN_FILE = (
    RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, ImportError, AssertionError,
    RecursionError, MemoryError, struct.error, pickle.UnpicklingError, zipfile.BadZipFile, SafetensorError,
)  # fmt: skip
"""What the readers of torch and safetensors raise for files that are torn, cut short or something else."""


@dataclass(frozen=True)
class Checkpoint:
    """A card, its weights (float32, by the network's parameter names) and their identity."""

    card: Card
    weights: Mapping[str, Tensor]
    id: str

    def build(self) -> Network:
        """The network with these weights, in evaluation mode."""
        with torch.device("meta"):
            net = network(self.card.spec)
        net.to_empty(device="cpu")
        own = net.state_dict()
        # Files carry no step counters of the normalisations, and nothing reads them.
        counters = {name: torch.zeros_like(v) for name, v in own.items() if name.endswith("num_batches_tracked")}
        net.load_state_dict({**counters, **self.weights}, strict=True)
        return net.eval()


def save(path: Path, weights: Mapping[str, Tensor], card: Card) -> None:
    """Write a checkpoint whole or not at all.

    Convolutions are stored in half precision, vectors (normalisation) in single; the size is about two bytes a
    parameter. A disk that refuses is a `CheckpointError`.
    """
    stored = {name: _stored(value) for name, value in weights.items() if not name.endswith("num_batches_tracked")}
    write_whole(path, tensors.save(stored, metadata={CARD_KEY: card.to_json()}))


def _stored(value: Tensor) -> Tensor:
    kind = torch.float16 if value.ndim > 1 else torch.float32
    return value.detach().to(device="cpu", dtype=kind).contiguous().clone()


def load(path: Path) -> Checkpoint:
    """Read a checkpoint written by `save`.

    Anything else, and weights that do not fit their card, is a `CheckpointError`. Nothing in the file is executed:
    safetensors holds numbers and text only.
    """
    data = read_bytes(path)
    card = card_of(path, data)
    try:
        weights = tensors.load(data)
    except (ValueError, TypeError, KeyError, AttributeError, SafetensorError) as error:
        raise CheckpointError(path, f"the network's weights are damaged ({error})") from error
    _check_shapes(path, card.spec, weights)
    single = {name: value.float() for name, value in weights.items()}
    return Checkpoint(card, single, identity(data))


def _check_shapes(path: Path, spec: Spec, weights: Mapping[str, Tensor]) -> None:
    """Compare with the architecture before any memory is taken for it."""
    with torch.device("meta"):
        expected = {name: value.shape for name, value in network(spec).state_dict().items()}
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
