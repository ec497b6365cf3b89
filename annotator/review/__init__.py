"""Why a frame deserves a look, in words and numbers, and in which order to look at frames.

``signs_of`` says what is odd about one frame; ``rank`` brings many frames into an order that a person can question.
"""

from annotator.review.peaks import Peak, second_peaks
from annotator.review.queue import Queued, rank
from annotator.review.signs import FrameSigns, Kind, Sign, jump_sign, kinds_of, signs_of

__all__ = ["FrameSigns", "Kind", "Peak", "Queued", "Sign", "jump_sign", "kinds_of", "rank", "second_peaks", "signs_of"]
