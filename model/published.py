"""Published networks of people that can be used as they are: what their files do not say stands here.

Their channels are the points of COCO or of MPII in the order in which those data sets list them
(github.com/leoxiaobin/deep-high-resolution-net.pytorch, lib/dataset/coco.py and mpii.py). The input's size is not in
the weights either, but in the usual names of the files: ``pose_hrnet_w32_256x192.pth`` is height by width,
``..._udp...`` and ``..._dark...`` say how maps are read, ``pose_higher_hrnet_w32_512.pth`` is the shorter side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from model.card import Card, CheckpointError, Decoder, has_card, identity, read_bytes

if TYPE_CHECKING:
    from model.checkpoint import Checkpoint

_SIDES = ("left", "right")


@dataclass(frozen=True)
class PublishedPoints:
    """The points of a data set in channel order, and their OKS constants, where there are any."""

    scheme: str
    names: tuple[str, ...]
    sigmas: tuple[float, ...] = ()

    @property
    def mirror(self) -> tuple[int, ...]:
        """What point k is called in a mirrored image."""
        return tuple(self.names.index(_other_side(name)) for name in self.names)


def _other_side(name: str) -> str:
    left, right = _SIDES
    if name.startswith(left):
        return right + name.removeprefix(left)
    return left + name.removeprefix(right) if name.startswith(right) else name


COCO_PERSON = PublishedPoints(
    "coco-17",
    (
        "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
        "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
        "right_ankle",
    ),
    (.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089),
)  # fmt: skip
MPII_PERSON = PublishedPoints(
    "mpii-16",
    (
        "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax",
        "upper_neck", "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow",
        "left_wrist",
    ),
    (.089, .087, .107, .107, .087, .089, .107, .079, .079, .035, .062, .072, .079, .079, .072, .062),
)  # fmt: skip
_KNOWN = (COCO_PERSON, MPII_PERSON)
_ADVICE = (
    "Choose a network file of this program, or the published weights of an HRNet or HigherHRNet for people; make a "
    "network of this program of others with 'weights import'."
)


def points_of(family: str, channels: int) -> PublishedPoints | None:
    """The points of a published network of a family of `model.foreign`, None where nobody knows them."""
    if family not in ("pose", "higher"):
        return None
    return next((one for one in _KNOWN if len(one.names) == channels), None)


def sigmas_of_scheme(scheme: str) -> tuple[float, ...]:
    """The OKS constants that were published with a scheme; nothing for others."""
    return next((one.sigmas for one in _KNOWN if one.scheme == scheme), ())


def input_size_of(name: str, family: str, scheme: str) -> tuple[int, int]:
    """(w, h) of the input by the name of a file, else the family's usual one."""
    if family == "higher":
        side = re.search(r"(?<![0-9])(512|640)(?![0-9])", name)
        return (int(side[1]),) * 2 if side else (512, 512)
    said = re.search(r"(?<![0-9])(\d{2,4})x(\d{2,4})(?![0-9])", name)
    if said and all(64 <= int(side) <= 2048 for side in said.groups()):
        return int(said[2]), int(said[1])
    return (256, 256) if scheme == MPII_PERSON.scheme else (192, 256)


def decoder_of(name: str) -> Decoder:
    """How the maps of a published network are read, by the name of its file."""
    words = re.split(r"[^a-z]+", name.lower())
    return "udp" if "udp" in words else "dark" if "dark" in words else "quarter"


def is_foreign(data: bytes) -> bool:
    """Whether bytes may be the weights of another program: a file of torch, or tensors without a card of ours."""
    if has_card(data):
        # First, as the length that a file of ours begins with may look like the beginning of a pickle.
        return False
    if data[:2] == b"PK" or data[:1] == b"\x80":
        return True
    length = int.from_bytes(data[:8], "little")
    head = data[8 : 8 + length] if 2 <= length <= min(len(data) - 8, 1 << 22) else b""
    return head[:1] == b"{" and head.rstrip()[-1:] == b"}"


def load_any(path: Path) -> Checkpoint:
    """A checkpoint of ours, or a published one of people as one of ours; anything else is a `CheckpointError`."""
    from model.checkpoint import load

    return import_published(path) if is_foreign(read_bytes(path)) else load(path)


def import_published(path: Path, *, family: str | None = None, size: tuple[int, int] | None = None) -> Checkpoint:
    """A published network of people as one of ours, ready to predict; nothing in the file is run.

    Raises
    ------
    CheckpointError
        If it is no such network, or lacks layers.
    """
    from model.foreign import import_foreign, inspect

    found = inspect(path, family)
    points = points_of(found.family, found.spec.channels)
    if points is None:
        reason = f"the points of its {found.spec.channels} channels (family {found.family!r}) are unknown"
        raise CheckpointError(path, reason, _ADVICE)
    checkpoint, _ = import_foreign(
        path,
        names=points.names,
        family=found.family,
        input_size=size or input_size_of(path.name, found.family, points.scheme),
        scheme=points.scheme,
        mirror=points.mirror,
    )
    card = _as_published(checkpoint.card, path.name)
    # The same weights under another name may have another input, and so another conversion.
    return replace(checkpoint, card=card, id=identity(f"{checkpoint.id} {card.to_json()}".encode()))


def _as_published(card: Card, name: str) -> Card:
    """How the maps are read, and the sigma that goes with an input as large as this."""
    sigma = 3.0 if max(card.input_size) > 256 and not card.spec.tags else 2.0
    return replace(card, decoder=decoder_of(name), sigma=sigma, threshold=0.2)
