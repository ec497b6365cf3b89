"""How far the labels are from a camera: a small gauge, a few words, and the sentence on what would help."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from annotator.gui import theme
from annotator.gui.checking import Checker
from annotator.gui.panels.soon import Soon
from annotator.gui.progress import progress
from annotator.gui.session import Session
from annotator.gui.toolbox import Toolbox
from annotator.readiness import Readiness, Stage, readiness

_WARNING = (Stage.DISAGREES, Stage.DOUBT, Stage.ROUGH, Stage.UNCHECKED, Stage.BUT)


class Gauge(QWidget):
    """A short bar; full and green is what to aim for, amber says that something does not fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Readiness(Stage.NOTHING)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As small as it reads."""
        return QSize(44, 8)

    def show_readiness(self, shown: Readiness) -> None:
        """Show this much."""
        if (shown.share, shown.stage) != (self._shown.share, self._shown.stage):
            self._shown = shown
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The track, and what is filled of it."""
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(0.0, self.height() / 2.0 - 2.0, self.width(), 4.0)
        painter.setBrush(QColor(colours.border))
        painter.drawRoundedRect(track, 2.0, 2.0)
        if self._shown.share > 0.0:
            painter.setBrush(QColor(colours.warning if self._shown.stage in _WARNING else colours.accent))
            track.setWidth(max(track.width() * self._shown.share, 4.0))
            painter.drawRoundedRect(track, 2.0, 2.0)


class ReadinessView(QWidget):
    """Gauge, words, and what comes next or what would help; its height never changes."""

    def __init__(self, session: Session, tools: Toolbox, checker: Checker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tools = tools
        self._checker = checker
        self.gauge = Gauge()
        self.words = QLabel()
        self.words.setFont(theme.tabular(self.words.font()))
        self.count = QLabel(alignment=Qt.AlignmentFlag.AlignRight)
        self.count.setFont(theme.tabular(self.count.font()))
        self.count.setProperty("role", "muted")
        self.count.setToolTip(self.tr("Keypoints in the frame that labels and geometry know"))
        self.advice = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop)
        self.advice.setProperty("role", "muted")
        self.advice.setFixedHeight(2 * self.advice.fontMetrics().lineSpacing() + 2)
        self._soon = Soon(self, self.refresh)
        session.resolved_changed.connect(self._soon.ask)
        for signal in (session.frame_changed, tools.guide.changed, tools.changed, checker.changed):
            signal.connect(self.refresh)
        self._lay_out()
        self.refresh()

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.gauge)
        line.addWidget(self.words, 1)
        line.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 0, 10, 6)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self.advice)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def refresh(self) -> None:
        """Show how ready the frame on the desk is."""
        self._soon.stop()
        resolved = self._session.resolved
        shown = readiness(resolved, self._session.labels.pitch, issues=self._issues())
        self.gauge.show_readiness(shown)
        self.words.setText(self._words(shown))
        self.count.setText(self._count(shown.known))
        advice = self._advice(shown)
        self.advice.setText(advice)
        self.advice.setToolTip(advice)

    def _issues(self) -> int:
        """How many findings are more than a hint."""
        return sum(finding.severity.value != "hint" for finding in self._checker.findings)

    def _advice(self, shown: Readiness) -> str:
        """What does not fit comes first, then what to draw next, then what geometry says would help."""
        status = "" if self._session.resolved is None else self._session.resolved.status
        if status and shown.stage in (Stage.DISAGREES, Stage.DOUBT):
            return status
        if shown.stage is Stage.UNCHECKED and (self._tools.guide.at_end or not self._tools.guide.text):
            return self.tr("The lines lie where the pitch was put. S draws them to the paint; drag what is off.")
        if shown.stage is Stage.BUT:
            return self.tr("Checks say what does not fit: F8 shows it.")
        if self._tools.guide.text:
            return self._tools.guide.text
        if shown.stage is Stage.UNSURE and not status:
            return self.tr("It fits, but so would others: one more marking makes it sharper.")
        return status

    def _words(self, shown: Readiness) -> str:
        rms = shown.rms or 0.0
        return {
            Stage.NOTHING: lambda: self.tr("No camera yet"),
            Stage.GATHERING: lambda: self._more(shown.missing),
            Stage.DISAGREES: lambda: self.tr("Something does not fit"),
            Stage.PARTLY: lambda: self._more(shown.missing),
            Stage.UNSURE: lambda: self.tr("So far \u00b1 {value:.0f} px").format(value=shown.sd or 0.0),
            Stage.UNCHECKED: lambda: self.tr("Placed, not checked"),
            Stage.BUT: lambda: self._good_but(shown.issues),
            Stage.DOUBT: lambda: self.tr("Mostly good: {value:.1f} px").format(value=rms),
            Stage.ROUGH: lambda: self.tr("Rough: {value:.1f} px").format(value=rms),
            Stage.FAIR: lambda: self.tr("Fair: {value:.1f} px").format(value=rms),
            Stage.GOOD: lambda: self.tr("Good: {value:.1f} px").format(value=rms),
        }[shown.stage]()

    def _good_but(self, issues: int) -> str:
        if issues == 1:
            return self.tr("Good but for 1 issue")
        return self.tr("Good but for {count} issues").format(count=issues)

    def _more(self, missing: int) -> str:
        return self.tr("1 more line") if missing == 1 else self.tr("{count} more lines").format(count=missing)

    def _count(self, known: int) -> str:
        session = self._session
        so_far = progress(session.labels.pitch, session.resolved) if self._tools.current == "point" else None
        if so_far is not None:
            return self.tr("{done} of {total} visible points").format(done=so_far.done, total=so_far.total)
        if not known:
            return ""
        return self.tr("1 point") if known == 1 else self.tr("{count} points").format(count=known)
