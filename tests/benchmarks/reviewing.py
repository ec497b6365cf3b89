"""Measures what reviewing costs: building the queue, sorting it, accepting 20 frames by key and 10,000 at once.

python tests/benchmarks/reviewing.py [--frames 10000] [--built 100]

Queue: rendered frames with the predictions of the embedded network, looked at in the other process, per frame; then the
same again as on reopening, and sorting as many as ``--frames`` with filters. Key: real events in an offscreen window,
20 frames in a row, each shown and painted before it is accepted. Many: ``--frames`` predicted frames are read, accepted
in one step of 17 points each, and that is undone and done again; with the longest time for which the window did not
answer meanwhile (of wall and processor time the lesser, so that other programs do not count).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "gui")]

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from PySide6.QtCore import QEventLoop, QSettings, Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402
from watchdog import Watchdog  # noqa: E402
from windows import FakeNetwork, prediction  # noqa: E402

from annotator.gui.bulk import Change, unhurried  # noqa: E402
from annotator.gui.main_window import MainWindow  # noqa: E402
from annotator.gui.queue_order import BY_SURPRISE, ordered  # noqa: E402
from annotator.pitch import KEYPOINTS  # noqa: E402
from annotator.project import Project  # noqa: E402
from annotator.review.bulk import accepted_records  # noqa: E402
from annotator.review.query import parse_query  # noqa: E402
from annotator.review.survey import Survey, known_entries  # noqa: E402
from annotator.review.worker import Inspector  # noqa: E402
from annotator.synthetic import render  # noqa: E402
from model.heatmaps import Prediction  # noqa: E402

SIZE = (960, 540)


def until(done) -> None:
    """Let the window run, asleep between its events as always: who asks without a pause takes half the interpreter."""
    timer = QTimer(interval=2)
    timer.start()
    while not done():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def pitch_folder(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for seed in range(count):
        cv2.imwrite(str(folder / f"{seed:04d}.jpg"), render(seed, SIZE).rgb[..., ::-1])


def queue(folder: Path, count: int) -> None:
    from annotator.commands.network import load_predictor
    from annotator.frames import read_image

    predictor = load_predictor(None, "cpu")
    pitch_folder(folder, count)
    with Project.for_media([folder]) as project:
        for frame_id in project.frame_ids():
            project.save_prediction(frame_id, predictor.predict(read_image(project.row(frame_id).path)))
        inspector = Inspector()
        for what in ("queue built, ms a frame", "queue opened again, ms a frame"):
            began = time.perf_counter()
            survey = Survey(project, inspector, threshold=predictor.card.threshold)
            survey.run(
                known_entries(project),
                found=lambda found: None,
                progress=lambda done, total: None,
                should_stop=lambda: False,
            )
            print(f"{what:44}{1000 * (time.perf_counter() - began) / count:10.2f}")
        inspector.close()


def keys(folder: Path) -> None:
    with Project.for_media([folder]) as project:
        for frame_id in project.frame_ids():
            project.save_prediction(frame_id, prediction())
    settings = QSettings(str(folder.parent / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(settings, network_factory=lambda path: FakeNetwork(), resources=folder.parent)
    window.resize(1280, 720)
    window.show()
    window.files.open([folder])
    session = window.session
    accept = window.actions_["review.accept"]
    until(lambda: session.frame_id is not None and session.can_decide and accept.isEnabled())
    began = time.perf_counter()
    for _ in range(20):
        before = session.frame_id
        QTest.keyClick(window.canvas, Qt.Key.Key_Space)
        until(lambda before=before: session.frame_id != before and session.can_decide)
    print(f"{'20 frames accepted by key, s':44}{time.perf_counter() - began:10.2f}")
    window.close()


def shown_points(count: int) -> Prediction:
    """A prediction that shows as many points as a frame usually has."""
    confidence = np.zeros(len(KEYPOINTS))
    confidence[:count] = 0.9
    xy = np.column_stack([np.linspace(10.25, 600.75, len(KEYPOINTS)), np.linspace(20.5, 300.5, len(KEYPOINTS))])
    return replace(prediction(), confidence=confidence, xy=xy)


def many(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number:05d}.png").write_bytes(b"")
    project = Project.for_media([folder])
    ids, seen = project.frame_ids(), shown_points(17)
    for frame_id in ids:
        project.save_prediction(frame_id, seen)
    settings = QSettings(str(folder.parent / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(settings, network_factory=lambda path: FakeNetwork(), resources=folder.parent)
    window.session.adopt(project)
    began = time.perf_counter()
    rows, _ = ordered(project, known_entries(project), query=parse_query("state:predicted"), sorting=BY_SURPRISE)
    assert len(rows) == count
    print(f"{f'queue of {count:,} sorted and filtered, s':44}{time.perf_counter() - began:10.2f}")
    began, own = time.perf_counter(), time.process_time()
    with unhurried():
        found = accepted_records(project, ids, network=None, threshold=0.3)
    assert found is not None
    spent = time.perf_counter() - began, time.process_time() - own
    print(f"{f'{count:,} predictions read, s':44}{spent[0]:10.2f}   of processor {spent[1]:.2f}")
    writer = window.reviewing.many

    def step(begin) -> str:
        dog.start()
        began, own = time.perf_counter(), time.process_time()
        begin()
        until(lambda: not writer.busy)
        return f"{time.perf_counter() - began:10.2f}   of processor {time.process_time() - own:.2f}"

    dog = Watchdog(window)
    for what, begin in (
        (f"{count:,} frames accepted in one step, s", lambda: writer.change(Change(*found, "Accept"))),
        ("and undone, s", window.session.undo),
        ("and done again, s", window.session.redo),
    ):
        print(f"{what:44}{step(begin)}")
        print(f"{'  the window waited at most, ms':44}{1000.0 * dog.stop():10.0f}")
    window.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure reviewing.")
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--built", type=int, default=100)
    arguments = parser.parse_args()
    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("TOUCHLINE_CACHE", folder)
        queue(Path(folder) / "a" / "frames", arguments.built)
        pitch_folder(Path(folder) / "b" / "frames", 24)
        keys(Path(folder) / "b" / "frames")
        many(Path(folder) / "c" / "frames", arguments.frames)
        app.processEvents()


if __name__ == "__main__":
    main()
