"""What a person takes over by accepting a frame: the predictions that were on the screen."""

from __future__ import annotations

from annotator.gui.view_settings import ViewSettings
from annotator.keypoints import Keypoint, Resolved, Source
from annotator.labels import FrameLabels, Origin, place


def shown_predictions(resolved: Resolved, settings: ViewSettings) -> tuple[Keypoint, ...]:
    """The predicted keypoints on the screen: inside the frame and confident enough."""
    if not settings.predictions:
        return ()
    return tuple(
        point
        for point in resolved.keypoints.values()
        if point.source is Source.PREDICTED
        and point.inside
        and point.position is not None
        and (point.confidence or 0.0) >= settings.threshold
    )


def accepted(labels: FrameLabels, resolved: Resolved, settings: ViewSettings) -> FrameLabels:
    """The labels with every predicted keypoint on the screen placed where it is seen."""
    for point in shown_predictions(resolved, settings):
        assert point.position is not None
        labels = place(labels, point.name, point.position, origin=Origin.ACCEPTED)
    return labels
