"""Another process that looks into an open project leaves it whole, whatever this one looked at meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from annotator.labels import EMPTY, FrameRecord, place
from annotator.project import Project

ROOT = Path(__file__).resolve().parents[2]
LOOK = """
import sys
from pathlib import Path
from annotator.project import Project
Project.look_into(Path(sys.argv[1])).close()
"""


def test_a_second_look_in_this_process_gives_up_no_lock(tmp_path):
    import cv2
    import numpy as np

    (tmp_path / "frames").mkdir()
    assert cv2.imwrite(str(tmp_path / "frames" / "a.png"), np.zeros((8, 8, 3), np.uint8))
    with Project.for_media([tmp_path / "frames"]) as project:
        (frame,) = project.frame_ids()
        project.save_record(frame, FrameRecord(place(EMPTY, "CENTER_MARK", (1.0, 2.0))), text="Place")
        with Project.look_into(project.path):
            pass
        subprocess.run([sys.executable, "-c", LOOK, str(project.path)], check=True, cwd=ROOT)
        assert project.path.with_name(project.path.name + "-wal").exists()
        after = FrameRecord(place(EMPTY, "CENTER_MARK", (3.0, 4.0)))
        project.save_record(frame, after, text="Place")
    with Project.open(project.path) as again:
        assert again.record(frame) == after
