"""What keys do to whatever is selected: nudge it, delete it, mark it visible, occluded or absent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from annotator.gui.plain_names import spoken
from annotator.gui.undo import Passing
from annotator.gui.view_state import Selection, within
from annotator.labels import (
    FrameLabels,
    Point,
    Visibility,
    give_back,
    move_marking_point,
    place,
    remove_marking_point,
    set_marking,
    set_visibility,
)

if TYPE_CHECKING:
    from annotator.gui.tools import Desk

translate = QCoreApplication.translate

PAUSE = 1.0


class Burst:
    """Presses of one key that follow each other: they share a gesture token until a pause of ``PAUSE`` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._of: object = None
        self._token = Passing()
        self._until = 0.0

    def token(self, of: object) -> object:
        """The token of the burst under way, or a new one when it is of something else or a pause went before."""
        now = self._clock()
        if of != self._of or now > self._until:
            self._of, self._token = of, Passing()
        self._until = now + PAUSE
        return self._token


_KEYS = Burst()


def nudge(desk: Desk, dx: float, dy: float, *, burst: Burst = _KEYS) -> None:
    """Move the selected keypoints or the selected click by this many image pixels; a burst is one step to undo."""
    selection = desk.selection
    labels = desk.labels
    if selection.marking is not None and selection.click is not None:
        points = labels.pitch.markings.get(selection.marking, ())
        if not 0 <= selection.click < len(points):
            return
        to = _shifted(points[selection.click], dx, dy, desk.size)
        moved = move_marking_point(labels, selection.marking, selection.click, to)
    else:
        moved = _nudged_keypoints(desk, dx, dy)
    if moved != labels:
        token = burst.token((id(desk), desk.frame_id, selection))
        desk.edit(moved, text=translate("Tools", "Nudge {name}").format(name=_named(selection)), gesture=token)


def _nudged_keypoints(desk: Desk, dx: float, dy: float) -> FrameLabels:
    labels, resolved = desk.people.taken(desk.labels), desk.resolved
    for name in desk.selection.keypoints:
        keypoint = resolved.keypoints.get(name) if resolved is not None else None
        if keypoint is not None and keypoint.position is not None:
            to = _shifted(keypoint.position, dx, dy, desk.size)
            labels = place(labels, name, to, instance=desk.people.active)
    return labels


def _shifted(point: Point, dx: float, dy: float, size: tuple[int, int]) -> Point:
    return within((point[0] + dx, point[1] + dy), size)


def delete_selected(desk: Desk) -> None:
    """Give selected keypoints back to geometry and network; remove the selected click, or the selected marking."""
    selection, labels = desk.selection, desk.labels
    after = labels
    if selection.marking is not None and selection.click is not None:
        if selection.click < len(labels.pitch.markings.get(selection.marking, ())):
            after = remove_marking_point(labels, selection.marking, selection.click)
        selection = Selection(marking=selection.marking if selection.marking in after.pitch.markings else None)
    elif selection.marking is not None:
        after = set_marking(labels, selection.marking, ())
        selection = Selection()
    for name in selection.keypoints:
        after = give_back(after, name, instance=desk.people.active)
    if after == labels:
        desk.say(translate("Tools", "Nothing said of it yet: there is nothing to delete"))
        return
    desk.edit(after, text=translate("Tools", "Delete {name}").format(name=_named(desk.selection)))
    desk.select(selection)


def set_visibility_selected(desk: Desk, visibility: Visibility) -> None:
    """Mark every selected keypoint visible, occluded or absent."""
    names = desk.selection.keypoints
    if not names:
        desk.say(translate("Tools", "Select a keypoint first"))
        return
    labels = desk.people.taken(desk.labels)
    for name in names:
        labels = set_visibility(labels, name, visibility, instance=desk.people.active)
    if labels == desk.labels:
        return
    texts = {
        Visibility.VISIBLE: translate("Tools", "Mark {name} visible"),
        Visibility.OCCLUDED: translate("Tools", "Mark {name} occluded"),
        Visibility.ABSENT: translate("Tools", "Mark {name} absent"),
    }
    desk.edit(labels, text=texts[visibility].format(name=_named(desk.selection)))


def _named(selection: Selection) -> str:
    if selection.marking is not None:
        title = spoken(selection.marking)
        return title if selection.click is None else translate("Tools", "point of {name}").format(name=title)
    if len(selection.keypoints) == 1:
        return spoken(selection.keypoints[0])
    return translate("Tools", "{count} points").format(count=len(selection.keypoints))
