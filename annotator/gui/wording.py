"""The words of the canvas in the language of the program."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from annotator.gui.tips import Phrases

translate = QCoreApplication.translate


def phrases() -> Phrases:
    """The words of tool tips, translated."""
    return Phrases(
        placed=translate("Phrases", "Placed by hand"),
        accepted=translate("Phrases", "Accepted"),
        imported=translate("Phrases", "Imported"),
        propagated=translate("Phrases", "Carried from another frame"),
        constructed=translate("Phrases", "Constructed from {parents}"),
        projected=translate("Phrases", "Projected by the camera"),
        predicted=translate("Phrases", "Predicted"),
        occluded=translate("Phrases", "Occluded"),
        confidence=translate("Phrases", "Confidence {value:.0%}"),
        sd=translate("Phrases", "\u00b1 {value:.1f} px"),
        residual=translate("Phrases", "{value:.1f} px from where the geometry has it"),
        off=translate("Phrases", "{value:.1f} px from where the camera puts it"),
        mean_off=translate("Phrases", "{value:.1f} px on average from where the camera puts it"),
    )
