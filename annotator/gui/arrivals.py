"""What arrives at the window, dropped, chosen or named on the command line: told apart, used, and accounted for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject

from annotator.formats.documents import FormatError, read_object
from annotator.formats.mpii import is_mpii_file
from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.errands import NETWORK_SUFFIX
from annotator.people_boxes import is_box_list
from annotator.pitch import MARKINGS
from annotator.store_media import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from annotator.store_schema import SUFFIX

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

LABEL_SUFFIXES = frozenset({".xml", ".csv", ".yaml", ".yml"})
FOREIGN_NETWORKS = frozenset({".pt", ".pth", ".ckpt", ".onnx", ".bin"})
_LOOKED_AT = 20_000
_LARGE = 64 * 1024 * 1024
_MARKINGS = frozenset(name.strip() for name in MARKINGS)
translate = QCoreApplication.translate


class Kind(Enum):
    """What a path is to this program."""

    PROJECT = "project"
    MEDIA = "media"
    NETWORK = "network"
    LINES = "lines"
    LABELS = "labels"
    BOXES = "boxes"
    CAMERA = "camera"
    FOREIGN_NETWORK = "foreign network"
    EMPTY = "empty"
    MISSING = "missing"
    OTHER = "other"


_LABELS = (Kind.LINES, Kind.LABELS, Kind.CAMERA, Kind.BOXES)


@dataclass(frozen=True)
class Arrived:
    """Paths by what they are, each in the order given."""

    by_kind: Mapping[Kind, tuple[Path, ...]]

    def of(self, *kinds: Kind) -> tuple[Path, ...]:
        """The paths of these kinds."""
        return tuple(path for kind in kinds for path in self.by_kind.get(kind, ()))

    def taking(self, kind: Kind, for_kind: Kind) -> Arrived:
        """The same with paths of one kind taken for another."""
        rest = {key: paths for key, paths in self.by_kind.items() if key not in (kind, for_kind)}
        return Arrived({**rest, for_kind: self.of(for_kind, kind)})


def sorted_out(paths: Sequence[Path], should_stop: Callable[[], bool] = lambda: False) -> Arrived:
    """Tell paths apart by looking at them on disk; slow on a slow disk."""
    found: dict[Kind, tuple[Path, ...]] = {}
    for path in dict.fromkeys(paths):
        if should_stop():
            break
        kind = kind_of(path)
        found[kind] = (*found.get(kind, ()), path)
    return Arrived(found)


def kind_of(path: Path) -> Kind:
    """What a path is, by its name, and for JSON by what is in it."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return _kind_of_folder(path)
    if not path.exists():
        return Kind.MISSING
    if suffix == SUFFIX:
        return Kind.PROJECT
    if suffix in IMAGE_SUFFIXES | VIDEO_SUFFIXES:
        return Kind.MEDIA
    if suffix == NETWORK_SUFFIX:
        return Kind.NETWORK
    if suffix == ".json":
        return _kind_of_json(path)
    if suffix in LABEL_SUFFIXES:
        return Kind.LABELS
    return Kind.FOREIGN_NETWORK if suffix in FOREIGN_NETWORKS else Kind.OTHER


def _kind_of_folder(folder: Path) -> Kind:
    """A folder with a frame anywhere in it is media; one with label files alone is what they are."""
    lines, seen = False, 0
    for _, _, names in os.walk(folder):
        for name in names:
            suffix = Path(name).suffix.lower()
            if suffix in IMAGE_SUFFIXES | VIDEO_SUFFIXES:
                return Kind.MEDIA
            lines = lines or suffix == ".json"
            seen += 1
        if seen > _LOOKED_AT:
            return Kind.MEDIA
    return Kind.LINES if lines else Kind.EMPTY


def _kind_of_json(path: Path) -> Kind:
    try:
        if path.stat().st_size > _LARGE:
            return Kind.OTHER
        if is_box_list(path):
            return Kind.BOXES
        if is_mpii_file(path):
            return Kind.LABELS
        document = read_object(path)
    except (FormatError, OSError):
        return Kind.OTHER
    return _kind_of_document(document)


def _kind_of_document(document: Mapping[str, Any]) -> Kind:
    keys = {key.strip() for key in document}
    if {"images", "annotations"} <= keys:
        return Kind.LABELS
    if keys & _MARKINGS or not keys:
        return Kind.LINES
    if {"pan_degrees", "tilt_degrees"} & keys or {"rotation_matrix", "position_meters"} & keys:
        return Kind.CAMERA
    if any(isinstance(value, dict) and "keypoints" in value for value in document.values()):
        return Kind.LABELS
    return Kind.OTHER


class Arrivals(QObject):
    """Uses what arrives, whatever it is and all of it at once, and says what was done with what."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._lane = Lane("arrivals", self)
        self._lines: tuple[Path, ...] = ()
        self._waiting: list[Path] = []
        window.session.project_changed.connect(self._on_project)
        window.errands.failed.connect(self._on_failed)

    def bring(self, paths: Sequence[Path]) -> None:
        """Use these paths; what cannot be used is named together with the reason."""
        self._waiting += [path.absolute() for path in paths]
        chosen = list(self._waiting)

        def work(progress: Progress, should_stop: ShouldStop) -> Arrived:
            return sorted_out(chosen, should_stop)

        self._lane.ask(work, then=self._use, failed=lambda error: self._window.message.warn(sentence(error)))

    def _use(self, arrived: Arrived) -> None:
        self._waiting = []
        window = self._window
        done: list[str] = []
        if window.session.project is not None and window.session.people.scheme.is_many:
            # Published networks of people are used as they are.
            arrived = arrived.taking(Kind.FOREIGN_NETWORK, Kind.NETWORK)
        networks, lines = arrived.of(Kind.NETWORK), arrived.of(*_LABELS)
        media = arrived.of(Kind.PROJECT, Kind.MEDIA)
        if networks:
            window.errands.load_network(networks[0])
            done.append(translate("Arrivals", "Loading {name}").format(name=networks[0].name))
        if media:
            self._lines = lines
            window.files.remember_recent(media[0])
            window.errands.open(list(media))
            done.append(translate("Arrivals", "Opening {name}").format(name=named(media)))
        elif lines and window.session.project is not None:
            window.files.exchange.bring(lines)
        left_out = self._left_out(arrived)
        if left_out:
            window.message.warn(" ".join(left_out))
        elif len(done) > 1 or (done and lines):
            window.message.tell(". ".join(done))

    def _left_out(self, arrived: Arrived) -> list[str]:
        """A sentence for everything that was not used."""
        said = [text.format(name=named(arrived.of(kind)))
                for kind, text in refusals().items() if arrived.of(kind)]  # fmt: skip
        networks, projects = arrived.of(Kind.NETWORK)[1:], arrived.of(Kind.PROJECT)[1:]
        for extra in (networks, projects):
            if extra:
                text = translate("Arrivals", "{name} was left out: one is used at a time.")
                said.append(text.format(name=named(extra)))
        labels = arrived.of(*_LABELS)
        if labels and not arrived.of(Kind.PROJECT, Kind.MEDIA) and self._window.session.project is None:
            text = translate("Arrivals", "{name} holds labels: open the frames first, then bring them in.")
            said.append(text.format(name=named(labels)))
        return said

    def _on_project(self) -> None:
        """The frames are there: now their lines, if any came along."""
        lines, self._lines = self._lines, ()
        if lines and self._window.session.project is not None:
            self._window.files.exchange.bring(lines)

    def _on_failed(self, text: str) -> None:
        self._lines = ()

    def close(self) -> None:
        """Let the thread end."""
        self._lane.close()


def named(paths: Sequence[Path]) -> str:
    """The name of the first path, and how many more there are."""
    first = paths[0].name or str(paths[0])
    more = translate("Arrivals", "{name} and {count} more")
    return first if len(paths) == 1 else more.format(name=first, count=f"{len(paths) - 1:,}")


def refusals() -> dict[Kind, str]:
    """Why something is not used, by what it is."""
    return {
        Kind.MISSING: translate("Arrivals", "{name} is not there any more."),
        Kind.EMPTY: translate("Arrivals", "{name} holds no images, videos or label files."),
        Kind.FOREIGN_NETWORK: translate(
            "Arrivals", "{name} is no Touchline network: \u201cpython main.py weights import\u201d makes one of it."
        ),
        Kind.OTHER: translate("Arrivals", "{name} is no image, video, project, network or label file."),
    }
