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

# The left end of a pitch as a person would draw it into such a frame.
DRAWN = {
    "Big rect. left bottom": ((32.2, 197.4), (99.9, 208.0), (172.2, 218.7)),
    "Big rect. left main": ((195.0, 214.1), (299.7, 173.7), (373.7, 145.4)),
    "Big rect. left top": ((270.1, 133.7), (321.3, 138.4), (373.7, 142.6)),
    "Circle central": ((576.1, 210.7), (579.9, 200.2), (591.8, 222.8), (598.6, 193.7), (628.0, 235.6), (630.2, 190.5)),
    "Circle left": ((267.4, 187.1), (299.4, 184.2), (327.8, 178.8), (336.7, 161.4), (339.6, 173.4), (342.7, 166.9)),
    "Goal left crossbar": ((152.8, 142.3), (174.9, 136.7), (193.2, 133.1)),
    "Goal left post left ": ((152.6, 142.4), (152.9, 153.9), (153.9, 164.2)),
    "Goal left post right": ((194.1, 132.5), (194.4, 144.0), (195.2, 153.5)),
    "Side line bottom": ((14.7, 269.3), (191.7, 306.6), (399.3, 352.9)),
    "Side line left": ((22.9, 198.7), (204.9, 150.4), (308.5, 122.8)),
    "Side line top": ((318.2, 121.1), (462.0, 131.7), (628.9, 143.4)),
    "Small rect. left bottom": ((117.9, 173.9), (139.1, 176.5), (159.2, 178.7)),
    "Small rect. left main": ((166.0, 177.7), (216.3, 162.5), (256.1, 150.9)),
    "Small rect. left top": ((222.4, 146.3), (241.0, 147.4), (260.1, 149.9)),
}  # fmt: skip


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
    threshold = 0.3

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


def opened(window: MainWindow, qtbot, kind: type):
    """A dialog of this kind, as soon as it is shown."""

    def shown() -> list:
        return [dialog for dialog in window.findChildren(kind) if dialog.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()), timeout=10_000)
    return shown()[0]


def draw(window: MainWindow, qtbot, marking: str, *points: tuple[float, float]) -> None:
    """Draw a marking the way a person does: choose it on the map, click along it, Enter."""
    window.docks.map.marking_chosen.emit(marking)
    for x, y in points:
        click(window, qtbot, x, y)
    press(window, qtbot, Qt.Key.Key_Return)


def load_network(window: MainWindow, qtbot, tmp_path: Path) -> None:
    window.errands.load_network(tmp_path / "fake.safetensors")
    qtbot.waitUntil(lambda: window.session.prediction is not None)
