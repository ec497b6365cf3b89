"""What distinguishes one HRNet from another: a frozen table, readable without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

Upsampling = Literal["nearest", "bilinear"]
HeadKind = Literal["single", "concat", "higher", "light", "regression", "none"]
Trunk = Literal["hrnet", "unet"]
Skip = Literal["none", "stem", "raw"]
Output = Literal["none", "softmax", "log_softmax"]
_MOST, _DEEPEST = 4096, 32


@dataclass(frozen=True)
class Spec:
    """Everything that distinguishes one HRNet from another.

    Attributes
    ----------
    width : channels C of the highest branch; branch b has ``C * 2**b``.
    layer1 : number of bottlenecks and their inner width.
    blocks : basic blocks per branch and module.
    modules : modules of stages 2, 3 and 4.
    stem : widths of the stride-2 convolutions before the trunk: two put the highest branch at 1/4, three at 1/8.
    fuse, align_corners : how lower branches are brought up inside the fuse layers (and in the concat head).
    head : "single" (1x1 on the highest branch), "concat" (all branches, two layers), "higher" (deconvolutions and
        tags), "light" (ours: reduce, upsample, join the 1/4 stem feature), "regression" (places instead of maps, from
        the mean of every branch) or "none" (features only).
    channels : output maps, a background channel included if there is one.
    upscale : output grid relative to the highest branch ("concat" only).
    skip : what joins the concat: nothing, the stem after its first ReLU, or its raw first convolution, last.
    internal : width of the extra 3x3 layer in the concat head, 0 for none.
    head_width : width of the "light" head.
    refine, refine_softmax : number of refinement stages, and whether their blocks end in a softmax over channels.
    deconv_blocks, deconv_width, tags : the "higher" head.
    output : activation applied by `HRNet.forward`.
    zero_gamma : start every residual block as the identity (training from scratch).
    trunk : "hrnet", or "unet" (`model.unet`), which has ``levels`` and a last layer in place of all of the above.
    levels : widths of a UNet from the input's resolution to the coarsest, each half as fine as the one before.
    visible : whether it says of every point if it can be seen.
    scalars : how many numbers it says of the whole image.
    beneath : whether those are worked out from the features beneath each point, too, and not only from where it is.
    """

    width: int
    channels: int
    layer1: tuple[int, int] = (4, 64)
    blocks: int = 4
    modules: tuple[int, int, int] = (1, 4, 3)
    stem: tuple[int, ...] = (64, 64)
    fuse: Upsampling = "nearest"
    align_corners: bool = False
    head: HeadKind = "single"
    upscale: int = 1
    skip: Skip = "none"
    internal: int = 0
    head_width: int = 48
    refine: int = 0
    refine_softmax: bool = False
    deconv_blocks: int = 4
    deconv_width: int = 32
    tags: int = 0
    output: Output = "none"
    zero_gamma: bool = False
    trunk: Trunk = "hrnet"
    levels: tuple[int, ...] = ()
    visible: bool = False
    scalars: int = 0
    beneath: bool = False

    def __post_init__(self) -> None:
        depth = (*self.modules, self.layer1[0], self.blocks)
        widths = (self.width, self.layer1[1], self.channels, self.head_width, self.deconv_width, *self.stem)
        if not (all(1 <= n <= _MOST for n in widths) and all(1 <= n <= _DEEPEST for n in depth)):
            raise ValueError(f"an HRNet needs widths of 1 to {_MOST} and depths of 1 to {_DEEPEST}: {self}")
        if not all(0 <= n <= _DEEPEST for n in (self.refine, self.deconv_blocks)) or self.upscale not in (1, 2, 4):
            raise ValueError(f"impossible refinement, deconvolution or upscaling: {self}")
        if not 0 <= self.internal <= _MOST or not 0 <= self.tags <= _MOST:
            raise ValueError(f"impossible internal layer or number of tags: {self}")
        words = (
            (self.fuse, Upsampling), (self.head, HeadKind), (self.skip, Skip), (self.output, Output),
            (self.trunk, Trunk),
        )  # fmt: skip
        for value, allowed in words:
            if value not in get_args(allowed):
                raise ValueError(f"{value!r} is none of {', '.join(get_args(allowed))}")
        if len(self.modules) != 3 or len(self.stem) not in (2, 3):
            raise ValueError(f"three stages, and a stem of two or three convolutions, not {self.modules} {self.stem}")
        if self.head == "light" and len(self.stem) != 3:
            raise ValueError("the light head joins the 1/4 feature of a stem with three convolutions")
        self._check_extras()

    def _check_extras(self) -> None:
        if self.trunk == "unet" and not (3 <= len(self.levels) <= 6 and all(1 <= n <= _MOST for n in self.levels)):
            raise ValueError(f"a UNet needs three to six levels of widths up to {_MOST}, not {self.levels}")
        if not 0 <= self.scalars <= _DEEPEST:
            raise ValueError(f"{self.scalars} is no number of scalars")
        if (self.visible or self.scalars) and self.trunk == "hrnet" and self.head != "light":
            raise ValueError(f"a network with the head {self.head!r} says nothing of visibility or scalars")

    @property
    def has_extras(self) -> bool:
        """Whether the network says more than where points are, and whether they are there."""
        return self.head != "regression" and (self.visible or self.scalars > 0)

    @property
    def stride(self) -> int:
        """Input pixels per cell of the (last, finest) output."""
        if self.trunk == "unet":
            return 2
        if self.head in ("light", "regression"):
            return 4
        trunk = 1 << len(self.stem)
        return trunk // (2 if self.head == "higher" else self.upscale)

    @property
    def widths(self) -> tuple[int, int, int, int]:
        """Channels of the four branches."""
        return (self.width, self.width * 2, self.width * 4, self.width * 8)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Spec:
        """The inverse of `to_dict`; unknown keys and missing ones are a ValueError or TypeError."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown network option {', '.join(unknown)}")
        plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**plain)


_V2: dict[str, Any] = {"fuse": "bilinear", "align_corners": True, "head": "concat"}
_SMALL_V1: dict[str, Any] = {"width": 16, "layer1": (1, 32), "blocks": 2, "modules": (1, 1, 1)}
_SMALL_V2: dict[str, Any] = {"width": 18, "layer1": (2, 64), "blocks": 2, "modules": (1, 3, 2)}
_POINTS: dict[str, Any] = {**_V2, "upscale": 2, "skip": "stem", "output": "log_softmax"}
_TOUCHLINE: dict[str, Any] = {
    "fuse": "bilinear",
    "head": "light",
    "blocks": 2,
    "modules": (1, 3, 2),
    "output": "log_softmax",
    "zero_gamma": True,
}

PRESETS: dict[str, dict[str, Any]] = {
    "touchline-small": {**_TOUCHLINE, "width": 20, "layer1": (2, 32), "stem": (24, 32, 64), "head_width": 48},
    "touchline-tiny": {
        **_TOUCHLINE, "width": 8, "layer1": (1, 8), "stem": (8, 8, 16), "head_width": 16, "blocks": 1,
        "modules": (1, 1, 1),
    },
    "unet": {"width": 64, "trunk": "unet", "levels": (32, 64, 128, 192, 256), "output": "log_softmax"},
    "unet-small": {"width": 24, "trunk": "unet", "levels": (16, 32, 64, 96, 128), "output": "log_softmax"},
    "deeppose-small": {
        "width": 20, "blocks": 2, "modules": (1, 3, 2), "layer1": (2, 32), "stem": (24, 32, 64), "head": "regression",
        "fuse": "bilinear", "zero_gamma": True,
    },
    "pose-w32": {"width": 32},
    "pose-w48": {"width": 48},
    "higher-w32": {"width": 32, "head": "higher"},
    "cls-w18-small-v1": {**_SMALL_V1, "head": "none"},
    "cls-w18-small-v2": {**_SMALL_V2, "head": "none"},
    **{f"cls-w{width}": {"width": width, "head": "none"} for width in (18, 30, 32, 40, 44, 48, 64)},
    "seg-w18-small-v1": {**_SMALL_V1, **_V2},
    "seg-w18-small-v2": {**_SMALL_V2, **_V2},
    "seg-w18": {"width": 18, **_V2},
    "seg-w48": {"width": 48, **_V2},
    "points-w18-small-v1": {**_SMALL_V1, **_POINTS},
    "points-w18": {"width": 18, **_POINTS},
    "points-w32": {"width": 32, **_POINTS},
    "points-w48": {"width": 48, **_POINTS},
    "lines-w48": {"width": 48, **_V2, "output": "softmax"},
    "nbjw-w48": {
        "width": 48, "fuse": "bilinear", "head": "concat", "upscale": 2, "skip": "raw", "output": "softmax",
    },
}
"""Named specs, each lacking only the number of channels."""


def preset(name: str, *, channels: int, **changes: Any) -> Spec:
    """A named spec with ``channels`` output maps; ``changes`` override single fields. Unknown name: ValueError."""
    if name not in PRESETS:
        raise ValueError(f"no network preset {name!r}; known: {', '.join(sorted(PRESETS))}")
    return replace(Spec(channels=channels, **PRESETS[name]), **changes)
