"""The same scene on a plain pyqtgraph ViewBox, for the canvas to be measured beside.

It does what the canvas does, as pyqtgraph offers it: the same points, clicks, curves and projected pitch, names laid
out by the same rule, the frame scaled smoothly but for zoom and pan, levels given rather than searched for, a loupe.
Lines have no casing. Its mouse moves are not limited to one in ten milliseconds, as they are by default: that would
measure nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.GraphicsScene.mouseEvents import MouseDragEvent
from PySide6.QtGui import QPainter

from annotator.gui.colours import heat_table
from annotator.gui.name_layout import Named, Place, lay_out
from annotator.keypoints import Resolved
from annotator.labels import Instance

pg.setConfigOption("mouseRateLimit", -1)
pg.setConfigOption("imageAxisOrder", "row-major")
pg.setConfigOption("antialias", True)

LOUPE = 185
SEEN = 23  # frame pixels to either side of the loupe's middle

Places = Mapping[str, tuple[float, float]]


def _lut() -> NDArray[np.uint8]:
    """The table of the heatmap as RGBA."""
    bgra = heat_table().view(np.uint8).reshape(256, 4)
    return np.ascontiguousarray(bgra[:, [2, 1, 0, 3]])


class PlainView(pg.GraphicsView):
    """A ViewBox with the frame, the heatmap, curves, the ghost, and points."""

    def __init__(self, state: Resolved, said: Instance, *, heat_scale: float) -> None:
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
        self.clicks = pg.ScatterPlotItem(symbol="s", size=6, pxMode=True, pen=pg.mkPen("w"), brush=None)
        for item in (self.ghost, self.clicks):
            self.box.addItem(item)
        self.places: dict[str, tuple[float, float]] = {}
        self._named: dict[str, Place] = {}
        self.loupe: Loupe | None = None
        self.add_points(state)
        self.show_state(state, said)

    # Points, as targets that can be dragged.

    def add_points(self, state: Resolved) -> None:
        """A target with its name for each point."""
        self.targets = {}
        for name, point in state.keypoints.items():
            target = pg.TargetItem(pos=point.position or (0.0, 0.0), size=11, movable=True, label=name)
            target.sigPositionChanged.connect(lambda moved, name=name: self._moved(name, moved.pos()))
            self.targets[name] = target
            self.box.addItem(target)

    def text_of(self, name: str) -> pg.TextItem:
        """The item of a name."""
        return self.targets[name].label()

    def put_name(self, name: str, place: Place | None) -> None:
        """To this side of its mark, or nowhere."""
        text = self.text_of(name)
        text.setVisible(place is not None)
        if place is not None:
            text.setAnchor((1.0, 0.5) if place.dx < 0.0 else (0.0, 0.5))

    def _moved(self, name: str, at: pg.Point) -> None:
        if self.on_moved is not None:
            self.places[name] = (at.x(), at.y())
            self.lay_out_names([name])
            self.look_closer(at.x(), at.y())
            self.on_moved(name, (at.x(), at.y()))

    def show_points(self, places: Places) -> None:
        """Show these points and no others."""
        for name in self.places.keys() - places.keys():
            self.targets[name].setVisible(False)
        self.places = dict(places)
        for name, place in places.items():
            self.targets[name].setVisible(True)
            self.targets[name].setPos(*place)

    def lay_out_names(self, only: Iterable[str] | None = None) -> None:
        """As the canvas does: each name where it has room."""
        (left, right), (top, bottom) = self.box.viewRange()
        scale = self.width() / max(right - left, 1e-9)
        named = []
        for name in self.places if only is None else only:
            x, y = self.places[name]
            rect = self.text_of(name).boundingRect()
            named.append(Named(name, x * scale, y * scale, rect.width(), rect.height(), only is not None))
        found = lay_out(named, (left * scale, top * scale, right * scale, bottom * scale), self._named)
        for one in named:
            if found.get(one.name) != self._named.get(one.name):
                self.put_name(one.name, found.get(one.name))
        self._named = {**self._named, **found} if only is not None else found

    # All that is seen.

    def show_state(self, state: Resolved, said: Instance) -> None:
        """Take over the points, curves, clicks, names and the ghost of this state."""
        points = state.keypoints.items()
        self.show_points({name: point.position for name, point in points if point.position is not None})
        for name, item in self.curves.items():
            curve = state.curves.get(name)
            item.setVisible(curve is not None and len(curve.path) > 1)
            if curve is not None and len(curve.path) > 1:
                item.setData(curve.path[:, 0], curve.path[:, 1])
        paths = [path for parts in state.ghost.values() for path in parts if len(path) > 1]
        self.ghost.setVisible(bool(paths))
        if paths:
            joined = np.concatenate(paths)
            connect = np.ones(len(joined), dtype=np.int32)
            connect[np.cumsum([len(path) for path in paths]) - 1] = 0
            self.ghost.setData(joined[:, 0], joined[:, 1], connect=connect)
        self.clicks.setData(pos=np.array([place for places in said.markings.values() for place in places]))
        self.lay_out_names()

    def show_frame(self, rgb: NDArray[np.uint8]) -> None:
        """Show this picture, whose levels are known."""
        self.picture.setImage(rgb, autoLevels=False, levels=(0, 255))
        self.rgb = rgb

    def show_heatmap(self, heat: NDArray[np.uint8]) -> None:
        """Show this map."""
        self.heat.setImage(heat, autoLevels=False)

    def scale_finely(self, wanted: QPainter.RenderHint | None) -> None:
        """Scale the frame smoothly from now on, or roughly, as while the view is in motion."""
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, wanted is not None)

    def fit(self, width: int, height: int) -> None:
        """Show all of the picture."""
        self.box.setRange(xRange=(0, width), yRange=(0, height), padding=0.0)
        self.lay_out_names()

    def look_closer(self, x: float, y: float) -> None:
        """Bring the loupe to this place, where there is one."""
        if self.loupe is not None:
            self.loupe.look_at(self.rgb, x, y)
            at = self.box.mapViewToScene(pg.Point(x, y))
            self.loupe.move(round(at.x()) + 34, round(at.y()) - 34 - LOUPE)


class Loupe(pg.GraphicsView):
    """A small view of the pixels about a place, with a crosshair."""

    def __init__(self, view: PlainView) -> None:
        super().__init__(view.viewport())
        self.resize(LOUPE, LOUPE)
        self.box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self.setCentralItem(self.box)
        self.pixels = pg.ImageItem()
        self.box.addItem(self.pixels)
        for angle in (0, 90):
            self.box.addItem(pg.InfiniteLine((SEEN, SEEN), angle=angle))
        self.box.setRange(xRange=(0, 2 * SEEN), yRange=(0, 2 * SEEN), padding=0.0)
        self.show()

    def look_at(self, rgb: NDArray[np.uint8], x: float, y: float) -> None:
        """Show what is about a place."""
        left, top = max(0, round(x) - SEEN), max(0, round(y) - SEEN)
        crop = rgb[top : top + 2 * SEEN + 1, left : left + 2 * SEEN + 1]
        self.pixels.setImage(crop, autoLevels=False, levels=(0, 255))


class ScatterView(PlainView):
    """The same, with all points in one ScatterPlotItem and their names as TextItems."""

    def add_points(self, state: Resolved) -> None:
        """One item for all."""
        self.scatter = _Dragged(self)
        self.texts = {}
        for name in state.keypoints:
            self.texts[name] = pg.TextItem(name)
            self.texts[name].setVisible(False)
            self.box.addItem(self.texts[name])
        self.box.addItem(self.scatter)

    def text_of(self, name: str) -> pg.TextItem:
        """The item of a name."""
        return self.texts[name]

    def show_points(self, places: Places) -> None:
        """Show these points and no others."""
        for name in self.places.keys() - places.keys():
            self.texts[name].setVisible(False)
        self.places = dict(places)
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
        self._view.show_points({**self._view.places, self._held: (at.x(), at.y())})
        self._view.lay_out_names([self._held])
        self._view.look_closer(at.x(), at.y())
        if self._view.on_moved is not None:
            self._view.on_moved(self._held, (at.x(), at.y()))
        event.accept()
