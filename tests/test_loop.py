"""The whole loop on real frames: import, predict, correct, accept, export, train, predict with what was trained."""

import json
import shutil

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtTest import QTest

from annotator.commands import run_command
from annotator.commands.network import embedded_weights
from annotator.gui.dialogs.import_preview import ImportPreview
from annotator.gui.main_window import MainWindow
from annotator.keypoints import Source
from annotator.labels import FrameState, Origin
from annotator.project import Project
from model.dataset import read_training_set

NUMBERS = ("004", "015")
GEOMETRY = (Source.CONSTRUCTED, Source.PROJECTED)
CORNER, MARK = "R_PENALTY_AREA_TL_CORNER", "R_PENALTY_MARK"


@pytest.fixture
def frames(shared_data, tmp_path):
    """Two real frames in a folder of their own, their line files in another."""
    for kind, suffix in (("images", ".jpg"), ("lines", ".json")):
        (tmp_path / kind).mkdir()
        for number in NUMBERS:
            shutil.copy(shared_data / "soccernet-dev" / kind / f"{number}{suffix}", tmp_path / kind)
    return tmp_path


@pytest.fixture
def window(frames, qtbot, tmp_path):
    """The window on the frames, with the embedded network."""
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(settings, data=tmp_path / "data")
    qtbot.addWidget(window)
    window.resize(1280, 720)
    with qtbot.waitExposed(window):
        window.show()
    window.files.open([frames / "images"])
    qtbot.waitUntil(lambda: window.session.rgb is not None, timeout=20_000)
    yield window
    window.close()


def on_screen(window, position) -> QPoint:
    return window.canvas.mapFromScene(QPointF(*position))


def drag(window, start, end) -> None:
    viewport = window.canvas.viewport()
    first, last = on_screen(window, start), on_screen(window, end)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=first)
    for step in range(1, 6):
        QTest.mouseMove(viewport, first + (last - first) * step / 5)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=last)


def test_the_loop_closes_on_real_frames(shared_data, frames, window, qtbot, capsys, tmp_path):
    session = window.session

    # Import the lines that people drew: crossings follow from them.
    window.files.exchange.bring([frames / "lines"])
    qtbot.waitUntil(lambda: window.findChild(ImportPreview) is not None, timeout=20_000)
    qtbot.mouseClick(window.findChild(ImportPreview).go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(session.labels.pitch.markings), timeout=20_000)
    constructed = session.resolved.keypoints[CORNER]
    assert constructed.parents == ("Big rect. right main", "Big rect. right top")
    assert constructed.source in GEOMETRY
    labels = shared_data / "soccernet-dev" / "keypoints57" / "004.json"
    published = json.loads(labels.read_text(encoding="utf-8"))["17"]
    assert np.linalg.norm(np.subtract(constructed.position, published)) < 4

    # The network has its say about the shown frame, and changes none of it.
    qtbot.waitUntil(lambda: session.prediction is not None, timeout=60_000)
    assert session.resolved.keypoints[CORNER].position == pytest.approx(constructed.position, abs=0.05)

    # A person corrects one point.
    x, y = session.resolved.keypoints[MARK].position
    drag(window, (x, y), (x + 12, y - 9))
    placed = session.resolved.keypoints[MARK]
    assert placed.source is Source.PLACED
    assert placed.position == pytest.approx((x + 12, y - 9), abs=1.5)

    # Both frames are accepted by the keyboard.
    for _ in NUMBERS:
        before = session.project.state_counts().get(FrameState.ACCEPTED, 0)
        qtbot.waitUntil(lambda: session.can_decide, timeout=60_000)
        QTest.keyClick(window.canvas, Qt.Key.Key_Space)
        qtbot.waitUntil(
            lambda before=before: session.project.state_counts().get(FrameState.ACCEPTED, 0) == before + 1,
            timeout=20_000,
        )
    window.close()

    # What a machine saw and a person accepted is marked as such; what a person placed stays theirs.
    with Project.for_media([frames / "images"]) as project:
        said = project.record(project.frame_ids()[0]).labels.pitch.keypoints
    assert said[MARK].origin is Origin.HAND
    assert said[MARK].position == pytest.approx(placed.position)

    # Export, train one epoch from the embedded network, predict with the result.
    target, network = tmp_path / "set", tmp_path / "trained.safetensors"
    assert run_command(["export", str(frames / "images"), str(target)]) == 0
    samples = read_training_set(target).samples
    assert len(samples) == len(NUMBERS)
    assert samples[0].points[MARK][:2] == pytest.approx(placed.position)
    assert run_command(["train", str(target), "--output", str(network), "--epochs", "1", "--threads", "1"]) == 0
    capsys.readouterr()
    assert run_command(["predict", str(frames / "images"), "--weights", str(network)]) == 0
    predicted = json.loads(capsys.readouterr().out)
    assert set(predicted) == {f"{number}.jpg" for number in NUMBERS}
    assert all(len(frame["keypoints"]) >= 4 for frame in predicted.values())
    assert network.read_bytes() != embedded_weights().read_bytes()
