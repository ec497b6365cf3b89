"""The camera that fits the labels, in numbers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from annotator.camera import Solution, SolutionKind
from annotator.camera_text import Measure, camera_facts, plain_text
from annotator.gui import theme
from annotator.gui.panels.soon import Soon
from annotator.gui.session import Session

MINUS, NONE = "\u2212", "\u2013"


class CameraPanel(QWidget):
    """What was fitted, its numbers with their deviations, and Copy. Rows stay where they are when there is nothing."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: Solution | None = None
        self.kind = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
        self.values: dict[str, QLabel] = {}
        self.deviations: dict[str, QLabel] = {}
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.setObjectName("small")
        self.copy.setToolTip(self.tr("Copy these numbers as text"))
        self.copy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.copy.clicked.connect(self._on_copy)
        self._soon = Soon(self, self.refresh)
        session.resolved_changed.connect(self._refresh_soon)
        session.frame_changed.connect(self._refresh_soon)
        self._lay_out()
        self.refresh()

    def _rows(self) -> tuple[tuple[str, str, str], ...]:
        return (
            ("pan", self.tr("Pan"), self.tr("0 looks straight across the pitch, positive to the right")),
            ("tilt", self.tr("Tilt"), self.tr("How far it looks below the horizon")),
            ("roll", self.tr("Roll"), self.tr("How far the right side hangs lower than the left")),
            ("focal", self.tr("Focal length"), self.tr("In pixels of this frame")),
            ("x", self.tr("Along the pitch"), self.tr("From the centre spot, positive to the right")),
            ("y", self.tr("Across the pitch"), self.tr("From the centre spot towards the main camera")),
            ("height", self.tr("Height"), self.tr("Above the ground")),
            ("k1", self.tr("Lens, k1"), self.tr("OpenCV's radial term")),
            ("rms", self.tr("Fit"), self.tr("Root mean square distance of what was said to this camera")),
        )

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        small = theme.tabular(self.font())
        for row, (name, text, tip) in enumerate(self._rows()):
            title = QLabel(text)
            title.setProperty("role", "muted")
            value, deviation = QLabel(), QLabel()
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            for column, label in enumerate((title, value, deviation)):
                label.setToolTip(tip)
                if column:
                    label.setFont(small)
                    label.setAlignment(right)
                grid.addWidget(label, row, column)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance(f"{MINUS}00000.0 px"))
            deviation.setMinimumWidth(value.fontMetrics().horizontalAdvance("\u00b1 000.00"))
            deviation.setProperty("role", "muted")
            self.values[name], self.deviations[name] = value, deviation
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.kind, 1)
        top.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        self.kind.setMinimumHeight(2 * self.kind.fontMetrics().lineSpacing())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 8)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addLayout(grid)
        layout.addStretch(1)

    def _refresh_soon(self) -> None:
        if not self.visibleRegion().isEmpty():
            self._soon.ask()

    def refresh(self) -> None:
        """Show the camera of the frame on the desk."""
        resolved = self._session.resolved
        solution = None if resolved is None else resolved.solution
        trusted = resolved is not None and bool(resolved.ghost)
        self.kind.setText(self._kind(solution, "" if resolved is None else resolved.status, trusted=trusted))
        self.copy.setEnabled(solution is not None)
        if solution is self._shown and solution is not None:
            return
        self._shown = solution
        facts = None if solution is None else camera_facts(solution)
        measures: dict[str, tuple[Measure | None, int, str]] = {
            "pan": (facts.pan if facts else None, 2, "\u00b0"),
            "tilt": (facts.tilt if facts else None, 2, "\u00b0"),
            "roll": (facts.roll if facts else None, 2, "\u00b0"),
            "focal": (facts.focal if facts else None, 0, " px"),
            "x": (facts.position[0] if facts else None, 2, " m"),
            "y": (facts.position[1] if facts else None, 2, " m"),
            "height": (facts.position[2] if facts else None, 2, " m"),
            "k1": (facts.k1 if facts else None, 3, ""),
        }
        for name, (measure, digits, unit) in measures.items():
            self.values[name].setText(NONE if measure is None else _number(measure.value, digits) + unit)
            self.deviations[name].setText("" if measure is None else f"\u00b1 {_number(measure.sd, digits)}")
        rms = None if solution is None else solution.rms / solution.lens.scale
        self.values["rms"].setText(NONE if rms is None else f"{rms:.2f} px")

    def _kind(self, solution: Solution | None, why: str, *, trusted: bool) -> str:
        if solution is None:
            return self.tr("No camera. {why}").format(why=why) if why else self.tr("No camera yet")
        if not trusted:
            return self.tr("Not used: it does not fit what was drawn")
        if solution.kind is SolutionKind.CAMERA:
            return self.tr("Camera")
        return self.tr("Homography of the ground: no camera is determined")

    def _on_copy(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText(plain_text(self._shown))
            self._session.say(self.tr("The camera is on the clipboard"))


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", MINUS)
