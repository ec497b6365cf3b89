"""Five real frames labelled from nothing by a scripted person: line first, no network."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from scripted_person import MOST_CLICKS, ScriptedPerson, distances, human_markings, published
from windows import open_folder

from annotator.keypoints import Source

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

# From both matches; frames whose published keypoints agree with a camera through all human clicks within 2 px.
FRAMES = (12, 25, 57, 65, 72)


@pytest.mark.parametrize("number", FRAMES)
def test_a_frame_takes_twelve_clicks_and_agrees_with_the_published_points(
    make_window, qtbot, shared_data, tmp_path, number
):
    folder = tmp_path / "real"
    folder.mkdir()
    shutil.copy(shared_data / "soccernet-dev" / "images" / f"{number:03d}.jpg", folder)
    window = make_window()
    window.showNormal()
    window.resize(1280, 720)
    open_folder(window, folder, qtbot)
    qtbot.waitUntil(lambda: window.session.can_decide)
    effort = ScriptedPerson(window, seed=number).label(human_markings(shared_data, number))
    off = distances(window, published(shared_data, number))
    assert effort.clicks <= MOST_CLICKS, effort.log
    assert np.median(off) <= 3.0, effort.log
    assert np.isfinite(off).mean() >= 0.8
    assert window.session.prediction is None
    sources = {point.source for point in window.session.resolved.keypoints.values()}
    assert Source.PREDICTED not in sources
    for _ in range(window.session.stack.count()):
        window.session.undo()
    assert window.session.labels.is_empty
