"""What a person does with a window, for tests; and frames on disk, and a network that answers at once."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from annotator.gui.main_window import MainWindow
from annotator.pitch import KEYPOINTS
from model.heatmaps import Prediction

SIZE = (640, 360)
SEEN = {
    "CENTER_MARK": (320.0, 180.0, 0.9),
    "L_PENALTY_MARK": (100.0, 200.0, 0.8),
    "R_PENALTY_MARK": (560.0, 200.0, 0.1),
}


def make_frames(folder: Path, count: int = 5) -> Path:
    """A folder of small pictures, every one different."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        image = np.full((SIZE[1], SIZE[0], 3), 40 + number * 8, dtype=np.uint8)
        cv2.circle(image, (60 + 40 * number, 100), 20, (255, 255, 255), -1)
        assert cv2.imwrite(str(folder / f"frame_{number:03d}.png"), image)
    return folder


def prediction(network: str = "fake") -> Prediction:
    """What the fake network sees in every frame."""
    names = tuple(KEYPOINTS)
    xy = np.zeros((len(names), 2))
    confidence = np.zeros(len(names))
    for name, (x, y, sure) in SEEN.items():
        xy[names.index(name)] = x, y
        confidence[names.index(name)] = sure
    return Prediction(
        names=names,
        xy=xy,
        confidence=confidence,
        sd=np.ones(len(names)),
        heatmaps=np.zeros((len(names) + 1, 9, 16), dtype=np.uint8),
        image_size=SIZE,
        network=network,
        scale=(40.0, 40.0),
        offset=(19.5, 19.5),
    )


class FakeNetwork:
    """A network that is loaded and answers at once."""

    id = "fake"
    device_text = "Fake"

    def __init__(self) -> None:
        self.asked = 0

    def predict(self, rgb: np.ndarray) -> Prediction:
        assert rgb.shape == (SIZE[1], SIZE[0], 3)
        self.asked += 1
        return prediction()


def open_folder(window: MainWindow, folder: Path, qtbot) -> None:
    window.files.open([folder])
    qtbot.waitUntil(lambda: window.session.frame_id is not None)
    settle(window, qtbot)


def settle(window: MainWindow, qtbot) -> None:
    """Wait until the frame asked for is on the screen."""
    session = window.session
    qtbot.waitUntil(lambda: session.wanted == session.frame_id and session.can_decide)
    window.canvas.setFocus()


def spot(window: MainWindow, x: float, y: float) -> QPoint:
    """Where an image point lies in the canvas."""
    return window.canvas.viewportTransform().map(QPointF(x, y)).toPoint()


def click(window: MainWindow, qtbot, x: float, y: float) -> None:
    qtbot.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot(window, x, y))


def drag(window: MainWindow, qtbot, start: tuple[float, float], end: tuple[float, float], steps: int = 6) -> None:
    viewport = window.canvas.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=spot(window, *start))
    for step in range(1, steps + 1):
        part = step / steps
        x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
        qtbot.mouseMove(viewport, spot(window, x, y))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=spot(window, *end))


def press(window: MainWindow, qtbot, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    """A key pressed while the canvas has the focus, after the window came to rest."""
    window.canvas.setFocus()
    QApplication.processEvents()
    qtbot.keyClick(window.canvas, key, modifier)


def load_network(window: MainWindow, qtbot, tmp_path: Path) -> None:
    window.errands.load_network(tmp_path / "fake.safetensors")
    qtbot.waitUntil(lambda: window.session.prediction is not None)
