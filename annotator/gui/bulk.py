"""One change of many frames: written in the background as a whole or not at all, and one step to undo."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QUndoCommand

from annotator.gui.background import Job, Lane, Progress, ShouldStop, sentence
from annotator.gui.session import Session
from annotator.labels import FrameRecord
from annotator.project import ChangedElsewhereError

Records = Mapping[int, FrameRecord]


@dataclass(frozen=True)
class Change:
    """What many frames were and are."""

    before: Records
    after: Records
    text: str


class ManyCommand(QUndoCommand):
    """A change that is written already when it comes onto the stack, or goes along it in passing."""

    def __init__(self, change: Change, write: Callable[[Records, Records, ManyCommand], None]) -> None:
        super().__init__(change.text)
        self.change = change
        self._write = write
        self._passing = True

    def again(self) -> ManyCommand:
        """The same step, which nothing is written of at the moment."""
        made = ManyCommand(self.change, self._write)
        made._passing = False
        return made

    def pass_over(self, move: Callable[[], None]) -> None:
        """Let ``move`` take the stack over this step, of which nothing is written."""
        self._passing = True
        move()
        self._passing = False

    def redo(self) -> None:
        """Make it so, but for the first time."""
        if self._passing:
            self._passing = False
        else:
            self._write(self.change.after, self.change.before, self)

    def undo(self) -> None:
        """Take it back."""
        if not self._passing:
            self._write(self.change.before, self.change.after, self)


@contextmanager
def unhurried() -> Iterator[None]:
    """While very many records are made, the search for cycles of garbage rests, and it passes them over afterwards.

    Going through some hundred thousand values that stay takes it longer than the window may stand still, in whichever
    thread it happens.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class _StoppedError(Exception):
    """A person ended the work before anything was written."""


class ManyFrames(QObject):
    """Writes changes of many frames for a session; while it does, nothing else can be changed.

    ``job`` says how far it is. A change, and a step of the stack, can be stopped until it is written: then all is as it
    was, and the stack is where it was.
    """

    ended = Signal(bool)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lane = Lane("many frames", self)
        self.job = Job(self)
        session.project_changed.connect(self._on_project)

    @property
    def busy(self) -> bool:
        """True while frames are written."""
        return self._lane.busy

    def change(self, change: Change) -> None:
        """Make a change of many frames, and one step to undo of it; `ended` says whether it is made."""
        session = self._session
        session.end_gesture()

        def then(result: object) -> None:
            self.enter(change)
            self.ended.emit(True)

        def failed(error: Exception) -> None:
            self._let_go()
            if not isinstance(error, _StoppedError):
                session.failed.emit(_why(error))
            self.ended.emit(False)

        if self._start(change.after, change.before, change.text, then=then, failed=failed):
            self.job.begin(self.tr("Writing frames"), stop=self._lane.stop)

    def enter(self, change: Change) -> None:
        """Take a change that is written already as one step to undo."""
        self._take(change.after)
        self._session.stack.push(ManyCommand(change, self._again))

    def _again(self, records: Records, expected: Records, command: ManyCommand) -> None:
        """A step of the stack is undone or made again."""
        text, stack = command.change.text, self._session.stack
        back = stack.redo if records is command.change.before else stack.undo

        def failed(error: Exception) -> None:
            self._let_go()
            if isinstance(error, _StoppedError):
                command.pass_over(back)
                return
            # What the stack says is no longer what is stored.
            stack.clear()
            self._session.failed.emit(_why(error))

        def then(result: object) -> None:
            self._take(records)
            self._session.say(self.tr("{what}: frames changed: {count}").format(what=text, count=f"{len(records):,}"))

        if self._start(records, expected, text, then=then, failed=failed):
            self.job.begin(self.tr("Writing frames"), stop=self._lane.stop)

    def _start(
        self,
        records: Records,
        expected: Records,
        text: str,
        *,
        then: Callable[[object], None],
        failed: Callable[[Exception], None],
    ) -> bool:
        project, author = self._session.project, self._session.author
        if project is None:
            return False
        self._session.hold(self.tr("Frames are being written: {count}").format(count=f"{len(records):,}"))

        def work(progress: Progress, should_stop: ShouldStop) -> None:
            def advance(done: int, total: int) -> None:
                if should_stop():
                    raise _StoppedError
                progress(done, total)

            with unhurried():
                project.save_records(records, text=text, author=author, expected=expected, progress=advance)

        self._lane.ask(work, then=then, failed=failed, progress=self.job.advance)
        return True

    def _take(self, records: Records) -> None:
        self._let_go()
        self._session.take_many(records)

    def _let_go(self) -> None:
        self._session.hold("")
        self.job.end()

    def _on_project(self) -> None:
        self._lane.drop()
        self._let_go()

    def close(self) -> None:
        """Let what is being written be written, and the thread end."""
        self._lane.close()


def _why(error: Exception) -> str:
    if isinstance(error, ChangedElsewhereError):
        return QCoreApplication.translate(
            "ManyFrames", "One of the frames was changed elsewhere meanwhile, so nothing was changed here. Try it again"
        )
    return sentence(error)
