"""When panels follow what is dragged: a little later, and then once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

REFRESH_MS = 40
"""While something is dragged the canvas comes first; tables and map follow at this pace."""


class Soon(QTimer):
    """Calls ``follow`` a little later, once however often it is asked meanwhile.

    A time that runs is not begun anew: who is asked all the time still follows.
    """

    def __init__(self, parent: QObject, follow: Callable[[], object], interval: int = REFRESH_MS) -> None:
        super().__init__(parent, singleShot=True, interval=interval)
        self.timeout.connect(follow)

    def ask(self) -> None:
        """Follow before long."""
        if not self.isActive():
            self.start()
