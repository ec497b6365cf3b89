"""The same scene on a plain pyqtgraph ViewBox, for the canvas to be measured beside.

Its mouse moves are not limited to one in ten milliseconds, as they are by default: that would measure nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.GraphicsScene.mouseEvents import MouseDragEvent

from annotator.gui.colours import heat_table
from annotator.keypoints import Resolved

pg.setConfigOption("mouseRateLimit", -1)
pg.setConfigOption("imageAxisOrder", "row-major")
pg.setConfigOption("antialias", True)


def _lut() -> NDArray[np.uint8]:
    """The table of the heatmap as RGBA."""
    bgra = heat_table().view(np.uint8).reshape(256, 4)
    return np.ascontiguousarray(bgra[:, [2, 1, 0, 3]])


class PlainView(pg.GraphicsView):
    """A ViewBox with the frame, the heatmap, curves, the ghost, and points."""

    def __init__(self, state: Resolved, *, heat_scale: float) -> None:
        super().__init__()
        self.on_moved: Callable[[str, tuple[float, float]], None] | None = None
        self.box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self.setCentralItem(self.box)
        self.picture, self.heat = pg.ImageItem(), pg.ImageItem(opacity=0.6, lut=_lut(), levels=(0, 255))
        self.heat.setScale(heat_scale)
        self.box.addItem(self.picture)
        self.box.addItem(self.heat)
        pen = pg.mkPen("y", width=1)
        self.curves = {}
        for name, curve in state.curves.items():
            self.curves[name] = pg.PlotCurveItem(curve.path[:, 0], curve.path[:, 1], pen=pen)
            self.box.addItem(self.curves[name])
        self.ghost = pg.PlotCurveItem(pen=pg.mkPen("m", width=1))
        self.box.addItem(self.ghost)
        self.show_ghost(state)
        self.add_points(state)

    def add_points(self, state: Resolved) -> None:
        """A target with its name for each point."""
        self.targets = {}
        for name, point in state.keypoints.items():
            target = pg.TargetItem(pos=point.position or (0.0, 0.0), size=11, movable=True, label=name)
            target.sigPositionChanged.connect(lambda moved, name=name: self._moved(name, moved.pos()))
            self.targets[name] = target
            self.box.addItem(target)

    def _moved(self, name: str, at: pg.Point) -> None:
        if self.on_moved is not None:
            self.on_moved(name, (at.x(), at.y()))

    def show_points(self, places: Mapping[str, tuple[float, float]]) -> None:
        """Move these points."""
        for name, place in places.items():
            self.targets[name].setPos(*place)

    def show_ghost(self, state: Resolved) -> None:
        """The whole pitch in one item, its parts not joined."""
        paths = [path for parts in state.ghost.values() for path in parts if len(path) > 1]
        if paths:
            joined = np.concatenate(paths)
            connect = np.ones(len(joined), dtype=np.int32)
            connect[np.cumsum([len(path) for path in paths]) - 1] = 0
            self.ghost.setData(joined[:, 0], joined[:, 1], connect=connect)

    def show_curves(self, state: Resolved) -> None:
        """Take over the curves and the ghost of this state."""
        for name, curve in state.curves.items():
            if len(curve.path) > 1 and name in self.curves:
                self.curves[name].setData(curve.path[:, 0], curve.path[:, 1])
        self.show_ghost(state)

    def show_frame(self, rgb: NDArray[np.uint8]) -> None:
        """Show this picture, as the examples of pyqtgraph do."""
        self.picture.setImage(rgb)

    def show_heatmap(self, heat: NDArray[np.uint8]) -> None:
        """Show this map."""
        self.heat.setImage(heat, autoLevels=False)

    def fit(self, width: int, height: int) -> None:
        """Show all of the picture."""
        self.box.setRange(xRange=(0, width), yRange=(0, height), padding=0.0)


class ScatterView(PlainView):
    """The same, with all points in one ScatterPlotItem and their names as TextItems."""

    def add_points(self, state: Resolved) -> None:
        """One item for all."""
        self.places = {name: point.position or (0.0, 0.0) for name, point in state.keypoints.items()}
        self.scatter = _Dragged(self)
        self.texts = {}
        for name, place in self.places.items():
            text = pg.TextItem(name)
            text.setPos(*place)
            self.texts[name] = text
            self.box.addItem(text)
        self.box.addItem(self.scatter)
        self.show_points(self.places)

    def show_points(self, places: Mapping[str, tuple[float, float]]) -> None:
        """Move these points."""
        self.places.update(places)
        for name, place in places.items():
            self.texts[name].setPos(*place)
        self.scatter.setData(pos=np.array(list(self.places.values())))


class _Dragged(pg.ScatterPlotItem):
    """Points of which one can be dragged, as pyqtgraph's own example of a graph does it."""

    def __init__(self, view: ScatterView) -> None:
        super().__init__(size=11, pxMode=True, hoverable=True)
        self._view = view
        self._held: str | None = None

    def mouseDragEvent(self, event: MouseDragEvent) -> None:
        """Move the point under the press."""
        if event.isStart():
            found = self.pointsAt(event.buttonDownPos())
            names = list(self._view.places)
            self._held = names[found[0].index()] if len(found) else None
        if self._held is None:
            event.ignore()
            return
        at = event.pos()
        self._view.show_points({self._held: (at.x(), at.y())})
        if self._view.on_moved is not None:
            self._view.on_moved(self._held, (at.x(), at.y()))
        event.accept()
