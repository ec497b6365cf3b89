"""What is done with a project as a whole: merged, cut, told where its media went, backed up, put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.bulk import Change
from annotator.gui.dialogs.opener import open_folder
from annotator.gui.panels.message_bar import Way
from annotator.project import Project, ProjectError
from annotator.store_schema import SUFFIX

if TYPE_CHECKING:
    from annotator.gui.dialogs.slice import SliceChoice
    from annotator.gui.main_window import MainWindow
    from annotator.merging import MergePlan, MergeReport
    from annotator.relinking import Found
    from annotator.travel import Backup

_DAMAGED = ("Open a backup", "Choose a file made by")
"""How the advice begins that comes with a project file that is no use any more."""


class Travels(QObject):
    """Leads each of them from the question to the report; nothing here waits for a disk."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._lane = Lane("travels", self)
        window.session.project_changed.connect(self._warn_of_backup)

    @property
    def _project(self) -> Project | None:
        return self._window.session.project

    def close(self) -> None:
        """Let the thread end."""
        self._lane.close()

    def ways_out(self, text: str) -> Sequence[Way]:
        """What can be done about something that was just said to be wrong with a project."""
        from annotator.relinking import missing_media
        from annotator.travel import backups_of

        project, error = self._project, self._window.errands.refused
        if project is not None and text == project.notice and missing_media(project):
            return [(self.tr("Relink media..."), self.relink)]
        if isinstance(error, ProjectError) and text == sentence(error) and error.advice.startswith(_DAMAGED):
            path = error.path
            return [(self.tr("Restore a backup..."), lambda: self.restore(path))] if backups_of(path) else []
        return []

    def _fail(self, error: Exception) -> None:
        self._window.message.warn(sentence(error))

    def _warn_of_backup(self) -> None:
        """Who works in a backup would lose it to a later one: say so, and offer the way that keeps everything."""
        from annotator.travel import is_backup, project_of

        project = self._project
        if project is not None and is_backup(project.path):
            home = project_of(project.path)
            text = self.tr("This is a backup of {name}. Later ones replace it: restore it to work on").format(
                name=home.stem
            )
            self._window.message.warn(text, (self.tr("Restore a backup..."), lambda: self.restore(home)))

    # Merging

    def merge(self) -> None:
        """Ask for another person's project and show what a merge with it would do."""
        window = self._window
        start = str(window.settings.value("folder/merge", "") or "")
        kinds = self.tr("Touchline projects") + f" (*{SUFFIX})"
        chosen, _ = QFileDialog.getOpenFileName(window, self.tr("Merge another project"), start, kinds)
        if chosen:
            window.settings.setValue("folder/merge", str(Path(chosen).parent))
            self.look_at(Path(chosen))

    def look_at(self, other: Path) -> None:
        """Show what a merge with the project in this file would do."""
        project = self._project
        if project is None:
            return
        self._window.session.end_gesture()

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.merging import plan_merge

            return plan_merge(project, other, progress=progress, should_stop=should_stop)

        self._window.errands.run(self.tr("Looking at the other project"), work, lambda plan: self._show(project, plan))

    def _show(self, project: Project, plan: MergePlan | None) -> None:
        from annotator.gui.dialogs.merge import MergeDialog

        if plan is not None and project is self._project:
            dialog = MergeDialog(plan, self._window)
            dialog.asked.connect(lambda taken: self._merge(project, plan, taken))
            self._window.dialogs.open(dialog)

    def _merge(self, project: Project, plan: MergePlan, taken: frozenset[int]) -> None:
        if project is not self._project:
            return
        self._window.session.end_gesture()

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.merging import carry_out

            _back_up(project.path)
            return carry_out(project, plan, taken=taken, progress=progress, should_stop=should_stop)

        self._window.errands.run(self.tr("Merging"), work, lambda report: self._merged(project, plan, report))

    def _merged(self, project: Project, plan: MergePlan, report: MergeReport) -> None:
        from annotator.gui.travel_words import report_text

        if project is not self._project:
            return
        if report.stored:
            stored = set(report.stored)
            done = [one for one in (*plan.fills, *plan.conflicts) if one.frame_id in stored]
            before = {one.frame_id: one.mine.record for one in done}
            after = {one.frame_id: one.theirs.record for one in done}
            self._window.reviewing.many.enter(Change(before, after, plan.text))
        self._window.message.tell(report_text(report))

    # A slice

    def save_slice(self) -> None:
        """Ask which frames to save as a project of their own."""
        from annotator.gui.dialogs.slice import SliceDialog

        project, session = self._project, self._window.session
        if project is None:
            return
        session.end_gesture()
        listed, counts = len(session.order.ids), project.state_counts()
        dialog = SliceDialog(project.path, listed=listed, counts=counts, parent=self._window)
        dialog.asked.connect(lambda choice: self._save(project, choice))
        self._window.dialogs.open(dialog)

    def _save(self, project: Project, choice: SliceChoice) -> None:
        from annotator.gui.dialogs.slice import SliceScope

        if project is not self._project:
            return
        listed = choice.scope is SliceScope.LISTED
        ids = list(self._window.session.order.ids) if listed else project.frame_ids(choice.states)

        def work(progress: Progress, should_stop: ShouldStop) -> int | None:
            # By a connection of its own, so that nobody waits for it.
            with Project.look_into(project.path) as source:
                whole = source.copy_to(choice.target, frame_ids=ids, predictions=choice.predictions,
                                       progress=progress, should_stop=should_stop)  # fmt: skip
            return len(ids) if whole else None

        self._window.errands.run(self.tr("Saving a slice"), work, lambda count: self._saved(choice.target, count))

    def _saved(self, target: Path, count: int | None) -> None:
        if count is None:
            self._window.session.say(self.tr("Stopped: nothing was saved"))
            return
        text = self.tr("Saved as {name}, frames: {count}").format(name=target.name, count=f"{count:,}")
        open_it = (self.tr("Open it"), lambda: self._window.files.open([target]))
        self._window.message.tell(text, open_it, (self.tr("Open folder"), lambda: open_folder(target.parent)))

    # Media

    def relink(self) -> None:
        """Show where the media are, and ask where those lie that are gone."""
        project = self._project
        if project is None:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.relinking import media_states

            return media_states(project)

        self._lane.ask(work, then=lambda states: self._show_media(project, states), failed=self._fail)

    def _show_media(self, project: Project, states: Any) -> None:
        from annotator.gui.dialogs.relink import RelinkDialog

        if project is not self._project:
            return

        def look(
            media_id: int,
            place: Path,
            known: Sequence[int],
            show: Callable[[tuple[Found, ...]], None],
            refuse: Callable[[str], None],
        ) -> None:
            def work(progress: Progress, should_stop: ShouldStop) -> tuple[Found, ...]:
                from annotator.relinking import find_others, look_at_place

                found = look_at_place(project, media_id, place)
                return () if found is None else (found, *find_others(project, found, without=known,
                                                                      should_stop=should_stop))  # fmt: skip

            self._lane.ask(work, then=show, failed=lambda error: refuse(sentence(error)))

        dialog = RelinkDialog(states, look, self._window)
        dialog.finished.connect(self._lane.drop)
        dialog.asked.connect(lambda found: self._relink(project, found))
        self._window.dialogs.open(dialog)

    def _relink(self, project: Project, found: Sequence[Found]) -> None:
        if project is not self._project:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> int:
            return sum(project.relink(one.media_id, one.place) for one in found)

        def then(count: int) -> None:
            if project is self._project:
                self._window.session.look_anew()
                self._window.message.tell(self.tr("Frames found again: {count}").format(count=f"{count:,}"))

        def failed() -> None:
            # Of several media some may be found already.
            if project is self._project:
                self._window.session.look_anew()

        self._window.message.hide()
        self._window.errands.run(self.tr("Relinking"), work, then, failed=failed)

    # Backups

    def back_up(self) -> None:
        """Make a backup now, and say where it is."""
        project = self._project
        if project is None:
            return
        self._window.session.end_gesture()

        def then(path: Path) -> None:
            text = self.tr("Backed up to {path}").format(path=path)
            self._window.message.tell(text, (self.tr("Open folder"), lambda: open_folder(path.parent)))

        self._window.errands.run(self.tr("Backing up"), lambda progress, should_stop: _back_up(project.path), then)

    def restore(self, path: Path | None = None) -> None:
        """Show the backups of a project, the one that is open if none is named."""
        if path is None and self._project is not None:
            self._window.session.end_gesture()
            path = self._project.path
        if path is None:
            return
        chosen = path

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.travel import backups_of, look_at_backup

            return [look_at_backup(backup) for backup in backups_of(chosen)]

        self._lane.ask(work, then=lambda found: self._show_backups(chosen, found), failed=self._fail)

    def _show_backups(self, path: Path, backups: Sequence[Backup]) -> None:
        from annotator.gui.dialogs.restore import RestoreDialog

        dialog = RestoreDialog(path, backups, self._window)
        dialog.asked.connect(lambda backup: self._restore(path, backup))
        self._window.dialogs.open(dialog)

    def _restore(self, path: Path, backup: Backup) -> None:
        """Close the project, put the backup in its place, and open it."""
        from annotator.travel import restore

        window = self._window
        if self._project is not None and self._project.path in (path, backup.path):
            window.session.adopt(None)
        window.errands.opening.emit(path.stem)

        def then(kept: Path | None) -> None:
            from annotator.gui.travel_words import time_text

            window.errands.open([path])
            text = self.tr("Restored the backup of {when}").format(when=time_text(backup.when))
            if kept is not None:
                text += self.tr(". The project as it was is kept among the backups")
            window.message.tell(text)

        def failed(error: Exception) -> None:
            window.empty.show_waiting("")
            if path.exists():
                window.errands.open([path])
            self._fail(error)

        self._lane.ask(lambda progress, should_stop: restore(path, backup.path), then=then, failed=failed)


def _back_up(path: Path) -> Path:
    """A backup made by a connection of its own, so that nobody waits for it."""
    from annotator.travel import back_up

    with Project.look_into(path) as project:
        return back_up(project)
