"""Opens a window on frames in a fresh process, loads the embedded network and predicts; tells how long the loop stood.

Run as ``python tests/gui/first_use.py FOLDER``; prints one JSON line. Used by ``test_watchdog.py``: in a process that
has run other tests nothing is loaded for the first time any more.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).resolve().parent))
from watchdog import Watchdog

from annotator.gui.forecasting import NetworkState
from annotator.gui.main_window import MainWindow

PATIENCE = 120.0


def wait_for(condition) -> None:
    """Let the event loop run until this is so."""
    loop, deadline = QEventLoop(), time.monotonic() + PATIENCE
    look = QTimer(interval=20)
    look.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > deadline else None)
    look.start()
    loop.exec()
    assert condition(), "it took too long"


def main(folder: Path) -> dict[str, object]:
    app = QApplication([])
    window = MainWindow(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat), data=folder / "data")
    window.show()
    app.processEvents()
    session, dog = window.session, Watchdog()
    wait_for(window.isVisible)
    dog.start()
    window.errands.open([folder / "frames"])
    wait_for(lambda: session.forecaster.state in (NetworkState.READY, NetworkState.FAILED))
    loading = dog.stop()
    dog.start()
    wait_for(lambda: session.prediction is not None)
    for _ in range(2):
        before = session.frame_id
        session.step(1)
        wait_for(lambda before=before: session.frame_id != before and session.prediction is not None)
    predicting = dog.stop()
    told = {
        "loading": loading,
        "predicting": predicting,
        "beats": dog.beats,
        "network": type(session.forecaster._network).__name__,
        "device": session.forecaster.text,
        "modules": sorted({name.partition(".")[0] for name in sys.modules} & {"torch", "openvino"}),
    }
    window.close()
    return told


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))  # noqa: T201
