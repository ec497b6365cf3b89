"""Label files that lie in a folder of frames, told by their names and how they begin."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from annotator.label_files import MANIFEST

__all__ = ["labels_beside", "named_by"]

_BEGINNINGS = {
    ".json": (b'"images"', b'"annotations"', b'"categories"', b'"licenses"', b'"joints"'),
    ".csv": (b"scorer",),
    ".xml": (b"<annotations",),
}
_WHOLE = (MANIFEST, "data.yaml")
"""What makes a folder a set of labels as a whole: of this program, of YOLO-pose."""
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
            whole = any((folder / name).is_file() for name in _WHOLE)
            inside = [] if whole else sorted(islice(folder.iterdir(), _LOOKED_AT))
            found += [folder] if whole else [path for path in inside if _holds_labels(path)]
        except OSError:
            continue
    return tuple(found)


def named_by(path: Path) -> str:
    """The name of a file of labels; of a folder that is a set as a whole, of the file that says so."""
    return next((name for name in _WHOLE if (path / name).is_file()), path.name)


def _holds_labels(path: Path) -> bool:
    words = _BEGINNINGS.get(path.suffix.lower())
    if words is None or path.name.startswith(".") or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(_LOOKED_INTO)
    return any(word in head for word in words)
