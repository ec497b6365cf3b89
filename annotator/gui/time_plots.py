"""Curves over time: a point, its confidence, the distance from the geometry, or the camera; a click goes there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from annotator.gui import theme
from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.plain_names import spoken
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline
from annotator.gui.timeline_axis import place_text
from annotator.labels import FrameState
from annotator.time_series import Moment, Quantity, moments, series, thing_moments
from annotator.timeline import STATES

if TYPE_CHECKING:
    from annotator.scheme import Scheme
    from annotator.timeline import Track

_REST_MS = 400
_UNSEEN = STATES.index(FrameState.UNSEEN)
_OF_POINT = ("x", "y", "confidence")


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Frames under a plot: their times where there are any, else their numbers."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__("bottom")
        self._timeline = timeline

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """The words of ticks."""
        track = self._timeline.track
        if track is None or spacing < 1.0:
            return ["" for _ in values]
        count = len(track)
        return [place_text(track.times, round(value)) if 0 <= value < count else "" for value in values]


class TimePlots(QWidget):
    """One curve at a time; what it needs is worked out in the background, nearest to the playhead first."""

    wanted = Signal(int)
    _found = Signal(object, object)

    def __init__(self, session: Session, timeline: Timeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._timeline = session, timeline
        self.known: dict[int, Moment] = {}
        self._versions: dict[int, str] = {}
        # Whose numbers are known: of which medium, and of which thing in it.
        self._of: tuple[int | None, int | None] = (None, None)
        self._stale = True
        self._lane = Lane("time plots", self)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._work)
        self.kind = QComboBox()
        self.point = QComboBox()
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self.plot = pg.PlotWidget(axisItems={"bottom": TimeAxis(timeline)}, background=None)
        self.curve = pg.PlotDataItem(connect="finite")
        self.head = pg.InfiniteLine(angle=90, movable=False)
        self._cuts: list[pg.InfiniteLine] = []
        self._scheme: Scheme | None = None
        self._fill_choices()
        self._name_choices()
        self._lay_out()
        self._connect()
        self.refresh_colours()

    def _fill_choices(self) -> None:
        """What can be plotted of the project's scheme: a camera is only over a pitch."""
        scheme = self._session.people.scheme
        if scheme == self._scheme:
            return
        self._scheme = scheme
        self.kind.clear()
        self.point.clear()
        for kind, text in (
            ("pan", self.tr("Camera: pan")), ("tilt", self.tr("Camera: tilt")),
            ("zoom", self.tr("Camera: focal length")), ("residual", self.tr("Distance from the geometry")),
            ("x", self.tr("Point: x")), ("y", self.tr("Point: y")), ("confidence", self.tr("Point: confidence")),
        ):  # fmt: skip
            if scheme.has_football or kind in _OF_POINT:
                self.kind.addItem(text, kind)
        for name in scheme.keypoints:
            self.point.addItem(spoken(name), name)

    def _name_choices(self) -> None:
        self.kind.setAccessibleName(self.tr("What is plotted"))
        self.point.setAccessibleName(self.tr("Of which point"))
        for box in (self.kind, self.point):
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        for widget in (self.kind, self.point):
            row.addWidget(widget)
        row.addWidget(self.note, 1)
        item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=True, y=False)
        item.addItem(self.curve)
        item.addItem(self.head)
        self.plot.setMinimumHeight(60)
        self.plot.setAccessibleName(self.tr("Curve over time"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.plot, 1)

    def _connect(self) -> None:
        self.kind.activated.connect(lambda index: self._show())
        self.point.activated.connect(lambda index: self._show())
        self._found.connect(self._on_found)
        self.plot.scene().sigMouseClicked.connect(self._on_click)
        self._timeline.clip_changed.connect(self._on_clip)
        self._timeline.changed.connect(self._on_changed)
        self._session.saved.connect(lambda frame_id: self._ask())
        self._session.many_changed.connect(self._ask)
        self._session.prediction_changed.connect(lambda frame_id: self._ask())
        self._session.active_changed.connect(self._follow_point)
        self._session.resolved_changed.connect(self._follow_thing)

    # What is shown

    @property
    def quantity(self) -> Quantity:
        """What is plotted now."""
        kind = str(self.kind.currentData())
        return Quantity(kind, str(self.point.currentData()) if kind in _OF_POINT else "")

    def _follow_point(self) -> None:
        """The active keypoint is the one that is asked about."""
        name = self._session.active_keypoint
        at = self.point.findData(name) if name is not None else -1
        if at >= 0 and at != self.point.currentIndex():
            self.point.setCurrentIndex(at)
            if self.quantity.keypoint:
                self._show()

    def _show(self) -> None:
        """The curve of what is known so far."""
        track, quantity = self._timeline.track, self.quantity
        self.point.setVisible(quantity.kind in _OF_POINT)
        cuts = np.empty(0, dtype=np.int64) if track is None else track.cuts
        numbers, values = series(self.known, quantity, cuts)
        finite = values[np.isfinite(values)]
        if len(finite):
            self.curve.setData(numbers, values)
        else:
            self.curve.setData([], [])
        item = self.plot.getPlotItem()
        item.setLabel("left", quantity.unit)
        if len(finite):
            low, high = float(finite.min()), float(finite.max())
            room = max(high - low, 1e-3) * 0.08
            item.setYRange(low - room, high + room, padding=0.0)
        self._say_note(bool(len(finite)))
        self.show_place()

    def _say_note(self, anything: bool) -> None:
        if self._lane.busy:
            return
        if anything or self._timeline.track is None:
            number = self._of[1] if self._session.people.is_many and anything else None
            self.note.setText("" if number is None else self.tr("Number {number}").format(number=number))
        else:
            self.note.setText(self.tr("Nothing yet: label or predict frames, and what they say is plotted here"))

    def show_place(self) -> None:
        """Show where the playhead is."""
        place = self._timeline.place
        self.head.setVisible(place is not None)
        if place is not None:
            self.head.setValue(float(place))

    def _show_cuts(self, track: Track | None) -> None:
        item = self.plot.getPlotItem()
        for line in self._cuts:
            item.removeItem(line)
        pen = pg.mkPen(QColor(theme.tokens().muted), style=Qt.PenStyle.DashLine)
        cuts = [] if track is None or len(track.cuts) > 500 else track.cuts.tolist()
        self._cuts = [pg.InfiniteLine(cut - 0.5, angle=90, pen=pen) for cut in cuts]
        for line in self._cuts:
            item.addItem(line)

    def refresh_colours(self) -> None:
        """Paint in the colours of the palette in use."""
        colours = theme.tokens()
        self.curve.setPen(pg.mkPen(QColor(colours.accent), width=2))
        single = QColor(colours.accent)
        self.curve.setSymbol("o")
        self.curve.setSymbolSize(4)
        self.curve.setSymbolPen(None)
        self.curve.setSymbolBrush(single)
        self.head.setPen(pg.mkPen(QColor(colours.text), width=1))
        for side in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(QColor(colours.border))
            axis.setTextPen(QColor(colours.muted))
        self._show_cuts(self._timeline.track)

    def changeEvent(self, event: QEvent) -> None:
        """Another font or palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_cuts"):
            self.refresh_colours()

    def _on_click(self, event: Any) -> None:
        at: QPointF = self.plot.getPlotItem().vb.mapSceneToView(event.scenePos())
        track = self._timeline.track
        if track is not None and event.button() is Qt.MouseButton.LeftButton:
            self.wanted.emit(min(max(round(at.x()), 0), len(track) - 1))

    # What is worked out

    def showEvent(self, event: QShowEvent) -> None:
        """Work while it is seen."""
        super().showEvent(event)
        self._on_clip()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: nothing is worked out."""
        super().hideEvent(event)
        self._rest.stop()
        self._lane.drop()
        self._stale = True

    def _on_clip(self) -> None:
        track = self._timeline.track
        self._fill_choices()
        self._forget_other()
        if track is not None:
            self.plot.getPlotItem().setXRange(0, max(len(track) - 1, 1), padding=0.01)
        self._show_cuts(track)
        self._show()
        self._ask()

    def _forget_other(self) -> bool:
        """Another clip or another thing is asked about: nothing is known of it yet; whether that was so."""
        track, people = self._timeline.track, self._session.people
        of = (None if track is None else track.media_id, people.active if people.is_on else None)
        if of == self._of:
            return False
        self._of, self.known, self._versions = of, {}, {}
        self._lane.drop()
        return True

    def _follow_thing(self) -> None:
        """The curves are of the thing that is worked on."""
        if self.isVisible() and self._session.people.is_on and not self._session.passing and self._forget_other():
            self._show()
            self._ask()

    def _on_changed(self) -> None:
        if self.isVisible() and self._timeline.track is not None and len(self._cuts) != len(self._timeline.track.cuts):
            self._show_cuts(self._timeline.track)
            self._show()

    def _ask(self) -> None:
        self._stale = True
        if self.isVisible() and not self._rest.isActive():
            self._rest.start()

    def _work(self) -> None:
        session, track, project = self._session, self._timeline.track, self._session.project
        if project is None or track is None or not self.isVisible():
            return
        if self._lane.busy or session.in_gesture or session.passing:
            self._rest.start()
            return
        self._stale = False
        place, size, threshold = self._timeline.place or 0, session.size, session.settings.threshold
        known, of, number = dict(self._versions), self._of, self._of[1]

        def work(progress: Progress, should_stop: ShouldStop) -> None:
            versions = project.sign_versions()
            ids = track.ids.tolist()
            worth = np.flatnonzero((track.said > 0) | (track.states != _UNSEEN)).tolist()
            changed = [n for n in worth if known.get(ids[n]) != versions.get(ids[n], "")]
            changed.sort(key=lambda n: abs(n - place))
            # What nobody speaks of any more has no numbers.
            gone = {n: Moment() for n in range(len(ids)) if ids[n] in known and n not in set(worth)} if known else {}
            if gone:
                self._found.emit(of, (gone, versions))
            work_out = moments if number is None else partial(thing_moments, number=number)
            work_out(
                project, [(n, ids[n]) for n in changed], size=size, threshold=threshold,
                found=lambda piece: self._found.emit(of, (dict(piece), versions)),
                progress=progress, should_stop=should_stop,
            )  # fmt: skip

        self._lane.ask(work, then=lambda result: self._on_done(), failed=self._on_failed, progress=self._on_progress)

    def _on_found(
        self, of: tuple[int | None, int | None], found: tuple[Mapping[int, Moment], Mapping[int, str]]
    ) -> None:
        track = self._timeline.track
        if track is None or of != self._of:
            return
        piece, versions = found
        self.known.update(piece)
        ids = track.ids
        self._versions.update({int(ids[n]): versions.get(int(ids[n]), "") for n in piece if n < len(ids)})
        self._show()

    def _on_progress(self, done: int, total: int) -> None:
        self.note.setText(self.tr("Worked out: {done} of {total}").format(done=f"{done:,}", total=f"{total:,}"))

    def _on_done(self) -> None:
        self._show()
        if self._stale:
            self._ask()

    def _on_failed(self, error: Exception) -> None:
        self.note.setText(sentence(error))

    def close_threads(self) -> None:
        """Let the thread end."""
        self._rest.stop()
        self._lane.close()
