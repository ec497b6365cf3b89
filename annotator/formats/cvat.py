"""CVAT 1.1 "CVAT for images" XML: a skeleton an instance, a polyline a drawn marking; and the labels to paste first.

Described by CVAT's documentation of its XML format (docs.cvat.ai) and its importer. CVAT needs ``outside`` and
``occluded`` on every point of a skeleton, keeps every point of it (``outside="1"`` where it is not labelled), writes
two decimals, and imports skeletons only into a task that has their labels: `label_constructor` makes these. Its canvas
is continuous, (0, 0) being the outer corner of the top-left pixel: half a pixel more than ours.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from annotator.formats.documents import Finding, FormatError, number, read_text, write_text
from annotator.formats.exchange import ExchangeFile, ExchangeFrame, ExchangeInstance, LabelledPoint
from annotator.labels import Point, Visibility
from annotator.scheme import Scheme

__all__ = ["cvat_text", "label_constructor", "read_cvat", "write_cvat"]

HALF = 0.5
_COLOURS = ("#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#911eb4", "#42d4f4", "#f032e6")


def cvat_text(
    frames: Sequence[ExchangeFrame], scheme: Scheme, *, label: str = "pitch", markings: Sequence[str] = ()
) -> str:
    """The XML document of frames in this order; the same frames give the same text.

    Parameters
    ----------
    label
        Name of the skeleton.
    markings
        Names of markings to be declared as polylines.

    Raises
    ------
    ValueError
        If a frame has no size.
    """
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "  <version>1.1</version>"]
    lines += _meta(scheme, label, markings, len(frames))
    for n, frame in enumerate(frames):
        if frame.size is None:
            raise ValueError(f"the frame {frame.name} has no size, which CVAT needs")
        width, height = frame.size
        lines.append(f'  <image id="{n}" name={quoteattr(frame.name)} width="{width}" height="{height}">')
        for instance in frame.instances:
            lines += _skeleton(instance, scheme, label)
            lines += _polylines(instance)
        lines.append("  </image>")
    return "\n".join([*lines, "</annotations>"]) + "\n"


def _meta(scheme: Scheme, label: str, markings: Sequence[str], count: int) -> Iterator[str]:
    yield "  <meta>"
    yield "    <task>"
    yield f"      <id>1</id><name>{escape(scheme.title)}</name><size>{count}</size><mode>annotation</mode>"
    yield "      <overlap>0</overlap><bugtracker></bugtracker><flipped>False</flipped>"
    yield "      <labels>"
    yield f"        <label><name>{escape(label)}</name><type>skeleton</type><attributes></attributes></label>"
    for name in scheme.keypoints:
        own = f"<name>{escape(name)}</name><type>points</type><attributes></attributes>"
        yield f"        <label>{own}<parent>{escape(label)}</parent></label>"
    for name in markings:
        yield f"        <label><name>{escape(name)}</name><type>polyline</type><attributes></attributes></label>"
    yield "      </labels>"
    yield "    </task>"
    yield "  </meta>"


def _skeleton(instance: ExchangeInstance, scheme: Scheme, label: str) -> Iterator[str]:
    if not any(name in scheme.index for name in instance.points):
        return
    yield f'    <skeleton label={quoteattr(label)} source="manual" z_order="0">'
    for name in scheme.keypoints:
        found = instance.points.get(name)
        outside, occluded = int(found is None), int(found is not None and found[2] is Visibility.OCCLUDED)
        at = "0.00,0.00" if found is None else _pair(found[0], found[1])
        flags = f'source="manual" outside="{outside}" occluded="{occluded}"'
        yield f'      <points label={quoteattr(name)} {flags} points="{at}"></points>'
    yield "    </skeleton>"


def _polylines(instance: ExchangeInstance) -> Iterator[str]:
    for name, points in instance.markings.items():
        at = ";".join(_pair(x, y) for x, y in points)
        flags = 'source="manual" occluded="0"'
        yield f'    <polyline label={quoteattr(name)} {flags} points="{at}" z_order="0"></polyline>'


def _pair(x: float, y: float) -> str:
    return f"{x + HALF:.2f},{y + HALF:.2f}"


def write_cvat(
    path: Path, frames: Sequence[ExchangeFrame], scheme: Scheme, *, label: str = "pitch", markings: Sequence[str] = ()
) -> None:
    """Write the XML file, whole or not at all; FormatError if the disk refuses."""
    write_text(path, cvat_text(frames, scheme, label=label, markings=markings))


def label_constructor(scheme: Scheme, *, label: str = "pitch", markings: Sequence[str] = ()) -> str:
    """JSON for the "Raw" tab of CVAT's label constructor: the skeleton of a scheme, and a polyline a marking.

    The points are drawn on a circle, in order, where CVAT shows the skeleton to choose from.
    """
    places = [_on_circle(i, len(scheme.keypoints)) for i in range(len(scheme.keypoints))]
    edges = "".join(
        f'<line x1="{places[a][0]}" y1="{places[a][1]}" x2="{places[b][0]}" y2="{places[b][1]}" stroke="black" '
        f'data-type="edge" data-node-from="{a + 1}" data-node-to="{b + 1}"></line>'
        for a, b in ((scheme.index[first], scheme.index[second]) for first, second in scheme.edges)
    )
    nodes = "".join(
        f'<circle r="1.5" fill="{_COLOURS[i % len(_COLOURS)]}" cx="{x}" cy="{y}" data-type="element node" '
        f'data-element-id="{i + 1}" data-node-id="{i + 1}" data-label-name={quoteattr(name)}></circle>'
        for i, (name, (x, y)) in enumerate(zip(scheme.keypoints, places, strict=True))
    )
    skeleton: dict[str, Any] = {
        "name": label,
        "type": "skeleton",
        "attributes": [],
        "sublabels": [
            {"name": name, "type": "points", "attributes": [], "color": _COLOURS[i % len(_COLOURS)]}
            for i, name in enumerate(scheme.keypoints)
        ],
        "svg": edges + nodes,
    }
    lines = [{"name": name, "type": "polyline", "attributes": []} for name in markings]
    return json.dumps([skeleton, *lines], ensure_ascii=False, indent=1) + "\n"


def _on_circle(i: int, count: int) -> tuple[float, float]:
    angle = 2 * math.pi * i / max(count, 1)
    return round(50 + 45 * math.cos(angle), 2), round(50 + 45 * math.sin(angle), 2)


def read_cvat(path: Path) -> ExchangeFile:
    """The skeletons and polylines of every image in a CVAT XML file; tracks of videos are not read.

    What cannot be used becomes a finding. The order of the points is that of the skeleton's labels, or that in which
    they appear where the file declares none.

    Raises
    ------
    FormatError
        If the file cannot be read, is no XML of CVAT, or declares entities, which no such file needs.
    """
    root = _parsed(path)
    findings: list[Finding] = []
    names = [child for one in root.iter("label") if one.findtext("parent") and (child := one.findtext("name"))]
    frames = []
    for image in root.iter("image"):
        frame = _frame(image, path, findings)
        if frame is not None:
            frames.append(frame)
    if root.find("track") is not None:
        findings.append(Finding(path, "track", "tracks of videos are not read; export the task as images"))
    seen = (name for frame in frames for instance in frame.instances for name in instance.points)
    return ExchangeFile(tuple(dict.fromkeys([*names, *seen])), tuple(frames), tuple(findings))


def _parsed(path: Path) -> ElementTree.Element:
    advice = "Export it from CVAT again as CVAT for images 1.1."
    text = read_text(path)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise FormatError(path, "the file declares XML entities, which are not read", advice)
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise FormatError(path, f"the file is damaged ({error})", advice) from error
    if root.tag != "annotations":
        raise FormatError(path, f"its first element is <{str(root.tag)[:40]}>, not <annotations>", advice)
    return root


def _frame(image: ElementTree.Element, path: Path, findings: list[Finding]) -> ExchangeFrame | None:
    name = image.get("name", "")
    width, height = (_whole(image.get(side)) for side in ("width", "height"))
    if not name or width is None or height is None:
        findings.append(Finding(path, name or "image", "has no name, width and height; it is left out"))
        return None
    instances = []
    for skeleton in image.findall("skeleton"):
        points = dict(_points(skeleton, name, path, findings))
        if points:
            instances.append(ExchangeInstance(points))
    markings = dict(_markings(image, name, path, findings))
    if markings:
        first = instances[0] if instances else ExchangeInstance()
        instances[:1] = [ExchangeInstance(first.points, markings)]
    return ExchangeFrame(name.replace("\\", "/"), (width, height), tuple(instances))


def _points(
    skeleton: ElementTree.Element, name: str, path: Path, findings: list[Finding]
) -> Iterator[tuple[str, LabelledPoint]]:
    for child in skeleton.findall("points"):
        label, at = child.get("label"), _places(child.get("points", ""))
        flags = child.get("outside"), child.get("occluded")
        if not label or at is None or len(at) != 1 or any(flag not in ("0", "1") for flag in flags):
            findings.append(Finding(path, name, f"a point {label or 'without a label'} cannot be used"))
        elif flags[0] == "0":
            yield label, (*at[0], Visibility.OCCLUDED if flags[1] == "1" else Visibility.VISIBLE)


def _markings(
    image: ElementTree.Element, name: str, path: Path, findings: list[Finding]
) -> Iterator[tuple[str, tuple[Point, ...]]]:
    for line in image.findall("polyline"):
        label, at = line.get("label"), _places(line.get("points", ""))
        if not label or at is None:
            findings.append(Finding(path, name, f"a polyline {label or 'without a label'} cannot be used"))
        else:
            yield label, at


def _places(text: str) -> tuple[Point, ...] | None:
    """Our pixels of ``x,y;x,y``; None for anything else."""
    found = []
    for pair in text.split(";"):
        parts = pair.split(",")
        if len(parts) != 2:
            return None
        try:
            x, y = (number(float(part)) for part in parts)
        except ValueError:
            return None
        if x is None or y is None:
            return None
        found.append((x - HALF, y - HALF))
    return tuple(found)


def _whole(text: str | None) -> int | None:
    try:
        value = int(text or "")
    except ValueError:
        return None
    return value if value > 0 else None
