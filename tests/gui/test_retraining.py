"""Training from the window: from accepted frames to the network in use, past closed windows and failures."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import cv2
import pytest
import test_translation
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from test_access import nameless
from windows import SIZE, FakeNetwork, open_folder, press, settle

from annotator.embedded import EMBEDDED
from annotator.formats.documents import read_object
from annotator.gui.dialogs import retrain_form, retrain_scout
from annotator.gui.main_window import MainWindow
from annotator.labels import EMPTY, Decision, FrameRecord, Review, place
from annotator.project import Project
from annotator.synthetic import render
from annotator.training_plans import EFFORTS, Effort, HoldBack, Length, Pace
from annotator.training_runs import RunSettings, RunState, TrainingRun, home_of, program

pytest_plugins = ("window_fixtures",)

WAIT = 120_000
pseudo, untranslated = test_translation.pseudo, test_translation.untranslated
ENDLESS = Effort(50_000, 0)


class NamedNetwork(FakeNetwork):
    """A network that is called after its file's folder; a file called "broken" cannot be loaded."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        if path.stem == "broken":
            raise ValueError("it is broken")
        self.id = f"{path.parent.name}/{path.stem}"

    def predict(self, rgb):
        from dataclasses import replace

        return replace(super().predict(rgb), network=self.id)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> bytes:
    import torch

    from annotator.pitch import PITCH_57
    from model.checkpoint import Card, save
    from model.hrnet import HRNet, preset

    spec = preset("touchline-tiny", channels=len(PITCH_57) + 1)
    card = Card(
        spec=spec, names=PITCH_57.keypoints, input_size=(128, 96), scheme=PITCH_57.id, mirror=PITCH_57.mirror,
        threshold=0.01, licence="CC0-1.0", attribution="Rendered frames",
    )  # fmt: skip
    path = tmp_path_factory.mktemp("networks") / "tiny.safetensors"
    torch.manual_seed(0)
    save(path, HRNet(spec).state_dict(), card)
    return path.read_bytes()


@pytest.fixture(scope="module")
def scenes():
    return [render(700 + number, SIZE) for number in range(12)]


@pytest.fixture
def matches(tmp_path, scenes) -> Path:
    """Six clips of two frames, every frame accepted with its exact labels."""
    return accepted_frames(tmp_path / "matches", {f"clip-{letter}": 2 for letter in "abcdef"}, scenes)


def accepted_frames(folder: Path, clips: dict[str, int], scenes) -> Path:
    folder.mkdir()
    made = {}
    for clip, count in clips.items():
        for number in range(count):
            name = f"{clip}_{number:03d}.png"
            made[name] = scenes[len(made)]
            assert cv2.imwrite(str(folder / name), made[name].rgb[..., ::-1])
    with Project.for_media([folder]) as project:
        for frame_id in project.frame_ids():
            scene, labels = made[project.row(frame_id).name], EMPTY
            for name, state in scene.states.items():
                if state:
                    x, y = scene.points[name]
                    labels = place(labels, name, (float(x), float(y)))
            record = FrameRecord(labels, Review().decided(Decision.ACCEPTED))
            project.save_record(frame_id, record, text="Accept frame")
    return folder


@pytest.fixture
def embedded(resources, tiny, monkeypatch) -> Path:
    monkeypatch.setitem(EMBEDDED, "pitch-57", "tiny")
    path = resources / "weights" / "tiny.safetensors"
    path.write_bytes(tiny)
    return path


@pytest.fixture
def make_trainer(make_window, embedded, monkeypatch, settings, resources, tmp_path):
    """Windows whose networks are called after their files; trainings are short, and their processes end."""
    monkeypatch.setattr(retrain_scout, "pace_of", lambda *args, **kwargs: (Pace(0.5, 0.1), False))
    monkeypatch.setattr(retrain_form, "THREADS", 1)
    monkeypatch.setitem(EFFORTS, Length.QUICK, Effort(1, 0))
    made = []

    def make() -> MainWindow:
        window = make_window()
        window.session.forecaster._factory = NamedNetwork
        made.append(window)
        return window

    yield make
    for said in tmp_path.glob("*-training/*/process.json"):
        with suppress(ProcessLookupError):
            os.kill(read_object(said)["pid"], signal.SIGKILL)


def opened(window, folder, qtbot):
    open_folder(window, folder, qtbot)
    qtbot.waitUntil(lambda: window.retraining.trainings.in_use is not None)
    qtbot.waitUntil(lambda: window.session.forecaster.network_id is not None)
    return window.retraining.trainings


def asked(window, qtbot):
    """The dialog, as Ctrl+T shows it, when what there is to learn from is counted."""
    press(window, qtbot, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    dialog = window.retraining.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.form.division is not None or dialog.form.problem != "")
    return dialog


def begin(dialog, trainings, qtbot):
    """A quick training, started with the mouse."""
    dialog.form.length.setFocus()
    qtbot.keyClick(dialog.form.length, Qt.Key.Key_Home)
    assert dialog.form.length.currentData() is Length.QUICK
    qtbot.waitUntil(dialog.go.isEnabled)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(trainings.seen) and dialog.chosen == trainings.seen[0].name, timeout=WAIT)
    return trainings.seen[0].name


def test_from_accepted_frames_to_the_network_in_use_and_back(make_trainer, matches, embedded, qtbot):
    window = make_trainer()
    trainings = opened(window, matches, qtbot)
    first = window.session.order.ids[0]
    qtbot.waitUntil(lambda: window.session.project.has_prediction(first, "weights/tiny"))
    dialog = asked(window, qtbot)
    division = dialog.form.division
    assert (division.train + division.val, division.val > 0) == (12, True)
    qtbot.waitUntil(lambda: "from a few steps" in dialog.form.estimate.text())
    name = begin(dialog, trainings, qtbot)
    qtbot.waitUntil(lambda: trainings.of(name).status.state is not RunState.RUNNING, timeout=WAIT)
    seen = trainings.of(name)
    assert seen.status.state is RunState.DONE, seen.status.reason
    assert dialog.page.curves.loss.getPlotItem().items[0].xData[-1] == division.train
    qtbot.waitUntil(lambda: trainings.of(name).comparison is not None, timeout=WAIT)
    found = trainings.of(name).comparison
    assert len(found.frames) == division.val
    assert dialog.page.tabs.currentWidget() is dialog.page.result
    assert dialog.page.result.verdict.text()
    assert f"Judged on {division.val} held-back frames" in dialog.page.result.interval.text()
    assert dialog.page.result.overall.rowCount() == 3
    assert dialog.page.result.points.rowCount() == len(found.points)
    dialog.page.tabs.setCurrentWidget(dialog.page.frames)
    dialog.page.frames.order.setCurrentIndex(1)
    qtbot.waitUntil(lambda: dialog.page.frames.pictures[1]._image is not None)
    qtbot.mouseClick(dialog.page.use, Qt.MouseButton.LeftButton)
    new = f"{name}/network"
    qtbot.waitUntil(lambda: window.session.forecaster.network_id == new)
    qtbot.waitUntil(lambda: window.session.project.has_prediction(first, new))
    card = dialog.page.card.text()
    assert "is the network in use" in card
    for said in ("tiny", f"{division.train} frames of people", "CC0-1.0", "Rendered frames"):
        assert said in card
    assert window.session.project.setting("network", "") == f"matches.touchline-training/{name}/network.safetensors"
    qtbot.mouseClick(dialog.page.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.forecaster.network_id == "weights/tiny")
    assert window.session.project.setting("network", "x") == ""
    assert not dialog.page.back.isVisible()


def test_the_choice_is_there_again_when_the_project_is_opened_again(make_trainer, matches, tiny, qtbot):
    run = TrainingRun.prepare(home_of(matches.with_suffix(".touchline")), RunSettings("One", "gone"))
    run.network.write_bytes(tiny)
    (run.folder / "done.json").write_text('{"code": 0, "finished": true, "reason": ""}')
    window = make_trainer()
    trainings = opened(window, matches, qtbot)
    qtbot.waitUntil(lambda: bool(trainings.seen))
    dialog = asked(window, qtbot)
    row = [dialog.networks.itemText(n) for n in range(dialog.networks.count())].index("One")
    dialog.networks.setFocus()
    dialog.networks.setCurrentIndex(row)
    dialog.networks.activated.emit(row)
    qtbot.waitUntil(lambda: window.session.forecaster.network_id == f"{run.folder.name}/network")
    window.close()
    again = make_trainer()
    opened(again, matches, qtbot)
    assert again.session.forecaster.path == run.network


def test_a_training_outlives_the_window_and_is_found_again(make_trainer, matches, qtbot, monkeypatch):
    monkeypatch.setitem(EFFORTS, Length.QUICK, ENDLESS)
    window = make_trainer()
    trainings = opened(window, matches, qtbot)
    name = begin(asked(window, qtbot), trainings, qtbot)
    qtbot.waitUntil(lambda: trainings.of(name).status.rate is not None, timeout=WAIT)
    qtbot.waitUntil(window.retraining.field.isVisible)
    assert "Training" in window.retraining.field.button.text()
    window.close()
    assert trainings.of(name).run.status().state is RunState.RUNNING
    again = make_trainer()
    later = opened(again, matches, qtbot)
    qtbot.waitUntil(lambda: "is running" in again.message.text)
    show = again.message.toasts[-1].buttons[0]
    qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
    dialog = again.retraining.dialog
    assert dialog.chosen == name
    assert not dialog.go.isEnabled()
    qtbot.waitUntil(dialog.page.stop.isVisible)
    qtbot.mouseClick(dialog.page.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: later.of(name).status.state is RunState.STOPPED, timeout=WAIT)
    assert dialog.page.go_on.isVisible()
    assert not dialog.page.stop.isVisible()
    qtbot.mouseClick(dialog.page.compare, Qt.MouseButton.LeftButton)
    assert "are being judged" in dialog.page.result.verdict.text()
    qtbot.waitUntil(lambda: later.of(name).comparison is not None, timeout=WAIT)
    done = later.of(name).status.curve.samples[-1]
    qtbot.mouseClick(dialog.page.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: later.of(name).status.curve.samples[-1] > done, timeout=WAIT)
    later.stop(later.of(name))
    qtbot.waitUntil(lambda: later.of(name).status.state is RunState.STOPPED, timeout=WAIT)
    assert not again.retraining.field.isVisible()


def test_why_a_training_failed_is_said_once(make_trainer, matches, tmp_path, qtbot):
    home = home_of(matches.with_suffix(".touchline"))
    run = TrainingRun.prepare(home, RunSettings("Lost", str(tmp_path / "gone.safetensors"), data=str(tmp_path)))
    run.start(program())
    window = make_trainer()
    trainings = opened(window, matches, qtbot)
    qtbot.waitUntil(lambda: any("failed" in toast.text for toast in window.message.toasts), timeout=WAIT)
    window.retraining.show(run.folder.name)
    dialog = window.retraining.dialog
    qtbot.waitUntil(lambda: str(tmp_path) in dialog.page.curves.text.text())
    assert dialog.page.go_on.isVisible()
    dialog.close()
    qtbot.waitUntil(lambda: not trainings._reader.busy)
    window.close()
    again = make_trainer()
    later = opened(again, matches, qtbot)
    qtbot.waitUntil(lambda: bool(later.seen))
    assert again.message.text == ""


def test_too_few_accepted_frames_say_what_to_do(make_trainer, tmp_path, scenes, qtbot):
    window = make_trainer()
    opened(window, accepted_frames(tmp_path / "few", {"a": 3}, scenes), qtbot)
    dialog = asked(window, qtbot)
    qtbot.waitUntil(lambda: "3 frames are accepted" in dialog.form.advice.text())
    assert "with Space" in dialog.form.advice.text()
    assert not dialog.go.isEnabled()
    assert not dialog.form.offer.isVisible()


def test_of_one_clip_frames_may_be_held_back_and_that_is_called_flattering(make_trainer, tmp_path, scenes, qtbot):
    window = make_trainer()
    opened(window, accepted_frames(tmp_path / "one", {"a": 10}, scenes), qtbot)
    dialog = asked(window, qtbot)
    qtbot.waitUntil(dialog.form.offer.isVisible)
    assert "cannot be compared" in dialog.form.advice.text()
    assert dialog.go.isEnabled()
    qtbot.mouseClick(dialog.form.offer, Qt.MouseButton.LeftButton)
    assert dialog.form.hold.currentData() is HoldBack.FRAMES
    assert (dialog.form.division.train, dialog.form.division.val) == (8, 2)
    assert "look alike" in dialog.form.advice.text()
    assert not dialog.form.offer.isVisible()


def test_what_is_no_training_set_is_refused_in_a_sentence(make_trainer, matches, tmp_path, qtbot):
    window = make_trainer()
    opened(window, matches, qtbot)
    dialog = asked(window, qtbot)
    dialog.form.choose_set(tmp_path)
    qtbot.waitUntil(lambda: str(tmp_path) in dialog.form.advice.text())
    assert not dialog.go.isEnabled()


def test_a_network_that_cannot_be_loaded_is_not_the_projects(make_trainer, matches, embedded, tmp_path, qtbot):
    window = make_trainer()
    trainings = opened(window, matches, qtbot)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"")
    trainings.use(broken)
    qtbot.waitUntil(lambda: "it is broken" in window.message.text)
    assert window.session.project.setting("network", "") == ""
    assert trainings.in_use == embedded
    trainings.use(tmp_path / "gone.safetensors")
    assert "not there any more" in window.message.text


def test_a_network_that_was_moved_away_is_named_and_the_embedded_one_takes_its_place(
    make_trainer, matches, embedded, qtbot
):
    with Project.for_media([matches]) as project:
        project.set_setting("network", "gone/network.safetensors")
    window = make_trainer()
    trainings = opened(window, matches, qtbot)
    assert trainings.in_use == embedded
    assert str(matches.parent / "gone" / "network.safetensors") in window.message.text


def test_a_training_stopped_while_its_frames_are_written_leaves_nothing(make_trainer, matches, qtbot, monkeypatch):
    window = make_trainer()
    trainings = opened(window, matches, qtbot)
    dialog = asked(window, qtbot)
    qtbot.waitUntil(dialog.go.isEnabled)
    trainings.job.changed.connect(lambda: trainings.job.stop() if trainings.job.done else None)
    with qtbot.waitSignal(trainings.not_begun, timeout=WAIT):
        qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert "nothing was written" in dialog.failure.text()
    assert list(home_of(window.session.project.path).iterdir()) == []


def test_commands_that_do_the_same_are_copied(make_trainer, matches, embedded, qtbot):
    run = TrainingRun.prepare(home_of(matches.with_suffix(".touchline")), RunSettings("One", str(embedded)))
    (run.folder / "done.json").write_text('{"code": 2, "finished": false, "reason": "no room"}')
    window = make_trainer()
    trainings = opened(window, matches, qtbot)
    qtbot.waitUntil(lambda: bool(trainings.seen))
    window.retraining.show(run.folder.name)
    dialog = window.retraining.dialog
    qtbot.mouseClick(dialog.page.copy, Qt.MouseButton.LeftButton)
    train, evaluate = QApplication.clipboard().text().split("\n")
    assert train.startswith("python main.py train")
    assert evaluate.startswith("python main.py evaluate")
    assert str(embedded) in evaluate
    assert "no room" in dialog.page.curves.text.text()


def test_the_dialog_lets_the_window_work(make_trainer, matches, qtbot):
    window = make_trainer()
    opened(window, matches, qtbot)
    dialog = asked(window, qtbot)
    assert not dialog.isModal()
    first = window.session.frame_id
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    press(window, qtbot, Qt.Key.Key_D)
    settle(window, qtbot)
    assert window.session.frame_id != first
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.retraining.dialog is None)


def test_every_part_of_the_dialog_has_a_name_and_speaks_the_persons_language(
    pseudo, make_trainer, matches, tiny, embedded, qtbot
):
    run = TrainingRun.prepare(home_of(matches.with_suffix(".touchline")), RunSettings("«One»", str(embedded)))
    run.network.write_bytes(tiny)
    (run.folder / "done.json").write_text('{"code": 0, "finished": true, "reason": ""}')
    window = make_trainer()
    trainings = opened(window, matches, qtbot)
    qtbot.waitUntil(lambda: bool(trainings.seen))
    dialog = asked(window, qtbot)
    assert nameless(dialog) == []
    assert untranslated(dialog) == []
    dialog.choose(run.folder.name)
    for tab in range(dialog.page.tabs.count()):
        dialog.page.tabs.setCurrentIndex(tab)
    assert nameless(dialog) == []
    assert untranslated(dialog, allowed=("CC0-1.0", "Rendered frames")) == []
