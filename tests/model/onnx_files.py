"""Tiny ONNX files written byte by byte: a network that says fixed numbers plus a share of the image's mean.

The fields are those of onnx.proto3 (github.com/onnx/onnx); only what these networks need is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

_KINDS = {np.dtype(np.float32): 1, np.dtype(np.uint8): 2, np.dtype(np.int64): 7}


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _block(field: int, data: bytes | str) -> bytes:
    raw = data.encode() if isinstance(data, str) else data
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _tensor(name: str, values: np.ndarray) -> bytes:
    dims = b"".join(_number(1, side) for side in values.shape)
    return dims + _number(2, _KINDS[values.dtype]) + _block(8, name) + _block(9, values.tobytes())


def _value(name: str, kind: np.dtype, shape: Sequence[int]) -> bytes:
    dims = b"".join(_block(1, _number(1, side) if side > 0 else _block(2, "open")) for side in shape)
    return _block(1, name) + _block(2, _block(1, _number(1, _KINDS[kind]) + _block(2, dims)))


def _node(kind: str, inputs: Sequence[str], output: str, attributes: bytes = b"") -> bytes:
    return b"".join(_block(1, one) for one in inputs) + _block(2, output) + _block(4, kind) + attributes


def _cast_to_float() -> bytes:
    return _block(5, _block(1, "to") + _number(3, 1) + _number(20, 2))


def write_onnx(
    path: Path,
    outputs: Mapping[str, np.ndarray],
    *,
    bright: Mapping[str, np.ndarray] | None = None,
    shape: Sequence[int] = (1, 3, 64, 64),
    takes_bytes: bool = False,
    notes: Mapping[str, str] | None = None,
) -> Path:
    """A network with these outputs; where ``bright`` names a weight for one, that much of the input's mean is added.

    ``notes`` are what an exporter writes beside it, such as the names of classes.
    """
    kind = np.dtype(np.uint8 if takes_bytes else np.float32)
    nodes = [_node("Cast", ["images"], "given", _cast_to_float())] if takes_bytes else []
    start = "given" if takes_bytes else "images"
    keep = _block(5, _block(1, "keepdims") + _number(3, 0) + _number(20, 2))
    nodes.append(_node("ReduceMean", [start], "mean", keep))
    tensors, values = [], []
    for name, value in outputs.items():
        weight = (bright or {}).get(name, np.zeros(value.shape)).astype(np.float32)
        tensors += [_tensor(f"{name}-said", value.astype(np.float32)), _tensor(f"{name}-bright", weight)]
        whole = value.dtype == np.int64
        nodes.append(_node("Mul", ["mean", f"{name}-bright"], f"{name}-more"))
        nodes.append(_node("Add", [f"{name}-said", f"{name}-more"], f"{name}-sum" if whole else name))
        if whole:
            to_whole = _block(5, _block(1, "to") + _number(3, 7) + _number(20, 2))
            nodes.append(_node("Cast", [f"{name}-sum"], name, to_whole))
        values.append(_value(name, value.dtype, value.shape))
    graph = b"".join(_block(1, one) for one in nodes) + _block(2, "tiny") + b"".join(_block(5, t) for t in tensors)
    graph += _block(11, _value("images", kind, shape)) + b"".join(_block(12, one) for one in values)
    beside = b"".join(_block(14, _block(1, key) + _block(2, value)) for key, value in (notes or {}).items())
    path.write_bytes(_number(1, 8) + _block(7, graph) + _block(8, _block(1, "") + _number(2, 13)) + beside)
    return path


