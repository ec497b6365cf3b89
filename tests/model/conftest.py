"""Toy training sets, and the reference data that stands outside the repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from toys import NAMES, toy_samples

from model.dataset import TrainingSet, write_training_set

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def parity() -> Path:
    """Reference networks and outputs; required where CI is set."""
    folder = REFERENCE / "parity"
    if not folder.is_dir():
        reason = f"the reference data is not at {folder}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def toy_set(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    """Forty labelled pictures, every fifth for validation."""
    return write_training_set(
        tmp_path_factory.mktemp("toy") / "set",
        scheme="discs",
        keypoints=NAMES,
        mirror=range(len(NAMES)),
        mirror_rules={},
        samples=toy_samples(40),
        settings={},
    )
