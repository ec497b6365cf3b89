"""Brings the session to the canvas: pixels, marks and heatmap of a frame in one paint."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject

from annotator.gui.canvas import Canvas
from annotator.gui.session import Session
from annotator.gui.view_state import EMPTY_VIEW, HeatmapLayer, view_state
from annotator.gui.wording import phrases


class Easel(QObject):
    """Tells the canvas what to show whenever something changed, and the session when a frame was painted."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._heat: tuple[object, ...] | None = None
        self._phrases = phrases()
        session.frame_changed.connect(self._on_frame)
        session.resolved_changed.connect(self._show_view)
        session.selection_changed.connect(self._show_view)
        session.settings_changed.connect(self._show_view)
        for signal in (session.resolved_changed, session.settings_changed, session.active_changed):
            signal.connect(self._show_heatmap)
        session.prediction_changed.connect(self._on_prediction)
        canvas.viewport().installEventFilter(self)

    def _on_frame(self) -> None:
        self._canvas.show_frame(self._session.rgb, keep_view=True)
        self._show_view()
        self._show_heatmap()

    def _on_prediction(self, frame_id: int) -> None:
        """Paint even where a prediction changes no mark: only then it counts as seen."""
        if frame_id == self._session.frame_id:
            self._canvas.viewport().update()

    def _show_view(self) -> None:
        session = self._session
        if session.resolved is None:
            self._canvas.show_view(EMPTY_VIEW)
            return
        self._canvas.show_view(
            view_state(
                session.resolved,
                session.labels.pitch,
                session.settings,
                session.selection,
                size=session.size,
                phrases=self._phrases,
            )
        )

    def _show_heatmap(self) -> None:
        """The chosen heatmap; the same one is not painted twice."""
        settings, prediction, name = self._session.settings, self._session.prediction, self._session.active_keypoint
        layer = settings.heatmap
        if layer is HeatmapLayer.ALL:
            name = None
        wanted = None if layer is HeatmapLayer.NONE else (id(prediction), layer, name, settings.heatmap_opacity)
        if wanted == self._heat:
            return
        self._heat = wanted
        heat = None
        if prediction is not None and layer is HeatmapLayer.ALL:
            heat = prediction.any_point
        elif prediction is not None and layer is HeatmapLayer.SELECTED and name in prediction.names:
            heat = prediction.heatmap_of(str(name))
        scale, offset = ((1.0, 1.0), (0.0, 0.0)) if prediction is None else (prediction.scale, prediction.offset)
        self._canvas.show_heatmap(heat, opacity=settings.heatmap_opacity, image_from_cell=(*scale, *offset))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A paint of the canvas is what a person sees."""
        if event.type() is QEvent.Type.Paint:
            self._session.mark_painted()
        return False
