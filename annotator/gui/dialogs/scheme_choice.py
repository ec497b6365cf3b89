"""A new project: which things its frames show, and where the frames are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.formats.documents import FormatError
from annotator.gui.background import sentence
from annotator.gui.scheme_picture import SchemePicture
from annotator.import_beside import labels_beside, named_by
from annotator.project import Project
from annotator.scheme import Scheme
from annotator.schemes import known_schemes, read_scheme
from annotator.store_media import IMAGE_SUFFIXES, VIDEO_SUFFIXES

_NAMED = 2
_SCHEME = int(Qt.ItemDataRole.UserRole)


class SchemeChoice(QWidget):
    """A list of schemes, each with its picture and what it asks."""

    def __init__(self, schemes: Sequence[Scheme], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Schemes"))
        self.list.setMinimumWidth(220)
        self.picture = SchemePicture()
        self.facts = QLabel(wordWrap=True)
        self.facts.setProperty("role", "muted")
        right = QVBoxLayout()
        right.addWidget(self.picture, 1)
        right.addWidget(self.facts)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        layout.addLayout(right, 1)
        self.list.currentItemChanged.connect(lambda now, before: self._show())
        for scheme in schemes:
            self.add(scheme)
        self.list.setCurrentRow(0)

    @property
    def chosen(self) -> Scheme | None:
        """The scheme that is picked out."""
        item = self.list.currentItem()
        found = None if item is None else item.data(_SCHEME)
        return found if isinstance(found, Scheme) else None

    def add(self, scheme: Scheme) -> None:
        """Offer one more, in place of one with the same id."""
        for row in range(self.list.count()):
            if self.list.item(row).data(_SCHEME).id == scheme.id:
                self.list.item(row).setText(scheme.title)
                self.list.item(row).setData(_SCHEME, scheme)
                self.list.setCurrentRow(row)
                self._show()
                return
        item = QListWidgetItem(scheme.title)
        item.setData(_SCHEME, scheme)
        self.list.addItem(item)
        self.list.setCurrentItem(item)

    def _show(self) -> None:
        scheme = self.chosen
        self.picture.show_scheme(scheme)
        self.facts.setText("" if scheme is None else self._said_of(scheme))

    def _said_of(self, scheme: Scheme) -> str:
        many = self.tr("any number in a frame") if scheme.is_many else self.tr("one in a frame")
        lines = [self.tr("{count} points, {many}").format(count=len(scheme), many=many)]
        if scheme.attributes:
            asked = ", ".join(one.title for one in scheme.attributes)
            lines.append(self.tr("Asks: {what}").format(what=asked))
        return "\n".join(lines)


class NewProjectDialog(QDialog):
    """Scheme and frames; ``create`` is told both, and which label files beside the frames are to be imported."""

    def __init__(
        self,
        create: Callable[[list[Path], Scheme, tuple[Path, ...]], None],
        *,
        folder: str,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("New project"))
        self._create, self._folder = create, folder
        self.paths: list[Path] = []
        self._labels: tuple[Path, ...] = ()
        self.choice = SchemeChoice(list(known_schemes().values()))
        self.choice.list.setCurrentRow(0)
        self.where = QLabel(self.tr("No frames chosen yet"), wordWrap=True)
        self.beside = QCheckBox()
        self.beside.setChecked(True)
        self.note = QLabel(wordWrap=True)
        self.note.setProperty("role", "warning")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.make = buttons.addButton(self.tr("Create"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.make.setAutoDefault(False)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        asked = QLabel(self.tr("What do the frames show?"))
        asked.setProperty("role", "title")
        layout.addWidget(asked)
        layout.addWidget(self.choice, 1)
        layout.addLayout(self._ways())
        for widget in (self.where, self.beside, self.note):
            layout.addWidget(widget)
        layout.addWidget(buttons)
        self.resize(640, 520)
        self._refresh()

    def _ways(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for text, ask in (
            (self.tr("Folder of frames..."), self._ask_folder),
            (self.tr("Images or videos..."), self._ask_files),
            (self.tr("Scheme from file..."), self._ask_scheme),
        ):
            button = QPushButton(text)
            button.clicked.connect(ask)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _ask_folder(self) -> None:
        found = QFileDialog.getExistingDirectory(self, self.tr("Folder of frames"), self._folder)
        if found:
            self.take([Path(found)])

    def _ask_files(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(IMAGE_SUFFIXES | VIDEO_SUFFIXES))
        found, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Images or videos"), self._folder, self.tr("Images and videos") + f" ({patterns})"
        )
        if found:
            self.take([Path(name) for name in found])

    def _ask_scheme(self) -> None:
        found, _ = QFileDialog.getOpenFileName(
            self, self.tr("Scheme from file"), self._folder, self.tr("Schemes") + " (*.json)"
        )
        if found:
            self.take_scheme(Path(found))

    def take_scheme(self, path: Path) -> None:
        """Offer the scheme of a file."""
        try:
            self.choice.add(read_scheme(path))
        except FormatError as error:
            self.note.setText(sentence(error))

    def take(self, paths: list[Path]) -> None:
        """The project is to be of these frames."""
        self.paths, self._labels = paths, labels_beside(paths)
        self._refresh()

    def _refresh(self) -> None:
        taken = bool(self.paths) and Project.is_there_for(self.paths[0])
        self.note.setText(
            self.tr("These frames have a project already. Open it; File > Scheme... changes what it is of.")
            if taken else ""
        )  # fmt: skip
        self.beside.setVisible(bool(self._labels) and not taken)
        self.beside.setText(self._beside_text())
        if self.paths:
            more = len(self.paths) - 1
            text = str(self.paths[0])
            self.where.setText(self.tr("{path} and {count} more").format(path=text, count=more) if more else text)
        self.make.setText(self.tr("Open it") if taken else self.tr("Create"))
        self.make.setEnabled(bool(self.paths))
        self.make.setDefault(self.make.isEnabled())
        self.make.setToolTip("" if self.paths else self.tr("Choose a folder, images or videos first"))

    def _beside_text(self) -> str:
        names = ", ".join(named_by(path) for path in self._labels[:_NAMED])
        more = len(self._labels) - _NAMED
        text = self.tr("Import the labels that lie there: {names}").format(names=names)
        return text + (self.tr(" and {count} more").format(count=more) if more > 0 else "")

    def accept(self) -> None:
        """Make it, or open the one that is there."""
        scheme = self.choice.chosen
        if scheme is None or not self.paths:
            return
        wanted = self.beside.isChecked() and self.beside.isVisible()
        self._create(self.paths, scheme, self._labels if wanted else ())
        super().accept()
