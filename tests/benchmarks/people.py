"""What seeing a person costs: ``python tests/benchmarks/people.py [--people 50] [--rounds 3] [--threads N]
[--device auto] [--preset pose-w32] [--size 192x256]``.

A frame of 1920x1080 with as many boxes as asked for goes through an HRNet with random weights: by the program in
batches, by the program one box at a time, by its plain torch, and by a plain program: the network in evaluation mode,
single precision, one crop at a time with nothing folded, maps read in numpy. They take turns, so that a busy machine
slows all alike; printed are medians in milliseconds a person of wall clock and of processor time, the frames a second
of the crowd, what the program spends outside the network, and the memory the crowd takes beyond what was there.

Then the agreement with the published programs, where the reference files are found (``--parity FOLDER``): the largest
difference of points read from their maps, and between the program and the plain one on the same boxes.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).resolve().parents[1] / "model"))

from poses import seeded

from model import decoders
from model.card import IMAGENET_MEAN, IMAGENET_STD, Card
from model.checkpoint import Checkpoint
from model.heatmaps import Maps
from model.hrnet import HRNet, preset
from model.people import Candidate
from model.predictor import Predictor
from model.published import COCO_PERSON
from model.topdown import Crop, TopDown, crop_about, pixels_about, read_maps

ROOT = Path(__file__).resolve().parents[2]
FRAME = (1920, 1080)
MEAN, STD = (torch.tensor(three).view(1, 3, 1, 1) for three in (IMAGENET_MEAN, IMAGENET_STD))


def frame_and_boxes(people: int) -> tuple[NDArray[np.uint8], list[Candidate]]:
    """A frame of noise and boxes of the sizes that a crowd shows."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (68, 120, 3), dtype=np.uint8)
    rgb = np.asarray(cv2.resize(small, FRAME, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    heights = rng.uniform(60, 500, people)
    corners = rng.uniform((0, 0), (FRAME[0] - 200, FRAME[1] - 300), (people, 2))
    found = zip(corners.tolist(), heights.tolist(), strict=True)
    return rgb, [Candidate((x, y, x + high * 0.45, y + high)) for (x, y), high in found]


def plain(net: HRNet, card: Card, device: str) -> Callable[[NDArray[np.uint8], list[Candidate]], Any]:
    """What a plain program does."""
    net, mean, std = net.to(device), MEAN.to(device), STD.to(device)

    @torch.inference_mode()
    def run(rgb: NDArray[np.uint8], boxes: list[Candidate]) -> list[NDArray[np.float64]]:
        found = []
        for box in boxes:
            crop = crop_about(card, box)
            given = torch.from_numpy(pixels_about(card, rgb, box)).to(device).permute(2, 0, 1)[None].float() / 255
            maps = net((given - mean) / std)[-1].cpu().numpy()
            cells, _ = decoders.quarter_offset(maps)
            found.append(crop.image_from_input(cells[0] * 4))
        return found

    return run


def clocked(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of wall clock and of all processors."""
    began, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - spent


def with_background(maps: Maps) -> Maps:
    return np.concatenate([maps, 1 - maps.max(axis=1, keepdims=True)], axis=1)


def print_parity(folder: Path, card: Card) -> None:
    """Differences from the reference files."""
    if not folder.is_dir():
        print(f"no reference files at {folder}")
        return
    with np.load(folder / "pose_official.npz") as z:
        places, _, _ = read_maps(card, with_background(z["out"]))
        (cx, cy), (wide, high) = z["center"][0], z["scale"][0] * 200
        back = Crop.of(card, (cx - wide / 2, cy - high / 2, wide, high)).image_from_input(places[0])
        print(f"points of official maps, quarter offset: {np.abs(back - z['preds'][0]).max():.1e} px")
    with np.load(folder / "dark_udp.npz") as z:
        for name, read in (("dark", decoders.dark), ("dark_udp", decoders.dark_udp)):
            print(f"cells by {name}: {np.abs(read(z['maps'][None])[0] - z[name]).max():.1e}")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--preset", default="pose-w32")
    parser.add_argument("--size", default="192x256")
    parser.add_argument("--parity", type=Path, default=ROOT.parent / "shared" / "data" / "parity")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    width, height = map(int, options.size.split("x"))
    spec = preset(options.preset, channels=17)
    net = seeded(spec)
    card = Card(
        spec, COCO_PERSON.names, (width, height), sigma=2.0, alignment="corner", decoder="quarter", scheme="coco-17",
        mirror=COCO_PERSON.mirror,
    )  # fmt: skip
    weights = {name: value for name, value in net.state_dict().items() if value.is_floating_point()}
    checkpoint = Checkpoint(card, weights, f"people-{options.preset}-{options.size}")
    rgb, boxes = frame_and_boxes(options.people)
    predictor = Predictor.of(checkpoint, options.device, options.threads, way="fastest")
    TopDown(predictor).predict(rgb, boxes[:4])  # the fastest way is found on the first crops
    simple = Predictor.of(checkpoint, options.device, options.threads, way="plain")
    ways: dict[str, Callable[[], Any]] = {
        f"in batches ({predictor.device_text})": lambda: TopDown(predictor).predict(rgb, boxes),
        f"one by one ({predictor.device_text})": lambda: TopDown(predictor, batch=1).predict(rgb, boxes),
        f"in batches, torch ({simple.device_text})": lambda: TopDown(simple).predict(rgb, boxes),
    }
    by_hand = plain(net, card, predictor.device if "CUDA" not in predictor.device_text else "cuda")
    ways["a plain program"] = lambda: by_hand(rgb, boxes)
    for work in ways.values():
        work()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    TopDown(predictor).predict(rgb, boxes)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, work in ways.items():
            spent[name].append(clocked(work))
    size = f"{options.people} people in {FRAME[0]}x{FRAME[1]}"
    print(f"{options.preset} at {width}x{height}, {size}, {options.threads} threads")
    for name, times in spent.items():
        wall, cpu = (statistics.median(column) * 1000 / options.people for column in zip(*times, strict=True))
        rate = 1000 / wall / options.people
        print(f"{name:44} {wall:8.2f} ms a person, {cpu:8.2f} ms of processors, {rate:6.2f} frames/s")
    pixels = np.stack([pixels_about(card, rgb, box) for box in boxes])
    maps = predictor.maps(pixels)
    around = statistics.median(
        clocked(lambda: ([pixels_about(card, rgb, box) for box in boxes], read_maps(card, maps)))[0] for _ in range(5)
    )
    beside = around * 1000 / options.people
    print(f"around the network: {beside:.3f} ms a person; memory grew by {grown:.0f} MB in a crowd")
    print_parity(options.parity, card)
    wanted = by_hand(rgb, boxes)
    for title, one in (("plain torch of the program", simple), ("its fastest way", predictor)):
        found = TopDown(one).predict(rgb, boxes)
        away = [np.abs(a.xy - b).max(axis=1)[a.confidence > 0.05] for a, b in zip(found, wanted, strict=True)]
        every = np.concatenate(away)
        print(f"{title} beside a plain program: {(every < 1e-3).mean():.4f} of {len(every)} points equal, "
              f"largest {every.max(initial=0):.1e} px")  # fmt: skip


if __name__ == "__main__":
    main()
