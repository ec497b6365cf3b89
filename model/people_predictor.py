"""Images in, people out: one door for networks that look into boxes and for those that find everybody at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.people import Candidate, InstancePrediction, PeoplePrediction
from model.predictor import Device, FlipTest, Predictor, Way
from model.suppression import SAME
from model.topdown import TopDown

if TYPE_CHECKING:
    from model.bottomup import BottomUp

__all__ = ["SAME", "PeoplePredictor"]


class PeoplePredictor:
    """A loaded network that sees several things in an image.

    ``sigmas`` are the OKS constants (K,) of the points, without them those of a published scheme.

    Attributes
    ----------
    predictor : the network itself.
    takes_boxes : whether it has to be told where to look; else it finds everybody by itself.
    """

    def __init__(self, predictor: Predictor, *, sigmas: Sequence[float] = ()) -> None:
        self.predictor = predictor
        self.takes_boxes = not predictor.card.spec.tags
        self._seer: TopDown | BottomUp
        if self.takes_boxes:
            self._seer = TopDown(predictor, sigmas=sigmas)
        else:
            from model.bottomup import BottomUp

            self._seer = BottomUp.of(predictor, sigmas=sigmas)

    @classmethod
    def load(
        cls,
        path: Path,
        device: Device = "auto",
        threads: int | None = None,
        *,
        sigmas: Sequence[float] = (),
        flip_test: FlipTest = "off",
        way: Way = "fastest",
    ) -> PeoplePredictor:
        """As `Predictor.load`."""
        return cls(Predictor.load(path, device, threads, flip_test=flip_test, way=way), sigmas=sigmas)

    @property
    def id(self) -> str:
        """Identity of the weights."""
        return self.predictor.id

    @property
    def names(self) -> tuple[str, ...]:
        """The K keypoints in channel order."""
        return self.predictor.names

    @property
    def threshold(self) -> float:
        """The confidence from which a point is worth showing."""
        return self.predictor.threshold

    @property
    def device_text(self) -> str:
        """For a status bar."""
        return self.predictor.device_text

    def predict(
        self, rgb: NDArray[np.uint8], candidates: Sequence[Candidate] = (), *, same: float | None = None
    ) -> tuple[InstancePrediction, ...]:
        """Everybody seen in an RGB uint8 image ``(H, W, 3)``.

        One answer a box, in their order, where the network takes boxes; with ``same`` those that are more alike than
        this (OKS) are one, and the surest comes first, which is for boxes of a detector. A network that takes none
        passes them over.
        """
        return self._seer.predict(rgb, candidates, same=same)

    def look(
        self, rgb: NDArray[np.uint8], candidates: Sequence[Candidate] = (), *, same: float | None = None
    ) -> PeoplePrediction:
        """As `predict`, as it is stored: best score first, with the image's size and the network."""
        empty = PeoplePrediction((), (rgb.shape[1], rgb.shape[0]), self.id)
        return empty.with_instances(self.predict(rgb, candidates, same=same))
