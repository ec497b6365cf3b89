"""What two schemes say otherwise, for a person to read before one takes the place of the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from annotator.scheme import Scheme

__all__ = ["SchemeDifference", "difference"]

Edge = tuple[str, str]


@dataclass(frozen=True)
class SchemeDifference:
    """What the new one has otherwise; edges, pairs and constants of points that both have, under their new names.

    ``added``, ``removed`` and ``renamed`` (old and new name) are of points; ``asked`` and ``unasked`` are the names of
    attributes that came (or are asked otherwise) and went.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    joined: tuple[Edge, ...] = ()
    parted: tuple[Edge, ...] = ()
    asked: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    is_reordered: bool = False
    are_mirrors_other: bool = False
    are_sigmas_other: bool = False
    are_colours_other: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether they say the same of points, edges and what is asked."""
        return self == SchemeDifference()


def difference(old: Scheme, new: Scheme, mapping: Mapping[str, str | None]) -> SchemeDifference:
    """What ``new`` says otherwise than ``old``; its points have the names of the mapping there, None of those gone."""
    kept = {name: to for name in old.keypoints if (to := mapping.get(name, name)) is not None and to in new.index}
    now = list(kept.values())
    here = {frozenset((kept[a], kept[b])) for a, b in old.edges if a in kept and b in kept}
    there = {frozenset(edge) for edge in new.edges}
    asked = {one.name: one for one in old.attributes}
    return SchemeDifference(
        added=tuple(name for name in new.keypoints if name not in now),
        removed=tuple(name for name in old.keypoints if name not in kept),
        renamed=tuple((name, to) for name, to in kept.items() if name != to),
        joined=tuple(edge for edge in new.edges if frozenset(edge) not in here),
        parted=tuple((kept[a], kept[b]) for a, b in old.edges
                     if a in kept and b in kept and frozenset((kept[a], kept[b])) not in there),
        asked=tuple(one.name for one in new.attributes if asked.get(one.name) != one),
        unasked=tuple(name for name in asked if name not in {one.name for one in new.attributes}),
        is_reordered=now != sorted(now, key=lambda name: new.index[name]),
        are_mirrors_other=any(kept.get(old.mirrored[name]) != new.mirrored[to] for name, to in kept.items()
                              if old.mirrored[name] in kept and new.mirrored[to] in now),
        are_sigmas_other=any(_sigma(old, name) != _sigma(new, to) for name, to in kept.items()),
        are_colours_other=any(old.colour(name) != new.colour(to) for name, to in kept.items()),
    )  # fmt: skip


def _sigma(scheme: Scheme, name: str) -> float | None:
    return scheme.sigmas[scheme.index[name]] if scheme.sigmas else None
