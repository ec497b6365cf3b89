"""How fast every way of computing is: ``python tests/benchmarks/inference.py [WEIGHTS] [--threads N] [--image FILE]``.

For the embedded network and for a random W48 at 960x540 every way that is installed runs on the same frame, in turns,
so that a busy machine slows all of them alike. The yardstick is what a plain program does: torch in evaluation mode,
single precision, channels first, nothing folded. Printed are medians in milliseconds, the ratio to the yardstick, the
share of points whose peak cell is the yardstick's (all points, and those of a confidence of at least 0.1), and the
largest difference of a confidence. Then: decoding 57 maps of 270x480 against a plain transform, and the time from the
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

from annotator.synthetic import render
from model.audition import SURE, agree, candidates
from model.checkpoint import Card, Checkpoint, load
from model.engines import EngineError, cpu_engine
from model.heatmaps import Codec, Maps
from model.hrnet import HRNet, finest, preset
from model.images import stretch

ROOT = Path(__file__).resolve().parents[2]
NAMES = tuple(f"P{k}" for k in range(57))


def embedded() -> Path | None:
    """The weights that ship with Touchline."""
    return next(iter(sorted((ROOT / "resources" / "weights").glob("*.safetensors"))), None)


def random_w48() -> Checkpoint:
    """A W48 with random weights whose normalisations fit them, so that its maps are neither flat nor overflowing."""
    torch.manual_seed(0)
    spec = preset("points-w48", channels=58)
    net = HRNet(spec)
    torch.nn.init.normal_(net.last_layer[-1].weight, std=0.05)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        net.train()(torch.randn(2, 3, 128, 224))
    weights = {name: value for name, value in net.state_dict().items() if value.is_floating_point()}
    return Checkpoint(Card(spec, NAMES, (960, 540), alignment="corner"), weights, "random-w48")


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


def compare(title: str, checkpoint: Checkpoint, image: NDArray[np.uint8], *, rounds: int, threads: int) -> None:
    """One table of engines."""
    pixels = stretch(image, checkpoint.card.input_size)[None]
    yardstick = Plain(checkpoint)
    wanted = yardstick.maps(pixels)
    ways: dict[str, Callable[[], Any]] = {"plain eager NCHW fp32": lambda: yardstick.maps(pixels)}
    found: dict[str, Maps] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("torch", *reversed(candidates())):
            began = time.perf_counter()
            try:
                engine = cpu_engine(name, checkpoint, converted=Path(folder) / "net.xml", threads=threads)
                found[name] = engine.maps(pixels)
            except EngineError as error:
                print(f"{name}: {error}")
                continue
            print(f"{name}: ready after {time.perf_counter() - began:.1f} s", file=sys.stderr)
            ways[name] = partial(engine.maps, pixels)
        spent = turns(ways, rounds)
    base = statistics.median(spent["plain eager NCHW fp32"])
    print(f"\n{title}, {threads} thread(s), median of {rounds}")
    print(f"{'':24}{'ms':>8} {'ratio':>6}  same argmax: all  sure  largest difference  agrees")
    for name, seconds in spent.items():
        maps = found.get(name, wanted)
        all_same, sure_same = same_peaks(wanted[0], maps[0])
        apart = float(np.abs(maps[0, :-1].max(axis=(1, 2)) - wanted[0, :-1].max(axis=(1, 2))).max())
        verdict = "yes" if name in found and agree(wanted[0], maps[0]) else ""
        ms = statistics.median(seconds) * 1000
        speed = f"{ms:8.1f} {base * 1000 / ms:6.2f}"
        print(f"{name:24}{speed}  {all_same:16.3f} {sure_same:5.3f}  {apart:18.1e}  {verdict}")


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
    if not arguments.skip_w48:
        compare("W48 at 960x540, random weights", random_w48(), image, rounds=3, threads=arguments.threads)
    decode()
    if arguments.weights is not None:
        first_prediction(arguments.weights, image)


if __name__ == "__main__":
    main()
