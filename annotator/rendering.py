"""A video or a project as a film, with what the labels or the network say of each frame drawn over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.keypoints import resolve
from annotator.labels import Instance, KeypointLabel, Origin, Visibility
from annotator.pitch import KEYPOINTS, PITCH_57
from annotator.rendering_files import film
from annotator.rendering_layers import Layer, Rgb, Scene, draw_scene

if TYPE_CHECKING:
    from annotator.scheme import Scheme
    from annotator.tripod_prior import Standing
    from model.heatmaps import Prediction

Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Shown:
    """A frame to render: its picture, (H, W, 3) RGB, its name, what is known of it and of where its camera stands."""

    name: str
    rgb: Rgb
    instance: Instance = field(default_factory=Instance)
    prediction: Prediction | None = None
    standing: Standing | None = None


def labels_scene(shown: Shown, *, threshold: float, scheme: Scheme = PITCH_57, caption: str = "") -> Scene:
    """A frame as its labels see it; the network speaks only where it was given."""
    size = (shown.rgb.shape[1], shown.rgb.shape[0])
    resolved = resolve(
        shown.instance, shown.prediction, size=size, threshold=threshold, scheme=scheme, standing=shown.standing
    )
    return Scene(size, resolved, shown.instance, shown.prediction, caption)


def network_scene(shown: Shown, *, threshold: float, caption: str = "") -> Scene:
    """A frame as the network sees it: its points, and the camera through the ones above the threshold."""
    size = (shown.rgb.shape[1], shown.rgb.shape[0])
    prediction = shown.prediction
    if prediction is None:
        return Scene(size, caption=caption)
    seen = resolve(Instance(), prediction, size=size, threshold=threshold)
    fitted = resolve(seen_as_said(prediction, threshold), None, size=size, threshold=1.0)
    if fitted.image_from_pitch is not None:
        firm = {"ghost": fitted.ghost, "ghost_sd": fitted.ghost_sd, "is_determined": True}
        seen = replace(seen, solution=fitted.solution, evidence=fitted.evidence, **firm)  # type: ignore[arg-type]
    return Scene(size, seen, Instance(), prediction, caption)


def seen_as_said(prediction: Prediction, threshold: float) -> Instance:
    """The points that a network sees with at least this confidence, as if somebody had placed them there."""
    pairs = zip(prediction.names, prediction.xy, prediction.confidence, strict=True)
    return Instance(
        keypoints={
            name: KeypointLabel((float(xy[0]), float(xy[1])), Visibility.VISIBLE, Origin.IMPORTED)
            for name, xy, confidence in pairs
            if confidence >= threshold and name in KEYPOINTS
        }
    )


def fitting(size: tuple[int, int], width: int | None) -> tuple[int, int]:
    """The size of the pictures of a film, even both ways: ``width`` pixels wide, or as the frame is."""
    across = size[0] if width is None else width
    down = round(across * size[1] / size[0])
    return max(2, across - across % 2), max(2, down - down % 2)


def render_film(
    path: Path,
    scenes: Iterable[tuple[Rgb, Scene]],
    *,
    total: int,
    fps: float,
    layers: Sequence[Layer],
    width: int | None = None,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> int:
    """Write a film of these frames and return how many it shows; frames of other sizes are fitted to the first's.

    Raises
    ------
    RenderError
        If the file cannot be written.
    InterruptedError
        If ``should_stop`` said so; nothing is written then.
    ValueError
        If there is no frame at all.
    """
    count = 0
    size: tuple[int, int] | None = None
    with film(path, fps) as writing:
        for rgb, scene in scenes:
            if should_stop():
                raise InterruptedError("the rendering was stopped")
            size = size or fitting(scene.size, width)
            writing.add(draw_scene(rgb, scene, layers, size))
            count += 1
            progress(count, total)
        if not count:
            raise ValueError("there is no frame to render")
    return count
