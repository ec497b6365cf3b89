"""Which clip a frame belongs to, by its name alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.export.splits import _clip
from annotator.labels import FrameState
from annotator.project import FrameRow, MediaKind


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("a/clip_03_0012.jpg", "match/a/clip_03"),
        ("clip_03_0013.jpg", "match/clip_03"),
        ("0013.jpg", "match"),
        ("08fd33_2_10_png_jpg.rf.0123456789abcdef0123456789abcdef.jpg", "match/08fd33_2"),
        ("08fd33_2_9_png.rf.fedcba9876543210fedcba9876543210.jpg", "match/08fd33_2"),
    ],
)
def test_a_clip_is_what_comes_before_the_number(name: str, clip: str) -> None:
    row = FrameRow(1, 1, 0, name, Path("match") / name, FrameState.ACCEPTED, missing=False, kind=MediaKind.FOLDER)
    assert _clip(row, Path("/data/match")) == clip
