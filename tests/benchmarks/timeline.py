"""What a timeline of 180,000 frames costs: to read, to reduce, to paint, to move the playhead in, to zoom; and playing.

Run ``QT_QPA_PLATFORM=offscreen python tests/benchmarks/timeline.py [--clip VIDEO]``; medians in milliseconds. What the
window does with a frame that is played is timed in processor time of its thread, so that other work does not count; the
picture is decoded and prepared by another thread in truth, and here before.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QObject, QPoint, QPointF, QSettings, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from annotator.gui.session import Session
from annotator.gui.timeline_strip import Strip
from annotator.gui.timeline_view import TimelineView
from annotator.project import Project
from annotator.timeline import STATES, Track, columns_of
from annotator.video import VideoReader


class Still(QObject):
    """A timeline whose values are set by hand."""

    changed = Signal()
    range_changed = Signal()

    def __init__(self, track: Track) -> None:
        super().__init__()
        self.track, self.place, self.range = track, 0, None


def median(work: Callable[[int], object], runs: int) -> float:
    """Milliseconds of one of the runs in the middle."""
    found = []
    for number in range(runs):
        begun = time.perf_counter()
        work(number)
        found.append(1e3 * (time.perf_counter() - begun))
    return statistics.median(found)


def project_of(folder: Path, count: int) -> Project:
    """A project with a video of so many frames that nobody decodes."""
    project = Project.create(folder / "long.touchline")
    project.close()
    db = sqlite3.connect(folder / "long.touchline")
    db.execute("INSERT INTO media(id, kind, absolute) VALUES(1, 'video', '/nowhere/long.mp4')")
    rng = np.random.default_rng(0)
    states = [STATES[n].value for n in rng.integers(0, len(STATES), count)]
    db.executemany(
        "INSERT INTO frame(media_id, position, name, state) VALUES(1, ?, ?, ?)",
        ((n, f"long.mp4#{n:06d}", states[n]) for n in range(count)),
    )
    db.commit()
    db.close()
    return Project.look_into(folder / "long.touchline")


def wheel(view: TimelineView, steps: int) -> None:
    """One notch of the wheel over the middle."""
    at = QPoint(view.width() // 2, 10)
    event = QWheelEvent(
        QPointF(at), QPointF(view.mapToGlobal(at)), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
    QApplication.processEvents()


def until(app: QApplication, test: Callable[[], bool]) -> None:
    """Let the window work until this holds."""
    end = time.monotonic() + 60
    while not test() and time.monotonic() < end:
        app.processEvents()
        time.sleep(0.002)


def played(app: QApplication, clip: Path, folder: Path) -> tuple[float, float]:
    """Milliseconds that a frame in passing takes the window, and one to work on, of a copy of a clip."""
    from annotator.gui.main_window import MainWindow

    copy = folder / clip.name
    shutil.copyfile(clip, copy)
    window = MainWindow(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat), resources=folder)
    window.resize(1920, 1080)
    window.show()
    window.files.open([copy])
    timing, session = window.timing, window.session
    until(app, lambda: timing.timeline.track is not None and session.can_decide and not timing.timeline.scanning)
    ids, costs = timing.timeline.track.ids, ([], [])
    with VideoReader(copy) as reader:
        for number in range(1, min(61, len(ids))):
            image = reader.read(number)
            session.loader.prepare(image)
            begun = time.thread_time()
            session.glance(int(ids[number]), image)
            app.processEvents()
            costs[0].append(1e3 * (time.thread_time() - begun))
        for _ in range(20):
            session.passing = True
            begun = time.thread_time()
            session.settle()
            app.processEvents()
            costs[1].append(1e3 * (time.thread_time() - begun))
    window.close()
    return statistics.median(costs[0]), statistics.median(costs[1])


def rows_of(view: TimelineView, people: int) -> dict[str, Any]:
    """The rows of so many people, each in a few hundred stretches, and what is asked of them; milliseconds by name."""
    from annotator.gui.timeline_rows import ThingRows
    from annotator.timeline_things import Stretches, ThingLanes

    rng, count = np.random.default_rng(2), view.axis.count
    lanes = {}
    for number in range(people):
        edges = np.sort(rng.choice(count, 600, replace=False))
        lanes[number] = Stretches(edges[::2], edges[1::2], rng.choice([1, 2, 4], 300).astype(np.uint8))
    known = StillThings(ThingLanes(lanes))
    rows = ThingRows(view._timeline, known, view)  # type: ignore[arg-type]
    rows.resize(view.width(), rows.height_of(12))
    rows.show()
    QApplication.processEvents()

    def paint() -> None:
        rows.repaint_rows()
        QApplication.processEvents()

    def scroll() -> None:
        rows.bar.setValue((rows.bar.value() + 39) % max(rows.bar.maximum(), 1))
        QApplication.processEvents()

    def edit() -> None:
        known.lanes = known.lanes.with_frame(count // 2, dict.fromkeys(range(0, people, 2), 1))

    return {f"paint 12 rows of {people}": paint, "scroll them": scroll, "one frame of all edited": edit}


class StillThings(QObject):
    """Stands for what is known of everybody in a clip."""

    changed = Signal()
    active = 3

    def __init__(self, lanes: Any) -> None:
        super().__init__()
        self.lanes = lanes


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=180_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--clip", type=Path)
    options = parser.parse_args()
    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder, project_of(Path(folder), options.frames) as project:
        reading = median(lambda n: Track.of(project, 1), 3)
        track = Track.of(project, 1)
    count = len(track)
    rng = np.random.default_rng(1)
    track.confidence[:], track.residual[:] = rng.random(count), 12.0 * rng.random(count)
    track.__dict__["times"] = np.arange(count) / 25.0
    edges = np.linspace(0, count, 1801)
    session = Session()
    view = TimelineView(Still(track), Strip(session))  # type: ignore[arg-type]
    view.resize(1900, 160)
    view.show()
    view._on_changed()
    app.processEvents()

    def repaint(number: int) -> None:
        view.repaint_lanes()
        app.processEvents()

    def move(number: int) -> None:
        view._timeline.place = 1000 * number  # type: ignore[misc]
        view.show_place()
        app.processEvents()

    rows = {
        "read from the project": reading,
        "reduce to 1800 columns": median(lambda n: columns_of(track, edges), options.runs),
        "paint all of it": median(repaint, options.runs),
        "move the playhead": median(move, options.runs),
        "one notch of the wheel": median(lambda n: wheel(view, 1), options.runs),
    }
    for name, run in rows_of(view, options.people).items():
        rows[name] = median(lambda n, run=run: run(), options.runs)
    session.close()
    print(f"a clip of {count:,} frames, {view.width()} pixels wide, medians in ms")
    for name, value in rows.items():
        print(f"  {name:24} {value:8.1f}")
    if options.clip is not None:
        with tempfile.TemporaryDirectory() as folder:
            passing, working = played(app, options.clip, Path(folder))
        print(f"a frame of {options.clip.name} in a window of 1920x1080, processor ms")
        print(f"  played                   {passing:8.1f}\n  to work on               {working:8.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
