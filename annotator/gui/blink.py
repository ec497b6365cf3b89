"""Before and after: while a key is held, only what the network sees is shown; on its release all is as it was."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from annotator.gui.tips import ENGLISH, Phrases
from annotator.gui.view_state import Selection, ViewSettings, ViewState, view_state
from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import Instance, Visibility

if TYPE_CHECKING:
    from model.heatmaps import Prediction


class Seen(Enum):
    """What is on the canvas."""

    ALL = "all"
    PREDICTION = "prediction"
    PREVIOUS = "previous"


def prediction_view(
    prediction: Prediction | None,
    settings: ViewSettings,
    selection: Selection,
    *,
    size: tuple[int, int],
    phrases: Phrases = ENGLISH,
) -> ViewState:
    """Only what the network saw, as it would look had nobody said anything of the frame."""
    if prediction is None:
        return ViewState()
    inside = np.all((prediction.xy >= -0.5) & (prediction.xy <= np.array(size) - 0.5), axis=1).tolist()
    keypoints = {
        name: Keypoint(
            name, (float(x), float(y)), Source.PREDICTED, Visibility.VISIBLE,
            confidence=float(sure), sd=float(sd), inside=within, predicted=(float(x), float(y)),
        )
        for name, (x, y), sure, sd, within in zip(
            prediction.names, prediction.xy, prediction.confidence, prediction.sd, inside, strict=True
        )
        if np.isfinite((x, y)).all()
    }  # fmt: skip
    only = replace(settings, labels=False, predictions=True, ghost=False)
    chosen = Selection(keypoints=selection.keypoints)
    return view_state(Resolved(keypoints), Instance(), only, chosen, size=size, phrases=phrases)


class Blink(QObject):
    """Knows what is to be seen now, and notices when the key is let go: any key, wherever it is let go."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.seen = Seen.ALL

    def start(self, seen: Seen) -> None:
        """Show this until a key is released, a button is pressed, or another window comes to the front."""
        app = QApplication.instance()
        if app is not None and seen is not self.seen:
            app.installEventFilter(self)
            self.seen = seen
            self.changed.emit()

    def stop(self) -> None:
        """Show everything again."""
        app = QApplication.instance()
        if app is not None and self.seen is not Seen.ALL:
            app.removeEventFilter(self)
            self.seen = Seen.ALL
            self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look out for the end; nothing is kept from anybody."""
        kind = event.type()
        released = kind is QEvent.Type.KeyRelease and isinstance(event, QKeyEvent) and not event.isAutoRepeat()
        if released or kind in (QEvent.Type.MouseButtonPress, QEvent.Type.ApplicationDeactivate):
            self.stop()
        return False
