"""How fast every way of computing is: ``python tests/benchmarks/inference.py [WEIGHTS] [--threads N] [--image FILE]
[--frames FOLDER]``.

For the embedded network and for a W48 at 960x540 every way that is installed runs on the same frame, in turns, so that
a busy machine slows all of them alike. The yardstick is what a plain program does: torch in evaluation mode, single
precision, channels first, nothing folded. Printed are medians in milliseconds, the median over the rounds of the ratio
to the yardstick, the share of points whose peak cell is the yardstick's (all points, and those of a confidence of at
least 0.1), and the largest difference of a confidence. With ``--frames`` peaks that moved are counted over many frames.
Then: decoding 57 maps of 270x480 against a plain transform, and the time from the
start of the program to its first prediction.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from annotator.embedded import weights_in
from annotator.synthetic import render
from model.audition import SURE, agree, candidates
from model.card import IMAGENET_MEAN, IMAGENET_STD
from model.checkpoint import Card, Checkpoint, load
from model.engines import Engine, EngineError, cpu_engine
from model.heatmaps import Codec, Maps
from model.hrnet import HRNet, finest, preset
from model.images import stretch

ROOT = Path(__file__).resolve().parents[2]
NAMES = tuple(f"P{k}" for k in range(57))
MEAN = torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
STD = torch.tensor(IMAGENET_STD).view(1, 3, 1, 1)


def embedded() -> Path | None:
    """The weights that ship with Touchline."""
    return weights_in(ROOT / "resources")


def w48(image: NDArray[np.uint8]) -> Checkpoint:
    """A W48 that was never trained but sees 57 points in ``image``, so that its maps have peaks as trained ones have.

    Random weights, normalisations that fit them, and a last layer fitted by least squares to 57 arbitrary places.
    """
    torch.manual_seed(0)
    spec = preset("points-w48", channels=58)
    net = HRNet(spec)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        net.train()(torch.randn(2, 3, 128, 224))
        fit_last_layer(net.eval(), stretch(image, (960, 540)))
    weights = {name: value for name, value in net.state_dict().items() if value.is_floating_point()}
    return Checkpoint(Card(spec, NAMES, (960, 540), alignment="corner"), weights, "w48")


def fit_last_layer(net: HRNet, image: NDArray[np.uint8]) -> None:
    """Let the network's logits be 3 at 57 places of the image (540, 960, 3), falling to -6 around, background 0."""
    seen: list[torch.Tensor] = []
    last = net.last_layer[-1]
    hook = last.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    net((torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255 - MEAN) / STD)
    hook.remove()
    rng = np.random.default_rng(0)
    places = rng.uniform((10, 10), (470, 260), (len(NAMES), 2))
    rows, columns = np.mgrid[:270, :480]
    squared = (columns.ravel() - places[:, :1]) ** 2 + (rows.ravel() - places[:, 1:]) ** 2
    wanted = 9 * np.exp(-squared / (2 * 3.0**2)) - 6
    used = np.flatnonzero((squared < 12**2).any(axis=0) | (rng.random(squared.shape[1]) < 0.05))
    features = seen[0][0].flatten(1).T[used].double()
    features = torch.cat([features, torch.ones(len(used), 1, dtype=torch.float64)], dim=1)
    square = features.T @ features + 1e-3 * torch.eye(features.shape[1], dtype=torch.float64)
    solved = torch.linalg.solve(square, features.T @ torch.from_numpy(wanted[:, used].T)).float()
    last.weight.zero_()
    last.bias.zero_()
    last.weight[:-1, :, 0, 0] = solved[:-1].T
    last.bias[:-1] = solved[-1]


class Plain:
    """The yardstick: nothing folded, channels first."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._card, self._net = checkpoint.card, checkpoint.build()
        self._mean = torch.tensor(self._card.mean).view(1, 3, 1, 1) * 255
        self._std = torch.tensor(self._card.std).view(1, 3, 1, 1) * 255

    @torch.inference_mode()
    def maps(self, pixels: NDArray[np.uint8]) -> Maps:
        """Linear maps ``(B, K + 1, h, w)``."""
        x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().contiguous()
        return np.asarray(finest(self._net((x - self._mean) / self._std)).exp().numpy())


def turns(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds of every way, one run each in every round, after one to warm up."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            spent[name].append(time.perf_counter() - began)
    return spent


def engines(checkpoint: Checkpoint, folder: Path, threads: int) -> dict[str, Engine]:
    """Every way that this machine has."""
    found: dict[str, Engine] = {}
    for name in ("torch", *reversed(candidates())):
        began = time.perf_counter()
        try:
            found[name] = cpu_engine(name, checkpoint, converted=folder / "net.xml", threads=threads)
            print(f"{name}: ready after {time.perf_counter() - began:.1f} s", file=sys.stderr)
        except EngineError as error:
            print(f"{name}: {error}")
    return found


def compare(title: str, checkpoint: Checkpoint, image: NDArray[np.uint8], *, rounds: int, threads: int) -> None:
    """One table of engines."""
    pixels = stretch(image, checkpoint.card.input_size)[None]
    yardstick = Plain(checkpoint)
    wanted = yardstick.maps(pixels)
    with tempfile.TemporaryDirectory() as folder:
        ways = engines(checkpoint, Path(folder), threads)
        found = {name: engine.maps(pixels) for name, engine in ways.items()}
        runs = {name: partial(engine.maps, pixels) for name, engine in ways.items()}
        spent = turns({"plain eager NCHW fp32": lambda: yardstick.maps(pixels), **runs}, rounds)
    base = np.array(spent["plain eager NCHW fp32"])
    print(f"\n{title}, {threads} thread(s), median of {rounds}")
    print(f"{'':24}{'ms':>8} {'ratio':>6}  same argmax: all  sure  largest difference  agrees")
    for name, seconds in spent.items():
        maps = found.get(name, wanted)
        all_same, sure_same = same_peaks(wanted[0], maps[0])
        apart = float(np.abs(maps[0, :-1].max(axis=(1, 2)) - wanted[0, :-1].max(axis=(1, 2))).max())
        verdict = "yes" if name in found and agree(wanted[0], maps[0]) else ""
        speed = f"{statistics.median(seconds) * 1000:8.1f} {np.median(base / np.array(seconds)):6.2f}"
        print(f"{name:24}{speed}  {all_same:16.3f} {sure_same:5.3f}  {apart:18.1e}  {verdict}")


def over_frames(checkpoint: Checkpoint, files: list[Path], threads: int) -> None:
    """What every way makes of many frames: peaks that moved, and how far confidences are apart."""
    yardstick = Plain(checkpoint)
    images = [np.ascontiguousarray(cv2.imread(str(file), cv2.IMREAD_COLOR)[..., ::-1]) for file in files]
    pixels = [stretch(image, checkpoint.card.input_size)[None] for image in images]
    wanted = [yardstick.maps(one)[0] for one in pixels]
    sure = np.concatenate([maps[:-1].max(axis=(1, 2)) >= SURE for maps in wanted])
    print(f"\n{len(files)} frames, {sure.size} peaks, {sure.sum()} of a confidence of {SURE:g} or more")
    print(f"{'':24}  moved: all  sure  largest difference of a confidence  frames that agree")
    with tempfile.TemporaryDirectory() as folder:
        for name, engine in engines(checkpoint, Path(folder), threads).items():
            found = [engine.maps(one)[0] for one in pixels]
            cells, others = (
                np.concatenate([maps[:-1].reshape(len(maps) - 1, -1).argmax(axis=1) for maps in each])
                for each in (wanted, found)
            )
            moved = cells != others
            pairs = list(zip(wanted, found, strict=True))
            apart = max(float(np.abs(a[:-1].max((1, 2)) - b[:-1].max((1, 2))).max()) for a, b in pairs)
            agreed = sum(agree(a, b) for a, b in pairs)
            print(f"{name:24}  {moved.sum():10d} {moved[sure].sum():5d}  {apart:34.1e}  {agreed:6d}")


def same_peaks(wanted: Maps, found: Maps) -> tuple[float, float]:
    """Share of points with the same peak cell: all, and those of some confidence (NaN where there are none)."""
    first, second = (maps[:-1].reshape(len(maps) - 1, -1) for maps in (wanted, found))
    same = first.argmax(axis=1) == second.argmax(axis=1)
    sure = first.max(axis=1) >= SURE
    return float(same.mean()), float(same[sure].mean()) if sure.any() else float("nan")


def plain_transform(log_maps: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """The usual way to read such maps: exponential of everything, maxima along rows and columns, no sub-pixel step."""
    maps = log_maps.exp()
    columns, rows = maps.max(dim=2).values, maps.max(dim=3).values
    x, y = columns.max(dim=2), rows.max(dim=2)
    scale = (size[0] / maps.shape[3], size[1] / maps.shape[2])
    confidence = torch.minimum(x.values, y.values)
    return torch.stack([x.indices * scale[0], y.indices * scale[1], confidence], dim=-1)[:, :-1]


def decode() -> None:
    """Time and error of the decoder on exact maps of 270x480."""
    codec = Codec((960, 540), stride=2, sigma=3.0, alignment="corner")
    places = np.random.default_rng(0).uniform((20, 20), (940, 520), (57, 2))
    maps, _ = codec.encode(places, np.full(57, 2))
    logs = torch.from_numpy(maps).clamp(min=1e-9).log()[None]
    spent = turns({"plain": lambda: plain_transform(logs, (960, 540)), "ours": lambda: codec.decode(maps)}, 15)
    plain, ours = (statistics.median(spent[name]) * 1000 for name in ("plain", "ours"))
    error = float(np.linalg.norm(codec.decode(maps)[0] - places, axis=1).mean())
    usual = plain_transform(logs, (960, 540))[0, :, :2].numpy()
    print("\ndecoding 57 maps of 270x480")
    print(f"plain transform {plain:.1f} ms, error {np.linalg.norm(usual - places, axis=1).mean():.3f} px")
    print(f"ours {ours:.1f} ms ({plain / ours:.1f} times as fast), error {error:.3f} px")


def first_prediction(weights: Path, image: NDArray[np.uint8]) -> None:
    """Seconds of whole programs that predict one frame: in torch, and with the choice made and remembered."""
    print("\nfrom the start of the program to the first prediction, whole process")
    with tempfile.TemporaryDirectory() as folder:
        frames = [Path(folder) / f"{k}.jpg" for k in range(3)]
        for frame in frames:
            cv2.imwrite(str(frame), image[..., ::-1])
        environment = {**os.environ, "TOUCHLINE_CACHE": str(Path(folder) / "cache")}

        def run(given: list[Path]) -> float:
            command = [sys.executable, "main.py", "predict", *map(str, given), "--weights", str(weights)]
            began = time.perf_counter()
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
            how.append(done.stderr.splitlines()[0])
            return time.perf_counter() - began

        how: list[str] = []
        before = [run(frames[:1]) for _ in range(3)]
        choosing = run(frames)
        after = [run(frames[:1]) for _ in range(3)]
        print(f"a network it never saw: {statistics.median(before):.2f} s ({how[0]})")
        print(f"three frames and the choice among all ways: {choosing:.2f} s")
        print(f"from then on: {statistics.median(after):.2f} s ({how[-1]})")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Compare every way of running a network.")
    parser.add_argument("weights", nargs="?", type=Path, default=embedded())
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--image", type=Path, help="a frame to look at (default: a rendered one)")
    parser.add_argument("--frames", type=Path, help="a folder of JPEG frames on which peaks are counted, not timed")
    parser.add_argument("--skip-w48", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    if arguments.image is None:
        image = render(25, (960, 540), family="main").rgb
    else:
        image = np.ascontiguousarray(cv2.imread(str(arguments.image), cv2.IMREAD_COLOR)[..., ::-1])
    if arguments.weights is not None:
        network = load(arguments.weights)
        compare("embedded network", network, image, rounds=arguments.rounds, threads=arguments.threads)
        if arguments.frames is not None:
            over_frames(network, sorted(arguments.frames.glob("*.jpg")), arguments.threads)
    if not arguments.skip_w48:
        compare("W48 at 960x540", w48(image), image, rounds=5, threads=arguments.threads)
    decode()
    if arguments.weights is not None:
        first_prediction(arguments.weights, image)


if __name__ == "__main__":
    main()
