"""What was opened lately, and which of it is not there any more."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from annotator.gui.background import Lane, Progress, ShouldStop

_KEPT = 8


class Recent(QObject):
    """A short list of paths, newest first; the disk is looked at off the event loop."""

    changed = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._lane = Lane("recent", self)
        self.missing: frozenset[Path] = frozenset()

    @property
    def paths(self) -> list[Path]:
        """What was opened lately, newest first."""
        return [Path(name) for name in stored_list(self._settings, "recent")]

    def remember(self, path: Path) -> None:
        """Put this first."""
        self._keep([path.absolute(), *self.paths])

    def forget(self, path: Path) -> None:
        """Leave this out from now on."""
        self._keep([other for other in self.paths if other != path])

    def forget_missing(self) -> None:
        """Leave out whatever was not there when it was looked for."""
        self._keep([path for path in self.paths if path not in self.missing])

    def _keep(self, paths: list[Path]) -> None:
        self._settings.setValue("recent", [str(path) for path in dict.fromkeys(paths)][:_KEPT])
        self.changed.emit()

    def look(self) -> None:
        """Look which of them are there; a share that is gone keeps nobody waiting."""
        paths = self.paths

        def work(progress: Progress, should_stop: ShouldStop) -> frozenset[Path]:
            return frozenset(path for path in paths if not path.exists())

        self._lane.ask(work, then=self._on_looked, failed=lambda error: None)

    def _on_looked(self, missing: frozenset[Path]) -> None:
        if missing != self.missing:
            self.missing = missing
            self.changed.emit()

    def close(self) -> None:
        """Let the thread end."""
        self._lane.close()


def stored_list(settings: QSettings, key: str) -> list[str]:
    """A list of texts from the settings, which write one of a single text as that text."""
    found = settings.value(key, [])
    return [str(item) for item in (found if isinstance(found, list) else [found]) if item]
