"""Pictures of six coloured discs: a set that a very small network learns in seconds."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from model.dataset import Sample

NAMES = ("RED", "BLUE", "YELLOW", "CYAN", "MAGENTA", "WHITE")
COLOURS = ((255, 0, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255), (255, 255, 255))


def toy_samples(count: int, *, size: tuple[int, int] = (160, 96), seed: int = 0) -> Iterator[Sample]:
    """Six coloured discs in a fixed arrangement, moved, turned and scaled."""
    rng = np.random.default_rng(seed)
    width, height = size
    base = np.array([[-30, -18], [30, -18], [-30, 18], [30, 18], [-10, 0], [10, 0]], dtype=np.float64)
    for i in range(count):
        image = np.full((height, width, 3), (60, 120, 60), dtype=np.uint8)
        angle, scale = rng.uniform(-0.3, 0.3), rng.uniform(0.7, 1.1)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        places = scale * base @ turn.T + rng.uniform([width * 0.35, height * 0.35], [width * 0.65, height * 0.65])
        for (x, y), colour in zip(places, COLOURS, strict=True):
            centre = (round(x * 16), round(y * 16))
            cv2.circle(image, centre, round(5 * scale * 16), colour, -1, cv2.LINE_AA, shift=4)
        _, data = cv2.imencode(".png", image[:, :, ::-1])
        points = {name: (float(x), float(y), 2) for name, (x, y) in zip(NAMES, places, strict=True)}
        split = "val" if i % 5 == 0 else "train"
        yield Sample(image=f"{i:03d}.png", size=size, points=points, source=data.tobytes(), split=split)
