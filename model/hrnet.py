"""One HRNet, described by a frozen table.

Papers: arXiv 1902.09212 (pose, V1), 1904.04514 and 1908.07919 (V2), 1908.10357 (HigherHRNet), 1906.04104 (GCCPM
refinement). All published families share the backbone and its parameter names; what differs is written in `Spec`, so a
state dict of any of them loads without renaming (apart from the prefixes that `model.foreign` strips).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, cast, get_args

from torch import Tensor, nn

from model import heads
from model.blocks import BasicBlock, Bottleneck, Upsampling, chain, conv, norm_relu, resize

HeadKind = Literal["single", "concat", "higher", "light", "none"]
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
        tags), "light" (ours: reduce, upsample, join the 1/4 stem feature) or "none" (features only).
    channels : output maps, a background channel included if there is one.
    upscale : output grid relative to the highest branch ("concat" only).
    skip : what joins the concat: nothing, the stem after its first ReLU, or its raw first convolution, last.
    internal : width of the extra 3x3 layer in the concat head, 0 for none.
    head_width : width of the "light" head.
    refine, refine_softmax : number of refinement stages, and whether their blocks end in a softmax over channels.
    deconv_blocks, deconv_width, tags : the "higher" head.
    output : activation applied by `HRNet.forward`.
    zero_gamma : start every residual block as the identity (training from scratch).
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

    def __post_init__(self) -> None:
        depth = (*self.modules, self.layer1[0], self.blocks)
        widths = (self.width, self.layer1[1], self.channels, self.head_width, self.deconv_width, *self.stem)
        if not (all(1 <= n <= _MOST for n in widths) and all(1 <= n <= _DEEPEST for n in depth)):
            raise ValueError(f"an HRNet needs widths of 1 to {_MOST} and depths of 1 to {_DEEPEST}: {self}")
        if not all(0 <= n <= _DEEPEST for n in (self.refine, self.deconv_blocks)) or self.upscale not in (1, 2, 4):
            raise ValueError(f"impossible refinement, deconvolution or upscaling: {self}")
        if not 0 <= self.internal <= _MOST or not 0 <= self.tags <= _MOST:
            raise ValueError(f"impossible internal layer or number of tags: {self}")
        words = ((self.fuse, Upsampling), (self.head, HeadKind), (self.skip, Skip), (self.output, Output))
        for value, allowed in words:
            if value not in get_args(allowed):
                raise ValueError(f"{value!r} is none of {', '.join(get_args(allowed))}")
        if len(self.modules) != 3 or len(self.stem) not in (2, 3):
            raise ValueError(f"three stages, and a stem of two or three convolutions, not {self.modules} {self.stem}")
        if self.head == "light" and len(self.stem) != 3:
            raise ValueError("the light head joins the 1/4 feature of a stem with three convolutions")

    @property
    def stride(self) -> int:
        """Input pixels per cell of the (last, finest) output."""
        if self.head == "light":
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


class FuseModule(nn.Module):
    """Parallel branches followed by the exchange of features between all of them (arXiv 1902.09212, figure 3)."""

    def __init__(self, spec: Spec, branches: int, rows: int) -> None:
        super().__init__()
        self.spec = spec
        widths = spec.widths[:branches]
        self.branches = nn.ModuleList(chain(BasicBlock, width, width, spec.blocks) for width in widths)
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(self._path(widths, target, source) for source in range(branches)) for target in range(rows)
        )
        self.relu = nn.ReLU(inplace=False)

    @staticmethod
    def _path(widths: tuple[int, ...], target: int, source: int) -> nn.Module:
        if source == target:
            return nn.Identity()
        if source > target:
            return nn.Sequential(conv(widths[source], widths[target], 1), nn.BatchNorm2d(widths[target]))
        steps: list[nn.Module] = [
            nn.Sequential(*norm_relu(widths[source], widths[source], 3, stride=2)) for _ in range(target - source - 1)
        ]
        last = [conv(widths[source], widths[target], 3, stride=2), nn.BatchNorm2d(widths[target])]
        return nn.Sequential(*steps, nn.Sequential(*last))

    def forward(self, inputs: list[Tensor]) -> list[Tensor]:
        """One tensor per fused row; ``inputs`` holds one tensor per branch, finest first."""
        features = [branch(x) for branch, x in zip(self.branches, inputs, strict=True)]
        outputs: list[Tensor] = []
        for target, row in enumerate(self.fuse_layers):
            paths = cast(nn.ModuleList, row)
            size = (features[target].shape[-2], features[target].shape[-1])
            total: Tensor | None = None
            for source, path in enumerate(paths):
                y = path(features[source])
                if source > target:
                    y = resize(y, size, self.spec.fuse, align_corners=self.spec.align_corners)
                total = y if total is None else total + y
            outputs.append(self.relu(total))
        return outputs


class HRNet(nn.Module):
    """The network of one `Spec`.

    ``forward`` takes ``(B, 3, H, W)`` floats, already normalised, any size of at least 64, and returns a list: the maps
    of every head from first to final (one tensor but for "higher" and refinement stages), or the four branches
    when the spec has no head.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        first, second = spec.stem[:2]
        self.conv1 = conv(3, first, 3, stride=2)
        self.bn1 = nn.BatchNorm2d(first)
        self.conv2 = conv(first, second, 3, stride=2)
        self.bn2 = nn.BatchNorm2d(second)
        self.relu = nn.ReLU(inplace=False)
        if len(spec.stem) == 3:
            self.conv3 = conv(second, spec.stem[2], 3, stride=2)
            self.bn3 = nn.BatchNorm2d(spec.stem[2])
        bottlenecks, planes = spec.layer1
        self.layer1 = chain(Bottleneck, spec.stem[-1], planes, bottlenecks)
        self._add_stages(planes * Bottleneck.expansion)
        heads.attach(self, spec)
        self.reset_parameters()

    def _add_stages(self, inputs: int) -> None:
        spec = self.spec
        for stage, modules in zip((2, 3, 4), spec.modules, strict=True):
            self.add_module(f"transition{stage - 1}", _transition(inputs, spec.widths, stage))
            single_row = spec.head in ("single", "higher")
            rows = [1 if stage == 4 and m == modules - 1 and single_row else stage for m in range(modules)]
            self.add_module(f"stage{stage}", nn.ModuleList(FuseModule(spec, stage, r) for r in rows))
            inputs = spec.width

    def reset_parameters(self) -> None:
        """He initialisation; residual blocks start as the identity and the background biased where the spec asks."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
        if self.spec.zero_gamma:
            for module in self.modules():
                if isinstance(module, BasicBlock | Bottleneck):
                    nn.init.zeros_(module.last_norm.weight)
        heads.reset(self, self.spec)

    def features(self, x: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """The four branches, the raw first convolution and the stem feature at 1/4 (B, C, H/4, W/4)."""
        raw = self.conv1(x)
        quarter = self.relu(self.bn2(self.conv2(self.relu(self.bn1(raw)))))
        y = self.relu(self.bn3(self.conv3(quarter))) if len(self.spec.stem) == 3 else quarter
        branches = [self.layer1(y)]
        for stage in (2, 3, 4):
            transition = cast(nn.ModuleList, getattr(self, f"transition{stage - 1}"))
            last = branches[-1]
            branches = [path(branches[i]) if i < len(branches) else path(last) for i, path in enumerate(transition)]
            for module in cast(nn.ModuleList, getattr(self, f"stage{stage}")):
                branches = module(branches)
        return branches, raw, quarter

    def forward(self, x: Tensor) -> list[Tensor]:
        """See the class."""
        return heads.apply(self, self.spec, *self.features(x))


def _transition(inputs: int, widths: tuple[int, ...], stage: int) -> nn.ModuleList:
    """Paths that widen stage ``stage - 1`` to ``stage`` branches, the new one fed from the last."""
    paths: list[nn.Module] = []
    for branch in range(stage - 1):
        source = inputs if stage == 2 else widths[branch]
        changes = source != widths[branch]
        paths.append(nn.Sequential(*norm_relu(source, widths[branch], 3)) if changes else nn.Identity())
    source = inputs if stage == 2 else widths[stage - 2]
    paths.append(nn.Sequential(nn.Sequential(*norm_relu(source, widths[stage - 1], 3, stride=2))))
    return nn.ModuleList(paths)


def parameter_count(net: nn.Module) -> int:
    """Trainable parameters."""
    return sum(parameter.numel() for parameter in net.parameters())


def finest(outputs: list[Tensor]) -> Tensor:
    """The maps to decode: the last head's."""
    if not outputs:
        raise ValueError("the network returned no maps")
    return outputs[-1]
