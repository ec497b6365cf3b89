"""Labels in and out: the dialogs that ask, and the work they lead to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from annotator.gui.background import Lane, Progress, ShouldStop
from annotator.gui.bulk import Change
from annotator.people_boxes import is_box_list

if TYPE_CHECKING:
    from annotator.export import ExportOptions
    from annotator.gui.fitting import Fitting
    from annotator.gui.main_window import MainWindow
    from annotator.imports import ImportPlan, ImportReport
    from annotator.project import Project


class Exchange(QObject):
    """Leads exports and imports of a window from the question to the report."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._counting = Lane("count", self)

    def ask_export(self, folder: str) -> None:
        """Ask what to export, beginning at a folder, and follow the work."""
        from annotator.gui.dialogs.export_wizard import ExportDialog

        window = self._window
        dialog = ExportDialog(window.session, folder, window, self._counting)

        def begin(target: Path, options: ExportOptions) -> None:
            window.settings.setValue("folder/export", str(target.parent))
            dialog.follow(window.errands.job)
            window.errands.export(target, options)

        dialog.asked.connect(begin)
        window.errands.exported.connect(dialog.show_report)
        window.errands.failed.connect(dialog.show_failure)
        window.dialogs.open(dialog)

    def close(self) -> None:
        """Let the thread end."""
        self._counting.close()

    def bring(self, paths: Sequence[Path]) -> None:
        """Look at files of labels, or of boxes, and show what an import of them would do."""
        project = self._window.session.project
        if project is None:
            return
        boxes = [path for path in paths if path.suffix.lower() == ".json" and is_box_list(path)]
        if boxes:
            self._window.detecting.files.bring(boxes[0])
        for path in boxes[1:]:
            text = self.tr("{name} was left out: one file of boxes is taken at a time.")
            self._window.message.warn(text.format(name=path.name))
        chosen = [path for path in paths if path not in boxes]
        if not chosen:
            return
        self._window.session.end_gesture()

        def work(progress: Progress, should_stop: ShouldStop) -> Any:
            from annotator.gui.fitting import fitting_of
            from annotator.imports import plan_import

            plan = plan_import(project, chosen, progress=progress, should_stop=should_stop)
            return plan, None if plan is None else fitting_of(project, chosen, plan)

        def show(found: tuple[ImportPlan | None, Fitting | None]) -> None:
            self._show_plan(project, chosen, *found)

        self._window.errands.run(self.tr("Looking at labels"), work, show)

    def bring_into_next(self, paths: Sequence[Path]) -> None:
        """Look at files of labels once the project that is being opened is there."""
        session, errands = self._window.session, self._window.errands

        def forget() -> None:
            session.project_changed.disconnect(arrived)
            errands.failed.disconnect(forget)

        def arrived() -> None:
            forget()
            self.bring(paths)

        session.project_changed.connect(arrived)
        errands.failed.connect(forget)

    def _show_plan(
        self, project: Project, paths: Sequence[Path], plan: ImportPlan | None, fitting: Fitting | None
    ) -> None:
        from annotator.gui.dialogs.import_preview import ImportPreview

        if plan is None or project is not self._window.session.project:
            return
        preview = ImportPreview(plan, self._window, fitting)
        preview.asked.connect(lambda taken: self._carry_out(project, plan, taken))
        if fitting is not None:
            preview.refitted.connect(lambda: self._fit(project, fitting, paths))
        self._window.dialogs.open(preview)

    def _fit(self, project: Project, fitting: Fitting, paths: Sequence[Path]) -> None:
        """Make the project one of the labels' things and look at them again; one with labels shows what that costs."""
        from annotator.gui import scheme_deeds
        from annotator.gui.fitting import make_fit

        if project is not self._window.session.project:
            return
        if fitting.is_free:
            make_fit(self._window, project, fitting.theirs, lambda: self.bring_into_next(paths))
        else:
            scheme_deeds.plan(self._window, project, fitting.theirs, None)

    def _carry_out(self, project: Project, plan: ImportPlan, taken: frozenset[int]) -> None:
        if project is not self._window.session.project:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> tuple[ImportReport, Change]:
            from annotator.imports import carry_out

            report = carry_out(project, plan, taken=taken, progress=progress, should_stop=should_stop)
            changed = set(report.changed)
            before = {frame.frame_id: frame.record for frame in plan.frames if frame.frame_id in changed}
            after = {frame_id: project.record(frame_id) for frame_id in before}
            return report, Change(before, after, self.tr("Import {title}").format(title=plan.title))

        self._window.errands.run(self.tr("Importing"), work, lambda done: self._tell(project, *done))

    def _tell(self, project: Project, report: ImportReport, change: Change) -> None:
        if project is not self._window.session.project:
            return
        if change.after:
            self._window.reviewing.many.enter(change)
        text = self.tr("Frames that got labels: {count}").format(count=f"{len(report.changed):,}")
        if report.findings:
            text += self.tr(", left alone: {count}").format(count=f"{len(report.findings):,}")
        self._window.message.tell(text)
