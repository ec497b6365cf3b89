"""How far labels were carried and why they went no further, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from annotator.motion import End


def stop_text(end: End) -> str:
    """Why a run ended, as a sentence without its full stop; "" when all that was asked for is done."""
    from annotator.motion import Stop

    translate = QCoreApplication.translate
    number = f"{end.frame + 1:,}"
    form = ".1f" if end.reason is Stop.RESIDUAL else ".0%"
    value, limit = ("" if one is None else format(one, form) for one in (end.value, end.limit))
    texts = {
        Stop.END: "",
        Stop.ASKED: translate("Carrying", "Stopped before frame {number}, as you asked"),
        Stop.LABELLED: translate("Carrying", "Stopped before frame {number}, which has labels of its own"),
        Stop.CUT: translate("Carrying", "Stopped before frame {number}: the picture cuts to another view"),
        Stop.LOW_INLIERS: translate(
            "Carrying",
            "Stopped before frame {number}: too little of the background moves as one ({value}, at least {limit})",
        ),
        Stop.RESIDUAL: translate(
            "Carrying", "Stopped before frame {number}: the markings leave the paint ({value} px off, at most {limit})"
        ),
        Stop.NO_PAINT: translate("Carrying", "Stopped before frame {number}: no marking can be made out there"),
        Stop.UNREADABLE: translate("Carrying", "Stopped before frame {number}, which cannot be read"),
    }
    # A reason that a later engine gives still ends the run in words.
    other = translate("Carrying", "Stopped before frame {number}: not sure enough")
    return texts.get(end.reason, other).format(number=number, value=value, limit=limit)


def carried_text(count: int, end: End | None = None) -> str:
    """What a run did."""
    done = QCoreApplication.translate("Carrying", "Labels carried to frames: {count}").format(count=f"{count:,}")
    why = "" if end is None else stop_text(end)
    return f"{done}. {why}" if why else done
