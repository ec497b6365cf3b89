"""CVAT 1.1 "CVAT for images" XML: a skeleton an instance, a polyline a drawn marking; and the labels to paste first.

Described by CVAT's documentation of its XML format (docs.cvat.ai) and its importer. CVAT needs ``outside`` and
``occluded`` on every point of a skeleton, keeps every point of it (``outside="1"`` where it is not labelled), writes
two decimals, and imports skeletons only into a task that has their labels: `label_constructor` makes these. Its canvas
is continuous, (0, 0) being the outer corner of the top-left pixel: half a pixel more than ours.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from annotator.formats.documents import Finding, FormatError, number, read_text, write_text
from annotator.formats.exchange import ExchangeFile, ExchangeFrame, ExchangeInstance, LabelledPoint
from annotator.labels import Point, Visibility
from annotator.scheme import AttributeKind, AttributeScope, AttributeValue, Scheme

__all__ = ["cvat_text", "label_constructor", "read_cvat", "write_cvat"]

HALF = 0.5
BOX = " box"
"""Behind the label of a skeleton: that of the rectangle around it."""
FRAME_TAG = "frame"
_COLOURS = ("#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#911eb4", "#42d4f4", "#f032e6")


def cvat_text(
    frames: Sequence[ExchangeFrame], scheme: Scheme, *, label: str = "pitch", markings: Sequence[str] = ()
) -> str:
    """The XML document of frames in this order; the same frames give the same text.

    A thing with a number, a box or attributes has a ``group_id`` (its number and 1) that joins its skeleton with its
    rectangle; attributes stand on the skeleton, and those of the frame on a tag `FRAME_TAG`.

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
            lines += _rectangle(instance, label) if scheme.is_many else ()
            lines += _polylines(instance)
        if frame.attributes:
            tag = f'    <tag label={quoteattr(FRAME_TAG)} source="manual">'
            lines += [tag, *_attributes(frame.attributes), "    </tag>"]
        lines.append("  </image>")
    return "\n".join([*lines, "</annotations>"]) + "\n"


def _meta(scheme: Scheme, label: str, markings: Sequence[str], count: int) -> Iterator[str]:
    yield "  <meta>"
    yield "    <task>"
    yield f"      <id>1</id><name>{escape(scheme.title)}</name><size>{count}</size><mode>annotation</mode>"
    yield "      <overlap>0</overlap><bugtracker></bugtracker><flipped>False</flipped>"
    yield "      <labels>"
    own, frame = (_declared(scheme, scope) for scope in (AttributeScope.INSTANCE, AttributeScope.FRAME))
    yield f"        <label><name>{escape(label)}</name><type>skeleton</type><attributes>{own}</attributes></label>"
    for name in scheme.keypoints:
        own = f"<name>{escape(name)}</name><type>points</type><attributes></attributes>"
        yield f"        <label>{own}<parent>{escape(label)}</parent></label>"
    if scheme.is_many:
        box = f"<name>{escape(label + BOX)}</name><type>rectangle</type><attributes></attributes>"
        yield f"        <label>{box}</label>"
    if frame:
        yield f"        <label><name>{FRAME_TAG}</name><type>tag</type><attributes>{frame}</attributes></label>"
    for name in markings:
        yield f"        <label><name>{escape(name)}</name><type>polyline</type><attributes></attributes></label>"
    yield "      </labels>"
    yield "    </task>"
    yield "  </meta>"


def _declared(scheme: Scheme, scope: AttributeScope) -> str:
    """The attributes of a label as CVAT declares them; numbers need ``min;max;step``, anything free is text."""
    found = []
    for one in scheme.attributes_of(scope):
        kind, values = one.kind.value, "\n".join(one.choices)
        if one.kind is AttributeKind.CHOICE:
            kind = "select"
        elif one.kind is AttributeKind.NUMBER and one.range is not None:
            values = f"{one.range[0]:g};{one.range[1]:g};{one.step or 1:g}"
        else:
            kind = "text"
        default = "" if one.default is None else str(one.default)
        found.append(
            f"<attribute><name>{escape(one.name)}</name><mutable>False</mutable><input_type>{kind}</input_type>"
            f"<default_value>{escape(default)}</default_value><values>{escape(values)}</values></attribute>"
        )
    return "".join(found)


def _attributes(said: Mapping[str, AttributeValue]) -> Iterator[str]:
    for name, value in said.items():
        text = value if isinstance(value, str) else f"{value:.10g}"
        yield f"      <attribute name={quoteattr(name)}>{escape(text)}</attribute>"


def _group(instance: ExchangeInstance) -> str:
    return "" if instance.number is None else f' group_id="{instance.number + 1}"'


def _rectangle(instance: ExchangeInstance, label: str) -> Iterator[str]:
    if instance.box is None:
        return
    x0, y0, x1, y1 = (f"{side + HALF:.2f}" for side in instance.box)
    places = f'xtl="{x0}" ytl="{y0}" xbr="{x1}" ybr="{y1}"'
    flags = f'source="manual" occluded="0" {places} z_order="0"{_group(instance)}'
    yield f"    <box label={quoteattr(label + BOX)} {flags}></box>"


def _skeleton(instance: ExchangeInstance, scheme: Scheme, label: str) -> Iterator[str]:
    if not any(name in scheme.index for name in instance.points) and not instance.attributes:
        return
    yield f'    <skeleton label={quoteattr(label)} source="manual" z_order="0"{_group(instance)}>'
    yield from _attributes(instance.attributes)
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
    skeleton["attributes"] = _constructed(scheme, AttributeScope.INSTANCE)
    lines: list[dict[str, Any]] = [{"name": name, "type": "polyline", "attributes": []} for name in markings]
    if scheme.is_many:
        lines.append({"name": label + BOX, "type": "rectangle", "attributes": []})
    if asked := _constructed(scheme, AttributeScope.FRAME):
        lines.append({"name": FRAME_TAG, "type": "tag", "attributes": asked})
    return json.dumps([skeleton, *lines], ensure_ascii=False, indent=1) + "\n"


def _constructed(scheme: Scheme, scope: AttributeScope) -> list[dict[str, Any]]:
    """Attributes for the label constructor."""
    found = []
    for one in scheme.attributes_of(scope):
        kind, values = "text", [""]
        if one.kind is AttributeKind.CHOICE:
            kind, values = "select", list(one.choices)
        elif one.kind is AttributeKind.NUMBER and one.range is not None:
            kind, values = "number", [f"{bound:g}" for bound in (*one.range, one.step or 1)]
        default = "" if one.default is None else str(one.default)
        found.append(
            {"name": one.name, "mutable": False, "input_type": kind, "default_value": default, "values": values}
        )
    return found


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
        attributes = _said(skeleton)
        if points or attributes:
            instances.append(ExchangeInstance(points, number=_number(skeleton), attributes=attributes))
    _put_boxes(image, instances, name, path, findings)
    markings = dict(_markings(image, name, path, findings))
    if markings:
        first = instances[0] if instances else ExchangeInstance()
        instances[:1] = [replace(first, markings=markings)]
    tagged = {key: value for tag in image.findall("tag") for key, value in _said(tag).items()}
    return ExchangeFrame(name.replace("\\", "/"), (width, height), tuple(instances), tagged)


def _number(element: ElementTree.Element) -> int | None:
    """The number of a thing from its group; None where it is in none."""
    group = _whole(element.get("group_id"))
    return None if group is None else group - 1


def _said(element: ElementTree.Element) -> dict[str, AttributeValue]:
    """Attributes by name; what reads as a number is one."""
    found: dict[str, AttributeValue] = {}
    for one in element.findall("attribute"):
        name, text = one.get("name"), one.text or ""
        if name:
            try:
                value = number(float(text))
            except ValueError:
                value = None
            found[name] = text if value is None else value
    return found


def _put_boxes(
    image: ElementTree.Element, instances: list[ExchangeInstance], name: str, path: Path, findings: list[Finding]
) -> None:
    """Rectangles as the boxes of the skeletons of their group; those of no skeleton are things of their own."""
    for element in image.findall("box"):
        if not (element.get("label") or "").endswith(BOX):
            continue
        corners = _places(";".join(f"{element.get(a)},{element.get(b)}" for a, b in (("xtl", "ytl"), ("xbr", "ybr"))))
        if corners is None or not (corners[0][0] < corners[1][0] and corners[0][1] < corners[1][1]):
            findings.append(Finding(path, name, "a box cannot be used"))
            continue
        box, group = (*corners[0], *corners[1]), _number(element)
        of = next((n for n, one in enumerate(instances) if group is not None and one.number == group), None)
        if of is None or instances[of].box is not None:
            instances.append(ExchangeInstance(box=box, number=group))
        else:
            instances[of] = replace(instances[of], box=box)


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
