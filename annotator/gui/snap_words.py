"""What snapping to the paint did, or why it did nothing, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from annotator.gui.plain_names import spoken
from annotator.paint import Refusal
from annotator.snapping import Outcome, Snapped

translate = QCoreApplication.translate


def told(snapped: Snapped) -> str:
    """One sentence on what snapping did."""
    moved = [outcome for outcome in snapped.outcomes if outcome.moved]
    refused = [outcome for outcome in snapped.outcomes if outcome.reason is not None and not outcome.dropped]
    dropped = [outcome for outcome in snapped.outcomes if outcome.dropped]
    if not snapped.outcomes:
        return translate("Snapping", "Nothing is drawn yet that could snap to the paint")
    words = [_moved(moved)] if moved else []
    if not moved and not refused:
        words.append(translate("Snapping", "It lies on the paint already"))
    if refused:
        words.append(_why_not(refused))
    if dropped:
        words.append(_left_out(dropped))
    return ". ".join(words)


def _left_out(dropped: Sequence[Outcome]) -> str:
    """What only a placed pitch spoke of, and the paint did not show."""
    if len(dropped) == 1:
        text = translate("Snapping", "{name} is left out: no paint shows it")
        return text.format(name=spoken(dropped[0].name))
    return translate("Snapping", "{count} are left out: no paint shows them").format(count=len(dropped))


def _moved(moved: Sequence[Outcome]) -> str:
    if len(moved) == 1:
        text = translate("Snapping", "{name} snapped to the paint, {shift:.1f} px")
        return text.format(name=spoken(moved[0].name), shift=moved[0].shift)
    text = translate("Snapping", "{count} points snapped to the paint, up to {shift:.1f} px")
    if all(outcome.is_marking for outcome in moved):
        text = translate("Snapping", "{count} markings snapped to the paint, up to {shift:.1f} px")
    return text.format(count=len(moved), shift=max(outcome.shift for outcome in moved))


def _why_not(refused: Sequence[Outcome]) -> str:
    if len(refused) > 1:
        return translate("Snapping", "{count} stayed: too little paint found near them").format(count=len(refused))
    name, reason = spoken(refused[0].name), refused[0].reason
    if reason is Refusal.TOO_FEW_CLICKS:
        return translate("Snapping", "{name} needs more points before it can snap").format(name=name)
    if reason is Refusal.TOO_SHORT:
        return translate("Snapping", "{name} is too short here to snap").format(name=name)
    if reason is Refusal.NO_PAINT:
        return translate("Snapping", "{name} stayed: no paint found near it").format(name=name)
    if reason is Refusal.DISAGREES:
        return translate("Snapping", "{name} stayed: the paint found near it makes no line").format(name=name)
    if reason is Refusal.CROWDED:
        return translate("Snapping", "{name} stayed: too much beside it looks the same").format(name=name)
    if reason is Refusal.TURNED:
        return translate("Snapping", "{name} stayed: the paint near it runs another way").format(name=name)
    return translate("Snapping", "{name} stayed: the paint is too far away").format(name=name)
