"""Fixtures of the whole window, for the test files that name this plugin."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from windows import FakeNetwork, make_frames, open_folder

from annotator.gui import theme
from annotator.gui.main_window import MainWindow
from annotator.gui.session import Session
from annotator.project import Project


@pytest.fixture
def frames(tmp_path):
    return make_frames(tmp_path / "frames")


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def network():
    return FakeNetwork()


@pytest.fixture
def resources(tmp_path):
    """Sample frames, and no network."""
    make_frames(tmp_path / "resources" / "sample", 3)
    (tmp_path / "resources" / "weights").mkdir()
    return tmp_path / "resources"


@pytest.fixture
def make_window(qtbot, settings, network, resources, tmp_path):
    """Windows, all of which end with the test."""
    theme.apply(QApplication.instance(), theme.Scheme.LIGHT)
    made = []

    def make() -> MainWindow:
        window = MainWindow(settings, network_factory=lambda path: network, resources=resources, data=tmp_path / "data")
        made.append(window)
        window.resize(1280, 720)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents(None, 0)
    QApplication.processEvents()


@pytest.fixture
def empty_window(make_window):
    return make_window()


@pytest.fixture
def window(make_window, frames, qtbot):
    """A window on the first of five frames."""
    window = make_window()
    open_folder(window, frames, qtbot)
    return window


@pytest.fixture
def session(qtbot, frames, network):
    """A session on the first of five frames, without a window; every frame counts as painted."""
    session = Session(lambda path: network)
    session.frame_changed.connect(session.mark_painted)
    session.prediction_changed.connect(lambda frame_id: session.mark_painted())
    with qtbot.waitSignal(session.wanted_changed):
        session.adopt(Project.for_media([frames]))
    qtbot.waitUntil(lambda: session.frame_id is not None)
    yield session
    session.close()
