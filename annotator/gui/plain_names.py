"""Keypoints and markings as people call them, in the language of the program; the files have names of their own."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QCoreApplication

from annotator.plain_names import plain_marking

translate = QCoreApplication.translate


def plain(marking: str) -> str:
    """What people call a marking: ``Big rect. left main`` is the left penalty area's front line."""
    return {
        "Side line top": translate("Markings", "Far touchline"),
        "Side line bottom": translate("Markings", "Near touchline"),
        "Side line left": translate("Markings", "Left goal line"),
        "Side line right": translate("Markings", "Right goal line"),
        "Middle line": translate("Markings", "Halfway line"),
        "Circle central": translate("Markings", "Centre circle"),
        "Circle left": translate("Markings", "Left penalty arc"),
        "Circle right": translate("Markings", "Right penalty arc"),
        "Big rect. left top": translate("Markings", "Left penalty area, far side"),
        "Big rect. left bottom": translate("Markings", "Left penalty area, near side"),
        "Big rect. left main": translate("Markings", "Left penalty area, front"),
        "Big rect. right top": translate("Markings", "Right penalty area, far side"),
        "Big rect. right bottom": translate("Markings", "Right penalty area, near side"),
        "Big rect. right main": translate("Markings", "Right penalty area, front"),
        "Small rect. left top": translate("Markings", "Left goal area, far side"),
        "Small rect. left bottom": translate("Markings", "Left goal area, near side"),
        "Small rect. left main": translate("Markings", "Left goal area, front"),
        "Small rect. right top": translate("Markings", "Right goal area, far side"),
        "Small rect. right bottom": translate("Markings", "Right goal area, near side"),
        "Small rect. right main": translate("Markings", "Right goal area, front"),
        "Goal left crossbar": translate("Markings", "Left goal, crossbar"),
        "Goal left post left": translate("Markings", "Left goal, left post"),
        "Goal left post right": translate("Markings", "Left goal, right post"),
        "Goal right crossbar": translate("Markings", "Right goal, crossbar"),
        "Goal right post left": translate("Markings", "Right goal, left post"),
        "Goal right post right": translate("Markings", "Right goal, right post"),
    }.get(marking.strip(), plain_marking(marking))


def spoken(name: str) -> str:
    """A keypoint's or marking's name as a person reads it: ``L_GOAL_TL_POST`` becomes ``L goal TL post``.

    Markings have the names that people use, ``Big rect. left main`` is the left penalty area's front line.
    """
    return _capital(plain(name)) if "_" not in name else _words(name)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def _words(name: str) -> str:
    words = [word if len(word) <= 2 else word.lower() for word in name.strip().split("_")]
    text = " ".join(words)
    return text[0].upper() + text[1:]
