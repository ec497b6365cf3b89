"""From which confidence on predictions are shown: of the network's own, until a person chooses another in a project.

What suits one network says nothing of another one, and what suits one project's frames nothing of those of another:
the choice is kept in the project, by network; while none is loaded there, the last choice holds.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from PySide6.QtCore import QObject

from annotator.gui.session import Session
from annotator.gui.view_settings import ViewSettings
from annotator.project import ProjectError

__all__ = ["Confidence"]

_SETTING = "view/confidence"
_USUAL = ViewSettings().threshold


class Confidence(QObject):
    """Lets every project and network have the threshold that was chosen there."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown = session.settings.threshold
        session.project_changed.connect(self.take)
        session.forecaster.loaded.connect(self.take)
        session.settings_changed.connect(self._on_settings)

    def take(self) -> None:
        """Show what belongs to the project and the network that are there now."""
        session = self._session
        own = session.forecaster.threshold
        self._shown = self._chosen().get(session.forecaster.network_id or "", _USUAL if own is None else own)
        session.set_settings(replace(session.settings, threshold=self._shown))

    def _chosen(self) -> dict[str, float]:
        """What a person chose in the project, by network."""
        project = self._session.project
        if project is None:
            return {}
        with suppress(ProjectError):
            said: dict[str, object] = project.setting(_SETTING, {})
            return {
                name: float(value) for name, value in said.items()
                if isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0
            }  # fmt: skip
        return {}

    def _on_settings(self) -> None:
        session, threshold = self._session, self._session.settings.threshold
        if threshold == self._shown:
            return
        self._shown = threshold
        if session.project is not None:
            # At once: a program that is killed stores nothing later.
            with suppress(ProjectError):
                kept = dict.fromkeys(("", session.forecaster.network_id or ""), threshold)
                kept = {**self._chosen(), **kept}
                session.project.set_setting(_SETTING, kept)
