"""Hovering on the canvas: lines under the pointer are told to the other views, and what those point at is lit here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from annotator.gui.canvas import Canvas
from annotator.gui.colours import ACCENT, CASING
from annotator.gui.hovering import NOTHING, Target
from annotator.gui.items import GhostItem, Ink
from annotator.gui.pointing import LINE_REACH
from annotator.gui.session import Session
from annotator.gui.view_state import Polyline

Array = NDArray[np.float64]
LIGHT_INK = Ink(ACCENT.rgba(), CASING.rgba(), width=3)
# Above drawn lines, below clicks and points.
HEIGHT = 12.0


@dataclass(frozen=True, eq=False)
class Lines:
    """Straight pieces of painted lines: ``start`` (N, 2) pixels, ``along`` (N, 2) to their ends, and whose each is."""

    start: Array
    along: Array
    owners: tuple[str, ...]
    owner: NDArray[np.intp]

    @classmethod
    def of(cls, paths: Iterable[tuple[str, Array]]) -> Lines:
        """Those of these named paths, (M, 2) pixels each."""
        long = [(name, path) for name, path in paths if len(path) >= 2]
        if not long:
            return cls(np.empty((0, 2)), np.empty((0, 2)), (), np.empty(0, np.intp))
        owner = np.repeat(np.arange(len(long)), [len(path) - 1 for _, path in long])
        start = np.concatenate([path[:-1] for _, path in long])
        along = np.concatenate([np.diff(path, axis=0) for _, path in long])
        return cls(start, along, tuple(name for name, _ in long), owner)

    def nearest(self, x: float, y: float, reach: float) -> str | None:
        """Whose line runs nearest to an image point, if within ``reach`` pixels."""
        if not len(self.start):
            return None
        offset = np.array((x, y)) - self.start
        squared = np.einsum("ij,ij->i", self.along, self.along)
        t = np.clip(np.einsum("ij,ij->i", offset, self.along) / np.where(squared > 0.0, squared, 1.0), 0.0, 1.0)
        away = offset - t[:, None] * self.along
        distance = np.einsum("ij,ij->i", away, away)
        at = int(distance.argmin())
        return self.owners[int(self.owner[at])] if distance[at] <= reach * reach else None


class HoverLight(QObject):
    """Between the canvas and whatever else can be hovered."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._mark: str | None = None
        self._of: tuple[object, ...] = ()
        self._lines = Lines.of(())
        self._light = GhostItem(LIGHT_INK)
        self._light.setZValue(HEIGHT)
        self._light.setVisible(False)
        canvas.scene().addItem(self._light)
        canvas.zoom_changed.connect(self._light.set_scale)
        canvas.hovered.connect(self._on_mark)
        canvas.pointer_moved.connect(self._on_pointer)
        canvas.pointer_left.connect(lambda: session.hovering.point_at(NOTHING))
        session.hovering.changed.connect(self._show)
        session.resolved_changed.connect(self._follow)

    def _on_mark(self, name: str | None) -> None:
        self._mark = name

    def _on_pointer(self, x: float, y: float) -> None:
        session = self._session
        if session.in_gesture:
            return
        if self._mark is not None:
            session.hovering.point_at(Target(keypoint=self._mark))
        else:
            name = self._known_lines().nearest(x, y, LINE_REACH / self._canvas.scale)
            session.hovering.point_at(Target(marking=name))

    def _known_lines(self) -> Lines:
        """The lines that are to be seen; worked out anew only after something changed."""
        session = self._session
        of = (session.resolved, session.settings)
        if len(of) != len(self._of) or any(new is not old for new, old in zip(of, self._of, strict=True)):
            self._of = of
            self._lines = Lines.of(self._shown())
        return self._lines

    def _shown(self) -> Iterable[tuple[str, Array]]:
        resolved, settings = self._session.resolved, self._session.settings
        if resolved is None:
            return
        if settings.labels and settings.markings:
            yield from ((name, curve.path) for name, curve in resolved.curves.items())
        if settings.ghost:
            yield from ((name, path) for name, paths in resolved.ghost.items() for path in paths)

    def _follow(self) -> None:
        """What is lit moves with the lines; a drag lights nothing."""
        if self._session.in_gesture:
            self._session.hovering.point_at(NOTHING)
        elif self._session.hovering.target.marking is not None:
            self._show()

    def _show(self) -> None:
        target = self._session.hovering.target
        self._canvas.light(target.keypoint)
        paths = () if target.marking is None else self._paths_of(target.marking)
        self._light.show_ghost(paths)
        self._light.setVisible(bool(paths))

    def _paths_of(self, name: str) -> tuple[Polyline, ...]:
        """Where a marking was drawn, else where the camera has it."""
        resolved = self._session.resolved
        if resolved is None:
            return ()
        curve = resolved.curves.get(name)
        if curve is not None and len(curve.path) >= 2:
            return (Polyline(curve.path),)
        return tuple(Polyline(path) for path in resolved.ghost.get(name, ()) if len(path) >= 2)
