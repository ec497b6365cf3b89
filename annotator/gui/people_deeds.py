"""What commands do to things of a frame: people, packets. Each in a few lines, through the session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QInputDialog

from annotator.gui.dismissing import Dismissal
from annotator.gui.view_state import Selection
from annotator.instances import (
    copy,
    delete,
    flip,
    next_id,
    present,
    renumber,
    set_box,
    set_box_from_points,
    swap_ids,
)
from annotator.labels import FrameLabels, Instance
from annotator.tracking_gone import with_gone, without_gone
from annotator.tracking_labels import given

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow
    from annotator.gui.session import Session

translate = QCoreApplication.translate
ASIDE = (12.0, 12.0)
"""Pixels that a copy in the same frame lies beside the original, so that it is seen."""


@dataclass(frozen=True)
class Copied:
    """What was copied, and from which frame."""

    instance: Instance
    frame_id: int | None
    labelled: bool = True


_copied: list[Copied] = []


def take_over(window: MainWindow) -> None:
    """Say all of the active thing as a network sees it."""
    session = window.session
    labels = session.people.shown_of_active(session.labels)
    if labels == session.labels:
        session.say(translate("Deeds", "Nothing of it is only predicted"))
        return
    session.edit(labels, text=translate("Deeds", "Take over {number}").format(number=session.people.active))


def tell_of_boxes(window: MainWindow, count: int, before: int) -> None:
    """Say that so many boxes without points were accepted, if the stack of changes grew from ``before`` on."""
    session = window.session
    after = session.stack.index()
    if not count or after == before:
        return

    def undo() -> None:
        if session.stack.index() == after:
            session.undo()
        else:
            session.say(translate("Deeds", "Something else was changed since: take that back first"))

    text = translate("Deeds", "{count} boxes without points were kept").format(count=f"{count:,}")
    if count == 1:
        text = translate("Deeds", "1 box without points was kept")
    window.message.tell(text, (translate("Deeds", "Undo"), undo))


def answer(window: MainWindow) -> None:
    """Go to what the scheme asks beside the points; Enter there leads back."""
    window.docks.show_things()
    if not window.docks.things.ask():
        window.session.say(translate("Deeds", "This scheme asks nothing beside the points"))


def step(window: MainWindow, by: int) -> None:
    """Make the next thing (1) or the one before (-1) the active one."""
    session = window.session
    number = session.people.beside(by)
    if number is None:
        session.say(translate("Deeds", "Nothing is labelled or seen in this frame yet"))
        return
    session.choose_thing(number)
    thing = session.people.thing
    if thing is not None and thing.box is not None:
        window.canvas.bring_into_view(*thing.box)


def add(window: MainWindow) -> None:
    """Begin a new thing, its first keypoint first."""
    session = window.session
    session.choose_thing(session.people.free_number())
    session.activate(keypoint=None, marking=None)
    session.advance()
    # Whoever draws boxes goes on with boxes.
    window.tools.take("box" if window.tools.current == "box" else "point")


def copy_thing(window: MainWindow) -> None:
    """Remember the active thing."""
    session = window.session
    whole = session.people.whole(session.labels, session.people.active).instance(session.people.active)
    if whole.is_empty:
        session.say(translate("Deeds", "There is nothing to copy yet"))
        return
    labelled = not session.labels.instance(whole.id).is_empty
    _copied[:] = [Copied(whole, session.frame_id, labelled)]
    session.say(translate("Deeds", "Copied; paste it here or in another frame"))


def paste(window: MainWindow) -> None:
    """Add what was copied; beside the original, where it is from this frame.

    In another frame of the clip it is the same one and keeps its number, where that is free; else somebody new.
    """
    session = window.session
    if not _copied:
        session.say(translate("Deeds", "Nothing was copied yet"))
        return
    said = _copied[0]
    known = session.people.scheme.index
    points = {name: point for name, point in said.instance.keypoints.items() if name in known}
    instance = replace(said.instance, keypoints=points, attributes=_asked(session, said.instance))
    if instance.is_empty:
        session.say(translate("Deeds", "What was copied is of another scheme"))
        return
    by = ASIDE if said.frame_id == session.frame_id else (0.0, 0.0)
    labels, number = copy(session.labels, instance, by=by, number=_number_of(window, said))
    if session.people.is_many:
        named = given(labels.instance(number), number)
        labels = without_gone(labels.with_instance(named), {number})
    session.edit(labels, text=translate("Deeds", "Paste {number}").format(number=number))
    session.choose_thing(number)


def _number_of(window: MainWindow, copied: Copied) -> int:
    """The number of what is pasted into the frame on the screen."""
    session, track = window.session, window.timing.timeline.track
    taken = {one.id for one in present(session.labels)}
    is_elsewhere = copied.labelled and copied.frame_id != session.frame_id
    if track is not None and is_elsewhere and {session.frame_id, copied.frame_id} <= set(track.ids.tolist()):
        number = copied.instance.id
        if number not in taken:
            return number
    return next_id(session.labels, session.people.elsewhere())


def _asked(session: Session, instance: Instance) -> dict[str, float | str]:
    names = {one.name for one in session.people.scheme.attributes}
    return {name: value for name, value in instance.attributes.items() if name in names}


def remove(window: MainWindow) -> None:
    """Delete the active thing; one that only a network saw is dismissed."""
    session = window.session
    number = session.people.active
    after = session.people.beside(1)
    thing = session.people.thing
    if thing is not None and not thing.labelled and thing.seen is not None:
        session.end_gesture()
        session.stack.push(Dismissal(session, thing.seen))
        return
    try:
        labels = delete(_marked_gone(window, number), number)
    except ValueError:
        session.say(translate("Deeds", "Nothing was said of it yet: there is nothing to delete"))
        return
    session.edit(labels, text=translate("Deeds", "Delete {number}").format(number=number))
    if not session.labels.instance(number).is_empty:
        # Refused, such as for a change in another window: it is there still, and stays the active one.
        return
    if after is not None and after != number:
        session.choose_thing(after)
    session.select(Selection())


def _marked_gone(window: MainWindow, number: int) -> FrameLabels:
    """The labels with a mark, in a clip, that this one is deleted here: tracking does not bring it back."""
    session, track = window.session, window.timing.timeline.track
    one = session.labels.instance(number)
    if track is None or one.is_empty or not session.people.is_many:
        return session.labels
    return with_gone(session.labels, one)


def give_number(window: MainWindow) -> None:
    """Ask for another number of the active thing; where it is taken the two are exchanged."""
    session = window.session
    number = session.people.active
    title, text = translate("Deeds", "Number"), translate("Deeds", "New number of {number}").format(number=number)
    to, chosen = QInputDialog.getInt(window, title, text, number, 0, 1_000_000)
    if chosen:
        renumber_to(session, number, to)


def renumber_to(session: Session, number: int, to: int) -> None:
    """Give a thing this number; the one that has it takes the other's. Tracking leaves both numbers as they are.

    Its own number may be given, too: from then on it holds.
    """
    labels = session.people.whole(session.labels, number)
    text = translate("Deeds", "Number {number} becomes {to}").format(number=number, to=to)
    if to == number:
        text = translate("Deeds", "Number {number} holds").format(number=number)
    try:
        taken = to != number and any(one.id == to and not one.is_empty for one in labels.instances)
        labels = swap_ids(labels, number, to) if taken else renumber(labels, number, to)
    except ValueError:
        session.say(translate("Deeds", "Nothing was said of it yet: it has no number to change"))
        return
    named = {to, number} if taken else {to}
    some = tuple(given(one, one.id) if one.id in named and not one.is_empty else one for one in labels.instances)
    session.edit(replace(labels, instances=some), text=text)
    session.choose_thing(to)


def flip_sides(window: MainWindow) -> None:
    """Exchange left and right of the active thing."""
    session = window.session
    scheme = session.people.scheme
    mirror = {name: scheme.keypoints[scheme.mirror[n]] for n, name in enumerate(scheme.keypoints)}
    labels = session.people.whole(session.labels, session.people.active)
    try:
        labels = flip(labels, session.people.active, mirror)
    except ValueError:
        session.say(translate("Deeds", "There is nothing to exchange yet"))
        return
    session.edit(labels, text=translate("Deeds", "Exchange left and right"))


def box_from_points(window: MainWindow) -> None:
    """The box around its points becomes the box of the active thing."""
    session = window.session
    try:
        labels = set_box_from_points(
            session.people.taken(session.labels), session.people.active, size=session.size
        )
    except ValueError:
        session.say(translate("Deeds", "Place points first: they span no box yet"))
        return
    session.edit(labels, text=translate("Deeds", "Box from points"))


def forget_box(window: MainWindow) -> None:
    """The box that was drawn goes; the one around the points is shown again."""
    session = window.session
    if session.labels.instance(session.people.active).box is None:
        session.say(translate("Deeds", "No box was drawn of it"))
        return
    session.edit(set_box(session.labels, session.people.active, None), text=translate("Deeds", "Remove box"))
