"""Pictures for the canvas, pictures of the canvas, and the mouse on it."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
PLAIN = Qt.KeyboardModifier.NoModifier


def pixels(image: QImage) -> NDArray[np.uint8]:
    """An image as (H, W, 3) uint8 RGB."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def noise(width=640, height=360):
    return np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)


def on_screen(canvas, x, y):
    """The screen pixel that shows the image point."""
    at = canvas.viewportTransform().map(QPointF(x, y))
    return QPoint(int(np.floor(at.x())), int(np.floor(at.y())))


def on_image(canvas, at):
    return canvas.viewportTransform().inverted()[0].map(QPointF(at))


def press(canvas, x, y, button=LEFT, held=PLAIN):
    QTest.mousePress(canvas.viewport(), button, held, on_screen(canvas, x, y))


def move(canvas, x, y):
    QTest.mouseMove(canvas.viewport(), on_screen(canvas, x, y))


def release(canvas, x, y, button=LEFT, held=PLAIN):
    QTest.mouseRelease(canvas.viewport(), button, held, on_screen(canvas, x, y))


def wheel(canvas, at, steps=1, held=PLAIN):
    event = QWheelEvent(
        QPointF(at), QPointF(canvas.viewport().mapToGlobal(at)), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, held, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), event)


def picture_of(canvas):
    QApplication.processEvents()
    return pixels(canvas.viewport().grab().toImage())
