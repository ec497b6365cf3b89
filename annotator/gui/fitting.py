"""Labels of other things than the project's: one press makes an empty project one of theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from annotator.gui.background import Progress, ShouldStop
from annotator.labels import FrameState
from annotator.scheme import Scheme

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow
    from annotator.imports import ImportPlan
    from annotator.project import Project
    from annotator.scheme_change import SchemeChange

__all__ = ["Fitting", "fitting_of", "make_fit"]

translate = QCoreApplication.translate
_UNSPOKEN = (FrameState.UNSEEN, FrameState.PREDICTED)


@dataclass(frozen=True)
class Fitting:
    """The scheme of label files, that of the project, and whether nobody said anything in the project yet."""

    theirs: Scheme
    own: Scheme
    is_free: bool


def fitting_of(project: Project, paths: Sequence[Path], plan: ImportPlan) -> Fitting | None:
    """What would make label files fit; None where they do, or where they are of none of the project's frames."""
    from annotator.import_things import other_scheme

    if not plan.findings and any(frame.added for frame in plan.frames):
        return None
    theirs = other_scheme(project, paths)
    if theirs is None:
        return None
    said = sum(count for state, count in project.state_counts().items() if state not in _UNSPOKEN)
    return Fitting(theirs, project.scheme, not said)


def make_fit(window: MainWindow, project: Project, scheme: Scheme, then: Callable[[], None]) -> None:
    """Give a project without labels another scheme, as one step to undo; ``then`` comes before it is opened again."""
    window.session.end_gesture()

    def work(progress: Progress, should_stop: ShouldStop) -> SchemeChange:
        from annotator.scheme_change import plan_change

        return plan_change(project, scheme, progress=progress)

    def planned(change: SchemeChange) -> None:
        from annotator.gui.scheme_step import SchemeTravel

        if project is not window.session.project:
            return
        if change.lost:
            # Somebody labelled it meanwhile: what that would cost is looked at first.
            from annotator.gui.scheme_deeds import plan

            plan(window, project, scheme, None)
            return
        SchemeTravel(window, project.path, change).go(then)

    window.errands.run(translate("Import", "Changing the scheme"), work, planned)
