"""The project's scheme: worked on in the editor, changed after a look at what that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from annotator.gui.background import Progress, ShouldStop
from annotator.scheme import Scheme

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow
    from annotator.project import Project
    from annotator.scheme_change import SchemeChange

translate = QCoreApplication.translate


def edit_scheme(window: MainWindow) -> None:
    """Open the editor on the project's scheme, or on a new one."""
    from annotator.gui.dialogs.scheme_editor import SchemeEditor

    project = window.session.project
    editor = SchemeEditor(
        None if project is None else project.scheme,
        apply=None if project is None else lambda scheme, mapping: plan(window, project, scheme, mapping),
        folder=str(window.settings.value("folder/scheme", "") or ""),
        parent=window,
    )
    window.dialogs.open(editor)


def plan(window: MainWindow, project: Project, scheme: Scheme, mapping: dict[str, str | None] | None) -> None:
    """Work out what the change would do, and show it."""
    window.session.end_gesture()

    def work(progress: Progress, should_stop: ShouldStop) -> SchemeChange:
        from annotator.scheme_change import plan_change

        return plan_change(project, scheme, mapping, progress=progress)

    title = translate("Schemes", "Looking at labels")
    window.errands.run(title, work, lambda change: _show(window, project, change))


def _show(window: MainWindow, project: Project, change: SchemeChange) -> None:
    from annotator.gui.dialogs.scheme_preview import SchemePreview

    if project is not window.session.project:
        return
    if change.is_nothing:
        window.session.say(translate("Schemes", "The project has this scheme already"))
        return
    preview = SchemePreview(change, window)
    preview.accepted.connect(lambda: _carry_out(window, project, change))
    window.dialogs.open(preview)


def _carry_out(window: MainWindow, project: Project, change: SchemeChange) -> None:
    if project is not window.session.project:
        return
    from annotator.gui.dialogs.scheme_editor import SchemeEditor
    from annotator.gui.scheme_step import SchemeTravel

    def done() -> None:
        for editor in window.findChildren(SchemeEditor):
            editor.close()

    SchemeTravel(window, project.path, change).go(done)
