"""The review queue: what is odd about every frame, found out in the background, and the way through the frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.queue_order import BY_SURPRISE, NOTHING_KNOWN, Row, Sorting, ordered
from annotator.gui.session import UNDECIDED, Session
from annotator.project import Project
from annotator.review import Sign
from annotator.review.entries import Entry
from annotator.review.query import Query, parse_query
from annotator.review.survey import THRESHOLD, Known, Survey, known_entries
from annotator.review.worker import Inspector

_REST_MS = 1200
_SORT_MS = 4000
_MANY = 4
"""Frames from which on an answer of the background is worth sorting for."""
_FILTERS = "review/filters"


class ReviewQueue(QObject):
    """What is known of the frames, in which order they are looked at, and whether the window goes along it.

    Nothing is found out before `wake`. The order stands still while a person walks along it: what they change is
    told in its row, and takes its new place when the queue is sorted again.
    """

    changed = Signal()
    row_changed = Signal(int)
    progressed = Signal()
    switched = Signal(bool)
    pointing = Signal(object)
    _found = Signal(object, object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._known: dict[int, Known] = {}
        self._awake = False
        self._inspector = Inspector()
        self._lane = Lane("queue", self)
        self.rows: list[Row] = []
        self._reasons: Mapping[int, tuple[Sign, ...]] = {}
        self._sorting: Sorting = BY_SURPRISE
        self._query = Query("")
        self.is_on = self._beginning = False
        self.done, self.total = 0, 0
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.build)
        self._sorter = Lane("queue order", self)
        self._resort = QTimer(self, singleShot=True, interval=_SORT_MS)
        self._resort.timeout.connect(self.sort_ahead)
        self._found.connect(self._on_found)
        session.project_changed.connect(self._on_project)
        session.saved.connect(self._on_saved)
        session.prediction_changed.connect(self._on_saved)

    # What is known

    @property
    def building(self) -> bool:
        """True while frames are looked through."""
        return self._lane.busy

    @property
    def sorting(self) -> Sorting:
        """What the rows are sorted by."""
        return self._sorting

    @property
    def query(self) -> str:
        """Which frames are listed, as typed."""
        return self._query.text

    @property
    def entries(self) -> dict[int, Entry]:
        """What is known, by frame."""
        return {frame_id: known.entry for frame_id, known in self._known.items()}

    def reasons(self, frame_id: int) -> tuple[Sign, ...]:
        """Why to look at a frame, gravest first."""
        return self._reasons.get(frame_id, ())

    def knows(self, frame_id: int) -> bool:
        """Whether a frame was looked at."""
        return frame_id in self._known

    def wake(self) -> None:
        """Somebody wants to see the queue: find out what is not known yet."""
        if not self._awake:
            self._awake = True
            self.build()

    def build(self) -> None:
        """Find out what is odd about every frame that changed since that was known."""
        project = self._session.project
        if project is None or not self._awake:
            return
        if self._session.in_gesture:
            self._rest.start()
            return
        known, threshold = dict(self._known), self._threshold(project)

        def work(progress: Progress, should_stop: ShouldStop) -> None:
            before = known or known_entries(project)
            if not known and before:
                self._found.emit(project, before)
            survey = Survey(project, self._inspector, threshold=threshold)
            survey.run(before, found=partial(self._found.emit, project), progress=progress, should_stop=should_stop)

        self.done, self.total = 0, 0
        self._lane.ask(work, then=self._on_built, failed=self._on_failed, progress=self._on_progress)
        self.progressed.emit()

    def stop(self) -> None:
        """Look no further; what is known stays."""
        self._lane.stop()

    def _threshold(self, project: Project) -> float:
        """The confidence that counts as seen: the network's own, kept so that it does not depend on what is loaded."""
        own = self._session.forecaster.threshold
        if own is not None and own != project.setting(THRESHOLD, 0.0):
            project.set_setting(THRESHOLD, own)
        return project.setting(THRESHOLD, 0.0) or self._session.settings.threshold

    def _on_found(self, project: Project, found: Mapping[int, Known]) -> None:
        if project is not self._session.project:
            return
        first = not self._known
        self._known.update(found)
        if len(found) < _MANY and not first:
            self._say_anew(found)
        elif first:
            self.sort()
        elif not self._resort.isActive():
            self._resort.start()

    def _say_anew(self, found: Mapping[int, Known]) -> None:
        """Few frames changed: say so in their rows, which stay where they are."""
        self._reasons = {**self._reasons, **{i: by_size(one.entry) for i, one in found.items()}}
        for frame_id in found:
            self.row_changed.emit(frame_id)

    def _on_progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        self.progressed.emit()

    def _on_built(self, result: object) -> None:
        many, self.done, self.total = self.total, 0, 0
        if not self.rows or many >= _MANY:
            self.sort_ahead()
        self.progressed.emit()

    def _on_failed(self, error: Exception) -> None:
        self.progressed.emit()
        self._session.say(sentence(error))

    def _on_saved(self, frame_id: int) -> None:
        self.row_changed.emit(frame_id)
        if self._awake:
            self._rest.start()

    def _on_project(self) -> None:
        for lane in (self._lane, self._sorter):
            lane.drop()
        for timer in (self._rest, self._resort):
            timer.stop()
        was_on, self.is_on = self.is_on, False
        self._known, self._reasons, self.rows = {}, {}, []
        self._query, self._sorting = Query(""), BY_SURPRISE
        self.done, self.total = 0, 0
        if was_on:
            self.switched.emit(False)
        self.changed.emit()
        if self._awake:
            self.build()

    # The order

    def sort_by(self, sorting: Sorting) -> None:
        """Sort by something else."""
        self._sorting = sorting
        self.sort()

    def ask(self, text: str) -> None:
        """List only frames that fit what was typed; QueryError if it means nothing."""
        self._query = parse_query(text)
        self.sort()

    def sort(self) -> None:
        """Put the rows in order anew, in the background: what is usual among many frames takes a while to say."""
        self._sort(self._on_sorted)

    def sort_ahead(self) -> None:
        """Put the rows in order anew that lie ahead of the person who walks along them; all if nobody does."""
        self._sort(self._on_sorted_ahead)

    def _sort(self, then: Callable[[Any], None]) -> None:
        project = self._session.project
        if project is None:
            return
        self._resort.stop()
        entries, query, sorting = self.entries, self._query, self._sorting
        self._sorter.ask(
            lambda progress, should_stop: ordered(project, entries, query=query, sorting=sorting),
            then=then,
            failed=self._on_failed,
        )

    def _on_sorted_ahead(self, result: tuple[list[Row], Mapping[int, tuple[Sign, ...]]]) -> None:
        rows, reasons = result
        ids = [row.frame_id for row in self.rows]
        wanted = self._session.wanted
        if self.is_on and not self._beginning and wanted in ids:
            listed = {row.frame_id for row in rows}
            walked = [row for row in self.rows[: ids.index(wanted) + 1] if row.frame_id in listed]
            behind = {row.frame_id for row in walked}
            rows = walked + [row for row in rows if row.frame_id not in behind]
        self._on_sorted((rows, reasons))

    def _on_sorted(self, result: tuple[list[Row], Mapping[int, tuple[Sign, ...]]]) -> None:
        self.rows, self._reasons = result
        if self.is_on:
            self._arrange()
        self.changed.emit()
        if self._beginning and self.is_on:
            self.begin()

    # The way

    def switch(self, on: bool) -> None:
        """Go along the queue from now on, or along the files again."""
        if on == self.is_on or self._session.project is None:
            return
        if on:
            self.wake()
        self.is_on = on
        if on:
            self._arrange()
        else:
            self._session.blind.expect(())
            self._session.arrange(None)
        self.switched.emit(on)

    def _arrange(self) -> None:
        if self.rows:
            self._session.blind.expect(row.frame_id for row in self.rows if row.blind)
        self._session.arrange([row.frame_id for row in self.rows])

    def begin(self) -> None:
        """Go along the queue, from the first frame that nobody decided about."""
        self.switch(True)
        self._beginning = not self.rows
        project = self._session.project
        if self.rows and project is not None:
            undecided = set(project.frame_ids(UNDECIDED))
            first = next((row for row in self.rows if row.blind or row.frame_id in undecided), self.rows[0])
            self._session.show(first.frame_id)
            self.point(first.frame_id)

    def show(self, frame_id: int) -> None:
        """Show a frame of the queue, go along the queue from there, and point at what is odd."""
        self.switch(True)
        self._session.show(frame_id)
        self.point(frame_id)

    def point(self, frame_id: int) -> None:
        """Point at the gravest reason as soon as the frame is on the screen."""
        sign = next((one for one in self.reasons(frame_id) if one.keypoint), None)
        if sign is not None and not any(row.blind for row in self.rows if row.frame_id == frame_id):
            self.pointing.emit((frame_id, sign.keypoint, sign.instance))

    def forget_check(self, frame_id: int) -> None:
        """The blind check of a frame is done: its row is one like others, until the queue is sorted again."""
        self.rows = [Row(row.frame_id) if row.frame_id == frame_id else row for row in self.rows]
        self.row_changed.emit(frame_id)

    def look_again(self) -> None:
        """Many frames changed."""
        if self._awake:
            self._rest.start()

    # Filters

    def filters(self) -> dict[str, str]:
        """The filters that were given a name in this project."""
        project = self._session.project
        stored: dict[str, str] = {} if project is None else project.setting(_FILTERS, {})
        return {str(name): str(text) for name, text in stored.items()}

    def keep_filter(self, name: str, text: str) -> None:
        """Give a filter a name; an empty text forgets it."""
        if self._session.project is not None:
            others = {other: said for other, said in self.filters().items() if other != name}
            self._session.project.set_setting(_FILTERS, {**others, name: text} if text else others)

    def close(self) -> None:
        """Let the threads and the process end."""
        self._lane.close()
        self._sorter.close()
        self._inspector.close()


def by_size(entry: Entry) -> tuple[Sign, ...]:
    """The signs of one frame without others to hold them against: as they come, what says nothing left out."""
    return tuple(sign for sign in entry.signs.signs if sign.value > NOTHING_KNOWN)
