"""Trainings in processes of their own: started, followed, stopped, killed, continued, told why they failed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from annotator.comparison import COMPARISON, read_comparison
from annotator.formats.documents import FormatError
from annotator.recipe import render_training_set
from annotator.training_log import Follower, read_log
from annotator.training_runs import RunSettings, RunState, TrainingRun, home_of, program, runs_of
from model.card import card_of

WAIT = 90.0


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    import torch

    from annotator.pitch import PITCH_57
    from model.checkpoint import Card, save
    from model.hrnet import HRNet, preset

    spec = preset("touchline-tiny", channels=len(PITCH_57) + 1)
    card = Card(
        spec=spec,
        names=PITCH_57.keypoints,
        input_size=(128, 96),
        scheme=PITCH_57.id,
        mirror=PITCH_57.mirror,
        threshold=0.25,
        licence="CC0-1.0",
        attribution="Test frames",
    )
    path = tmp_path_factory.mktemp("networks") / "start.safetensors"
    torch.manual_seed(0)
    save(path, HRNet(spec).state_dict(), card)
    return path


def prepared(tmp_path: Path, rendered: Path, network: Path, *, epochs: float) -> TrainingRun:
    settings = RunSettings("Test", str(network), epochs=epochs, rendered=0)
    run = TrainingRun.prepare(home_of(tmp_path / "match.touchline"), settings)
    shutil.copytree(rendered, run.set_folder)
    return run


def wait_for(run: TrainingRun, *states: RunState) -> RunState:
    """The state the run comes to; the processor's load decides how soon."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        state = run.status().state
        if state in states:
            return state
        time.sleep(0.1)
    raise AssertionError(f"still {run.status().state}: {run.last_words()}")


def test_a_training_runs_to_its_end_in_its_own_process(tmp_path, rendered, network) -> None:
    run = prepared(tmp_path, rendered, network, epochs=2)
    assert run.status().state is RunState.PREPARED
    run.start(program())
    assert wait_for(run, RunState.DONE, RunState.FAILED) is RunState.DONE, run.last_words()
    status = run.status()
    assert status.share == 1.0
    assert status.curve.samples[-1] == 6
    assert len(status.curve.loss) == len(status.curve.samples)
    assert run.network.exists()
    assert [found.folder for found in runs_of(tmp_path / "match.touchline")] == [run.folder]


def test_a_finished_training_is_compared_and_its_card_says_where_it_came_from(tmp_path, network) -> None:
    several = tmp_path / "several"
    render_training_set(several, frames=6, first_seed=38, size=(160, 90))
    _judge_all_but(several, 1)
    settings = RunSettings("Test", str(network), epochs=1, rendered=2, data=str(several))
    run = TrainingRun.prepare(home_of(tmp_path / "match.touchline"), settings)
    assert run.is_ready
    assert run.holds_back
    run.start(program())
    assert wait_for(run, RunState.DONE, RunState.FAILED) is RunState.DONE, run.last_words()
    card = card_of(run.network, run.network.read_bytes())
    assert (card.training["frames"], card.training["held back"], card.training["rendered"]) == (1, 5, 2)
    assert card.training["began with"]["name"] == "start"
    assert (card.licence, card.attribution, card.threshold) == ("CC0-1.0", "Test frames", 0.25)
    done = subprocess.run(run.comparing(program()), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = read_comparison(run.report / COMPARISON)
    assert found.titles == ("start", "network")
    assert len(found.frames) == 5
    assert found.difference is not None
    assert found.text() in done.stdout
    assert (run.report / "index.html").exists()


def _judge_all_but(folder: Path, count: int) -> None:
    """Hold back all samples of a set but some."""
    lines = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    for number, line in enumerate(lines):
        line["split"] = "train" if number < count else "val"
    text = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
    (folder / "samples.jsonl").write_text(text)


def test_how_fast_a_machine_trains_is_measured(network) -> None:
    words = [*program(), "train", "--pace", "--start", str(network), "--threads", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pace = json.loads(done.stdout)
    assert 0 < pace["sample"] < 60
    assert 0 < pace["rendered"] < 60


def test_a_training_without_a_set_or_an_output_says_what_is_missing() -> None:
    done = subprocess.run([*program(), "train"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Name at least one SET" in done.stderr


def test_what_was_shown_twice_after_a_kill_is_drawn_once(tmp_path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text("samples,seconds,loss,pck10\n8,1,2.0,\n16,2,1.9,0.1\n24,3,1.8,\n16,2,1.7,0.2\n24,3,1.6,\n")
    curve, seconds = read_log(path)
    assert (curve.samples, curve.loss) == ((8, 16, 24), (2.0, 1.7, 1.6))
    assert (curve.validated, curve.pck) == ((16,), (0.2,))
    assert seconds == 3.0


def test_how_fast_it_goes_and_what_is_left_is_read_while_it_runs(tmp_path, network) -> None:
    run = TrainingRun.prepare(tmp_path, RunSettings("T", str(network)))
    follower = Follower(run.folder)
    follower.tell_rendered(3, 3)
    assert run.status().rendered == (3, 3)
    follower.plan(100)
    late = Follower(run.folder)
    late.tell(25, 100, seconds=5.0, left=15.0, loss=1.5, pck=0.5)
    status = run.status()
    assert (status.share, status.rate, status.seconds_left, status.rendered) == (0.25, 5.0, 15.0, None)
    assert (status.curve.validated, status.curve.pck) == ((25,), (0.5,))


def test_a_training_that_is_stopped_goes_on_from_where_it_was(tmp_path, rendered, network) -> None:
    run = prepared(tmp_path, rendered, network, epochs=20_000)
    run.start(program())
    end = time.monotonic() + WAIT
    while not run.network.with_suffix(".csv").exists() and time.monotonic() < end:
        assert run.status().state is RunState.RUNNING, run.last_words()
        time.sleep(0.1)
    run.stop()
    assert wait_for(run, RunState.STOPPED, RunState.FAILED) is RunState.STOPPED, run.last_words()
    done = run.status().curve.samples[-1]
    assert 0 < done < 60_000
    assert 0.0 < run.status().share < 1.0
    run.start(program())
    while run.status().curve.samples[-1] <= done and time.monotonic() < end + WAIT:
        assert run.status().state is RunState.RUNNING, run.last_words()
        time.sleep(0.1)
    pid = json.loads((run.folder / "process.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    assert wait_for(run, RunState.STOPPED, RunState.FAILED) is RunState.STOPPED
    assert run.status().curve.samples[-1] > done


def test_why_a_training_failed_is_said(tmp_path, rendered, network) -> None:
    run = prepared(tmp_path, rendered, tmp_path / "gone.safetensors", epochs=1)
    run.start(program())
    assert wait_for(run, RunState.FAILED, RunState.DONE) is RunState.FAILED
    assert "gone.safetensors" in run.status().reason


def test_a_process_that_died_at_once_is_a_failure_with_its_last_words(tmp_path, rendered, network) -> None:
    run = prepared(tmp_path, rendered, network, epochs=1)
    run.start([sys.executable, "-c", "import sys; sys.exit('no room')"])
    assert wait_for(run, RunState.FAILED, RunState.DONE) is RunState.FAILED
    assert run.status().reason == "no room"


def test_a_number_that_another_process_has_by_now_is_not_taken_for_the_training(tmp_path, rendered, network) -> None:
    run = prepared(tmp_path, rendered, network, epochs=1)
    (run.folder / "process.json").write_text(json.dumps({"pid": os.getpid(), "born": "1", "at": 0}))
    assert run.status().state is RunState.FAILED


def test_half_written_files_are_read_as_far_as_they_go(tmp_path, rendered, network) -> None:
    run = prepared(tmp_path, rendered, network, epochs=1)
    (run.folder / "plan.json").write_text('{"samples": 100}')
    run.network.with_suffix(".csv").write_text("samples,seconds,lr,loss,pck10\n20,4.0,1e-4,1.5,0.25\n40,8.0,1e")
    status = run.status()
    assert status.curve.samples == (20,)
    assert (status.curve.validated, status.curve.pck) == ((20,), (0.25,))
    (run.folder / "process.json").write_text("{")
    assert run.status().state is RunState.PREPARED


def test_a_folder_that_describes_no_training_is_one_sentence(tmp_path) -> None:
    (tmp_path / "run.json").write_text('{"title": 3}')
    with pytest.raises(FormatError, match="describes no training"):
        _ = TrainingRun(tmp_path).settings


def test_whoever_follows_may_ask_to_stop(tmp_path) -> None:
    follower = Follower(tmp_path)
    assert not follower.should_stop()
    TrainingRun(tmp_path).stop()
    assert follower.should_stop()


def test_the_command_line_says_what_the_settings_say(tmp_path, network) -> None:
    settings = RunSettings("T", str(network), epochs=2.5, rendered=40, patience=3, threads=2)
    words = TrainingRun.prepare(tmp_path, settings).command(["python", "main.py"])
    assert words[:3] == ["python", "main.py", "train"]
    for pair in (("--epochs", "2.5"), ("--mix-rendered", "40"), ("--patience", "3"), ("--threads", "2")):
        assert words[words.index(pair[0]) + 1] == pair[1]
