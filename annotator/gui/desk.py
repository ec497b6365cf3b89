"""Between the canvas and the session: what tools may ask of the desk, and what the canvas may ask of a tool."""

from __future__ import annotations

from typing import Protocol

from annotator.gui.people import People
from annotator.gui.pointing import Cursor, Gesture, PointerEvent, Rect, ToolKey
from annotator.gui.sketch import Sketch
from annotator.gui.view_state import EMPTY_VIEW, NOTHING_SELECTED, Selection, ViewSettings, ViewState, view_state
from annotator.keypoints import Resolved
from annotator.labels import FrameLabels


class Desk(Protocol):
    """What tools need to know and may do; the session is one."""

    @property
    def frame_id(self) -> int | None:
        """The frame on the desk, or None."""

    @property
    def labels(self) -> FrameLabels:
        """What a person said of it."""

    @property
    def resolved(self) -> Resolved | None:
        """Its keypoints, or None before they are known."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""

    @property
    def selection(self) -> Selection:
        """What is selected."""

    @property
    def settings(self) -> ViewSettings:
        """What is to be seen."""

    @property
    def people(self) -> People:
        """The things of the frame, where the scheme has no football, and the active one."""

    @property
    def active_keypoint(self) -> str | None:
        """The keypoint that the point tool places next."""

    @property
    def active_marking(self) -> str | None:
        """The marking that the marking tool draws."""

    def edit(self, labels: FrameLabels, *, text: str, gesture: object | None = None) -> None:
        """Take these labels as what is said now; edits with the same ``gesture`` are one step to undo."""

    def end_gesture(self) -> None:
        """The gesture is over: a later edit is a step of its own."""

    def select(self, selection: Selection) -> None:
        """Select this and nothing else."""

    def choose_thing(self, number: int, selection: Selection = NOTHING_SELECTED) -> None:
        """Work on this thing of the frame from now on, with this of it selected."""

    def say(self, text: str) -> None:
        """Show a short hint in the status bar."""


class Tool(Protocol):
    """What the canvas asks of a tool."""

    @property
    def band(self) -> Rect | None:
        """A region being drawn (x0, y0, x1, y1), image pixels, or None."""

    def gesture(self, event: PointerEvent) -> Gesture:
        """Who answers a press of the left button here."""

    def press(self, event: PointerEvent) -> None:
        """The left button went down."""

    def move(self, event: PointerEvent) -> None:
        """The pointer moved with the left button down."""

    def release(self, event: PointerEvent) -> None:
        """The left button came up."""

    def double_click(self, event: PointerEvent) -> None:
        """The second press of a double click."""

    def right_click(self, event: PointerEvent) -> bool:
        """The right button went down; False leaves it to the context menu."""

    def cancel(self) -> None:
        """Take back the gesture under way, if any."""

    def wanted_keys(self) -> frozenset[ToolKey]:
        """The keys that mean something to the tool now."""

    def key(self, key: ToolKey) -> None:
        """One of these keys was pressed."""

    def hint(self, event: PointerEvent | None = None) -> str:
        """What a press does, in a sentence for the status bar."""

    def cursor(self, event: PointerEvent | None = None) -> Cursor:
        """What the pointer should look like."""

    def sketch(self, event: PointerEvent | None = None) -> Sketch:
        """What to paint on top with the pointer here; None: it is elsewhere."""

    def wheel(self, event: PointerEvent, steps: float) -> bool:
        """The wheel was turned by this many notches away from the person; False leaves it to the view."""


class Sight:
    """What is on the canvas now, and can therefore be hit; worked out anew only when something on the desk changed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._of: tuple[object, ...] = ()
        self._view = EMPTY_VIEW

    @property
    def view(self) -> ViewState:
        """The state that the canvas shows."""
        desk = self._desk
        resolved, labels, settings, selection = desk.resolved, desk.labels, desk.settings, desk.selection
        if resolved is None:
            return EMPTY_VIEW
        of = (resolved, labels, settings, selection)
        if len(of) != len(self._of) or any(new is not old for new, old in zip(of, self._of, strict=True)):
            self._view = view_state(resolved, labels.pitch, settings, selection, size=desk.size,
                                    people=desk.people.views(settings))
            self._of = of
        return self._view
