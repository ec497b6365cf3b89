"""What reviewing adds to the window: the queue, changes of many frames, pinned remarks, and whose work it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QGraphicsScene

from annotator.gui.bulk import ManyFrames
from annotator.gui.canvas import Canvas
from annotator.gui.note_flags import NoteFlags
from annotator.gui.review_queue import ReviewQueue
from annotator.gui.session import Session
from annotator.gui.view_state import Selection
from annotator.labels import Point
from annotator.pitch import MARKINGS

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

_NAME = "person/name"


class Reviewing(QObject):
    """Leads the queue to the canvas: along it, the gravest reason of every frame is pointed at."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._session: Session = window.session
        self._canvas: Canvas = window.canvas
        self._settings: QSettings = window.settings
        self.queue = ReviewQueue(window.session, self)
        self.many = ManyFrames(window.session, self)
        self.flags = NoteFlags(window.session, window.canvas)
        self._aim: tuple[int, str, int | None] | None = None
        self._session.author = str(self._settings.value(_NAME, ""))
        self.queue.pointing.connect(self._on_pointing)
        self._session.frame_changed.connect(self._on_frame)
        self._session.answered.connect(self._on_answered)
        self._session.many_changed.connect(self.queue.look_again)
        window.errands.watch(self.many.job)

    @property
    def scene(self) -> QGraphicsScene:
        """Where marks of a review are put."""
        return self._canvas.scene()

    @property
    def name(self) -> str:
        """Who works here, as they wish to be called; "" where nobody said."""
        return self._session.author

    def call(self, name: str) -> None:
        """Somebody else works here."""
        self._session.author = name.strip()
        self._settings.setValue(_NAME, self._session.author)

    def _on_pointing(self, aim: tuple[int, str, int | None]) -> None:
        self._aim = aim
        if self._session.frame_id == aim[0]:
            self._point()

    def _on_frame(self) -> None:
        frame_id = self._session.frame_id
        if frame_id is None or not self.queue.is_on:
            return
        if self._session.blind.covers(frame_id):
            if not self._session.labels.is_empty:
                self._session.say(self.tr("Your answer so far was kept"))
        elif self._aim is not None and self._aim[0] == frame_id:
            self._point()
        else:
            self.queue.point(frame_id)

    def _point(self) -> None:
        """Point at what was aimed at, and make it the active one."""
        aim, self._aim = self._aim, None
        if aim is None:
            return
        _, name, number = aim
        if number is not None and any(one.id == number for one in self._session.people.things):
            self._session.choose_thing(number)
        at = self._place_of(name)
        if at is not None:
            self._canvas.point_out(*at)
            marking = name if name in MARKINGS else self._session.active_marking
            keypoint = self._session.active_keypoint if name in MARKINGS else name
            self._session.activate(keypoint=keypoint, marking=marking)
            if name not in MARKINGS:
                # So that one key takes it as it is seen, and the arrows move it.
                self._session.select(Selection(keypoints=(name,)))

    def _place_of(self, name: str) -> Point | None:
        """Where a keypoint is to be seen, or a click of a marking."""
        clicks = self._session.labels.pitch.markings.get(name)
        if clicks:
            return clicks[len(clicks) // 2]
        found = None if self._session.resolved is None else self._session.resolved.keypoints.get(name)
        return None if found is None else found.position

    def _on_answered(self, frame_id: int) -> None:
        from annotator.review.recheck import agreement
        from annotator.review.second_answers import rechecks

        assert self._session.project is not None
        last = agreement(rechecks(self._session.project)[-1:])
        if last.median is None:
            self._session.say(self.tr("Blind check kept: the two answers have no point in common"))
        else:
            text = self.tr("Blind check kept: {count} points, {px} px apart in the middle")
            if last.of_size:
                text = self.tr("Blind check kept: {count} points, {px} % of their size apart in the middle")
            self._session.say(text.format(count=last.points, px=f"{last.median:.1f}"))
        self.queue.forget_check(frame_id)

    def select(self, name: str) -> None:
        """Select a keypoint or marking and point at it."""
        at = self._place_of(name)
        if at is not None:
            chosen = Selection(marking=name) if name in MARKINGS else Selection(keypoints=(name,))
            self._session.select(chosen)
            self._canvas.point_out(*at)

    def close(self) -> None:
        """Let every thread end."""
        self.many.close()
        self.queue.close()
