"""Label files that lie in a folder of frames, told by their names and how they begin."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from annotator.label_files import MANIFEST

__all__ = ["labels_beside"]

_BEGINNINGS = {
    ".json": (b'"images"', b'"annotations"', b'"categories"', b'"licenses"', b'"joints"'),
    ".csv": (b"scorer",),
    ".xml": (b"<annotations",),
}
_LOOKED_INTO = 4_000
_LOOKED_AT = 2_000


def labels_beside(paths: Sequence[Path]) -> tuple[Path, ...]:
    """What of the content of these folders an import would read: a training set, a YOLO-pose set, or single files.

    Only names and beginnings are looked at, and no folder below. Nothing where the disk refuses.
    """
    found: list[Path] = []
    for folder in paths:
        try:
            if not folder.is_dir():
                continue
            whole = any((folder / name).is_file() for name in (MANIFEST, "data.yaml"))
            inside = [] if whole else sorted(islice(folder.iterdir(), _LOOKED_AT))
            found += [folder] if whole else [path for path in inside if _holds_labels(path)]
        except OSError:
            continue
    return tuple(found)


def _holds_labels(path: Path) -> bool:
    words = _BEGINNINGS.get(path.suffix.lower())
    if words is None or path.name.startswith(".") or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_LOOKED_INTO)
    return any(word in head for word in words)
