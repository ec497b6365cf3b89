"""Brings the session to the canvas: pixels, marks and heatmap of a frame in one paint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject

from annotator.gui.blink import Blink, Seen, prediction_view
from annotator.gui.canvas import Canvas
from annotator.gui.heat import layer_of
from annotator.gui.session import Session
from annotator.gui.tone_strip import ToneStrip
from annotator.gui.view_state import EMPTY_VIEW, HeatmapLayer, ViewState, view_state
from annotator.gui.wording import phrases
from annotator.labels import Point

if TYPE_CHECKING:
    from model.heatmaps import Prediction


class Easel(QObject):
    """Tells the canvas what to show whenever something changed, and the session when a frame was painted."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._heat: tuple[object, ...] | None = None
        self._view_of: tuple[object, ...] = ()
        self._phrases = phrases()
        self._medium: int | None = None
        self._looks: dict[int, tuple[float, Point] | None] = {}
        self.blink = Blink(self)
        self.tone_strip = ToneStrip(session, canvas)
        session.project_changed.connect(self._looks.clear)
        session.frame_changed.connect(self._on_frame)
        for signal in (session.resolved_changed, session.selection_changed, session.settings_changed):
            signal.connect(self._show_view)
        for signal in (session.resolved_changed, session.settings_changed, session.active_changed):
            signal.connect(self._show_heatmap)
        session.settings_changed.connect(lambda: canvas.show_settings(session.settings))
        session.loader.prepare = canvas.shelf.prepare
        session.prediction_changed.connect(self._on_prediction)
        self.blink.changed.connect(self._on_blink)
        canvas.loupe_zoomed.connect(lambda zoom: session.set_settings(replace(session.settings, loupe_zoom=zoom)))
        canvas.viewport().installEventFilter(self)

    def _on_frame(self) -> None:
        self._show_pixels()
        self._show_view()
        self._show_heatmap()

    def _show_pixels(self) -> None:
        """Show the frame where the view was last in its medium."""
        session, canvas, before = self._session, self._canvas, self._medium
        keep = session.settings.keep_view
        if before is not None and session.project is not None:
            self._looks[before] = canvas.look()
        medium = None
        if session.project is not None and session.frame_id is not None:
            medium = session.project.row(session.frame_id).media_id
        if session.passing:
            canvas.hurry()
        canvas.show_frame(session.rgb, keep_view=keep)
        if keep and session.rgb is not None and medium is not None and medium != before:
            canvas.look_again(self._looks.get(medium))
        self._medium = medium

    def _on_prediction(self, frame_id: int) -> None:
        """Paint even where a prediction changes no mark: only then it counts as seen."""
        if frame_id == self._session.frame_id:
            self._canvas.viewport().update()

    def _show_view(self) -> None:
        """Show the marks of what is on the desk; three signals of one step are one thing to show."""
        session = self._session
        of = (session.resolved, session.labels, session.settings, session.selection, self.blink.seen)
        if len(of) == len(self._view_of) and all(new is old for new, old in zip(of, self._view_of, strict=True)):
            return
        self._view_of = of
        if session.resolved is None:
            self._canvas.show_view(EMPTY_VIEW)
            return
        if self.blink.seen is Seen.PREDICTION and session.people.is_on:
            state = ViewState(people=session.people.seen_alone(session.settings))
        elif self.blink.seen is not Seen.ALL:
            state = prediction_view(
                self._prediction_seen(), session.settings, session.selection, size=session.size, phrases=self._phrases
            )
        else:
            state = view_state(
                session.resolved,
                session.labels.pitch,
                session.settings,
                session.selection,
                size=session.size,
                phrases=self._phrases,
                people=session.people.views(session.settings),
            )
        self._canvas.show_view(state)

    def _prediction_seen(self) -> Prediction | None:
        """What the network saw, or, where that is asked for, what another one saw."""
        session = self._session
        if self.blink.seen is not Seen.PREVIOUS:
            return session.prediction
        if session.project is None or session.frame_id is None or session.is_blind:
            return None
        own = None if session.prediction is None else session.prediction.network
        others = (name for name in session.project.networks() if name != own)
        found = (session.project.prediction(session.frame_id, name) for name in others)
        return next((prediction for prediction in found if prediction is not None), None)

    def _on_blink(self) -> None:
        """Say what is seen, while it is not everything."""
        seen = self.blink.seen
        text = ""
        if seen is not Seen.ALL:
            prediction = self._prediction_seen()
            if prediction is None and seen is Seen.PREVIOUS:
                text = self.tr("No other prediction of this frame")
            elif prediction is None and not self._session.people.has_seen:
                text = self.tr("No prediction of this frame")
            else:
                text = self.tr("Only the prediction")
                if seen is Seen.PREVIOUS and prediction is not None:
                    text = self.tr("Only the prediction of network {name}").format(name=prediction.network[:8])
        self._canvas.say(text)
        self._show_view()

    def _show_heatmap(self) -> None:
        """The chosen heatmap; the same one is not painted twice."""
        settings, prediction, name = self._session.settings, self._session.prediction, self._session.active_keypoint
        layer = settings.heatmap
        if layer is not HeatmapLayer.SELECTED:
            name = None
        wanted: tuple[object, ...] | None = None
        if layer is not HeatmapLayer.NONE and prediction is not None:
            wanted = (id(prediction), layer, name, settings.heatmap_opacity, settings.heat_colours)
        if wanted == self._heat:
            return
        self._heat = wanted
        heat = None if prediction is None else layer_of(prediction, layer, name)
        scale, offset = ((1.0, 1.0), (0.0, 0.0)) if prediction is None else (prediction.scale, prediction.offset)
        self._canvas.show_heatmap(
            heat,
            opacity=settings.heatmap_opacity,
            image_from_cell=(*scale, *offset),
            colours=settings.heat_colours,
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A paint of the canvas is what a person sees."""
        if event.type() is QEvent.Type.Paint:
            self._session.mark_painted()
        return False
