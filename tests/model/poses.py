"""Networks of people under published names, with seeded weights, as other programs would have saved them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model.foreign import infer_spec, load_into, normalise
from model.hrnet import HRNet, preset
from model.spec import Spec

SMALL: dict[str, object] = {"width": 4, "layer1": (1, 8), "blocks": 1, "modules": (1, 1, 1)}


def seeded(spec: Spec, *, seed: int = 0) -> HRNet:
    """A network whose normalisations fit its random weights, so that its maps are no mere zeros."""
    torch.manual_seed(seed)
    net = HRNet(spec)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        net.train()(torch.randn(2, 3, 128, 128))
    return net.eval()


def write_published(
    path: Path, *, channels: int = 17, kind: str = "pose-w32", wrapped: str | None = None, seed: int = 0
) -> HRNet:
    """Save a small network at ``path`` as the published programs do, its names theirs; the network itself."""
    tags = {"tags": channels, "deconv_width": 4, "deconv_blocks": 1} if kind.startswith("higher") else {}
    net = seeded(preset(kind, channels=channels, **{**SMALL, **tags}), seed=seed)
    state = dict(net.state_dict())
    torch.save(state if wrapped is None else {wrapped: state}, path)
    return net


def reference_network(path: Path, family: str) -> HRNet:
    """The network of a parity file, in double precision."""
    with np.load(path) as arrays:
        state: dict[str, Tensor] = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    net = HRNet(infer_spec(normalise(state), family)).double().eval()
    load_into(net, state)
    return net
