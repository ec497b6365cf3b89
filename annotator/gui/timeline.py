"""The clip that the frame on the screen belongs to, as the timeline knows it; found out in the background."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from annotator.gui.background import Lane, Progress, ShouldStop
from annotator.gui.session import Session
from annotator.labels import FrameLabels, FrameState, How
from annotator.project import MediaKind, ProjectError
from annotator.timeline import FILLED, KEY, MOTION, STATES, Track, confidences, is_clip, residuals, shots_and_seen
from annotator.timeline_things import kinds_of, spoken_kind

if TYPE_CHECKING:
    from annotator.project import Project

Range = tuple[int, int]
_SHOTS = "timeline/shots"
_MOST_SCANNED = 15_000
"""Frames up to which a video is looked through for cuts without being asked; more take minutes."""
_REST_MS = 700
_PREDICTED = STATES.index(FrameState.PREDICTED)
_UNSEEN = STATES.index(FrameState.UNSEEN)
_DRAFT = STATES.index(FrameState.DRAFT)


def kind_of(labels: FrameLabels) -> int:
    """Who spoke of a frame of the pitch: `KEY`, `MOTION`, `FILLED`, or 0 for nobody."""
    if labels.is_empty:
        return 0
    link = labels.pitch.link
    if link is None:
        return KEY
    return MOTION if link.how is How.MOTION else FILLED


class Timeline(QObject):
    """What is known of the clip of the wanted frame, kept in step with every edit; the person's range in it.

    ``track`` is None without a clip: no project, or images that do not follow each other.
    """

    changed = Signal()
    range_changed = Signal()
    clip_changed = Signal()
    scanned = Signal(int, int)
    _found = Signal(object, object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.track: Track | None = None
        self.range: Range | None = None
        self._carried: dict[int, int] = {}
        self._media_id: int | None = None
        self._opener = Lane("timeline", self)
        self._filler = Lane("timeline values", self)
        self._scanner = Lane("scene cuts", self)
        self.free = threading.Event()
        self.free.set()
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._fill)
        self._found.connect(self._on_found)
        session.project_changed.connect(self._on_project)
        session.wanted_changed.connect(self._follow)
        session.saved.connect(self._on_saved)
        session.many_changed.connect(self._on_many)
        session.prediction_changed.connect(self._on_predicted)

    @property
    def place(self) -> int | None:
        """The number in the clip of the frame asked for, from 0."""
        return None if self.track is None else self.track.place_of(self._session.wanted)

    @property
    def chosen(self) -> Range | None:
        """The range as first and last frame."""
        return self.range

    def choose(self, chosen: Range | None) -> None:
        """Choose a range of frames of the clip, or none."""
        if chosen is not None:
            chosen = (min(chosen), max(chosen))
        if chosen != self.range:
            self.range = chosen
            self.range_changed.emit()

    # Which clip

    def _on_project(self) -> None:
        for lane in (self._opener, self._filler, self._scanner):
            lane.drop()
        self._rest.stop()
        self._media_id = None
        self._carried.clear()
        self.choose(None)
        self._take(None)
        self.clip_changed.emit()

    def _follow(self) -> None:
        """Be about the clip of the frame that is asked for."""
        project, wanted = self._session.project, self._session.wanted
        if project is None or wanted is None:
            return
        if self.track is not None and self.track.place_of(wanted) is not None:
            return
        media_id = project.row(wanted).media_id
        if media_id == self._media_id:
            return
        self._media_id = media_id
        for lane in (self._filler, self._scanner):
            lane.drop()
        self.choose(None)
        self._open(project, media_id)

    def _open(self, project: Project, media_id: int) -> None:
        def work(progress: Progress, should_stop: ShouldStop) -> Track | None:
            return Track.of(project, media_id) if is_clip(project, media_id) else None

        self._opener.ask(work, then=self._on_opened, failed=lambda error: self._on_opened(None))

    def _on_opened(self, track: Track | None) -> None:
        self._take(track)
        self.clip_changed.emit()
        if track is not None:
            self._fill()

    def _take(self, track: Track | None) -> None:
        if track is not self.track:
            self.track = track
            self.changed.emit()

    # What is known of it

    def _fill(self) -> None:
        """Find out times, confidences and distances, then where the video cuts."""
        project, track = self._session.project, self.track
        if project is None or track is None:
            return
        media_id, threshold, ids = track.media_id, self._session.settings.threshold, track.ids.tolist()
        needs_times = not len(track.times)
        tell = partial(self._found.emit, media_id)

        def work(progress: Progress, should_stop: ShouldStop) -> None:
            if needs_times:
                tell(("times", times_of(project, media_id)))
            confidences(
                project, media_id, threshold=threshold,
                found=lambda piece: tell(("confidence", piece)), should_stop=should_stop,
            )  # fmt: skip
            tell(("residual", residuals(project, ids)))

        if not self._filler.busy:
            self._filler.ask(work, then=lambda result: self._on_filled(), failed=lambda error: None)
        else:
            self._rest.start()

    def _on_found(self, media_id: int, found: tuple[str, Any]) -> None:
        track = self.track
        if track is None or track.media_id != media_id:
            return
        what, values = found
        if what == "times":
            self._take(track.with_times(values))
        elif what == "residual":
            self._take(track.with_residuals(values))
        elif values:
            self._take(track.with_values(**{what: values}))

    def _on_filled(self) -> None:
        track = self.track
        if track is not None and not len(track.cuts) and not self._scanner.busy and len(track) <= _MOST_SCANNED:
            self.scan()

    def add_residuals(self, values: Mapping[int, float]) -> None:
        """Take distances that were found out elsewhere, by frame id."""
        if self.track is not None and values:
            self._take(self.track.with_values(residual=values))

    # Cuts

    @property
    def scanning(self) -> bool:
        """True while the video is looked through for cuts."""
        return self._scanner.busy

    def scan(self) -> None:
        """Look through the video for cuts and damage; what was found before is in the project."""
        project, track = self._session.project, self.track
        if project is None or track is None:
            return
        media_id = track.media_id

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            def gently(done: int, total: int) -> None:
                # Playing comes first.
                while not self.free.wait(0.5) and not should_stop():
                    pass
                if done % 25 == 0:
                    progress(done, total)

            return found_shots(project, media_id, gently, should_stop)

        self._scanner.ask(work, then=self._on_shots, failed=lambda error: None, progress=self.scanned.emit)

    def _on_shots(self, found: Any) -> None:
        if found is not None and self.track is not None and self.track.media_id == found[0]:
            self._take(self.track.with_shots(found[1], found[2]))
        self.scanned.emit(0, 0)

    # Edits

    def _on_saved(self, frame_id: int) -> None:
        project, track = self._session.project, self.track
        place = None if track is None else track.place_of(frame_id)
        if project is None or track is None or place is None:
            return
        try:
            labels = project.record(frame_id).labels
            said = spoken_kind(kinds_of(labels).values()) if self._session.people.is_on else kind_of(labels)
        except ProjectError:
            said = 0
        self._take(track.with_frame(place, state=project.row(frame_id).state, said=said))

    def show_carried(self, frame_id: int, *, filled: bool = False) -> None:
        """A run under way has carried labels to this frame; they are not stored yet."""
        track = self.track
        place = None if track is None else track.place_of(frame_id)
        if track is not None and place is not None:
            self._carried[place] = FILLED if filled else MOTION
            self._take(track.with_frame(place, state=FrameState.DRAFT, said=self._carried[place]))

    def forget_carried(self) -> None:
        """No run is under way any more: only what is stored counts."""
        self._carried.clear()

    def _on_many(self) -> None:
        self.reread()

    def reread(self) -> None:
        """Read states and who spoke anew; what was found out of the pixels stays."""
        project, track = self._session.project, self.track
        if project is None or track is None:
            return
        media_id = track.media_id
        self._opener.ask(
            lambda progress, should_stop: Track.of(project, media_id),
            then=self._on_reread,
            failed=lambda error: None,
        )

    def _on_reread(self, fresh: Track) -> None:
        from dataclasses import replace

        track = self.track
        if track is None or not np.array_equal(track.ids, fresh.ids):
            self._on_opened(fresh)
            return
        for place, said in self._carried.items():
            if not fresh.said[place]:
                fresh.said[place], fresh.states[place] = said, _DRAFT
        self._take(replace(track, states=fresh.states, said=fresh.said))
        self._rest.start()

    def _on_predicted(self, frame_id: int) -> None:
        track = self.track
        place = None if track is None else track.place_of(frame_id)
        if track is None or place is None:
            return
        if track.states[place] == _UNSEEN:
            self._take(track.with_frame(place, state=STATES[_PREDICTED], said=int(track.said[place])))
        if not self._rest.isActive():
            self._rest.start()

    def close(self) -> None:
        """Let the threads end."""
        self._rest.stop()
        self.free.set()
        for lane in (self._opener, self._filler, self._scanner):
            lane.close()


def times_of(project: Project, media_id: int) -> tuple[float, ...]:
    """The presentation times of a video in seconds; none for images, or where the video cannot be read."""
    from annotator.video import MediaError, VideoReader

    medium = next((one for one in project.media() if one.id == media_id), None)
    if medium is None or medium.kind is not MediaKind.VIDEO:
        return ()
    try:
        with VideoReader(medium.path) as reader:
            return tuple(float(time) for time in reader.times)
    except (MediaError, OSError):
        return ()


def found_shots(project: Project, media_id: int, progress: Progress, should_stop: ShouldStop) -> Any:
    """Medium, shots and decodable frames of a video, from the project where it was looked through before; or None."""
    from annotator.shots import Shots
    from annotator.video import MediaError, VideoReader

    medium = next((one for one in project.media() if one.id == media_id), None)
    if medium is None or medium.kind is not MediaKind.VIDEO:
        return None
    key = f"{_SHOTS}/{media_id}"
    kept: dict[str, Any] = project.setting(key, {})
    if kept.get("stamp") == medium.stamp and medium.stamp:
        gone = set(kept.get("damaged", []))
        seen = {n for n in range(int(kept.get("count", 0))) if n not in gone}
        return media_id, Shots(tuple(kept.get("cuts", [])), tuple(kept.get("unsure", []))), seen
    try:
        with VideoReader(medium.path) as reader:
            count = len(reader)
            shots, seen = shots_and_seen(reader, progress, should_stop)
    except (MediaError, OSError, InterruptedError):
        return None
    damaged = [n for n in range(count) if n not in seen]
    found = {
        "stamp": medium.stamp, "count": count, "cuts": list(shots.cuts), "unsure": list(shots.unsure),
        "damaged": damaged,
    }  # fmt: skip
    project.set_setting(key, found)
    return media_id, shots, seen
