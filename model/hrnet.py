"""One HRNet, described by a frozen table (`model.spec`).

Papers: arXiv 1902.09212 (pose, V1), 1904.04514 and 1908.07919 (V2), 1908.10357 (HigherHRNet), 1906.04104 (GCCPM
refinement). All published families share the backbone and its parameter names; what differs is written in `Spec`, so a
state dict of any of them loads without renaming (apart from the prefixes that `model.foreign` strips).
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from model import heads
from model.blocks import BasicBlock, Bottleneck, chain, conv, norm_relu, resize
from model.spec import PRESETS, Spec, preset

__all__ = ["PRESETS", "FuseModule", "HRNet", "Spec", "finest", "parameter_count", "preset"]


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
        if self.conv1.weight.device.type != "meta":
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
