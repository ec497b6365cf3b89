"""The pixels of the frame on the screen and of its neighbours, read in a thread of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from annotator.frames import FrameSource
from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.project import FrameRow

if TYPE_CHECKING:
    from annotator.video import VideoReader

Image = NDArray[np.uint8]


class FrameLoader(QObject):
    """Reads the frame that is wanted now, then its neighbours; at most one read is under way."""

    loaded = Signal(int, object)
    failed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # What else is done with the pixels where they were read, off the event loop.
        self.prepare: Callable[[Image], None] = lambda image: None
        self._lane = Lane("frames", self)
        self._source: FrameSource | None = None
        self._shown: FrameRow | None = None
        self._around: list[FrameRow] = []

    def use(self, source: FrameSource | None) -> None:
        """Read from another source from now on; the one before is closed."""
        self._lane.drop()
        before, self._source = self._source, source
        self._shown, self._around = None, []
        if before is not None:
            before.close()

    def cached(self, row: FrameRow) -> Image | None:
        """The pixels of a frame, if they are at hand."""
        return None if self._source is None else self._source.cached(row)

    def video(self, path: Path) -> VideoReader | None:
        """The reader of a video whose frames were read here; MediaError if it cannot be opened."""
        return None if self._source is None else self._source.video(path)

    def want(self, row: FrameRow) -> None:
        """Read this frame next; `loaded` or `failed` follows."""
        self._shown = row
        self._around = []
        self._pump()

    def prefetch(self, rows: Iterable[FrameRow]) -> None:
        """Read these frames when nothing else is wanted."""
        self._around = [row for row in rows if self.cached(row) is None]
        self._pump()

    def close(self) -> None:
        """Stop reading and wait for the thread to end."""
        self._lane.close()
        if self._source is not None:
            self._source.close()

    def _pump(self) -> None:
        if self._source is None or self._lane.busy:
            return
        asked = self._shown is not None
        row = self._shown if self._shown is not None else (self._around.pop(0) if self._around else None)
        self._shown = None
        if row is None:
            return
        source, chosen, prepare = self._source, row, self.prepare

        def work(progress: Progress, should_stop: ShouldStop) -> Image:
            image = source.read(chosen)
            prepare(image)
            return image

        self._lane.ask(
            work,
            then=lambda image: self._on_read(chosen, image, asked=asked),
            failed=lambda error: self._on_failed(chosen, error, asked=asked),
        )

    def _on_read(self, row: FrameRow, image: Image, *, asked: bool) -> None:
        # A frame that was wanted a moment ago is shown even when a newer one is wanted by now: a held key flips pages.
        if asked:
            self.loaded.emit(row.id, image)
        self._pump()

    def _on_failed(self, row: FrameRow, error: Exception, *, asked: bool) -> None:
        if asked:
            self.failed.emit(row.id, sentence(error))
        self._pump()
