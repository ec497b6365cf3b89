"""The numbered things of the clip on the timeline: where each is, read in the background and kept up with edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from annotator.gui.background import Lane, Progress, ShouldStop
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline
from annotator.project import ProjectError
from annotator.timeline_things import ThingLanes, kinds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING = ThingLanes()


class Identities(QObject):
    """Where everybody of the clip is, where a frame of the project's scheme may show several; else ``lanes`` is empty.

    ``found`` tells that there are lanes where there were none, or none any more.
    """

    changed = Signal()
    found = Signal()
    _piece = Signal(object, object)

    def __init__(self, session: Session, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._timeline = session, timeline
        self.lanes = NOTHING
        self._wanted: int | None = None
        self._waiting: int | None = None
        # What was saved while the project is read may have been read before.
        self._meanwhile: dict[int, Mapping[int, int]] = {}
        self._lane = Lane("timeline things", self)
        self._piece.connect(self._on_piece)
        timeline.clip_changed.connect(self._on_clip)
        session.saved.connect(self._on_saved)
        session.many_changed.connect(self._read)
        session.frame_changed.connect(self._choose)

    @property
    def active(self) -> int | None:
        """The number of the thing that is worked on."""
        people = self._session.people
        return people.active if people.is_many else None

    @property
    def awaited(self) -> bool:
        """Whether the clip's frames may show several: those who come then move nothing on the screen."""
        return self._timeline.track is not None and self._session.people.is_many

    @property
    def busy(self) -> bool:
        """True while the project is read."""
        return self._lane.busy

    def _on_clip(self) -> None:
        self._lane.drop()
        self._take(NOTHING)
        # There is room for rows before there is one.
        self.changed.emit()
        self._read()

    def _read(self) -> None:
        project, track = self._session.project, self._timeline.track
        if project is None or track is None or not self._session.people.is_many:
            return
        media_id, places = track.media_id, {number: place for place, number in enumerate(track.ids.tolist())}
        self._meanwhile.clear()
        is_first = not self.lanes.numbers

        def work(progress: Progress, should_stop: ShouldStop) -> ThingLanes | None:
            from annotator.timeline_things import read_lanes

            # Lanes that are there already stay whole until all of them are read anew.
            tell = (lambda lanes: self._piece.emit(media_id, lanes)) if is_first else (lambda lanes: None)
            return read_lanes(project, media_id, places, found=tell, should_stop=should_stop)

        self._lane.ask(work, then=self._on_read, failed=lambda error: None)

    def _on_piece(self, media_id: int, lanes: ThingLanes) -> None:
        track = self._timeline.track
        if self._lane.busy and track is not None and track.media_id == media_id:
            self._take(lanes)

    def _on_read(self, lanes: ThingLanes | None) -> None:
        if lanes is None:
            return
        for place, kinds in self._meanwhile.items():
            lanes = lanes.with_frame(place, kinds)
        self._take(lanes)

    def _on_saved(self, frame_id: int) -> None:
        project, track = self._session.project, self._timeline.track
        place = None if track is None else track.place_of(frame_id)
        if project is None or place is None or not self._session.people.is_many:
            return
        try:
            kinds = kinds_of(project.record(frame_id).labels)
        except ProjectError:
            kinds = {}
        if self._lane.busy:
            self._meanwhile[place] = kinds
        self._take(self.lanes.with_frame(place, kinds))

    def _take(self, lanes: ThingLanes) -> None:
        if lanes is self.lanes:
            return
        before, self.lanes = self.lanes, lanes
        self.changed.emit()
        if bool(before.numbers) is not bool(lanes.numbers):
            self.found.emit()

    # Choosing one

    def want(self, number: int) -> None:
        """Work on this thing as soon as the frame that is gone to is there, if it is in it."""
        self._wanted, self._waiting = number, self._session.wanted
        self._choose()

    def _choose(self) -> None:
        session, number = self._session, self._wanted
        if number is None or session.frame_id != session.wanted:
            return
        if session.passing:
            return
        self._wanted = None
        if any(one.id == number for one in session.people.things) and number != session.people.active:
            session.choose_thing(number)

    def close(self) -> None:
        """Let the thread end."""
        self._lane.close()
