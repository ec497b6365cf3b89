"""From which confidence on predictions are shown belongs to a project and its network, and is kept at once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from windows import FakeNetwork, make_frames, open_folder

from annotator.gui.main_window import MainWindow
from annotator.project import Project

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


class Other(FakeNetwork):
    """A network that is worth showing from another confidence on."""

    id = "other"
    threshold = 0.6


@pytest.fixture
def window(qtbot, settings, resources, tmp_path):
    """A window with two networks, told apart by the names of their files."""
    made = MainWindow(
        settings, network_factory=lambda path: Other() if "other" in path.name else FakeNetwork(), resources=resources,
        data=tmp_path / "data",
    )  # fmt: skip
    made.resize(1280, 720)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.deleteLater()


def load(window, qtbot, tmp_path, name: str) -> None:
    window.errands.load_network(tmp_path / f"{name}.safetensors")
    wanted = "other" if name == "other" else "fake"
    qtbot.waitUntil(lambda: window.session.forecaster.network_id == wanted)


def choose(window, qtbot, percent: int) -> None:
    """With the keys of the slider, as a person may."""
    slider = window.docks.layers.threshold
    slider.setFocus()
    while slider.value() != percent:
        qtbot.keyClick(slider, Qt.Key.Key_Right if slider.value() < percent else Qt.Key.Key_Left)


def test_what_was_chosen_in_one_project_says_nothing_of_another(window, tmp_path, qtbot):
    first, second = make_frames(tmp_path / "first", 2), make_frames(tmp_path / "second", 2)
    open_folder(window, first, qtbot)
    load(window, qtbot, tmp_path, "some")
    assert window.session.settings.threshold == 0.3
    choose(window, qtbot, 42)
    assert window.session.settings.threshold == 0.42
    before = window.session.project
    window.files.open([second])
    qtbot.waitUntil(lambda: window.session.project is not before and window.session.can_decide)
    assert window.session.settings.threshold == 0.3
    assert window.docks.layers.threshold.value() == 30
    open_folder(window, first, qtbot)
    qtbot.waitUntil(lambda: window.session.settings.threshold == 0.42)


def test_every_network_of_a_project_has_its_own(window, tmp_path, qtbot):
    open_folder(window, make_frames(tmp_path / "first", 2), qtbot)
    load(window, qtbot, tmp_path, "some")
    choose(window, qtbot, 35)
    load(window, qtbot, tmp_path, "other")
    qtbot.waitUntil(lambda: window.session.settings.threshold == 0.6)
    choose(window, qtbot, 55)
    load(window, qtbot, tmp_path, "some")
    qtbot.waitUntil(lambda: window.session.settings.threshold == 0.35)
    load(window, qtbot, tmp_path, "other")
    qtbot.waitUntil(lambda: window.session.settings.threshold == 0.55)


def test_what_was_chosen_outlives_a_kill(window, tmp_path, qtbot):
    open_folder(window, make_frames(tmp_path / "first", 2), qtbot)
    load(window, qtbot, tmp_path, "some")
    choose(window, qtbot, 33)
    with Project.open(window.session.project.path) as project:
        assert project.setting("view/confidence", {}) == {"": 0.33, "fake": 0.33}


def test_nonsense_in_a_project_is_as_if_nothing_was_chosen(window, tmp_path, qtbot):
    folder = make_frames(tmp_path / "first", 2)
    with Project.for_media([folder]) as project:
        project.set_setting("view/confidence", {"": 7.0, "fake": "much", "other": True})
    open_folder(window, folder, qtbot)
    assert window.session.settings.threshold == 0.3
    load(window, qtbot, tmp_path, "other")
    qtbot.waitUntil(lambda: window.session.settings.threshold == 0.6)
