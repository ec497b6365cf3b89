"""Why a frame is in the review queue, in plain words and a number."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from annotator.checks.mends import title
from annotator.gui.plain_names import plain
from annotator.pitch import MARKINGS
from annotator.review import Kind, Sign

translate = QCoreApplication.translate


def thing(name: str | None) -> str:
    """A keypoint or a marking as people call it."""
    if not name:
        return ""
    words = plain(name) if name in MARKINGS else title(name)
    return words[:1].lower() + words[1:]


def reason(sign: Sign, *, many: bool = False) -> str:
    """One sign as a short line: what, how much, and where; where a frame shows ``many``, always of which of them."""
    if sign.kind is Kind.FAINT and not sign.count:
        return translate("Review", "The network sees no point")
    if sign.kind is Kind.FLIP and not sign.keypoint:
        return _unseen_mirrored(sign, many=many)
    if sign.kind is Kind.CHECK and sign.detail:
        return sign.detail
    if sign.kind is Kind.BONE:
        return _length(sign)
    if sign.kind is Kind.NUMBER:
        said, seen = sign.detail.split(" ")
        text = translate("Review", "{what}: {said} said, {seen} predicted")
        return text.format(what=thing(sign.keypoint).capitalize(), said=said, seen=seen)
    at = _where(sign, many=many)
    text = _text(sign).format(
        px=f"{sign.value:.0f}",
        at=at,
        where=at[:1].upper() + at[1:],
        count=f"{sign.count:,}",
        share=f"{sign.value:.0%}",
        size=f"{sign.value:.0f} %",
        sure=f"{1.0 - sign.value:.0%}",
    )
    if sign.usual is None:
        return text
    return translate("Review", "{lacking}, which {share} of the frames that show it have").format(
        lacking=text, share=f"{sign.usual:.0%}"
    )


def _unseen_mirrored(sign: Sign, *, many: bool) -> str:
    if not many or sign.instance is None:
        return translate("Review", "Mirrored, the network does not see it")
    return translate("Review", "Mirrored, the network does not see no. {number}").format(number=sign.instance)


def _where(sign: Sign, *, many: bool) -> str:
    """The point, and of which thing where there are several."""
    at = thing(sign.keypoint)
    if not at or sign.instance is None or not (sign.instance or many):
        return at
    return translate("Review", "{at} of no. {number}").format(at=at, number=sign.instance)


def _length(sign: Sign) -> str:
    first, second, factor = sign.detail.split("\t")
    text = translate("Review", "From {first} to {second} it is {factor} times as long as usual")
    return text.format(first=thing(first), second=thing(second), factor=factor)


def _text(sign: Sign) -> str:
    """The sentence of a sign, numbers and names still to be filled in."""
    return {
        Kind.GEOMETRY: translate("Review", "{px} px at {at}"),
        Kind.TWO_PEAKS: translate("Review", "Two peaks ({share}) at {at}"),
        Kind.FAINT: translate("Review", "Confidence {sure}, {count} points"),
        Kind.CORRECTED: translate("Review", "{px} px from the network at {at}"),
        Kind.UNLABELLED: translate("Review", "In view without a label: {count}, {at}"),
        Kind.MISSING: translate("Review", "In view, not seen: {count}, {at}"),
        Kind.CHECK: translate("Review", "A check fails at {at}"),
        Kind.JUMP: translate("Review", "Jumps {px} px at {at}"),
        Kind.NETWORKS: translate("Review", "Networks {px} px apart at {at}"),
        Kind.FLIP: translate("Review", "Mirrored, the network sees it {px} px away: {at}"),
        Kind.NO_CAMERA: translate("Review", "No camera fits the labels"),
        Kind.OTHER_PEAK: translate("Review", "The other peak fits, {px} px away, at {at}"),
        Kind.SWAPPED: translate("Review", "Left and right seem swapped: {count}, {at}"),
        Kind.BOX: translate("Review", "Outside its box by {size} of its size: {at}"),
        Kind.EXTRA: translate("Review", "Seen without a label: {count}"),
        Kind.UNFOUND: translate("Review", "Labelled, but the network sees nothing: {count}"),
        Kind.SIGHT: translate("Review", "Hidden or not is doubtful: {count}, {at}"),
        **(_of_things() if sign.instance is not None else {}),
    }[sign.kind]


def _of_things() -> dict[Kind, str]:
    """What is said otherwise of things, whose distances are shares of their size."""
    return {
        Kind.CORRECTED: translate("Review", "{size} of its size from the network at {at}"),
        Kind.UNLABELLED: translate("Review", "Without a label: {count}, {at}"),
        Kind.MISSING: translate("Review", "Not seen: {count}, {at}"),
        # Whose it is comes first: a narrow queue cuts the end off.
        Kind.JUMP: translate("Review", "{where} jumps by {size} of its size"),
        Kind.NETWORKS: translate("Review", "Networks {size} of its size apart at {at}"),
        Kind.FLIP: translate("Review", "{where}: mirrored, {size} of its size away"),
    }


def headline(reasons: Sequence[Sign], *, many: bool = False) -> str:
    """The gravest reason; where that is a check with a long sentence, the distance at the same point if it has one."""
    first = reasons[0]
    if first.kind is Kind.CHECK:
        first = next((s for s in reasons if s.kind is Kind.GEOMETRY and s.keypoint == first.keypoint), first)
    return reason(first, many=many)


def measure(kind: Kind) -> str:
    """What frames can be sorted by."""
    return {
        Kind.GEOMETRY: translate("Review", "Distance from the geometry"),
        Kind.TWO_PEAKS: translate("Review", "Two peaks"),
        Kind.FAINT: translate("Review", "Low confidence"),
        Kind.CORRECTED: translate("Review", "Label against network"),
        Kind.UNLABELLED: translate("Review", "In view without a label"),
        Kind.MISSING: translate("Review", "Missed by the network"),
        Kind.CHECK: translate("Review", "Checks"),
        Kind.JUMP: translate("Review", "Jump against neighbours"),
        Kind.NETWORKS: translate("Review", "Networks apart"),
        Kind.FLIP: translate("Review", "Mirrored frame"),
        Kind.NO_CAMERA: translate("Review", "No camera"),
        Kind.OTHER_PEAK: translate("Review", "Wrong peak"),
        Kind.SWAPPED: translate("Review", "Left and right swapped"),
        Kind.BONE: translate("Review", "Unusual lengths"),
        Kind.BOX: translate("Review", "Points outside the box"),
        Kind.EXTRA: translate("Review", "Seen without a label"),
        Kind.UNFOUND: translate("Review", "Labelled and not seen"),
        Kind.NUMBER: translate("Review", "Numbers apart"),
        Kind.SIGHT: translate("Review", "Hidden or not"),
    }[kind]
