"""The markings as people call them, in English; SoccerNet's names are those of the files."""

from __future__ import annotations

__all__ = ["PLAIN", "plain_marking"]

PLAIN = {
    "Side line top": "Far touchline",
    "Side line bottom": "Near touchline",
    "Side line left": "Left goal line",
    "Side line right": "Right goal line",
    "Middle line": "Halfway line",
    "Circle central": "Centre circle",
    "Circle left": "Left penalty arc",
    "Circle right": "Right penalty arc",
    "Big rect. left top": "Left penalty area, far side",
    "Big rect. left bottom": "Left penalty area, near side",
    "Big rect. left main": "Left penalty area, front",
    "Big rect. right top": "Right penalty area, far side",
    "Big rect. right bottom": "Right penalty area, near side",
    "Big rect. right main": "Right penalty area, front",
    "Small rect. left top": "Left goal area, far side",
    "Small rect. left bottom": "Left goal area, near side",
    "Small rect. left main": "Left goal area, front",
    "Small rect. right top": "Right goal area, far side",
    "Small rect. right bottom": "Right goal area, near side",
    "Small rect. right main": "Right goal area, front",
    "Goal left crossbar": "Left goal, crossbar",
    "Goal left post left": "Left goal, left post",
    "Goal left post right": "Left goal, right post",
    "Goal right crossbar": "Right goal, crossbar",
    "Goal right post left": "Right goal, left post",
    "Goal right post right": "Right goal, right post",
}


def plain_marking(name: str) -> str:
    """What people call a marking, with or without SoccerNet's trailing blank; a name it does not know stays."""
    return PLAIN.get(name.strip(), name.strip())
