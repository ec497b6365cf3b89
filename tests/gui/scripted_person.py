"""A person who labels a frame line by line with mouse and keys, reading where to click from human annotations.

What it does is counted, and priced by the keystroke-level model (Card, Moran & Newell, *The Psychology of
Human-Computer Interaction*, 1983, 8): pointing 1.1 s, a press of a button or its release 0.1 s, a key 0.28 s (an
average typist), a mental step 1.35 s. One hand stays on the mouse, the other on the keys, so that homing costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from annotator.gui.main_window import MainWindow
from annotator.pitch import KEYPOINTS, MARKINGS
from annotator.proposals import marking_codes

POINTING, BUTTON, KEY, MENTAL = 1.1, 0.1, 0.28, 1.35
EDGE = 6.0
NOISE_SD = 1.75
MOST_CLICKS = 12
ROUND_CLICKS = 5

Points = dict[str, np.ndarray]


def human_markings(data: Path, number: int, size: tuple[int, int] = (960, 540)) -> Points:
    """The markings that a person annotated in a frame of ``soccernet-dev``: (N, 2) pixels each."""
    read = json.loads((data / "soccernet-dev" / "lines" / f"{number:03d}.json").read_text(encoding="utf-8"))
    found = {}
    for name, points in read.items():
        fewest = ROUND_CLICKS if name in MARKINGS and MARKINGS[name].is_round else 2
        if name in MARKINGS and len(points) >= fewest:
            found[name] = np.array([(p["x"] * size[0] - 0.5, p["y"] * size[1] - 0.5) for p in points])
    return found


def published(data: Path, number: int) -> dict[str, np.ndarray]:
    """The published keypoints of a frame of ``soccernet-dev``, pixels."""
    read = json.loads((data / "soccernet-dev" / "keypoints57" / f"{number:03d}.json").read_text(encoding="utf-8"))
    names = list(KEYPOINTS)
    return {names[int(index)]: np.array(xy) for index, xy in read.items()}


def where_to_click(name: str, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The two annotated points of a line that are farthest apart, a little inside the frame; five along a circle."""
    inside = np.clip(points, EDGE, np.array(size) - 1.0 - EDGE)
    if MARKINGS[name].is_round:
        return inside[np.unique(np.linspace(0, len(inside) - 1, ROUND_CLICKS).round().astype(int))]
    apart = np.linalg.norm(inside[:, None] - inside[None], axis=2)
    return inside[list(np.unravel_index(int(apart.argmax()), apart.shape))]


def wait_for(condition: Callable[[], bool], *, milliseconds: int = 20_000) -> None:
    """Let the window work until this is so."""
    for _ in range(milliseconds // 5):
        if condition():
            return
        QTest.qWait(5)
    raise TimeoutError("the window did not get there")


@dataclass
class Effort:
    """What a frame cost."""

    clicks: int = 0
    keys: int = 0
    thoughts: int = 0
    log: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The keystroke-level model's estimate."""
        return self.clicks * (POINTING + 2 * BUTTON) + self.keys * KEY + self.thoughts * MENTAL


class ScriptedPerson:
    """Sends real mouse and key events to a window; ``look`` is called where a screenshot is worth taking."""

    def __init__(self, window: MainWindow, *, seed: int, look: Callable[[str], None] | None = None) -> None:
        self._window = window
        self._rng = np.random.default_rng(seed)
        self._look = look or (lambda name: None)
        self._codes = {marking: code for code, marking in marking_codes().items()}
        self.effort = Effort()

    def label(self, markings: Points) -> Effort:
        """Label the frame on the screen, from nothing."""
        self.effort = Effort()
        straight = [name for name in markings if not MARKINGS[name].is_round]
        by_length = sorted(straight, key=lambda name: -float(np.linalg.norm(np.ptp(markings[name], axis=0))))
        self._choose(by_length[0])
        passed = 0
        while True:
            active = self._window.session.active_marking
            drawn = self._window.session.labels.pitch.markings
            if active in markings and self._wants(active, by_length):
                self._draw(active, markings[active])
                passed = 0
            elif active is not None and passed < 3 and self.effort.clicks < MOST_CLICKS - 1:
                self._key(Qt.Key.Key_Tab, "not in view, or a circle: another")
                passed += 1
            else:
                left = [name for name in by_length if name not in drawn]
                if not left or not self._wants(left[0], by_length):
                    break
                self._choose(left[0])
                passed = 0
        self._look("drawn")
        self._snap()
        self._take_circles()
        self._look("done")
        return self.effort

    def _wants(self, name: str, by_length: list[str]) -> bool:
        """Lines as long as there are any, within the clicks allowed; a circle that the camera has costs none later."""
        drawn = self._window.session.labels.pitch.markings
        is_round = MARKINGS[name].is_round
        if name in drawn or self._window.tools.guide.offer is not None:
            return False
        if is_round and any(other not in drawn for other in by_length):
            return False
        return self.effort.clicks + (ROUND_CLICKS if is_round else 2) <= MOST_CLICKS

    def _choose(self, name: str) -> None:
        """Two letters of a marking."""
        self.effort.thoughts += 1
        self._key(Qt.Key.Key_W, f"by letters: {self._codes[name]}")
        for letter in self._codes[name]:
            self._press(Qt.Key(ord(letter.upper())))

    def _draw(self, name: str, points: np.ndarray) -> None:
        """Clicks that miss a little; the eye finds the marking first. Enter finishes a circle."""
        self.effort.thoughts += 1
        self.effort.log.append(f"draw {name.strip()}")
        for at in where_to_click(name, points, self._window.session.size):
            x, y = at + self._rng.normal(0.0, NOISE_SD, 2)
            spot = self._window.canvas.viewportTransform().map(QPointF(x, y)).toPoint()
            viewport = self._window.canvas.viewport()
            QTest.mouseMove(viewport, spot)
            QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=spot)
            self.effort.clicks += 1
            QTest.qWait(1)
        if MARKINGS[name].is_round:
            self._key(Qt.Key.Key_Return, "the circle is done")

    def _snap(self) -> None:
        """S draws all that was drawn to the paint."""
        answered: list[object] = []
        snapper = self._window.tools.snapper
        connection = snapper.snapped.connect(answered.append)
        self._key(Qt.Key.Key_S, "snap to the paint")
        wait_for(lambda: bool(answered))
        snapper.snapped.disconnect(connection)

    def _take_circles(self) -> None:
        """Circles that the camera is sure of cost Enter."""
        guide = self._window.tools.guide
        for name in [one.marking for one in guide.queue if MARKINGS[one.marking].is_round]:
            if self._window.session.active_marking != name:
                self._choose(name)
            if guide.offer is not None:
                self._key(Qt.Key.Key_Return, f"take {name}")

    def _key(self, key: Qt.Key, why: str) -> None:
        self.effort.log.append(why)
        self._press(key)

    def _press(self, key: Qt.Key) -> None:
        self._window.canvas.setFocus()
        QTest.keyClick(self._window.canvas, key)
        self.effort.keys += 1
        QTest.qWait(1)


def distances(window: MainWindow, truth: dict[str, np.ndarray]) -> np.ndarray:
    """How far the published keypoints in the frame lie from what was labelled, (N,) pixels; inf where nothing is."""
    resolved, (width, height) = window.session.resolved, window.session.size
    assert resolved is not None
    found = []
    for name, xy in truth.items():
        if 0.0 <= xy[0] <= width - 1 and 0.0 <= xy[1] <= height - 1:
            position = resolved.keypoints[name].position
            found.append(np.inf if position is None else float(np.hypot(*(np.array(position) - xy))))
    return np.array(found)
