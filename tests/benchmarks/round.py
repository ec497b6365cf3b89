"""One round of training on real frames through the window itself: import, accept, retrain, compare, use.

python -m tests.benchmarks.round [--start BASE.safetensors] [--length quick] [--pictures FOLDER]

The 347 usable frames of ``roboflow-pitch`` become a project of sixteen-by-nine pictures, a folder a match. Their human
points (those of the 57 that the homography through them places, as in ``annotator/real_frames.py``) come in through the
window's import and are accepted. The Retrain dialog is opened with its key, told which network to begin with and how
long, and started; it holds back whole matches by itself. The folder is named so that these are the three matches of
docs/weights.md, 44 frames: nothing that is judged is learnt from. When the training ends the dialog compares both
networks on the frames held back, and "Use this one" is pressed. What the dialog then shows is printed, whatever it is.

The embedded network has seen these frames, so that what they are worth shows only in one that has not: give ``--start``
a network of rendered frames alone, as ``main.py recipe`` makes it without ``--roboflow``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from annotator.comparison import Comparison
from annotator.formats import coco
from annotator.formats.training_set import SHARES, splits_of
from annotator.gui import theme
from annotator.gui.dialogs.import_preview import ImportPreview
from annotator.gui.dialogs.retrain import RetrainDialog
from annotator.gui.main_window import MainWindow
from annotator.labels import Decision, FrameState
from annotator.pitch import PITCH_57
from annotator.real_frames import roboflow_training_set
from annotator.training_plans import Length
from annotator.training_runs import RunState
from model.dataset import TrainingSet

ROOT = Path(__file__).resolve().parents[2]
ROBOFLOW = ROOT.parent / "shared" / "data" / "roboflow-pitch"
JUDGED = frozenset({"08fd33", "798b45", "c01561"})
EVERY = 60.0


def until(done: Callable[[], bool], *, limit: float = 120.0, each: Callable[[], None] = lambda: None) -> None:
    """Let the window live until something is so."""
    began, told = time.monotonic(), time.monotonic()
    while not done():
        QApplication.processEvents()
        time.sleep(0.01)
        if time.monotonic() - told > EVERY:
            told = time.monotonic()
            each()
        if time.monotonic() - began > limit:
            raise TimeoutError("what was waited for did not happen")


def folder_name(matches: Counter[str]) -> str:
    """A name under which the hash of the dialog holds back exactly the matches of docs/weights.md."""
    for number in range(100_000):
        name = f"matches-{number}"
        drawn = splits_of({f"{name}/{match}": count for match, count in matches.items()}, shares=SHARES)
        if {group.rpartition("/")[2] for group, split in drawn.items() if split == "val"} == JUDGED:
            return name
    raise LookupError("no name of the folder holds back these matches")


def write_frames(place: Path) -> tuple[Path, Path]:
    """The folder of pictures and the file of human points beside it."""
    found: TrainingSet = roboflow_training_set(ROBOFLOW, place / "converted", held_back=JUDGED)
    folder = place / folder_name(Counter(sample.group for sample in found.samples))
    frames = []
    for sample in found.samples:
        name = f"{sample.group}/{sample.image}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        assert isinstance(sample.source, Path)
        shutil.copyfile(sample.source, folder / name)
        points = {key: (x, y, coco.Visibility.VISIBLE) for key, (x, y, _) in sample.points.items()}
        frames.append(coco.CocoFrame(name, sample.size, points))
    labels = place / "human.json"
    coco.write_coco(labels, frames, PITCH_57)
    shutil.rmtree(place / "converted")
    return folder, labels


class Round:
    """A person at the window, from the folder to the network in use."""

    def __init__(self, place: Path, pictures: Path | None) -> None:
        app = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(app, QApplication)
        theme.apply(app, theme.Scheme.LIGHT)
        self._pictures = pictures
        settings = QSettings(str(place / "settings.ini"), QSettings.Format.IniFormat)
        self.window = MainWindow(settings, data=place / "data")
        self.window.resize(1280, 720)
        self.window.show()
        QTest.qWaitForWindowExposed(self.window)

    def keep(self, widget: QWidget, name: str) -> None:
        """A picture of what is seen."""
        if self._pictures is not None:
            QApplication.processEvents()
            self._pictures.mkdir(parents=True, exist_ok=True)
            widget.grab().save(str(self._pictures / f"{name}.png"))

    def open(self, folder: Path, labels: Path) -> int:
        """Open the folder, import the labels by the preview, and accept every frame that got some."""
        window = self.window
        window.files.open([folder])
        until(lambda: window.session.frame_id is not None)
        window.files.exchange.bring([labels])
        until(lambda: preview_of(window) is not None)
        preview = preview_of(window)
        assert preview is not None
        self.keep(preview, "1-import")
        QTest.mouseClick(preview.go, Qt.MouseButton.LeftButton)
        project = window.session.project
        assert project is not None
        until(lambda: project.state_counts().get(FrameState.DRAFT, 0) > 0 and not window.errands.job.running)
        drafts = {number: project.record(number) for number in project.frame_ids({FrameState.DRAFT})}
        for number, record in drafts.items():
            decided = type(record)(record.labels, record.review.decided(Decision.ACCEPTED))
            project.save_record(number, decided, text="Accept")
        return len(drafts)

    def train(self, start: Path | None, length: Length) -> str:
        """Start a training in the dialog, and wait for its end with its curves in view."""
        window, trainings = self.window, self.window.retraining.trainings
        until(lambda: trainings.in_use is not None)
        window.canvas.setFocus()
        QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
        until(lambda: window.retraining.dialog is not None)
        dialog = dialog_of(window)
        if start is not None:
            dialog.form.choose_network(start)
        dialog.form.length.setCurrentIndex(dialog.form.length.findData(length))
        until(lambda: dialog.form.division is not None and dialog.form.estimate.text().startswith("About"))
        said = (dialog.form.counts.text(), dialog.form.network.currentText(), dialog.form.estimate.text())
        print("; ".join(said), flush=True)
        self.keep(dialog, "2-form")
        until(dialog.go.isEnabled)
        QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
        until(lambda: bool(trainings.seen) and dialog.chosen == trainings.seen[0].name, limit=600.0)
        name = trainings.seen[0].name
        numbers = iter(range(1, 1000))

        def tell() -> None:
            seen = trainings.of(name)
            share = 0.0 if seen is None else seen.status.share
            print(f"  {time.strftime('%H:%M:%S')} {share:6.1%} {dialog.page.curves.text.text()}", flush=True)
            self.keep(dialog, f"3-training-{next(numbers)}")

        def ended() -> bool:
            seen = trainings.of(name)
            return seen is not None and seen.status.state is not RunState.RUNNING

        until(ended, limit=4 * 3600.0, each=tell)
        return name

    def compare(self, name: str) -> Comparison:
        """What the dialog found when it compared both networks."""
        trainings, dialog = self.window.retraining.trainings, dialog_of(self.window)

        def compared() -> bool:
            seen = trainings.of(name)
            return seen is not None and (seen.comparison is not None or name in trainings.why_not_compared)

        until(compared, limit=1200.0)
        seen = trainings.of(name)
        assert seen is not None
        if seen.comparison is None:
            raise RuntimeError(trainings.why_not_compared[name])
        dialog.page.tabs.setCurrentWidget(dialog.page.result)
        self.keep(dialog, "4-comparison")
        dialog.page.tabs.setCurrentWidget(dialog.page.frames)
        until(lambda: dialog.page.frames.list.count() > 0)
        QTest.qWait(1500)
        self.keep(dialog, "5-frames")
        return seen.comparison

    def use(self, name: str) -> str:
        """Press "Use this one"; the network that the window predicts with then."""
        dialog, forecaster = dialog_of(self.window), self.window.session.forecaster
        before = forecaster.network_id
        QTest.mouseClick(dialog.page.use, Qt.MouseButton.LeftButton)
        until(lambda: forecaster.network_id not in (None, before), limit=300.0)
        dialog.page.tabs.setCurrentWidget(dialog.page.card)
        self.keep(dialog, "6-network")
        return str(forecaster.path)


def preview_of(window: MainWindow) -> ImportPreview | None:
    """The preview of the import, once it is there."""
    return window.findChild(ImportPreview)


def dialog_of(window: MainWindow) -> RetrainDialog:
    """The Retrain dialog, which is open."""
    dialog = window.retraining.dialog
    assert dialog is not None
    return dialog


def report(found: Comparison) -> None:
    """The table that the dialog shows."""
    titles = ("recall", "precision", "PCK5", "PCK10", "median px", "homography < 10 px")
    print(f"\n{len(found.frames)} frames of matches not used, {found.labels} labels")
    print(f"{'':24}" + "".join(f"{title:>20}" for title in titles))
    for title, one in zip(("before", "after"), found.measures, strict=True):
        values = (one.recall, one.precision, one.pck5, one.pck10, one.median, one.h10)
        print(f"{title:24}" + "".join(f"{value:20.3f}" for value in values))
    print(found.text())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--start", type=Path, help="the network to begin with; else the embedded one")
    parser.add_argument("--length", type=Length, default=Length.QUICK, choices=list(Length))
    parser.add_argument("--pictures", type=Path, help="where pictures of the dialog are kept")
    options = parser.parse_args()
    if not ROBOFLOW.is_dir():
        print("The frames of roboflow-pitch are not beside this checkout.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["TOUCHLINE_CACHE"] = str(place / "cache")
        frames, labels = write_frames(place)
        person = Round(place, options.pictures)
        try:
            print(f"{person.open(frames, labels)} frames imported and accepted", flush=True)
            if options.start is None:
                print("The embedded network has seen these frames: what follows says little of what they are worth.")
            began = time.monotonic()
            name = person.train(options.start, options.length)
            print(f"trained in {(time.monotonic() - began) / 60.0:.1f} minutes", flush=True)
            report(person.compare(name))
            print(f"in use: {person.use(name)}")
        finally:
            person.window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
