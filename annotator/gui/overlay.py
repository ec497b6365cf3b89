"""Keeps the items over the picture in step with the view state: touches what differs and leaves the rest alone.

Items that are no longer needed are hidden, not removed: the next frame most likely asks for them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import TypeVar

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from annotator.gui.colours import CLICK, GLYPH_COLOURS
from annotator.gui.items import (
    CURVE_INK,
    DOUBT_INK,
    GHOST_INK,
    SELECTED_INK,
    ArrowItem,
    BandItem,
    ClickItem,
    GhostItem,
    LineItem,
    NameItem,
    SpreadItem,
)
from annotator.gui.lines import part_in
from annotator.gui.loupe import Thin
from annotator.gui.marks import MarkItem
from annotator.gui.name_layout import Box, Named, Place, lay_out
from annotator.gui.people_items import PersonItem
from annotator.gui.people_view import PersonView
from annotator.gui.plain_names import spoken
from annotator.gui.pointing import Rect
from annotator.gui.view_state import EMPTY_VIEW, ArrowView, ClickView, CurveView, Mark, ViewState

# So many marks lie all over the view.
MANY = 12

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
        self._clicks: dict[tuple[str, int], ClickItem] = {}
        self._arrows: dict[str, ArrowItem] = {}
        self._names: dict[str, NameItem] = {}
        self._people: dict[int, PersonItem] = {}
        self._window: Box = (-inf, -inf, inf, inf)
        self._placed: dict[str, Place] = {}
        self._unsettled = False
        self._ghost = GhostItem()
        self._doubtful = GhostItem(DOUBT_INK)
        # All but the selected marking are one item: in a drag a camera moves all of them.
        self._curves, self._chosen = GhostItem(CURVE_INK, z=10.0), GhostItem(SELECTED_INK, z=11.0)
        self._spreads = SpreadItem()
        self._band = BandItem()
        for item in self._lines:
            scene.addItem(item)

    @property
    def _lines(self) -> tuple[LineItem, ...]:
        return (self._ghost, self._doubtful, self._curves, self._chosen, self._spreads, self._band)

    def show_state(self, state: ViewState, *, dragging: bool = False) -> bool:
        """Show this state in place of the one before; ``dragging``: names make room for what moves at `settle`.

        True where so much changed that painting all of the view costs less than painting every part of it.
        """
        before, self.state = self.state, state
        changed = 0
        if state.marks != before.marks:
            changed = self._show_marks(before.marks, state.marks)
        if state.curves != before.curves:
            self._show_curves(state.curves)
        if state.clicks != before.clicks:
            self._show_clicks(before.clicks, state.clicks)
        if state.arrows != before.arrows:
            self._show_arrows(state.arrows)
        if state.people != before.people:
            changed += self._show_people(before.people, state.people)
        self._ghost.show_ghost(state.ghost)
        self._doubtful.show_ghost(state.doubtful)
        self._spreads.show_spreads(state.spreads)
        if (state.names, state.indices) != (before.names, before.indices):
            self._rename()
        if dragging and _same_but_moved(before, state):
            self._unsettled = True
            self._lay_out_names([mark for mark in state.marks if mark.selected])
        elif state.has_names or before.has_names:
            self._lay_out_names()
        return changed >= MANY

    def settle(self) -> None:
        """What was dragged has come to rest: the other names make room for its name."""
        if self._unsettled and self.state.has_names:
            self._lay_out_names()

    def _show_marks(self, before: tuple[Mark, ...], marks: tuple[Mark, ...]) -> int:
        changed = _changed(before, marks)
        for mark in changed:
            self._show_mark(mark)
        gone = {mark.name for mark in before} - {mark.name for mark in marks}
        _hide(self._marks, gone)
        return len(changed) + len(gone)

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
        self._curves.show_ghost(tuple(curve.path for curve in curves if not curve.selected))
        self._chosen.show_ghost(tuple(curve.path for curve in curves if curve.selected))

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

    def _show_people(self, before: tuple[PersonView, ...], people: tuple[PersonView, ...]) -> int:
        known, changed = {id(view) for view in before}, 0
        for view in people:
            if id(view) in known:
                continue
            changed += 1
            item = self._people.get(view.id)
            if item is None:
                item = self._people[view.id] = PersonItem(self._font)
                item.set_scale(self._scale)
                self._scene.addItem(item)
            item.show_person(view)
            item.setVisible(True)
        gone = {view.id for view in before} - {view.id for view in people}
        _hide(self._people, gone)
        return changed + len(gone)

    def _show_arrows(self, arrows: tuple[ArrowView, ...]) -> None:
        for arrow in arrows:
            item = self._arrows.get(arrow.name)
            if item is None:
                item = self._arrows[arrow.name] = ArrowItem(self._font)
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
        x0, y0, x1, y1 = region.left(), region.top(), region.right(), region.bottom()
        box = (x0, y0, x1, y1)
        inks = ((GHOST_INK, self._ghost), (CURVE_INK, self._curves), (SELECTED_INK, self._chosen))
        paths = [
            Thin(ink.colour, path=path)
            for ink, item in inks
            for line in item.shown
            if (path := part_in(line, box)) is not None
        ]
        places = [
            *((CLICK.rgba(), click.x, click.y) for click in self.state.clicks if not click.selected),
            *((GLYPH_COLOURS[mark.glyph].rgba(), mark.x, mark.y) for mark in self.state.marks if not mark.selected),
        ]
        return (*paths, *(Thin(colour, at=(x, y)) for colour, x, y in places if x0 <= x <= x1 and y0 <= y <= y1))

    def set_scale(self, scale: float) -> None:
        """The view has this many screen pixels to an image pixel now."""
        if scale == self._scale:
            return
        self._scale = scale
        for item in self._lines:
            item.set_scale(scale)
        for person in self._people.values():
            person.set_scale(scale)

    def set_window(self, window: QRectF) -> None:
        """Take this part of the scene as what is in view: no name is cut off by its border."""
        before, self._window = self._window, (window.left(), window.top(), window.right(), window.bottom())
        if self.state.has_names and self._window != before:
            self._lay_out_names()

    def _lay_out_names(self, only: Sequence[Mark] | None = None) -> None:
        """Put every name where it has room, and hide the others; or only some, whatever lies there."""
        scale, before = self._scale, self._placed
        marks: Sequence[Mark] = (self.state.marks if self.state.has_names else ()) if only is None else only
        self._unsettled &= only is not None
        named = []
        for mark in marks:
            plate = self._name_item(mark).plate
            x, y = mark.x * scale, mark.y * scale
            named.append(Named(mark.name, x, y, plate.width(), plate.height(), mark.selected))
        left, top, right, bottom = (side * scale for side in self._window)
        found = lay_out(named, (left, top, right, bottom), before)
        self._placed = found if only is None else {**before, **found}
        for mark in marks:
            place = self._placed.get(mark.name)
            if place is not None:
                item = self._names[mark.name]
                item.put(mark.x, mark.y, place.dx, place.dy)
                item.setVisible(True)
        for name in before:
            if name not in self._placed:
                self._names[name].setVisible(False)

    def _name_item(self, mark: Mark) -> NameItem:
        item = self._names.get(mark.name)
        if item is None:
            item = self._names[mark.name] = NameItem(self._name_of(mark), self._font)
            item.setVisible(False)
            self._scene.addItem(item)
        return item

    def _name_of(self, mark: Mark) -> str:
        """The words on its plate: number, name, or both."""
        words = [str(mark.index)] if self.state.indices and mark.index is not None else []
        return "  ".join([*words, spoken(mark.name)] if self.state.names or not words else words)

    def _rename(self) -> None:
        """Write anew what is on the plates."""
        for item in self._names.values():
            self._scene.removeItem(item)
        self._names.clear()
        self._placed = {}


def _same_but_moved(before: ViewState, after: ViewState) -> bool:
    """True where the same names are written, and nothing but selected marks changed, which were selected before."""
    if not after.has_names or (before.names, before.indices) != (after.names, after.indices):
        return False
    held = {mark.name for mark in before.marks if mark.selected}
    changed = _changed(before.marks, after.marks)
    return len(before.marks) == len(after.marks) and all(mark.selected and mark.name in held for mark in changed)


def _changed(before: tuple[Mark, ...], after: tuple[Mark, ...]) -> list[Mark]:
    """The marks that are not as they were; in a drag most are the very same objects."""
    if len(before) == len(after):
        # Mostly the same ones in the same order.
        changed = [(old, new) for old, new in zip(before, after, strict=True) if old is not new]
        if all(old.name == new.name for old, new in changed):
            return [new for old, new in changed if old != new]
    known = {mark.name: mark for mark in before}
    return [mark for mark in after if (old := known.get(mark.name)) is not mark and old != mark]


def _hide(items: Mapping[_K, _I], keys: set[_K]) -> None:
    for key in keys:
        items[key].setVisible(False)
