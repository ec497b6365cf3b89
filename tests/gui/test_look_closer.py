"""Looking closer in the window: the mirrored frames, in the background, told by the queue."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from windows import load_network, press

from annotator.review import Kind
from annotator.review.mirrored import kept

pytest_plugins = ("window_fixtures",)


@pytest.fixture
def predicted(window, qtbot, tmp_path):
    """A window whose frames are all predicted."""
    load_network(window, qtbot, tmp_path)
    window.actions_["predict.all"].trigger()
    qtbot.waitUntil(lambda: not window.session.forecaster.job.running)
    return window


def test_a_key_lets_the_network_see_all_frames_mirrored_and_the_queue_says_so(predicted, qtbot, network):
    project, ids = predicted.session.project, predicted.session.project.frame_ids()
    before = network.asked
    press(predicted, qtbot, Qt.Key.Key_F6, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: project.mirrored_frames("fake") == set(ids))
    qtbot.waitUntil(lambda: not predicted.session.forecaster.job.running)
    assert network.asked == before + len(ids)
    seen = kept(project, ids[0], "fake")
    assert seen is not None
    assert seen["R_PENALTY_MARK"][:2] == (539.0, 200.0)
    press(predicted, qtbot, Qt.Key.Key_Q)
    queue = predicted.reviewing.queue
    qtbot.waitUntil(lambda: not queue.building and all(map(queue.knows, ids)), timeout=30_000)
    assert queue.entries[ids[0]].value(Kind.FLIP) == pytest.approx(1.5)
    press(predicted, qtbot, Qt.Key.Key_F6, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: not predicted.session.forecaster.job.running)
    assert network.asked == before + len(ids)


def test_it_is_stopped_as_other_work_and_what_is_seen_stays(predicted, qtbot, network):
    project, ids = predicted.session.project, predicted.session.project.frame_ids()
    predicted.actions_["predict.closer"].trigger()
    qtbot.waitUntil(lambda: len(project.mirrored_frames("fake")) >= 1)
    predicted.actions_["predict.stop"].trigger()
    assert not predicted.session.forecaster.job.running
    predicted.actions_["predict.closer"].trigger()
    qtbot.waitUntil(lambda: project.mirrored_frames("fake") == set(ids))


def test_predicting_all_after_it_predicts_again(predicted, qtbot):
    project, ids = predicted.session.project, predicted.session.project.frame_ids()
    predicted.actions_["predict.closer"].trigger()
    qtbot.waitUntil(lambda: not predicted.session.forecaster.job.running)
    project.delete_predictions()
    predicted.actions_["predict.all"].trigger()
    qtbot.waitUntil(lambda: all(project.has_prediction(i) for i in ids))
