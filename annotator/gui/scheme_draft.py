"""A scheme while it is worked on: it may be wrong for a while, and says in words what is.

A draft is the document of a scheme (`annotator.scheme_document`); every edit gives another draft. It remembers what its
points were called in the scheme that it began with, so that labels can follow them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from annotator.scheme import Scheme
from annotator.scheme_document import document_of, parse_scheme, suggested_mirror
from annotator.scheme_edits import free_id, name_for_change
from annotator.schemes import BUILT_IN, scheme_of

__all__ = ["SchemeDraft"]

Document = Mapping[str, Any]
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class SchemeDraft:
    """A document, and for every one of its points the name that it had at first, None of a new one.

    ``base`` is the scheme that it is told apart from once it says anything else, ``taken`` are the ids of other
    schemes, ``chosen`` the words on top that a person said: they stay.
    """

    document: Document
    origins: tuple[str | None, ...]
    begun: tuple[str, ...] = ()
    base: Scheme | None = None
    taken: frozenset[str] = frozenset()
    chosen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, scheme: Scheme, taken: Collection[str] = ()) -> SchemeDraft:
        """The draft that says what a scheme says."""
        # One that only calls itself like one of the program's is a changed one.
        base = scheme_of(scheme.id) if scheme.id in BUILT_IN else scheme
        return cls(document_of(scheme), scheme.keypoints, scheme.keypoints, base, frozenset(taken))

    @classmethod
    def empty(cls, taken: Collection[str] = ()) -> SchemeDraft:
        """A scheme to begin with: one point."""
        return cls(
            {"id": free_id("my-scheme", taken), "title": "My scheme", "thing": "thing", "instances": "many",
             "features": [], "keypoints": [{"name": "point_1"}], "edges": []},
            (None,),
            taken=frozenset(taken),
        )  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """The points in their order."""
        return tuple(str(point["name"]) for point in self.document["keypoints"])

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """The pairs of points that are joined."""
        return tuple((str(a), str(b)) for a, b in self.document.get("edges", ()))

    def point(self, row: int) -> dict[str, Any]:
        """What is said of a point."""
        return dict(self.document["keypoints"][row])

    @property
    def is_changed(self) -> bool:
        """Whether it says anything else than the scheme that it is told apart from."""
        if self.base is None:
            return False
        try:
            said = parse_scheme(dict(self.document))
        except ValueError:
            return True
        return replace(said, id=self.base.id, version=self.base.version) != self.base

    @property
    def told(self) -> Document:
        """The document with the id, title and version that it has now, changed or not."""
        said, base = dict(self.document), self.base
        if base is None or not self.is_changed:
            return said
        identity, title, version = name_for_change(base, self.taken)
        if "id" not in self.chosen:
            said["id"] = identity
        if "title" not in self.chosen:
            said["title"] = title
        said["version"] = version if said["id"] == base.id else 1
        return said

    def kept(self) -> SchemeDraft:
        """The draft once it is written somewhere: what changes from then on is told apart from that."""
        scheme = self.scheme
        taken = self.taken | {scheme.id}
        return replace(self, document=document_of(scheme), base=scheme, taken=taken, chosen=frozenset())

    @property
    def scheme(self) -> Scheme:
        """The scheme that it says; ValueError with what is wrong."""
        names = self.names
        for name in names:
            if not name.strip():
                raise ValueError("a point has no name")
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two points are called {twice}")
        told = dict(self.told)
        if told.get("id") in BUILT_IN and (self.base is None or self.base.id != told["id"] or self.is_changed):
            raise ValueError(f"the id {told['id']} belongs to a scheme of the program: give it another id")
        return parse_scheme(told)

    @property
    def problem(self) -> str:
        """What is wrong with it, in a sentence; "" where nothing is."""
        try:
            found = self.scheme
        except ValueError as error:
            return str(error)
        return "" if found.title.strip() else "it has no title"

    @property
    def mapping(self) -> dict[str, str | None]:
        """The name that each point it began with has now, None of those that went."""
        now = {origin: name for origin, name in zip(self.origins, self.names, strict=True) if origin is not None}
        return {name: now.get(name) for name in self.begun}

    def but(self, **fields: Any) -> SchemeDraft:
        """The draft with other words on top: thing, instances, attributes."""
        return replace(self, document={**self.document, **fields})

    def called(self, key: str, text: str) -> SchemeDraft:
        """The draft with its id, title or thing as a person says it."""
        return replace(self.but(**{key: text}), chosen=self.chosen | {key})

    def _with_points(self, points: list[dict[str, Any]], origins: list[str | None]) -> SchemeDraft:
        return replace(self, document={**self.document, "keypoints": points}, origins=tuple(origins))

    def added(self) -> SchemeDraft:
        """With one more point, last."""
        number = len(self.names) + 1
        while f"point_{number}" in self.names:
            number += 1
        point: dict[str, Any] = {"name": f"point_{number}"}
        sigmas = [one["sigma"] for one in self.document["keypoints"] if "sigma" in one]
        if sigmas:
            point["sigma"] = sigmas[-1]
        found = self._with_points([*self.document["keypoints"], point], [*self.origins, None])
        # Symmetries list every point: nobody said where a new one goes.
        return replace(found, document={key: value for key, value in found.document.items() if key != "permutations"})

    def removed(self, row: int) -> SchemeDraft:
        """Without a point, its edges and whatever else names it."""
        name = self.names[row]
        points = [dict(one) for n, one in enumerate(self.document["keypoints"]) if n != row]
        for point in points:
            if point.get("mirror") == name:
                del point["mirror"]
        kept = self._with_points(points, [origin for n, origin in enumerate(self.origins) if n != row])
        edges = [list(edge) for edge in self.edges if name not in edge]
        groups = [
            {**one, "keypoints": [other for other in one["keypoints"] if other != name]}
            for one in self.document.get("groups", [])
        ]
        found = kept.but(edges=edges, apart=[one for one in self.document.get("apart", []) if one != name])
        found = found.but(groups=[one for one in groups if one["keypoints"]])
        gone = {key for key in ("head", "torso") if name in (self.document.get(key) or ())} | {"permutations"}
        return replace(found, document={key: value for key, value in found.document.items() if key not in gone})

    def moved(self, row: int, by: int) -> SchemeDraft:
        """With a point so many places further down, as files and networks will have it."""
        to = min(max(row + by, 0), len(self.names) - 1)
        points, origins = list(self.document["keypoints"]), list(self.origins)
        points.insert(to, points.pop(row))
        origins.insert(to, origins.pop(row))
        found = self._with_points(points, origins)
        if not found.document.get("permutations"):
            return found
        orders = {title: list(order) for title, order in found.document["permutations"].items()}
        for order in orders.values():
            order.insert(to, order.pop(row))
        return found.but(permutations=orders)

    def renamed(self, row: int, name: str) -> SchemeDraft:
        """With another name for a point, everywhere."""
        before = self.names[row]

        def other(value: Any) -> Any:
            return name if value == before else value

        return self._with_points(
            [
                {**one, "name": name if n == row else one["name"],
                 **({"mirror": other(one["mirror"])} if "mirror" in one else {})}
                for n, one in enumerate(self.document["keypoints"])
            ],
            list(self.origins),
        )._everywhere(other)  # fmt: skip

    def _everywhere(self, other: Callable[[Any], Any]) -> SchemeDraft:
        document = dict(self.document)
        document["edges"] = [[other(a), other(b)] for a, b in self.edges]
        for key in ("head", "torso", "apart"):
            if document.get(key):
                document[key] = [other(one) for one in document[key]]
        document["groups"] = [
            {**one, "keypoints": [other(name) for name in one["keypoints"]]} for one in document.get("groups", [])
        ]
        if document.get("permutations"):
            document["permutations"] = {
                title: [other(one) for one in order] for title, order in document["permutations"].items()
            }
        return replace(self, document=document)

    def joined(self, first: str, second: str) -> SchemeDraft:
        """With an edge between two points, or without the one that is there."""
        if first == second:
            return self
        kept = [list(edge) for edge in self.edges if set(edge) != {first, second}]
        there = len(kept) < len(self.edges)
        return self.but(edges=kept if there else [*kept, [first, second]])

    def mirrored(self, row: int, other: str) -> SchemeDraft:
        """With ``other`` as the mirror of a point and the other way round; "" or its own name for none."""
        name = self.names[row]
        points = []
        for one in self.document["keypoints"]:
            point = dict(one)
            # Whoever was the mirror of either is nobody's now.
            if one["name"] in (name, other) or one.get("mirror") in (name, other):
                point.pop("mirror", None)
            points.append(point)
        if other and other != name:
            for point in points:
                if point["name"] in (name, other):
                    point["mirror"] = other if point["name"] == name else name
        return self._with_points(points, list(self.origins))

    def mirrors_guessed(self) -> SchemeDraft:
        """With mirror pairs by left and right in the names."""
        names, points = self.names, []
        for n, other in enumerate(suggested_mirror(names)):
            point = self.point(n)
            point.pop("mirror", None)
            points.append(point if other == n else {**point, "mirror": names[other]})
        return self._with_points(points, list(self.origins))

    def said(self, row: int, key: str, value: Any) -> SchemeDraft:
        """With something else said of a point: its sigma or its colour; None says nothing."""
        points = [dict(one) for one in self.document["keypoints"]]
        if value is None:
            points[row].pop(key, None)
        else:
            points[row][key] = value
        return self._with_points(points, list(self.origins))

    def asked_more(self) -> SchemeDraft:
        """With one more attribute, last: a number of each thing."""
        asked = list(self.document.get("attributes", []))
        names, number = {one["name"] for one in asked}, len(asked) + 1
        while f"number_{number}" in names:
            number += 1
        name = f"number_{number}"
        return self.but(attributes=[*asked, {"name": name, "title": _title(name), "kind": "number",
                                             "scope": "instance"}])  # fmt: skip

    def asked_as(self, row: int, name: str) -> SchemeDraft:
        """With another name for an attribute; its title follows, unless it has words of its own."""
        asked = [dict(one) for one in self.document.get("attributes", [])]
        before = str(asked[row]["name"])
        if asked[row].get("title", before) in ("", before, _title(before)):
            asked[row]["title"] = _title(name)
        asked[row]["name"] = name
        return self.but(attributes=asked)

    def colour_of(self, row: int) -> str:
        """The colour of a point: its own, or that of its group; "" for none or one that is none."""
        point = self.point(row)
        groups = (one["colour"] for one in self.document.get("groups", []) if point["name"] in one["keypoints"])
        found = str(point.get("colour") or next(groups, ""))
        return found if _COLOUR.fullmatch(found) else ""


def _title(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
