"""COCO keypoints of many things an image, as they came: what was not touched is written back as it was read.

A file's objects are kept beside the labels (``foreign["coco"]``: the annotation, the image, their places in the lists),
and whatever is not in our words, such as outlines and further keys, survives. Points, box and number follow the labels
where these changed (`annotator.formats.coco_edits` has what becomes of outline and area). New annotations follow COCO's
rules (`annotator.formats.coco`). Boxes and positions are taken as they are, (0, 0) being the centre of the top-left
pixel in ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from annotator.formats.coco import CocoFile, CocoFrame, points_of
from annotator.formats.coco_edits import FORMAT, Annotated, annotated, corners, is_renumbered
from annotator.formats.documents import number
from annotator.formats.edits import short
from annotator.formats.exchange import ExchangeFile, ExchangeFrame, ExchangeInstance, LabelledPoint
from annotator.formats.export_folder import PIXELS
from annotator.labels import Visibility
from annotator.scheme import AttributeValue, Instances, Scheme
from annotator.scheme_document import suggested_mirror

__all__ = ["FORMAT", "described", "exchange_of", "things_document", "things_fault"]

_NEEDED = ("id", "image_id", "category_id", "iscrowd", "keypoints", "num_keypoints", "bbox", "area")


def exchange_of(read: CocoFile) -> ExchangeFile:
    """Every image of a COCO file with all its things, and the words to write it again."""
    found: dict[str, ExchangeFrame] = {}
    for frame in read.frames:
        foreign = {FORMAT: {"image": dict(frame.image), "place": frame.places[0]}}
        before = found.get(frame.file_name, ExchangeFrame(frame.file_name, frame.size, foreign=foreign))
        more = (_instance(frame),) if frame.annotation else ()
        found[frame.file_name] = ExchangeFrame(
            before.name, before.size, (*before.instances, *more), _said(frame.image), before.foreign
        )
    head = {FORMAT: {"head": dict(read.head)}}
    return ExchangeFile(read.keypoints, tuple(found.values()), read.findings, head, described(read))


def _instance(frame: CocoFrame) -> ExchangeInstance:
    foreign = {FORMAT: {"annotation": dict(frame.annotation), "place": frame.places[1]}}
    track = frame.annotation.get("track_id")
    number_ = track if type(track) is int and track >= 0 else None
    return ExchangeInstance(frame.points, {}, corners(frame.box), number_, _said(frame.annotation), foreign)


def described(read: CocoFile) -> dict[str, Any]:
    """A scheme document of the file's category: its names, edges and, where it has them, sigmas."""
    names = read.keypoints
    ends = [
        (one[0] - 1, one[1] - 1)
        for one in read.category.get("skeleton") or ()
        if isinstance(one, list) and len(one) == 2 and all(type(end) is int for end in one)
    ]
    thing = str(read.category.get("name") or "thing")
    mirror = suggested_mirror(names)
    document: dict[str, Any] = {
        "id": f"{thing}-{len(names)}",
        "title": f"{thing}, {len(names)} points",
        "thing": thing,
        "instances": Instances.MANY.value,
        "keypoints": [{"name": name, "mirror": names[mirror[n]]} for n, name in enumerate(names)],
        "edges": [[names[a], names[b]] for a, b in ends if 0 <= a < len(names) and 0 <= b < len(names)],
    }
    if isinstance(read.category.get("sigmas"), list):
        document["sigmas"] = read.category["sigmas"]
    return document


def things_document(
    frames: Sequence[ExchangeFrame], scheme: Scheme, *, head: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The COCO document of frames with many things; ``head`` is what an imported file had beside its lists.

    Images and annotations that came from a file keep their ids and order, new ones follow.

    Raises
    ------
    ValueError
        If a frame has no size.
    """
    category = _category(head or {}, scheme)
    raw_images = [_raw(frame.foreign, "image") for frame in frames]
    image_ids = _ids([raw.get("id") for raw in raw_images])
    images: list[tuple[int, dict[str, Any]]] = []
    entries: list[tuple[int, ExchangeInstance, Any, tuple[int, int]]] = []
    for frame, raw, image_id in zip(frames, raw_images, image_ids, strict=True):
        if frame.size is None:
            raise ValueError(f"the frame {frame.name} has no size, which COCO needs")
        own = {"id": image_id, "file_name": frame.name, "width": frame.size[0], "height": frame.size[1]}
        images.append((_place(frame.foreign), {**raw, **own, **_attributes(raw, frame.attributes)}))
        entries += [(_place(one.foreign), one, image_id, frame.size) for one in frame.instances if not one.is_empty]
    entries.sort(key=lambda entry: entry[0])
    ids = _ids([_raw(one.foreign, "annotation").get("id") for _, one, _, _ in entries])
    annotations = [
        _annotation(one, scheme, size, {"id": own, "image_id": image_id, "category_id": category["id"]})
        for own, (_, one, image_id, size) in zip(ids, entries, strict=True)
    ]
    return {
        **_head(head or {}, scheme, category),
        "images": [image for _, image in sorted(images, key=lambda item: item[0])],
        "annotations": [one for one in annotations if one is not None],
    }


def _raw(foreign: Mapping[str, Any], key: str) -> dict[str, Any]:
    said = foreign.get(FORMAT)
    found = said.get(key) if isinstance(said, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def _place(foreign: Mapping[str, Any]) -> int:
    """Where it stood in a file's list; behind all of these where it was in none."""
    said = foreign.get(FORMAT)
    place = said.get("place") if isinstance(said, Mapping) else None
    return place if type(place) is int else 1 << 60


def _ids(given: Sequence[Any]) -> list[Any]:
    """The given ids where they can stand (each once, no 0, which pycocotools loses), new whole numbers else."""
    kept: list[Any] = []
    taken: set[Any] = set()
    for one in given:
        good = (type(one) is int and one >= 1) or (isinstance(one, str) and one != "")
        kept.append(one if good and one not in taken else None)
        taken.add(kept[-1])
    free = (n for n in range(1, len(given) * 2 + 2) if n not in taken)
    return [next(free) if one is None else one for one in kept]


def _category(head: Mapping[str, Any], scheme: Scheme) -> dict[str, Any]:
    """The file's own category with these keypoints, else one of the scheme's."""
    listed = head.get("categories")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("keypoints") == list(scheme.keypoints) and "id" in one:
            return one
    index = scheme.index
    return {
        "id": 1,
        "name": scheme.thing,
        "supercategory": scheme.thing,
        "keypoints": list(scheme.keypoints),
        "skeleton": [[index[a] + 1, index[b] + 1] for a, b in scheme.edges],
    }


def _head(head: Mapping[str, Any], scheme: Scheme, category: dict[str, Any]) -> dict[str, Any]:
    if category in (head.get("categories") or ()):
        return dict(head)
    info = {"description": scheme.title, "version": "1.0", "contributor": "", "pixels": PIXELS}
    return {"info": info, "licenses": [], **head, "categories": [category]}


def _annotation(
    one: ExchangeInstance, scheme: Scheme, size: tuple[int, int], own: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The annotation of a thing; None of one that has neither a point nor a box."""
    raw = _raw(one.foreign, "annotation")
    labelled = {n: p for n, p in one.points.items() if p[2] is not Visibility.ABSENT and n in scheme.index}
    before = points_of(raw, scheme.keypoints) if "keypoints" in raw else None
    now = Annotated(labelled, one.box, _box(one, labelled, size), size, is_person=scheme.thing == "person")
    said = annotated(raw, before, now)
    if said is None:
        return None
    kept = {key: value for key, value in raw.items() if said.get(key, key) is not None}
    changed = {key: value for key, value in said.items() if value is not None}
    document: dict[str, Any] = {"segmentation": [], "iscrowd": 0, **kept, **own, **changed}
    if before != labelled:
        flat: list[int | float] = []
        for name in scheme.keypoints:
            x, y, seen = labelled.get(name, (0.0, 0.0, Visibility.ABSENT))
            flat.extend((short(x), short(y), seen.value))
        document |= {"keypoints": flat, "num_keypoints": len(labelled)}
    document.setdefault("num_keypoints", len(labelled))
    if one.number is not None and is_renumbered(one.foreign, raw, one.number):
        document["track_id"] = one.number
    return {**document, **_attributes(raw, one.attributes)}


def _attributes(raw: Mapping[str, Any], said: Mapping[str, AttributeValue]) -> dict[str, Any]:
    """Attributes as CVAT's own COCO files have them, whole numbers as such; nothing where nothing is said."""
    plain = {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in said.items()}
    return {"attributes": {**_dict(raw.get("attributes")), **plain}} if plain else {}


def _said(raw: Mapping[str, Any]) -> dict[str, AttributeValue]:
    listed = _dict(raw.get("attributes")).items()
    known = {name: value if isinstance(value, str) else number(value) for name, value in listed}
    return {name: value for name, value in known.items() if value is not None}


def _box(
    one: ExchangeInstance, labelled: Mapping[str, LabelledPoint], size: tuple[int, int]
) -> list[int | float] | None:
    """The box that was said, else the hull of the labelled points within the frame, at least a pixel wide and high."""
    if one.box is not None:
        x0, y0, x1, y1 = one.box
    elif labelled:
        xs, ys = [x for x, _, _ in labelled.values()], [y for _, y, _ in labelled.values()]
        x0, x1 = _within(min(xs), size[0]), _within(max(xs), size[0])
        y0, y1 = _within(min(ys), size[1]), _within(max(ys), size[1])
        x0, x1 = (x0, x1) if x1 - x0 >= 1 else (min(x0, size[0] - 1.0), min(x0, size[0] - 1.0) + 1.0)
        y0, y1 = (y0, y1) if y1 - y0 >= 1 else (min(y0, size[1] - 1.0), min(y0, size[1] - 1.0) + 1.0)
    else:
        return None
    return [short(side) for side in (x0, y0, x1 - x0, y1 - y0)]


def _within(value: float, side: int) -> float:
    return min(max(value, 0.0), float(side))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def things_fault(document: Mapping[str, Any]) -> str:
    """The first rule of pycocotools that a document of many things breaks; "" where it keeps them all."""
    for title in ("images", "annotations"):
        ids = [one["id"] for one in document[title]]
        if len(set(ids)) != len(ids) or 0 in ids:
            return f"two {title} share an id, or one is 0"
    images = {one["id"] for one in document["images"]}
    counts = {one["id"]: len(one.get("keypoints", ())) for one in document["categories"]}
    return next(_faults(document["annotations"], images, counts), "")


def _faults(annotations: Sequence[Mapping[str, Any]], images: set[Any], counts: Mapping[Any, int]) -> Iterator[str]:
    for one in annotations:
        where = f"annotation {one['id']}"
        lacking = next((key for key in _NEEDED if key not in one), None)
        if lacking:
            yield f"{where} has no {lacking}"
        elif one["image_id"] not in images or one["category_id"] not in counts:
            yield f"{where} belongs to no image or category"
        elif len(one["keypoints"]) != 3 * counts[one["category_id"]]:
            yield f"{where} has not {counts[one['category_id']]} points of three numbers"
        elif any(number(value) is None for value in (*one["keypoints"], *one["bbox"], one["area"])):
            yield f"{where} holds something else than numbers"
        elif any(value not in (0, 1, 2) for value in one["keypoints"][2::3]):
            yield f"{where} has a visibility other than 0, 1 and 2"
