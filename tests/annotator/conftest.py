"""What several modules of tests ask for: a rendered training set, and numbers that may be no numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from annotator.recipe import render_training_set


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small training set."""
    folder = tmp_path_factory.mktemp("rendered") / "set"
    render_training_set(folder, frames=4, first_seed=38, size=(160, 90))
    return folder


@pytest.fixture
def quiet() -> Iterator[None]:
    """Geometry far from an answer divides by nothing now and then, as inside the program."""
    with np.errstate(all="ignore"):
        yield
