"""Where a training stands and how networks compare, in sentences that say no more than is known."""

from __future__ import annotations

import pytest

from annotator.comparison import Comparison, FrameChange, Interval, Measures
from annotator.gui.dialogs.retrain_words import card_rows, interval_text, length_hint, share_text, signed, verdict_text
from annotator.gui.training_words import duration, note_text, progress_text, state_text
from annotator.pitch import PITCH_57
from annotator.training_log import Curve
from annotator.training_plans import EFFORTS, Length
from annotator.training_runs import RunState, RunStatus
from model.card import Card
from model.spec import preset

SAME = Measures(0.5, 0.9, 0.3, 0.4, 3.0, 0.7)
FRAME = FrameChange("a.png", None, (960, 540), {"CENTER_MARK": (1.0, 2.0)}, {}, {}, (0, 0), (0.0, 0.0))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (44.0, "44 s"), (95.0, "2 min"), (3600.0, "60 min"), (7200.0, "2.0 h")]
)
def test_times_are_no_finer_than_they_are_known(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (RunStatus(RunState.RUNNING), "Starting"),
        (RunStatus(RunState.RUNNING, rendered=(3, 9)), "Rendering frames, 3 of 9"),
        (RunStatus(RunState.RUNNING, 0.314), "Running, 31 %"),
        (RunStatus(RunState.RUNNING, 0.314, stopping=True), "Stopping"),
        (RunStatus(RunState.STOPPED, 0.5), "Stopped at 50 %"),
        (RunStatus(RunState.DONE, 1.0), "Finished"),
    ],
)
def test_a_state_is_a_few_words(status, text):
    assert state_text(status) == text


def test_what_runs_says_how_fast_and_how_long_still():
    status = RunStatus(RunState.RUNNING, 0.5, 90.0, Curve((100,), (1.0,)), rate=12.34)
    assert progress_text(status) == "Running, 50 % \u00b7 100 samples \u00b7 12.3 samples/s \u00b7 about 2 min left"


def test_a_failure_says_its_reason():
    assert progress_text(RunStatus(RunState.FAILED, reason="no room")) == "The training ended with: no room"
    assert note_text("A", RunStatus(RunState.FAILED)) == "The training \u201cA\u201d failed"


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        (Interval(0.1, 0.02, 0.2), "is better"),
        (Interval(-0.1, -0.2, -0.02), "is worse"),
        (Interval(0.1, -0.02, 0.2), "may be chance"),
        (None, "Too few frames"),
    ],
)
def test_a_difference_is_called_what_its_interval_allows(interval, said):
    assert said in verdict_text(Comparison(("a", "b"), (SAME, SAME), [], [FRAME] * 6, interval))


def test_the_interval_is_in_percentage_points():
    text = interval_text(Comparison(("a", "b"), (SAME, SAME), [], [FRAME] * 6, Interval(0.039, -0.012, 0.11)))
    assert "6 held-back frames with 6 labels" in text
    assert "+3.9 percentage points" in text
    assert "between \u22121.2 and +11.0" in text


def test_numbers_that_are_none_are_a_dash():
    assert share_text(float("nan")) == "\u2013"
    assert signed(-1.25, 1) == "\u22121.2"


def test_the_card_names_what_must_travel_with_the_weights_and_says_where_that_is_not_stated():
    spec = preset("touchline-tiny", channels=len(PITCH_57) + 1)
    bare = dict(card_rows(Card(spec, PITCH_57.keypoints, (128, 96))))
    assert bare["Licence"] == bare["Attribution"] == "not stated"
    training = {"frames": 40, "held back": 8, "rendered": 60, "samples": 1320, "validation": {"pck": {"10": 0.757}}}
    rows = dict(card_rows(Card(spec, PITCH_57.keypoints, (128, 96), licence="MIT", training=training)))
    assert rows["Learnt from"] == "40 frames of people, 8 more held back, 60 rendered"
    assert rows["Samples shown"] == "1,320"
    assert rows["Validation"].startswith("75.7 %")
    assert rows["Licence"] == "MIT"


def test_a_length_says_what_it_means():
    assert length_hint(EFFORTS[Length.QUICK]) == "4 rounds over your frames, 60 rendered frames mixed in"
    assert "ends early after 6 rounds" in length_hint(EFFORTS[Length.NORMAL])
