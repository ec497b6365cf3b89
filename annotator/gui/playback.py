"""Playing a clip: frames at their time, none late, both ways; nothing is fitted, predicted or accepted on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal

from annotator.frames import FrameSource, MediaError
from annotator.gui.background import sentence
from annotator.gui.loading import Image
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline

if TYPE_CHECKING:
    from annotator.playing import PlayQueue
    from annotator.project import FrameRow
    from annotator.video import VideoReader

FASTEST = 4.0
IMAGE_RATE = 25.0
"""Frames a second at which numbered images are played: they have no times of their own."""
_TICK_MS = 8


class Player(QObject):
    """Plays the clip of the timeline, and goes to frames of it while the pointer drags through them.

    ``speed`` is 0 while nothing plays, negative backwards. Whatever else shows a frame, or a press on the picture,
    stops it.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, session: Session, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._timeline = timeline
        self._queue: PlayQueue | None = None
        self._ending: list[threading.Thread] = []
        self._speed = 0.0
        self._slow = False
        self.shown = 0
        self._clock = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._tick)
        session.project_changed.connect(self._drop)
        session.travelled.connect(lambda frame_id: self.stop())
        timeline.clip_changed.connect(self._drop)

    @property
    def playing(self) -> bool:
        """True while frames go by."""
        return self._speed != 0.0

    @property
    def speed(self) -> float:
        """How many times as fast as recorded; 0 when nothing plays, negative backwards."""
        return self._speed

    def toggle(self) -> None:
        """Play, or stop playing."""
        if self.playing:
            self.stop()
        else:
            self.play(1.0)

    def play(self, speed: float) -> None:
        """Play from the playhead; at the end of the range, or of the clip, from its beginning."""
        track, place = self._timeline.track, self._timeline.place
        if track is None or place is None or not speed:
            return
        first, last = self._bounds()
        start, end = (first, last) if speed > 0 else (last, first)
        if not first <= place <= last or place == end:
            place = start
        self._end_queue()
        try:
            self._queue = self._queue_from(place, speed, end)
        except MediaError as error:
            self.failed.emit(sentence(error))
            return
        self._timeline.free.clear()
        self._speed, self.shown = speed, 0
        self._clock.start()
        self.changed.emit()

    def stop(self) -> None:
        """Stay on the frame that is shown, which is then one to work on."""
        if self.playing:
            self._drop()
            self._session.settle()

    def _drop(self) -> None:
        was = self.playing
        self._clock.stop()
        self._end_queue()
        self._speed = 0.0
        self._timeline.free.set()
        if was:
            self.changed.emit()

    def _end_queue(self) -> None:
        queue, self._queue = self._queue, None
        if queue is not None:
            # It may be amid a long stretch of a video: nobody waits for that here.
            self._ending = [one for one in self._ending if one.is_alive()]
            self._ending.append(threading.Thread(target=queue.close, name="end of playing", daemon=True))
            self._ending[-1].start()

    def _bounds(self) -> tuple[int, int]:
        """The first and last frame to play: those of the range when the playhead is in it, else of the clip."""
        track, chosen, place = self._timeline.track, self._timeline.range, self._timeline.place
        assert track is not None
        if chosen is not None and place is not None and chosen[0] <= place <= chosen[1] and chosen[0] < chosen[1]:
            return chosen
        return 0, len(track) - 1

    def _queue_from(self, place: int, speed: float, end: int) -> PlayQueue:
        from annotator.playing import PlayQueue

        project, track = self._session.project, self._timeline.track
        assert project is not None
        assert track is not None
        row = project.row(int(track.ids[place]))
        reader: object = self._session.loader.video(row.path) if row.is_video else None
        if reader is None:
            reader = ImageReader(lambda number: project.row(int(track.ids[number])), len(track))
        prepared = cast("VideoReader", Prepared(cast("VideoReader", reader), self._session.loader.prepare))
        return PlayQueue(prepared, place, speed=speed, stop=end)

    def _tick(self) -> None:
        queue, track, session = self._queue, self._timeline.track, self._session
        if queue is None or track is None:
            self._drop()
            return
        if self.shown and not session.passing:
            # Somebody else showed a frame.
            self._drop()
            return
        played = queue.due()
        if played is not None and played.number < len(track):
            self.shown += 1
            session.glance(int(track.ids[played.number]), played.rgb)
        elif queue.ended:
            self._on_end()

    def _on_end(self) -> None:
        chosen, speed = self._timeline.range, self._speed
        if chosen is not None and self._timeline.place in chosen and chosen[0] < chosen[1]:
            self.play(speed)
        else:
            self.stop()

    # J, K and L

    def shuttle(self, way: int) -> None:
        """Play forward (1) or backward (-1), once more for twice as fast; with K held, a single step."""
        if self._slow:
            self.step(way)
            return
        same = self._speed * way > 0
        self.play(way * min(abs(self._speed) * 2.0, FASTEST) if same else float(way))

    def brake(self) -> None:
        """Stop, and be slow while K is held."""
        self._slow = True
        self.stop()

    def release(self, key: Qt.Key) -> None:
        """K was let go, or the keyboard went elsewhere."""
        if key in (Qt.Key.Key_K, Qt.Key.Key_unknown):
            self._slow = False

    # Going to frames

    def step(self, by: int) -> None:
        """Show the frame so many on in the clip."""
        place = self._timeline.place
        if place is not None:
            self.go(place + by)

    def go(self, place: int) -> None:
        """Show a frame of the clip to work on it."""
        track = self._timeline.track
        if track is None or not len(track):
            return
        self.stop()
        self._session.show(int(track.ids[min(max(place, 0), len(track) - 1)]))

    def scrub(self, place: int) -> None:
        """Show a frame of the clip in passing; the newest wish counts."""
        track = self._timeline.track
        if track is None or not 0 <= place < len(track):
            return
        self._drop()
        self._timeline.free.clear()
        self._session.glance(int(track.ids[place]))

    def end_scrub(self) -> None:
        """The pointer was let go: the frame is one to work on."""
        self._timeline.free.set()
        self._session.settle()

    def watch(self, widget: QObject) -> None:
        """A press of a button on this widget stops playing before it is answered."""
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whoever takes hold of the picture wants to work on it."""
        if self.playing and event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            self.stop()
        return False

    def close(self) -> None:
        """Let the threads end."""
        self._drop()
        for thread in self._ending:
            thread.join()


class Prepared:
    """A video whose pictures are made ready for the screen by the thread that decodes them."""

    def __init__(self, reader: VideoReader, prepare: Callable[[Image], None]) -> None:
        self._reader = reader
        self._prepare = prepare
        self.times = reader.times

    def __len__(self) -> int:
        return len(self.times)

    def read(self, number: int) -> Image:
        """The picture of a frame; MediaError where it is damaged."""
        image = self._reader.read(number)
        image.setflags(write=False)
        self._prepare(image)
        return image


class ImageReader:
    """Images of a folder as if they were a video of `IMAGE_RATE` frames a second."""

    def __init__(self, row_of: Callable[[int], FrameRow], count: int) -> None:
        self._row_of = row_of
        self._source = FrameSource(max_frames=2)
        self.times = tuple((np.arange(count) / IMAGE_RATE).tolist())

    def read(self, number: int) -> Image:
        """The picture of a frame; MediaError where it cannot be read."""
        return self._source.read(self._row_of(number))
