"""Where a video cuts: frames that no motion of the camera can have turned into their neighbours.

Two frames of one shot show the same things a little displaced, however fast the camera pans: every block of the one is
found near its place in the other. Over a cut next to nothing is found. The measure is the squared difference that is
left after the best displacement of every block (block matching as in video coding, e.g. Jain & Jain, IEEE Trans. Comm.
29(12), 1981), as a share of the variance inside the blocks: on broadcast clips at most .06 between neighbours and .32
between frames eight apart, .4 to 10 between different shots.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotator.video import Rgb, VideoReader

Progress = Callable[[int, int], None]
ShouldStop = Callable[[], bool]

CUT = 0.4
"""Share of the blocks' variance left unexplained from which on two frames belong to different shots."""
UNSURE = 0.25
"""From here to `CUT` it may be one: a whip pan, a wipe, half the picture covered by a caption."""

_WIDTH, _HEIGHT, _BLOCK = 96, 54, 12
_REACH_X, _REACH_Y = 16, 8
_NOISE = 100.0
_SAME = 2.0
_FLASH_FRAMES = 3
_GRADUAL = 12
_EVERY = 4
_CHANGED = 0.55
_SLOW = 10.0
_GAIN = 2.0


@dataclass(frozen=True)
class Shots:
    """Numbers of the frames with which a new shot begins, surely, and where one may begin; ascending."""

    cuts: tuple[int, ...]
    unsure: tuple[int, ...]


def difference(before: Rgb, after: Rgb) -> float:
    """How little of one frame is found near its place in the other: 0 all of it, about 1 nothing; symmetric.

    ``before`` and ``after`` are (H, W, 3) RGB uint8 of any size; 3 ms at most once they are small.
    """
    return _apart(_reduced(before), _reduced(after))


def is_cut(before: Rgb, after: Rgb) -> bool:
    """True when no motion of the camera turns one frame into the other."""
    return difference(before, after) >= CUT


def find_cuts(
    video: Path | VideoReader,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> tuple[int, ...]:
    """Numbers of the first frames of new shots, ascending; the first frame of the video is none.

    Raises
    ------
    MediaError
        If the video cannot be opened. A damaged frame is passed over.
    InterruptedError
        If ``should_stop`` said so.
    """
    return find_shots(video, progress, should_stop).cuts


def find_shots(
    video: Path | VideoReader,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> Shots:
    """Cuts as `find_cuts`, and in ``unsure`` where a fade or a wipe is halfway or a step is doubtful."""
    with ExitStack() as stack:
        reader = video if isinstance(video, VideoReader) else stack.enter_context(VideoReader(video))
        return shots_of(reader.small_frames(width=_WIDTH), len(reader), progress, should_stop)


def shots_of(
    frames: Iterator[tuple[int, Rgb]],
    total: int,
    progress: Progress = lambda done, total: None,
    should_stop: ShouldStop = lambda: False,
) -> Shots:
    """Where the numbered ``frames``, in order, cut; InterruptedError if ``should_stop`` said so."""
    scan = _Scan()
    for number, rgb in frames:
        if should_stop():
            raise InterruptedError("the search for cuts was stopped")
        scan.see(number, _reduced(rgb))
        progress(number + 1, total)
    return scan.found()


class _Scan:
    """The latest frames and what was found; a step is judged when the frames after it are known."""

    def __init__(self) -> None:
        self._window: deque[tuple[int, Rgb]] = deque(maxlen=_GRADUAL + 1)
        self._moves: deque[tuple[float, float]] = deque(maxlen=_GRADUAL)
        self._seen = 0
        self._steps: dict[int, float] = {}
        self._cuts: list[int] = []
        self._unsure: list[int] = []

    def see(self, number: int, small: Rgb) -> None:
        if self._window:
            self._steps[number] = _apart(self._window[-1][1], small)
            self._moves.append(_move(self._window[-1][1], small))
        self._window.append((number, small))
        self._judge(len(self._window) - _FLASH_FRAMES)
        self._seen += 1
        self._look_for_change()

    def found(self) -> Shots:
        for at in range(max(1, len(self._window) - _FLASH_FRAMES + 1), len(self._window)):
            self._judge(at)
        cuts = tuple(self._cuts)
        unsure = tuple(n for n in sorted(self._unsure) if all(abs(n - cut) > _GRADUAL for cut in cuts))
        return Shots(cuts, unsure)

    def _judge(self, at: int) -> None:
        """Whether the step into the frame at this place of the window is a cut; one frame is judged once."""
        if at < 1:
            return
        number, _ = self._window[at]
        step = self._steps.pop(number, 0.0)
        if step < UNSURE:
            return
        before = self._window[at - 1][1]
        later = [self._window[n][1] for n in range(at + 1, min(at + _FLASH_FRAMES, len(self._window)))]
        if any(_apart(before, one) < UNSURE for one in later):
            # A flash or a single bad frame: what was there before is there again. The step back is no cut either.
            for n in range(at + 1, min(at + _FLASH_FRAMES, len(self._window))):
                self._steps[self._window[n][0]] = min(self._steps.get(self._window[n][0], 0.0), UNSURE / 2)
            return
        (self._cuts if step >= CUT else self._unsure).append(number)

    def _look_for_change(self) -> None:
        """A dissolve or a wipe: over `_GRADUAL` frames everything changed though the camera hardly moved."""
        if self._seen % _EVERY or len(self._window) <= _GRADUAL:
            return
        last = len(self._window) - 1
        if np.abs(np.sum(list(self._moves)[-_GRADUAL:], axis=0)).max() > _SLOW:
            return
        middle = self._window[last - _GRADUAL // 2][0]
        is_known = any(middle - n <= 2 * _GRADUAL for n in (*self._cuts[-1:], *self._unsure[-1:]))
        if not is_known and _apart(self._window[last - _GRADUAL][1], self._window[last][1]) >= _CHANGED:
            self._unsure.append(middle)


def _move(before: Rgb, after: Rgb) -> tuple[float, float]:
    """How far the whole picture moved, in pixels of the reduced one (Kuglin & Hines 1975, phase correlation)."""
    import cv2

    window = cv2.createHanningWindow((_WIDTH, _HEIGHT), cv2.CV_32F)
    grey = [cv2.cvtColor(one, cv2.COLOR_RGB2GRAY).astype(np.float32) for one in (before, after)]
    (x, y), _ = cv2.phaseCorrelate(grey[0], grey[1], window)
    return x, y


def _reduced(rgb: Rgb) -> Rgb:
    """(54, 96, 3): every shape of picture on the same grid."""
    import cv2

    if rgb.shape[:2] == (_HEIGHT, _WIDTH):
        return rgb
    return np.asarray(cv2.resize(rgb, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _apart(before: Rgb, after: Rgb) -> float:
    if float(np.abs(after.astype(np.int16) - before).mean()) < _SAME:
        return 0.0
    forward = _unexplained(before, after)
    # Something covered or uncovered at the edge of a pan is missing one way only.
    return forward if forward < UNSURE else min(forward, _unexplained(after, before))


def _unexplained(source: Rgb, target: Rgb) -> float:
    """Squared difference left after the best displacement of every block, over the variance inside the blocks."""
    import cv2

    # A fade to black or an iris that opens is no cut: the whole picture may be brighter or darker than it was.
    gain = float(np.clip((float(source.mean()) + 1) / (float(target.mean()) + 1), 1 / _GAIN, _GAIN))
    target = np.asarray(cv2.convertScaleAbs(target, alpha=gain), dtype=np.uint8)
    padded: Any = cv2.copyMakeBorder(source, _REACH_Y, _REACH_Y, _REACH_X, _REACH_X, cv2.BORDER_REFLECT_101)
    left = 0.0
    for y in range(0, _HEIGHT - _BLOCK + 1, _BLOCK):
        for x in range(0, _WIDTH - _BLOCK + 1, _BLOCK):
            window = padded[y : y + _BLOCK + 2 * _REACH_Y, x : x + _BLOCK + 2 * _REACH_X]
            block = target[y : y + _BLOCK, x : x + _BLOCK]
            left += float(cv2.matchTemplate(window, block, cv2.TM_SQDIFF).min())
    rows, columns = _HEIGHT // _BLOCK, _WIDTH // _BLOCK
    blocks = target[: rows * _BLOCK, : columns * _BLOCK].astype(np.float32)
    blocks = blocks.reshape(rows, _BLOCK, columns, _BLOCK, 3)
    variance = float(blocks.var(axis=(1, 3)).sum())
    return left / (_BLOCK * _BLOCK) / (variance + _NOISE * rows * columns)
