"""People seen by a network in a process of its own: the way the window goes, from a published file to the answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from poses import write_published

from model import remote
from model.people import Candidate
from model.predictor import Predictor
from model.remote import RemoteError, RemotePredictor

pytestmark = pytest.mark.usefixtures("own_cache")

FRAME = np.random.default_rng(4).integers(0, 256, (90, 160, 3), dtype=np.uint8)
BOXES = [Candidate((10.0, 10.0, 50.0, 80.0)), Candidate((60.0, 5.0, 100.0, 85.0), 0.5)]


def test_a_published_checkpoint_sees_people_over_there_as_here(tmp_path: Path) -> None:
    path = tmp_path / "pose_hrnet_w32_256x192.pth"
    write_published(path)
    far = remote.load(path)
    assert isinstance(far, RemotePredictor)
    try:
        here = Predictor.load(path, "cpu", threads=1, way="plain")
        assert (far.id, far.scheme, far.takes_boxes) == (here.id, "coco-17", True)
        assert far.names == here.names
        for same in (None, 0.9):
            there, near = (one.predict_people(FRAME, BOXES, same=same) for one in (far, here))
            assert len(there.instances) == len(near.instances)
            for one, other in zip(there.instances, near.instances, strict=True):
                assert one.box == other.box
                assert one.score == pytest.approx(other.score, abs=1e-3)
                np.testing.assert_allclose(one.confidence, other.confidence, atol=1e-3)
        assert far.predict_people(FRAME).instances == ()
        assert far.predict(FRAME).image_size == (160, 90)
        with pytest.raises(RemoteError, match="no box"):
            far.predict_people(FRAME, [Candidate((5.0, 5.0, 5.0, 9.0))])
        assert len(far.predict_people(FRAME, BOXES).instances) == 2
    finally:
        far.close()


def test_a_file_without_known_points_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "strange.pth"
    write_published(path, channels=9)
    with pytest.raises(RemoteError, match="strange"):
        remote.load(path)
