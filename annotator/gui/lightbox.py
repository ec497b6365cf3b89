"""The lightbox: a sheet with instruments on its glass. What they show follows the view; who wants them, says so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from annotator.gui.caption import Caption
from annotator.gui.flash import Flash
from annotator.gui.loupe import Loupe, magnification
from annotator.gui.navigator import Navigator
from annotator.gui.sheet import Sheet
from annotator.gui.tone import table
from annotator.gui.view_settings import LOUPE_ZOOMS, LoupeWhen, ViewSettings
from annotator.labels import Point

# How long the loupe stays at a point that a key has moved, and where a click was.
LINGER_MS = 1400
# A selection is shown no larger than this, and with this much of the view around it.
CLOSEST = 6.0
AROUND = 0.25
PLAIN_VIEW = ViewSettings()


class Lightbox(Sheet):
    """A picture under glass."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._ready = False
        super().__init__(parent)
        self._settings = PLAIN_VIEW
        self._loupe = Loupe()
        self._navigator = Navigator()
        self._caption = Caption(self.font())
        for pane in (self._navigator, self._caption, self._loupe):
            self._glass.add(pane)
        self._nudged: Point | None = None
        self._linger = QTimer(self, singleShot=True, interval=LINGER_MS)
        self._linger.timeout.connect(self._forget_nudge)
        self._resting = False
        self._rest = QTimer(self, singleShot=True, interval=LINGER_MS)
        self._rest.timeout.connect(self._on_rest)
        self._flash = Flash(self.scene(), self)
        self._dragging = False
        self._ready = True

    def show_settings(self, settings: ViewSettings) -> None:
        """Show tone and instruments as they are wanted."""
        self._settings = settings
        self.show_tone(settings.tone)
        self._navigator.wanted = settings.navigator
        self._refresh_navigator()
        self._refresh_loupe()

    def show_frame(self, rgb: NDArray[np.uint8] | None, *, keep_view: bool) -> None:
        """Show this picture, as the sheet does, and its instruments."""
        super().show_frame(rgb, keep_view=keep_view)
        self._forget_nudge()
        self._refresh_navigator()

    def say(self, text: str) -> None:
        """Say on the glass what is seen; "" says nothing."""
        self._caption.say(text, self.viewport().size())
        self._glass.refresh(self._caption)

    # The view

    def look(self) -> tuple[float, Point] | None:
        """Where the view is: its scale, and the image point in its middle; None while the whole frame is fitted."""
        middle = self._scene_at(QRectF(self.viewport().rect()).center())
        return None if self._fitted or self._picture is None else (self._scale, (middle.x(), middle.y()))

    def look_again(self, look: tuple[float, Point] | None) -> None:
        """Bring the view back to where it was."""
        if look is None:
            self.fit()
        else:
            self.zoom_to(look[0])
            self.centre_on(*look[1])

    def fit_selection(self) -> bool:
        """Show what is selected as large as is useful; False when nothing of it is to be seen."""
        state = self._overlay.state
        points = [(mark.x, mark.y) for mark in state.marks if mark.selected]
        points += [(click.x, click.y) for click in state.clicks if click.selected]
        if not points:
            points = [point for curve in state.curves if curve.selected for point in curve.path.points.tolist()]
        bounds = next((one.bounds for one in state.people if one.active), None)
        if not points and bounds is not None:
            points = [(bounds[0], bounds[1]), (bounds[2], bounds[3])]
        if not points or self._picture is None:
            return False
        low, high = np.min(points, axis=0), np.max(points, axis=0)
        # A marking may run far out of the frame.
        region = QRectF(QPointF(*low), QPointF(*high)) & self._picture.rect
        if region.isNull():
            region = QRectF(QPointF(*low), QPointF(*high))
        view = self.viewport()
        least = min(view.width(), view.height()) / CLOSEST
        wide, high_ = (max(side * (1.0 + 2.0 * AROUND), least) for side in (region.width(), region.height()))
        middle = region.center()
        self.zoom_to_rect(
            middle.x() - wide / 2.0, middle.y() - high_ / 2.0, middle.x() + wide / 2.0, middle.y() + high_ / 2.0
        )
        return True

    def point_out(self, x: float, y: float) -> None:
        """Draw the eye to an image point: a ring closes in on it; the view moves only where it lies out of sight."""
        at = self.viewportTransform().map(QPointF(x, y))
        view = QRectF(self.viewport().rect())
        room = 0.1 * min(view.width(), view.height())
        if not self._fitted and not view.adjusted(room, room, -room, -room).contains(at):
            self.centre_on(x, y)
        self._flash.show_at(x, y)

    def bring_into_view(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Move the view as far as needed to show the middle of this region, where it lies out of sight."""
        at = self.viewportTransform().map(QPointF((x0 + x1) / 2.0, (y0 + y1) / 2.0))
        if not self._fitted and not QRectF(self.viewport().rect()).contains(at):
            self.centre_on((x0 + x1) / 2.0, (y0 + y1) / 2.0)

    def _scroll_by(self, dx: int, dy: int) -> None:
        """Let names and instruments follow the view; every change of scale ends in a scroll, too."""
        super()._scroll_by(dx, dy)
        self._on_view_moved()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the instruments in their corners."""
        super().resizeEvent(event)
        self._on_view_moved()
        self.say(self._caption.text)

    def _on_view_moved(self) -> None:
        if self._ready:
            self._overlay.set_window(self._window())
            self._refresh_navigator()
            self._refresh_loupe()

    def _window(self) -> QRectF:
        """The part of the scene that is in view, in image pixels."""
        return self.viewportTransform().inverted()[0].mapRect(QRectF(self.viewport().rect()))

    def _refresh_navigator(self) -> None:
        seen = self._window()
        view, picture = self.viewport(), self._backdrop.shown
        if self._navigator.show(picture, seen, view=view.size(), ratio=view.devicePixelRatioF()):
            self._glass.refresh(self._navigator)

    # The loupe

    def _loupe_target(self) -> Point | None:
        """The image point that the loupe is to show, as the pointer has it; None for none."""
        return None

    def linger_at(self, point: Point) -> None:
        """Show this point in the loupe for a moment: something other than the pointer moved it."""
        if self._settings.loupe is not LoupeWhen.NEVER:
            self._nudged = point
            self._linger.start()
            self._refresh_loupe()

    def _let_go(self) -> None:
        """What was pressed for is done: a pointer that stays where it is needs the loupe no longer than a moment."""
        self._rest.start()

    def _go_on(self) -> None:
        """The pointer moved."""
        self._rest.stop()
        self._resting = False

    def _on_rest(self) -> None:
        self._resting = self._settings.loupe is not LoupeWhen.ALWAYS
        self._refresh_loupe()

    def _forget_nudge(self) -> None:
        self._nudged = None
        self._linger.stop()
        self._refresh_loupe()

    def _refresh_loupe(self) -> None:
        """Bring the loupe to where it belongs now, and show there what is to be seen now."""
        loupe = self._loupe
        target = self._nudged or (None if self._resting else self._loupe_target())
        zoom = magnification(self._settings.loupe_zoom, self._scale)
        if target is None or self._picture is None or self._settings.loupe is LoupeWhen.NEVER or not zoom:
            if loupe.point is not None:
                loupe.hide()
                self._glass.refresh(loupe)
            return
        at = self.viewportTransform().map(QPointF(*target))
        loupe.look_at(target, at=at, view=self.viewport().size(), zoom=zoom)
        tone, shown = self._settings.tone, self._backdrop.shown
        loupe.show_pixels(None if shown is None else shown.rgb, None if tone.is_plain else table(tone))
        loupe.show_thin(self._overlay.thin_in(loupe.region))
        self._glass.refresh(loupe)

    def loupe_zoom_by(self, steps: int) -> int | None:
        """The magnification so many steps from the present one; None while no loupe is to be seen."""
        if self._loupe.point is None:
            return None
        now = min(range(len(LOUPE_ZOOMS)), key=lambda index: abs(LOUPE_ZOOMS[index] - self._settings.loupe_zoom))
        return LOUPE_ZOOMS[min(max(now + steps, 0), len(LOUPE_ZOOMS) - 1)]

    # The navigator

    def viewportEvent(self, event: QEvent) -> bool:
        """The navigator answers the pointer that is on it, and a drag that began there."""
        if isinstance(event, QMouseEvent) and self._navigates(event):
            return True
        return super().viewportEvent(event)

    def _navigates(self, event: QMouseEvent) -> bool:
        kind, at = event.type(), event.position()
        if self._dragging:
            if kind is QEvent.Type.MouseMove and event.buttons() & Qt.MouseButton.LeftButton:
                self._navigate(at)
                return True
            self._dragging = False
            return kind is QEvent.Type.MouseButtonRelease
        if self._navigator.point_at(at) is None or (kind is QEvent.Type.MouseMove and event.buttons()):
            return False
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            if event.button() is not Qt.MouseButton.LeftButton:
                return True
            self._dragging = True
            self._navigate(at)
        elif kind is QEvent.Type.MouseMove:
            self._leave()
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        return kind is not QEvent.Type.MouseButtonRelease

    def _leave(self) -> None:
        """The pointer is no longer over the picture."""

    def _navigate(self, at: QPoint | QPointF) -> None:
        """Bring what lies under this place of the navigator to the middle of the view."""
        point = self._navigator.nearest_point(QPointF(at))
        self.centre_on(point.x(), point.y())
