"""What a training would learn from and how fast it would go, found out in the background while a person chooses."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.dialogs.retrain_words import network_text
from annotator.gui.trainings import Trainings
from annotator.training_material import Material, material_of_project, material_of_set
from annotator.training_pace import pace_of
from annotator.training_plans import Pace
from model.card import Card, card_of, read_bytes

THREADS = max(1, min(4, (os.cpu_count() or 2) - 1))
"""Processor threads of a training: one is left to the window."""


class Scout(QObject):
    """Counts frames and measures the pace; ``material`` and ``pace`` are None until they are known.

    ``about`` says what the network to begin with is, and ``names`` which points it knows, "" and () until it was read.
    ``from_earlier`` says whether earlier trainings told the pace, ``unmeasured`` that nothing could tell it.
    """

    changed = Signal()

    def __init__(self, trainings: Trainings, parent: QObject) -> None:
        super().__init__(parent)
        self._trainings = trainings
        self.material: Material | None = None
        self.pace: Pace | None = None
        self.from_earlier = self.unmeasured = False
        self.about = ""
        self.names: tuple[str, ...] = ()
        self._counter, self._timer, self._reader = (Lane(name, self) for name in ("material", "pace", "card"))

    def count(self, data: Path | None) -> None:
        """Count the accepted frames of the project, or those of a training set made elsewhere."""
        project = self._trainings.project
        if project is None:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> Material:
            return material_of_project(project) if data is None else material_of_set(data)

        self._counter.ask(work, then=self._take, failed=lambda error: self._take(Material(problem=sentence(error))))

    def measure(self, start: Path | None) -> None:
        """Find out how fast a training from a network is here."""
        self.pace, self.unmeasured = None, False
        self.about, self.names = "", ()
        if start is None:
            # Of a network that is not there yet nobody knows how fast it learns.
            self._timer.drop()
            self._reader.drop()
            self._take_pace(None)
            return
        if not start.exists():
            return
        self._reader.ask(
            lambda progress, should_stop: card_of(start, read_bytes(start)),
            then=self._take_card,
            failed=lambda error: None,
        )
        earlier = [
            (one.card, one.status.rate)
            for one in self._trainings.seen
            if one.card is not None and one.status.rate and one.settings.threads == THREADS
        ]

        def work(progress: Progress, should_stop: ShouldStop) -> tuple[Pace, bool] | None:
            return pace_of(start, earlier, threads=THREADS, should_stop=should_stop)

        self._timer.ask(work, then=self._take_pace, failed=lambda error: self._take_pace(None))

    def _take(self, material: Material) -> None:
        self.material = material
        self.changed.emit()

    def _take_card(self, card: Card) -> None:
        self.about, self.names = network_text(card), card.names
        self.changed.emit()

    def _take_pace(self, found: tuple[Pace, bool] | None) -> None:
        self.pace, self.from_earlier = (None, False) if found is None else found
        self.unmeasured = found is None
        self.changed.emit()

    def close(self) -> None:
        """Let the threads end."""
        self._counter.close()
        self._timer.close()
        self._reader.close()
