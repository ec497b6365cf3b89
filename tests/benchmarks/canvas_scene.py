"""What the canvas is measured with: a pitch, 4K frames, a prediction, and desks on which something is dragged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotator.gui.people import People
from annotator.gui.view_settings import ViewSettings
from annotator.gui.view_state import Selection, ViewState, view_state
from annotator.keypoints import Curve, Keypoint, Resolved, Source, resolve
from annotator.labels import FrameLabels, Instance, Visibility, move_marking_point
from annotator.pitch import KEYPOINTS, MARKINGS, marking_samples
from model.heatmaps import Prediction
from tests.gui.windows import DRAWN

WIDTH, HEIGHT = 3840, 2160
STRIDE = 8
SETTINGS = ViewSettings(names=True)
NAMES = tuple(KEYPOINTS)
DRAGGED = "Big rect. left main"


def on_image(world: NDArray[np.float64]) -> NDArray[np.float64]:
    """The whole pitch as seen from above the touchline, (N, 2) pixels."""
    x, y = world[:, 0], world[:, 1]
    depth = 1.0 - 0.006 * y
    return np.stack([WIDTH / 2 + x * 32.0 / depth, HEIGHT / 2 + y * 20.0 / depth], axis=1)


def scene() -> Resolved:
    """57 keypoints from all four sources, 26 curves, one of them an ellipse, and the ghost of the pitch beside them."""
    sources = list(Source)
    keypoints = {}
    for index, (name, point) in enumerate(KEYPOINTS.items()):
        x, y = on_image(np.array([point.world]))[0]
        keypoints[name] = Keypoint(
            name, (float(x), float(y)), sources[index % 4], Visibility.VISIBLE, confidence=0.8, sd=1.2, inside=True
        )
    curves = {name: Curve(name, on_image(marking_samples(name))) for name in MARKINGS}
    return Resolved(keypoints, curves, {name: (curve.path + 7.0,) for name, curve in curves.items()})


def labels_of(state: Resolved) -> Instance:
    """Four clicks along every curve."""
    clicks = {}
    for name, curve in state.curves.items():
        picked = curve.path[np.linspace(0, len(curve.path) - 1, 4).astype(int)]
        clicks[name] = tuple((float(x), float(y)) for x, y in picked)
    return Instance(markings=clicks)


def drawn() -> FrameLabels:
    """The left end of a pitch as a person drew it."""
    grown = {name: tuple((6.0 * x, 6.0 * y) for x, y in points) for name, points in DRAWN.items()}
    return FrameLabels((Instance(markings=grown),))


def frames() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Two different noisy frames."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return first, 255 - first


def prediction() -> Prediction:
    """What a network might see: a hill in every channel, with a lower one beside it."""
    rows, columns = np.mgrid[0 : HEIGHT // STRIDE, 0 : WIDTH // STRIDE]
    maps = np.zeros((len(NAMES) + 1, *rows.shape), np.uint8)
    rng = np.random.default_rng(1)
    places = rng.uniform(20.0, 250.0, (len(NAMES), 2)) * [1.8, 1.0]
    for channel, (x, y) in enumerate(places):
        hill = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 12.0)
        beside = 0.4 * np.exp(-((columns - x - 40.0) ** 2 + (rows - y - 9.0) ** 2) / 30.0)
        maps[channel] = np.rint(255.0 * np.maximum(hill, beside))
    maps[-1] = 255 - maps[:-1].max(axis=0)
    count = len(NAMES)
    return Prediction(
        NAMES, STRIDE * places + 3.5, np.full(count, 0.9), np.ones(count), maps, (WIDTH, HEIGHT), "made",
        (8.0, 8.0), (3.5, 3.5),
    )  # fmt: skip


class Bench:
    """A desk whose keypoints are fixed, but for those that are placed: a drag without geometry.

    Each edit ends in a new view state, whoever shows it.
    """

    frame_id: int | None = 1
    size = (WIDTH, HEIGHT)
    settings = SETTINGS
    active_keypoint: str | None = None
    active_marking: str | None = None

    def __init__(self, state: Resolved, show: Callable[[ViewState], object]) -> None:
        self.labels = FrameLabels((labels_of(state),))
        self.people = People()
        self.selection = Selection()
        self.resolved: Resolved = state
        self._show = show

    def start_again(self, state: Resolved) -> None:
        """Take back what was placed."""
        self.labels, self.selection, self.resolved = FrameLabels((labels_of(state),)), Selection(), state
        self.show()

    def edit(self, labels: FrameLabels, *, text: str, gesture: object | None = None) -> None:
        """Take the placed keypoints over."""
        self.labels = labels
        placed = {name: said.position for name, said in labels.pitch.keypoints.items() if said.position is not None}
        old = self.resolved.keypoints
        moved = {name: replace(old[name], position=at, source=Source.PLACED) for name, at in placed.items()}
        self.resolved = replace(self.resolved, keypoints={**old, **moved})
        self.show()

    def show(self) -> None:
        """Show it."""
        state = view_state(self.resolved, self.labels.pitch, SETTINGS, self.selection, size=self.size)
        self._show(state)

    def end_gesture(self) -> None:
        """Nothing is stored."""

    def select(self, selection: Selection) -> None:
        """Select."""
        self.selection = selection
        self.show()

    def say(self, text: str) -> None:
        """Nobody listens."""


class Geometry:
    """A click of a drawn marking is dragged, and everything follows from it anew each time."""

    def __init__(self) -> None:
        self._labels = drawn()
        self._resolved: Resolved | None = None

    def step(self, index: int) -> tuple[FrameLabels, Resolved]:
        """The labels and what follows from them."""
        x, y = self._labels.pitch.markings[DRAGGED][1]
        moved = move_marking_point(self._labels, DRAGGED, 1, (x + 0.4 * index, y))
        size = (WIDTH, HEIGHT)
        self._resolved = resolve(moved.pitch, None, size=size, threshold=0.3, previous=self._resolved)
        return moved, self._resolved
