"""Labels that a machine carried to many frames: written as a whole in the background, and one step to undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.session import Session
from annotator.labels import FrameRecord
from annotator.motion_labels import without_carried

if TYPE_CHECKING:
    from annotator.project import Project

Records = Mapping[int, FrameRecord]


@dataclass(frozen=True)
class CarriedChange:
    """What frames were before labels were carried to them, and after."""

    before: Records
    after: Records
    text: str


def written(project: Project, wanted: Records, known: Records, *, text: str, author: str) -> dict[int, FrameRecord]:
    """Store ``wanted`` where a person's words are still those of ``known``; what was stored.

    What a machine carried may be other than it was: a key frame was changed and the frames that hang on it with it.
    """
    expected = {frame_id: project.record(frame_id) for frame_id in wanted}
    fitting = {
        frame_id: record
        for frame_id, record in wanted.items()
        if said_by_persons(expected[frame_id]) == said_by_persons(known[frame_id])
    }
    project.save_records(fitting, text=text, author=author, expected=expected)
    return fitting


def said_by_persons(record: FrameRecord) -> FrameRecord:
    """The record without what a machine carried."""
    return FrameRecord(without_carried(record.labels), record.review)


class CarriedCommand(QUndoCommand):
    """A change that is written already when it comes onto the stack."""

    def __init__(self, change: CarriedChange, write: Callable[[Records, Records, str], None]) -> None:
        super().__init__(change.text)
        self._change = change
        self._write = write
        self._done = True

    def again(self) -> CarriedCommand:
        """The same step, which nothing is written of at the moment."""
        made = CarriedCommand(self._change, self._write)
        made._done = False
        return made

    def redo(self) -> None:
        """Make it so, but for the first time."""
        if self._done:
            self._done = False
        else:
            self._write(self._change.after, self._change.before, self._change.text)

    def undo(self) -> None:
        """Take it back."""
        self._write(self._change.before, self._change.after, self._change.text)


class CarriedChanges(QObject):
    """Writes such changes for a session; while it does, nothing else can be changed."""

    ended = Signal(int)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lane = Lane("carried labels", self)
        session.project_changed.connect(self._on_project)

    @property
    def busy(self) -> bool:
        """True while frames are written."""
        return self._lane.busy

    def make(self, change: CarriedChange) -> None:
        """Make a change, and one step to undo of it; `ended` says how many frames it reached."""

        def then(stored: dict[int, FrameRecord]) -> None:
            self._take(stored)
            if stored:
                before = {frame_id: change.before[frame_id] for frame_id in stored}
                made = CarriedChange(before, stored, change.text)
                self._session.stack.push(CarriedCommand(made, self._again))
            self.ended.emit(len(stored))

        self._start(change.after, change.before, change.text, then)

    def refresh(self, before: Records, after: Records, text: str) -> None:
        """Store what follows from a changed key frame; no step of its own: it goes and comes with the key frame."""
        self._start(after, before, text, self._take)

    def _again(self, wanted: Records, known: Records, text: str) -> None:
        """A step of the stack is undone or made again."""

        def then(stored: dict[int, FrameRecord]) -> None:
            self._take(stored, keep_active=True)
            self._session.say(self.tr("{what}: frames changed: {count}").format(what=text, count=f"{len(stored):,}"))

        self._start(wanted, known, text, then)

    def _start(
        self, wanted: Records, known: Records, text: str, then: Callable[[dict[int, FrameRecord]], None]
    ) -> None:
        project, author = self._session.project, self._session.author
        if project is None:
            return
        self._session.end_gesture()
        self._session.hold(self.tr("Frames are being written: {count}").format(count=f"{len(wanted):,}"))

        def work(progress: Progress, should_stop: ShouldStop) -> dict[int, FrameRecord]:
            return written(project, wanted, known, text=text, author=author)

        self._lane.ask(work, then=then, failed=self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        self._session.hold("")
        self._session.failed.emit(sentence(error))
        self.ended.emit(0)

    def _take(self, stored: dict[int, FrameRecord], *, keep_active: bool = False) -> None:
        session = self._session
        session.hold("")
        was = session.labels.instance(session.people.active)
        session.take_many(stored)
        if keep_active and session.people.is_many and not was.is_empty:
            # Whoever is worked on stays so, under whatever number.
            same = [one.id for one in session.labels.instances if one.keypoints == was.keypoints and one.box == was.box]
            if same and was.id not in same:
                session.choose_thing(same[0])

    def _on_project(self) -> None:
        self._lane.drop()
        self._session.hold("")

    def close(self) -> None:
        """Let what is being written be written, and the thread end."""
        self._lane.close()
