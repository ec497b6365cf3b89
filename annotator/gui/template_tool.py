"""Placing the whole pitch at once: grab it anywhere and drag, pin what is right, and it becomes labels on release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QCoreApplication

from annotator.camera import Solution
from annotator.curves import ghost_of
from annotator.gui.desk import Desk
from annotator.gui.plain_names import spoken
from annotator.gui.pointing import SLACK, Cursor, Gesture, Held, PointerEvent, Rect, ToolKey
from annotator.gui.selected import Burst
from annotator.gui.sketch import NO_SKETCH, Look, Sign, Sketch, Spot, Stroke
from annotator.gui.view_state import Polyline
from annotator.in_view import stretches
from annotator.keypoints import Resolved
from annotator.labels import FrameLabels
from annotator.pinning import (
    camera_of_labels,
    camera_of_predictions,
    camera_to_steer,
    carried,
    hold,
    is_seen,
    pinned_under,
    shown_at,
    zoomed,
)
from annotator.pitch import KEYPOINTS
from annotator.steering import Mode, Pin, labels_from_steering, steer

translate = QCoreApplication.translate

REACH = 9.0
"""Screen pixels within which a point or line of the pitch is meant."""
NOTCH = 1.06
"""What one notch of the wheel zooms by."""
HELD_BACK = 2.0
"""Pixels by which what was drawn before may pull at the pitch without a word about it."""


@dataclass(frozen=True, eq=False)
class _Placed:
    """Labels of the frame, and the camera and pins with which they were taken."""

    labels: FrameLabels
    camera: Solution
    pins: tuple[Pin, ...] = ()
    is_of_labels: bool = False
    is_guess: bool = False


@dataclass(frozen=True, eq=False)
class _Grip:
    """A press on the pitch: what is held, where the pointer was, and the camera that follows it."""

    held: Pin
    start: PointerEvent
    camera: Solution
    moving: bool = False

    def at(self, event: PointerEvent) -> Pin:
        """What is held where the pointer has brought it."""
        x, y = self.held.image
        return self.held.at((x + event.x - self.start.x, y + event.y - self.start.y))


class TemplateTool:
    """A drag turns the camera, with Shift it rolls, with Ctrl or Alt it zooms; a click pins, another one unpins.

    While something is dragged nothing is stored. A release stores what follows as labels: pinned places as points and
    clicks, and clicks along every marking in view that was not drawn before.
    """

    def __init__(self, desk: Desk, *, finish: Callable[[], None] | None = None) -> None:
        self._desk = desk
        self._finish = finish
        self._frame_id: int | None = None
        self._states: list[_Placed] = []
        self._seen: Resolved | None = None
        self._grip: _Grip | None = None
        self._burst = Burst()
        self._looked: tuple[object, Pin | None] | None = None
        self._drawn: tuple[Solution, tuple[Polyline, ...]] | None = None

    # What is placed

    def _now(self) -> _Placed | None:
        """How the pitch stands: as this tool left it, or as the labels have it when they are not of its making."""
        desk = self._desk
        if desk.frame_id is None or min(desk.size) <= 0:
            self._states, self._grip = [], None
            return None
        if desk.frame_id != self._frame_id:
            self._frame_id, self._states, self._grip = desk.frame_id, [], None
        labels = desk.labels
        if self._is_untouched and desk.resolved is not self._seen:
            # More is known than when the beginning was chosen: perhaps the network has answered.
            self._states = []
        if self._states and self._states[-1].labels is labels:
            return self._states[-1]
        known = next((state for state in reversed(self._states) if state.labels == labels), None)
        if known is None:
            self._seen = desk.resolved
            camera = camera_to_steer(desk.resolved, desk.size)
            known = _Placed(
                labels,
                camera,
                is_of_labels=camera is camera_of_labels(desk.resolved),
                is_guess=not is_seen(desk.resolved),
            )
            self._states, self._grip = [known], None
        return known

    @property
    def _is_untouched(self) -> bool:
        first = self._states[0] if len(self._states) == 1 else None
        return first is not None and not first.pins and not first.is_of_labels and self._grip is None

    def _remember(self, placed: _Placed) -> None:
        self._states = [placed if state.labels == placed.labels else state for state in self._states]

    def _store(self, placed: _Placed, gesture: object | None = None) -> None:
        """Take this camera as what a person said: one step to undo; not one that has nothing of the pitch in view."""
        if not stretches(placed.camera):
            self._desk.say(translate("Tools", "The pitch would be out of sight: it stays where it was"))
            return
        first = self._states[0]
        base = first.labels
        if first.is_of_labels:
            base = carried(base, first.camera, placed.camera)
        labels = labels_from_steering(base, placed.camera, placed.pins)
        # Known before the edit, as whoever hears of it asks at once what there is to see.
        self._states = [first, *(state for state in self._states[1:] if state.labels != labels)]
        self._states.append(replace(placed, labels=labels, is_of_labels=False, is_guess=False))
        self._desk.edit(labels, text=translate("Tools", "Place the pitch"), gesture=gesture)
        self._yield_to_what_was_drawn()

    def _yield_to_what_was_drawn(self) -> None:
        """Where earlier labels pull the pitch elsewhere, that is what is shown, and what the next drag starts from."""
        state, resolved = self._states[-1], self._desk.resolved
        shown = camera_of_labels(resolved)
        off = 0.0 if shown is None else _apart(state.camera, shown)
        if shown is None or off <= HELD_BACK:
            return
        self._states[-1] = replace(state, camera=shown)
        text = translate("Tools", "What was drawn before holds the pitch back by {off:.0f} px")
        self._desk.say(text.format(off=off))

    # The pointer

    @property
    def band(self) -> Rect | None:
        """No region."""
        return None

    def gesture(self, event: PointerEvent) -> Gesture:
        """Every press is the tool's."""
        return Gesture.TOOL

    def press(self, event: PointerEvent) -> None:
        """Take hold of the pitch."""
        placed = self._now()
        if placed is None:
            return
        held = self._under(placed, event)
        if held is None:
            self._desk.say(translate("Tools", "There is no pitch to take hold of"))
            return
        self._grip = _Grip(held, event, placed.camera)

    def double_click(self, event: PointerEvent) -> None:
        """A quick second press is a press."""
        self.press(event)

    def move(self, event: PointerEvent) -> None:
        """Let the camera follow."""
        placed, grip = self._now(), self._grip
        if placed is None or grip is None:
            return
        if not grip.moving and event.screen_distance(grip.start.point) < SLACK:
            return
        mode = Mode.PAN
        if Held.SHIFT in event.held:
            mode = Mode.ROLL
        elif event.held & (Held.CTRL | Held.ALT):
            # Some window managers keep Alt+drag for themselves.
            mode = Mode.ZOOM
        held = pinned_under(placed.pins, grip.held.image, reach=1e-6)
        pins = tuple(pin for pin in placed.pins if pin is not held)
        camera = steer(placed.camera, pins=pins, grabbed=grip.at(event), mode=mode)
        self._grip = replace(grip, camera=camera, moving=True)

    def release(self, event: PointerEvent) -> None:
        """Store where it is now; a click pins or unpins."""
        placed, grip = self._now(), self._grip
        self._grip = None
        if placed is None or grip is None:
            return
        if not grip.moving:
            self._pin(placed, event)
            return
        # A pin that was dragged itself stays a pin, where it was brought.
        pins = tuple(
            pin.at(shown_at(grip.camera, pin)) if pin.image == grip.held.image else pin for pin in placed.pins
        )
        self._store(replace(placed, camera=grip.camera, pins=pins))

    def _pin(self, placed: _Placed, event: PointerEvent) -> None:
        reach = REACH / event.scale
        known = pinned_under(placed.pins, event.point, reach=reach)
        if known is not None:
            self._remember(replace(placed, pins=tuple(pin for pin in placed.pins if pin is not known)))
            self._desk.say(translate("Tools", "{name} is free again").format(name=_named(known)))
            return
        held = hold(placed.camera, event.point, reach=reach)
        if held is None or not (held.keypoint or held.marking):
            self._desk.say(translate("Tools", "Click on a line or point of the pitch to pin it"))
            return
        self._remember(replace(placed, pins=(*placed.pins, held)))
        self._desk.say(translate("Tools", "{name} is pinned: it stays where it is").format(name=_named(held)))

    def _under(self, placed: _Placed, event: PointerEvent) -> Pin | None:
        of = (placed, event.point, event.scale)
        if self._looked is None or self._looked[0] != of:
            reach = REACH / event.scale
            held = pinned_under(placed.pins, event.point, reach=reach)
            self._looked = of, held or hold(placed.camera, event.point, reach=reach)
        return self._looked[1]

    def right_click(self, event: PointerEvent) -> bool:
        """The menu's."""
        return False

    def wheel(self, event: PointerEvent, steps: float) -> bool:
        """With Ctrl or Alt the camera zooms about the pointer, one step to undo while the wheel keeps turning."""
        placed = self._now()
        if placed is None or self._grip is not None or not event.held & (Held.CTRL | Held.ALT):
            return False
        camera = zoomed(placed.camera, NOTCH**steps, event.point, placed.pins)
        self._store(replace(placed, camera=camera), self._burst.token((id(self), self._frame_id)))
        return True

    def cancel(self) -> None:
        """Take back the gesture under way."""
        self._grip = None

    def wanted_keys(self) -> frozenset[ToolKey]:
        """The keys that mean something now."""
        placed = self._now()
        if self._grip is not None or (placed is not None and placed.pins):
            return frozenset({ToolKey.ENTER, ToolKey.ESCAPE})
        return frozenset({ToolKey.ENTER}) if placed is not None else frozenset()

    @property
    def is_pending(self) -> bool:
        """Whether a pitch is shown that nobody has taken yet: the network's, or one with pins."""
        placed = self._now()
        if placed is None:
            return False
        unsaid = placed is self._states[0] and not placed.is_of_labels
        return bool(placed.pins) or (unsaid and camera_of_predictions(self._desk.resolved) is not None)

    def key(self, key: ToolKey) -> None:
        """Escape takes the gesture back, or else the pins; Enter takes the pitch as it stands."""
        placed, dragging = self._now(), self._grip is not None
        if placed is None:
            return
        if key is ToolKey.ESCAPE:
            self._grip = None
            if not dragging:
                self._remember(replace(placed, pins=()))
            return
        if self._grip is not None:
            self.release(self._grip.start)
        elif placed.is_guess and not placed.pins:
            self._desk.say(self._no_pitch())
            return
        elif placed is self._states[0] or placed.pins:
            self._store(placed)
        self._desk.end_gesture()
        if self._finish is not None:
            self._finish()

    # What is to be seen

    def _no_pitch(self) -> str:
        """Nothing speaks for the pitch that is shown: Enter would store a guess."""
        resolved = self._desk.resolved
        if resolved is not None and any(point.confidence is not None for point in resolved.keypoints.values()):
            return translate("Tools", "The network sees no pitch here; drag the pitch to where it is")
        return translate("Tools", "Nothing says yet where the pitch is; drag it there")

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does here."""
        placed = self._now()
        if placed is None:
            return ""
        held = self._under(placed, event) if event is not None else None
        if held is not None and held in placed.pins:
            return translate("Tools", "Click to free {name}, drag to move it").format(name=_named(held))
        if held is not None and (held.keypoint or held.marking):
            return translate("Tools", "Drag the pitch by {name}, click to pin it").format(name=_named(held))
        if placed.is_guess and not placed.pins:
            return self._no_pitch()
        return translate("Tools", "Drag the pitch, Enter takes it; Shift rolls, Ctrl zooms; a click on a line pins it")

    def cursor(self, event: PointerEvent | None = None) -> Cursor:
        """What the pointer looks like here."""
        return Cursor.CLOSED_HAND if self._grip is not None else Cursor.OPEN_HAND

    def sketch(self, event: PointerEvent | None = None) -> Sketch:
        """The pitch as it would be, its pins, and what a press would take hold of."""
        placed = self._now()
        if placed is None:
            return NO_SKETCH
        grip = self._grip
        pins = tuple(Spot(Sign.PIN, *pin.image) for pin in placed.pins)
        if grip is not None and grip.moving:
            strokes = self._strokes(grip.camera, Look.TEMPLATE)
            return Sketch(strokes, (*pins, Spot(Sign.HANDLE, *shown_at(grip.camera, grip.held))))
        held = self._under(placed, event) if event is not None else None
        handle: tuple[Spot, ...] = ()
        if held is not None and (held.keypoint or held.marking):
            handle = (Spot(Sign.HANDLE, *held.image),)
        resolved = self._desk.resolved
        is_shown = self._desk.settings.ghost and resolved is not None and bool(resolved.ghost)
        return Sketch(() if is_shown else self._strokes(placed.camera, Look.FAINT), (*pins, *handle))

    def _strokes(self, camera: Solution, look: Look) -> tuple[Stroke, ...]:
        """The pitch as this camera has it; worked out once for each."""
        if self._drawn is None or self._drawn[0] is not camera:
            paths = ghost_of(camera).values()
            self._drawn = camera, tuple(Polyline(path) for own in paths for path in own if len(path) >= 2)
        return tuple(Stroke(look, path) for path in self._drawn[1])


def _named(pin: Pin) -> str:
    return spoken(pin.keypoint or pin.marking or "")


def _apart(first: Solution, second: Solution) -> float:
    """The median distance in pixels between where two cameras have the keypoints that are in the frame."""
    worlds = np.array([point.world for point in KEYPOINTS.values()])
    one, other = first.project(worlds), second.project(worlds)
    width, height = first.size
    with np.errstate(invalid="ignore"):
        inside = ((one >= 0.0) & (one <= (width, height))).all(axis=1)
    off = np.linalg.norm(one - other, axis=1)[inside]
    off = off[np.isfinite(off)]
    return float(np.median(off)) if len(off) else 0.0
