"""Everything about time in one window: the timeline, playing, carrying labels, filling in, and what asks for them."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from annotator.gui.filling_in import FillingIn
from annotator.gui.filling_things import FillingThings
from annotator.gui.filming import Filming
from annotator.gui.panels.timeline import TimelinePanel
from annotator.gui.people_numbers import ClipNumbers
from annotator.gui.playback import Player
from annotator.gui.propagating import Carrying
from annotator.gui.timeline import Timeline
from annotator.gui.timeline_strip import Strip
from annotator.gui.tracking import Tracking
from annotator.gui.whole_clip import WholeClip
from annotator.timeline import distance_kind

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow
    from annotator.gui.review_queue import ReviewQueue

_LOOK_MS = 1000


class Timing(QObject):
    """What knows of time, built before the panels and led to the rest of the window by `lead`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        session, errands = window.session, window.errands
        self.timeline = Timeline(session, self)
        self.strip = Strip(session, self)
        self.player = Player(session, self.timeline, self)
        self.carrying = Carrying(session, self.timeline, errands, self)
        self.filling = FillingIn(session, self.timeline, errands, self.carrying, self)
        self.clip = WholeClip(session, self.timeline, errands, self)
        self.tracking = Tracking(session, self.timeline, errands, self.carrying.changes, self)
        self.filling_things = FillingThings(session, self.timeline, errands, self.carrying.changes, self)
        self.filming = Filming(session, self.timeline, errands, self)
        self.panel = TimelinePanel(session, self.timeline, self.player, self.strip)
        identities = self.panel.identities
        session.people.elsewhere = lambda: identities.lanes.numbers
        self.numbers = ClipNumbers(session, self.timeline, identities, self)

    def lead(self) -> None:
        """Lead its words to the message bar, and a press on the picture to the player."""
        window = self._window
        self.player.watch(window.canvas.viewport())
        self.player.failed.connect(window.message.warn)
        self.carrying.told.connect(window.message.tell)
        self.filling.told.connect(window.message.tell)
        self.filling_things.told.connect(window.message.tell)
        self.clip.told.connect(window.message.tell)
        self.filming.told.connect(window.message.tell)
        play = self.tr("Play it")
        look = self.filming.look
        self.filming.wrote.connect(lambda text, path: window.message.tell(text, (play, lambda: look(path))))
        self.tracking.told.connect(window.message.tell)
        on = (self.tr("Follow to the end"), self.tracking.follow_on)
        moved = window.session.stack.indexChanged
        self.tracking.offered.connect(lambda text: window.message.tell_until(moved, text, on))
        keys = self.tr("Space plays or stops, J and L play, K stops, arrows step, Shift+arrows choose a range")
        self.panel.view.focused.connect(lambda on: window.session.say(keys) if on else window.tools.say_hint())
        forget = (self.tr("Forget it"), self.clip.forget_camera)
        self.clip.stands.connect(lambda text: window.message.tell(text, forget))
        queue = window.reviewing.queue
        queue.switched.connect(self.clip.give_way)
        self._look = QTimer(self, singleShot=True, interval=_LOOK_MS)
        self._look.timeout.connect(lambda: self._take_distances(queue))
        for news in (queue.changed, queue.progressed):
            news.connect(lambda: None if self._look.isActive() else self._look.start())
        # How far carried labels lie off is worth knowing.
        self.carrying.changes.ended.connect(lambda count: queue.wake() if count > 1 else None)
        for signal in (self.timeline.clip_changed, self.timeline.range_changed, self.player.changed):
            signal.connect(window.actions_.refresh_soon)

    def _take_distances(self, queue: ReviewQueue) -> None:
        """What the review found out about frames is shown in the timeline."""
        kind = distance_kind(self._window.session.people.scheme)
        found = {frame_id: entry.value(kind) for frame_id, entry in queue.entries.items()}
        # Nothing is found any more of a label that was taken back.
        self.timeline.add_residuals({frame_id: nan if value is None else value for frame_id, value in found.items()})

    def find_cuts(self) -> None:
        """Look through the video for cuts, and say what was found."""
        timeline = self.timeline

        def told(done: int, total: int) -> None:
            track = timeline.track
            if total or track is None:
                return
            timeline.scanned.disconnect(told)
            text = self.tr("Cuts found: {cuts}, damaged frames: {damaged}")
            self._window.message.tell(text.format(cuts=len(track.cuts), damaged=int(track.damaged.sum())))

        timeline.scanned.connect(told)
        timeline.scan()

    def stop(self) -> bool:
        """Stop playing, else carrying; False when neither goes on."""
        if self.player.playing:
            self.player.stop()
        elif self.carrying.running:
            self.carrying.stop()
        elif self.timeline.range is not None:
            self.timeline.choose(None)
        else:
            return False
        return True

    def close(self) -> None:
        """Let every thread end."""
        self.player.close()
        self.carrying.close()
        self.filling.close()
        self.panel.close_threads()
        self.strip.close()
        self.timeline.close()
