"""What an ONNX file says of itself before anything runs it: that it is one and whole, and how its classes are called.

Only the outermost fields of ``ModelProto`` (onnx.proto3, github.com/onnx/onnx) are walked over, by their lengths. A
file of another kind is never handed to a library that would try all it knows on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_VERSION, _GRAPH, _NOTE = 1, 7, 14
_KNOWN = frozenset({*range(1, 9), _NOTE, 20, 25, 26})
"""The fields of ``ModelProto``."""
_LONGEST_NOTE, _MOST_FIELDS, _MOST_CLASSES, _LONGEST_NAME = 1 << 20, 10_000, 10_000, 60
_NAMED = re.compile(r"""['"]?(\d{1,6})['"]?\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")
"""``0: 'person'`` in what Ultralytics' exports write as ``names``: a dictionary as Python or JSON writes it."""


class NoOnnxError(ValueError):
    """The bytes are no whole ONNX network; the message says what they are, to follow on the path of the file."""


@dataclass(frozen=True)
class OnnxHead:
    """Names of classes by their number, empty where the file has none; and notes by their keys as they stand there."""

    names: Mapping[int, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


def read_head(path: Path) -> OnnxHead:
    """What a file says of itself.

    Raises
    ------
    NoOnnxError
        If it is no ONNX file, or not all of one.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        notes = _Walk(file, path.stat().st_size).notes()
    return OnnxHead(_classes(notes.get("names", "")), notes)


class _Walk:
    """Over the outermost fields of a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self._began = self._has_graph = False

    def notes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for _ in range(_MOST_FIELDS):
            if self._file.tell() >= self._size:
                break
            note = self._field()
            if note is not None:
                key, value = _pair(note)
                found[key] = value
        if not self._has_graph:
            raise self._refused()
        return found

    def _field(self) -> bytes | None:
        """The bytes of the next field where it is a note."""
        tag = self._number()
        number, kind = tag >> 3, tag & 7
        if number not in _KNOWN or kind not in (0, 1, 2, 5):
            raise self._refused()
        if kind == 0:
            self._number()
            self._began = self._began or number == _VERSION
            return None
        length = {1: 8, 5: 4}.get(kind) or self._number()
        if self._file.tell() + length > self._size:
            raise self._refused()
        self._has_graph = self._has_graph or (number == _GRAPH and length > 0)
        if number == _NOTE and kind == 2 and length <= _LONGEST_NOTE:
            return self._file.read(length)
        self._file.seek(length, 1)
        return None

    def _number(self) -> int:
        """A varint of protobuf."""
        found = 0
        for shift in range(0, 70, 7):
            byte = self._file.read(1)
            if not byte:
                raise self._refused()
            found |= (byte[0] & 127) << shift
            if byte[0] < 128:
                return found
        raise self._refused()

    def _refused(self) -> NoOnnxError:
        return NoOnnxError("the file is cut short or damaged" if self._began else "the file is no ONNX network")


def _pair(data: bytes) -> tuple[str, str]:
    """Key and value of a ``StringStringEntryProto``; empty where they are not as they should be."""
    texts, place = {1: b"", 2: b""}, 0
    while place + 1 < len(data):
        number, length, place = data[place] >> 3, 0, place + 1
        for shift in range(0, 35, 7):
            if place >= len(data):
                break
            length |= (data[place] & 127) << shift
            place += 1
            if data[place - 1] < 128:
                break
        texts[number] = data[place : place + length]
        place += length
    return texts[1].decode("utf-8", "replace"), texts[2].decode("utf-8", "replace")


def _classes(text: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, single, double in _NAMED.findall(text):
        name = "".join(letter for letter in (single or double) if letter.isprintable()).strip()
        if name and len(found) < _MOST_CLASSES:
            found[int(number)] = name[:_LONGEST_NAME]
    return dict(sorted(found.items()))
