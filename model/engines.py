"""What runs a network: images at the input size in, linear maps out. One class a way of computing; torch comes late.

Every engine takes RGB uint8 ``(B, H, W, 3)`` at the card's input size and gives linear probabilities
``(B, K + 1, h, w)`` in float32, background last. Colour order, normalisation and activation are inside.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from model.heatmaps import Maps

if TYPE_CHECKING:
    from model.checkpoint import Checkpoint

log = logging.getLogger("touchline")
Pixels = NDArray[np.uint8]
EngineName = Literal["torch", "torch-bf16", "openvino", "openvino-split", "openvino-bf16"]
"""The ways to compute on a processor; "split" is single precision in half-precision parts, see `model.splitting`."""
_PRECISION = {"openvino": "f32", "openvino-split": "bf16", "openvino-bf16": "bf16"}
_TEXT = {"openvino": "CPU, OpenVINO", "openvino-split": "CPU, OpenVINO 3 x bf16", "openvino-bf16": "CPU, OpenVINO bf16"}


class EngineError(Exception):
    """A way of computing that is not there, or does not work with this network."""


class Engine(Protocol):
    """See the module."""

    @property
    def text(self) -> str:
        """For a status bar: the device, and how it computes where that is not the usual way."""

    def maps(self, pixels: Pixels) -> Maps:
        """Linear maps ``(B, K + 1, h, w)``."""

    def on_cpu(self) -> Engine | None:
        """The same network on the processor, for want of memory; None where it runs there."""


@runtime_checkable
class Telling(Protocol):
    """An engine that can say more than where points are."""

    def answers(self, pixels: Pixels) -> tuple[Maps, NDArray[np.float32] | None, NDArray[np.float32] | None]:
        """Maps, and ``(B, K)`` and ``(B, S)`` of 0..1: whether points are seen, and scalars; None where not said."""


def _openvino() -> Any:
    """OpenVINO, kept from reporting to a server that it was started; an `EngineError` where it is not installed."""
    # Without its reporting package, which comes along, it falls back to a silent stand-in of its own.
    sys.modules.setdefault("openvino_telemetry", cast(Any, None))
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise EngineError("OpenVINO is not installed") from error


class OpenVinoEngine:
    """A converted network in OpenVINO, which needs no torch once the conversion is kept on disk."""

    def __init__(self, name: EngineName, converted: Path, *, threads: int | None = None) -> None:
        """``converted`` is where the network stands, see `openvino_file`."""
        openvino = _openvino()
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": _PRECISION[name]}
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = threads
        try:
            core = openvino.Core()
            core.set_property({"CACHE_DIR": str(converted.parent / "compiled")})
            compiled = core.compile_model(str(openvino_file(name, converted)), "CPU", settings)
            self._request = compiled.create_infer_request()
            self._output = compiled.output(0)
        except RuntimeError as error:
            raise EngineError(f"OpenVINO does not take the network ({error})") from error
        self.text = _TEXT[name]

    def on_cpu(self) -> None:
        """See `Engine`."""

    def maps(self, pixels: Pixels) -> Maps:
        """See `Engine`; frames go one by one, a processor gains nothing from a batch."""
        found = np.empty((len(pixels), *list(self._output.shape)[1:]), dtype=np.float32)
        for one, place in zip(pixels, found, strict=True):
            place[:] = self._request.infer([one[None]], share_inputs=True, share_outputs=True)[self._output][0]
        return found


def openvino_file(name: EngineName, converted: Path) -> Path:
    """The file that a way of OpenVINO reads: the converted network, or the one in parts beside it."""
    return converted.with_name(f"{converted.stem}-split.xml") if name == "openvino-split" else converted


def convert_for_openvino(checkpoint: Checkpoint, target: Path) -> None:
    """Write the network as OpenVINO reads it: ``target`` (.xml) and its weights beside it.

    An `EngineError` if that fails. The network is traced in memory; the frontend is used directly because the usual
    converter reports its use to a server.
    """
    openvino = _openvino()
    from model.pipeline import traced

    try:
        from openvino.frontend import FrontEndManager
        from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder
    except ImportError as error:
        raise EngineError("this OpenVINO reads no networks of torch") from error

    width, height = checkpoint.card.input_size
    try:
        manager = FrontEndManager()
        frontend = manager.load_by_framework("pytorch")
        # The C++ side does not keep the decoder alive.
        decoder = TorchScriptPythonDecoder(traced(checkpoint))
        model = frontend.convert(frontend.load(decoder))
        model.reshape([1, height, width, 3])
        target.parent.mkdir(parents=True, exist_ok=True)
        building = target.with_name(f"{target.stem}.writing-{os.getpid()}.xml")
        openvino.save_model(model, building, compress_to_fp16=False)
        building.with_suffix(".bin").replace(target.with_suffix(".bin"))
        building.replace(target)
    except (RuntimeError, OSError, TypeError, ValueError, AttributeError) as error:
        raise EngineError(f"the network cannot be converted for OpenVINO ({error})") from error


def _write_parts(converted: Path, target: Path) -> None:
    from model.splitting import write_split

    try:
        write_split(converted, target)
    except (RuntimeError, OSError, TypeError, ValueError, AttributeError) as error:
        raise EngineError(f"the network cannot be written in parts for OpenVINO ({error})") from error


def cpu_engine(name: EngineName, checkpoint: Checkpoint, *, converted: Path, threads: int | None) -> Engine:
    """An engine on the processor by name; ``converted`` is where OpenVINO's version stands or is put."""
    if name in _PRECISION:
        if not converted.exists():
            convert_for_openvino(checkpoint, converted)
        if not openvino_file(name, converted).exists():
            _write_parts(converted, openvino_file(name, converted))
        return OpenVinoEngine(name, converted, threads=threads)
    from model.pipeline import TorchEngine

    return TorchEngine(checkpoint, "cpu", half=name == "torch-bf16")
