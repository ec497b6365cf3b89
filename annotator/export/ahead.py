"""What an export will ask of accepted frames, worked out before it asks, by a process that gives way to everyone.

The process is this module run by the same Python on a project's file: ``python -m annotator.export.ahead FILE``. It
reads the project, whoever accepted its frames and however, and puts into the store what is not there yet. It ends when
nothing is left, when its standard input ends, which it does with the program that started it, and may be killed at any
moment: at most its last few frames are lost.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from annotator.export.answers import Asked, answer_all, likeness
from annotator.export.crew import be_modest
from annotator.export.store import AnswerStore, key_of
from annotator.frames import FrameSource, MediaError, image_size
from annotator.labels import FrameState
from annotator.project import Project, ProjectError
from annotator.tripod_store import standing_of

__all__ = ["MODULE", "work_ahead"]

MODULE = "annotator.export.ahead"
BATCH = 64
"""Frames worked out side by side and kept at a time: less than a second, which is what a kill may cost."""

BLOCK = 16 * BATCH
"""Frames among which like ones are looked for."""

_LAST = 19
_NO_PROJECT = 4


def work_ahead(
    project: Project, *, store: AnswerStore | None = None, should_stop: Callable[[], bool] = lambda: False
) -> int:
    """How many answers were put into the store: all that were missing of accepted frames, unless stopped."""
    kept = store or AnswerStore.usual()
    done = 0
    for block in _blocks(project, should_stop):
        alike = {key: likeness(one) for key, one in block.items()}
        missing = sorted(kept.missing(list(block)), key=alike.__getitem__)
        for at in range(0, len(missing), BATCH):
            if should_stop():
                return done
            keys = missing[at : at + BATCH]
            kept.write(dict(zip(keys, answer_all([block[key] for key in keys]), strict=True)))
            done += len(keys)
    return done


def _blocks(project: Project, should_stop: Callable[[], bool]) -> Iterator[dict[str, Asked]]:
    """What is asked of accepted frames that can be read, by key, so many at a time that frames alike meet."""
    if not project.scheme.has_football:
        return
    pixels, block = FrameSource(max_frames=1), dict[str, Asked]()
    try:
        for number in project.frame_ids({FrameState.ACCEPTED}):
            if should_stop():
                return
            try:
                row, instance = project.row(number), project.record(number).labels.pitch
                size = pixels.size(row) if row.is_video else image_size(row.path)
            except (MediaError, ProjectError):
                continue
            asked = Asked(instance, size, standing_of(project, number))
            block[key_of(*asked)] = asked
            if len(block) == BLOCK:
                yield block
                block = {}
        yield block
    finally:
        pixels.close()


def _end_with_the_other() -> None:
    """End at once when the program that started this one is gone."""
    sys.stdin.buffer.read()
    os._exit(0)


def _main(path: Path) -> int:
    be_modest(_LAST)
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    try:
        # Never closed here: that would write to the file, which belongs to the program that is in use.
        work_ahead(Project.look_into(path))
    except ProjectError:
        return _NO_PROJECT
    return 0


if __name__ == "__main__":
    # Nothing is let go of at the end: whoever closes a project's file gives up the locks of all who have it open here.
    os._exit(_main(Path(sys.argv[1])))
