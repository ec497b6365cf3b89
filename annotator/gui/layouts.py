"""Where the panels are for labelling, for reviewing and for calibrating: plans as data, and how a window takes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

ROOMY = 940
"""From this height of the window on, three panels fit above each other on one side."""
WIDE = 1600
NARROW = 1100
"""Below this width the frames share the side of the points; the picture needs the other."""
LOW = 560
_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea

Stack = tuple[str, ...]
"""Names of panels that share a place; the first is in front."""


class Layout(Enum):
    """What the panels are arranged for."""

    LABEL = "label"
    REVIEW = "review"
    CALIBRATE = "calibrate"


@dataclass(frozen=True)
class Plan:
    """Stacks from top to bottom on each side, the widths of the sides, and how much of the height a stack takes."""

    left: tuple[Stack, ...] = ()
    right: tuple[Stack, ...] = ()
    bottom: tuple[Stack, ...] = ()
    widths: tuple[int, int] = (190, 310)
    heights: tuple[int, ...] = ()
    hidden: frozenset[str] = frozenset()

    @property
    def names(self) -> set[str]:
        """Every panel that has a place in it."""
        return {name for side in (self.left, self.right, self.bottom) for stack in side for name in stack}


_FRAMES, _PITCH, _POINTS, _LAYERS = "dockMedia", "dockPitch", "dockPoints", "dockLayers"
_CHECKS, _CAMERA, _TIMELINE = "dockChecks", "dockCamera", "dockTimeline"
_THINGS = "dockThings"
_REVIEW, _HISTORY = "dockReview", "dockHistory"


def plan(layout: Layout, size: QSize) -> Plan:
    """How the panels are arranged at first in a window of this size: side by side where there is room, else as tabs."""
    wide, roomy = size.width() >= WIDE, size.height() >= ROOMY
    if size.width() < NARROW:
        return _small(layout, low=size.height() < LOW)
    # In a small window the picture comes first: the frames take an eighth to a seventh of it, the points a quarter.
    sides = (270, 450) if wide else (min(190, round(size.width() * 0.15)), min(326, round(size.width() * 0.255)))
    # The map keeps the shape of a pitch; under it are the readiness and its own lines.
    pitch = round(sides[1] * 0.64) + 76
    if layout is Layout.REVIEW:
        right: tuple[Stack, ...] = ((_CHECKS, _HISTORY, _CAMERA), (_POINTS, _PITCH, _LAYERS))
        bottom: tuple[Stack, ...] = ((_TIMELINE,),)
        widths = (330, 430) if wide else (220, sides[1])
        return Plan(((_REVIEW, _FRAMES),), right, bottom, widths, (430, 400), frozenset({_CAMERA}))
    if layout is Layout.CALIBRATE:
        right = _under_map((_CAMERA, _POINTS, _CHECKS), roomy=roomy)
        hidden = frozenset({_TIMELINE} if wide else {_TIMELINE, _FRAMES})
        return Plan(((_FRAMES,),), right, ((_TIMELINE,),), sides, (pitch, 420, 260), hidden)
    right = _under_map((_POINTS, _CHECKS, _CAMERA), roomy=roomy)
    hidden = frozenset({_TIMELINE} if wide else {_TIMELINE, _CAMERA})
    return Plan(((_FRAMES, _REVIEW),), right, ((_TIMELINE,),), sides, (pitch, 400, 260), hidden)


def without_pitch(whole: Plan) -> Plan:
    """The plan for a scheme without football: people and things stand where the pitch would."""
    gone = {_CHECKS, _CAMERA}

    def furnished(stacks: tuple[Stack, ...]) -> tuple[Stack, ...]:
        kept = (tuple(_THINGS if name == _PITCH else name for name in stack if name not in gone) for stack in stacks)
        return tuple(stack for stack in kept if stack)

    return replace(whole, left=furnished(whole.left), right=furnished(whole.right))


def _small(layout: Layout, *, low: bool) -> Plan:
    """One side only; in a low window one stack only."""
    fronts = {Layout.LABEL: _POINTS, Layout.REVIEW: _REVIEW, Layout.CALIBRATE: _CAMERA}
    front = fronts[layout]
    rest = tuple(name for name in (_POINTS, _FRAMES, _REVIEW, _CHECKS, _LAYERS, _CAMERA) if name != front)
    hidden = frozenset({_TIMELINE, _CAMERA} - {front})
    if layout is Layout.CALIBRATE:
        hidden |= {_CHECKS, _LAYERS}
    if low or layout is Layout.REVIEW:
        return Plan((), ((front, _PITCH, *rest),), ((_TIMELINE,),), (0, 310), (), hidden)
    return Plan((), ((_PITCH,), (front, *rest)), ((_TIMELINE,),), (0, 310), (270, 400), hidden)


def _under_map(stack: Stack, *, roomy: bool) -> tuple[Stack, ...]:
    return ((_PITCH,), stack, (_LAYERS,)) if roomy else ((_PITCH,), (*stack, _LAYERS))


def arrange(window: QMainWindow, docks: Mapping[str, QDockWidget], plan: Plan) -> None:
    """Put every panel where the plan has it; a panel that the plan does not know waits hidden behind the last stack."""
    # In a low window the points keep their height, and the timeline ends beside them.
    corner = _BOTTOM if window.height() >= ROOMY else _RIGHT
    window.setCorner(Qt.Corner.BottomRightCorner, corner)
    for dock in docks.values():
        dock.setFloating(False)
        window.removeDockWidget(dock)
    fronts: list[QDockWidget] = []
    last: QDockWidget | None = None
    for area, stacks in ((_LEFT, plan.left), (_BOTTOM, plan.bottom), (_RIGHT, plan.right)):
        for stack in stacks:
            placed = [docks[name] for name in stack if name in docks]
            if not placed:
                continue
            window.addDockWidget(area, placed[0])
            for before, dock in pairwise(placed):
                window.tabifyDockWidget(before, dock)
            fronts.append(placed[0])
            last = placed[-1]
    for name, dock in docks.items():
        if name not in plan.names:
            if last is None:
                window.addDockWidget(_RIGHT, dock)
            else:
                window.tabifyDockWidget(last, dock)
        dock.setVisible(name in plan.names and name not in plan.hidden)
    for dock in fronts:
        dock.raise_()
    _size(window, docks, plan)


def _size(window: QMainWindow, docks: Mapping[str, QDockWidget], plan: Plan) -> None:
    sides = [next((docks[s[0]] for s in stacks if s[0] in docks), None) for stacks in (plan.left, plan.right)]
    wanted = [(dock, width) for dock, width in zip(sides, plan.widths, strict=True) if dock is not None]
    window.resizeDocks([dock for dock, _ in wanted], [width for _, width in wanted], Qt.Orientation.Horizontal)
    column = [docks[stack[0]] for stack in plan.right if stack[0] in docks]
    heights = list(plan.heights[: len(column)])
    window.resizeDocks(column[: len(heights)], heights, Qt.Orientation.Vertical)
