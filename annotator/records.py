"""The stored form of what persons said of one frame: a versioned JSON document, read and written in a circle.

``{"version": 1, "instances": [{"id": 0, "keypoints": {name: {"at": [x, y], "visibility": "visible", "origin":
"hand"}}, "markings": {name: [[x, y], ...]}, "box": [x0, y0, x1, y1]}], "review": {"decision": "open", "reason": "",
"comment": "", "by": name, "confirmed_by": name, "notes": [{"text": "", "about": name, "at": [x, y], "author":
name}]}}``, the last three where there is anything; so are an instance's ``"unchecked": [marking, ...]``,
``"carried": [marking, ...]`` and ``"link": {"frames": [name, ...], "how": "motion", "sd": 1.0}``. An
instance or the document itself may have ``"attributes": {name: value}``, ``"accepted": {name: value}`` (those of them
that are a network's as they were taken over) and ``"foreign": {format: ...}``. Positions are pixels of the frame as
`annotator.labels` has them. Keys of a later program that this one does not know are carried over whenever the record is
stored again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from annotator.labels import (
    Carried,
    Decision,
    FrameLabels,
    FrameRecord,
    How,
    Instance,
    KeypointLabel,
    Note,
    Origin,
    Point,
    Review,
    Visibility,
)
from annotator.scheme import AttributeValue

VERSION = 1
_BESIDE = frozenset({"attributes", "foreign", "accepted"})
_TOP = frozenset({"version", "instances", "review"}) | _BESIDE
_INSTANCE = frozenset({"id", "keypoints", "markings", "box", "unchecked", "carried", "link"}) | _BESIDE
_LINK = frozenset({"frames", "how", "sd"})
_KEYPOINT = frozenset({"at", "visibility", "origin"})
_REVIEW = frozenset({"decision", "reason", "comment", "by", "confirmed_by", "notes"})

_WORD_OF: Mapping[Origin | Visibility, str] = {
    **{origin: origin.value for origin in Origin},
    **{visibility: visibility.name.lower() for visibility in Visibility},
}
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
"""Made once: many thousands of records are encoded in a row."""


class RecordError(ValueError):
    """A document that is no record of this version; the message says where and why."""


def encode_record(record: FrameRecord, previous: str | None = None) -> str:
    """The document of a record; unknown keys of the ``previous`` document of the same frame survive in it.

    Raises
    ------
    RecordError
        If a position is not a pair of finite numbers.
    """
    old = _tolerant(previous)
    old_instances = {_id_of(i): i for i in _list(old.get("instances"))}
    document = {
        **_unknown(old, _TOP),
        "version": VERSION,
        "instances": [_instance_document(i, old_instances.get(i.id, {})) for i in record.labels.instances],
        **_beside(record.labels),
        "review": {
            **_unknown(_dict(old.get("review")), _REVIEW),
            "decision": record.review.decision.value,
            "reason": record.review.reason,
            "comment": record.review.comment,
            **_names_and_notes(record.review),
        },
    }
    return _ENCODER.encode(document)


def decode_record(document: str) -> FrameRecord:
    """The record that a document holds.

    Raises
    ------
    RecordError
        If it is damaged, of a newer version, or holds a value of the wrong kind; nothing is guessed.
    """
    try:
        value = json.loads(document)
    except ValueError as error:
        raise RecordError(f"the document is damaged ({error})") from error
    top = _mapping(value, "the document")
    version = top.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise RecordError(f"version is {version!r}")
    if version > VERSION:
        raise RecordError(f"the document has version {version}, this program reads up to {VERSION}")
    instances = _sequence(top.get("instances", []), "instances")
    return FrameRecord(
        FrameLabels(
            tuple(_instance(item, f"instances[{n}]") for n, item in enumerate(instances)),
            _attributes(top.get("attributes", {}), "attributes"),
            _mapping(top.get("foreign", {}), "foreign"),
            _attributes(top.get("accepted", {}), "accepted"),
        ),
        _review(_mapping(top.get("review", {}), "review")),
    )


def _instance_document(instance: Instance, old: Mapping[str, Any]) -> dict[str, Any]:
    said = _dict(old.get("keypoints"))
    document: dict[str, Any] = {
        **_unknown(old, _INSTANCE),
        "id": int(instance.id),
        "keypoints": {
            name: {**_unknown(_dict(said[name]), _KEYPOINT), **_keypoint_document(name, label)}
            if name in said
            else _keypoint_document(name, label)
            for name, label in instance.keypoints.items()
        },
        "markings": {
            name: [_written(point, f"marking {name!r}") for point in points]
            for name, points in instance.markings.items()
        },
    }
    if instance.box is not None:
        document["box"] = _written(instance.box, "box")
    if instance.unchecked:
        document["unchecked"] = sorted(instance.unchecked)
    if instance.carried:
        document["carried"] = sorted(instance.carried)
    if instance.link is not None:
        document["link"] = {**_unknown(_dict(old.get("link")), _LINK), **_link_document(instance.link)}
    return {**document, **_beside(instance)}


def _beside(said: Instance | FrameLabels) -> dict[str, Any]:
    """Attributes and what other programs said; nothing where there is nothing."""
    found: dict[str, Any] = {"attributes": dict(said.attributes)} if said.attributes else {}
    if said.foreign:
        found["foreign"] = dict(said.foreign)
    if said.accepted:
        found["accepted"] = dict(said.accepted)
    _attributes(found.get("attributes", {}), "attributes")
    return found


def _link_document(link: Carried) -> dict[str, Any]:
    (sd,) = _written((link.sd,), "link.sd")
    return {"frames": list(link.frames), "how": link.how.value, "sd": sd}


def _keypoint_document(name: str, label: KeypointLabel) -> dict[str, Any]:
    document: dict[str, Any] = {"origin": _WORD_OF[label.origin]}
    if label.position is not None:
        document["at"] = _written(label.position, f"keypoint {name!r}")
    if label.visibility is not None:
        document["visibility"] = _WORD_OF[label.visibility]
    return document


def _written(numbers: tuple[float, ...], where: str) -> list[float]:
    values = list(map(float, numbers))
    if not all(map(math.isfinite, values)):
        raise RecordError(f"{where} has a position that is no number: {numbers}")
    return values


def _instance(value: Any, where: str) -> Instance:
    fields = _mapping(value, where)
    number = fields.get("id", 0)
    if isinstance(number, bool) or not isinstance(number, int):
        raise RecordError(f"{where}.id is {number!r}, not a whole number")
    keypoints = _mapping(fields.get("keypoints", {}), f"{where}.keypoints")
    markings = _mapping(fields.get("markings", {}), f"{where}.markings")
    box = fields.get("box")
    return Instance(
        id=number,
        keypoints={name: _keypoint(said, f"{where}.keypoints[{name!r}]") for name, said in keypoints.items()},
        markings={name: _points(points, f"{where}.markings[{name!r}]") for name, points in markings.items()},
        box=None if box is None else _box(box, f"{where}.box"),
        unchecked=_names(fields.get("unchecked", []), f"{where}.unchecked"),
        carried=_names(fields.get("carried", []), f"{where}.carried"),
        link=None if fields.get("link") is None else _link(fields["link"], f"{where}.link"),
        attributes=_attributes(fields.get("attributes", {}), f"{where}.attributes"),
        foreign=_mapping(fields.get("foreign", {}), f"{where}.foreign"),
        accepted=_attributes(fields.get("accepted", {}), f"{where}.accepted"),
    )


def _attributes(value: Any, where: str) -> dict[str, AttributeValue]:
    return {
        name: one if isinstance(one, str) else _number(one, f"{where}[{name!r}]")
        for name, one in _mapping(value, where).items()
    }


def _link(value: Any, where: str) -> Carried:
    fields = _mapping(value, where)
    frames = _sequence(fields.get("frames", []), f"{where}.frames")
    return Carried(
        tuple(_text(item, f"{where}.frames[{n}]") for n, item in enumerate(frames)),
        How(_member(fields.get("how", How.MOTION.value), _HOWS, f"{where}.how")),
        _number(fields.get("sd", 0.0), f"{where}.sd"),
    )


def _keypoint(value: Any, where: str) -> KeypointLabel:
    fields = _mapping(value, where)
    at, seen = fields.get("at"), fields.get("visibility")
    return KeypointLabel(
        position=None if at is None else _point(at, f"{where}.at"),
        visibility=None if seen is None else Visibility[_member(seen, _VISIBILITIES, f"{where}.visibility").upper()],
        origin=Origin(_member(fields.get("origin", Origin.HAND.value), _ORIGINS, f"{where}.origin")),
    )


def _review(fields: Mapping[str, Any]) -> Review:
    names = ("reason", "comment", "by", "confirmed_by")
    texts = {name: _text(fields.get(name, ""), f"review.{name}") for name in names}
    decision = Decision(_member(fields.get("decision", "open"), _DECISIONS, "review.decision"))
    notes = _sequence(fields.get("notes", []), "review.notes")
    return Review(decision, **texts, notes=tuple(_note(note, f"review.notes[{n}]") for n, note in enumerate(notes)))


def _note(value: Any, where: str) -> Note:
    fields = _mapping(value, where)
    at = fields.get("at")
    texts = {name: _text(fields.get(name, ""), f"{where}.{name}") for name in ("text", "about", "author")}
    return Note(**texts, at=None if at is None else _point(at, f"{where}.at"))


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise RecordError(f"{where} is {value!r}, not text")
    return value


def _names_and_notes(review: Review) -> dict[str, Any]:
    """Who decided and what is pinned; nothing where there is nothing."""
    found: dict[str, Any] = {name: who for name in ("by", "confirmed_by") if (who := getattr(review, name))}
    if review.notes:
        found["notes"] = [_note_document(n, note) for n, note in enumerate(review.notes)]
    return found


def _note_document(number: int, note: Note) -> dict[str, Any]:
    document: dict[str, Any] = {"text": note.text}
    document |= {name: value for name in ("about", "author") if (value := getattr(note, name))}
    if note.at is not None:
        document["at"] = _written(note.at, f"note {number}")
    return document


_VISIBILITIES = frozenset(item.name.lower() for item in Visibility)
_HOWS = frozenset(item.value for item in How)
_ORIGINS = frozenset(item.value for item in Origin)
_DECISIONS = frozenset(item.value for item in Decision)


def _member(value: Any, allowed: frozenset[str], where: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise RecordError(f"{where} is {value!r}, not one of {', '.join(sorted(allowed))}")
    return value


def _number(value: Any, where: str) -> float:
    """A finite number; a truth value is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RecordError(f"{where} is {value!r}, not a number")
    return float(value)


def _point(value: Any, where: str) -> Point:
    x, y = _numbers(value, 2, where)
    return x, y


def _points(value: Any, where: str) -> tuple[Point, ...]:
    return tuple(_point(item, f"{where}[{n}]") for n, item in enumerate(_sequence(value, where)))


def _names(value: Any, where: str) -> frozenset[str]:
    return frozenset(_text(item, f"{where}[{n}]") for n, item in enumerate(_sequence(value, where)))


def _box(value: Any, where: str) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = _numbers(value, 4, where)
    return x0, y0, x1, y1


def _numbers(value: Any, count: int, where: str) -> list[float]:
    items = _sequence(value, where)
    if len(items) != count:
        raise RecordError(f"{where} holds {len(items)} values, not {count}")
    return [_number(item, where) for item in items]


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RecordError(f"{where} is {type(value).__name__}, not an object")
    return value


def _sequence(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise RecordError(f"{where} is {type(value).__name__}, not a list")
    return value


def _tolerant(document: str | None) -> dict[str, Any]:
    """The object in a document, empty when there is none; the history keeps what could not be read."""
    if document is None:
        return {}
    try:
        return _dict(json.loads(document))
    except ValueError:
        return {}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _id_of(instance: dict[str, Any]) -> int | None:
    number = instance.get("id", 0)
    return number if isinstance(number, int) else None


def _unknown(value: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in known}
