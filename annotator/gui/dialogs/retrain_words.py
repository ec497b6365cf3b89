"""What is said of a training and of two networks compared, in sentences; pure functions of values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum

from PySide6.QtCore import QCoreApplication

from annotator.comparison import LEAST_FRAMES, Comparison, FrameChange, Verdict
from annotator.scheme import AttributeKind, Scheme
from annotator.training_plans import Effort, HoldBack, Length
from model.card import Card

translate = QCoreApplication.translate
_KINDS = {"hrnet": "HRNet", "unet": "UNet", "deeppose": "DeepPose"}
MINUS = "\u2212"


def lengths() -> Mapping[Length, str]:
    """How long a training goes on, in a word."""
    return {
        Length.QUICK: translate("Retrain", "Quick"),
        Length.NORMAL: translate("Retrain", "Normal"),
        Length.THOROUGH: translate("Retrain", "Thorough"),
    }


def length_hint(effort: Effort) -> str:
    """What a length means."""
    if effort.rendered:
        text = translate("Retrain", "{epochs} rounds over your frames, {rendered} rendered frames mixed in")
    else:
        text = translate("Retrain", "{epochs} rounds over your frames")
    said = text.format(epochs=f"{effort.epochs:g}", rendered=f"{effort.rendered:,}")
    if 0 < effort.patience < effort.epochs:
        rest = translate("Retrain", "; ends early after {count} rounds without progress")
        said += rest.format(count=effort.patience)
    return said


def network_text(card: Card) -> str:
    """What a network is and what it looks at."""
    width, height = card.input_size
    text = translate("Retrain", "{kind}, input {width} \u00d7 {height} px, {count} points")
    kind = _KINDS.get(card.spec.trunk, card.spec.trunk)
    return text.format(kind=kind, width=width, height=height, count=len(card.names))


def new_network_text(scheme: Scheme) -> str:
    """What a network from nothing will be, as `annotator.training_kinds.from_nothing` chooses it."""
    counts = any(one.kind is AttributeKind.NUMBER and one.range is not None for one in scheme.attributes)
    kind = "UNet" if counts else "HRNet"
    text = translate("Retrain", "A small {kind} with fresh weights that looks at the whole picture, at most 480 px")
    if scheme.is_many:
        text = translate("Retrain", "A small {kind} with fresh weights that looks at each box at 192 \u00d7 256 px")
    return text.format(kind=kind)


def hold_backs() -> Mapping[Enum, str]:
    """What networks are judged on."""
    return {
        HoldBack.CLIPS: translate("Retrain", "Whole clips, held back"),
        HoldBack.FRAMES: translate("Retrain", "The last fifth of every clip"),
        HoldBack.NOTHING: translate("Retrain", "Nothing: learn from every frame"),
    }


def signed(value: float, digits: int) -> str:
    """A number with its sign."""
    return f"{value:+.{digits}f}".replace("-", MINUS)


def verdict_text(found: Comparison) -> str:
    """What may honestly be said of the difference."""
    if found.verdict is Verdict.TOO_FEW or found.difference is None:
        text = translate(
            "Retrain",
            "Too few frames are held back to say which network is better: {count}, at least {least} are needed.",
        )
        return text.format(count=len(found.frames), least=LEAST_FRAMES)
    texts = {
        Verdict.BETTER: translate("Retrain", "The new network is better on frames it has not learnt from."),
        Verdict.WORSE: translate("Retrain", "The new network is worse on frames it has not learnt from."),
        Verdict.UNCLEAR: translate("Retrain", "No clear difference: what there is may be chance."),
    }
    return texts[found.verdict]


def interval_text(found: Comparison) -> str:
    """The difference and how sure it is."""
    counts = translate("Retrain", "Judged on {frames} held-back frames with {labels} labels.")
    said = counts.format(frames=f"{len(found.frames):,}", labels=f"{found.labels:,}")
    if found.difference is not None:
        gap = found.difference
        text = translate(
            "Retrain",
            "Labels found within 10 px: {value} percentage points; with 95 % confidence between {low} and {high}.",
        )
        if found.of_size:
            text = translate(
                "Retrain",
                "Labels found within 10 % of the size of the thing: {value} percentage points; with 95 % confidence "
                "between {low} and {high}.",
            )
        value, low, high = (signed(100 * number, 1) for number in (gap.value, gap.low, gap.high))
        said += " " + text.format(value=value, low=low, high=high)
    for name, (old, new) in found.further.items():
        said += f" {name}: {_figure(old)} \u2192 {_figure(new)}." if math.isfinite(old) else f" {name}: {_figure(new)}."
    return said


def _figure(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "\u2013"


def measure_titles(*, of_size: bool = False) -> tuple[str, ...]:
    """The columns of the table of both networks, and what they mean below."""
    if of_size:
        return (
            translate("Retrain", "Found"),
            translate("Retrain", "Precision"),
            translate("Retrain", "Within 5 %"),
            translate("Retrain", "Within 10 %"),
            translate("Retrain", "Median %"),
        )
    return (
        translate("Retrain", "Found"),
        translate("Retrain", "Precision"),
        translate("Retrain", "Within 5 px"),
        translate("Retrain", "Within 10 px"),
        translate("Retrain", "Median px"),
        translate("Retrain", "Pitch within 10 px"),
    )


def measure_hints(*, of_size: bool = False) -> tuple[str, ...]:
    """What the columns mean."""
    if of_size:
        return (
            translate("Retrain", "Share of labels that the network found anywhere (recall)"),
            translate("Retrain", "Share of its points that are labelled"),
            translate("Retrain", "Share of all labels found within 5 % of the size of the thing (root of its box)"),
            translate("Retrain", "Share of all labels found within 10 % of the size of the thing (root of its box)"),
            translate("Retrain", "Median distance of found labels, in % of the size of the thing"),
        )
    return (
        translate("Retrain", "Share of labels that the network found anywhere (recall)"),
        translate("Retrain", "Share of its points that are labelled"),
        translate("Retrain", "Share of all labels found within 5 px of a frame 960 wide (PCK5)"),
        translate("Retrain", "Share of all labels found within 10 px of a frame 960 wide (PCK10)"),
        translate("Retrain", "Median distance of found labels, in px of a frame 960 wide"),
        translate("Retrain", "Share of frames in which the pitch laid through its points is within 10 px (H<10)"),
    )


def share_text(value: float) -> str:
    """A share in percent, or a dash."""
    return f"{100 * value:.1f} %" if math.isfinite(value) else "\u2013"


def frame_text(frame: FrameChange) -> str:
    """A frame in the list: its name, and labels right before and after."""
    text = translate("Retrain", "{name}: {before} \u2192 {after} of {labels}")
    return text.format(name=frame.name, before=frame.right[0], after=frame.right[1], labels=len(frame.labels))


def card_rows(card: Card) -> list[tuple[str, str]]:
    """What a network's card says, for people: (what, value), only what is known."""
    facts = card.training
    rows: list[tuple[str, str]] = []
    origin = facts.get("began with")
    if isinstance(origin, Mapping):
        rows.append((translate("Retrain", "Began with"), f"{origin.get('name', '?')} ({origin.get('network', '?')})"))
    if "frames" in facts:
        text = translate("Retrain", "{frames} frames of people, {held} more held back, {rendered} rendered")
        held, rendered = facts.get("held back", 0), facts.get("rendered", 0)
        said = text.format(frames=facts["frames"], held=held, rendered=rendered)
        rows.append((translate("Retrain", "Learnt from"), said))
    if "samples" in facts:
        rows.append((translate("Retrain", "Samples shown"), f"{facts['samples']:,}"))
    score = facts.get("validation")
    if isinstance(score, Mapping):
        near = score.get("pck")
        value = near.get("10") if isinstance(near, Mapping) else None
        if isinstance(value, int | float):
            found = translate("Retrain", "{share} of held-back labels within 10 px, whatever the confidence")
            rows.append((translate("Retrain", "Validation"), found.format(share=share_text(float(value)))))
    width, height = card.input_size
    rows.append((translate("Retrain", "Input"), f"{width} \u00d7 {height} px"))
    rows.append((translate("Retrain", "Shown from confidence"), f"{card.threshold:g}"))
    unknown = translate("Retrain", "not stated")
    rows.append((translate("Retrain", "Licence"), card.licence or unknown))
    rows.append((translate("Retrain", "Attribution"), card.attribution or unknown))
    return rows
