"""What the tool tips of the canvas say of a keypoint, in words that they are told."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.gui.plain_names import spoken
from annotator.keypoints import Keypoint, Source
from annotator.labels import Origin, Visibility


@dataclass(frozen=True)
class Phrases:
    """The words of a tool tip, so that this module can be told them in any language."""

    placed: str = "Placed by hand"
    accepted: str = "Accepted"
    propagated: str = "Carried from another frame"
    imported: str = "Imported"
    constructed: str = "Constructed from {parents}"
    projected: str = "Projected by the camera"
    predicted: str = "Predicted"
    occluded: str = "Occluded"
    confidence: str = "Confidence {value:.0%}"
    sd: str = "\u00b1 {value:.1f} px"
    residual: str = "{value:.1f} px from where the geometry has it"
    off: str = "{value:.1f} px from where the camera puts it"
    mean_off: str = "{value:.1f} px on average from where the camera puts it"


ENGLISH = Phrases()


def describe(keypoint: Keypoint, phrases: Phrases = ENGLISH) -> str:
    """The tool tip of a keypoint: its name, where it comes from, and how sure that is."""
    lines = [spoken(keypoint.name), _origin_text(keypoint, phrases)]
    if keypoint.visibility is Visibility.OCCLUDED:
        lines.append(phrases.occluded)
    facts = []
    if keypoint.confidence is not None:
        facts.append(phrases.confidence.format(value=keypoint.confidence))
    if keypoint.sd is not None:
        facts.append(phrases.sd.format(value=keypoint.sd))
    if keypoint.residual is not None:
        facts.append(phrases.residual.format(value=keypoint.residual))
    lines.append("  ".join(facts))
    return "\n".join(line for line in lines if line)


def _origin_text(keypoint: Keypoint, phrases: Phrases) -> str:
    if keypoint.source is Source.PLACED:
        others = {
            Origin.ACCEPTED: phrases.accepted, Origin.IMPORTED: phrases.imported, Origin.PROPAGATED: phrases.propagated
        }  # fmt: skip
        return others.get(keypoint.origin or Origin.HAND, phrases.placed)
    if keypoint.source is Source.CONSTRUCTED:
        return phrases.constructed.format(parents=" \u00d7 ".join(spoken(name) for name in keypoint.parents))
    return {Source.PROJECTED: phrases.projected, Source.PREDICTED: phrases.predicted}.get(
        keypoint.source or Source.PLACED, ""
    )
