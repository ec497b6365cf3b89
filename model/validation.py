"""A quick score of a network on the validation split of its training sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.boxes import Box, cut, part_from_image, region
from model.dataset import Sample, SampleError, TrainingSet, read_image
from model.heatmaps import ABSENT, UNKNOWN, Codec, input_from_image
from model.images import stretch
from model.metrics import Score, score
from model.networks import Network, linear_maps

THRESHOLD = 0.3
DISTANCES = (2.5, 5.0, 10.0)
"""Pixels of the network's input."""


class Validator:
    """At most ``limit`` validation samples, spread evenly over all sets."""

    def __init__(self, sets: Sequence[tuple[TrainingSet, float]], *, codec: Codec, limit: int) -> None:
        every = [(training_set, sample) for training_set, _ in sets for sample in training_set.of_split("val")]
        step = max(1, -(-len(every) // max(1, limit)))
        self._chosen = every[::step]
        self._codec = codec

    @property
    def count(self) -> int:
        """How many samples are scored."""
        return len(self._chosen)

    def score(self, net: Network, prepare: Callable[[Tensor], Tensor]) -> Score | None:
        """The score in input pixels; None when no sample could be read."""
        places, confidences, truths, states = [], [], [], []
        for training_set, sample in self._chosen:
            try:
                image = self._image(sample)
            except SampleError:
                # The feed reports unreadable images; one missing row does not change what a score means.
                continue
            with torch.inference_mode():
                outputs = net(prepare(torch.from_numpy(image)[None]))
                maps = linear_maps(outputs, net.spec, self._codec)[0].cpu().numpy()
            xy, confidence, _ = self._codec.decode(maps)
            truth, state = training_set.labels(sample)
            places.append(xy)
            confidences.append(confidence)
            truths.append(self._in_input(truth, sample))
            states.append(state)
        if not places:
            return None
        state_of = np.stack(states)
        return score(
            np.stack(places),
            np.stack(confidences),
            np.stack(truths),
            state_of > ABSENT,
            known=state_of != UNKNOWN,
            threshold=THRESHOLD,
            distances=DISTANCES,
        )

    def _image(self, sample: Sample) -> NDArray[np.uint8]:
        part, size = self._part(sample), self._codec.input_size
        return stretch(read_image(sample), size) if part is None else cut(read_image(sample), part, size)

    def _in_input(self, points: NDArray[np.float64], sample: Sample) -> NDArray[np.float64]:
        part, size = self._part(sample), self._codec.input_size
        if part is None:
            return input_from_image(points, size, sample.size)
        return np.asarray(part_from_image(points, part) * np.array(size) - 0.5)

    def _part(self, sample: Sample) -> Box | None:
        """What is looked at of a sample with a box."""
        width, height = self._codec.input_size
        return None if sample.box is None else region(sample.box, width / height)
