"""What the commands do, each in a few lines, through the session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QInputDialog

from annotator.gui import people_deeds
from annotator.gui.selected import delete_selected, nudge, set_visibility_selected
from annotator.gui.view_state import NOTHING_SELECTED, HeatmapLayer, Selection, view_state
from annotator.keypoints import Source
from annotator.labels import EMPTY, Decision, FrameState, Origin, Point, Visibility, place, set_visibility
from annotator.pitch import KEYPOINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotator.gui.main_window import MainWindow
    from annotator.gui.session import Session
    from annotator.keypoints import Keypoint

translate = QCoreApplication.translate
_ROUND = {
    Visibility.VISIBLE: Visibility.OCCLUDED,
    Visibility.OCCLUDED: Visibility.ABSENT,
    Visibility.ABSENT: Visibility.VISIBLE,
}


def save(window: MainWindow) -> None:
    """Store what a gesture under way has not stored yet, and say where everything is."""
    window.session.end_gesture()
    if window.session.project is not None:
        window.session.say(translate("Deeds", "Stored in {path}").format(path=window.session.project.path))


def delete(window: MainWindow) -> None:
    """Delete what is selected; with no point selected, the active person or thing."""
    if window.session.people.is_on and not window.session.selection.keypoints:
        people_deeds.remove(window)
        return
    delete_selected(window.session)


def clear_frame(window: MainWindow) -> None:
    """Forget what was said of the frame."""
    window.session.edit(EMPTY, text=translate("Deeds", "Clear frame"))
    window.session.select(NOTHING_SELECTED)


def copy_previous(window: MainWindow) -> None:
    """Take over the labels of the frame before."""
    session = window.session
    if session.is_blind:
        session.say(translate("Deeds", "Nothing is copied during a blind check"))
        return
    before = session.order.step(session.frame_id, -1)
    if session.project is None or before is None or before == session.frame_id:
        session.say(translate("Deeds", "There is no frame before this one"))
        return
    labels = session.project.record(before).labels
    if labels.is_empty:
        session.say(translate("Deeds", "The frame before has no labels"))
        return
    session.edit(labels, text=translate("Deeds", "Copy from previous frame"))


def select_all(window: MainWindow) -> None:
    """Select every keypoint on the screen."""
    session = window.session
    if session.resolved is None:
        return
    view = view_state(session.resolved, session.labels.pitch, session.settings, size=session.size)
    session.select(Selection(keypoints=tuple(mark.name for mark in view.marks)))


def deselect(window: MainWindow) -> None:
    """Select nothing; with nothing selected, put the tool away. First of all, stop what carries labels on."""
    if window.timing.stop():
        return
    if window.session.selection == NOTHING_SELECTED:
        window.tools.choose("select")
    window.session.select(NOTHING_SELECTED)


def accept(window: MainWindow) -> None:
    """Accept what is on the screen and go on; a pitch that is shown and not taken yet is taken first."""
    session = window.session
    if not session.can_decide or window.tools.take_pitch():
        alone, before = session.people.boxes_alone(session.settings), session.stack.index()
        session.accept_and_next()
        people_deeds.tell_of_boxes(window, alone, before)


def arrow(window: MainWindow, dx: float, dy: float) -> None:
    """Nudge what is selected; left and right by a pixel change the frame when nothing is."""
    selection = window.session.selection
    if selection.keypoints or selection.click is not None:
        nudge(window.session, dx, dy)
    elif abs(dx) == 1.0:
        window.session.step(int(dx))


def arrow_by(dx: float, dy: float) -> Callable[[MainWindow], None]:
    """The deed of one arrow key."""
    return lambda window: arrow(window, dx, dy)


def toggle(window: MainWindow, field: str) -> None:
    """Show or hide one layer."""
    settings = window.session.settings
    flipped: Any = {field: not getattr(settings, field)}
    window.session.set_settings(replace(settings, **flipped))


def toggle_heatmap(window: MainWindow, layer: HeatmapLayer) -> None:
    """Show this heatmap, or none if it is shown already."""
    settings = window.session.settings
    wanted = HeatmapLayer.NONE if settings.heatmap is layer else layer
    window.session.set_settings(replace(settings, heatmap=wanted))
    if wanted is HeatmapLayer.SELECTED and window.session.active_keypoint is None:
        window.session.say(translate("Deeds", "Choose a keypoint to see its heatmap"))


def full_screen(window: MainWindow) -> None:
    """Fill the screen, or stop doing so."""
    if window.isFullScreen():
        window.showNormal()
    else:
        window.showFullScreen()


def go_to_end(window: MainWindow, place: int) -> None:
    """Show the first (0) or last (-1) listed frame."""
    if window.session.order.ids:
        window.session.show(window.session.order.ids[place])


def go_to_frame(window: MainWindow) -> None:
    """Ask for a number and show that frame."""
    order = window.session.order
    if not order.ids:
        return
    now = (order.place_of(window.session.wanted) or 0) + 1
    text = translate("Deeds", "Frame, 1 to {count}").format(count=len(order.ids))
    number, chosen = QInputDialog.getInt(window, translate("Deeds", "Go to frame"), text, now, 1, len(order.ids))
    if chosen:
        window.session.show(order.ids[number - 1])


def go_to_state(window: MainWindow, direction: int, states: frozenset[FrameState]) -> None:
    """Show the nearest frame in one of these states."""
    if direction > 0:
        nothing = translate("Deeds", "There is none after this frame in the list")
    else:
        nothing = translate("Deeds", "There is none before this frame in the list")
    window.session.show_next(direction, states, nothing)


def search(window: MainWindow) -> None:
    """Go to the search box of the list."""
    window.frames.start_search()


def propose_marking(window: MainWindow) -> None:
    """Take the marking tool with the marking that would help most; once more for the next one."""
    tools = window.tools
    if tools.current == "marking" and tools.guide.proposal is not None:
        tools.guide.step(1)
        return
    window.session.select(NOTHING_SELECTED)
    tools.take("marking")
    if tools.guide.proposal is None:
        tools.guide.propose()


def take_offered_circle(window: MainWindow) -> None:
    """Agree to the offered circle, or say that there is none."""
    if not window.tools.guide.take_offer():
        window.session.say(translate("Deeds", "No circle is offered: it needs a sure camera and the marking tool"))


def next_point(window: MainWindow, by: int) -> None:
    """Make another keypoint the active one, and select it where it is to be seen; another marking while drawing."""
    session = window.session
    if window.tools.current == "marking":
        window.tools.guide.step(by)
        return
    session.advance(by)
    name = session.active_keypoint
    found = _keypoint(session, name)
    session.select(Selection(keypoints=(name,)) if name and found and found.position else NOTHING_SELECTED)


def skip_point(window: MainWindow) -> None:
    """Mark the active keypoint absent and go to the next."""
    session = window.session
    name = session.active_keypoint
    if name is not None:
        people = session.people
        labels = set_visibility(people.taken(session.labels), name, Visibility.ABSENT, instance=people.active)
        session.edit(labels, text=translate("Deeds", "Mark absent"))
        session.advance()


def cycle_visibility(window: MainWindow) -> None:
    """Take the selected points one further round."""
    session = window.session
    found = _keypoint(session, session.selection.keypoints[0] if session.selection.keypoints else None)
    if found is not None:
        set_visibility_selected(session, _ROUND[found.visibility])


def mark(window: MainWindow, visibility: Visibility) -> None:
    """Mark the selected points."""
    set_visibility_selected(window.session, visibility)


def place_at_prediction(window: MainWindow) -> None:
    """Place the selected points where the network sees them."""
    _place_selected(window.session, lambda point: point.predicted, translate("Deeds", "Place where predicted"))


def place_at_geometry(window: MainWindow) -> None:
    """Place the selected points where the ground homography has them."""
    session = window.session
    homography = None if session.resolved is None else session.resolved.image_from_pitch

    def projected(point: Keypoint) -> Point | None:
        where = KEYPOINTS[point.name]
        if homography is None or not where.on_ground:
            return None
        x, y, w = homography @ np.array([where.world[0], where.world[1], 1.0])
        return None if w == 0.0 else (float(x / w), float(y / w))

    _place_selected(session, projected, translate("Deeds", "Place where geometry has it"))


def _place_selected(session: Session, where: Callable[[Keypoint], Point | None], text: str) -> None:
    if not session.can_decide:
        # As with a whole frame: nobody says yes to a point that is not on the screen yet.
        return
    labels, number = session.people.taken(session.labels), session.people.active
    known = False
    for name in session.selection.keypoints:
        found = _keypoint(session, name)
        spot = None if found is None else where(found)
        if found is None or spot is None:
            continue
        known = True
        if found.source is not Source.PLACED or found.position != spot:
            labels = place(labels, name, spot, origin=_origin(found, spot), instance=number)
    if not known:
        session.say(translate("Deeds", "Nothing says where these points are"))
    elif labels != session.labels:
        session.edit(labels, text=text)


def _origin(found: Keypoint, spot: Point) -> Origin:
    """A yes to what is on the screen is no correction of it; against the geometry it is a person's word."""
    shown = found.source is Source.PREDICTED and found.position == spot
    return Origin.ACCEPTED if shown else Origin.HAND


def _keypoint(session: Session, name: str | None) -> Keypoint | None:
    return None if name is None or session.resolved is None else session.resolved.keypoints.get(name)


def stop(window: MainWindow) -> None:
    """Stop what is running."""
    job = window.errands.current
    if job is not None:
        job.stop()


def next_issue(window: MainWindow) -> None:
    """Show the next thing that looks wrong, and the list of all."""
    window.docks.show_checks()
    window.issues.show_next()


def reopen(window: MainWindow) -> None:
    """Take the decision about the frame back."""
    session = window.session
    review = replace(session.record.review, decision=Decision.OPEN, reason="")
    session.decide(review, text=translate("Deeds", "Take the decision back"))
