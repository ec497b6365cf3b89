"""Two networks of any scheme on the same samples: by size of the thing, by point, with the scheme's own measures."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from test_evaluation_things import _Knows

from annotator.commands import run_command as main
from annotator.comparison import COMPARISON, Verdict, read_comparison
from annotator.comparison_things import compare_things
from annotator.evaluation_things import evaluate_things, read_things
from annotator.synthetic.card_sets import render_card_set
from annotator.training_plans import EFFORTS, FROM_NOTHING, Length, effort_of
from annotator.training_runs import RunSettings, TrainingRun


@pytest.fixture(scope="module")
def packets(tmp_path_factory):
    # One in twenty is held back: enough for an interval.
    return render_card_set(tmp_path_factory.mktemp("cards") / "set", frames=140, first_seed=0, size=(96, 72))


def judged(packets, **said):
    found, scheme = read_things(packets.folder)
    return evaluate_things(_Knows(found, **said), found, scheme), scheme


def test_a_better_network_is_said_to_be_better(packets):
    before, scheme = judged(packets, off=30.0, more=9.0)
    after, _ = judged(packets, off=0.5, more=1.0)
    found = compare_things(("old", "new"), before, after, scheme, (0.3, 0.3))
    assert found.of_size
    assert found.verdict is Verdict.BETTER
    assert (found.measures[0].pck10, found.measures[1].pck10) == (0.0, 1.0)
    assert found.measures[1].precision == 1.0
    units = np.concatenate([np.full(int(one.there.sum()), one.unit) for one in after.answers])
    assert found.measures[1].median == pytest.approx(float(np.median(0.5 * units)))
    assert math.isnan(found.measures[1].h10)
    assert found.further["cards: mean distance"] == (pytest.approx(9.0), pytest.approx(1.0))
    assert sum(point.after for point in found.points) == found.labels
    assert all(frame.image is not None and frame.image.exists() for frame in found.frames)


def test_a_network_from_nothing_is_compared_with_none(packets):
    after, scheme = judged(packets, off=0.5)
    found = compare_things(("no network", "new"), None, after, scheme, (0.3, 0.3))
    assert found.measures[0].recall == 0.0
    assert math.isnan(found.measures[0].precision)
    assert all(not frame.before for frame in found.frames)
    assert math.isnan(found.further["PDJ@0.1"][0])


def test_other_samples_cannot_be_compared(packets, tmp_path):
    after, scheme = judged(packets)
    other = render_card_set(tmp_path / "set", frames=20, first_seed=500, size=(96, 72))
    with pytest.raises(ValueError, match="same samples"):
        compare_things(("a", "b"), judged(other)[0], after, scheme, (0.3, 0.3))


def test_the_command_writes_what_the_window_reads(packets, tmp_path, monkeypatch, capsys):
    found, _ = read_things(packets.folder)
    networks = {"old": _Knows(found, off=30.0), "new": _Knows(found, off=0.5)}
    monkeypatch.setattr("annotator.commands.evaluate_.load_predictor", lambda path, device: networks[Path(path).stem])
    report = tmp_path / "report"
    assert main(["evaluate", str(packets.folder), "--weights", "old", "new", "--report", str(report)]) == 0
    assert "within 10 % of the size" in capsys.readouterr().out
    again = read_comparison(report / COMPARISON)
    assert again.of_size
    assert again.titles == ("old", "new")
    assert again.verdict is Verdict.BETTER
    assert again.further["PDJ@0.1"][1] == 1.0
    assert main(["evaluate", str(packets.folder), "--weights", "new", "--report", str(report)]) == 0
    alone = read_comparison(report / COMPARISON)
    assert alone.titles[0] == "no network"
    assert math.isnan(alone.further["PDJ@0.1"][0])
    assert "NaN" not in json.dumps(json.loads((report / COMPARISON).read_text()))


def test_the_command_line_of_a_training_from_nothing(tmp_path):
    run = TrainingRun.prepare(tmp_path, RunSettings("Round 1", "", rendered=0, against="/n/used.safetensors"))
    words = run.command(["touchline"])
    assert "--from-nothing" in words
    assert "--start" not in words
    compared = run.comparing(["touchline"])
    at = compared.index("--weights")
    assert compared[at + 1 : at + 3] == ["/n/used.safetensors", str(run.network)]
    alone = TrainingRun.prepare(tmp_path, RunSettings("Round 2", "", rendered=0)).comparing(["touchline"])
    assert alone[alone.index("--weights") + 2] == "--split"


def test_a_network_from_nothing_learns_longer_and_only_pitches_are_rendered():
    plain = EFFORTS[Length.NORMAL]
    assert effort_of(Length.NORMAL, football=True, from_nothing=False, judged=True) == plain
    new = effort_of(Length.NORMAL, football=False, from_nothing=True, judged=False)
    assert (new.epochs, new.rendered, new.patience) == (plain.epochs * FROM_NOTHING, 0, 0)
