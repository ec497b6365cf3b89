"""A sheet with one picture and its heatmap on it: what is shown of it, at which scale, and how it is painted.

Scene units are image pixels with (0, 0) at the centre of the top-left pixel. The picture is kept by Qt as a background
at the scale of the view: a pan scrolls it and paints a strip, a drag of a point copies a few squares of it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter, QResizeEvent, QTransform
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from annotator.gui import backdrop
from annotator.gui.backdrop import Backdrop, Picture
from annotator.gui.glass import Glass
from annotator.gui.overlay import Overlay
from annotator.gui.shelf import Shelf
from annotator.gui.tone import Tone
from annotator.gui.view_settings import HeatColours

MAX_SCALE = 64.0
MIN_SIDE = 48.0
SETTLE_MS = 90
FIT_MARGIN = 8
IN_SIGHT = 32
# From this share of the view on all of it is painted anew.
MOST = 0.4


class Sheet(QGraphicsView):
    """A picture that can be fitted, zoomed and scrolled, with the marks over it."""

    zoom_changed = Signal(float)
    files_dropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = QGraphicsScene(self)
        self._scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setScene(self._scene)
        self._set_up_view()
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self._overlay = Overlay(self._scene, self.font())
        self._backdrop = Backdrop()
        self.shelf = Shelf()
        self._glass = Glass(self.viewport().update)
        self._picture: Picture | None = None
        self._seen = QRectF()
        self._fitted = True
        self._smooth = self._stale = True
        self._anchor: tuple[QPointF, QPointF] | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._on_settled)
        self._scale = 1.0
        self._set_scale(1.0)

    def _set_up_view(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_frame(self, rgb: NDArray[np.uint8] | None, *, keep_view: bool) -> None:
        """Show this picture (H, W, 3), or none; fit it to the view unless the view is kept and its size the same."""
        self._picture = self.shelf.take(rgb) if rgb is not None else None
        self._backdrop.show_picture(self._picture)
        if self._picture is not None and (not keep_view or self._picture.rect != self._seen):
            self._seen = self._picture.rect
            self._extend_scene()
            self.fit()
        self._repaint_background()

    def show_heatmap(
        self,
        heat: NDArray[np.uint8] | None,
        *,
        opacity: float,
        image_from_cell: tuple[float, float, float, float],
        colours: HeatColours = HeatColours.MAGMA,
    ) -> None:
        """Lay this heatmap (h, w) over the picture, or none; cell (col, row) is at (sx col + ox, sy row + oy)."""
        if heat is None and self._backdrop.heat is None:
            return
        before, now = self._backdrop.heat, None
        if heat is not None:
            now = backdrop.coloured(heat, opacity=opacity, image_from_cell=image_from_cell, colours=colours)
        self._backdrop.heat = now
        self._repaint_part([shown.rect for shown in (before, now) if shown is not None])

    def show_tone(self, tone: Tone) -> None:
        """Show the picture, and every one after it, in this tone."""
        if tone != self._backdrop.tone:
            self._backdrop.tone = tone
            self._repaint_background()

    # Where to look

    @property
    def scale(self) -> float:  # type: ignore[override]
        """Screen pixels per image pixel."""
        return self._scale

    def fit(self) -> None:
        """Show the whole picture, and keep doing so when the view changes its size."""
        self._fitted = True
        if self._picture is None:
            return
        self._look_at(self._picture.rect, margin=FIT_MARGIN)

    def actual_size(self) -> None:
        """One screen pixel for every image pixel."""
        self.zoom_to(1.0)

    def zoom_by(self, factor: float) -> None:
        """Zoom by this factor about the middle of the view."""
        self.zoom_to(self._scale * factor)

    def zoom_to(self, scale: float) -> None:
        """Zoom to this many screen pixels per image pixel about the middle of the view."""
        self._zoom_about(QRectF(self.viewport().rect()).center(), scale)

    def zoom_to_rect(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Show this region of the picture as large as it fits."""
        self._fitted = False
        self._look_at(QRectF(QPointF(x0, y0), QPointF(x1, y1)).normalized(), margin=0)

    def centre_on(self, x: float, y: float) -> None:
        """Bring this image point to the middle of the view."""
        self._fitted = False
        self._bring(QPointF(x, y), QRectF(self.viewport().rect()).center())

    def _look_at(self, region: QRectF, *, margin: int) -> None:
        view = self.viewport().rect().adjusted(margin, margin, -margin, -margin)
        if view.width() <= 0 or view.height() <= 0:
            return
        self._set_scale(min(view.width() / max(region.width(), 1e-3), view.height() / max(region.height(), 1e-3)))
        self._bring(region.center(), QRectF(self.viewport().rect()).center())

    def _zoom_about(self, at: QPointF, scale: float) -> None:
        """Zoom so that the image point under ``at`` (viewport) stays there, however many steps are taken."""
        if self._anchor is None or self._anchor[0] != at:
            self._anchor = (at, self._scene_at(at))
        anchor = self._anchor
        self._fitted = False
        self._set_scale(scale)
        self._bring(anchor[1], at)
        self._anchor = anchor

    def _set_scale(self, scale: float) -> None:
        side = max(self._picture.rect.width(), self._picture.rect.height()) if self._picture is not None else MIN_SIDE
        scale = min(max(scale, min(MIN_SIDE / side, 1.0)), MAX_SCALE)
        changed = scale != self._scale
        self._scale = scale
        self._stale |= changed
        # Half a pixel of shift puts the edges of the picture's pixels on whole screen pixels, so that 100 % is crisp.
        self.setTransform(QTransform(scale, 0.0, 0.0, scale, 0.5 * scale, 0.5 * scale))
        self._overlay.set_scale(scale)
        if changed:
            self.zoom_changed.emit(scale)

    def _bring(self, point: QPointF, at: QPointF) -> None:
        """Scroll so that the image point ``point`` comes to ``at`` in the viewport, within half a screen pixel."""
        now = self.viewportTransform().map(point)
        self._scroll_by(round(now.x() - at.x()), round(now.y() - at.y()))

    def _pan_to(self, point: QPointF, at: QPointF) -> None:
        self._fitted = False
        self._bring(point, at)

    def _pan_by(self, dx: int) -> None:
        self._fitted = False
        self._scroll_by(-dx, 0)

    def _scroll_by(self, dx: int, dy: int) -> None:
        self._anchor = None
        if self._picture is not None:
            # A corner of the picture stays in sight, so that nobody loses it.
            at, view = self.viewportTransform().mapRect(self._picture.rect), self.viewport().rect()
            dx = min(max(dx, math.ceil(at.left()) - view.width() + IN_SIGHT), math.floor(at.right()) - IN_SIGHT)
            dy = min(max(dy, math.ceil(at.top()) - view.height() + IN_SIGHT), math.floor(at.bottom()) - IN_SIGHT)
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        if self._stale:
            # Where all is painted anew there is nothing worth shifting.
            self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        across.setValue(across.value() + dx)
        down.setValue(down.value() + dy)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)

    def _extend_scene(self) -> None:
        """Leave so much room about the picture that any of its points can be brought anywhere in the view."""
        assert self._picture is not None
        rect = self._picture.rect
        room = 8.0 * max(rect.width(), rect.height())
        self.setSceneRect(rect.adjusted(-room, -room, room, room))

    def _scene_at(self, at: QPointF) -> QPointF:
        return self.viewportTransform().inverted()[0].map(at)

    # Painting

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Paint the picture and its heatmap; Qt keeps the result until the scale changes."""
        view = self.viewport()
        ratio, whole = view.devicePixelRatioF(), self._stale
        self._stale = False
        if self._picture is not None:
            self.shelf.level = self._picture.level_of(self._scale * ratio)
        self._backdrop.paint(painter, view=view.size(), ratio=ratio, smooth=self._smooth, whole=whole)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Paint the instruments on the glass."""
        self._glass.paint(painter, painter.worldTransform().mapRect(QRectF(rect)).toAlignedRect())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll the picture, and leave the instruments where they are."""
        super().scrollContentsBy(dx, dy)
        self._glass.scrolled(dx, dy)

    def _repaint_background(self) -> None:
        self._stale = True
        self.resetCachedContent()
        self.viewport().update()

    def _repaint_part(self, rects: list[QRectF]) -> None:
        """Paint these parts of the background anew, in image pixels; all of it, if that is most of the view."""
        room = 2.0 / self._scale
        view = QRectF(self.viewport().rect())
        parts = [rect.adjusted(-room, -room, room, room) for rect in rects]
        seen = [self.viewportTransform().mapRect(part) & view for part in parts]
        if sum(rect.width() * rect.height() for rect in seen) > MOST * view.width() * view.height():
            self._repaint_background()
            return
        for part in parts:
            self.invalidateScene(part, QGraphicsScene.SceneLayer.BackgroundLayer)

    def hurry(self) -> None:
        """Another picture comes at once: this one is painted fast."""
        self._hurry()

    def _hurry(self) -> None:
        """Paint fast while the view is in motion, and finely as soon as it rests."""
        self._smooth = False
        self._settle.start()

    def _on_settled(self) -> None:
        self._smooth = True
        self._repaint_background()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture fitted, or else keep its middle in the middle."""
        middle = self._scene_at(QPointF(event.oldSize().width() / 2.0, event.oldSize().height() / 2.0))
        super().resizeEvent(event)
        if self._fitted:
            self.fit()
        elif event.oldSize().isValid():
            self._bring(middle, QRectF(self.viewport().rect()).center())

    def sizeHint(self) -> QSize:
        """Half of a 1080p frame."""
        return QSize(960, 540)

    # Files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        _accept_files(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Welcome files."""
        _accept_files(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand on the paths of the files."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)


def _accept_files(event: QDragMoveEvent) -> None:
    if any(url.isLocalFile() for url in event.mimeData().urls()):
        event.acceptProposedAction()
    else:
        event.ignore()
