"""The tutorial: two minutes on a copy of the sample project, led by what the person does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal

from annotator.gui.forecasting import NetworkState
from annotator.gui.lesson import ACCEPTED, CONTEXT, END, EXPORTED, HOVERED, SNAPPED, STEPS, UNDONE, Facts, facts_of
from annotator.gui.panels.tutorial_card import TutorialCard
from annotator.labels import Decision

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow
    from annotator.project import Project

_DONE = "tutorial/done"
translate = QCoreApplication.translate


class Tutorial(QObject):
    """Watches the session and goes on when what a step asks for has come about; ends when another project is opened."""

    changed = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._place: int | None = None
        self._project: Project | None = None
        self._before = Facts()
        self._happened: set[str] = set()
        self._undone_to = 0
        self.card = TutorialCard(window.canvas)
        self.card.skipped.connect(self.skip)
        self.card.ended.connect(self.end)
        session = window.session
        window.errands.tutorial_opened.connect(self._begin)
        session.project_changed.connect(self._on_project)
        for signal in (session.resolved_changed, session.frame_changed, session.forecaster.state_changed):
            signal.connect(self._look)
        window.canvas.hovered.connect(lambda name: self._note(HOVERED) if name is not None else None)
        window.tools.snapper.snapped.connect(lambda told: self._note(SNAPPED))
        window.actions_.asked.connect(self._on_asked)
        window.errands.exported.connect(lambda report: self._note(EXPORTED) if report is not None else None)
        session.stack.indexChanged.connect(self._on_step)
        session.saved.connect(self._on_saved)
        window.actions_.keys_changed.connect(self._show)

    @property
    def step(self) -> str:
        """The name of the step that is asked for; "end" after the last, "" when there is no tutorial."""
        if self._place is None:
            return ""
        return STEPS[self._place].name if self._place < len(STEPS) else "end"

    @property
    def is_done(self) -> bool:
        """Whether it was gone through to its end once."""
        return bool(self._window.settings.value(_DONE, False, bool))

    def start(self) -> None:
        """Open a fresh copy of the sample project and begin."""
        self._window.errands.open_tutorial()

    def skip(self) -> None:
        """Go on without what this step asks for."""
        if self._place is not None and self._place < len(STEPS):
            self._go_to(self._place + 1)
        else:
            self.end()

    def end(self) -> None:
        """No more tutorial; the copy stays open."""
        if self._place is not None:
            self._place = self._project = None
            self.card.leave()
            self.changed.emit()

    def _begin(self) -> None:
        self._project = self._window.session.project
        self._go_to(0)

    def _on_project(self) -> None:
        if self._window.session.project is not self._project:
            self.end()

    def _go_to(self, place: int) -> None:
        self._place = place
        self._happened.clear()
        self._undone_to = self._window.session.stack.index()
        self._before = self._facts()
        if place >= len(STEPS):
            self._window.settings.setValue(_DONE, True)
        self._show()
        self.changed.emit()
        self._look()

    def _facts(self) -> Facts:
        session = self._window.session
        return facts_of(
            session.labels,
            session.resolved,
            predicted=session.prediction is not None,
            happened=frozenset(self._happened),
        )

    def _look(self) -> None:
        """Whether the step is done, or cannot be done here."""
        if self._place is None or self._place >= len(STEPS) or self._window.session.frame_id is None:
            return
        step, session = STEPS[self._place], self._window.session
        if step.needs_prediction and session.prediction is None:
            if session.forecaster.state in (NetworkState.NONE, NetworkState.FAILED):
                self._go_to(self._place + 1)
            else:
                self._show()
        elif session.in_gesture:
            # Looked at again when the hand lets go: that resolves the frame once more.
            return
        elif step.done(self._before, self._facts()):
            self._go_to(self._place + 1)
        else:
            self._show()

    def _note(self, what: str) -> None:
        if self._place is not None:
            self._happened.add(what)
            self._look()

    def _on_asked(self, command_id: str) -> None:
        if command_id == "label.snapNow" and not self._facts().drawn:
            self._note(SNAPPED)

    def _on_step(self, index: int) -> None:
        if index < self._undone_to:
            self._note(UNDONE)
        self._undone_to = index

    def _on_saved(self, frame_id: int) -> None:
        project = self._window.session.project
        if self._place is None or project is None:
            return
        if project.record(frame_id).review.decision is Decision.ACCEPTED:
            self._note(ACCEPTED)

    def _show(self) -> None:
        """Say what is asked for now."""
        if self._place is None:
            return
        if self._place >= len(STEPS):
            title, text = (translate(CONTEXT, said) for said in END)
            key = self._window.actions_.key_text("help.keys")
        else:
            step = STEPS[self._place]
            title, text = translate(CONTEXT, step.title), translate(CONTEXT, step.text)
            key = self._window.actions_.key_text(step.command) if step.command else ""
            if step.needs_prediction and self._window.session.prediction is None:
                text = translate(CONTEXT, "The network is being loaded and looks at the frame.")
        self.card.show_step(title, text.format(key=key), place=self._place, total=len(STEPS))
