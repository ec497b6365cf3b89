"""Carries labels through a clip for the window: to the neighbour, on until unsure, from all accepted frames."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from annotator.frames import FrameSource
from annotator.gui.background import Progress, ShouldStop
from annotator.gui.carried_change import CarriedChange, CarriedChanges, Records, written
from annotator.gui.carry_runs import Clip, Leg, Run, carried, legs_of_all
from annotator.gui.carry_words import carried_text, stop_text
from annotator.gui.errands import Errands
from annotator.gui.loading import Image
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline
from annotator.labels import Decision, FrameRecord
from annotator.project import ChangedElsewhereError
from annotator.timeline import STATES, Track

if TYPE_CHECKING:
    from annotator.motion import End

_SHOW_SECONDS = 0.06
_CLOSED = (Decision.ACCEPTED, Decision.REJECTED)


class Carrying(QObject):
    """Runs that carry labels, one at a time as the other long work of a project; each is one step to undo.

    What is carried is shown as it comes while the person looks on; whoever goes to another frame is left there.
    """

    told = Signal(str)
    changed = Signal()
    _seen = Signal(object, int, object, object)
    _kept = Signal(object, object)

    def __init__(
        self, session: Session, timeline: Timeline, errands: Errands, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._timeline, self._errands = session, timeline, errands
        self.changes = CarriedChanges(session, self)
        self._source = FrameSource(max_frames=4)
        self._running: object | None = None
        self._shown_at = 0.0
        self._follow = False
        self._seen.connect(self._on_seen)
        self._kept.connect(self._on_kept)
        session.project_changed.connect(self._on_project)

    @property
    def running(self) -> bool:
        """True while labels are carried."""
        return self._running is not None

    def stop(self) -> None:
        """End the run; what was carried stays."""
        if self.running:
            self._errands.job.stop()

    def clip(self) -> Clip | None:
        """The clip on the timeline for work in a thread."""
        project, track = self._session.project, self._timeline.track
        return None if project is None or track is None else Clip(project, track, self._source)

    # From the frame on the screen

    def carry_next(self, way: int) -> None:
        """Carry the frame's labels to its neighbour and go there."""
        place = self._ready(way)
        track = self._timeline.track
        if place is None or track is None:
            return
        to = place + way
        if not 0 <= to < len(track):
            self._session.say(self.tr("There is no frame on this side"))
            return
        if self._is_closed(to) or track.said[to] == 1:
            # It has a person's labels: to look at them is all there is to do.
            self._session.show(int(track.ids[to]))
            self._session.say(self.tr("This frame has labels of its own"))
            return
        self._start([Leg(place, to)], self.tr("Carry labels to the next frame"), self.tr("Carrying labels"), go=to)

    def carry_on(self, way: int) -> None:
        """Carry the frame's labels on until it is unsure, to the end of the range where the frame is in one."""
        place = self._ready(way)
        track, chosen = self._timeline.track, self._timeline.range
        if place is None or track is None:
            return
        here = self._timeline.place or 0
        low, high = chosen if chosen is not None and chosen[0] <= here <= chosen[1] else (0, len(track) - 1)
        until = high if way > 0 else low
        if until == place:
            self._session.say(self.tr("There is no frame on this side"))
            return
        self._start([Leg(place, until)], self.tr("Carry labels on"), self.tr("Carrying labels"), go=None)

    def _ready(self, way: int) -> int | None:
        """The number of the frame whose labels can be carried; else a word on why not.

        That is the frame on the screen, or where it is empty the one that it would get labels from.
        """
        session, place = self._session, self._timeline.place
        if session.passing:
            session.settle()
        if place is None or self._timeline.track is None:
            return None
        session.end_gesture()
        if session.frame_id != session.wanted:
            return None
        if session.labels.is_empty:
            if self._is_closed(place) or not self._is_labelled(place - way):
                session.say(self.tr("Label this frame first: there is nothing to carry"))
                return None
            place -= way
        if session.blind.covers(session.frame_id):
            session.say(self.tr("Nothing is carried during a blind check"))
            return None
        return place

    def _is_labelled(self, place: int) -> bool:
        track = self._timeline.track
        return track is not None and 0 <= place < len(track) and bool(track.said[place])

    def _is_closed(self, place: int) -> bool:
        track = self._timeline.track
        assert track is not None
        return STATES[track.states[place]].value in {decision.value for decision in _CLOSED}

    # From all accepted frames

    def keys(self) -> list[int]:
        """Numbers of the accepted frames of the clip, in order; within the range where there is one."""
        track, chosen = self._timeline.track, self._timeline.range
        if track is None:
            return []
        wanted = next(n for n, state in enumerate(STATES) if state.value == Decision.ACCEPTED.value)
        found = np.flatnonzero((track.states == wanted) & (track.said > 0))
        if chosen is not None and chosen[0] < chosen[1]:
            found = found[(found >= chosen[0]) & (found <= chosen[1])]
        return [int(place) for place in found]

    def plan(self, farthest: int) -> list[Leg]:
        """The ways that carrying from all accepted frames goes."""
        track = self._timeline.track
        return [] if track is None else legs_of_all(track, self.keys(), farthest)

    def carry_all(self, farthest: int) -> None:
        """Carry the labels of every accepted frame both ways, each frame from the nearest."""
        legs = self.plan(farthest)
        if legs:
            title = self.tr("Carry labels of accepted frames")
            self._start(legs, title, self.tr("Carrying labels of accepted frames"), go=None)

    # Runs

    def _start(self, legs: Sequence[Leg], text: str, title: str, *, go: int | None) -> None:
        clip = self.clip()
        if clip is None or self.changes.busy or self.running:
            return
        token = object()

        def seen(number: int, picture: Image, record: FrameRecord) -> None:
            self._seen.emit(token, number, picture, record)

        author = self._session.author

        def keep(after: Records, before: Records) -> None:
            # A frame that a person is at this very moment is left to the end of the run.
            with suppress(ChangedElsewhereError):
                self._kept.emit(token, written(clip.project, after, before, text=text, author=author))

        def work(progress: Progress, should_stop: ShouldStop) -> Run:
            return carried(clip, legs, seen=seen, keep=keep, progress=progress, should_stop=should_stop)

        if self._errands.run(title, work, lambda run: self._on_run(run, text, go=go), failed=self._on_broken):
            self._begin(token, follow=go is None)

    def _begin(self, token: object, *, follow: bool) -> None:
        self._running, self._follow = token, follow
        self._shown_at = 0.0
        self.changed.emit()

    def _end(self) -> None:
        self._running, self._follow = None, False
        self._timeline.forget_carried()
        self.changed.emit()

    def _on_seen(self, token: object, number: int, picture: Any, record: Any) -> None:
        """A frame was reached: the timeline has it at once, the picture follows while it can."""
        track = self._timeline.track
        if token is not self._running or track is None or number >= len(track):
            return
        frame_id = int(track.ids[number])
        self._timeline.show_carried(frame_id)
        now = time.monotonic()
        if self._shown_at and not self._session.passing:
            self._follow = False
        if self._follow and now - self._shown_at > _SHOW_SECONDS:
            self._shown_at = now
            self._session.glance(frame_id, picture, record)

    def _on_kept(self, token: object, stored: Records) -> None:
        """A part of a long run is stored; it becomes one step with the rest when the run is over."""
        if token is self._running:
            self._session.take_many(stored)

    def _on_run(self, run: Run, text: str, *, go: int | None) -> None:
        track = self._timeline.track
        self._end()
        followed = self._session.passing
        end = run.ends[-1][1] if run.ends else None
        if not run.after:
            self._session.settle()
            self._timeline.reread()
            why = "" if end is None else stop_text(end)
            self.told.emit(why or self.tr("No frame got labels: they have labels of their own, or were accepted"))
            return
        self.changes.make(CarriedChange(run.before, run.after, text))
        if go is not None and track is not None:
            self._session.show(int(track.ids[go]))
            return
        self._show_last(track, run, followed=followed)
        many = len(run.ends) > 1
        self.told.emit(self._summary(run) if many else carried_text(len(run.after), end))

    def _show_last(self, track: Track | None, run: Run, *, followed: bool) -> None:
        """Stay where the run ended, with the labels that are stored now."""
        if not followed or track is None or not run.ends:
            self._session.settle()
            return
        leg, end = run.ends[-1]
        last = end.frame + (1 if leg.until < leg.start else -1)
        frame_id = int(track.ids[min(max(last, 0), len(track) - 1)])

        def settled(count: int) -> None:
            self.changes.ended.disconnect(settled)
            if self._session.passing:
                self._session.glance(frame_id)
                self._session.settle()

        self.changes.ended.connect(settled)

    def _summary(self, run: Run) -> str:
        """What many runs did, with the reasons that ended them early."""
        from annotator.motion import Stop

        early = [end for _, end in run.ends if end.reason not in (Stop.END, Stop.LABELLED)]
        text = carried_text(len(run.after))
        if not early:
            return text
        unsure = self.tr("{count} of {all} runs ended early").format(count=len(early), all=len(run.ends))
        return f"{text}. {unsure}: {_commonest(early)}"

    def _on_broken(self) -> None:
        self._end()
        self._session.settle()
        self._timeline.reread()

    def _on_project(self) -> None:
        self._running, self._follow = None, False
        self._source.forget()

    def close(self) -> None:
        """Let the thread end."""
        self.changes.close()
        self._source.close()


def _commonest(ends: Sequence[End]) -> str:
    """The reason that ended most runs, as it is told of the first of them."""
    counts: Mapping[str, int] = {end.reason.value: sum(one.reason is end.reason for one in ends) for end in ends}
    first = max(ends, key=lambda end: counts[end.reason.value])
    text = stop_text(first)
    return text[:1].lower() + text[1:]
