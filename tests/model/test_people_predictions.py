"""Predictions of many things, stored and read."""

import json
import zlib

import numpy as np
import pytest

from model.heatmaps import PredictionError
from model.people import InstancePrediction, PeoplePrediction, holds_people

NAMES = ("a", "b", "c")


def one(score=0.5, **more):
    xy = np.array([[1.25, 2.5], [np.nan, np.nan], [-3.0, 700.125]])
    return InstancePrediction(NAMES, xy, np.array([0.9, 0.0, 0.4]), np.array([1.0, np.nan, 2.0]), score, **more)


def equal(first, second):
    arrays = [(getattr(first, name), getattr(second, name)) for name in ("xy", "confidence", "sd")]
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in arrays)
    assert (first.visible is None) == (second.visible is None)
    assert first.visible is None or np.array_equal(first.visible, second.visible)
    assert (first.names, first.score, first.box) == (second.names, second.score, second.box)
    assert first.values == second.values


def test_a_prediction_of_many_is_read_as_it_was_stored():
    many = (one(), one(0.9, box=(1.0, 2.0, 3.5, 4.0), visible=np.array([1.0, 0.5, 0.25]), values={"cards": 3.5}))
    stored = PeoplePrediction(many, (640, 480), "net").to_bytes()
    assert holds_people(stored)
    assert stored == PeoplePrediction(many, (640, 480), "net").to_bytes()
    found = PeoplePrediction.from_bytes(stored)
    assert (found.image_size, found.network) == ((640, 480), "net")
    for first, second in zip(many, found.instances, strict=True):
        equal(first, second)
    assert [i.score for i in found.with_instances(found.instances).instances] == [0.9, 0.5]
    assert PeoplePrediction.from_bytes(PeoplePrediction((), (1, 1), "n").to_bytes()).instances == ()


def test_nobody_writes_into_a_prediction():
    with pytest.raises(ValueError, match="read-only"):
        one().xy[0, 0] = 1


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="3 points"):
        InstancePrediction(NAMES, np.zeros((2, 2)), np.zeros(3), np.zeros(3), 1.0)
    with pytest.raises(ValueError, match="visibilities"):
        one(visible=np.zeros(2))


@pytest.mark.parametrize(
    "change",
    [b"", b"TLPEOP01", b"TLPEOP01junk", b"TLPEOP01" + zlib.compress(b"[]"), b"TLPEOP01" + zlib.compress(b"{}")],
)
def test_damaged_bytes_are_an_error_that_says_what_to_do(change):
    with pytest.raises(PredictionError, match="predict the frame again"):
        PeoplePrediction.from_bytes(change)


def test_a_damaged_instance_is_an_error():
    whole = json.loads(zlib.decompress(PeoplePrediction((one(),), (4, 4), "n").to_bytes()[8:]))
    for key, value in (("xy", [[1, 2]]), ("box", [1, 2]), ("names", 3), ("score", None), ("values", [1])):
        document = json.loads(json.dumps(whole))
        document["instances"][0][key] = value
        with pytest.raises(PredictionError):
            PeoplePrediction.from_bytes(b"TLPEOP01" + zlib.compress(json.dumps(document).encode()))
