"""Fills the stretch between two accepted key frames, and keeps it in step when one of them is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.carried_change import CarriedChange
from annotator.gui.carry_runs import Clip, watch_between
from annotator.gui.errands import Errands
from annotator.gui.propagating import Carrying
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline
from annotator.gui.timeline_words import spoken
from annotator.labels import FrameState, How
from annotator.project import ProjectError
from annotator.timeline import STATES

if TYPE_CHECKING:
    from annotator.filling import Filling, Watch

_REST_MS = 500
_ACCEPTED = STATES.index(FrameState.ACCEPTED)


class FillingIn(QObject):
    """Fills in between key frames for the window; how the picture moves between them is remembered while it is open."""

    told = Signal(str)

    def __init__(
        self, session: Session, timeline: Timeline, errands: Errands, carrying: Carrying, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._timeline, self._errands, self._carrying = session, timeline, errands, carrying
        self._watches: dict[int, Watch] = {}
        self._changed: int | None = None
        self._lane = Lane("refill", self)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._refill)
        session.saved.connect(self._on_saved)
        session.project_changed.connect(self._on_project)

    def around(self) -> tuple[int, int] | None:
        """The accepted frames to fill between: those of the range that lie farthest apart, else the two about here."""
        track, place, chosen = self._timeline.track, self._timeline.place, self._timeline.range
        if track is None or place is None:
            return None
        accepted = np.flatnonzero(track.states == _ACCEPTED)
        if chosen is not None and chosen[0] < chosen[1]:
            inside = accepted[(accepted >= chosen[0]) & (accepted <= chosen[1])]
            return (int(inside[0]), int(inside[-1])) if len(inside) > 1 else None
        before, after = accepted[accepted <= place], accepted[accepted > place]
        if not len(before) or not len(after):
            # On the last key frame the stretch before it is meant.
            return (int(before[-2]), int(before[-1])) if len(before) > 1 and before[-1] == place else None
        return int(before[-1]), int(after[0])

    def fill(self) -> None:
        """Fill the stretch between the accepted key frames around."""
        clip, ends = self._carrying.clip(), self.around()
        self._session.end_gesture()
        if clip is None or self._carrying.changes.busy:
            return
        if ends is None:
            self.told.emit(self.tr("Two accepted frames are needed, one before and one after this place"))
            return
        keys = self._keys_in(*ends)
        known = self._watches.get(clip.track.media_id)

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.filling import fill_between

            watch = watch_between(clip, keys, known, progress=progress, should_stop=should_stop)
            if watch is None:
                return None
            size = clip.size(ends[0])
            first, last = clip.id_of(ends[0]), clip.id_of(ends[1])
            return fill_between(clip.project, first, last, size=size, watch=watch), watch

        self._errands.run(self.tr("Filling in"), work, lambda result: self._on_filled(clip, ends, result))

    def _keys_in(self, first: int, last: int) -> list[int]:
        track = self._timeline.track
        assert track is not None
        accepted = np.flatnonzero(track.states == _ACCEPTED)
        return [int(place) for place in accepted[(accepted >= first) & (accepted <= last)]]

    def _on_filled(self, clip: Clip, ends: tuple[int, int], result: Any) -> None:
        from annotator.camera_path import Refusal

        if result is None:
            self.told.emit(self.tr("Stopped: nothing was filled in"))
            return
        filling, watch = result
        self._watches[clip.track.media_id] = watch
        if isinstance(filling, Refusal):
            self.told.emit(self._spoken(filling.reason))
            return
        if not filling.records:
            self.told.emit(self.tr("No frame between them is left to be filled in"))
            return
        text = self.tr("Fill in between key frames")
        self._carrying.changes.make(CarriedChange(filling.expected, filling.records, text))
        self.told.emit(self._text(filling, ends))

    def _text(self, filling: Filling, ends: tuple[int, int]) -> str:
        text = self.tr("Filled in between frames {first} and {last}: {count}").format(
            first=f"{ends[0] + 1:,}", last=f"{ends[1] + 1:,}", count=f"{len(filling.records):,}"
        )
        if filling.left:
            text += self.tr(", left as they are: {count}").format(count=f"{len(filling.left):,}")
        return f"{text}. {self._spoken(filling.notice)}" if filling.notice else text

    def _spoken(self, text: str) -> str:
        project, frame_id = self._session.project, self._session.frame_id
        return text if project is None or frame_id is None else spoken(text, project.row(frame_id).name)

    # In step with the key frames

    def _on_saved(self, frame_id: int) -> None:
        """A key frame that others hang on was changed."""
        if self._session.people.is_on:
            return
        clip = self._carrying.clip()
        place = None if clip is None else clip.track.place_of(frame_id)
        if clip is None or place is None:
            return
        if any(_is_filled(clip, other) for other in (place - 1, place + 1)):
            self._changed = frame_id
            self._rest.start()

    def _refill(self) -> None:
        clip, frame_id = self._carrying.clip(), self._changed
        if clip is None or frame_id is None:
            return
        if self._session.in_gesture or self._carrying.changes.busy or self._carrying.running:
            self._rest.start()
            return
        known = self._watches.get(clip.track.media_id)

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.filling import refill

            place = clip.track.place_of(frame_id)
            assert place is not None
            keys = _hanging_on(clip, place)
            watch = watch_between(clip, keys, known, progress=progress, should_stop=should_stop)
            return refill(clip.project, frame_id, size=clip.size(place), watch=watch), watch

        self._lane.ask(work, then=lambda result: self._on_refilled(clip, result), failed=self._on_failed)

    def _on_refilled(self, clip: Clip, result: Any) -> None:
        from annotator.camera_path import Refusal

        filling, watch = result
        if watch is not None:
            self._watches[clip.track.media_id] = watch
        if isinstance(filling, Refusal):
            # What was filled in stays as it is until the key frame says enough again.
            self._session.say(self.tr("Filled frames stay as they are: {why}").format(why=self._spoken(filling.reason)))
        elif filling is not None and filling.records:
            text = self.tr("Follow the key frame")
            self._carrying.changes.refresh(filling.expected, filling.records, text)
            self._session.say(self.tr("Frames that follow this key frame: {count}").format(count=len(filling.records)))

    def _on_failed(self, error: Exception) -> None:
        self._session.say(sentence(error))

    def _on_project(self) -> None:
        self._lane.drop()
        self._rest.stop()
        self._watches.clear()
        self._changed = None

    def close(self) -> None:
        """Let the thread end."""
        self._rest.stop()
        self._lane.close()


def _hanging_on(clip: Clip, place: int) -> list[int]:
    """The key frame and its neighbours at the far ends of the stretches that were filled in from it."""
    keys = [place]
    for way in (-1, 1):
        at = place + way
        while _is_filled(clip, at):
            at += way
        if 0 <= at < len(clip.track) and abs(at - place) > 1:
            keys.append(at)
    return sorted(keys)


def _is_filled(clip: Clip, place: int) -> bool:
    """Whether a frame was filled in between key frames, as the project has it now."""
    if not 0 <= place < len(clip.track):
        return False
    try:
        link = clip.record(place).labels.pitch.link
    except ProjectError:
        return False
    return link is not None and link.how is How.INTERPOLATED
