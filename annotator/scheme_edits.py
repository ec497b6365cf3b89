"""Edits of a scheme: scheme in, scheme out. Whatever names a keypoint follows it: pairs, edges, groups, segments.

What a changed scheme is called, and its version, `name_for_change` says; a project's labels follow by
`annotator.scheme_change`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from annotator.scheme import Attribute, Group, Scheme
from annotator.schemes import BUILT_IN, CHANGED

__all__ = [
    "add_keypoint",
    "free_id",
    "move_keypoint",
    "name_for_change",
    "pair",
    "remove_attribute",
    "remove_keypoint",
    "rename_keypoint",
    "set_attribute",
    "set_colour",
    "set_sigma",
    "toggle_edge",
    "unpair",
]

SIGMA = 0.05
"""What a new keypoint of a scheme with sigmas begins with: between COCO's eyes (0.025) and hips (0.107)."""


def name_for_change(base: Scheme, taken: Collection[str] = ()) -> tuple[str, str, int]:
    """Id, title and version of what becomes of a scheme that is changed.

    One of the program gets an id that is not ``taken`` and a title of its own, for its own say what networks and files
    mean; any other keeps both and counts its version up.
    """
    if base.id not in BUILT_IN:
        return base.id, base.title, base.version + 1
    return free_id(base.id + CHANGED, taken), f"{base.title}, changed", 1


def free_id(wanted: str, taken: Collection[str]) -> str:
    """The id, with the first number from 2 behind it that makes it one that is not taken, where it is."""
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    return found


def add_keypoint(scheme: Scheme, name: str) -> Scheme:
    """The scheme with one more keypoint behind the others, in no pair and on no edge; ValueError if it is there."""
    count = len(scheme)
    return replace(
        scheme,
        keypoints=(*scheme.keypoints, _new(scheme, name)),
        mirror=(*scheme.mirror, count),
        sigmas=(*scheme.sigmas, SIGMA) if scheme.sigmas else (),
        permutations={title: (*order, count) for title, order in scheme.permutations.items()},
    )


def rename_keypoint(scheme: Scheme, name: str, to: str) -> Scheme:
    """The scheme with another name for a keypoint; ValueError if that is taken or there is no such point."""
    at = _index(scheme, name)
    if to == name:
        return scheme
    _new(scheme, to)
    keypoints = (*scheme.keypoints[:at], to, *scheme.keypoints[at + 1 :])
    return _named(scheme, lambda one: to if one == name else one, keypoints)


def _named(scheme: Scheme, called: Callable[[str], str], keypoints: tuple[str, ...]) -> Scheme:
    def both(two: tuple[str, str] | None) -> tuple[str, str] | None:
        return None if two is None else (called(two[0]), called(two[1]))

    return replace(
        scheme,
        keypoints=keypoints,
        edges=tuple((called(a), called(b)) for a, b in scheme.edges),
        head=both(scheme.head),
        torso=both(scheme.torso),
        apart=tuple(map(called, scheme.apart)),
        groups=tuple(replace(one, keypoints=tuple(map(called, one.keypoints))) for one in scheme.groups),
        colours={called(one): colour for one, colour in scheme.colours.items()},
        extra=_extra(scheme, called),
    )


def _extra(scheme: Scheme, called: Callable[[str], str]) -> Mapping[str, Any]:
    """What a later program says of keypoints follows them too."""
    left = scheme.extra.get("keypoints")
    if not isinstance(left, Mapping):
        return scheme.extra
    return {**scheme.extra, "keypoints": {called(one): said for one, said in left.items()}}


def remove_keypoint(scheme: Scheme, name: str) -> Scheme:
    """The scheme without a keypoint and whatever needs it: its edges, and a segment that ends in it.

    Raises
    ------
    ValueError
        If there is no such point, or it is the last one.
    """
    at = _index(scheme, name)
    if len(scheme) == 1:
        raise ValueError(f"scheme {scheme.id}: it needs a keypoint")
    rest = [i for i in range(len(scheme)) if i != at]
    left = scheme.extra.get("keypoints")
    extra = dict(scheme.extra)
    if isinstance(left, Mapping):
        extra["keypoints"] = {one: said for one, said in left.items() if one != name}
    return replace(
        scheme,
        keypoints=tuple(scheme.keypoints[i] for i in rest),
        mirror=_without(scheme.mirror, at),
        sigmas=tuple(scheme.sigmas[i] for i in rest) if scheme.sigmas else (),
        permutations={title: _without(order, at) for title, order in scheme.permutations.items()},
        edges=tuple(edge for edge in scheme.edges if name not in edge),
        head=None if scheme.head is not None and name in scheme.head else scheme.head,
        torso=None if scheme.torso is not None and name in scheme.torso else scheme.torso,
        apart=tuple(one for one in scheme.apart if one != name),
        groups=tuple(_group_without(one, name) for one in scheme.groups),
        colours={one: colour for one, colour in scheme.colours.items() if one != name},
        extra=extra,
    )


def _without(order: tuple[int, ...], at: int) -> tuple[int, ...]:
    """A permutation without a point: what became it becomes what it became."""
    past = [order[at] if to == at else to for i, to in enumerate(order) if i != at]
    return tuple(to - (to > at) for to in past)


def _group_without(group: Group, name: str) -> Group:
    return replace(group, keypoints=tuple(one for one in group.keypoints if one != name))


def move_keypoint(scheme: Scheme, name: str, to: int) -> Scheme:
    """The scheme with a keypoint at another place of the order; ValueError if there is no such point or place."""
    at = _index(scheme, name)
    if not 0 <= to < len(scheme):
        raise ValueError(f"scheme {scheme.id}: it has no place {to}")
    order = [i for i in range(len(scheme)) if i != at]
    order.insert(to, at)
    now = {old: new for new, old in enumerate(order)}
    return replace(
        scheme,
        keypoints=tuple(scheme.keypoints[i] for i in order),
        mirror=tuple(now[scheme.mirror[i]] for i in order),
        sigmas=tuple(scheme.sigmas[i] for i in order) if scheme.sigmas else (),
        permutations={title: tuple(now[turn[i]] for i in order) for title, turn in scheme.permutations.items()},
    )


def pair(scheme: Scheme, first: str, second: str) -> Scheme:
    """The scheme with two keypoints that change places in a mirrored image; pairs that they were in are undone."""
    a, b = _index(scheme, first), _index(scheme, second)
    mirror = list(unpair(unpair(scheme, first), second).mirror)
    mirror[a], mirror[b] = b, a
    return replace(scheme, mirror=tuple(mirror))


def unpair(scheme: Scheme, name: str) -> Scheme:
    """The scheme with a keypoint, and the one that it was paired with, on the axis of the mirror."""
    at = _index(scheme, name)
    alone = {at, scheme.mirror[at]}
    return replace(scheme, mirror=tuple(i if i in alone else to for i, to in enumerate(scheme.mirror)))


def toggle_edge(scheme: Scheme, first: str, second: str) -> Scheme:
    """The scheme with a line between two keypoints, or without it where there is one; ValueError for one point."""
    if _index(scheme, first) == _index(scheme, second):
        raise ValueError(f"scheme {scheme.id}: an edge joins two keypoints")
    rest = tuple(edge for edge in scheme.edges if set(edge) != {first, second})
    return replace(scheme, edges=rest if len(rest) < len(scheme.edges) else (*rest, (first, second)))


def set_sigma(scheme: Scheme, name: str, sigma: float) -> Scheme:
    """The scheme with another OKS constant of a keypoint; a scheme without any gets `SIGMA` for the others."""
    at = _index(scheme, name)
    given = scheme.sigmas or (SIGMA,) * len(scheme)
    return replace(scheme, sigmas=(*given[:at], float(sigma), *given[at + 1 :]))


def set_colour(scheme: Scheme, name: str, colour: str | None) -> Scheme:
    """The scheme with a colour (``#rrggbb``) of a keypoint's own; None gives it that of its group again."""
    _index(scheme, name)
    rest = {one: kept for one, kept in scheme.colours.items() if one != name}
    return replace(scheme, colours=rest if colour is None else {**rest, name: colour})


def set_attribute(scheme: Scheme, attribute: Attribute) -> Scheme:
    """The scheme with an attribute, in place of the one with its name or behind the others."""
    names = [one.name for one in scheme.attributes]
    if attribute.name not in names:
        return replace(scheme, attributes=(*scheme.attributes, attribute))
    return replace(
        scheme, attributes=tuple(attribute if one.name == attribute.name else one for one in scheme.attributes)
    )


def remove_attribute(scheme: Scheme, name: str) -> Scheme:
    """The scheme without an attribute; as it is where there is none of that name."""
    return replace(scheme, attributes=tuple(one for one in scheme.attributes if one.name != name))


def _index(scheme: Scheme, name: str) -> int:
    found = scheme.index.get(name)
    if found is None:
        raise ValueError(f"scheme {scheme.id}: {name} is an unknown keypoint")
    return found


def _new(scheme: Scheme, name: str) -> str:
    if not name.strip():
        raise ValueError(f"scheme {scheme.id}: a keypoint needs a name")
    if name in scheme.index:
        raise ValueError(f"scheme {scheme.id}: there is a keypoint {name} already")
    return name
