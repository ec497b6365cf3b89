"""Which way of computing is the fastest on this processor and still says the same, found out once and remembered.

The first frames a new network sees are computed by plain torch and kept; then every other way that is installed shows
what it makes of the same frames. The choice is written beside the converted networks in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from model.engines import Engine, EngineError, EngineName, Pixels, cpu_engine, log, openvino_file
from model.heatmaps import Maps

if TYPE_CHECKING:
    from model.checkpoint import Checkpoint

FRAMES = 3
"""Frames a choice is made on."""
SURE, SLACK, FAINT = 0.1, 1 / 510, 1e-3
"""Confidence of a point that counts, and how far confidences may be apart: half a step of a stored 8-bit heatmap. Where
no point counts, how far the maps may be.
"""
EVIDENCE = 40
"""Points that a way in half precision must agree on: it is wrong about a few in a hundred, which few would not show."""
NEAR = 1e-3
"""How far, as a share of them, the middle one of a frame's peaks may be from what plain torch says where a way claims
single precision: it is 1e-5 (or 3e-4 in a deep network) where that is kept, 2e-3 in float16, 1e-2 in bfloat16.
"""
_REPEATS, _TINY = 3, 1e-12
_CONVERSION = 2
"""Changes when conversions of older programs must be made anew."""


@dataclass(frozen=True)
class Trial:
    """How one way did: seconds a frame, whether it agrees with plain torch; ``reason`` where it could not run."""

    name: EngineName
    seconds: float
    agrees: bool
    reason: str = ""


def cache_folder() -> Path:
    """Where choices and converted networks stand; ``TOUCHLINE_CACHE`` moves it."""
    named = os.environ.get("TOUCHLINE_CACHE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "touchline" / "networks"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "touchline" / "networks"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "touchline" / "networks"


def converted_path(network: str) -> Path:
    """Where OpenVINO's version of a network stands once it is made."""
    return cache_folder() / f"{network}-{_machine()}.xml"


def remembered(network: str) -> EngineName | None:
    """The choice made for a network on this machine, or None."""
    try:
        kept = json.loads(_choice_path(network).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    name = kept.get("engine") if isinstance(kept, dict) else None
    return next((known for known in get_args(EngineName) if known == name), None)


def forget(network: str) -> None:
    """Drop a choice that turned out not to work; the next run tries again."""
    converted = converted_path(network)
    for path in (_choice_path(network), converted, openvino_file("openvino-split", converted)):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def candidates() -> list[EngineName]:
    """Ways beside plain torch that this machine may have; half precision only where it is multiplied natively."""
    native = has_native_bfloat16()
    found: list[EngineName] = []
    if _version("openvino"):
        found += ["openvino-bf16", "openvino-split", "openvino"] if native else ["openvino"]
    return [*found, "torch-bf16"] if native else found


Rehearsal = Generator[None, None, tuple[EngineName, Engine]]
"""An audition in steps of at most one frame or one conversion: between them whoever waits can be answered."""


def audition(
    checkpoint: Checkpoint, plain: Engine, frames: Sequence[Pixels], *, threads: int | None
) -> tuple[EngineName, Engine]:
    """The fastest way that agrees with ``plain`` (torch in single precision) on ``frames`` (H, W, 3), remembered."""
    steps = rehearsal(checkpoint, plain, frames, threads=threads)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            chosen: tuple[EngineName, Engine] = end.value
            return chosen


def rehearsal(checkpoint: Checkpoint, plain: Engine, frames: Sequence[Pixels], *, threads: int | None) -> Rehearsal:
    """As `audition`, step by step."""
    wanted = yield from _maps_of(plain, frames)
    best: tuple[EngineName, Engine] = ("torch", plain)
    least = yield from _least(plain, frames[0])
    trials = [Trial("torch", least, agrees=True)]
    for name in candidates():
        try:
            engine = cpu_engine(name, checkpoint, converted=converted_path(checkpoint.id), threads=threads)
            yield
            agrees = _same(name, wanted, (yield from _maps_of(engine, frames)))
            trial = Trial(name, (yield from _least(engine, frames[0])), agrees)
        except (EngineError, RuntimeError) as error:
            trials.append(Trial(name, 0.0, agrees=False, reason=str(error)))
            log.warning("%s cannot run this network here, another way is used: %s", name, error)
            continue
        trials.append(trial)
        if trial.agrees and trial.seconds < least:
            best, least = (name, engine), trial.seconds
    _remember(checkpoint.id, best[0], trials)
    return best


def _maps_of(engine: Engine, frames: Sequence[Pixels]) -> Generator[None, None, list[Maps]]:
    found = []
    for frame in frames:
        found.append(engine.maps(frame[None])[0])
        yield
    return found


def _least(engine: Engine, frame: Pixels) -> Generator[None, None, float]:
    """The least time of a few runs; those that it was compared by have warmed it up."""
    spent = []
    for _ in range(_REPEATS):
        spent.append(seconds_per_frame(engine, frame))
        yield
    return min(spent)


def _same(name: EngineName, wanted: Sequence[Maps], found: Sequence[Maps]) -> bool:
    """Whether a way says of all frames what plain torch says, as far as they can show it."""
    if not all(map(agree, wanted, found)):
        return False
    if name.endswith("bf16"):
        return sum(map(sure_points, wanted)) >= EVIDENCE
    return max(map(distance, wanted, found)) <= NEAR


def agree(wanted: Maps, found: Maps) -> bool:
    """Whether maps ``(K + 1, h, w)`` say the same: equal peak cells and confidences of all points that are not faint.

    Where every point is faint nothing but noise could be compared, so the maps themselves must be alike.
    """
    first, second = (maps[:-1].reshape(len(maps) - 1, -1) for maps in (wanted, found))
    sure = first.max(axis=1) >= SURE
    if not sure.any():
        return bool(np.abs(first - second).max() <= FAINT)
    same = first.argmax(axis=1)[sure] == second.argmax(axis=1)[sure]
    return bool(same.all() and np.abs(first.max(axis=1) - second.max(axis=1)).max() <= SLACK)


def distance(wanted: Maps, found: Maps) -> float:
    """How far maps ``(K + 1, h, w)`` are from the wanted ones at the K peaks of those, as a share: the median."""
    first, second = (maps[:-1].reshape(len(maps) - 1, -1) for maps in (wanted, found))
    there = first.argmax(axis=1)[:, None]
    peaks, others = (np.take_along_axis(maps, there, axis=1) for maps in (first, second))
    return float(np.median(np.abs(others - peaks) / np.maximum(peaks, _TINY)))


def sure_points(maps: Maps) -> int:
    """How many points of maps ``(K + 1, h, w)`` are not faint."""
    return int((maps[:-1].max(axis=(1, 2)) >= SURE).sum())


def seconds_per_frame(engine: Engine, frame: Pixels) -> float:
    """How long one run on a frame (H, W, 3) takes."""
    began = time.perf_counter()
    engine.maps(frame[None])
    return time.perf_counter() - began


def has_native_bfloat16() -> bool:
    """Whether the processor multiplies matrices of bfloat16 itself (AMX); emulation is slower than single precision."""
    flags = Path("/proc/cpuinfo")
    return flags.exists() and "amx_bf16" in flags.read_text(encoding="utf-8", errors="replace")


def _remember(network: str, name: EngineName, trials: Sequence[Trial]) -> None:
    rows = {t.name: t.reason or {"ms": round(t.seconds * 1000, 2), "agrees": t.agrees} for t in trials}
    text = json.dumps({"engine": name, "trials": rows}, indent=1)
    path = _choice_path(network)
    with suppress(OSError):
        # A cache that cannot be written costs another audition, nothing else.
        path.parent.mkdir(parents=True, exist_ok=True)
        building = path.with_name(f"{path.name}.writing-{os.getpid()}")
        building.write_text(text, encoding="utf-8")
        building.replace(path)


def _choice_path(network: str) -> Path:
    return cache_folder() / f"{network}-{_machine()}.json"


def _machine() -> str:
    """Eight digits that change with the processor, the libraries or the way of converting."""
    facts = [platform.machine(), platform.processor(), str(os.cpu_count()), str(has_native_bfloat16())]
    facts += [_version("torch"), _version("openvino"), str(_CONVERSION)]
    return hashlib.sha256("|".join(facts).encode()).hexdigest()[:8]


def _version(package: str) -> str:
    """The installed version, or nothing."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
