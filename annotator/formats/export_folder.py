"""Folders that exports make: put in place whole or not at all, and replaced only where nothing else lies in them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from annotator.formats.documents import FormatError, write_document

MANIFEST = "touchline-export.json"
FORMAT, VERSION = "touchline-export", 2
PIXELS = "pixel (0, 0) is the centre of the top-left pixel"
_TRAINING_FILES = frozenset({"manifest.json", "samples.jsonl", "images"})
_CHOOSE = "Choose an empty or a new folder."


class ExportError(Exception):
    """An export that was not made; ``path``, ``reason`` and ``advice`` say it in a sentence."""

    def __init__(self, path: Path, reason: str, advice: str) -> None:
        super().__init__(f"{path}: {reason}. {advice}")
        self.path, self.reason, self.advice = path, reason, advice


def write_folder(
    folder: Path,
    fill: Callable[[Path], None],
    *,
    head: Callable[[], Mapping[str, Any]] | None,
    check: Callable[[Path], None] = lambda building: None,
) -> None:
    """Let ``fill`` make the content beside the folder and ``check`` look at it, then put it in place.

    An older export goes only afterwards. ``head`` gives what the manifest says beside the files and their digests,
    asked once everything is filled; None for content that has a manifest of its own.

    Raises
    ------
    ExportError, OSError
        If the disk refuses, or whatever ``fill`` and ``check`` raise; what was there before is untouched.
    """
    building = folder.with_name(f".{folder.name}.writing-{os.getpid()}")
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    try:
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        fill(building)
        check(building)
        if head is not None:
            files = {name: digest(building / name) for name in files_in(building)}
            about = {"format": FORMAT, "version": VERSION, "pixels": PIXELS, **head(), "files": files}
            write_document(building / MANIFEST, about)
        if folder.exists():
            folder.replace(old)
        try:
            building.replace(folder)
        except OSError:
            with suppress(OSError):
                old.replace(folder)
            raise
    except FormatError as error:
        raise ExportError(folder, error.reason, error.advice) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def files_in(folder: Path) -> list[str]:
    """The files below a folder, sorted, with forward slashes."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_foreign_training_set(folder: Path) -> None:
    """Refuse a folder that holds anything beside a training set, such as a network trained on it."""
    inside = {path.name for path in _content(folder)}
    strange = inside - _TRAINING_FILES
    if strange or (inside and "manifest.json" not in inside):
        raise _foreign(folder, min(strange or inside))


def refuse_foreign(folder: Path, kind: str) -> None:
    """Refuse a folder with anything in it that an export of this kind did not make."""
    if not _content(folder):
        return
    made = _made(folder, kind)
    try:
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    except OSError as error:
        raise ExportError(folder, f"the folder cannot be read ({error.strerror or error})", _CHOOSE) from error
    strange = files - made - {MANIFEST}
    if strange or not made:
        raise _foreign(folder, min(strange or files or {"a folder"}))


def _content(folder: Path) -> list[Path]:
    """What lies in a folder; nothing where there is none."""
    try:
        if not folder.exists():
            return []
        if not folder.is_dir():
            raise ExportError(folder, "this is a file", _CHOOSE)
        return list(folder.iterdir())
    except OSError as error:
        raise ExportError(folder, f"the folder cannot be read ({error.strerror or error})", _CHOOSE) from error


def _foreign(folder: Path, example: str) -> ExportError:
    return ExportError(folder, f"the folder holds other files, such as {example}", _CHOOSE)


def _made(folder: Path, kind: str) -> set[str]:
    """The files that the manifest in a folder says an export of this kind made; none without such a manifest."""
    try:
        head = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    if not isinstance(head, dict) or (head.get("format"), head.get("kind")) != (FORMAT, kind):
        return set()
    files = head.get("files")
    return {name for name in files if isinstance(name, str)} if isinstance(files, list | dict) else set()
