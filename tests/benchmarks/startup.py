"""How long a person waits for the window: process start to first paint, beside an empty PySide6 window in the same run.

    python tests/benchmarks/startup.py [--runs 9] [--limit 2.5] [--modules]

Both are started by turns, so that what else the machine does falls on both; figures are medians. The exit code is 1
when the ratio of the medians is over the limit. ``--modules`` names the slowest imports of one start instead.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 2.5
HEAVY = ("torch", "scipy", "pyqtgraph", "openvino", "cv2", "av")

_WATCH = """
import json, sys, time
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Paint and isinstance(watched, QMainWindow):
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.tell)
        return False

    def tell(self):
        # The paint of a window and all in it is one event; this is the next one.
        roots = {name.partition(".")[0] for name in sys.modules}
        sys.stdout.write(json.dumps({"at": time.time(), "modules": sorted(roots & set(HEAVY))}) + chr(10))
        sys.stdout.flush()
        for window in QApplication.topLevelWidgets():
            window.close()
        QCoreApplication.quit()
"""
EMPTY = _WATCH + """
app = QApplication([])
window = QMainWindow()
watch = Watch()
window.installEventFilter(watch)
window.showMaximized()
app.exec()
"""
# The program as it is, except that somebody looks at the clock when the window is painted.
TOUCHLINE = """
import sys
sys.path.insert(0, ROOT)
import main
from annotator.gui import app as program
""" + _WATCH + """
run_loop = QApplication.exec

def exec_():
    watch = Watch()
    for window in QApplication.topLevelWidgets():
        window.installEventFilter(watch)
    return run_loop()

QApplication.exec = staticmethod(exec_)
sys.exit(main.main([]))
"""


def start(code: str, home: Path, *options: str) -> tuple[float, list[str], str]:
    """Seconds from the start of a process to its painted window, the heavy modules in it, and its error output."""
    places = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TOUCHLINE_CACHE")
    environment = os.environ | {name: str(home / name) for name in places}
    environment |= {"PYTHONPYCACHEPREFIX": str(home / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if not any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    program = f"HEAVY = {HEAVY!r}\nROOT = {str(ROOT)!r}\n{code}"
    began = time.time()
    done = subprocess.run(
        [sys.executable, *options, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    told = json.loads(done.stdout.splitlines()[-1])
    return told["at"] - began, told["modules"], done.stderr


def slowest(log: str, count: int = 40) -> list[str]:
    """The imports that took most by themselves, from what ``-X importtime`` says."""
    rows = re.findall(r"import time:\s+(\d+) \|\s+(\d+) \| +(\S+)", log)
    rows.sort(key=lambda row: -int(row[0]))
    return [f"{int(own) / 1000:7.1f} ms alone {int(whole) / 1000:7.1f} ms in all  {name}"
            for own, whole, name in rows[:count]]  # fmt: skip


def main() -> int:
    """Start both windows by turns and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--modules", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        start(TOUCHLINE, home)  # Bytecode and disk cache are there afterwards, as on any day but the first.
        start(EMPTY, home)
        if options.modules:
            print("\n".join(slowest(start(TOUCHLINE, home, "-X", "importtime")[2])))
            return 0
        empty, ours, modules = [], [], []
        for _ in range(options.runs):
            empty.append(start(EMPTY, home)[0])
            seconds, modules, _ = start(TOUCHLINE, home)
            ours.append(seconds)
    ratio = statistics.median(ours) / statistics.median(empty)
    print(f"empty PySide6 window {statistics.median(empty):.3f} s (least {min(empty):.3f})")
    print(f"Touchline            {statistics.median(ours):.3f} s (least {min(ours):.3f})")
    print(f"ratio {ratio:.2f}, limit {options.limit}, {options.runs} runs by turns")
    print(f"imported by then: {', '.join(modules) or 'none'} of {', '.join(HEAVY)}")
    return int(ratio > options.limit)


if __name__ == "__main__":
    sys.exit(main())
