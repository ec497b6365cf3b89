"""Who is who through a clip, for the window: everybody followed, and corrections from the frame on the screen on.

Each is worked out in a thread, written as a whole, and one step to undo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, SignalInstance

from annotator.gui.background import Progress, ShouldStop
from annotator.gui.carried_change import CarriedChange, CarriedChanges
from annotator.gui.errands import Errands
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline
from annotator.labels import FrameLabels, FrameRecord
from annotator.timeline import Track

if TYPE_CHECKING:
    from annotator.project import Project
    from annotator.tracking_project import Followed

Clip = Mapping[int, FrameLabels]
Correct = Callable[[Clip], tuple[Mapping[int, FrameLabels], str, int | None]]
"""Labels by the number of the frame: those that change, what is told, and the number that is active then."""

_MOST = 6
"""So many numbers are named in a message."""


class _RefusedError(Exception):
    """A correction that makes no sense; the message is for the person."""


class Tracking(QObject):
    """Follows everybody through the clip on the timeline, and corrects their numbers."""

    told = Signal(str)
    # As ``told``, where `follow_on` is a way to go on.
    offered = Signal(str)

    def __init__(
        self, session: Session, timeline: Timeline, errands: Errands, changes: CarriedChanges,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session, self._timeline, self._errands, self._changes = session, timeline, errands, changes

    def track(self) -> None:
        """Follow everybody through the clip, or through the range on the timeline."""
        self._follow(to_the_end=False)

    def follow_on(self) -> None:
        """As `track`, without a limit to how far the picture alone carries somebody."""
        self._follow(to_the_end=True)

    def _follow(self, *, to_the_end: bool) -> None:
        project, track = self._ready()
        if project is None or track is None:
            return
        span, cuts = self._timeline.range, tuple(int(cut) for cut in track.cuts)

        def work(progress: Progress, should_stop: ShouldStop) -> Followed | str | None:
            from annotator.tracking_project import NobodyError, follow, saw_people, settings_for, without_limit

            settings = None
            if to_the_end:
                ids = track.ids if span is None else track.ids[span[0] : span[1] + 1]
                predicted = saw_people(project, ids.tolist())
                settings = without_limit(settings_for(predicted=predicted), len(track))
            try:
                return follow(
                    project, track.media_id, settings=settings, cuts=cuts, span=span, progress=progress,
                    should_stop=should_stop,
                )  # fmt: skip
            except NobodyError:
                return self.tr("There is nobody to follow yet: label somebody in a frame, or let a network look")

        self._errands.run(self.tr("Tracking through the clip"), work, self._on_followed)

    def _on_followed(self, found: Followed | str | None) -> None:
        if found is None:
            self.told.emit(self.tr("Stopped: nothing was changed"))
        elif isinstance(found, str):
            self.told.emit(found)
        elif not found.after:
            text = self.tr("Every frame holds already what was found") + self._ended_early(found)
            (self.offered if found.limited else self.told).emit(text)
        else:
            text = self.tr("Followed: {count}. Frames changed: {frames}")
            text = text.format(count=len(found.numbers), frames=f"{len(found.after):,}")
            if found.closed:
                text += self.tr(". Decided frames left as they are: {count}").format(count=f"{found.closed:,}")
            text += self._ended_early(found)
            title = self.tr("Track through the clip")
            self._make(found.before, found.after, title, text, None, tell=self.offered if found.limited else self.told)

    def _ended_early(self, found: Followed) -> str:
        """Who was not followed to where the clip ends, in words; nothing where everybody was."""
        if not found.limited:
            return ""
        some = sorted(found.limited)
        numbers = ", ".join(str(number) for number in some[:_MOST]) + (", ..." if len(some) > _MOST else "")
        text = self.tr(". Stopped {longest} frames after the last label, where no network saw them: {numbers}")
        return text.format(longest=found.longest, numbers=numbers)

    # Corrections

    def split(self, number: int) -> None:
        """From the frame on the screen on, this is somebody else."""
        place = self._timeline.place

        def correct(clip: Clip) -> tuple[Mapping[int, FrameLabels], str, int | None]:
            from annotator.tracking_labels import split

            assert place is not None
            try:
                changed, new = split(clip, number, start=place)
            except ValueError as error:
                text = self.tr("Number {number} begins or ends here: there is nothing to split")
                raise _RefusedError(text.format(number=number)) from error
            return changed, self.tr("From here on number {number} is {to}").format(number=number, to=new), new

        self._correct(self.tr("Split number {number}").format(number=number), correct)

    def join(self, number: int, other: int) -> None:
        """Two numbers are one and the same, everywhere in the clip."""
        if number == other:
            self.told.emit(self.tr("{number} is {number} already: choose another number").format(number=number))
            return

        def correct(clip: Clip) -> tuple[Mapping[int, FrameLabels], str, int | None]:
            from annotator.tracking_labels import TogetherError, join

            try:
                changed = join(clip, number, other)
            except TogetherError as error:
                text = self.tr("Numbers {number} and {other} are both labelled in frame {frame}: they are two")
                text = text.format(number=number, other=other, frame=f"{error.frames[0] + 1:,}")
                raise _RefusedError(text) from error
            except ValueError as error:
                text = self.tr("Nothing in the clip has the number {other}")
                raise _RefusedError(text.format(other=other)) from error
            return changed, self.tr("{other} is {number} now").format(other=other, number=number), number

        self._correct(self.tr("Join numbers {one} and {two}").format(one=number, two=other), correct)

    def renumber(self, number: int, to: int) -> None:
        """From the frame on the screen on this has another number; who had it takes the old one."""
        place = self._timeline.place

        def correct(clip: Clip) -> tuple[Mapping[int, FrameLabels], str, int | None]:
            from annotator.tracking_labels import renumber

            assert place is not None
            try:
                changed = renumber(clip, number, to, start=place)
            except ValueError as error:
                text = self.tr("Number {number} stays as it is: it is not labelled from here on")
                raise _RefusedError(text.format(number=number)) from error
            return changed, self.tr("From here on number {number} is {to}").format(number=number, to=to), to

        self._correct(self.tr("Number {number} becomes {to} from here on").format(number=number, to=to), correct)

    def _correct(self, title: str, correct: Correct) -> None:
        project, track = self._ready()
        if project is None or track is None:
            return
        all_ids = track.ids.tolist()

        def work(progress: Progress, should_stop: ShouldStop) -> object:
            from annotator.tracking_project import spoken_frames

            spoken = spoken_frames(project, track.media_id)
            ids = [(place, frame_id) for place, frame_id in enumerate(all_ids) if frame_id in spoken]
            before: dict[int, FrameRecord] = {}
            for done, (place, frame_id) in enumerate(ids):
                if should_stop():
                    return None
                before[place] = project.record(frame_id)
                progress(done, len(ids))
            try:
                changed, text, number = correct({place: record.labels for place, record in before.items()})
            except _RefusedError as refused:
                return str(refused)
            by_id = dict(ids)
            after = {by_id[place]: FrameRecord(labels, before[place].review) for place, labels in changed.items()}
            return {by_id[place]: before[place] for place in changed}, after, text, number

        def then(found: object) -> None:
            if isinstance(found, str):
                self.told.emit(found)
            elif isinstance(found, tuple):
                was, after, text, number = found
                self._make(was, after, title, text, number)

        self._errands.run(title, work, then)

    def _make(
        self, before: Mapping[int, FrameRecord], after: Mapping[int, FrameRecord], title: str, text: str,
        number: int | None, *, tell: SignalInstance | None = None,
    ) -> None:  # fmt: skip
        """Write a change; when it is written, say so and go on with this number."""

        def ended(count: int) -> None:
            self._changes.ended.disconnect(ended)
            if count:
                if number is not None:
                    self._session.choose_thing(number)
                (tell or self.told).emit(text)

        self._changes.ended.connect(ended)
        self._changes.make(CarriedChange(before, after, title))

    def _ready(self) -> tuple[Project | None, Track | None]:
        """The project and the clip, if something can be changed now."""
        session = self._session
        if session.passing:
            session.settle()
        session.end_gesture()
        if session.blind.covers(session.frame_id):
            session.say(self.tr("Nothing is tracked during a blind check"))
            return None, None
        if self._changes.busy:
            return None, None
        return session.project, self._timeline.track
