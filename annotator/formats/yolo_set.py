"""A YOLO-pose data set: ``data.yaml``, ``images/SPLIT`` and ``labels/SPLIT``; how a line is written, `yolo_pose`.

Written by the rules of the Ultralytics verifier: exactly 5 + 3 K numbers a line, all places within 0..1, a point that
is not labelled is ``0 0 0``, ``flip_idx`` is there, an image without an object has an empty file. A labelled point at
most `SLIGHTLY` pixels outside the frame is put on its border; one further out cannot be said and is left out, with a
finding. Places are divided by the image size and count from the outer corner of the top-left pixel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from annotator.formats.documents import Finding, FormatError, read_text
from annotator.formats.exchange import ExchangeFile, ExchangeFrame, ExchangeInstance, LabelledPoint
from annotator.frames import IMAGE_SUFFIXES, MediaError, image_size
from annotator.labels import Visibility
from annotator.scheme import Scheme

__all__ = ["SLIGHTLY", "Line", "data_yaml", "label_text", "lines_of", "read_yolo_set", "verify_line"]

SLIGHTLY = 1.0
HALF = 0.5
_SPLITS = ("train", "val", "test")
_ADVICE = "Choose the data.yaml of a YOLO-pose set."
_SLACK = 0.01


@dataclass(frozen=True)
class Line:
    """One line of a label file, the names of points that it cannot say, and of those that it puts on the border."""

    text: str
    dropped: tuple[str, ...] = ()
    clamped: tuple[str, ...] = ()


def lines_of(frame: ExchangeFrame, scheme: Scheme, *, clazz: int = 0) -> list[Line]:
    """A line for each instance of a frame that has a labelled point on it; of many things, or a box alone.

    Raises
    ------
    ValueError
        If the frame has no size.
    """
    if frame.size is None:
        raise ValueError(f"the frame {frame.name} has no size, which YOLO-pose needs")
    width, height = frame.size
    found = []
    for instance in frame.instances:
        kept, dropped, clamped = _inside(instance.points, scheme, frame.size)
        if not kept and (instance.box is None or not scheme.is_many):
            continue
        x0, y0, x1, y1 = _box(instance, kept, frame.size)
        words = [str(clazz)]
        words += [_word(v) for v in ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height)]
        words += [_word(v) for v in ((x1 - x0) / width, (y1 - y0) / height)]
        for name in scheme.keypoints:
            point = kept.get(name)
            words += ["0", "0", "0"] if point is None else [_word(point[0]), _word(point[1]), str(point[2].value)]
        found.append(Line(" ".join(words), tuple(dropped), tuple(clamped)))
    return found


def label_text(lines: Sequence[Line]) -> str:
    """The content of a label file."""
    return "".join(line.text + "\n" for line in dict.fromkeys(lines))


def _inside(
    points: Mapping[str, LabelledPoint], scheme: Scheme, size: tuple[int, int]
) -> tuple[dict[str, LabelledPoint], list[str], list[str]]:
    """The points that the format can say, divided by the image size; the names of the others, and of those moved."""
    kept: dict[str, LabelledPoint] = {}
    dropped, clamped = [], []
    for name, (x, y, seen) in points.items():
        u, v = x + HALF, y + HALF
        over = max(-u, u - size[0], -v, v - size[1])
        if name not in scheme.index or seen is Visibility.ABSENT:
            continue
        if not math.isfinite(over) or over > SLIGHTLY:
            dropped.append(name)
            continue
        if over > 1e-6:
            clamped.append(name)
        kept[name] = (min(max(u / size[0], 0.0), 1.0), min(max(v / size[1], 0.0), 1.0), seen)
    return kept, dropped, clamped


def _box(
    instance: ExchangeInstance, kept: Mapping[str, LabelledPoint], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """The given box, else the hull of the points, within the frame; the whole frame where that has no area."""
    width, height = size
    if instance.box is not None:
        x0, y0, x1, y1 = (side + HALF for side in instance.box)
    else:
        us, vs = [u * width for u, _, _ in kept.values()], [v * height for _, v, _ in kept.values()]
        x0, y0, x1, y1 = min(us), min(vs), max(us), max(vs)
    x0, x1 = min(max(x0, 0.0), width), min(max(x1, 0.0), width)
    y0, y1 = min(max(y0, 0.0), height), min(max(y1, 0.0), height)
    if x1 - x0 < 1.0 or y1 - y0 < 1.0:
        return 0.0, 0.0, float(width), float(height)
    return x0, y0, x1, y1


def _word(value: float) -> str:
    return f"{value:.8f}".rstrip("0").rstrip(".")


def data_yaml(scheme: Scheme, *, label: str = "pitch", splits: Sequence[str] = ("train", "val")) -> str:
    """The text of ``data.yaml``: where the splits are, the shape of the points, their mirror pairs and names."""
    document: dict[str, Any] = {"path": "."}
    document |= {split: f"images/{split}" for split in splits}
    document |= {
        "kpt_shape": [len(scheme.keypoints), 3],
        "flip_idx": list(scheme.mirror),
        "names": {0: label},
        "kpt_names": {0: list(scheme.keypoints)},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)


def verify_line(text: str, *, points: int) -> str:
    """Why the Ultralytics verifier would refuse a line; empty where it takes it."""
    words = text.split()
    if len(words) != 5 + 3 * points:
        return f"labels require {5 + 3 * points} columns each, it has {len(words)}"
    try:
        values = [float(word) for word in words]
    except ValueError:
        return "it holds something else than numbers"
    if not all(map(math.isfinite, values)):
        return "it holds something else than finite numbers"
    if values[0] != 0 or words[0] != "0":
        return "its class is not 0"
    places = [v for i, v in enumerate(values[1:]) if i < 4 or (i - 4) % 3 != 2]
    if min(places) < -_SLACK:
        return "negative label values"
    if max(places) > 1 + _SLACK:
        return "non-normalized or out of bounds coordinates"
    if any(values[7 + 3 * k] not in (0, 1, 2) for k in range(points)):
        return "a visibility other than 0, 1 and 2"
    if min(values[3], values[4]) <= 0:
        return "a box without area"
    return ""


def read_yolo_set(path: Path, *, scheme: Scheme | None = None) -> ExchangeFile:
    """The objects of every image of a set; ``path`` is its folder or its ``data.yaml``.

    Names of the points come from ``kpt_names``, else from ``scheme`` where its count fits. A name of an image is
    relative to ``images/SPLIT``. A label file that cannot be used becomes a finding.

    Raises
    ------
    FormatError
        If there is no data.yaml, it says nothing of points, or nobody knows their names.
    """
    path = path / "data.yaml" if path.is_dir() else path
    described = _described(path)
    names = _names(path, described, scheme)
    findings: list[Finding] = []
    frames = []
    for folder in _folders(path, described):
        root = "/labels".join(folder.as_posix().rsplit("/images", 1))
        for image in sorted(p for p in folder.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES):
            name = image.relative_to(folder)
            label = Path(root) / name.with_suffix(".txt")
            frames.append(_read_frame(image, PurePosixPath(name).as_posix(), label, names, findings))
    return ExchangeFile(names, tuple(frames), tuple(findings), described=_scheme_document(described, names))


def _scheme_document(described: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A scheme document of the set: its points, mirrored as ``flip_idx`` says where it is a mirror."""
    classes, flip = described.get("names"), described.get("flip_idx")
    thing = next(iter(classes.values() if isinstance(classes, dict) else classes), "") if classes else ""
    is_mirror = isinstance(flip, list) and sorted(map(str, flip)) == sorted(map(str, range(len(names))))
    mirror = [int(i) for i in flip] if is_mirror and isinstance(flip, list) else list(range(len(names)))
    good = all(mirror[mirror[i]] == i for i in range(len(names)))
    points = [{"name": name, "mirror": names[mirror[n]] if good else name} for n, name in enumerate(names)]
    title = str(thing) or "thing"
    head = {"id": f"{title}-{len(names)}", "title": f"{title}, {len(names)} points", "thing": title}
    return {**head, "instances": "many", "keypoints": points}


def _described(path: Path) -> dict[str, Any]:
    text = read_text(path)
    try:
        described = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FormatError(path, f"the file is damaged ({' '.join(str(error).split())[:160]})", _ADVICE) from error
    if not isinstance(described, dict):
        raise FormatError(path, "it describes no data set", _ADVICE)
    return described


def _names(path: Path, described: Mapping[str, Any], scheme: Scheme | None) -> tuple[str, ...]:
    shape = described.get("kpt_shape")
    if not (isinstance(shape, list) and len(shape) == 2 and all(type(n) is int for n in shape) and shape[0] > 0):
        raise FormatError(path, "its kpt_shape is not [points, 2 or 3]", _ADVICE)
    named = described.get("kpt_names")
    listed = next(iter(named.values()), None) if isinstance(named, dict) else None
    if isinstance(listed, list) and len(listed) == shape[0] and all(isinstance(name, str) for name in listed):
        return tuple(listed)
    if scheme is not None and len(scheme.keypoints) == shape[0]:
        return scheme.keypoints
    raise FormatError(path, f"it does not name its {shape[0]} points", "Add kpt_names to it.")


def _folders(path: Path, described: Mapping[str, Any]) -> list[Path]:
    base = path.parent
    root = described.get("path", ".")
    if isinstance(root, str) and (base / root).is_dir():
        base = base / root
    found = []
    for split in _SPLITS:
        named = described.get(split)
        for one in named if isinstance(named, list) else [named]:
            if isinstance(one, str) and (base / one).is_dir():
                found.append(base / one)
    if not found:
        raise FormatError(path, "none of the image folders that it names is there", "Put it beside them.")
    return list(dict.fromkeys(found))


def _read_frame(image: Path, name: str, label: Path, names: tuple[str, ...], findings: list[Finding]) -> ExchangeFrame:
    try:
        size = image_size(image)
    except MediaError as error:
        findings.append(Finding(image, "", error.reason))
        return ExchangeFrame(name)
    if not label.exists():
        return ExchangeFrame(name, size)
    try:
        lines = [line for line in read_text(label).splitlines() if line.strip()]
    except FormatError as error:
        findings.append(Finding(label, "", error.reason))
        return ExchangeFrame(name, size)
    instances = []
    for n, line in enumerate(lines, start=1):
        instance = _instance(line, names, size)
        if instance is None:
            findings.append(Finding(label, f"line {n}", "holds no usable object of these points"))
        else:
            instances.append(instance)
    return ExchangeFrame(name, size, tuple(instances))


def _instance(line: str, names: tuple[str, ...], size: tuple[int, int]) -> ExchangeInstance | None:
    try:
        values = [float(word) for word in line.split()]
    except ValueError:
        return None
    stride, rest = divmod(len(values) - 5, len(names))
    if rest or stride not in (2, 3) or not all(map(math.isfinite, values)):
        return None
    cx, cy, w, h = values[1] * size[0], values[2] * size[1], values[3] * size[0], values[4] * size[1]
    points: dict[str, LabelledPoint] = {}
    for k, name in enumerate(names):
        u, v, *seen = values[5 + stride * k : 5 + stride * (k + 1)]
        state = int(seen[0]) if seen and seen[0] in (0, 1, 2) else (2 if u or v else 0)
        if seen and seen[0] not in (0, 1, 2):
            return None
        if state:
            points[name] = (u * size[0] - HALF, v * size[1] - HALF, Visibility(state))
    return ExchangeInstance(points, {}, (cx - w / 2 - HALF, cy - h / 2 - HALF, cx + w / 2 - HALF, cy + h / 2 - HALF))
