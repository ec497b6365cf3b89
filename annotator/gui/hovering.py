"""What the pointer is over, on the canvas, on the map or in the table: each of them lights what another points at."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class Target:
    """What lies under the pointer: a keypoint or a marking, by name."""

    keypoint: str | None = None
    marking: str | None = None


NOTHING = Target()


class Hovering(QObject):
    """The one thing that is pointed at. Nothing is worked out when it changes: views repaint what they light."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.target = NOTHING

    def point_at(self, target: Target) -> None:
        """The pointer is over this now."""
        if target != self.target:
            self.target = target
            self.changed.emit()
