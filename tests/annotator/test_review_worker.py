"""The process that inspects frames ends with whoever started it, also in the middle of a frame."""

from __future__ import annotations

import subprocess
import sys

from annotator.review import worker


def test_closing_does_not_wait_for_a_process_that_is_busy(monkeypatch) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    busy = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    inspector = worker.Inspector()
    monkeypatch.setattr(inspector, "_process", busy)
    inspector.close()
    assert busy.returncode is not None
    inspector.close()
