"""An open project is held by a process of its own, so that file dialogs cost nobody any work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QFileSystemModel
from windows import load_network, make_frames, open_folder, press, settle

from annotator.keeper import NEEDED
from annotator.labels import FrameState

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.skipif(not NEEDED, reason="locks of files belong to descriptors here")


def _accepted(path: Path) -> int:
    """How many frames another program sees accepted; it opens and closes the project."""
    code = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1])\n"
    code += "print(db.execute(\"SELECT count(*) FROM frame WHERE state = 'accepted'\").fetchone()[0]); db.close()"
    found = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    return int(found.stdout)


def test_work_after_a_file_dialog_is_seen_by_everybody(window, qtbot, tmp_path):
    session = window.session
    load_network(window, qtbot, tmp_path)
    qtbot.waitUntil(lambda: session._keeper is not None)
    assert session._keeper.wait()
    path = session.project.path
    # The toolkit's own dialog lists the folder and looks into what it does not know by name.
    dialog = QFileDialog(window, "Open", str(path.parent))
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.show()
    files = dialog.findChild(QFileSystemModel)
    qtbot.waitUntil(lambda: files.rowCount(files.index(str(path.parent))) > 0)
    for one in path.parent.iterdir():
        if one.is_file():
            os.close(os.open(one, os.O_RDONLY))
    dialog.reject()
    assert _accepted(path) == 0
    settle(window, qtbot)
    qtbot.waitUntil(lambda: session.prediction is not None and session.can_decide)
    press(window, qtbot, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.project.state_counts().get(FrameState.ACCEPTED, 0) == 1)
    assert _accepted(path) == 1


def test_another_project_lets_the_first_one_go(window, qtbot, tmp_path):
    session = window.session
    qtbot.waitUntil(lambda: session._keeper is not None)
    first, keeper = session.project.path, session._keeper
    folder = tmp_path / "other"
    open_folder(window, make_frames(folder, 2), qtbot)
    qtbot.waitUntil(lambda: session.project is not None and session.project.path != first)
    assert keeper._process.poll() is not None
    assert not first.with_name(f"{first.name}-wal").exists()
    qtbot.waitUntil(lambda: session._keeper is not None and session._keeper is not keeper)
