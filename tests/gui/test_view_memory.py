"""What a person chose to see: remembered until the next start, and chosen in the Layers panel."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from windows import SEEN, click, load_network, prediction, settle

from annotator.gui import view_memory
from annotator.gui.tone import Tone
from annotator.gui.view_settings import HeatColours, HeatmapLayer, LoupeWhen, ViewSettings

pytest_plugins = ("window_fixtures",)

CHOSEN = ViewSettings(
    names=True, indices=True, spreads=True, heatmap=HeatmapLayer.ENTROPY, heatmap_opacity=0.25,
    heat_colours=HeatColours.CIVIDIS, tone=Tone(0.1, -0.2, 1.5, paint=True),
    loupe=LoupeWhen.ALWAYS, loupe_zoom=12, navigator=False, keep_view=False,
)  # fmt: skip


def test_all_that_was_chosen_is_remembered(tmp_path):
    path = str(tmp_path / "settings.ini")
    settings = QSettings(path, QSettings.Format.IniFormat)
    assert view_memory.restored(settings) == ViewSettings()
    view_memory.store(settings, CHOSEN)
    settings.sync()
    assert view_memory.restored(QSettings(path, QSettings.Format.IniFormat)) == CHOSEN
    assert view_memory.restored(settings) == CHOSEN


@pytest.mark.parametrize(
    ("key", "value"),
    [("loupe_zoom", "9000"), ("loupe_zoom", "x"), ("gamma", "nan"), ("gamma", "0"), ("heatmap", "plaid"),
     ("names", "perhaps"), ("brightness", "inf"), ("loupe", "5")],
)  # fmt: skip
def test_nonsense_in_the_memory_is_as_at_first(tmp_path, key, value):
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue(f"view/{key}", value)
    assert view_memory.restored(settings) == ViewSettings()


def test_a_second_window_looks_as_the_first_was_left(make_window, settings):
    first = make_window()
    first.session.set_settings(CHOSEN)
    first.close()
    assert make_window().session.settings == CHOSEN


# The panel


def test_peaks_of_the_active_keypoint_are_told(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    settle(window, qtbot)
    heat = window.docks.layers.heat
    window.docks._layers.raise_()
    maps = np.zeros((len(prediction().names) + 1, 9, 16), np.uint8)
    channel = prediction().names.index("CENTER_MARK")
    maps[channel, 4, 7], maps[channel, 4, 12] = 209, 79
    seen = replace(prediction(), heatmaps=maps)
    window.session._on_predicted(window.session.frame_id, seen)
    click(window, qtbot, *SEEN["CENTER_MARK"][:2])
    heat.refresh()
    assert heat.peaks.text() == "Peak 0.82 at 300, 180; second 0.31, ratio 0.38, 200 px away"
    window.session.activate(keypoint="L_PENALTY_MARK", marking=None)
    assert heat.peaks.text() == "No peak"


def test_each_button_shows_its_layer_and_the_colours_are_chosen(window, qtbot, tmp_path):
    load_network(window, qtbot, tmp_path)
    settle(window, qtbot)
    heat = window.docks.layers.heat
    for layer, button in heat.layers.items():
        button.click()
        assert window.session.settings.heatmap is layer
    heat.colours.setCurrentIndex(3)
    heat.colours.activated.emit(3)
    assert window.session.settings.heat_colours is HeatColours.CIVIDIS
