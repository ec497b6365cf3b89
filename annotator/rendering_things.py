"""People, packets and whatever else a scheme has, drawn over a frame: skeletons, boxes, and who is who.

Where a frame may show many, each has the colour of its number and the number beside it; a single thing has the colours
of its scheme. What is hidden is thinner and open, what only a network saw is a plus, as in the window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from annotator.identity_colours import identity_colour
from annotator.instance_points import ResolvedInstance, resolve_instances
from annotator.instances import is_crowd
from annotator.keypoints import Keypoint, Source
from annotator.labels import FrameLabels, Visibility
from annotator.rendering_layers import WHITE, Canvas, CaptionLayer, Colour, Layer, Rgb, Scene
from annotator.scheme import AttributeScope, AttributeValue, Scheme
from model.people import InstancePrediction

__all__ = ["THING_LAYERS", "ThingScene", "chosen_thing_layers", "thing_scene"]


@dataclass(frozen=True, eq=False)
class ThingScene(Scene):
    """A frame with the things in it: ``attributes`` is what is asked of the frame as a whole."""

    things: tuple[ResolvedInstance, ...] = ()
    scheme: Scheme | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


def thing_scene(
    rgb: Rgb,
    labels: FrameLabels,
    seen: Sequence[InstancePrediction],
    scheme: Scheme,
    *,
    threshold: float,
    least_score: float = 0.0,
    caption: str = "",
) -> ThingScene:
    """A frame as its labels see it, and the network where it was given (``seen``)."""
    size = (rgb.shape[1], rgb.shape[0])
    things = resolve_instances(labels, seen, scheme, size=size, threshold=threshold, least_score=least_score)
    suggested = things[0].suggested if things and not scheme.is_many else {}
    of_frame = {one.name for one in scheme.attributes_of(AttributeScope.FRAME)}
    said = {**{name: round(value, 1) for name, value in suggested.items() if name in of_frame}, **labels.attributes}
    return ThingScene(size, caption=caption, things=things, scheme=scheme, attributes=said)


@dataclass(frozen=True)
class SkeletonLayer:
    """The edges and the points of everything."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """Edges first, so that no point is covered."""
        if not isinstance(scene, ThingScene) or scene.scheme is None:
            return
        for thing in scene.things:
            shown = {name: point for name, point in thing.keypoints.items() if _is_shown(point)}
            for a, b in scene.scheme.edges:
                if a in shown and b in shown:
                    hidden = Visibility.OCCLUDED in (shown[a].visibility, shown[b].visibility)
                    colour = _colour(scene.scheme, thing, b)
                    width = 1.2 if hidden else 2.2
                    canvas.line([shown[a].position, shown[b].position], colour, width=width, casing=1.6)
            for name, point in shown.items():
                self._point(canvas, point, _colour(scene.scheme, thing, name))

    def _point(self, canvas: Canvas, point: Keypoint, colour: Colour) -> None:
        at = canvas.place(point.position)[0]
        if point.source is Source.PREDICTED:
            reach = 4.0 * canvas.unit
            for end in (np.array([reach, 0.0]), np.array([0.0, reach])):
                canvas.stroke(np.stack([at - end, at + end]), colour, width=1.6, casing=1.6)
        elif point.visibility is Visibility.OCCLUDED:
            canvas.ring(at, 3.6, colour, width=1.2)
        else:
            canvas.disc(at, 3.0, colour)


@dataclass(frozen=True)
class BoxLayer:
    """The boxes."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """Thin lines; a region of many that nobody told apart is white."""
        if not isinstance(scene, ThingScene) or scene.scheme is None:
            return
        for thing in scene.things:
            if thing.box is not None:
                x0, y0, x1, y1 = thing.box
                colour = WHITE if is_crowd(thing.instance) or not scene.scheme.is_many else identity_colour(thing.id)
                placed = canvas.place([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
                canvas.stroke(placed, colour, width=1.0, casing=1.2, closed=True)


@dataclass(frozen=True)
class IdentityLayer:
    """The number of each, and what is said beside the points."""

    def draw(self, canvas: Canvas, scene: Scene) -> None:
        """A plate at the top left corner of each box; what is said of the frame at the bottom left."""
        if not isinstance(scene, ThingScene) or scene.scheme is None:
            return
        for thing in scene.things:
            words = [str(thing.id)] if scene.scheme.is_many and not is_crowd(thing.instance) else []
            words += [f"{name} {_spoken(value)}" for name, value in thing.attributes.items()]
            if thing.box is None or not words:
                continue
            left, top = canvas.place(thing.box[:2])[0]
            left, bottom = round(float(left)), round(float(top) - 5 * canvas.unit)
            bottom = max(bottom, round(20 * canvas.unit))
            canvas.write(", ".join(words), left, bottom, size=13.0)
            side = max(3, round(5 * canvas.unit))
            if scene.scheme.is_many:
                canvas.shade(left - 2 * side, bottom - 2 * side, left - side, bottom, identity_colour(thing.id), 1.0)
        titles = {one.name: one.title for one in scene.scheme.attributes_of(AttributeScope.FRAME)}
        said = [f"{titles.get(name, name)} {_spoken(value)}" for name, value in scene.attributes.items()]
        if said:
            canvas.write(", ".join(said), round(16 * canvas.unit), canvas.rgb.shape[0] - round(16 * canvas.unit))


THING_LAYERS: dict[str, Layer] = {
    "boxes": BoxLayer(),
    "skeletons": SkeletonLayer(),
    "names": IdentityLayer(),
    "caption": CaptionLayer(),
}
"""All layers for schemes without a pitch by name, from bottom to top."""


def chosen_thing_layers(names: Sequence[str]) -> tuple[Layer, ...]:
    """The layers of these names from bottom to top; an unknown name is a ValueError."""
    unknown = set(names) - set(THING_LAYERS)
    if unknown:
        raise ValueError(f"there is no layer {', '.join(sorted(unknown))}; there are {', '.join(THING_LAYERS)}")
    return tuple(layer for name, layer in THING_LAYERS.items() if name in names)


def _is_shown(point: Keypoint) -> bool:
    if point.position is None or point.visibility is Visibility.ABSENT:
        return False
    return point.inside or point.source is Source.PLACED


def _colour(scheme: Scheme, thing: ResolvedInstance, name: str) -> Colour:
    if scheme.is_many:
        return identity_colour(thing.id)
    said = scheme.colour(name)
    return WHITE if said is None else (int(said[1:3], 16), int(said[3:5], 16), int(said[5:7], 16))


def _spoken(value: AttributeValue) -> str:
    return f"{value:g}" if isinstance(value, float) else value
