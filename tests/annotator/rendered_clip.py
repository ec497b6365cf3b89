"""A rendered clip whose cameras are known, what a person would draw into its frames, and how far labels are off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotator.keypoints import resolve
from annotator.labels import FrameLabels, set_marking
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.synthetic.clip import Clip, pan_tilt_zoom

SIZE = (640, 360)


def panned(count: int) -> Clip:
    """So many frames of a camera that pans, tilts and zooms."""
    whole = pan_tilt_zoom(200, SIZE)
    return Clip(whole.seed, whole.cameras[30 : 30 + count])


def said_of(clip: Clip, number: int) -> FrameLabels:
    """The markings that a person would draw into a frame."""
    labels = FrameLabels()
    for name, path in clip.frame(number).markings(0.5).items():
        if np.linalg.norm(np.ptp(path, axis=0)) >= 40.0:
            count = 8 if MARKINGS[name].is_round else 2
            clicks = path[np.rint(np.linspace(0.05, 0.95, count) * (len(path) - 1)).astype(int)]
            labels = set_marking(labels, name, tuple((float(x), float(y)) for x, y in clicks))
    return labels


def errors(labels: FrameLabels, clip: Clip, number: int) -> NDArray[np.float64]:
    """Distances of the resolved keypoints in view to where they are."""
    found = resolve(labels.pitch, None, size=SIZE, threshold=1.0).keypoints
    pixels = clip.cameras[number].project(np.array([point.world for point in KEYPOINTS.values()]))
    inside = ((pixels >= 0.0) & (pixels <= np.array(SIZE) - 1.0)).all(axis=1)
    rows = zip(KEYPOINTS, pixels, inside, strict=True)
    return np.array([
        np.linalg.norm(np.array(at) - pixel)
        for name, pixel, seen in rows
        if seen and (at := found[name].position) is not None
    ])  # fmt: skip
