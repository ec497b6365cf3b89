"""Batches for training: which sample comes when, decoded once, augmented, encoded. Pure numpy.

Batch n is a function of the settings and n alone, so a resumed training sees what an uninterrupted one would have seen,
whatever the number of loading threads.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from model.augment import Augmentation, augment
from model.boxes import Box, cut, part_from_image, region
from model.dataset import Sample, SampleError, TrainingSet, read_image
from model.heatmaps import ABSENT, OCCLUDED, UNKNOWN, Codec

_ATTEMPTS = 10
_AHEAD = 4


@dataclass(frozen=True)
class Batch:
    """Images ``(B, h, w, 3)`` RGB uint8, targets ``(B, K + 1, mh, mw)``, masks ``(B, K + 1)``.

    ``places`` ``(B, K, 2)`` are shares of the image from its middle, ``states`` ``(B, K)``, ``scalars`` ``(B, S)``
    shares of their ranges, NaN where unknown. ``start`` is the number of the first sample, ``whole`` how many the batch
    has in all processes together.
    """

    start: int
    whole: int
    images: NDArray[np.uint8]
    targets: NDArray[np.float32]
    masks: NDArray[np.float32]
    places: NDArray[np.float32]
    states: NDArray[np.int8]
    scalars: NDArray[np.float32]


@dataclass(frozen=True)
class Job:
    """A batch to be made: its first sample, its size, (number, set, index) of every draw here, and the input scale."""

    start: int
    whole: int
    draws: list[tuple[int, int, int]]
    scale: float


class Mixture:
    """Which set and which of its samples each draw takes: sets in exact proportion, each set shuffled per round."""

    def __init__(self, sizes: Sequence[int], weights: Sequence[float], seed: int) -> None:
        if not sizes or len(sizes) != len(weights) or min(sizes) < 1 or min(weights) <= 0:
            raise ValueError(f"a mixture needs samples and positive weights: {list(sizes)}, {list(weights)}")
        self._sizes, self._seed = list(sizes), seed
        self._shares = np.array(weights, dtype=np.float64) / sum(weights)
        self._drawn = np.zeros(len(sizes), dtype=np.int64)
        self._orders: dict[int, tuple[int, NDArray[np.intp]]] = {}

    def skip(self, count: int) -> None:
        """Go on as if ``count`` draws had been taken."""
        for _ in range(count):
            self._next_set()

    def draw(self) -> tuple[int, int]:
        """Set and sample index."""
        chosen = self._next_set()
        turn, place = divmod(int(self._drawn[chosen]) - 1, self._sizes[chosen])
        if self._orders.get(chosen, (-1,))[0] != turn:
            order = np.random.default_rng((self._seed, chosen, turn)).permutation(self._sizes[chosen])
            self._orders[chosen] = (turn, order)
        return chosen, int(self._orders[chosen][1][place])

    def _next_set(self) -> int:
        deficit = self._shares * (self._drawn.sum() + 1) - self._drawn
        chosen = int(deficit.argmax())
        self._drawn[chosen] += 1
        return chosen


class ImageStore:
    """Decoded images at most ``limit`` (w, h) large, kept in memory until ``budget`` bytes are used.

    Of a sample with a box it is what a network looks at of it (`model.boxes`).
    """

    def __init__(self, limit: tuple[int, int], budget: int) -> None:
        self._limit, self._budget = limit, budget
        self._kept: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self._lock = threading.Lock()

    def get(self, key: tuple[int, int], sample: Sample) -> NDArray[np.uint8]:
        """The image, stretched into the limit; a `SampleError` when it cannot be read."""
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        image = read_image(sample)
        if sample.box is not None:
            image = cut(image, region(sample.box, self._limit[0] / self._limit[1]), self._limit)
        size = (min(image.shape[1], self._limit[0]), min(image.shape[0], self._limit[1]))
        if size != (image.shape[1], image.shape[0]):
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        with self._lock:
            if self._budget >= image.nbytes and key not in self._kept:
                self._budget -= image.nbytes
                self._kept[key] = image
        return image


class Feed:
    """Augmented batches of a mixture of training sets.

    ``occluded_unknown`` leaves occluded points out of the loss instead of teaching them. Samples that cannot be read
    are replaced by the next one of their set and listed in ``problems``.
    """

    def __init__(
        self,
        sets: Sequence[tuple[TrainingSet, float]],
        *,
        split: str,
        codec: Codec,
        augmentation: Augmentation,
        seed: int,
        cache_bytes: int,
        occluded_unknown: bool = False,
    ) -> None:
        self._sets = [training_set for training_set, _ in sets]
        self._weights = [weight for _, weight in sets]
        self._samples = [training_set.of_split(split) for training_set in self._sets]
        self._codec, self._augmentation, self._seed = codec, augmentation, seed
        self._occluded_unknown = occluded_unknown
        width, height = codec.input_size
        self._limit = (width * 3 // 2, height * 3 // 2)
        self._store = ImageStore(self._limit, cache_bytes)
        self._lock = threading.Lock()
        self._problems: dict[tuple[int, int], SampleError] = {}

    @property
    def problems(self) -> tuple[SampleError, ...]:
        """Every sample that could not be used so far."""
        with self._lock:
            return tuple(self._problems.values())

    def batches(
        self, *, start: int, sizes: Iterator[tuple[int, float]], workers: int, share: tuple[int, int] = (0, 1)
    ) -> Generator[Batch, None, None]:
        """Batches from sample ``start`` on; ``sizes`` gives each one's sample count and input scale.

        ``share`` (i, n) gives every n-th sample of each batch, from the i-th on: what one of n processes computes.
        With ``workers`` threads up to four batches are prepared ahead; with 0 they are made when asked for.
        """
        mixture = Mixture([len(samples) for samples in self._samples], self._weights, self._seed)
        mixture.skip(start)
        jobs = self._jobs(mixture, start, sizes, share)
        if workers < 1:
            for job in jobs:
                yield self._batch(job)
            return
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="feed") as pool:
            waiting: list[Future[Batch]] = []
            try:
                for job in jobs:
                    waiting.append(pool.submit(self._batch, job))
                    if len(waiting) >= _AHEAD:
                        yield waiting.pop(0).result()
                while waiting:
                    yield waiting.pop(0).result()
            finally:
                for future in waiting:
                    future.cancel()

    @staticmethod
    def _jobs(
        mixture: Mixture, start: int, sizes: Iterator[tuple[int, float]], share: tuple[int, int]
    ) -> Iterator[Job]:
        for count, scale in sizes:
            draws = [(start + i, *mixture.draw()) for i in range(count)]
            yield Job(start, count, draws[share[0] :: share[1]], scale)
            start += count

    def _batch(self, job: Job) -> Batch:
        codec = self._codec.scaled(job.scale)
        views = [self._view(number, chosen, index, codec) for number, chosen, index in job.draws]
        parts = zip(*views, strict=True)
        return Batch(job.start, job.whole, *(np.stack(part) for part in parts))

    def _view(
        self, number: int, chosen: int, index: int, codec: Codec
    ) -> tuple[NDArray[Any], ...]:
        """The arrays of a `Batch`, of one sample."""
        training_set = self._sets[chosen]
        sample, image = self._readable(chosen, index)
        xy, state = training_set.labels(sample)
        if self._occluded_unknown:
            state = np.where(state == OCCLUDED, UNKNOWN, state).astype(np.int8)
        picture, points, state = augment(
            image,
            (xy + 0.5) / np.array(sample.size) if sample.box is None else part_from_image(xy, self._part(sample)),
            state,
            permutation=training_set.permutation(sample),
            size=codec.input_size,
            rng=np.random.default_rng((self._seed, 1, number)),
            settings=self._augmentation,
        )
        places = np.where(state[:, None] > ABSENT, (points + 0.5) / np.array(codec.input_size) - 0.5, 0.0)
        shares = training_set.shares(sample)
        return picture, *codec.encode(points, state), places.astype(np.float32), state, shares

    @property
    def count(self) -> int:
        """How many samples all sets have together."""
        return sum(len(samples) for samples in self._samples)

    def _part(self, sample: Sample) -> Box:
        """What is looked at of a sample with a box."""
        assert sample.box is not None
        return region(sample.box, self._limit[0] / self._limit[1])

    def _readable(self, chosen: int, index: int) -> tuple[Sample, NDArray[np.uint8]]:
        samples = self._samples[chosen]
        for step in range(_ATTEMPTS):
            key = (chosen, (index + step) % len(samples))
            sample = samples[key[1]]
            if key in self._problems:
                continue
            try:
                return sample, self._store.get(key, sample)
            except SampleError as error:
                with self._lock:
                    self._problems[key] = error
        raise self._problems[(chosen, index)]
