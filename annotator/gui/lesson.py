"""The steps of the tutorial: what each asks for, and the facts by which it is done. There is no Next to click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from annotator.gui.menus.command import N
from annotator.keypoints import Resolved, Source
from annotator.labels import FrameLabels, Origin

CONTEXT = "Tutorial"
HOVERED, SNAPPED, UNDONE, ACCEPTED, EXPORTED = "hovered", "snapped", "undone", "accepted", "exported"


@dataclass(frozen=True)
class Facts:
    """What a person has brought about since a step began, and what is there to be seen.

    ``placed`` keypoints lie where a hand put them, ``drawn`` markings have two clicks or more, ``crossings`` follow
    from two drawn markings; ``happened`` holds what leaves no trace in the labels.
    """

    predicted: bool = False
    placed: frozenset[tuple[str, tuple[float, float]]] = frozenset()
    drawn: frozenset[str] = frozenset()
    crossings: frozenset[str] = frozenset()
    happened: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One step: what to do, the command whose key the text names with ``{key}``, and when it is done.

    ``done`` compares the facts when the step began with those of now; a step that needs a prediction waits for one, and
    is passed over when there is no network.
    """

    name: str
    title: str
    text: str
    done: Callable[[Facts, Facts], bool]
    command: str = ""
    needs_prediction: bool = field(default=False)


def facts_of(
    labels: FrameLabels, resolved: Resolved | None, *, predicted: bool, happened: frozenset[str]
) -> Facts:
    """The facts of a frame."""
    said = labels.pitch
    drawn = frozenset(name for name, clicks in said.markings.items() if len(clicks) >= 2)
    points = {} if resolved is None else resolved.keypoints
    return Facts(
        predicted=predicted,
        placed=frozenset(
            (name, label.position)
            for name, label in said.keypoints.items()
            if label.position is not None and label.origin is Origin.HAND
        ),
        drawn=drawn,
        crossings=frozenset(
            name
            for name, point in points.items()
            if point.source in (Source.CONSTRUCTED, Source.PROJECTED)
            and len(point.parents) == 2
            and drawn.issuperset(point.parents)
        ),
        happened=happened,
    )


def _happened(what: str) -> Callable[[Facts, Facts], bool]:
    return lambda before, now: what in now.happened


STEPS = (
    Step("look", N("Tutorial", "What the network sees"),
         N("Tutorial", "The plus signs are its points, larger where it is surer. Move the pointer over one: its name "
           "appears."),
         _happened(HOVERED), needs_prediction=True),
    Step("drag", N("Tutorial", "Put a point right"),
         N("Tutorial", "Drag one of the points to another place. What you place is kept, whatever a machine says "
           "later."),
         lambda before, now: bool(now.placed - before.placed), needs_prediction=True),
    Step("line", N("Tutorial", "Draw a line"),
         N("Tutorial", "Click a line on the map of the pitch, then two points along it in the picture."),
         lambda before, now: bool(now.drawn - before.drawn)),
    Step("cross", N("Tutorial", "Cross it with another"),
         N("Tutorial", "Draw a line that meets the first one. Where they cross, a diamond appears and follows them: "
           "points are computed, never guessed."),
         lambda before, now: bool(now.crossings)),
    Step("snap", N("Tutorial", "Snap to the paint"),
         N("Tutorial", "Press {key}: what you drew moves onto the white paint, or it says why not."),
         _happened(SNAPPED), command="label.snapNow"),
    Step("undo", N("Tutorial", "Take it back"),
         N("Tutorial", "Press {key}. Every change can be taken back, in any frame, and all is stored as you go."),
         _happened(UNDONE), command="edit.undo"),
    Step("accept", N("Tutorial", "Accept the frame"),
         N("Tutorial", "Press {key}: the frame is accepted with the points on the screen, and the next one comes."),
         _happened(ACCEPTED), command="review.accept"),
    Step("export", N("Tutorial", "Carry it out"),
         N("Tutorial", "Press {key} and choose a folder. What you accepted goes there, to train a network or for other "
           "tools."),
         _happened(EXPORTED), command="file.export"),
)  # fmt: skip
END = (
    N("Tutorial", "That was all"),
    N("Tutorial", "Open a folder or a video of your own. {key} lists every key."),
)
