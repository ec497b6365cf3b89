"""What tests of the screen share: a desk without a session, a scene of keypoints, and golden pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import noise, pixels
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from annotator.gui.canvas import Canvas
from annotator.gui.people import People
from annotator.gui.tools import SelectTool
from annotator.gui.view_state import NOTHING_SELECTED, Selection, ViewSettings, view_state
from annotator.keypoints import Curve, Keypoint, Resolved, Source
from annotator.labels import EMPTY, FrameLabels, Visibility

PATIENCE_MS = 90_000
"""How long a test waits for what must come. That it comes is tested; how soon depends on who else computes here."""

ALL_SHOWN = ViewSettings()
GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@dataclass
class FakeDesk:
    """A desk that remembers what it was told, and whose keypoints follow its labels."""

    found: Mapping[str, Keypoint] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    frame_id: int | None = 1
    size: tuple[int, int] = (640, 360)
    labels: FrameLabels = EMPTY
    selection: Selection = NOTHING_SELECTED
    settings: ViewSettings = ALL_SHOWN
    active_keypoint: str | None = None
    active_marking: str | None = None
    people: People = field(default_factory=People)
    edits: list[tuple[FrameLabels, str, object]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    ended: int = 0
    changed: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self._resolve()

    def _resolve(self) -> None:
        keypoints = dict(self.found)
        for name, said in self.labels.pitch.keypoints.items():
            point = keypoints.get(name, Keypoint(name))
            if said.position is not None:
                point = replace(point, position=said.position, source=Source.PLACED, origin=said.origin, inside=True)
            keypoints[name] = replace(point, visibility=said.visibility or point.visibility)
        self.resolved: Resolved | None = Resolved(keypoints, self.curves)

    def set_labels(self, labels: FrameLabels) -> None:
        self.labels = labels
        self._resolve()

    def edit(self, labels: FrameLabels, *, text: str, gesture: object | None = None) -> None:
        self.edits.append((labels, text, gesture))
        self.set_labels(labels)
        if self.changed is not None:
            self.changed()

    def end_gesture(self) -> None:
        self.ended += 1

    def select(self, selection: Selection) -> None:
        self.selection = selection
        self.active_marking = selection.marking or self.active_marking
        if self.changed is not None:
            self.changed()

    def choose_thing(self, number: int, selection: Selection = NOTHING_SELECTED) -> None:
        self.people.choose(number)
        self.select(selection)

    def say(self, text: str) -> None:
        self.said.append(text)

    @property
    def tokens(self) -> set[int]:
        """The gestures of its edits, each once."""
        return {id(token) for _, _, token in self.edits}

    def placed(self, name: str) -> tuple[float, float] | None:
        said = self.labels.pitch.keypoints.get(name)
        return said.position if said is not None else None


def seen(name: str, x: float, y: float, source: Source = Source.PREDICTED, **facts: object) -> Keypoint:
    """A visible keypoint with a confidence."""
    given = {"visibility": Visibility.VISIBLE, "confidence": 0.8, "inside": True, **facts}
    return Keypoint(name, (x, y), source, **given)  # type: ignore[arg-type]


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """pytest-qt's, which waits as long as it takes."""
    for name in ("waitUntil", "waitSignal", "waitSignals", "waitExposed", "waitActive"):
        setattr(qtbot, name, _patient(getattr(qtbot, name)))
    return qtbot


def _patient(wait: Callable[..., Any]) -> Callable[..., Any]:
    def waiting(*args: Any, timeout: int = 0, **kwargs: Any) -> Any:
        # What is not to come (`assertNotEmitted`) is not waited for any longer than the test says.
        patient = kwargs.get("raising", True) is not False
        return wait(*args, timeout=max(timeout, PATIENCE_MS) if patient else timeout, **kwargs)

    return waiting


@pytest.fixture
def desk() -> FakeDesk:
    """Two predicted keypoints and a constructed one."""
    points = [
        seen("CENTER_MARK", 100.0, 80.0),
        seen("L_PENALTY_MARK", 300.25, 200.5),
        seen("R_PENALTY_MARK", 500.0, 120.0, Source.CONSTRUCTED),
    ]
    return FakeDesk({point.name: point for point in points})


@pytest.fixture
def check_picture(request: pytest.FixtureRequest) -> Callable[[QImage, str], None]:
    """Compares an image with the golden one of this name: 99.5 % of the pixels within 1 of 255."""

    def check(image: QImage, name: str) -> None:
        path = GOLDEN / f"{name}.png"
        if request.config.getoption("--update-golden", default=False):
            GOLDEN.mkdir(exist_ok=True)
            assert image.save(str(path))
        golden = pixels(QImage(str(path)))
        found = pixels(image)
        assert found.shape == golden.shape
        near = (np.abs(found.astype(int) - golden.astype(int)) <= 1).all(axis=2)
        assert near.mean() >= 0.995, f"{name}: {1 - near.mean():.2%} of the pixels differ"

    return check


@pytest.fixture
def canvas(qtbot):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(800, 500)
    canvas.show_frame(noise(), keep_view=False)
    with qtbot.waitExposed(canvas):
        canvas.show()
    return canvas


@pytest.fixture
def busy(canvas, desk):
    """A canvas that follows the desk, at 100 %, with the select tool."""

    def refresh():
        canvas.show_view(view_state(desk.resolved, desk.labels.pitch, desk.settings, desk.selection, size=desk.size))

    desk.changed = refresh
    refresh()
    canvas.actual_size()
    canvas.set_tool(SelectTool(desk))
    return canvas
