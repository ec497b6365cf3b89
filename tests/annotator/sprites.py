"""A clip of textured people who walk past each other, with where their points truly are."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from annotator.labels import FrameLabels, Instance, KeypointLabel, Origin, Visibility
from annotator.project import Project
from annotator.schemes import scheme_of
from model.people import InstancePrediction, PeoplePrediction

COCO = scheme_of("coco-17")
SIZE = (320, 180)
COUNT = 24
WALKS = ((40.0, 4.0, 70.0), (280.0, -4.0, 80.0))
"""Start and speed along x, and y of the middle: the second walks in front of the first."""
BODY = np.array([[np.cos(angle), 2.2 * np.sin(angle)] for angle in np.linspace(0.0, 6.0, 17)]) * 14.0


def points(person: int, frame: int) -> np.ndarray:
    """(17, 2) pixels."""
    start, speed, y = WALKS[person]
    return BODY + np.array([start + speed * frame, y])


def picture(frame: int) -> np.ndarray:
    """(180, 320, 3) RGB."""
    rng = np.random.default_rng(1)
    rgb = cv2.GaussianBlur(rng.integers(60, 200, (SIZE[1], SIZE[0], 3), dtype=np.uint8), (0, 0), 2.0)
    for person in range(len(WALKS)):
        cloth = np.random.default_rng(10 + person).integers(0, 255, (90, 44, 3), dtype=np.uint8)
        cloth = cv2.GaussianBlur(cloth, (0, 0), 1.5)
        x, y = (round(float(v)) for v in points(person, frame).mean(axis=0))
        left, top = x - 22, y - 45
        a, b = max(0, left), min(SIZE[0], left + 44)
        c, d = max(0, top), min(SIZE[1], top + 90)
        if a < b and c < d:
            rgb[c:d, a:b] = cloth[c - top : d - top, a - left : b - left]
    return np.asarray(rgb)


def labelled(person: int, frame: int, number: int, origin: Origin = Origin.HAND) -> Instance:
    """A person as somebody labels them."""
    places = zip(COCO.keypoints, points(person, frame).tolist(), strict=True)
    return Instance(number, {name: KeypointLabel((x, y), Visibility.VISIBLE, origin) for name, (x, y) in places})


def labels(frame: int, *numbers: int) -> FrameLabels:
    """Everybody, with these numbers."""
    return FrameLabels(tuple(labelled(person, frame, number) for person, number in enumerate(numbers)))


def seen(frame: int, people=(0, 1)) -> PeoplePrediction:
    """What a network would say of these people; the second is the surer one."""
    found = [
        InstancePrediction(COCO.keypoints, points(n, frame), np.full(17, 0.9), np.full(17, 1.5), 0.7 + 0.1 * n)
        for n in people
    ]
    return PeoplePrediction((), SIZE, "a network").with_instances(tuple(found))


def project(folder: Path, home: Path | None = None) -> Project:
    """A project with the clip, nothing said of it yet."""
    frames = folder / "frames"
    if not frames.exists():
        frames.mkdir(parents=True)
        for frame in range(COUNT):
            cv2.imwrite(str(frames / f"{frame:04}.png"), cv2.cvtColor(picture(frame), cv2.COLOR_RGB2BGR))
    made = Project.create(home or folder / "clip.touchline", scheme=COCO)
    made.add_media([frames])
    return made
