"""What an imported COCO annotation says after its thing was edited: whose number, which outline, how large an area.

The outline and the area belong to the box, which in COCO is the outline's own. While the box is where it was they stay:
a corrected joint moves no outline. A thing that was moved or scaled as a whole, points and box alike, takes along what
the file says of places in it (`annotator.formats.edits`). After any other change of the box nobody knows where the
outline is: there is none, and the area is what it is for things that never had one, `SHARE` of a person's box and all
of another thing's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotator.formats.coco import box_of
from annotator.formats.documents import number
from annotator.formats.edits import Whole, drawn_along, short, whole_move
from annotator.formats.exchange import LabelledPoint

__all__ = [
    "FORMAT", "NUMBER", "OURS", "SHARE", "TRACKED", "Annotated", "annotated", "corners", "is_renumbered", "numbered",
]  # fmt: skip

FORMAT = "coco"
SHARE = 0.53
"""Of a person's box that the outline fills, where nobody drew one: what MMPose takes, too."""
OURS, NUMBER, TRACKED = "touchline", "number", "tracked"
"""Where `annotator.tracking_labels` keeps who gave a thing its number, and its word for a tracker."""
Box = tuple[float, float, float, float]


def corners(box: Box | None) -> Box | None:
    """x0, y0, x1, y1 of x, y, width and height."""
    return None if box is None else (box[0], box[1], box[0] + box[2], box[1] + box[3])


def numbered(foreign: Mapping[str, Any], number_: int | None) -> Mapping[str, Any]:
    """What a file said of a thing, with the number that the thing got when it was imported.

    None where it had one before, which is then somebody's word. Files without numbers get some for want of others; only
    those that changed since go out.
    """
    said = foreign.get(FORMAT)
    return {**foreign, FORMAT: {**said, NUMBER: number_}} if isinstance(said, Mapping) else foreign


def is_renumbered(foreign: Mapping[str, Any], raw: Mapping[str, Any], number_: int) -> bool:
    """Whether a thing's number is to be written: a person or a tracker gave it, or no file ever spoke of the thing."""
    kept, by = foreign.get(FORMAT), foreign.get(OURS)
    if not raw or (isinstance(by, Mapping) and by.get(NUMBER)):
        return True
    if isinstance(kept, Mapping) and NUMBER in kept:
        return bool(kept[NUMBER] != number_)
    track = raw.get("track_id")
    return type(track) is int and track >= 0 and track != number_


@dataclass(frozen=True)
class Annotated:
    """A thing as it is labelled now: its points, the box that was said, the one to write, and the frame's size.

    ``box`` is x0, y0, x1, y1, None where nobody said one; ``written`` is x, y, width and height, None where nothing
    spans any.
    """

    points: Mapping[str, LabelledPoint]
    box: Box | None
    written: list[int | float] | None
    size: tuple[int, int]
    is_person: bool = True

    @property
    def is_of_frame(self) -> bool:
        """Whether the box is that of the whole frame, which exports give when asked to."""
        return self.box == (-0.5, -0.5, self.size[0] - 0.5, self.size[1] - 0.5)


def annotated(
    raw: Mapping[str, Any], before: Mapping[str, LabelledPoint] | None, now: Annotated
) -> dict[str, Any] | None:
    """Box, area and, where these changed, outline and further places of a thing; None where it has no box at all.

    A value of None in it is for a word that is no longer true and has to go.

    Parameters
    ----------
    raw
        The annotation as it was read, empty for a thing that no file spoke of.
    before
        The points that it has, None where it says nothing of any.
    """
    old, same_points = corners(box_of(raw)), before == now.points
    same_box = bool(raw) and old == now.box
    if same_box and (old is not None or (same_points and _is_box(raw.get("bbox")))):
        box: Any = raw["bbox"]
    elif now.written is None:
        return None
    else:
        box = now.written
    found: dict[str, Any] = {"bbox": box}
    if not _stays(old, same_points=same_points, same_box=same_box, now=now) and raw:
        boxes = (None, None) if now.is_of_frame else (old, now.box)
        move = None if before is None and old is None else whole_move(before or {}, now.points, *boxes)
        found |= _without_places(raw) if move is None else _moved(raw, move)
    if number({**raw, **found}.get("area")) is None:
        found["area"] = short((SHARE if now.is_person else 1.0) * box[2] * box[3])
    return found


def _stays(old: Box | None, *, same_points: bool, same_box: bool, now: Annotated) -> bool:
    """Whether the thing is where the file has it, whatever became of single points."""
    if now.is_of_frame or old is None:
        return same_points
    return same_box


def _is_box(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 4 and all(number(side) is not None for side in value)


def _without_places(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing of what is no longer true; the area is found anew."""
    found: dict[str, Any] = {"segmentation": [], "area": None}
    return found | {key: None for key in ("center", "scale") if key in raw}


def _moved(raw: Mapping[str, Any], move: Whole) -> dict[str, Any]:
    """What the file says of places, where they are now; an outline of pixels (RLE) cannot be moved and goes."""
    area = number(raw.get("area"))
    found: dict[str, Any] = {
        "segmentation": drawn_along(raw.get("segmentation"), move) or [],
        "area": None if area is None else round(area * move.of_area, 5),
    }
    for key, value in raw.items():
        if key not in ("bbox", "keypoints"):
            found |= _place(key, value, move)
    return found


def _place(key: str, value: Any, move: Whole) -> dict[str, Any]:
    """A box, points or the square of the HRNet's code, where they are now; nothing of other words."""
    listed = [number(one) for one in value] if isinstance(value, list) else []
    known = [one for one in listed if one is not None]
    if len(known) < len(listed):
        return {}
    if key == "center" and len(known) == 2:
        return {key: [short(side) for side in move.at(*known)]}
    if key == "scale" and (size := number(value)) is not None:
        return {key: size * move.factor[0] if move.is_even else None}
    if (key.endswith("_box") or key.startswith("bbox_")) and len(known) == 4 and known[2] > 0 < known[3]:
        sides = (known[2] * move.factor[0], known[3] * move.factor[1])
        return {key: [short(side) for side in (*move.at(known[0], known[1]), *sides)]}
    if key.endswith("_kpts") and len(known) % 3 == 0:
        threes = zip(known[::3], known[1::3], value[2::3], strict=True)
        places = (((*move.at(x, y), seen) if seen else (x, y, seen)) for x, y, seen in threes)
        return {key: [short(v) if n < 2 else v for one in places for n, v in enumerate(one)]}
    return {}
