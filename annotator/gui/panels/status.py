"""The status bar: what a press does, where the pointer is, which frame, the network, and what is running."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QLocale, Qt, QTime
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from annotator.gui import theme
from annotator.gui.background import Job
from annotator.gui.errands import Errands
from annotator.gui.forecasting import NetworkState
from annotator.gui.session import Session
from annotator.labels import Decision

MINUS = "\u2212"


class Hint(QLabel):
    """A sentence that gives way to what is beside it, with dots at its end; the tip has all of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def whole(self) -> str:
        """The sentence, also what does not fit."""
        return self._whole

    def say(self, text: str) -> None:
        """Show this sentence."""
        self._whole = text
        self.setToolTip(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as fits."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.contentsRect().width()
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room))


class JobView(QWidget):
    """What is running, how far it is, how long it takes still, and Stop."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self._text = _label(self, 0)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(90)
        self.stop = QToolButton()
        self.stop.setToolTip(self.tr("Stop: what is done stays"))
        self.stop.setAccessibleName(self.tr("Stop"))
        self.stop.clicked.connect(lambda: self._job.stop() if self._job is not None else None)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        for widget in (self._text, self._bar, self.stop):
            layout.addWidget(widget)
        self.hide()

    def show_job(self, job: Job | None) -> None:
        """Show this job as it is now, or nothing."""
        self._job = job
        self.setVisible(job is not None)
        if job is None:
            return
        self.stop.setIcon(theme.icon("stop"))
        text = job.title if not job.total else f"{job.title} {job.done:,} / {job.total:,}"
        left = job.seconds_left
        self._text.setText(text if left is None else f"{text}, {self._duration(left)}")
        self._bar.setRange(0, job.total)
        self._bar.setValue(job.done)

    def _duration(self, seconds: float) -> str:
        if seconds < 90:
            return self.tr("{count} s left").format(count=max(round(seconds), 1))
        if seconds < 5400:
            return self.tr("{count} min left").format(count=round(seconds / 60))
        return self.tr("{count:.1f} h left").format(count=seconds / 3600)


class StatusBar(QStatusBar):
    """Fields of fixed width, so that nothing jumps while numbers change."""

    def __init__(self, session: Session, errands: Errands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._errands = errands
        self._key_of: Callable[[str], str] = lambda command_id: ""
        self.setSizeGripEnabled(False)
        self.hint = Hint()
        self.hint.setContentsMargins(8, 0, 0, 0)
        self.addWidget(self.hint, 1)
        self.hidden = _label(self, 0)
        self.hidden.setProperty("role", "warning")
        self.job = JobView()
        self.pixel = _label(self, "x 0000.0  y 0000.0")
        self.metres = _label(self, f"{MINUS}00.00, {MINUS}00.00 m")
        self.zoom = _label(self, "0000 %")
        self.decision = _label(self, 0)
        self.frame = _label(self, 0)
        self.network = _label(self, 0)
        self.saved = _label(self, "Saved 00:00:00")
        fields = (self.pixel, self.metres, self.zoom, self.decision, self.frame, self.network, self.saved)
        for widget in (self.hidden, self.job, *fields):
            self.addPermanentWidget(widget)
        self.pixel.setToolTip(self.tr("The pointer in pixels of the frame"))
        self.metres.setToolTip(self.tr("The pointer on the pitch in metres from the centre spot"))
        self._connect()

    def _connect(self) -> None:
        session = self._session
        session.message.connect(self.say)
        session.saved.connect(lambda frame_id: self.show_saved())
        session.wanted_changed.connect(self.show_frame)
        session.frames_changed.connect(self.show_frame)
        session.settings_changed.connect(self.show_hidden)
        session.frame_changed.connect(self.show_decision)
        session.record_changed.connect(lambda frame_id: self.show_decision())
        session.project_changed.connect(lambda: self.saved.setText(""))
        session.forecaster.state_changed.connect(self.show_network)
        for job in (session.forecaster.job, self._errands.job):
            job.changed.connect(lambda: self.job.show_job(self._errands.current))
        self.show_network()
        self.show_frame()

    def say(self, text: str) -> None:
        """Show what a press does, or what was just done."""
        self.hint.say(text)

    def show_pointer(self, x: float, y: float) -> None:
        """Show where the pointer is, in pixels and on the pitch."""
        self.pixel.setText(f"x {x:.1f}  y {y:.1f}")
        resolved = self._session.resolved
        self.metres.setText(_on_pitch(None if resolved is None else resolved.image_from_pitch, x, y))

    def show_no_pointer(self) -> None:
        """The pointer is elsewhere."""
        self.pixel.clear()
        self.metres.clear()

    def show_zoom(self, scale: float) -> None:
        """Show how large the frame is painted."""
        self.zoom.setText(f"{scale * 100:.0f} %")

    def show_frame(self) -> None:
        """Show which frame of how many."""
        session = self._session
        wanted, place = session.wanted, session.order.place_of(session.wanted)
        if session.project is None or wanted is None:
            self.frame.setText("")
            return
        name = session.project.row(wanted).name
        short = self.frame.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 170)
        number = "" if place is None else f"{place + 1:,} / {len(session.order.ids):,}  "
        self.frame.setText(number + short)
        self.frame.setToolTip(name)

    def show_decision(self) -> None:
        """Show what was decided about the frame, and the remark on it."""
        review = self._session.record.review
        texts = {
            Decision.ACCEPTED: self.tr("Accepted"),
            Decision.REJECTED: self.tr("Rejected"),
            Decision.LOOK_AGAIN: self.tr("Needs a second look"),
        }
        text = texts.get(review.decision, "")
        if text and review.by:
            text = self.tr("{decision} by {name}").format(decision=text, name=review.by)
        if text != self.decision.text():
            self.decision.setText(text)
        confirmed = self.tr("Confirmed by {name}").format(name=review.confirmed_by) if review.confirmed_by else ""
        remarks = (confirmed, review.reason, review.comment, *(note.text for note in review.notes))
        self.decision.setToolTip("\n".join(filter(None, remarks)))

    def show_network(self) -> None:
        """Show which network there is and what it does."""
        forecaster = self._session.forecaster
        self.network.setText(forecaster.text)
        self.network.setProperty("role", "" if forecaster.state is NetworkState.READY else "muted")
        tip = self.tr("Predict > Load network... loads one")
        self.network.setToolTip(tip if forecaster.path is None else str(forecaster.path))

    def show_saved(self) -> None:
        """Say when the last change went to disk."""
        now = QLocale().toString(QTime.currentTime(), "HH:mm:ss")
        self.saved.setText(self.tr("Saved {time}").format(time=now))

    def use_keys(self, key_of: Callable[[str], str]) -> None:
        """Name the keys of commands as they are now."""
        self._key_of = key_of
        stop = key_of("predict.stop")
        self.job.stop.setToolTip(self.tr("Stop: what is done stays") + (f" ({stop})" if stop else ""))
        self.show_hidden()

    def show_hidden(self) -> None:
        """Say which layers are hidden, and the keys that bring them back."""
        settings = self._session.settings
        hidden = [
            text + (f" ({key})" if (key := self._key_of(command_id)) else "")
            for on, text, command_id in (
                (settings.labels, self.tr("Labels hidden"), "view.labels"),
                (settings.markings, self.tr("Markings hidden"), "view.markings"),
                (settings.predictions, self.tr("Predictions hidden"), "view.predictions"),
            )
            if not on
        ]
        self.hidden.setText("  ".join(hidden))


def _label(parent: QWidget, room: str | int) -> QLabel:
    """A label with digits of one width that keeps room for the widest text it will show."""
    label = QLabel(parent)
    label.setFont(theme.tabular(label.font()))
    label.setContentsMargins(6, 0, 6, 0)
    if isinstance(room, str):
        label.setFixedWidth(label.fontMetrics().horizontalAdvance(room) + 14)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label


def _on_pitch(image_from_pitch: object, x: float, y: float) -> str:
    """The pointer in metres, or nothing where the ground is unknown or at the horizon."""
    if not isinstance(image_from_pitch, np.ndarray):
        return ""
    try:
        at = np.linalg.solve(image_from_pitch, np.array([x, y, 1.0]))
    except np.linalg.LinAlgError:
        return ""
    if at[2] == 0.0:
        return ""
    metres = at[:2] / at[2]
    if not all(math.isfinite(value) and abs(value) < 100.0 for value in metres):
        return ""
    return ", ".join(f"{value:.2f}".replace("-", MINUS) for value in metres) + " m"
