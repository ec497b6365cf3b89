"""Images in, people out: one door for networks that look into boxes and for those that find everybody at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.people import Candidate, InstancePrediction, PeoplePrediction
from model.predictor import Predictor
from model.topdown import TopDown

if TYPE_CHECKING:
    from model.bottomup import BottomUp


class PeoplePredictor:
    """A loaded network that sees several things in an image; `Predictor.predict_people` is the way to it."""

    def __init__(self, predictor: Predictor) -> None:
        self._network = predictor.id
        self._seer: TopDown | BottomUp
        if predictor.takes_boxes:
            self._seer = TopDown(predictor)
        else:
            from model.bottomup import BottomUp

            self._seer = BottomUp.of(predictor)

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
        empty = PeoplePrediction((), (rgb.shape[1], rgb.shape[0]), self._network)
        return empty.with_instances(self.predict(rgb, candidates, same=same))
