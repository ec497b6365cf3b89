"""File dialogs: each purpose remembers its own folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QSettings
from PySide6.QtWidgets import QFileDialog

from annotator.gui.errands import NETWORK_SUFFIX
from annotator.gui.exchange import Exchange
from annotator.gui.recent import Recent
from annotator.scheme import Scheme
from annotator.store_media import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from annotator.store_schema import SUFFIX

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

translate = QCoreApplication.translate


def _patterns(suffixes: frozenset[str]) -> str:
    return " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(suffixes))


class Files(QObject):
    """Asks for files and hands them on."""

    def __init__(self, window: MainWindow, settings: QSettings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self.recent_list = Recent(settings, self)
        self.exchange = Exchange(window)

    def open_folder(self) -> None:
        """Ask for a folder of frames."""
        chosen = QFileDialog.getExistingDirectory(self._window, translate("Files", "Open folder"), self._last("media"))
        self._take("media", [chosen], self.open)

    def open_video(self) -> None:
        """Ask for videos."""
        kinds = [(translate("Files", "Videos"), _patterns(VIDEO_SUFFIXES))]
        self._take("media", self._ask_files(translate("Files", "Open video"), "media", kinds), self.open)

    def open_images(self) -> None:
        """Ask for images."""
        kinds = [(translate("Files", "Images"), _patterns(IMAGE_SUFFIXES))]
        self._take("media", self._ask_files(translate("Files", "Open images"), "media", kinds), self.open)

    def open_project(self) -> None:
        """Ask for a project file."""
        kinds = [(translate("Files", "Touchline projects"), f"*{SUFFIX}")]
        self._take("project", self._ask_files(translate("Files", "Open project"), "project", kinds), self.open)

    def new_project(self) -> None:
        """Ask what the frames show and where they are."""
        from annotator.gui.dialogs.scheme_choice import NewProjectDialog

        self._window.dialogs.open(NewProjectDialog(self._create, folder=self._last("media"), parent=self._window))

    def _create(self, paths: list[Path], scheme: Scheme, labels: Sequence[Path]) -> None:
        self._remember("media", paths[0].parent)
        self.remember_recent(paths[0])
        if labels:
            self.exchange.bring_into_next(labels)
        self._window.errands.open(paths, scheme)

    def load_network(self) -> None:
        """Ask for the weights of a network."""
        published = (translate("Files", "Published networks of people"), "*.pth *.pt")
        kinds = [(translate("Files", "Networks"), f"*{NETWORK_SUFFIX}"), published]
        chosen = self._ask_files(translate("Files", "Load network"), "network", kinds)
        self._take("network", chosen, lambda paths: self._window.errands.load_network(paths[0]))

    def import_labels(self) -> None:
        """Ask for label files of any format."""
        kinds = [(translate("Files", "Labels"), "*.json *.xml *.csv *.yaml *.yml")]
        chosen = self._ask_files(translate("Files", "Import labels"), "import", kinds)
        self._take("import", chosen, self.exchange.bring)

    def import_boxes(self) -> None:
        """Ask for a file of boxes."""
        kinds = [(translate("Files", "Detections or annotations"), "*.json")]
        chosen = self._ask_files(translate("Files", "Boxes from a file"), "import", kinds)
        self._take("import", chosen[:1], lambda paths: self._window.detecting.files.bring(paths[0]))

    def export(self) -> None:
        """Ask what to export and where to."""
        self.exchange.ask_export(self._last("export"))

    def open(self, paths: Sequence[Path]) -> None:
        """Use these paths, whatever they are: folders, images, videos, a project, a network, label files."""
        self._window.arrivals.bring(paths)

    @property
    def recent(self) -> list[Path]:
        """What was opened lately, newest first."""
        return self.recent_list.paths

    def remember_recent(self, path: Path) -> None:
        """Put this first among what was opened lately."""
        self.recent_list.remember(path)

    def _ask_files(self, title: str, purpose: str, kinds: list[tuple[str, str]]) -> list[str]:
        filters = [f"{text} ({patterns})" for text, patterns in kinds]
        filters.append(translate("Files", "All files") + " (*)")
        chosen, _ = QFileDialog.getOpenFileNames(self._window, title, self._last(purpose), ";;".join(filters))
        return chosen

    def _take(self, purpose: str, chosen: Sequence[str], use: Callable[[list[Path]], None]) -> None:
        paths = [Path(name) for name in chosen if name]
        if paths:
            self._remember(purpose, paths[0].parent)
            use(paths)

    def _last(self, purpose: str) -> str:
        return str(self._settings.value(f"folder/{purpose}", "") or "")

    def _remember(self, purpose: str, folder: Path) -> None:
        self._settings.setValue(f"folder/{purpose}", str(folder))
