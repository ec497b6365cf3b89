"""The training set on disk: written whole, read with names, mirror permutations and per-sample errors.

A folder holds ``manifest.json`` (format, version, names, mirror permutations, settings, counts), ``samples.jsonl`` (one
sample a line) and ``images/``. Coordinates are image pixels, (0, 0) the centre of the top-left pixel.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from model.heatmaps import ABSENT, UNKNOWN
from model.samples import IMAGES, SPLITS, Sample, SampleError, Scalar, TrainingSetError, check_sample

__all__ = [
    "FORMAT",
    "PIXEL_CONVENTION",
    "SPLITS",
    "VERSION",
    "Sample",
    "SampleError",
    "Scalar",
    "TrainingSet",
    "TrainingSetError",
    "read_image",
    "read_training_set",
    "write_training_set",
]

FORMAT, VERSION = "touchline-training-set", 1
PIXEL_CONVENTION = "pixel (0, 0) is the centre of the top-left pixel; x to the right, y down"
_MANIFEST, _SAMPLES = "manifest.json", "samples.jsonl"
_MANIFEST_KEYS = frozenset(
    (
        "format", "version", "scheme", "keypoints", "mirror", "mirror_rules", "pixel_convention", "settings", "counts",
        "scalars",
    )
)  # fmt: skip


@dataclass(frozen=True)
class TrainingSet:
    """A training set that was read.

    ``mirror[k]`` is the index of the name that point k carries in a mirrored image; ``mirror_rules`` holds such
    permutations by rule. ``problems`` names the lines that could not be used; ``extra`` keeps unknown manifest keys;
    ``scalars`` are the numbers that a sample may have.
    """

    folder: Path
    scheme: str
    keypoints: tuple[str, ...]
    mirror: tuple[int, ...]
    mirror_rules: Mapping[str, tuple[int, ...]]
    settings: Mapping[str, Any]
    samples: tuple[Sample, ...]
    problems: tuple[SampleError, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    scalars: tuple[Scalar, ...] = ()

    def of_split(self, split: str) -> tuple[Sample, ...]:
        """The samples of one split, in file order."""
        return tuple(sample for sample in self.samples if sample.split == split)

    def permutation(self, sample: Sample) -> NDArray[np.intp]:
        """``(K,)``: what each point is called after mirroring this sample."""
        chosen = self.mirror if sample.mirror_rule is None else self.mirror_rules[sample.mirror_rule]
        return np.array(chosen, dtype=np.intp)

    def labels(self, sample: Sample) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        """Places ``(K, 2)`` in image pixels (0 where there is none) and states ``(K,)``."""
        xy = np.zeros((len(self.keypoints), 2))
        state = np.full(len(self.keypoints), ABSENT, dtype=np.int8)
        for k, name in enumerate(self.keypoints):
            if name in sample.unknown:
                state[k] = UNKNOWN
            elif name in sample.points:
                x, y, flag = sample.points[name]
                xy[k], state[k] = (x, y), flag
        return xy, state

    def shares(self, sample: Sample) -> NDArray[np.float32]:
        """``(S,)``: the sample's scalars as 0..1 of their ranges; NaN where one is not known."""
        return np.array(
            [one.share(sample.scalars[one.name]) if one.name in sample.scalars else np.nan for one in self.scalars],
            dtype=np.float32,
        )


def read_image(sample: Sample) -> NDArray[np.uint8]:
    """The image, RGB uint8 ``(H, W, 3)``; a `SampleError` when it is missing, damaged or of another size."""
    where = sample.source if isinstance(sample.source, Path) else Path(sample.image)
    advice = "Restore the file or write the training set again."
    try:
        data = sample.source.read_bytes() if isinstance(sample.source, Path) else sample.source
    except OSError as error:
        raise SampleError(where, error.strerror or str(error), advice) from error
    if not data:
        raise SampleError(where, "the file is empty", advice)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        bgr = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flags)
    except cv2.error as error:
        raise SampleError(where, f"the image cannot be decoded ({error.err})", advice) from error
    if bgr is None:
        raise SampleError(where, "the image cannot be decoded", advice)
    if (bgr.shape[1], bgr.shape[0]) != sample.size:
        reason = f"the image is {bgr.shape[1]}x{bgr.shape[0]}, its labels are for {sample.size[0]}x{sample.size[1]}"
        raise SampleError(where, reason, advice)
    return np.ascontiguousarray(bgr[:, :, ::-1])


def write_training_set(
    folder: Path,
    *,
    scheme: str,
    keypoints: Sequence[str],
    mirror: Sequence[int],
    mirror_rules: Mapping[str, Sequence[int]],
    samples: Iterable[Sample],
    settings: Mapping[str, Any],
    scalars: Sequence[Scalar] = (),
) -> TrainingSet:
    """Write a training set whole or not at all, and return it as read back.

    The same input gives the same bytes. ``folder`` may be missing, empty, or an older training set, which is replaced
    once the new one is complete; anything else in it, a bad sample or a full disk is a `TrainingSetError` and leaves
    what was there.
    """
    folder = folder.absolute()
    _refuse_foreign(folder)
    head: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "scheme": scheme,
        "keypoints": list(keypoints),
        "mirror": [int(i) for i in mirror],
        "mirror_rules": {rule: [int(i) for i in order] for rule, order in sorted(mirror_rules.items())},
        "pixel_convention": PIXEL_CONVENTION,
        "settings": dict(settings),
    }
    if scalars:
        head["scalars"] = [{"name": one.name, "range": [float(one.low), float(one.high)]} for one in scalars]
    _check_names(folder, head)
    building = folder.with_name(f".{folder.name}.writing-{os.getpid()}")
    try:
        shutil.rmtree(building, ignore_errors=True)
        (building / IMAGES).mkdir(parents=True)
        _write_content(building, head, samples)
        _swap(building, folder)
    except OSError as error:
        raise TrainingSetError(folder, error.strerror or str(error), "Check the disk and the permissions.") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return read_training_set(folder)


def _refuse_foreign(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise TrainingSetError(folder, "this is a file", "Choose a new folder.")
    if any(folder.iterdir()) and _manifest_format(folder) != FORMAT:
        raise TrainingSetError(folder, "the folder holds other files", "Choose an empty or a new folder.")


def _manifest_format(folder: Path) -> str | None:
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest.get("format") if isinstance(manifest, dict) else None


def _write_content(building: Path, head: dict[str, Any], samples: Iterable[Sample]) -> None:
    names = frozenset(head["keypoints"])
    numbers = frozenset(one["name"] for one in head.get("scalars", ()))
    splits: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    seen: set[str] = set()
    with (building / _SAMPLES).open("w", encoding="utf-8", newline="\n") as lines:
        for sample in samples:
            check_sample(building, sample, names, head["mirror_rules"], numbers)
            if sample.image in seen:
                raise SampleError(building / sample.image, "two samples share this file name", "Name them apart.")
            seen.add(sample.image)
            _write_image(building / IMAGES / sample.image, sample.source)
            lines.write(_dump(_line_of(sample)) + "\n")
            splits[sample.split] += 1
            labelled.update(name for name, point in sample.points.items() if point[2] > ABSENT)
        _sync(lines)
    head["counts"] = {
        "samples": len(seen),
        "splits": dict(sorted(splits.items())),
        "points": {name: labelled[name] for name in head["keypoints"]},
    }
    with (building / _MANIFEST).open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(head, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n")
        _sync(file)


def _line_of(sample: Sample) -> dict[str, Any]:
    line: dict[str, Any] = {
        "image": f"{IMAGES}/{sample.image}",
        "size": list(sample.size),
        "group": sample.group,
        "split": sample.split,
        "mirror_rule": sample.mirror_rule,
        "points": {name: [float(x), float(y), int(state)] for name, (x, y, state) in sorted(sample.points.items())},
        "unknown": sorted(sample.unknown),
    }
    if sample.sd:
        line["sd"] = {name: float(value) for name, value in sorted(sample.sd.items())}
    if sample.scalars:
        line["scalars"] = {name: float(value) for name, value in sorted(sample.scalars.items())}
    if sample.box is not None:
        line["box"] = [float(value) for value in sample.box]
    return line


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _write_image(target: Path, source: Path | bytes) -> None:
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
    except OSError as error:
        reason = error.strerror or str(error)
        raise SampleError(Path(str(source)), reason, "Restore the image or leave the frame out.") from error
    with target.open("wb") as file:
        file.write(data)
        _sync(file)


def _sync(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _swap(building: Path, folder: Path) -> None:
    """Put the complete folder in place; an older one is removed only afterwards."""
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    if folder.exists():
        folder.replace(old)
    try:
        building.replace(folder)
    except OSError:
        if old.exists():
            old.replace(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def read_training_set(folder: Path) -> TrainingSet:
    """Read a training set.

    A missing or damaged manifest is a `TrainingSetError`; a damaged line becomes one of ``problems``. Images are opened
    only by `read_image`.
    """
    folder = folder.absolute()
    manifest = _read_manifest(folder)
    _check_names(folder, manifest)
    names = frozenset(manifest["keypoints"])
    scalars = _scalars(folder, manifest)
    numbers = frozenset(one.name for one in scalars)
    rules = {rule: tuple(order) for rule, order in manifest["mirror_rules"].items()}
    samples: list[Sample] = []
    problems: list[SampleError] = []
    path = folder / _SAMPLES
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingSetError(path, str(error), "Write the training set again.") from error
    for number, line in enumerate(lines, start=1):
        try:
            sample = _parse(folder, line)
            check_sample(folder, sample, names, rules, numbers)
        except SampleError as error:
            problems.append(error)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"line {number} is no sample ({type(error).__name__}: {error})"
            problems.append(SampleError(path, reason, "The other samples are used."))
        else:
            samples.append(sample)
    return TrainingSet(
        folder=folder,
        scheme=str(manifest["scheme"]),
        keypoints=tuple(manifest["keypoints"]),
        mirror=tuple(manifest["mirror"]),
        mirror_rules=rules,
        settings=manifest.get("settings", {}),
        samples=tuple(samples),
        problems=tuple(problems),
        extra={key: value for key, value in manifest.items() if key not in _MANIFEST_KEYS},
        scalars=scalars,
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / _MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingSetError(path, error.strerror or str(error), "Choose the folder of a training set.") from error
    except ValueError as error:
        raise TrainingSetError(path, f"the manifest is damaged ({error})", "Write the training set again.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise TrainingSetError(path, "this is not a training set", "Choose the folder of a training set.")
    if manifest.get("version") != VERSION:
        reason = f"version {manifest.get('version')} of the format, this program reads {VERSION}"
        raise TrainingSetError(path, reason, "Use a newer program or write the set again.")
    return manifest


def _check_names(folder: Path, head: Mapping[str, Any]) -> None:
    path, advice = folder / _MANIFEST, "Write the training set again."
    names = head.get("keypoints")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise TrainingSetError(path, "the manifest names no keypoints", advice)
    if len(set(names)) != len(names):
        raise TrainingSetError(path, "two keypoints share a name", advice)
    rules = head.get("mirror_rules")
    if not isinstance(rules, dict):
        raise TrainingSetError(path, "the manifest lists no mirror rules", advice)
    for rule, order in {"mirror": head.get("mirror"), **rules}.items():
        numbers = isinstance(order, list) and all(type(place) is int for place in order)
        if not isinstance(order, list) or not numbers or sorted(order) != list(range(len(names))):
            raise TrainingSetError(path, f"{rule!r} is no permutation of {len(names)} keypoints", advice)


def _scalars(folder: Path, head: Mapping[str, Any]) -> tuple[Scalar, ...]:
    try:
        found = tuple(Scalar(str(one["name"]), *map(float, one["range"])) for one in head.get("scalars", ()))
    except (KeyError, TypeError, ValueError) as error:
        reason = f"the manifest's scalars are damaged ({error})"
        raise TrainingSetError(folder / _MANIFEST, reason, "Write the training set again.") from error
    if len({one.name for one in found}) != len(found):
        raise TrainingSetError(folder / _MANIFEST, "two scalars share a name", "Write the training set again.")
    return found


def _parse(folder: Path, line: str) -> Sample:
    value = json.loads(line)
    image = str(value["image"])
    name = image.removeprefix(f"{IMAGES}/")
    if name == image:
        raise ValueError(f"the image {image!r} is not below {IMAGES}/")
    width, height = value["size"]
    return Sample(
        image=name,
        size=(int(width), int(height)),
        points={str(key): (float(x), float(y), int(state)) for key, (x, y, state) in value["points"].items()},
        source=folder / IMAGES / name,
        unknown=frozenset(str(key) for key in value.get("unknown", ())),
        group=str(value.get("group", "")),
        split=str(value.get("split", "train")),
        mirror_rule=value.get("mirror_rule"),
        sd={str(key): float(sd) for key, sd in value.get("sd", {}).items()},
        scalars={str(key): float(number) for key, number in value.get("scalars", {}).items()},
        box=_box(value.get("box")),
    )


def _box(value: Any) -> tuple[float, float, float, float] | None:
    if value is None:
        return None
    x, y, width, height = (float(number) for number in value)
    return x, y, width, height
