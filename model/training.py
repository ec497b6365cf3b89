"""The training loop: resumable, seeded, and its latest averaged weights are always a usable network."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor, nn

from model.beginning import begin_from, card_for, check, device_name, laid_out, optimiser_for, spec_for, wants_half
from model.checkpoint import BROKEN_FILE, Checkpoint, CheckpointError, save, write_whole
from model.dataset import TrainingSet
from model.feed import Batch, Feed
from model.finishing import MOST_VIEWS, VIEWS, feed_of, fit_numbers
from model.heatmaps import Codec
from model.metrics import Score
from model.networks import Network, network
from model.objectives import Objective
from model.plan import (
    Progress,
    TrainingConfig,
    TrainingError,
    TrainingResult,
    learning_rate,
    scale_at,
    work,
)
from model.ranks import Ranks, own_device
from model.second_look import with_close_ups
from model.validation import Validator

__all__ = ["Progress", "TrainingConfig", "TrainingError", "TrainingResult", "learning_rate", "train"]
_STATE_VERSION = 1


def train(
    config: TrainingConfig,
    sets: Sequence[tuple[TrainingSet, float]],
    *,
    start: Path | Checkpoint | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainingResult:
    """Train on weighted sets; go on where a state of the same settings stands beside the output.

    ``start`` is a checkpoint to begin from; layers of other shapes begin anew. After every save and at the end
    ``config.output`` holds the averaged weights. Errors: `TrainingError` for settings or sets that do not fit,
    `SampleError` if a set is unreadable throughout, `CheckpointError` for files that cannot be read or written.
    """
    threads, cv_threads = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(config.threads)
    cv2.setNumThreads(1)
    denormal = torch.set_flush_denormal(True)
    try:
        run = _Run(config, sets, start)
        try:
            return run.go(progress, should_stop)
        finally:
            run.ranks.leave()
    finally:
        torch.set_num_threads(threads)
        cv2.setNumThreads(cv_threads)
        if denormal:
            torch.set_flush_denormal(False)


class _StoppedError(Exception):
    """The caller asked to stop."""


class _Run:
    """The state of one training: network, average, optimiser, samples done."""

    def __init__(
        self, config: TrainingConfig, sets: Sequence[tuple[TrainingSet, float]], start: Path | Checkpoint | None
    ) -> None:
        check(config, sets)
        if config.second_look:
            sets = with_close_ups(sets, seed=config.seed)
        self.config, self.sets, first = config, sets, sets[0][0]
        self.codec = Codec(config.input_size, stride=spec_for(config, len(first.keypoints)).stride, sigma=config.sigma)
        self.feed = Feed(
            sets,
            split="train",
            codec=self.codec,
            augmentation=config.augmentation,
            seed=config.seed,
            cache_bytes=config.cache_bytes,
            occluded_unknown=config.occluded == "unknown",
        )
        count = sum(len(training_set.of_split("train")) for training_set, _ in sets)
        self.total = round(config.epochs * count) if config.epochs is not None else config.samples
        self.device = own_device(device_name(config.device))
        self.ranks = Ranks.join(self.device)
        torch.manual_seed(config.seed)
        self.card = card_for(config, first)
        self.net = laid_out(network(self.card.spec), self.device)
        self.objective = Objective(config, self.card.spec)
        if start is not None:
            begin_from(self.net, start)
        self.called = self.ranks.wrapped(self.net, self.device)
        self.average = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
        self.optimiser = optimiser_for(self.net, config)
        self.half = wants_half(config.precision, self.device)
        self.done = self.steps = self.kept = self.logged = self.validated = 0
        self.seconds, self.loss = 0.0, math.nan
        self.validation: Score | None = None
        self.log: list[dict[str, Any]] = []
        self.mean = torch.tensor(self.card.mean, device=self.device).view(1, 3, 1, 1) * 255
        self.std = torch.tensor(self.card.std, device=self.device).view(1, 3, 1, 1) * 255
        self.validator = Validator(sets, codec=self.codec, limit=config.validate_limit)
        self.best, self.stale, self.best_weights = -math.inf, 0, dict[str, Tensor]()
        self._resume()

    def go(self, progress: Callable[[Progress], None], should_stop: Callable[[], bool]) -> TrainingResult:
        """Until everything is done or the caller asks to stop."""
        began, saved = time.monotonic() - self.seconds, time.monotonic()
        first, first_seconds = self.done, self.seconds
        self.net.train()
        share = (self.ranks.rank, self.ranks.world)
        batches = self.feed.batches(start=self.done, sizes=self._sizes(), workers=self.config.workers, share=share)
        with closing(batches):
            while not self._is_over() and not self.ranks.any(should_stop(), self.device):
                self._step(next(batches))
                self.seconds = time.monotonic() - began
                if not self.ranks.leads:
                    continue
                self._report(time.monotonic() - began)
                spent, paid = self.seconds - first_seconds, self._work(self.done) - self._work(first)
                progress(self._progress(spent / paid))
                if time.monotonic() - saved > self.config.save_minutes * 60:
                    self._save_state()
                    saved = time.monotonic()
        return self._finish(progress, should_stop)

    def _is_over(self) -> bool:
        """Everything is done, or nothing has become better for too long."""
        tired = bool(self.config.patience) and self.stale >= self.config.patience
        return self.done >= self.total or self.ranks.any(tired, self.device)

    def _work(self, done: int) -> float:
        return work(self.config, done, self.total)

    def _report(self, seconds: float) -> None:
        """Validate and log when it is time to."""
        last = self.done >= self.total
        every = self.config.validate_every
        if self.validator.count and (last or (every and self.done // every != self.validated // every)):
            self.validation, self.validated = self.validator.score(self._averaged(), self._prepare), self.done
            self._compare()
        if last or self.done - self.logged >= max(self.config.batch * 25, self.total // 2000):
            self.logged = self.done
            self._record(seconds)

    def _compare(self) -> None:
        """Keep the best weights where the training may end early."""
        if not self.config.patience or self.validation is None:
            return
        value = self.validation.pck[max(self.validation.pck)]
        self.stale += 1
        if value > self.best or not self.best_weights:
            self.best, self.stale = value, 0
            self.best_weights = {name: one.clone() for name, one in self.average.items()}

    def _finish(self, progress: Callable[[Progress], None], should_stop: Callable[[], bool]) -> TrainingResult:
        finished = self._is_over()
        if self.ranks.leads:
            if finished and self.logged != self.done:
                self._record(self.seconds)
            if finished and self.card.spec.scalars:
                finished = self._finish_numbers(progress, should_stop)
            if finished:
                self._save_weights()
                self.config.state_path.unlink(missing_ok=True)
            elif self.done > self.kept:
                self._save_state()
        return TrainingResult(
            output=self.config.output,
            samples=self.done,
            seconds=self.seconds,
            finished=finished,
            validation=self.validation,
            problems=self.feed.problems,
        )

    def _finish_numbers(self, progress: Callable[[Progress], None], should_stop: Callable[[], bool]) -> bool:
        """Fit what says numbers to the network as it has become, on several views of every sample; False if stopped."""
        net = laid_out(network(self.card.spec), self.device)
        weights = self.best_weights or self.average
        net.load_state_dict(weights)
        feed, began = feed_of(self.config, self.sets, self.codec), time.monotonic()
        count = min(2 * self.total, VIEWS * feed.count, MOST_VIEWS)

        def views() -> Iterator[Batch]:
            sizes = ((min(self.config.batch, count - i), 1.0) for i in range(0, count, self.config.batch))
            done = 0
            with closing(feed.batches(start=0, sizes=sizes, workers=self.config.workers)) as batches:
                for batch in batches:
                    if should_stop():
                        raise _StoppedError
                    yield batch
                    done += batch.whole
                    left = (time.monotonic() - began) / done * (count - done)
                    progress(replace(self._progress(0.0), seconds_left=left))

        try:
            fit_numbers(net.eval(), views(), self._prepare, seed=self.config.seed)
        except _StoppedError:
            return False
        for name, value in net.state_dict().items():
            if name.startswith("extras.count"):
                weights[name] = value.detach().clone()
        return True

    def _sizes(self) -> Iterator[tuple[int, float]]:
        planned = self.done
        while planned < self.total:
            # The last batch, too, has a sample for every process.
            count = max(self.ranks.world, min(self.config.batch, self.total - planned))
            yield count, scale_at(self.config, planned / self.total)
            planned += count

    def _prepare(self, images: Tensor) -> Tensor:
        """Normalised ``(B, 3, h, w)`` from RGB uint8 ``(B, h, w, 3)``."""
        x = images.to(self.device).permute(0, 3, 1, 2).float()
        return ((x - self.mean) / self.std).contiguous(memory_format=torch.channels_last)

    def _step(self, batch: Batch) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.config, self.done, self.total)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            outputs = self.called(self._prepare(torch.from_numpy(batch.images)))
        loss = self.objective.loss(outputs, batch, self.device)
        value = self.ranks.mean(float(loss.detach()), self.device)
        if not math.isfinite(value):
            raise TrainingError(f"the loss is {value} after {self.done} samples. Resume with a smaller learning rate.")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), self.config.clip)
        self.optimiser.step()
        self.done = batch.start + batch.whole
        self.steps += 1
        self.loss = value if math.isnan(self.loss) else self.loss + (value - self.loss) / min(self.steps, 100)
        self._average_weights()

    @torch.no_grad()
    def _average_weights(self) -> None:
        """Exponential moving average; short at first, so that the beginning is forgotten."""
        decay = min(self.config.ema, (1 + self.steps) / (10 + self.steps))
        for name, value in self.net.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - decay)

    def _averaged(self) -> Network:
        net = laid_out(network(self.card.spec), self.device)
        net.load_state_dict(self.average)
        return net.eval()

    def _progress(self, rate: float) -> Progress:
        lr = learning_rate(self.config, self.done, self.total)
        left = rate * (self._work(self.total) - self._work(self.done))
        return Progress(self.done, self.total, self.loss, lr, self.seconds, left, self.validation)

    def _record(self, seconds: float) -> None:
        score = self.validation
        row: dict[str, Any] = {
            "samples": self.done,
            "seconds": round(seconds, 1),
            "lr": f"{learning_rate(self.config, self.done, self.total):.3e}",
            "loss": f"{self.loss:.5f}",
            "recall": "" if score is None else f"{score.recall:.4f}",
            "precision": "" if score is None else f"{score.precision:.4f}",
            "median": "" if score is None else f"{score.median:.3f}",
        }
        row |= {} if score is None else {f"pck{t:g}": f"{value:.4f}" for t, value in score.pck.items()}
        self.log.append(row)
        columns = max(self.log, key=len).keys()
        text = StringIO()
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.log)
        write_whole(self.config.log_path, text.getvalue().encode())

    def _save_weights(self) -> None:
        summary: dict[str, Any] = {"samples": self.done, "loss": _finite(self.loss), "seed": self.config.seed}
        if self.validation is not None:
            summary["validation"] = _finite(asdict(self.validation))
        weights = self.best_weights or self.average
        save(self.config.output, weights, replace(self.card, training={**self.card.training, **summary}))

    def _save_state(self) -> None:
        state = {
            "version": _STATE_VERSION,
            "fingerprint": self.config.fingerprint(),
            "done": self.done,
            "steps": self.steps,
            "seconds": self.seconds,
            "loss": self.loss,
            "log": self.log,
            "net": self.net.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "best": (self.best, self.stale, self.best_weights),
        }
        buffer = BytesIO()
        torch.save(state, buffer)
        write_whole(self.config.state_path, buffer.getvalue())
        self._save_weights()
        self.kept = self.done

    def _resume(self) -> None:
        path = self.config.state_path
        if not path.exists():
            return
        advice = "Delete it to begin anew, or choose another output."
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            known = (state["version"], state["fingerprint"])
        except (OSError, *BROKEN_FILE) as error:
            raise CheckpointError(path, f"the state of the training is damaged ({error})", advice) from error
        if known != (_STATE_VERSION, self.config.fingerprint()):
            raise TrainingError(f"{path}: the state belongs to a training with other settings. {advice}")
        self.net.load_state_dict(state["net"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.done, self.steps, self.seconds = state["done"], state["steps"], state["seconds"]
        self.loss, self.log = state["loss"], state["log"]
        # States of older programs know of no best weights.
        self.best, self.stale, self.best_weights = state.get("best", (self.best, 0, {}))
        self.kept = self.logged = self.validated = self.done


def _finite(value: Any) -> Any:
    """JSON values: text keys, and null for numbers that are not finite."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else f"{key:g}": _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
