"""The event loop is never held up: not by a network being loaded, a prediction, a large folder, or an export."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QTimer
from watchdog import LIMIT, Watchdog, best_of
from windows import open_folder, settle

from annotator.export import ExportKind
from annotator.labels import EMPTY, Decision, FrameRecord, Review, place
from model.audition import _version

pytest_plugins = ("window_fixtures",)

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MANY = 100_000
PREPARE = """
from pathlib import Path
from model import audition
from model.checkpoint import load
from model.engines import cpu_engine
checkpoint = load(Path({path!r}))
cpu_engine("openvino", checkpoint, converted=audition.converted_path(checkpoint.id), threads=1)
audition._remember(checkpoint.id, "openvino", [])
"""


@pytest.fixture
def dog():
    return Watchdog()


def busy(seconds: float) -> None:
    """Compute for so long in the thread of the window."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_the_watchdog_sees_a_loop_that_computes(qtbot, dog):
    done = []
    dog.start()
    QTimer.singleShot(20, lambda: (busy(0.15), done.append(True)))
    qtbot.waitUntil(lambda: bool(done))
    assert dog.stop() > LIMIT


def test_the_watchdog_does_not_bark_at_a_loop_that_the_machine_left_waiting(qtbot, dog):
    """Here the loop is asleep, as it is while other programs have the processor."""
    done = []
    dog.start()
    QTimer.singleShot(20, lambda: (time.sleep(0.3), done.append(True)))
    qtbot.waitUntil(lambda: bool(done))
    assert dog.stop() < LIMIT


@pytest.fixture
def first_use(tmp_path):
    """Runs a fresh process on three frames, as `best_of` wants it, and keeps what it told."""
    (tmp_path / "frames").mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        picture = rng.integers(0, 256, (540, 960, 3), dtype=np.uint8)
        assert cv2.imwrite(str(tmp_path / "frames" / f"{number}.jpg"), picture)
    told = {}

    def run() -> float:
        done = subprocess.run(
            [sys.executable, str(HERE / "first_use.py"), str(tmp_path)],
            capture_output=True, text=True, check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT), "TOUCHLINE_CACHE": str(tmp_path / "cache")},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told.update(json.loads(done.stdout.splitlines()[-1]))
        (tmp_path / "frames.touchline").unlink()
        return max(told["loading"], told["predicting"])

    return run, told


def test_loading_and_predicting_for_the_first_time_hold_nothing_up(first_use):
    run, told = first_use
    assert best_of(3, run) <= LIMIT, told
    assert told["network"] == "RemotePredictor"
    assert told["modules"] == []
    assert told["beats"] > 10


def test_loading_and_predicting_with_openvino_hold_nothing_up(first_use, tmp_path):
    if not _version("openvino"):
        pytest.skip("OpenVINO is not installed")
    weights = ROOT / "resources" / "weights" / "touchline-small.safetensors"
    environment = os.environ | {"TOUCHLINE_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", PREPARE.format(path=str(weights))], check=True, env=environment)
    run, told = first_use
    assert best_of(3, run) <= LIMIT, told
    assert told["network"] == "Predictor"
    assert told["modules"] == ["openvino"]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A folder with 100,000 names of images, the first of which is one."""
    folder = tmp_path_factory.mktemp("large") / "many"
    folder.mkdir()
    for number in range(MANY):
        os.close(os.open(folder / f"frame_{number:06d}.png", os.O_CREAT | os.O_WRONLY))
    assert cv2.imwrite(str(folder / "frame_000000.png"), np.full((36, 64, 3), 90, np.uint8))
    return folder


def test_opening_a_hundred_thousand_frames_holds_nothing_up(many, empty_window, qtbot, dog):
    session = empty_window.session

    def attempt() -> float:
        session.adopt(None)
        for path in many.parent.glob("many.touchline*"):
            path.unlink()
        dog.start()
        empty_window.errands.open([many])
        qtbot.waitUntil(lambda: len(session.order.ids) == MANY and session.can_decide, timeout=60_000)
        return dog.stop()

    assert best_of(3, attempt) <= LIMIT


def test_searching_a_hundred_thousand_names_holds_nothing_up(many, empty_window, qtbot, dog):
    open_folder(empty_window, many, qtbot)
    frames = empty_window.frames

    def attempt() -> float:
        frames.search.clear()
        qtbot.waitUntil(lambda: len(empty_window.session.order.ids) == MANY)
        dog.start()
        qtbot.keyClicks(frames.search, "9")
        qtbot.waitUntil(lambda: 0 < len(empty_window.session.order.ids) < MANY)
        return dog.stop()

    assert best_of(3, attempt) <= LIMIT


@pytest.mark.parametrize("kind", [kind for kind in ExportKind if kind not in (ExportKind.CAMERAS, ExportKind.MPII)])
def test_an_export_holds_nothing_up(kind, window, qtbot, tmp_path, dog):
    settle(window, qtbot)
    project = window.session.project
    for frame_id in project.frame_ids():
        labels = place(place(EMPTY, "CENTER_MARK", (300.0, 150.0)), "L_PENALTY_MARK", (100.0, 150.0))
        project.save_record(frame_id, FrameRecord(labels, Review(Decision.ACCEPTED)), text="Accept")

    def attempt() -> float:
        dog.start()
        with qtbot.waitSignal(window.errands.exported, timeout=60_000):
            window.errands.export(tmp_path / "out", kind)
        return dog.stop()

    assert best_of(3, attempt) <= LIMIT
