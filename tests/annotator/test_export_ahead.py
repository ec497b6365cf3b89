"""The process that works ahead of exports leaves the project's file as it found it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from annotator.export.ahead import MODULE

ROOT = Path(__file__).resolve().parents[2]
WRITER = """
import os, sys
from pathlib import Path
from annotator.labels import EMPTY, Decision, FrameRecord, Review, place
from annotator.project import Project
project = Project.for_media([Path(sys.argv[1])])
(frame,) = project.frame_ids()
labels = place(EMPTY, "CENTER_MARK", (3.0, 4.0))
project.save_record(frame, FrameRecord(labels, Review(Decision.ACCEPTED)), text="Accept frame")
os._exit(0)
"""


def test_working_ahead_closes_nothing_at_its_end(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHLINE_CACHE", str(tmp_path / "cache"))
    frames = tmp_path / "frames"
    frames.mkdir()
    assert cv2.imwrite(str(frames / "a.png"), np.zeros((90, 160, 3), np.uint8))
    # A program that ended in the middle: its last edits stand in the log beside the file.
    subprocess.run([sys.executable, "-c", WRITER, str(frames)], check=True, cwd=ROOT)
    path = tmp_path / "frames.touchline"
    log = path.with_name(path.name + "-wal")
    before = log.read_bytes()
    assert before
    stored = path.read_bytes()
    waiting = subprocess.Popen([sys.executable, "-m", MODULE, str(path)], stdin=subprocess.PIPE, cwd=ROOT)
    assert waiting.wait(timeout=60) == 0
    assert waiting.stdin is not None
    waiting.stdin.close()
    assert log.read_bytes() == before
    assert path.read_bytes() == stored
