"""Pictures at hand: their copies at the scale of the view are made where a frame was read, not where it is shown."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from annotator.gui.backdrop import Picture

# A 4K frame at half size takes 15 megabytes.
MOST_BYTES = 128 << 20
MOST = 8


class Shelf:
    """The pictures looked at last and those prepared to be looked at next. Any thread may call."""

    def __init__(self) -> None:
        # How often the picture on the screen is halved: most likely the next one is, too.
        self.level = 0
        self._lock = threading.Lock()
        self._pictures: OrderedDict[int, Picture] = OrderedDict()

    def take(self, rgb: NDArray[np.uint8]) -> Picture:
        """The picture of a frame (H, W, 3), prepared or not; it stays here."""
        with self._lock:
            # A picture keeps its frame, so that no other one can have the same number.
            picture = self._pictures.get(id(rgb))
        if picture is None:
            picture = Picture(rgb)
        self._keep(picture)
        return picture

    def prepare(self, rgb: NDArray[np.uint8]) -> None:
        """Make the copy of a frame that the view will ask for."""
        with self._lock:
            if id(rgb) in self._pictures:
                return
        picture = Picture(rgb)
        picture.at_level(self.level)
        self._keep(picture)

    def _keep(self, picture: Picture) -> None:
        with self._lock:
            self._pictures[id(picture.rgb)] = picture
            self._pictures.move_to_end(id(picture.rgb))
            while len(self._pictures) > 1 and (len(self._pictures) > MOST or self._bytes > MOST_BYTES):
                self._pictures.popitem(last=False)

    @property
    def _bytes(self) -> int:
        return sum(picture.copied for picture in self._pictures.values())
