"""A person who accepts frames by the space bar until somebody kills the program; run as a program of its own.

Usage: python review_person.py FOLDER COUNT. Prints the name of every frame once the press that accepts it is through,
so that whoever reads it knows what must be stored.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from windows import FakeNetwork

from annotator.gui.main_window import MainWindow
from annotator.labels import FrameState

PATIENCE = 60.0


def wait(until) -> None:
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end
        QTest.qWait(2)


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    app = QApplication.instance() or QApplication(sys.argv[:1])
    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(settings, network_factory=lambda path: FakeNetwork(), resources=folder, data=folder / "data")
    window.resize(1280, 720)
    window.show()
    window.files.open([folder / "frames"])
    session = window.session
    wait(lambda: session.frame_id is not None)
    window.reviewing.queue.ask("-state:accepted")
    window.actions_["review.queue"].trigger()
    wait(lambda: window.reviewing.queue.is_on and window.reviewing.queue.rows and not window.reviewing.queue.building)
    for _ in range(count):
        wait(lambda: session.wanted == session.frame_id and session.can_decide and session.prediction is not None)
        frame_id = session.frame_id
        name = session.project.row(frame_id).name
        window.canvas.setFocus()
        QTest.keyClick(window.canvas, Qt.Key.Key_Space)
        wait(lambda frame_id=frame_id: session.project.row(frame_id).state is FrameState.ACCEPTED)
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
    window.close()
    app.processEvents()


if __name__ == "__main__":
    main()
