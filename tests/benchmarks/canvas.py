"""Milliseconds per event of the canvas on a 4K frame, painting included, beside a plain graphics view.

Run with ``python -m tests.benchmarks.canvas`` from the root of the checkout. The plain view repaints all of itself at
every change, with Qt's own items, as a first version would; the ratio is what the canvas gains over it.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPen, QPixmap, QTransform, QWheelEvent
from PySide6.QtWidgets import QApplication, QGraphicsEllipseItem, QGraphicsPathItem, QGraphicsScene, QGraphicsView

from annotator.gui.canvas import Canvas
from annotator.gui.items import painter_path
from annotator.gui.view_state import Polyline, Selection, ViewSettings, view_state
from annotator.keypoints import Curve, Keypoint, Resolved, Source
from annotator.labels import Instance, Visibility
from annotator.pitch import KEYPOINTS, MARKINGS, marking_samples

WIDTH, HEIGHT = 3840, 2160
VIEW = (1600, 900)
CELL = (8.0, 8.0, 3.5, 3.5)
CLEAR = ViewSettings()


def on_image(world: NDArray[np.float64]) -> NDArray[np.float64]:
    """The whole pitch as seen from above the touchline, (N, 2) pixels."""
    x, y = world[:, 0], world[:, 1]
    depth = 1.0 - 0.006 * y
    return np.stack([WIDTH / 2 + x * 32.0 / depth, HEIGHT / 2 + y * 20.0 / depth], axis=1)


def resolved() -> Resolved:
    """57 keypoints from all four sources and 26 curves."""
    sources = list(Source)
    keypoints = {}
    for index, (name, point) in enumerate(KEYPOINTS.items()):
        x, y = on_image(np.array([point.world]))[0]
        keypoints[name] = Keypoint(
            name, (float(x), float(y)), sources[index % 4], Visibility.VISIBLE, confidence=0.8, sd=1.2, inside=True
        )
    curves = {name: Curve(name, on_image(marking_samples(name))) for name in MARKINGS}
    return Resolved(keypoints, curves)


def labels(of: Resolved) -> Instance:
    """Four clicks along every curve."""
    clicks = {}
    for name, curve in of.curves.items():
        picked = curve.path[np.linspace(0, len(curve.path) - 1, 4).astype(int)]
        clicks[name] = tuple((float(x), float(y)) for x, y in picked)
    return Instance(markings=clicks)


def frames() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Two different noisy frames."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return first, 255 - first


def heatmap() -> NDArray[np.uint8]:
    """A smooth map of 270 by 480 cells."""
    rows, columns = np.mgrid[0:270, 0:480]
    return (127.5 + 127.5 * np.sin(rows / 20.0) * np.cos(columns / 20.0)).astype(np.uint8)


class PlainView(QGraphicsView):
    """The usual way: a pixmap item, Qt's own items, everything painted anew at each change."""

    def __init__(self, state: Resolved) -> None:
        super().__init__()
        self.setScene(QGraphicsScene(self))
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setMouseTracking(True)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.picture = self.scene().addPixmap(QPixmap())
        heat = heatmap()
        grey = QImage(heat.data, heat.shape[1], heat.shape[0], heat.strides[0], QImage.Format.Format_Grayscale8)
        over = self.scene().addPixmap(QPixmap.fromImage(grey))
        over.setTransform(QTransform.fromScale(8.0, 8.0))
        over.setOpacity(0.6)
        pen = QPen(Qt.GlobalColor.yellow, 1.5)
        pen.setCosmetic(True)
        for curve in state.curves.values():
            item = QGraphicsPathItem(painter_path((Polyline(curve.path),)))
            item.setPen(pen)
            self.scene().addItem(item)
        self.marks = []
        for point in state.keypoints.values():
            mark = QGraphicsEllipseItem(QRectF(-5.0, -5.0, 10.0, 10.0))
            mark.setFlag(QGraphicsEllipseItem.GraphicsItemFlag.ItemIgnoresTransformations)
            mark.setPos(*(point.position or (0.0, 0.0)))
            self.scene().addItem(mark)
            self.marks.append(mark)

    def show_frame(self, rgb: NDArray[np.uint8]) -> None:
        """Show this picture."""
        image = QImage(rgb.data, WIDTH, HEIGHT, rgb.strides[0], QImage.Format.Format_RGB888)
        self.picture.setPixmap(QPixmap.fromImage(image))


def timed(step: Callable[[int], None], count: int) -> tuple[float, float]:
    """Median and 95th percentile of ``step`` and the painting that follows it, in milliseconds."""
    taken = []
    for index in range(count + 2):
        start = time.perf_counter()
        step(index)
        QApplication.processEvents()
        QApplication.processEvents()
        taken.append((time.perf_counter() - start) * 1000.0)
    taken = taken[2:]
    return statistics.median(taken), float(np.percentile(taken, 95))


def hover(view: QGraphicsView, index: int) -> None:
    """Move the pointer a little."""
    at = QPointF(300.0 + 7.0 * (index % 100), 300.0 + 3.0 * (index % 60))
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view.viewport(), event)


def wheel(view: QGraphicsView, index: int) -> None:
    """Turn the wheel one step, in and out by turns."""
    at, step = QPointF(800.0, 450.0), 120 if index % 2 else -120
    event = QWheelEvent(
        at, at, QPointF(0, 0).toPoint(), QPointF(0, step).toPoint(), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), event)


def pan(view: QGraphicsView, index: int) -> None:
    """Scroll by a hand's breadth, to and fro."""
    step = 20 if index // 20 % 2 else -20
    view.horizontalScrollBar().setValue(view.horizontalScrollBar().value() + step)
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + step // 2)


def canvas_steps(canvas: Canvas, state: Resolved) -> dict[str, Callable[[int], None]]:
    """One event of each kind on the canvas."""
    said, pictures, heat, name = labels(state), frames(), heatmap(), next(iter(KEYPOINTS))
    selection = Selection(keypoints=(name,))

    def drag(index: int) -> None:
        point = replace(state.keypoints[name], position=(1200.0 + 3.0 * index, 900.0 + index))
        moved = Resolved({**state.keypoints, name: point}, state.curves)
        canvas.show_view(view_state(moved, said, CLEAR, selection, size=(WIDTH, HEIGHT)))

    def bend(index: int) -> None:
        first = next(iter(MARKINGS))
        curve = Curve(first, state.curves[first].path + 0.5 * index)
        moved = Resolved(state.keypoints, {**state.curves, first: curve})
        canvas.show_view(view_state(moved, said, CLEAR, selection, size=(WIDTH, HEIGHT)))

    def camera(index: int) -> None:
        keypoints = {
            other: replace(point, position=(point.position[0] + index, point.position[1] + index))
            for other, point in state.keypoints.items()
            if point.position is not None
        }
        moved = Resolved(keypoints, state.curves)
        canvas.show_view(view_state(moved, said, CLEAR, selection, size=(WIDTH, HEIGHT)))

    def switch(index: int) -> None:
        canvas.show_frame(pictures[index % 2], keep_view=True)
        canvas.show_heatmap(heat, opacity=0.6, image_from_cell=CELL)
        camera(index % 2)

    return {
        "drag": drag,
        "drag a curve": bend,
        "drag, all follow": camera,
        "hover": lambda index: hover(canvas, index),
        "pan at 100 %": lambda index: pan(canvas, index),
        "zoom": lambda index: wheel(canvas, index),
        "frame switch": switch,
    }


def plain_steps(view: PlainView) -> dict[str, Callable[[int], None]]:
    """The same events on the plain view."""
    pictures = frames()
    return {
        "drag": lambda index: view.marks[0].setPos(1200.0 + 3.0 * index, 900.0 + index),
        "hover": lambda index: hover(view, index),
        "pan at 100 %": lambda index: pan(view, index),
        "zoom": lambda index: view.scale(*((1.25, 1.25) if index % 2 else (0.8, 0.8))),
        "frame switch": lambda index: view.show_frame(pictures[index % 2]),
    }


def main() -> None:
    """Print the table."""
    application = QApplication.instance() or QApplication([])
    state = resolved()
    canvas, plain = Canvas(), PlainView(state)
    for view in (canvas, plain):
        view.resize(*VIEW)
        view.show()
    first = frames()[0]
    canvas.show_frame(first, keep_view=False)
    canvas.show_heatmap(heatmap(), opacity=0.6, image_from_cell=CELL)
    canvas.show_view(view_state(state, labels(state), CLEAR, size=(WIDTH, HEIGHT)))
    plain.show_frame(first)
    plain.fitInView(plain.sceneRect(), Qt.AspectRatioMode.KeepAspectRatio)
    application.processEvents()
    ours, theirs = canvas_steps(canvas, state), plain_steps(plain)
    print(f"{'':18}{'median':>9}{'p95':>9}{'plain':>9}{'ratio':>8}   ms, {WIDTH} x {HEIGHT} in {VIEW[0]} x {VIEW[1]}")
    for name, step in ours.items():
        if name == "pan at 100 %":
            canvas.zoom_to(1.0)
            plain.setTransform(QTransform())
        count = 20 if name == "frame switch" else 60
        median, p95 = timed(step, count)
        if name in theirs:
            other, _ = timed(theirs[name], 20)
            print(f"{name:18}{median:9.2f}{p95:9.2f}{other:9.2f}{other / median:8.1f}")
        else:
            print(f"{name:18}{median:9.2f}{p95:9.2f}")
        canvas.fit()
        plain.fitInView(plain.sceneRect(), Qt.AspectRatioMode.KeepAspectRatio)
        application.processEvents()
    for view in (canvas, plain):
        view.close()


if __name__ == "__main__":
    main()
