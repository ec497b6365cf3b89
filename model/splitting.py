"""Single precision out of half-precision multiplications, for processors that have nothing faster than those.

A number in single precision is the sum of two in bfloat16, high and low, up to its last eight bits. So a convolution
is three whose products are summed in single precision: high x high, low x high and high x low; low x low is too small
to matter (Henry, Tang and Heinecke 2019, arXiv 1904.06376). Matrix units (AMX) multiply bfloat16 about ten times as
fast as vector units multiply floats, so three convolutions take half the time of one where they are large.

Everything between the convolutions stays in single precision: OpenVINO is told so, layer by layer.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

LEAST_CHANNELS, LEAST_JOINED = 32, 16
"""Input channels from which it pays: fewer do not fill a row of a matrix tile (32 numbers)."""
MOST_JOINED, SMALL = 64, 1 << 18
"""Up to these numbers of channels and of values the three products are one convolution of three times the channels: it
fills the tiles better, and what it reads stays near the processor."""
LEAST_STRIDED = 1 << 15
"""A convolution with a stride that writes less computes too little for what it would have to read three times."""
_MARKS: tuple[tuple[str, dict[str, str]], ...] = (
    ("DisablePrecisionConversion", {"value": "dynamic:f16"}),
    ("disable_fp16_compression", {}),
)
"""What keeps a layer in single precision, in new and in older versions of OpenVINO; each ignores the other's."""


def write_split(plain: Path, target: Path) -> None:
    """Write the converted network ``plain`` (.xml) with its convolutions in three parts as ``target``.

    A RuntimeError or OSError where that fails.
    """
    openvino = importlib.import_module("openvino")
    model = openvino.Core().read_model(str(plain))
    _fold(model)
    _older_resizing(model)
    halves = _split(model)
    building = target.with_name(f"{target.stem}.writing-{os.getpid()}.xml")
    openvino.save_model(model, building, compress_to_fp16=False)
    del model
    tree = ElementTree.parse(building)
    for layer in tree.iter("layer"):
        if layer.get("name") not in halves and layer.get("type") not in ("Const", "Parameter", "Result"):
            _keep_single(layer)
    tree.write(building)
    building.with_suffix(".bin").replace(target.with_suffix(".bin"))
    building.replace(target)


def halved(weights: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The nearest bfloat16 numbers and the nearest ones to what is left, both as float32; they sum up to 2**-16."""
    high = _nearest(weights)
    return high, _nearest(weights - high)


def _nearest(values: NDArray[np.float32]) -> NDArray[np.float32]:
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32)


def _fold(model: Any) -> None:
    passes = importlib.import_module("openvino.passes")
    manager = passes.Manager()
    manager.register_pass(passes.ConstantFolding())
    manager.run_passes(model)


def _older_resizing(model: Any) -> None:
    """Resizing as the plugin itself has it: what it exchanges on its way loses the mark."""
    openvino = importlib.import_module("openvino")
    factory = importlib.import_module("openvino.utils.node_factory").NodeFactory("opset8")
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Interpolate" or node.get_type_info().version_id != "opset11":
            continue
        source, (height, width) = node.input_value(0), list(node.output(0).get_shape())[2:]
        given = list(source.get_shape())[2:]
        scales = np.array([height / given[0], width / given[1]], dtype=np.float32)
        places = [np.array([height, width], dtype=np.int64), scales, np.array([2, 3], dtype=np.int64)]
        inputs = [source, *(openvino.opset8.constant(place).output(0) for place in places)]
        same = factory.create("Interpolate", inputs, node.get_attributes())
        same.set_friendly_name(node.get_friendly_name())
        _exchange(node, same)


def _split(model: Any) -> set[str]:
    """Exchange the large convolutions of a model in place; the names of those that are in half precision now."""
    ops: Any = importlib.import_module("openvino").opset8
    lows: dict[tuple[str, int], Any] = {}
    joined: dict[tuple[str, int], Any] = {}
    halves: set[str] = set()
    for node in model.get_ordered_ops():
        form = _form(node)
        if form == "whole":
            continue
        source, bias = node.input_value(0), _bias(node)
        key = (source.get_node().get_friendly_name(), source.get_index())
        if key not in lows:
            # A convolution in bfloat16 rounds what it reads, so only the low part has to be made.
            high = ops.convert(ops.convert(source, "bf16"), "f32")
            lows[key] = ops.add(source, ops.multiply(high, np.float32(-1)))
        low = lows[key]
        high_weights, low_weights = halved(node.input_value(1).get_node().data)
        if form == "joined":
            if key not in joined:
                joined[key] = ops.concat([source, low, source], 1)
            pairs = [(joined[key], np.concatenate([high_weights, high_weights, low_weights], axis=1))]
        else:
            pairs = [(source, low_weights), (low, high_weights), (source, high_weights)]
        geometry = node.get_strides(), node.get_pads_begin(), node.get_pads_end(), node.get_dilations()
        products = [ops.convolution(x, ops.constant(weights), *geometry) for x, weights in pairs]
        for k, product in enumerate(products):
            product.set_friendly_name(f"{node.get_friendly_name()}/{k}")
            halves.add(f"{node.get_friendly_name()}/{k}")
        # The bias goes with the last one: the first product leaves its convolution in half precision, which the others
        # dwarf, and the sums do not.
        total = products[-1] if bias is None else ops.add(products[-1], bias.input_value(1))
        if form == "three":
            total = ops.add(ops.add(products[0], products[1]), total)
        _exchange(node if bias is None else bias, total)
    model.validate_nodes_and_infer_types()
    return halves


def _form(node: Any) -> Literal["whole", "three", "joined"]:
    """Whether a node stays, becomes three convolutions, or one that reads three parts side by side."""
    if node.get_type_name() != "Convolution" or node.input_value(1).get_node().get_type_name() != "Constant":
        return "whole"
    _, channels, height, _ = node.input_value(1).get_shape()
    strided_and_small = max(node.get_strides()) > 1 and np.prod(list(node.output(0).get_shape())) <= LEAST_STRIDED
    if height == 1 or channels < LEAST_JOINED or strided_and_small:
        return "whole"
    if channels <= MOST_JOINED and np.prod(list(node.input_value(0).get_shape())) <= SMALL:
        # Alone it would leave in half precision; what is computed in the same go keeps it single.
        readers = _readers(_bias(node) or node)
        kinds = {source.get_node().get_type_name() for reader in readers for source in reader.input_values()}
        if len(readers) == 1 and (readers[0].get_type_name() == "Relu" or "Relu" in kinds):
            return "joined"
    return "three" if channels >= LEAST_CHANNELS else "whole"


def _readers(node: Any) -> list[Any]:
    return [reader.get_node() for reader in node.output(0).get_target_inputs()]


def _bias(node: Any) -> Any | None:
    """The addition of constants that alone reads a convolution, if that is so."""
    readers = _readers(node)
    if len(readers) != 1 or readers[0].get_type_name() != "Add":
        return None
    reader = readers[0]
    constant = reader.input_value(1).get_node().get_type_name() == "Constant"
    return reader if constant and reader.input_value(1).get_shape() != reader.output(0).get_shape() else None


def _exchange(old: Any, new: Any) -> None:
    for reader in list(old.output(0).get_target_inputs()):
        reader.replace_source_output(new.output(0))


def _keep_single(layer: ElementTree.Element) -> None:
    tags = [child.tag for child in layer]
    if "rt_info" in tags:
        marked = layer[tags.index("rt_info")]
    else:
        marked = ElementTree.Element("rt_info")
        layer.insert(tags.index("input") if "input" in tags else len(tags), marked)
    for name, value in _MARKS:
        ElementTree.SubElement(marked, "attribute", {"name": name, "version": "0", **value})
