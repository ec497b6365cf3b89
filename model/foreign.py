"""Checkpoints that other programs published: read without running them, renamed, recognised, reported.

A ``.pth`` file is a pickle, and a pickle is a program. `read_state_dict` asks torch for weights only, and where a file
holds configuration objects as well, reads it with an unpickler that turns everything but tensors into inert objects.
"""

from __future__ import annotations

import hashlib
import pickle
import re
import warnings
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import safetensors.torch as tensors
import torch
from torch import Tensor

from model.checkpoint import BROKEN_FILE, IMAGENET_MEAN, IMAGENET_STD, Card, Checkpoint, CheckpointError
from model.hrnet import HRNet, Spec

_WRAPPERS = ("nn_state_dict", "state_dict", "model_state_dict", "model")
_PREFIXES = ("model.", "module.", "backbone.", "head.", "keypoint_head.", "_orig_mod.")
_ROOTS = re.compile(
    r"(conv[123]|bn[123]|layer1|transition[123]|stage[234]|final_layers?|last_layer|deconv_layers|refinement_stages"
    r"|reduce|reduce_bn|joint|incre_modules|downsamp_modules|classifier|aux_head|conv3x3_ocr|ocr_\w+|cls_head)\."
)
_ADVICE = "Choose the weights of an HRNet: pose, HigherHRNet, segmentation, pitch points or lines."


@dataclass(frozen=True)
class Family:
    """What a family's files do not say: the forward pass and the input it was trained with.

    ``changes`` are `Spec` fields; ``input_size`` (w, h) is the published one.
    """

    changes: Mapping[str, Any]
    input_size: tuple[int, int]
    colour: str = "rgb"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    sigma: float = 3.0


_PHOTO: dict[str, Any] = {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
_BILINEAR: dict[str, Any] = {"fuse": "bilinear", "align_corners": True}
FAMILIES: dict[str, Family] = {
    "pose": Family({}, (192, 256), sigma=2.0, **_PHOTO),
    "higher": Family({}, (512, 512), sigma=2.0, **_PHOTO),
    "cls": Family({}, (224, 224), **_PHOTO),
    "seg": Family(_BILINEAR, (1024, 512), **_PHOTO),
    "seg-noalign": Family({"fuse": "bilinear"}, (1024, 512), **_PHOTO),
    "points": Family({**_BILINEAR, "output": "log_softmax", "refine_softmax": True}, (960, 540), colour="bgr"),
    "lines": Family({**_BILINEAR, "output": "softmax"}, (960, 540), colour="bgr", sigma=1.0),
    "nbjw": Family({"fuse": "bilinear", "output": "softmax"}, (960, 540)),
}
"""Published families by name, see `recognise`."""


@dataclass(frozen=True)
class LoadReport:
    """What became of every weight: names, and shapes where they differ."""

    loaded: tuple[str, ...]
    unused: tuple[str, ...]
    missing: tuple[str, ...]
    mismatched: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether every layer of the network got its weights."""
        return not self.missing and not self.mismatched

    def text(self) -> str:
        """One sentence for a person."""
        parts = [f"{len(self.loaded)} weights loaded"]
        for label, names in (("unused", self.unused), ("missing", self.missing), ("of another shape", self.mismatched)):
            if names:
                parts.append(f"{len(names)} {label} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})")
        return ", ".join(parts) + "."


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Every tensor of a safetensors or torch file by its original name, wrappers removed. Runs no code of the file."""
    try:
        content = _read(path)
    except OSError as error:
        raise CheckpointError(path, error.strerror or str(error), "Choose a file that exists.") from error
    except BROKEN_FILE as error:
        raise CheckpointError(path, f"the file cannot be read as weights ({error})", _ADVICE) from error
    state = {str(k): v for k, v in _unwrapped(content).items() if isinstance(v, Tensor)}
    if not state:
        raise CheckpointError(path, "the file holds no named weights", _ADVICE)
    return state


def _unwrapped(content: Any) -> dict[Any, Any]:
    """The innermost dictionary under the usual names."""
    if not isinstance(content, dict):
        return {}
    inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), dict)), None)
    return content if inner is None else _unwrapped(inner)


def _read(path: Path) -> Any:
    if path.suffix == ".safetensors":
        return tensors.load(path.read_bytes())
    with warnings.catch_warnings():
        # Files of other pickle protocols are what the second attempt is for.
        warnings.filterwarnings("ignore", message="Detected pickle protocol", category=UserWarning)
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError:
            return torch.load(path, map_location="cpu", weights_only=False, pickle_module=_InertPickle)


class _Inert:
    """Stands in for an object of a class that is not trusted; takes everything and does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> _Inert:
        return self

    def __setstate__(self, _: Any) -> None:
        pass

    def __setitem__(self, *_: Any) -> None:
        pass

    def __hash__(self) -> int:
        return id(self)

    def append(self, _: Any) -> None:
        """Nothing."""

    def extend(self, _: Any) -> None:
        """Nothing."""


_TRUSTED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch", "Size"): torch.Size,
    ("torch", "device"): torch.device,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
}


class _InertUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """A trusted constructor of tensors, or something inert."""
        trusted = _TRUSTED.get((module, name))
        if trusted is not None:
            return trusted
        value = getattr(torch, name, None) if module == "torch" else None
        legacy_storage = isinstance(value, type) and name.endswith("Storage")
        return value if isinstance(value, torch.dtype) or legacy_storage else _Inert


class _InertPickle:
    """What `torch.load` needs of a pickle module."""

    Unpickler = _InertUnpickler

    @staticmethod
    def load(file: Any, **options: Any) -> Any:
        """One object from a stream."""
        return _InertUnpickler(file, **options).load()


def normalise(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights under the names of `model.hrnet.HRNet`; what belongs to no HRNet is left out."""
    renamed = ((_own_name(name), value) for name, value in state.items())
    return {name: value for name, value in renamed if _ROOTS.match(name)}


def _own_name(name: str) -> str:
    while True:
        if name.startswith("head.0."):
            return "last_layer." + name.removeprefix("head.0.")
        # A known first part ends the search: the "model." of some networks is a layer, not a wrapper.
        prefix = next((p for p in _PREFIXES if name.startswith(p)), None)
        if _ROOTS.match(name) or prefix is None:
            return name
        name = name.removeprefix(prefix)


def recognise(state: Mapping[str, Tensor]) -> str:
    """The family (a key of `FAMILIES`) by the original names; a ValueError when it is none."""
    own = normalise(state)
    if not any(name.startswith("stage4.") for name in own):
        raise ValueError("there are no HRNet stages in it")
    if any(name.startswith("head.0.") or ".head.0." in name for name in state):
        return "nbjw"
    if any(name.startswith("final_layers.") for name in own):
        return "higher"
    if any(name.startswith("incre_modules.") for name in own):
        return "cls"
    if "last_layer.0.weight" in own:
        wrapped = any(name.startswith("model.") for name in state)
        refined = any(name.startswith("refinement_stages.") for name in own)
        joined = refined or own["last_layer.0.weight"].shape[1] != 15 * _width(own)
        return ("points" if joined else "lines") if wrapped else "seg"
    return "pose" if "final_layer.weight" in own else "cls"


def _width(own: Mapping[str, Tensor]) -> int:
    return int(own["stage2.0.branches.0.0.conv1.weight"].shape[0])


def _count(own: Mapping[str, Tensor], prefix: str) -> int:
    """How many numbered children a layer has."""
    numbers = {name[len(prefix) :].split(".", 1)[0] for name in own if name.startswith(prefix)}
    return len(numbers)


def infer_spec(own: Mapping[str, Tensor], family: str) -> Spec:
    """The architecture that normalised weights belong to; a KeyError or ValueError when they are incomplete."""
    width = _width(own)
    spec = Spec(
        width=width,
        channels=1,
        layer1=(_count(own, "layer1."), int(own["layer1.0.conv1.weight"].shape[0])),
        blocks=_count(own, "stage2.0.branches.0."),
        modules=(_count(own, "stage2."), _count(own, "stage3."), _count(own, "stage4.")),
        stem=(int(own["conv1.weight"].shape[0]), int(own["conv2.weight"].shape[0])),
        head="none",
        **FAMILIES[family].changes,
    )
    if "last_layer.0.weight" in own:
        return _with_concat(spec, own, family)
    if "final_layers.1.weight" in own:
        channels = int(own["final_layers.1.weight"].shape[0])
        return replace(
            spec,
            head="higher",
            channels=channels,
            tags=int(own["final_layers.0.weight"].shape[0]) - channels,
            deconv_blocks=_count(own, "deconv_layers.0.") - 1,
            deconv_width=int(own["deconv_layers.0.0.0.weight"].shape[1]),
        )
    if family == "pose":
        return replace(spec, head="single", channels=int(own["final_layer.weight"].shape[0]))
    return spec


def _with_concat(spec: Spec, own: Mapping[str, Tensor], family: str) -> Spec:
    middle, wide = (int(n) for n in own["last_layer.0.weight"].shape[:2])
    extra = wide - 15 * spec.width
    if extra not in (0, spec.stem[0]):
        raise ValueError(f"the head takes {wide} channels, {extra} more than the branches have")
    last = max(int(name.split(".")[1]) for name in own if name.startswith("last_layer."))
    return replace(
        spec,
        head="concat",
        channels=int(own[f"last_layer.{last}.weight"].shape[0]),
        upscale=2 if extra else 1,
        skip=("raw" if family == "nbjw" else "stem") if extra else "none",
        internal=middle if last == 6 else 0,
        refine=_count(own, "refinement_stages."),
    )


def compare(net: HRNet, state: Mapping[str, Tensor]) -> LoadReport:
    """Which weights of ``state`` (original names) ``net`` has a place for."""
    own = {k: v.shape for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
    given = {k: v.shape for k, v in normalise(state).items() if not k.endswith("num_batches_tracked")}
    strangers = (name for name in state if not _ROOTS.match(_own_name(name)))
    differing = sorted(name for name in given if name in own and own[name] != given[name])
    return LoadReport(
        loaded=tuple(name for name, shape in given.items() if own.get(name) == shape),
        unused=tuple(sorted((set(given) - set(own)).union(strangers))),
        missing=tuple(sorted(set(own) - set(given))),
        mismatched=tuple(f"{name} {tuple(given[name])} for {tuple(own[name])}" for name in differing),
    )


def load_into(net: HRNet, state: Mapping[str, Tensor]) -> LoadReport:
    """Copy every weight that fits by name and shape into ``net`` and say what became of the others."""
    report, given = compare(net, state), normalise(state)
    net.load_state_dict({name: given[name] for name in report.loaded}, strict=False)
    return report


@dataclass(frozen=True)
class Inspection:
    """What a foreign checkpoint is: its family, the network it fills, and what becomes of every weight."""

    family: str
    spec: Spec
    facts: Family
    numbers: int
    report: LoadReport


def inspect(path: Path, family: str | None = None) -> Inspection:
    """What a foreign checkpoint is; one that is no HRNet is a `CheckpointError`. Nothing in it is run."""
    state = read_state_dict(path)
    try:
        family = family or recognise(state)
        spec = infer_spec(normalise(state), family)
        with torch.device("meta"):
            report = compare(HRNet(spec), state)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise CheckpointError(path, f"this is no HRNet this program knows ({error})", _ADVICE) from error
    return Inspection(family, spec, FAMILIES[family], sum(value.numel() for value in state.values()), report)


def reordered(checkpoint: Checkpoint, names: Sequence[str]) -> Checkpoint:
    """The same network with its points in the order of ``names``, a permutation of the card's; background stays last.

    The rows of the last convolution change places, so that training can go on from it. A ValueError where there is
    more than one place where maps are made.
    """
    spec, card = checkpoint.card.spec, checkpoint.card
    if sorted(names) != sorted(card.names):
        raise ValueError("these are not the points of the network")
    if spec.head not in ("single", "concat") or spec.refine:
        raise ValueError("the points of such a head cannot change places")
    order = [card.names.index(name) for name in names]
    order += range(len(order), spec.channels)
    layer = "final_layer" if spec.head == "single" else f"last_layer.{6 if spec.internal else 3}"
    weights = dict(checkpoint.weights)
    for name in (f"{layer}.weight", f"{layer}.bias"):
        weights[name] = weights[name][order]
    mirrored = dict(zip(card.names, (card.names[k] for k in card.mirror), strict=False))
    mirror = tuple(names.index(mirrored[name]) for name in names) if card.mirror else ()
    return replace(checkpoint, card=replace(card, names=tuple(names), mirror=mirror), weights=weights)


def import_foreign(
    path: Path,
    *,
    names: Sequence[str] | None = None,
    family: str | None = None,
    input_size: tuple[int, int] | None = None,
    scheme: str = "",
    mirror: Sequence[int] = (),
) -> tuple[Checkpoint, LoadReport]:
    """A published checkpoint as one of ours, and what became of its weights.

    ``names`` are the keypoints in the file's channel order (numbers when nobody knows); ``family`` is guessed when not
    given. A file that is no HRNet, or lacks layers, is a `CheckpointError`.
    """
    state = read_state_dict(path)
    try:
        family = family or recognise(state)
        own = {name: value.float() for name, value in normalise(state).items()}
        facts = FAMILIES[family]
        spec = infer_spec(own, family)
        with torch.device("meta"):
            net = HRNet(spec)
        report = compare(net, state)
        card = _card(spec, facts, names, input_size or facts.input_size, scheme=scheme, mirror=mirror)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise CheckpointError(path, f"this is no HRNet this program knows ({error})", _ADVICE) from error
    if not report.exact:
        raise CheckpointError(path, f"the weights do not fill the network: {report.text()}", _ADVICE)
    weights = {name: own[name] for name in report.loaded}
    return Checkpoint(card, weights, hashlib.sha256(path.read_bytes()).hexdigest()[:16]), report


def _card(
    spec: Spec,
    facts: Family,
    names: Sequence[str] | None,
    size: tuple[int, int],
    *,
    scheme: str,
    mirror: Sequence[int],
) -> Card:
    if names is None:
        background = spec.output != "none" and spec.channels > 1
        names = [str(k) for k in range(spec.channels - 1 if background else spec.channels)]
    return Card(
        spec=spec,
        names=tuple(names),
        input_size=size,
        sigma=facts.sigma,
        alignment="corner",
        colour="bgr" if facts.colour == "bgr" else "rgb",
        mean=facts.mean,
        std=facts.std,
        scheme=scheme,
        mirror=tuple(mirror),
    )
