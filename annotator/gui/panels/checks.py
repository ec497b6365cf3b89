"""What looks wrong with the labels of the frame: why, where, and the fix where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme
from annotator.gui.checking import Checker
from annotator.gui.session import Session

if TYPE_CHECKING:
    from annotator.checks import Finding, Severity


class SeverityMark(QWidget):
    """How grave a finding is, as a shape; colour says it a second time."""

    def __init__(self, severity: Severity, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._severity = severity
        self.setFixedSize(16, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A filled triangle, an open one, or a small ring."""
        from annotator.checks import Severity

        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        grave = self._severity is Severity.ERROR
        colour = QColor(colours.muted if self._severity is Severity.HINT else colours.warning)
        painter.setPen(QPen(colour, 1.4))
        painter.setBrush(colour if grave else Qt.BrushStyle.NoBrush)
        if self._severity is Severity.HINT:
            painter.drawEllipse(QPointF(8.0, 9.5), 4.0, 4.0)
        else:
            painter.drawPolygon(QPolygonF([QPointF(8.0, 3.5), QPointF(14.0, 14.5), QPointF(2.0, 14.5)]))


class MendText(QLabel):
    """What the fix does, cut with dots where it is too long; the tip has all of it."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = text
        self.setToolTip(text)
        self.setProperty("role", "muted")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as fits."""
        super().resizeEvent(event)
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width()))


class FindingRow(QFrame):
    """One finding with its buttons; a click anywhere else on it shows it as well."""

    def __init__(self, checker: Checker, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checker = checker
        self.finding = finding
        self.setObjectName("finding")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        reason = QLabel(finding.reason, wordWrap=True)
        self.setAccessibleName(finding.reason)
        self.show_it = self._button(self.tr("Show"), self.tr("Point at it (F8 shows one after the other)"))
        self.show_it.clicked.connect(lambda: checker.show(finding))
        self.mend: QPushButton | None = None
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.show_it)
        if finding.mend is not None:
            self.mend = self._button(self.tr("Fix"), self.tr("{what}; can be undone").format(what=finding.mend.text))
            self.mend.clicked.connect(lambda: checker.mend(finding))
            buttons.addWidget(self.mend)
            buttons.addWidget(MendText(finding.mend.text), 1)
        else:
            buttons.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(reason)
        words.addLayout(buttons)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 7)
        layout.setSpacing(6)
        layout.addWidget(SeverityMark(finding.severity), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName("small")
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def mark_current(self, current: bool) -> None:
        """Look like the one that was shown last, or not."""
        if self.property("current") is not current:
            self.setProperty("current", current)
            self.style().unpolish(self)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show it."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._checker.show(self.finding)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter shows it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._checker.show(self.finding)
        else:
            super().keyPressEvent(event)


class ChecksPanel(QScrollArea):
    """The findings of the frame, the gravest first, or a word that there are none."""

    def __init__(self, session: Session, checker: Checker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._checker = checker
        self.rows: list[FindingRow] = []
        self._shown: tuple[Finding, ...] = ()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Checks"))
        self.setObjectName("checks")
        holder = QWidget()
        holder.setObjectName("checksHolder")
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.nothing = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.nothing.setProperty("role", "muted")
        self.nothing.setContentsMargins(12, 14, 12, 12)
        self._column.addWidget(self.nothing)
        self._column.addStretch(1)
        self.setWidget(holder)
        checker.changed.connect(self.refresh)
        session.resolved_changed.connect(self._say_nothing)
        self.refresh()

    def sizeHint(self) -> QSize:
        """As wide as the panels about it."""
        return QSize(300, 200)

    def refresh(self) -> None:
        """Show the findings there are; rows that stay are left alone."""
        findings = self._checker.findings
        if findings != self._shown:
            kept = {row.finding: row for row in self.rows if row.finding in findings}
            for row in self.rows:
                self._column.removeWidget(row)
                if row.finding not in kept:
                    row.hide()
                    row.deleteLater()
            self._shown = findings
            self.rows = [kept.get(finding) or FindingRow(self._checker, finding) for finding in findings]
            for place, row in enumerate(self.rows):
                self._column.insertWidget(place, row)
        for row in self.rows:
            current = row.finding == self._checker.current
            row.mark_current(current)
            if current:
                self.ensureWidgetVisible(row, 0, 0)
        self._say_nothing()

    def _say_nothing(self) -> None:
        if self._session.labels.is_empty:
            text = self.tr("Labels are checked as you draw")
        else:
            text = self.tr("Nothing looks wrong")
        if self.nothing.text() != text:
            self.nothing.setText(text)
        self.nothing.setVisible(not self.rows)

    def changeEvent(self, event: QEvent) -> None:
        """Marks follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.viewport().update()
