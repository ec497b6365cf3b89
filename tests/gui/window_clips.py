"""Videos for tests of time in the window, and frames whose labels follow the picture."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PySide6.QtCore import QPoint

SIZE = (320, 180)


def make_clip(path: Path, count: int = 60, *, cut: int | None = None, rate: int = 25) -> Path:
    """A video of a textured ground that moves 2 pixels a frame; from ``cut`` on another one, the other way round."""
    width, height = SIZE
    rng = np.random.default_rng(3)
    grounds = [_texture(rng, height, width + 2 * count + 8) for _ in range(2)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "14", "g": "12"}
        for number in range(count):
            after = cut is not None and number >= cut
            rgb = np.ascontiguousarray(grounds[after][:, 2 * number : 2 * number + width])
            if after:
                rgb = np.ascontiguousarray(255 - rgb[::-1])
            for packet in stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def _texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    import cv2

    small = rng.integers(0, 255, (height // 6 + 2, width // 6 + 2, 3), dtype=np.uint8)
    grey = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    fine = rng.integers(-18, 18, (height, width, 1))
    return np.clip(grey.astype(int) // 2 + 60 + fine, 0, 255).astype(np.uint8)


def open_copy(make_window, path: Path, tmp_path: Path, qtbot):
    """A window on a copy of a video, whose project is the test's own."""
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    window = make_window()
    open_clip(window, copy, qtbot)
    return window


def open_clip(window, path: Path, qtbot) -> None:
    """Open a video, and wait until the timeline knows it with its times and cuts."""
    window.files.open([path])
    timeline = window.timing.timeline
    known = lambda: timeline.track is not None and len(timeline.track.times) == len(timeline.track)  # noqa: E731
    qtbot.waitUntil(known, timeout=20000)
    qtbot.waitUntil(lambda: window.session.frame_id is not None and window.session.can_decide, timeout=20000)
    qtbot.waitUntil(lambda: not timeline.scanning and not timeline._filler.busy, timeout=20000)


def at(view, place: float, lane: str | None = None) -> QPoint:
    """Where the middle of a frame is in the timeline, in the ruler or in a lane."""
    y = view._rects.ruler.center().y() if lane is None else view._rects.lanes[lane].center().y()
    return QPoint(round(view.axis.x(place + 0.5)), y)


def place_of(window) -> int | None:
    return window.timing.timeline.place
