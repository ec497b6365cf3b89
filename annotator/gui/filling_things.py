"""Fills in where things are missing between labelled frames, for the window: in a thread, and one step to undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from annotator.gui.background import Progress, ShouldStop
from annotator.gui.carried_change import CarriedChange, CarriedChanges
from annotator.gui.errands import Errands
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline

if TYPE_CHECKING:
    from annotator.filling_things import FilledThings


class FillingThings(QObject):
    """Asks for what is missing about the playhead, or in the range of the timeline."""

    told = Signal(str)

    def __init__(
        self, session: Session, timeline: Timeline, errands: Errands, changes: CarriedChanges,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session, self._timeline, self._errands, self._changes = session, timeline, errands, changes

    def fill(self) -> None:
        """Fill the gaps about the frame on the screen, or those in the range."""
        session, track, span = self._session, self._timeline.track, self._timeline.range
        if session.passing:
            session.settle()
        session.end_gesture()
        project, place = session.project, self._timeline.place
        if session.blind.covers(session.frame_id):
            session.say(self.tr("Nothing is filled in during a blind check"))
            return
        if project is None or track is None or place is None or self._changes.busy:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> FilledThings | None:
            from annotator.filling_things import fill_things

            return fill_things(project, track, place, span=span, progress=progress, should_stop=should_stop)

        self._errands.run(self.tr("Filling in"), work, self._on_filled)

    def _on_filled(self, found: FilledThings | None) -> None:
        if found is None:
            self.told.emit(self.tr("Stopped: nothing was filled in"))
        elif not found.after and found.apart:
            text = self.tr("Nothing was filled in: the frames before and after have no point and no box in common")
            self.told.emit(text)
        elif not found.after:
            self.told.emit(self.tr("Nothing is missing between two labelled frames here"))
        else:
            text = self.tr("Frames filled in: {frames}")
            if self._session.people.is_many:
                text = self.tr("Filled in: {count}. Frames changed: {frames}")
            text = text.format(count=len(found.numbers), frames=f"{len(found.after):,}")

            def ended(count: int) -> None:
                self._changes.ended.disconnect(ended)
                if count:
                    self.told.emit(text)

            self._changes.ended.connect(ended)
            self._changes.make(CarriedChange(found.before, found.after, self.tr("Fill in between labelled frames")))
