"""Clicks, keys, estimated seconds and distances of frames labelled from nothing by a scripted person.

Run with ``python -m tests.benchmarks.five_frames [--frames 12,25] [--seeds 3] [--shots FOLDER]`` from the root of the
checkout; it needs ``../shared/data``. The person of ``tests.gui.scripted_person`` sends real mouse and key events to
the window (clicks miss by 1.75 px in x and y), draws lines as they are proposed with at most twelve clicks, snaps them
to the paint with S and takes offered circles with Enter; there is no network. Distances are to the published keypoints,
which themselves differ from a camera through all human clicks ("floor") by some 2 px.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from annotator.gui import theme
from annotator.gui.main_window import MainWindow
from annotator.keypoints import resolve
from annotator.labels import Instance
from tests.gui.scripted_person import Points, ScriptedPerson, distances, human_markings, published, wait_for

FRAMES = "12,25,57,65,72"
DATA = Path("../shared/data")


def main(argv: list[str]) -> int:
    """Print a row a frame."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", default=FRAMES, help="numbers with commas between, or 'all'")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--shots", type=Path, help="folder for screenshots")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    args = parser.parse_args(argv)
    lines = sorted((DATA / "soccernet-dev" / "lines").glob("*.json"))
    numbers = [int(path.stem) for path in lines] if args.frames == "all" else [int(n) for n in args.frames.split(",")]
    app = QApplication.instance() or QApplication(["five frames"])
    assert isinstance(app, QApplication)
    theme.apply(app, theme.Scheme.LIGHT)
    print("frame  seed  clicks  keys  seconds  median px  p90 px  found  floor px")
    rows = [measured(number, seed, args) for number in numbers for seed in range(args.seeds)]
    seconds, medians = np.array(rows).T
    print(f"{(medians <= 3.0).sum()} of {len(rows)} runs within 3 px; median of medians {np.median(medians):.2f} px")
    print(f"{np.median(seconds):.1f} s a frame (keystroke-level model)")
    return 0


def measured(number: int, seed: int, args: argparse.Namespace) -> tuple[float, float]:
    """Label one frame, print its row; estimated seconds and median distance in pixels."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        window = opened(root, number, args.width, args.height)

        def look(name: str) -> None:
            if args.shots is not None:
                args.shots.mkdir(parents=True, exist_ok=True)
                QTest.qWait(150)
                window.grab().save(str(args.shots / f"{number:03d}_{seed}_{name}.png"))

        markings = human_markings(DATA, number)
        effort = ScriptedPerson(window, seed=1000 * number + seed, look=look).label(markings)
        off = distances(window, published(DATA, number))
        median = float(np.median(off))
        floor = floor_of(markings, number)
        window.close()
        window.deleteLater()
        QTest.qWait(1)
    found = np.isfinite(off).sum()
    p90 = float(np.percentile(np.where(np.isfinite(off), off, 1e3), 90))
    cost = f"{number:5d}  {seed:4d}  {effort.clicks:6d}  {effort.keys:4d}  {effort.seconds:7.1f}"
    print(f"{cost}  {median:9.2f}  {p90:6.1f}  {found:2d}/{len(off):2d}  {floor:8.2f}", flush=True)
    return effort.seconds, median


def opened(root: Path, number: int, width: int, height: int) -> MainWindow:
    """A window without a network on this frame."""
    frames = root / "frames"
    for folder in (frames, root / "resources" / "sample", root / "resources" / "weights"):
        folder.mkdir(parents=True)
    shutil.copy(DATA / "soccernet-dev" / "images" / f"{number:03d}.jpg", frames)
    settings = QSettings(str(root / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(settings, resources=root / "resources", data=root / "data")
    window.showNormal()
    window.resize(width, height)
    window.files.open([frames])
    wait_for(lambda: window.session.can_decide and window.isActiveWindow())
    return window


def floor_of(markings: Points, number: int) -> float:
    """The median distance of the published points to a camera through all human clicks, unmoved, in pixels."""
    said = {name: tuple((float(x), float(y)) for x, y in points) for name, points in markings.items()}
    resolved = resolve(Instance(markings=said), None, size=(960, 540), threshold=0.3)
    off = []
    for name, xy in published(DATA, number).items():
        position = resolved.keypoints[name].position
        off.append(np.inf if position is None else float(np.hypot(*(np.array(position) - xy))))
    return float(np.median(off))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
