"""The guide's sentences, in the language of the program."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from annotator.gui.plain_names import plain
from annotator.proposals import Proposal

translate = QCoreApplication.translate


def proposal_text(proposal: Proposal, *, unsure: bool) -> str:
    """What is drawn next, why, and the keys."""
    name = plain(proposal.marking)
    if unsure:
        return translate("Guide", "Next: {name}, if it is in view. Tab: another").format(name=name)
    said = translate("Guide", "Next: {name}. Lowers the rest by {gain:.1f} px")
    return said.format(name=name, gain=proposal.gain)


def offer_text(marking: str, *, deviation: float) -> str:
    """A circle that costs one key."""
    said = translate("Guide", "Next: {name}. The camera has it within {value:.0f} px: Enter takes it as dashed")
    return said.format(name=plain(marking), value=max(deviation, 1.0))


def start_text() -> str:
    """What to do in a frame where nothing is drawn."""
    return translate("Guide", "Choose any marking in view: click it here, type W and two letters, or press E")


def hint_text(name: str, clicks: int, *, is_round: bool, can_take: bool, proposed: bool) -> str:
    """What a press does while this marking is drawn."""
    named = plain(name)
    if can_take:
        text = translate("Guide", "{name}: Enter takes it as dashed, or click along it").format(name=named)
    elif is_round:
        text = translate("Guide", "Click along {name} five times or more, Enter finishes").format(name=named)
    elif clicks == 0:
        text = translate("Guide", "Click {name} at two places far apart").format(name=named)
    else:
        text = translate("Guide", "Click {name} once more, far from the first click").format(name=named)
    return text + translate("Guide", "; Tab: another, Esc: leave") if proposed else text
