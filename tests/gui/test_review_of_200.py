"""A review of 200 frames: killed twice on the way, nothing that was accepted is lost, and nothing else is accepted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication
from windows import SIZE, make_frames, open_folder, prediction, press

from annotator.labels import Decision, FrameState, Origin
from annotator.project import Project
from annotator.synthetic import render

pytest_plugins = ("window_fixtures",)

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[2] / "shared" / "data" / "soccernet-dev" / "images"
COUNT = 200
ROUNDS = ((8, True), (7, True), (5, False))
"""Frames a round, and whether it ends by being killed."""


def rendered(folder: Path, count: int) -> None:
    """Frames of pitches; a few are rendered, the others are these with another light."""
    folder.mkdir(parents=True)
    looks = [render(seed, SIZE).rgb for seed in range(4)]
    for number in range(count):
        image = cv2.convertScaleAbs(looks[number % len(looks)], alpha=0.8 + 0.002 * number)
        assert cv2.imwrite(str(folder / f"frame_{number:03d}.jpg"), image[..., ::-1])


@pytest.fixture
def pitch_frames(tmp_path):
    """200 predicted frames in a folder of their own."""
    folder = tmp_path / "review" / "frames"
    rendered(folder, COUNT)
    (folder.parent / "weights").mkdir()
    with Project.for_media([folder]) as project:
        for frame_id in project.frame_ids():
            project.save_prediction(frame_id, prediction())
    return folder


def person(folder: Path, count: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE.parents[1]), str(HERE)])
    return subprocess.Popen(
        [sys.executable, str(HERE / "review_person.py"), str(folder), str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_a_review_that_is_killed_twice_loses_nothing(pitch_frames):
    """Twenty frames in three rounds; ``kill -9`` falls while the person goes on."""
    accepted: list[str] = []
    for count, killed in ROUNDS:
        # One that is to be killed would go on for long.
        running = person(pitch_frames.parent, COUNT if killed else count)
        assert running.stdout is not None
        with running:
            told = [running.stdout.readline().strip() for _ in range(count)]
            if killed:
                running.kill()
            rest = running.stdout.read().split()
        assert killed or (running.returncode == 0 and not rest)
        assert all(told), told
        accepted += told + rest
    with Project.for_media([pitch_frames]) as project:
        names = {project.row(i).name for i in project.frame_ids({FrameState.ACCEPTED})}
        # A press may be stored before its line is printed: at most one for each kill.
        assert set(accepted) <= names
        assert len(names) <= len(accepted) + sum(killed for _, killed in ROUNDS)
        assert len(accepted) == len(set(accepted)) >= 20
        assert project.problems() == []
        for frame_id in project.frame_ids({FrameState.ACCEPTED}):
            record = project.record(frame_id)
            assert record.review.decision is Decision.ACCEPTED
            said = record.labels.pitch.keypoints
            assert set(said) == {"CENTER_MARK", "L_PENALTY_MARK"}
            assert all(label.origin is Origin.ACCEPTED for label in said.values())
            assert len(project.history(frame_id)) == 1


def test_twenty_frames_in_a_row_by_twenty_presses_in_the_order_of_the_queue(make_window, qtbot, pitch_frames):
    window = make_window()
    open_folder(window, pitch_frames, qtbot)
    press(window, qtbot, Qt.Key.Key_Q)
    queue, session = window.reviewing.queue, window.session
    qtbot.waitUntil(lambda: len(queue.rows) == COUNT and not queue.building, timeout=60_000)
    qtbot.waitUntil(lambda: session.frame_id == queue.rows[0].frame_id and session.can_decide)
    walked = []
    for _ in range(20):
        walked.append(session.frame_id)
        qtbot.keyClick(window.canvas, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: session.frame_id != walked[-1] and session.can_decide)
    assert walked == [row.frame_id for row in queue.rows[:20]]
    assert len(session.project.frame_ids({FrameState.ACCEPTED})) == 20
    assert session.stack.count() == 20


def test_a_held_space_bar_accepts_one_frame(make_window, qtbot, pitch_frames):
    window = make_window()
    open_folder(window, pitch_frames, qtbot)
    session = window.session
    qtbot.waitUntil(lambda: session.can_decide)
    qtbot.keyPress(window.canvas, Qt.Key.Key_Space)
    for _ in range(30):
        for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):
            again = QKeyEvent(kind, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", True)
            QApplication.sendEvent(window.canvas, again)
    qtbot.keyRelease(window.canvas, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.can_decide and session.frame_id == session.order.ids[1])
    assert len(session.project.frame_ids({FrameState.ACCEPTED})) == 1


@pytest.mark.skipif(not DATA.is_dir() and "CI" not in os.environ, reason="no real frames of soccernet-dev here")
def test_real_frames_are_reviewed_as_rendered_ones_are(make_window, qtbot, tmp_path):
    folder = tmp_path / "real"
    if DATA.is_dir():
        folder.mkdir()
        for path in sorted(DATA.glob("*.jpg"))[:40]:
            shutil.copy(path, folder / path.name)
    else:
        make_frames(folder, 40)
    with Project.for_media([folder]) as project:
        for frame_id in project.frame_ids():
            project.save_prediction(frame_id, prediction())
    window = make_window()
    open_folder(window, folder, qtbot)
    session = window.session
    for number in range(20):
        qtbot.waitUntil(lambda: session.can_decide and session.prediction is not None)
        qtbot.keyClick(window.canvas, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda wanted=number + 1: len(session.project.frame_ids({FrameState.ACCEPTED})) == wanted)
    assert session.stack.count() == 20
