"""Export a film: of which frames, who speaks, what is drawn, how wide, and where to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.filming import Film, Speaker
from annotator.gui.dialogs.go_or_cancel import go_or_cancel
from annotator.gui.filming import Filming
from annotator.rendering_files import SUFFIXES
from annotator.rendering_layers import LAYERS
from annotator.rendering_things import THING_LAYERS
from annotator.store_media import VIDEO_SUFFIXES

_WIDTHS = (1920, 1280, 960, 640, 480)
_ANIMATION = 640
_COLUMNS = 3
_UNUSUAL = ("heatmap", "boxes")


class FilmDialog(QDialog):
    """What a film shows and where it is written, and Export."""

    def __init__(self, filming: Filming, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export film"))
        self._filming, self._session = filming, filming.session
        self.scope, self.speaker, self.width_ = QComboBox(), QComboBox(), QComboBox()
        self.only = QCheckBox()
        self.layers = {name: QCheckBox(text) for name, text in self._layer_texts().items()}
        self.path = QLineEdit(str(self._free_path()))
        self.note = QLabel(wordWrap=True)
        self.note.setProperty("role", "muted")
        self.note.setMinimumSize(440, 3 * self.note.fontMetrics().lineSpacing())
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._fill()
        self._lay_out()
        self.scope.currentIndexChanged.connect(self._show)
        self.speaker.currentIndexChanged.connect(self._show)
        self.only.toggled.connect(self._show)
        self.path.textChanged.connect(self._on_path)
        self._show()

    def _layer_texts(self) -> dict[str, str]:
        """What the layers of the project's scheme are called here."""
        texts = {
            "ghost": self.tr("Pitch overlay"),
            "markings": self.tr("Markings"),
            "keypoints": self.tr("Points"),
            "heatmap": self.tr("Heatmap"),
            "map": self.tr("Pitch map"),
            "skeletons": self.tr("Skeletons"),
            "boxes": self.tr("Boxes"),
            "names": self.tr("Numbers and attributes"),
            "caption": self.tr("Frame name"),
        }
        project = self._session.project
        there = LAYERS if project is None or project.scheme.has_football else THING_LAYERS
        return {name: texts[name] for name in texts if name in there}

    def _free_path(self) -> Path:
        project = self._session.project
        stem = Path.home() / "film" if project is None else project.path.with_suffix("")
        if stem.suffix.lower() in VIDEO_SUFFIXES:
            stem = stem.with_suffix("")
        path, number = stem.with_name(f"{stem.name}-film.mp4"), 1
        while path.exists():
            number += 1
            path = stem.with_name(f"{stem.name}-film {number}.mp4")
        return path

    def _fill(self) -> None:
        timeline, chosen = self._filming.timeline, self._filming.timeline.range
        if timeline.track is not None:
            if chosen is not None and chosen[0] < chosen[1]:
                text = self.tr("Range on the timeline: frames {first} to {last}")
                self.scope.addItem(text.format(first=f"{chosen[0] + 1:,}", last=f"{chosen[1] + 1:,}"), "range")
            self.scope.addItem(self.tr("This clip"), "clip")
        self.scope.addItem(self.tr("Frames in the list"), "list")
        self.speaker.addItem(self.tr("The labels"), Speaker.LABELS)
        self.speaker.addItem(self.tr("The network"), Speaker.NETWORK)
        self.width_.addItem(self.tr("As the frames"), None)
        for width in _WIDTHS:
            self.width_.addItem(self.tr("{width} px").format(width=width), width)
        if self._known() == 0 and self._filming.timeline.track is not None:
            # Nobody said anything yet: the network did, if anyone.
            self.speaker.setCurrentIndex(self.speaker.findData(Speaker.NETWORK))
            self.speaker.setCurrentIndex(self.speaker.findData(Speaker.NETWORK if self._known() else Speaker.LABELS))
        for name, box in self.layers.items():
            box.setChecked(name not in _UNUSUAL)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Frames"), self.scope)
        form.addRow(self.tr("As seen by"), self.speaker)
        form.addRow("", self.only)
        grid = QGridLayout()
        for number, box in enumerate(self.layers.values()):
            grid.addWidget(box, number // _COLUMNS, number % _COLUMNS)
        form.addRow(self.tr("Draw"), grid)
        form.addRow(self.tr("Width"), self.width_)
        row = QHBoxLayout()
        browse = QPushButton(self.tr("Choose..."), autoDefault=False)
        browse.clicked.connect(self._browse)
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        form.addRow(self.tr("Save as"), row)
        for label, widget in ((self.tr("Frames"), self.scope), (self.tr("As seen by"), self.speaker),
                              (self.tr("Width"), self.width_), (self.tr("Save as"), self.path)):  # fmt: skip
            widget.setAccessibleName(label)
        buttons, self.go = go_or_cancel(self, self.tr("Export"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.note)
        layout.addWidget(buttons)

    # What is chosen

    @property
    def film(self) -> Film:
        """What is chosen now."""
        return Film(
            Path(self.path.text().strip()).expanduser(),
            self._ids(),
            self.speaker.currentData(),
            tuple(name for name, box in self.layers.items() if box.isChecked()),
            self.width_.currentData(),
            self._session.settings.threshold,
        )

    def _ids(self) -> tuple[int, ...]:
        timeline, scope = self._filming.timeline, self.scope.currentData()
        if scope == "list" or timeline.track is None:
            return tuple(self._session.order.ids)
        ids = timeline.track.ids.tolist()
        if scope == "range" and timeline.range is not None:
            ids = ids[timeline.range[0] : timeline.range[1] + 1]
        return tuple(ids)

    def _browse(self) -> None:
        kinds = ";;".join(
            (self.tr("Films") + " (*.mp4)", self.tr("Animated pictures") + " (*.gif)", "WebP (*.webp)")
        )
        chosen, _ = QFileDialog.getSaveFileName(self, self.windowTitle(), self.path.text(), kinds)
        if chosen:
            self.path.setText(chosen if Path(chosen).suffix else f"{chosen}.mp4")

    def _on_path(self, text: str) -> None:
        """An animation as wide as the frames is very large."""
        if Path(text).suffix.lower() in SUFFIXES[1:] and self.width_.currentData() is None:
            self.width_.setCurrentIndex(self.width_.findData(_ANIMATION))
        self._show()

    # Words

    def _show(self) -> None:
        network = self.speaker.currentData() is Speaker.NETWORK
        self.only.setText(
            self.tr("Only frames that the network looked at") if network else self.tr("Only frames with labels")
        )
        if "markings" in self.layers:
            self.layers["markings"].setEnabled(not network)
        path = Path(self.path.text().strip()).expanduser()
        fits = path.suffix.lower() in SUFFIXES and bool(path.stem)
        count, known = len(self._ids()), self._known()
        words = [self.tr("Frames: {count}.").format(count=f"{count:,}")]
        if known is not None:
            says = self.tr("Seen by the network: {known}.") if network else self.tr("With labels: {known}.")
            words.append(says.format(known=f"{known:,}"))
        if network and known is not None and known < count:
            words.append(self.tr("Predict all frames (Shift+F6) first to have the network speak of all."))
        if not fits:
            words = [self.tr("The name must end in {suffixes}.").format(suffixes=", ".join(SUFFIXES))]
        elif path.exists():
            words.append(self.tr("The file is there already and will be replaced."))
        self.note.setText(" ".join(words))
        empty = known == 0 and self.only.isChecked()
        self.go.setEnabled(fits and count > 0 and not empty)

    def _known(self) -> int | None:
        """Of how many of the frames the speaker says something, where the timeline knows it."""
        timeline, scope = self._filming.timeline, self.scope.currentData()
        track = timeline.track
        if track is None or scope == "list":
            return None
        said = np.isfinite(track.confidence) if self.speaker.currentData() is Speaker.NETWORK else track.said > 0
        if scope == "range" and timeline.range is not None:
            said = said[timeline.range[0] : timeline.range[1] + 1]
        return int(said.sum())

    def accept(self) -> None:
        """Begin."""
        self._filming.write(self.film, only_known=self.only.isChecked())
        super().accept()
