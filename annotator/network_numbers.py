"""Numbers that a network says beside the points, such as that of the cards: as a scheme allows them, shown, taken over.

A number that was taken over is known as such (``accepted`` of `annotator.labels`) until a person says one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from annotator.instances import set_attribute
from annotator.labels import FrameLabels
from annotator.scheme import Attribute, AttributeKind, AttributeScope, AttributeValue, Scheme

__all__ = ["accept_number", "as_allowed", "as_text", "is_accepted", "is_whole", "said_of", "suggestions"]

_DECIMALS = 3
"""Places that a number without a step is shown and taken over with: nothing is accepted that was not on the screen."""


def as_allowed(attribute: Attribute, value: float | None) -> float | None:
    """A network's number as the scheme allows it, within its range and on a step; None where it says none."""
    if attribute.kind is not AttributeKind.NUMBER or value is None or not math.isfinite(value):
        return None
    low, high = attribute.range if attribute.range is not None else (-math.inf, math.inf)
    step = attribute.step
    if step is None:
        return min(max(round(value, _DECIMALS), low), high)
    start = low if math.isfinite(low) else 0.0
    last = start + math.floor((high - start) / step + 1e-9) * step if math.isfinite(high) else high
    return min(max(start + round((value - start) / step) * step, low), last)


def suggestions(scheme: Scheme, values: Mapping[str, float]) -> dict[str, AttributeValue]:
    """What a network says of everything that a scheme asks, as the scheme allows it, by name."""
    found = {one.name: as_allowed(one, values.get(one.name)) for one in scheme.attributes}
    return {name: value for name, value in found.items() if value is not None}


def as_text(value: float) -> str:
    """A number as it is shown: without places that it does not have."""
    text = f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def is_whole(attribute: Attribute) -> bool:
    """Whether only whole numbers are allowed."""
    low = 0.0 if attribute.range is None else attribute.range[0]
    return attribute.step is not None and attribute.step == round(attribute.step) and low == round(low)


def said_of(labels: FrameLabels, attribute: Attribute, instance: int) -> AttributeValue | None:
    """What is said of an attribute of the frame or of one thing in it; None where nothing is."""
    said = labels if attribute.scope is AttributeScope.FRAME else labels.instance(instance)
    return said.attributes.get(attribute.name)


def is_accepted(labels: FrameLabels, attribute: Attribute, instance: int) -> bool:
    """Whether what is said of it is a network's word that was taken over."""
    said = labels if attribute.scope is AttributeScope.FRAME else labels.instance(instance)
    return attribute.name in said.accepted


def accept_number(labels: FrameLabels, attribute: Attribute, value: float, *, instance: int = 0) -> FrameLabels:
    """The labels with a network's number taken over, known as such.

    Raises
    ------
    ValueError
        If the attribute does not allow the value.
    """
    labels = set_attribute(labels, attribute, value, instance=instance)
    name = attribute.name
    if attribute.scope is AttributeScope.FRAME:
        return replace(labels, accepted={**labels.accepted, name: labels.attributes[name]})
    one = labels.instance(instance)
    return labels.with_instance(replace(one, accepted={**one.accepted, name: one.attributes[name]}))
