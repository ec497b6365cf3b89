"""Arrays out of MATLAB files: what SciPy writes is read, and damage is a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from annotator.formats.documents import FormatError
from annotator.formats.matlab import read_array

BOXES = np.random.default_rng(0).uniform(0, 900, (2, 2, 7))


def saved(*, compressed=False, **arrays):
    buffer = io.BytesIO()
    savemat(buffer, arrays, do_compression=compressed)
    return buffer.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["f8", "f4", "u1", "i2", "i4", "u8"])
def test_arrays_of_every_kind_go_in_a_circle(tmp_path, kind, compressed):
    path = tmp_path / "a.mat"
    others = {"cells": np.array([["a", "b"]], dtype=object), "structure": {"headboxes_src": 1.0}, "z": 1 + 2j}
    path.write_bytes(saved(compressed=compressed, **others, boxes=BOXES.astype(kind), last=np.zeros((0, 3))))
    np.testing.assert_array_equal(read_array(path, "boxes"), BOXES.astype(kind).astype(float))
    assert read_array(path, "last").shape == (0, 3)
    for name in ("cells", "structure", "z", "headboxes_src"):
        with pytest.raises(FormatError, match="no array of numbers"):
            read_array(path, name)


def test_the_other_byte_order_and_numbers_stored_small_are_read(tmp_path):
    def element(kind, data):
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    small = struct.pack(">HH", 3, 2) + bytes([7, 8, 9, 0])  # size 3, type uint8
    flags, shape = element(6, struct.pack(">II", 6, 0)), element(5, struct.pack(">ii", 1, 3))
    matrix = element(14, flags + shape + element(1, b"abcde") + small)
    path = tmp_path / "a.mat"
    path.write_bytes(b"MATLAB 5.0".ljust(124) + b"\x01\x00MI" + matrix)
    assert read_array(path, "abcde").tolist() == [[7, 8, 9]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no MATLAB file"),
        (b"\x89HDF\r\n".ljust(200), "no MATLAB file"),
        (saved(boxes=BOXES)[:-90], "damaged"),
        (saved(boxes=BOXES)[:131], "damaged"),
        (saved(boxes=BOXES, compressed=True)[:-40], "damaged"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, content, reason):
    path = tmp_path / "a.mat"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=reason):
        read_array(path, "boxes")
    with pytest.raises(FormatError, match="cannot be read"):
        read_array(tmp_path / "gone.mat", "boxes")


def test_a_variable_that_unfolds_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("annotator.formats.matlab._LARGEST", 1000)
    path = tmp_path / "a.mat"
    packed = zlib.compress(bytes(100_000))
    path.write_bytes(saved(boxes=BOXES)[:128] + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(FormatError, match="more than"):
        read_array(path, "boxes")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), compressed=st.booleans())
def test_damage_anywhere_is_an_array_or_a_sentence(tmp_path, data, compressed):
    content = bytearray(saved(compressed=compressed, first=np.arange(3), boxes=BOXES))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(124, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "a.mat"
    path.write_bytes(content[: data.draw(st.integers(100, len(content)))])
    said = ""
    try:
        said = f"{path}: {read_array(path, 'boxes').dtype}"
    except FormatError as error:
        said = str(error)
    assert said.startswith(f"{path}: ")
