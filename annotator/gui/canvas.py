"""The canvas: the sheet with its picture and marks, and the pointer and keys that work on it.

It paints values that it is given and reports gestures; it knows neither labels nor files. A tool answers the left
button; panning, zooming to a region and the wheel are the canvas's own, whatever the tool.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from annotator.gui.desk import Tool
from annotator.gui.lightbox import Lightbox
from annotator.gui.pointing import (
    Cursor,
    Gesture,
    Held,
    PointerEvent,
    Rect,
    ToolKey,
    hit,
    nearest_mark,
    region_between,
    tip_at,
)
from annotator.gui.raising import whole_errors
from annotator.gui.sketch import NO_SKETCH, Sketch
from annotator.gui.sketch_items import SketchLayer
from annotator.gui.space_bar import SpaceBar, is_plain_space
from annotator.gui.view_settings import LoupeWhen
from annotator.gui.view_state import ViewState, held_point
from annotator.labels import Point

STEP = 1.25
WORTH_ZOOMING = 4.0
# So near to the pointer, in screen pixels, is what it drags.
HOLDS = 64.0

_CURSORS = {
    Cursor.ARROW: Qt.CursorShape.ArrowCursor,
    Cursor.CROSS: Qt.CursorShape.CrossCursor,
    Cursor.MOVE: Qt.CursorShape.SizeAllCursor,
    Cursor.HIDDEN: Qt.CursorShape.BlankCursor,
    Cursor.OPEN_HAND: Qt.CursorShape.OpenHandCursor,
    Cursor.CLOSED_HAND: Qt.CursorShape.ClosedHandCursor,
}
_KEYS: dict[int, ToolKey] = {
    Qt.Key.Key_Return: ToolKey.ENTER,
    Qt.Key.Key_Enter: ToolKey.ENTER,
    Qt.Key.Key_Escape: ToolKey.ESCAPE,
}
_HELD = {
    Qt.KeyboardModifier.ShiftModifier: Held.SHIFT,
    Qt.KeyboardModifier.ControlModifier: Held.CTRL,
    Qt.KeyboardModifier.AltModifier: Held.ALT,
}


class Canvas(Lightbox):
    """A picture to look at and to point into."""

    pointer_moved = Signal(float, float)
    pointer_left = Signal()
    hovered = Signal(object)
    context_requested = Signal(object, QPoint)
    space_tapped = Signal()
    hint_changed = Signal(str)
    loupe_zoomed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setAccessibleName(self.tr("Picture"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self._tool: Tool | None = None
        self._gesture: Gesture | None = None
        self._grabbed_with = Qt.MouseButton.NoButton
        self._pressed_at = QPointF()
        self._held_at = QPointF()
        self._hint = ""
        self._space = SpaceBar()
        self._hovered: str | None = None
        self._pointer: PointerEvent | None = None
        self._pointer_at: QPointF | None = None
        self._sketch, self._evidence = SketchLayer(self.scene()), SketchLayer(self.scene())
        for layer in (self._sketch, self._evidence):
            self.zoom_changed.connect(layer.set_scale)

    def show_view(self, state: ViewState) -> None:
        """Show this state of the marks in place of the one before."""
        held, now = held_point(self._overlay.state), held_point(state)
        if self._overlay.show_state(state, dragging=self._gesture is Gesture.TOOL):
            self.viewport().update()
        if held and now and held[0] == now[0] and held[1] != now[1] and self._gesture is None:
            self.linger_at(now[1])
        elif self._gesture is None:
            self._refresh_loupe()

    def refresh_sketch(self) -> None:
        """Ask the tool anew what it would have painted: something changed that is no event of the pointer."""
        self._sketch.show_sketch(self._tool.sketch(self._pointer) if self._tool is not None else NO_SKETCH)

    def show_evidence(self, sketch: Sketch) -> None:
        """Show why something was done, over the picture and beside what the tool offers."""
        self._evidence.show_sketch(sketch)

    def light(self, name: str | None) -> None:
        """Show this keypoint as the one under the pointer, wherever the pointer is."""
        self._overlay.hover(name)

    def set_tool(self, tool: Tool | None) -> None:
        """Let this tool answer the pointer; what the one before was doing is taken back."""
        if self._tool is not None:
            self._tool.cancel()
        self._tool = tool
        self._gesture = None
        self._refresh_pointer(None)

    def _event_at(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> PointerEvent:
        """The pointer in image pixels: it points at the middle of the screen pixel under it."""
        half = 0.5 / self.viewport().devicePixelRatioF()
        point = self._scene_at(at + QPointF(half, half))
        return PointerEvent(point.x(), point.y(), self._scale, _held(modifiers))

    @whole_errors
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture, unless one is under way."""
        self._space.use()
        button = event.button()
        if self._gesture is not None or self._picture is None:
            return
        self._go_on()
        self._pressed_at = self._pointer_at = event.position()
        pointer = self._event_at(event.position(), event.modifiers())
        if button is Qt.MouseButton.RightButton:
            self._right_press(pointer, event.globalPosition().toPoint())
        elif button is Qt.MouseButton.MiddleButton or (button is Qt.MouseButton.LeftButton and self._space.is_held):
            self._begin(Gesture.PAN, button)
        elif button is Qt.MouseButton.LeftButton and self._tool is not None:
            self._begin(self._tool.gesture(pointer), button)
            if self._gesture is Gesture.TOOL:
                self._tool.press(pointer)
        self._refresh_pointer(pointer)

    def _right_press(self, pointer: PointerEvent, at: QPoint) -> None:
        if self._tool is None or not self._tool.right_click(pointer):
            self.context_requested.emit(hit(self._overlay.state, pointer), at)

    def _begin(self, gesture: Gesture, button: Qt.MouseButton) -> None:
        self._gesture = gesture
        self._grabbed_with = button
        self._held_at = self._scene_at(self._pressed_at)

    @whole_errors
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Carry the gesture on, or look what lies under the pointer."""
        if self._picture is None:
            return
        if event.position() != self._pointer_at:
            self._go_on()
        self._pointer_at = event.position()
        pointer = self._event_at(event.position(), event.modifiers())
        if self._gesture is not None and not event.buttons() & self._grabbed_with:
            # Its release went elsewhere, as to a menu that opened meanwhile.
            self._finish(pointer)
        if self._gesture is Gesture.PAN:
            self._pan_to(self._held_at, event.position())
        elif self._gesture is Gesture.ZOOM:
            start = self._event_at(self._pressed_at, event.modifiers())
            self._overlay.show_band(region_between(start.point, pointer.point))
        elif self._gesture is Gesture.TOOL and self._tool is not None:
            self._tool.move(pointer)
        else:
            self._hover(pointer)
        self._refresh_pointer(pointer)
        self.pointer_moved.emit(pointer.x, pointer.y)

    @whole_errors
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the gesture that this button began."""
        if event.button() is not self._grabbed_with:
            return
        pointer = self._event_at(event.position(), event.modifiers())
        self._finish(pointer)
        self._hover(pointer)
        self._refresh_pointer(pointer)
        self._let_go()

    def _finish(self, pointer: PointerEvent) -> None:
        gesture, self._gesture = self._gesture, None
        self._grabbed_with = Qt.MouseButton.NoButton
        if gesture is Gesture.ZOOM:
            start = self._event_at(self._pressed_at, Qt.KeyboardModifier.NoModifier)
            self._zoom_to_band(region_between(start.point, pointer.point))
        elif gesture is Gesture.TOOL and self._tool is not None:
            self._tool.release(pointer)
            self._overlay.settle()

    def _zoom_to_band(self, band: Rect) -> None:
        if min(band[2] - band[0], band[3] - band[1]) * self._scale >= WORTH_ZOOMING:
            self.zoom_to_rect(*band)

    @whole_errors
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit on the middle button; the tool answers the left one."""
        if event.button() is Qt.MouseButton.MiddleButton:
            self.fit()
        elif event.button() is Qt.MouseButton.LeftButton and not self._space.is_held and self._picture is not None:
            pointer = self._event_at(event.position(), event.modifiers())
            if self._tool is not None and self._tool.gesture(pointer) is Gesture.TOOL:
                self._begin(Gesture.TOOL, event.button())
                self._tool.double_click(pointer)
                self._refresh_pointer(pointer)
            else:
                self.mousePressEvent(event)
        else:
            self.mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The press of the right button has said it; the menu key asks for what is hovered or selected."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.context_requested.emit(None, event.globalPos())
        event.accept()

    def _hover(self, pointer: PointerEvent) -> None:
        mark = nearest_mark(self._overlay.state, pointer)
        name = mark.name if mark is not None else None
        if name != self._hovered:
            self._hovered = name
            self._overlay.hover(name)
            self.hovered.emit(name)

    def _refresh_pointer(self, pointer: PointerEvent | None) -> None:
        """Cursor and rubber band as the tool has them now."""
        cursor = self._tool.cursor(pointer) if self._tool is not None else Cursor.ARROW
        if self._gesture is Gesture.PAN:
            cursor = Cursor.CLOSED_HAND
        elif self._space.is_held:
            cursor = Cursor.OPEN_HAND
        elif self._gesture is Gesture.ZOOM:
            cursor = Cursor.CROSS
        shape = _CURSORS[cursor]
        if self.viewport().cursor().shape() is not shape:
            self.viewport().setCursor(shape)
        hint = self._tool.hint(pointer) if self._tool is not None and self._gesture is None else self._hint
        if hint != self._hint:
            self._hint = hint
            self.hint_changed.emit(hint)
        self._pointer = pointer or self._pointer
        self.refresh_sketch()
        if self._gesture is not Gesture.ZOOM:
            self._overlay.show_band(self._tool.band if self._tool is not None else None)
        if pointer is not None:
            self._forget_nudge()
        else:
            self._refresh_loupe()

    def _loupe_target(self) -> Point | None:
        """What is dragged, else the pointer, where the loupe is wanted for it."""
        busy = self._gesture in (Gesture.PAN, Gesture.ZOOM) or self._space.is_held
        if self._pointer_at is None or self._picture is None or busy:
            return None
        half = 0.5 / self.viewport().devicePixelRatioF()
        at = self._scene_at(self._pointer_at + QPointF(half, half))
        # Over a point to take hold of, the tool has another cursor: with no pointer it tells what it is for.
        cursor = self._tool.cursor(None) if self._tool is not None else Cursor.ARROW
        if self._gesture is Gesture.TOOL and cursor is Cursor.HIDDEN:
            held = held_point(self._overlay.state)
            if held is not None and math.dist(held[1], at.toTuple()) * self._scale < HOLDS:
                return held[1]
        wanted = cursor in (Cursor.CROSS, Cursor.HIDDEN) or self._settings.loupe is LoupeWhen.ALWAYS
        return (at.x(), at.y()) if wanted and self._picture.rect.contains(at) else None

    def _leave(self) -> None:
        if self._hovered is not None:
            self._hovered = None
            self._overlay.hover(None)
            self.hovered.emit(None)
        self._pointer = self._pointer_at = None
        self.refresh_sketch()
        self._refresh_loupe()
        self.pointer_left.emit()

    @whole_errors
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Shift scroll sideways; the tool may want it."""
        delta = event.angleDelta()
        pointer = self._event_at(event.position(), event.modifiers())
        if self._tool is not None and self._tool.wheel(pointer, (delta.y() or delta.x()) / 120.0):
            self._refresh_pointer(pointer)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier and self._loupe.point is not None:
            # Some platforms turn the wheel's axis themselves when Alt is held.
            self.loupe_zoomed.emit(self.loupe_zoom_by(1 if (delta.y() or delta.x()) > 0 else -1))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            # Some platforms turn the wheel's axis themselves when Shift is held.
            self._pan_by(delta.y() or delta.x())
        elif delta.y():
            self._hurry()
            self._zoom_about(event.position(), self._scale * math.pow(STEP, delta.y() / 120.0))
        event.accept()

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the canvas and of its tool; all others belong to the window."""
        if is_plain_space(event):
            if self._space.press(event, in_gesture=self._gesture is not None):
                self._refresh_pointer(None)
            event.accept()
        elif self._tool_key(event) is not None and self._tool is not None:
            self._tool.key(_KEYS[event.key()])
            self._refresh_pointer(None)
            event.accept()
        else:
            # Arrow keys and page keys would scroll; they mean other things here.
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The space bar alone was a tap."""
        self._space.note_release(event)
        if event.key() != Qt.Key.Key_Space or not self._space.is_held:
            event.ignore()
            return
        if event.isAutoRepeat():
            return
        tapped = self._space.let_go()
        self._refresh_pointer(None)
        if tapped:
            self.space_tapped.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forget the space bar: its release will not be seen."""
        self._space.forget()
        super().focusOutEvent(event)

    def _tool_key(self, event: QKeyEvent) -> ToolKey | None:
        key = _KEYS.get(event.key())
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        return key if plain and self._tool is not None and key in self._tool.wanted_keys() else None

    def event(self, event: QEvent) -> bool:
        """Keep keys that mean something here from the shortcuts of the window."""
        wanted = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride
        if wanted and isinstance(event, QKeyEvent) and (is_plain_space(event) or self._tool_key(event) is not None):
            event.accept()
            return True
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tool tips, the pinch of a touchpad, and the pointer going away."""
        if event.type() is QEvent.Type.Leave:
            self._leave()
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            self._show_tip(event)
            return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._hurry()
            self._zoom_about(event.position(), self._scale * (1.0 + event.value()))
            return True
        return super().viewportEvent(event)

    def _show_tip(self, event: QHelpEvent) -> None:
        pointer = self._event_at(QPointF(event.pos()), Qt.KeyboardModifier.NoModifier)
        text = tip_at(self._overlay.state, pointer) if self._gesture is None else ""
        if text:
            QToolTip.showText(event.globalPos(), text, self.viewport())
        else:
            QToolTip.hideText()


def _held(modifiers: Qt.KeyboardModifier) -> Held:
    held = Held.NONE
    for qt, name in _HELD.items():
        if modifiers & qt:
            held |= name
    return held
