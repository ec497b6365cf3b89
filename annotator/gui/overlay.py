"""Keeps the items over the picture in step with the view state: touches what differs and leaves the rest alone.

Items that are no longer needed are hidden, not removed: the next frame most likely asks for them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import TypeVar

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from annotator.gui.colours import CLICK, GLYPH_COLOURS
from annotator.gui.items import DOUBT_INK, ArrowItem, BandItem, ClickItem, CurveItem, GhostItem, NameItem, SpreadItem
from annotator.gui.loupe import Thin
from annotator.gui.marks import MarkItem
from annotator.gui.pointing import Rect
from annotator.gui.view_state import EMPTY_VIEW, ArrowView, ClickView, CurveView, Mark, ViewState

MARK_HALF = 7.0

_K = TypeVar("_K")
_I = TypeVar("_I", bound=QGraphicsItem)


class Overlay:
    """The items of a scene, by what they show."""

    def __init__(self, scene: QGraphicsScene, font: QFont) -> None:
        self._scene = scene
        self._font = font
        self._scale = 1.0
        self.state = EMPTY_VIEW
        self._hovered: str | None = None
        self._marks: dict[str, MarkItem] = {}
        self._curves: dict[str, CurveItem] = {}
        self._clicks: dict[tuple[str, int], ClickItem] = {}
        self._arrows: dict[str, ArrowItem] = {}
        self._names: dict[str, NameItem] = {}
        self._ghost = GhostItem()
        self._doubtful = GhostItem(DOUBT_INK)
        self._spreads = SpreadItem()
        self._band = BandItem()
        for item in (self._ghost, self._doubtful, self._spreads, self._band):
            scene.addItem(item)

    def show_state(self, state: ViewState) -> None:
        """Show this state in place of the one before."""
        before, self.state = self.state, state
        if state.marks != before.marks:
            self._show_marks(before.marks, state.marks)
        if state.curves != before.curves:
            self._show_curves(state.curves)
        if state.clicks != before.clicks:
            self._show_clicks(before.clicks, state.clicks)
        if state.arrows != before.arrows:
            self._show_arrows(state.arrows)
        self._ghost.show_ghost(state.ghost)
        self._doubtful.show_ghost(state.doubtful)
        self._spreads.show_spreads(state.spreads)
        if state.names or before.names:
            self._lay_out_names()

    def _show_marks(self, before: tuple[Mark, ...], marks: tuple[Mark, ...]) -> None:
        for mark in set(marks).difference(before):
            self._show_mark(mark)
        _hide(self._marks, {mark.name for mark in before} - {mark.name for mark in marks})

    def _show_mark(self, mark: Mark) -> None:
        if mark.name == self._hovered:
            mark = replace(mark, hovered=True)
        item = self._marks.get(mark.name)
        if item is None:
            item = self._marks[mark.name] = MarkItem(mark)
            self._scene.addItem(item)
        else:
            item.show_mark(mark)
            item.setVisible(True)

    def _show_curves(self, curves: tuple[CurveView, ...]) -> None:
        for curve in curves:
            item = self._curves.get(curve.name)
            if item is None:
                item = self._curves[curve.name] = CurveItem()
                item.set_scale(self._scale)
                self._scene.addItem(item)
            if item.view != curve:
                item.show_curve(curve)
            item.setVisible(True)
        _hide(self._curves, self._curves.keys() - {curve.name for curve in curves})

    def _show_clicks(self, before: tuple[ClickView, ...], clicks: tuple[ClickView, ...]) -> None:
        for click in set(clicks).difference(before):
            key = (click.marking, click.index)
            item = self._clicks.get(key)
            if item is None:
                item = self._clicks[key] = ClickItem()
                self._scene.addItem(item)
            item.show_click(click)
            item.setVisible(True)
        gone = {(click.marking, click.index) for click in before} - {(click.marking, click.index) for click in clicks}
        _hide(self._clicks, gone)

    def _show_arrows(self, arrows: tuple[ArrowView, ...]) -> None:
        for arrow in arrows:
            item = self._arrows.get(arrow.name)
            if item is None:
                item = self._arrows[arrow.name] = ArrowItem()
                self._scene.addItem(item)
            item.show_arrow(arrow)
            item.setVisible(True)
        _hide(self._arrows, self._arrows.keys() - {arrow.name for arrow in arrows})

    def hover(self, name: str | None) -> None:
        """Show this keypoint as the one under the pointer."""
        before, self._hovered = self._hovered, name
        for mark in self.state.marks:
            if mark.name in (before, name):
                self._show_mark(mark)

    def show_band(self, band: Rect | None) -> None:
        """Show this region being drawn, or none."""
        self._band.show_band(band)

    def thin_in(self, region: QRectF) -> tuple[Thin, ...]:
        """What lies in this part of the frame, to be painted thinly; what is selected is left out."""
        lines = [item for item in (self._ghost, *self._curves.values()) if item.isVisible() and item.lies_in(region)]
        marks = [
            Thin(GLYPH_COLOURS[mark.glyph].rgba(), at=(mark.x, mark.y))
            for mark in self.state.marks
            if not mark.selected and region.contains(mark.x, mark.y)
        ]
        clicks = [
            Thin(CLICK.rgba(), at=(click.x, click.y))
            for click in self.state.clicks
            if not click.selected and region.contains(click.x, click.y)
        ]
        return (*(Thin(item.colour, path=item.path) for item in lines), *clicks, *marks)

    def set_scale(self, scale: float) -> None:
        """The view has this many screen pixels to an image pixel now."""
        if scale == self._scale:
            return
        self._scale = scale
        for item in chain((self._ghost, self._doubtful, self._spreads, self._band), self._curves.values()):
            item.set_scale(scale)
        if self.state.names:
            self._lay_out_names()

    def _lay_out_names(self) -> None:
        """Names in the order of the marks, selected ones first; one that would cover another stays away."""
        taken: list[QRectF] = []
        placed: set[str] = set()
        marks = self.state.marks if self.state.names else ()
        spots = [QRectF(m.x * self._scale - MARK_HALF, m.y * self._scale - MARK_HALF, 2 * MARK_HALF, 2 * MARK_HALF)
                 for m in marks]  # fmt: skip
        for mark in sorted(marks, key=lambda mark: not mark.selected):
            item = self._name_item(mark.name)
            room = item.boundingRect().translated(mark.x * self._scale, mark.y * self._scale)
            if not mark.selected and any(room.intersects(other) for other in chain(taken, spots)):
                continue
            taken.append(room)
            placed.add(mark.name)
            item.setPos(mark.x, mark.y)
        for name, item in self._names.items():
            item.setVisible(name in placed)

    def _name_item(self, name: str) -> NameItem:
        item = self._names.get(name)
        if item is None:
            item = self._names[name] = NameItem(name, self._font)
            self._scene.addItem(item)
        return item


def _hide(items: Mapping[_K, _I], keys: set[_K]) -> None:
    for key in keys:
        items[key].setVisible(False)
