"""The document of a scheme: JSON values read into a `Scheme` and back, described in ``docs/schemes.md``.

Whatever this program does not know is kept in `Scheme.extra` and written again; leftovers of keypoints and attributes
stand there under their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from annotator.formats.documents import number
from annotator.scheme import (
    Attribute,
    AttributeKind,
    AttributeScope,
    AttributeValue,
    Extent,
    Feature,
    Group,
    Instances,
    Scheme,
)

__all__ = ["FORMAT", "FORMAT_VERSION", "document_of", "parse_scheme", "suggested_mirror"]

FORMAT, FORMAT_VERSION = "touchline-scheme", 1
_TOP = frozenset({
    "format", "format_version", "id", "title", "version", "thing", "instances", "features", "keypoints", "edges",
    "groups", "permutations", "head", "torso", "apart", "extent", "attributes", "sigmas",
})  # fmt: skip
_KEYPOINT = frozenset({"name", "mirror", "sigma", "colour"})
_ATTRIBUTE = frozenset({"name", "title", "kind", "scope", "range", "step", "choices", "default"})

Choice = TypeVar("Choice", bound=Enum)


def suggested_mirror(names: tuple[str, ...]) -> tuple[int, ...]:
    """The permutation that exchanges ``left`` and ``right`` in names where both are there; others stay."""
    found = list(range(len(names)))
    index = {name.lower(): i for i, name in enumerate(names)}
    for i, name in enumerate(names):
        low = name.lower()
        for here, there in (("left", "right"), ("right", "left"), ("l_", "r_"), ("r_", "l_")):
            at = low.startswith(here) if len(here) == 2 else here in low
            other = index.get(low.replace(here, there, 1)) if at else None
            if other is not None:
                found[i] = other
                break
    return tuple(found) if all(found[found[i]] == i for i in range(len(found))) else tuple(range(len(names)))


def document_of(scheme: Scheme) -> dict[str, Any]:
    """The document of a scheme; reading it gives the same scheme."""
    extra = {key: value for key, value in scheme.extra.items() if key not in _TOP}
    document: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "id": scheme.id,
        "title": scheme.title,
        "version": scheme.version,
        "thing": scheme.thing,
        "instances": scheme.instances.value,
        "features": sorted(feature.value for feature in scheme.features),
        "keypoints": [_keypoint_document(scheme, i) for i in range(len(scheme))],
        "edges": [list(edge) for edge in scheme.edges],
        "extent": scheme.extent.value,
    }
    if scheme.groups:
        document["groups"] = [
            {"title": one.title, "colour": one.colour, "keypoints": list(one.keypoints)} for one in scheme.groups
        ]
    if scheme.permutations:
        names = scheme.keypoints
        document["permutations"] = {title: [names[i] for i in order] for title, order in scheme.permutations.items()}
    for key, pair in (("head", scheme.head), ("torso", scheme.torso), ("apart", scheme.apart)):
        if pair:
            document[key] = list(pair)
    if scheme.attributes:
        document["attributes"] = [_attribute_document(one, _left(scheme, "attributes")) for one in scheme.attributes]
    return {**document, **extra}


def _left(scheme: Scheme, key: str) -> Mapping[str, Mapping[str, Any]]:
    found = scheme.extra.get(key)
    return found if isinstance(found, Mapping) else {}


def _keypoint_document(scheme: Scheme, i: int) -> dict[str, Any]:
    name = scheme.keypoints[i]
    document: dict[str, Any] = {"name": name}
    if scheme.mirror[i] != i:
        document["mirror"] = scheme.keypoints[scheme.mirror[i]]
    if scheme.sigmas:
        document["sigma"] = scheme.sigmas[i]
    if name in scheme.colours:
        document["colour"] = scheme.colours[name]
    return {**document, **_left(scheme, "keypoints").get(name, {})}


def _attribute_document(one: Attribute, left: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {"name": one.name, "title": one.title, "kind": one.kind.value, "scope": one.scope.value}
    if one.range is not None:
        document["range"] = list(one.range)
    if one.step is not None:
        document["step"] = one.step
    if one.choices:
        document["choices"] = list(one.choices)
    if one.default is not None:
        document["default"] = one.default
    return {**document, **left.get(one.name, {})}


def parse_scheme(document: Any, *, title: str = "") -> Scheme:
    """The scheme in a document; ``title`` is its id and title where it has none.

    A short form is enough: ``{"keypoints": [names]}``, with ``sigmas`` as a list beside it.

    Raises
    ------
    ValueError
        With what is wrong and where.
    """
    top = _mapping(document, "it")
    _check_format(top)
    keypoints = _list(top.get("keypoints", []), "keypoints")
    if not keypoints:
        raise ValueError("it names no keypoints")
    points = [_point(one, f"keypoints[{n}]") for n, one in enumerate(keypoints)]
    names = tuple(str(point["name"]) for point in points)
    attributes = _list(top.get("attributes", []), "attributes")
    identity = _text(top.get("id", title), "id")
    if not identity:
        raise ValueError("it has no id")
    return Scheme(
        id=identity,
        title=_text(top.get("title", title or identity), "title"),
        keypoints=names,
        mirror=_mirror(points, names),
        edges=tuple(_pair(one, f"edges[{n}]") for n, one in enumerate(_list(top.get("edges", []), "edges"))),
        sigmas=_sigmas(top, points),
        permutations=_permutations(top.get("permutations", {}), names),
        head=None if top.get("head") is None else _pair(top["head"], "head"),
        torso=None if top.get("torso") is None else _pair(top["torso"], "torso"),
        apart=_texts(top.get("apart", []), "apart"),
        version=_whole(top.get("version", 1), "version"),
        thing=_text(top.get("thing", "thing"), "thing"),
        instances=_choice(Instances, top.get("instances", Instances.ONE.value), "instances"),
        attributes=tuple(_attribute(one, f"attributes[{n}]") for n, one in enumerate(attributes)),
        features=frozenset(_choice(Feature, one, "features") for one in _list(top.get("features", []), "features")),
        groups=tuple(_group(one, f"groups[{n}]") for n, one in enumerate(_list(top.get("groups", []), "groups"))),
        colours={name: _text(p["colour"], f"colour of {name}") for name, p in zip(names, points, strict=True)
                 if "colour" in p},
        extent=_choice(Extent, top.get("extent", Extent.TORSO.value), "extent"),
        extra=_extra(top, points, attributes),
    )  # fmt: skip


def _check_format(top: Mapping[str, Any]) -> None:
    if top.get("format", FORMAT) != FORMAT:
        raise ValueError(f"its format is {top['format']!r}, not {FORMAT!r}")
    version = _whole(top.get("format_version", FORMAT_VERSION), "format_version")
    if version > FORMAT_VERSION:
        raise ValueError(f"it is of format version {version}, this program reads up to {FORMAT_VERSION}")


def _point(value: Any, where: str) -> dict[str, Any]:
    point = {"name": value} if isinstance(value, str) else _mapping(value, where)
    if not _text(point.get("name"), f"{where}.name"):
        raise ValueError(f"{where} has no name")
    return point


def _mirror(points: list[dict[str, Any]], names: tuple[str, ...]) -> tuple[int, ...]:
    found = []
    for name, point in zip(names, points, strict=True):
        other = _text(point.get("mirror", name), f"mirror of {name}")
        if other not in names:
            raise ValueError(f"the mirror of {name}, {other!r}, is no keypoint")
        found.append(names.index(other))
    return tuple(found)


def _sigmas(top: Mapping[str, Any], points: list[dict[str, Any]]) -> tuple[float, ...]:
    given = [point.get("sigma") for point in points]
    listed = top.get("sigmas")
    if listed is not None:
        given = _list(listed, "sigmas")
    if all(one is None for one in given):
        return ()
    sigmas = [number(one) for one in given]
    if any(sigma is None or sigma <= 0 for sigma in sigmas):
        raise ValueError("its sigmas are no numbers above 0, one for every keypoint or none at all")
    return tuple(sigma for sigma in sigmas if sigma is not None)


def _permutations(value: Any, names: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    found = {}
    for title, listed in _mapping(value, "permutations").items():
        order = _texts(listed, f"permutations.{title}")
        strange = next((name for name in order if name not in names), None)
        if strange is not None:
            raise ValueError(f"permutations.{title} names {strange!r}, which is no keypoint")
        found[title] = tuple(names.index(name) for name in order)
    return found


def _group(value: Any, where: str) -> Group:
    fields = _mapping(value, where)
    title, colour = (_text(fields.get(key), f"{where}.{key}") for key in ("title", "colour"))
    return Group(title, colour, _texts(fields.get("keypoints", []), f"{where}.keypoints"))


def _attribute(value: Any, where: str) -> Attribute:
    fields = _mapping(value, where)
    name, bounds = _text(fields.get("name"), f"{where}.name"), fields.get("range")
    limits = None if bounds is None else [number(one) for one in _list(bounds, f"{where}.range")]
    if limits is not None and (len(limits) != 2 or None in limits):
        raise ValueError(f"{where}.range is not two numbers")
    step, default = fields.get("step"), fields.get("default")
    if step is not None and number(step) is None:
        raise ValueError(f"{where}.step is {step!r}, not a number")
    return Attribute(
        name,
        _text(fields.get("title", name), f"{where}.title"),
        _choice(AttributeKind, fields.get("kind"), f"{where}.kind"),
        _choice(AttributeScope, fields.get("scope", AttributeScope.FRAME.value), f"{where}.scope"),
        range=None if limits is None else (limits[0] or 0.0, limits[1] or 0.0),
        step=number(step),
        choices=_texts(fields.get("choices", []), f"{where}.choices"),
        default=None if default is None else _value(default, f"{where}.default"),
    )


def _value(value: Any, where: str) -> AttributeValue:
    found = number(value)
    if found is None and not isinstance(value, str):
        raise ValueError(f"{where} is {value!r}, neither a number nor text")
    return value if isinstance(value, str) else float(value)


def _extra(top: Mapping[str, Any], points: list[dict[str, Any]], attributes: list[Any]) -> dict[str, Any]:
    extra = {key: value for key, value in top.items() if key not in _TOP}
    for key, listed, known in (("keypoints", points, _KEYPOINT), ("attributes", attributes, _ATTRIBUTE)):
        left = {str(one["name"]): {k: v for k, v in one.items() if k not in known} for one in listed}
        left = {name: kept for name, kept in left.items() if kept}
        if left:
            extra[key] = left
    return extra


def _choice(kind: type[Choice], value: Any, where: str) -> Choice:
    found = next((one for one in kind if one.value == value), None)
    if found is None:
        raise ValueError(f"{where} is {value!r}, not one of {', '.join(str(one.value) for one in kind)}")
    return found


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is no object")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is no list")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where} is {value!r}, not text")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    return tuple(_text(one, f"{where}[{n}]") for n, one in enumerate(_list(value, where)))


def _pair(value: Any, where: str) -> tuple[str, str]:
    found = _texts(value, where)
    if len(found) != 2:
        raise ValueError(f"its {where} is not two names")
    return found[0], found[1]


def _whole(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{where} is {value!r}, not a whole number from 1")
    return value
