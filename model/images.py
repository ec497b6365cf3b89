"""Images on their way to the network's input."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def stretch(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """RGB ``(h, w, 3)`` of ``size`` (w, h); averaging when it shrinks, pixel edges stay pixel edges."""
    if (image.shape[1], image.shape[0]) == size:
        return np.ascontiguousarray(image)
    shrinks = image.shape[1] > size[0] or image.shape[0] > size[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), dtype=np.uint8)
