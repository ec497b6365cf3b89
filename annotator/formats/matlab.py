"""One array of numbers out of a MATLAB file (level 5, as ``save`` writes up to version 7), read by its name.

A reader of our own because it must meet any file: SciPy's crashes the process on some damaged ones. Whatever is no
plain array of numbers (cells, structures, sparse and complex arrays) is passed over.

Source: *MAT-File Format*, The MathWorks, chapter 1, "Level 5 MAT-File Format".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotator.formats.documents import FormatError

_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_INT32, _UINT32, _MATRIX, _COMPRESSED = 5, 6, 14, 15
_CLASSES = range(6, 16)  # double to uint64
_COMPLEX = 0x0800
_HEADER = 128
_LARGEST = 1 << 28  # bytes that one compressed variable may unfold to


@dataclass(frozen=True)
class _Element:
    """A stretch of data with its type, as it stands in the file."""

    kind: int
    data: bytes


def read_array(path: Path, name: str) -> NDArray[np.float64]:
    """The array of numbers called ``name``, in its own shape.

    Raises
    ------
    FormatError
        If the file cannot be read, is no such file, or has no such array.
    """
    advice = "Choose a MATLAB file saved as version 7 or older."
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FormatError(path, f"the file cannot be read ({error.strerror or error})", "Check the file.") from error
    order = {b"IM": "<", b"MI": ">"}.get(content[126:_HEADER])
    if order is None or content[124:126] not in (b"\x00\x01", b"\x01\x00"):
        raise FormatError(path, "this is no MATLAB file of level 5", advice)
    try:
        for element in _elements(content[_HEADER:], order):
            found = _array(_unfolded(element, order), name, order)
            if found is not None:
                return found
    except (ValueError, struct.error, zlib.error) as error:
        raise FormatError(path, f"the file is damaged ({error})", "Copy it again.") from error
    raise FormatError(path, f"there is no array of numbers {name!r} in it", advice)


def _elements(content: bytes, order: str) -> Iterator[_Element]:
    """The elements that follow each other; ValueError where one ends after the content."""
    at = 0
    while at < len(content):
        kind, size = struct.unpack_from(f"{order}II", content, at)
        start = at + 8
        if kind >> 16:  # a small element: size and type share one word, the data the next
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
            if size > 4:
                raise ValueError(f"a small element of {size} bytes")
            at += 8
        else:
            at = start + (size if kind == _COMPRESSED else -(-size // 8) * 8)
        if start + size > len(content):
            raise ValueError("it ends too early")
        yield _Element(kind, content[start : start + size])


def _unfolded(element: _Element, order: str) -> _Element:
    """A compressed element as what it holds."""
    if element.kind != _COMPRESSED:
        return element
    unfolding = zlib.decompressobj()
    content = unfolding.decompress(element.data, _LARGEST)
    if unfolding.unconsumed_tail:
        raise ValueError(f"a variable of more than {_LARGEST} bytes")
    return next(_elements(content, order), _Element(0, b""))


def _array(element: _Element, name: str, order: str) -> NDArray[np.float64] | None:
    """The array in an element, None when it is another or no plain array of numbers."""
    if element.kind != _MATRIX:
        return None
    parts = _elements(element.data, order)
    flags, shape, title = next(parts, None), next(parts, None), next(parts, None)
    if flags is None or shape is None or title is None or title.data != name.encode():
        return None
    (word,) = struct.unpack_from(f"{order}I", flags.data)
    values = next(parts, None)
    if word & 0xFF not in _CLASSES or word & _COMPLEX or values is None or values.kind not in _NUMBERS:
        return None
    sizes = np.frombuffer(shape.data, dtype=f"{order}i4").tolist()
    numbers = np.frombuffer(values.data, dtype=f"{order}{_NUMBERS[values.kind]}").astype(np.float64)
    if min(sizes, default=-1) < 0:
        raise ValueError(f"an array of {sizes} numbers")
    return numbers.reshape(sizes, order="F")
