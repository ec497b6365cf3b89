"""The program: one application, one window, and what keeps them alive when something unexpected happens."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

# Qt's Python side looks into the source of whatever is imported after it.
import numpy as np  # noqa: F401
from PySide6.QtCore import QCoreApplication, QObject, QSettings, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from annotator.gui import language, theme
from annotator.gui.background import sentence
from annotator.system import NO_DISPLAY, has_display, missing_libraries

if TYPE_CHECKING:
    from annotator.gui.main_window import MainWindow

NO_DISPLAY_CODE = 3
MISSING_LIBRARIES_CODE = 2

log = logging.getLogger("touchline")


def run(paths: Sequence[str], *, sample: bool) -> int:
    """The exit code of the program with a window that opens these paths, or the sample project."""
    if not has_display():
        sys.stderr.write(NO_DISPLAY + "\n")
        return NO_DISPLAY_CODE
    missing = missing_libraries(window=True) if _needs_x11() else None
    if missing is not None:
        names = ", ".join(missing.libraries)
        sys.stderr.write(f"Qt needs system libraries that are not installed: {names}\n{missing.line()}\n")
        return MISSING_LIBRARIES_CODE
    app = _application()
    from annotator.gui.main_window import MainWindow

    window = MainWindow(QSettings())
    _catch_errors(window)
    interrupt = Interrupt(window)
    window.show()
    QTimer.singleShot(0, window, lambda: begin(window, paths, sample=sample))
    code = app.exec()
    interrupt.close()
    return code


def _needs_x11() -> bool:
    """Whether Qt is going to show the window through X11."""
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    return chosen.startswith("xcb") or not (chosen or os.environ.get("WAYLAND_DISPLAY"))


def begin(window: MainWindow, paths: Sequence[str], *, sample: bool) -> None:
    """The window stands: what it is made of stays, garbage is looked for from now on, and the paths are opened."""
    gc.freeze()
    gc.enable()
    open_paths(window, paths, sample=sample)


def open_paths(window: MainWindow, paths: Sequence[str], *, sample: bool) -> None:
    """Open the paths given on the command line, or the sample project."""
    if sample:
        window.errands.open_sample()
    elif paths:
        window.files.open([Path(path) for path in paths])


def _application() -> QApplication:
    QApplication.setStyle("Fusion")
    app = QApplication(sys.argv[:1])
    app.setOrganizationName("Touchline")
    app.setApplicationName("Touchline")
    app.setDesktopFileName("touchline")
    language.install(app, QSettings())
    theme.apply_stored(QSettings())
    app.styleHints().colorSchemeChanged.connect(lambda: theme.apply_stored(QSettings()))
    return app


def _catch_errors(window: MainWindow) -> None:
    """The last resort: an error nobody caught becomes a sentence in the window, and the window goes on."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        log.error("uncaught", exc_info=(kind, error, trace))
        said = QCoreApplication.translate("MainWindow", "Something went wrong: {why}")
        window.message.warn(said.format(why=sentence(error)))

    sys.excepthook = hook


class Interrupt(QObject):
    """Ctrl+C in the terminal closes the window: the signal wakes the event loop through a pair of sockets."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, lambda number, frame: None)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)

    def _on_signal(self) -> None:
        if signal.SIGINT in self._reading.recv(64):
            self._window.close()

    def close(self) -> None:
        """Let Ctrl+C be what it was."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._reading.close()
        self._writing.close()
