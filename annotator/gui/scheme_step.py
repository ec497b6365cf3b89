"""A change of the project's scheme as one step to undo, with the labels that it put into other words.

The window opens the project again after it, as all that it knew was in the words of the scheme before; so the stack of
steps begins anew with this one. Steps made before it are in each frame's history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QUndoCommand

from annotator.gui.background import Progress, ShouldStop
from annotator.gui.bulk import ManyCommand
from annotator.gui.carried_change import CarriedCommand
from annotator.gui.dismissing import Dismissal
from annotator.gui.undo import RecordCommand

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow
    from annotator.scheme_change import SchemeChange

translate = QCoreApplication.translate


@dataclass
class SchemeTravel:
    """Goes from one scheme of a project to another and back."""

    window: MainWindow
    path: Path
    change: SchemeChange
    since: int = 0
    later: tuple[QUndoCommand, ...] = ()
    """The steps that were made after the change, where it was taken back: they are made again after it."""

    def go(self, then: Callable[[], None] = lambda: None, failed: Callable[[], None] = lambda: None) -> None:
        """Change the scheme, and open the project again with one step to undo."""
        project, change, author = self.window.session.project, self.change, self.window.session.author
        if project is None:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> int:
            from annotator.scheme_change import carry_out_change

            return carry_out_change(project, change, author=author)

        def done(since: int) -> None:
            self.since = since
            then()
            text = translate("Schemes", "The project is of {title} now").format(title=change.new.title)
            self._open(text, taken_back=False)

        self._run(translate("Schemes", "Changing the scheme"), work, done, failed)

    def go_back(self, failed: Callable[[], None]) -> None:
        """Take the change back, and open the project again with one step to make it once more."""
        project, change, author = self.window.session.project, self.change, self.window.session.author
        if project is None:
            return
        since = self.since

        def work(progress: Progress, should_stop: ShouldStop) -> int:
            from annotator.scheme_change import take_back_change

            return take_back_change(project, change, since, author=author)

        def done(newest: int) -> None:
            text = translate("Schemes", "The project is of {title} again").format(title=change.old.title)
            if change.predictions:
                text += ". " + translate("Schemes", "What networks saw has to be asked for anew")
            self._open(text, taken_back=True)

        self._run(translate("Schemes", "Taking the change of the scheme back"), work, done, failed)

    def _run(
        self, title: str, work: Callable[[Progress, ShouldStop], int], then: Callable[[int], None],
        failed: Callable[[], None],
    ) -> None:  # fmt: skip
        session = self.window.session
        project = session.project
        session.end_gesture()
        session.hold(title)

        def let_go(after: Callable[[], None]) -> None:
            session.hold("")
            # Whoever opened another project meanwhile stays there.
            if session.project is project:
                after()

        if not self.window.errands.run(
            title, work, lambda newest: let_go(lambda: then(newest)), failed=lambda: let_go(failed)
        ):
            let_go(failed)

    def _open(self, text: str, *, taken_back: bool) -> None:
        """Open the project again; then the step is there."""
        window = self.window

        def arrived() -> None:
            window.session.project_changed.disconnect(arrived)
            project = window.session.project
            if project is None or project.path != self.path:
                return
            SchemeStep.lay(self, taken_back=taken_back)
            # After any other step its Undo would take back something else.
            ways = () if taken_back else ((translate("Schemes", "Undo"), window.session.undo),)
            window.message.tell_until(window.session.stack.indexChanged, text, *ways)

        window.session.project_changed.connect(arrived)
        window.errands.open([self.path])


class SchemeStep(QUndoCommand):
    """The change on the stack; while it is laid there or put right, it changes nothing."""

    def __init__(self, travel: SchemeTravel) -> None:
        title = translate("Schemes", "Change the scheme to {title}").format(title=travel.change.new.title)
        super().__init__(title)
        self._travel = travel
        self.is_still = True

    @classmethod
    def lay(cls, travel: SchemeTravel, *, taken_back: bool) -> None:
        """Put the step onto the stack, as one to undo or, where it was taken back, to make again.

        Behind one to undo come those that were taken back before it was.
        """
        step, stack = cls(travel), travel.window.session.stack
        later = [] if taken_back else [LaterStep(one) for one in travel.later]
        laid: list[SchemeStep | LaterStep] = [step, *later]
        for one in laid:
            stack.push(one)
        stack.setIndex(0 if taken_back else 1)
        for one in laid:
            one.is_still = False

    def redo(self) -> None:
        """Change the scheme."""
        if not self.is_still:
            self._travel.go(failed=lambda: self._stay(self._travel.window.session.stack.undo))

    def undo(self) -> None:
        """Take the change back."""
        if not self.is_still:
            self._travel.later = self._behind()
            self._travel.go_back(failed=lambda: self._stay(self._travel.window.session.stack.redo))

    def _behind(self) -> tuple[QUndoCommand, ...]:
        """The steps behind this one, made anew: opening the project takes them off the stack."""
        stack = self._travel.window.session.stack
        steps = [stack.command(n) for n in range(stack.count())]
        found: list[QUndoCommand] = []
        for step in steps[steps.index(self) + 1 :]:
            if not isinstance(step, RecordCommand | ManyCommand | CarriedCommand | Dismissal | LaterStep):
                break
            found.append(step.again())
        return tuple(found)

    def _stay(self, move: Callable[[], None]) -> None:
        """Nothing was changed: the stack says so again."""
        self.is_still = True
        move()
        self.is_still = False


class LaterStep(QUndoCommand):
    """A step that was made after a change of the scheme and taken back before it; it is made again as it was."""

    def __init__(self, step: QUndoCommand) -> None:
        super().__init__(step.text())
        self._step = step
        self.is_still = True

    def again(self) -> QUndoCommand:
        """The step itself, for another stack: this one goes with its own."""
        return self._step

    def redo(self) -> None:
        """Make it again."""
        if not self.is_still:
            self._step.redo()

    def undo(self) -> None:
        """Take it back."""
        if not self.is_still:
            self._step.undo()
