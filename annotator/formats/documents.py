"""Documents of other programs: read with a finding for every value that cannot be used, written whole."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class FormatError(Exception):
    """A file that is not of its format at all; ``path``, ``reason`` and ``advice`` say it in a sentence."""

    def __init__(self, path: Path, reason: str, advice: str) -> None:
        super().__init__(f"{path}: {reason}. {advice}")
        self.path, self.reason, self.advice = path, reason, advice


@dataclass(frozen=True)
class Finding:
    """Something in a file that was left out while the rest was used."""

    path: Path
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.key!r} {self.reason}" if self.key else f"{self.path}: {self.reason}"


def read_json(path: Path) -> Any:
    """The JSON value in a file.

    Raises
    ------
    FormatError
        If it cannot be read, or is damaged or half written.
    """
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise FormatError(path, f"the file cannot be read ({error.strerror or error})", "Check the file.") from error
    except (ValueError, RecursionError) as error:
        raise FormatError(path, f"the file is damaged ({error})", "Copy it again or leave it out.") from error


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises
    ------
    FormatError
        As `read_json`, or if the file holds something else than an object.
    """
    value = read_json(path)
    if not isinstance(value, dict):
        reason = f"the file holds {'a list' if isinstance(value, list) else 'a single value'}, not an object"
        raise FormatError(path, reason, "Choose another file.")
    return value


def number(value: Any) -> float | None:
    """A finite number, or None for anything else; true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def text_of(document: Any) -> str:
    """The same JSON text for the same document, UTF-8, ending in a line break; ValueError for what is no number."""
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def listed_text(document: Mapping[str, Any]) -> str:
    """As `text_of`, in a tenth of the time for long documents: a line for every entry, and for each of a long list."""

    def short(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    entries = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            listed = ",\n  ".join(short(item) for item in value)
            entries.append(f" {short(str(key))}: [\n  {listed}\n ]")
        else:
            entries.append(f" {short(str(key))}: {short(value)}")
    return "{\n" + ",\n".join(entries) + "\n}\n" if entries else "{}\n"


def write_document(path: Path, document: Any) -> None:
    """Write JSON, whole or not at all.

    Raises
    ------
    FormatError
        If the file cannot be written; what was there before is untouched.
    """
    write_text(path, text_of(document))


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with plain line breaks, whole or not at all.

    Raises
    ------
    FormatError
        If the file cannot be written; what was there before is untouched.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:80]}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
        reason = f"the file cannot be written ({error.strerror or error})"
        raise FormatError(path, reason, "Check the folder and the space on the disk.") from error


def read_text(path: Path) -> str:
    """The text of a UTF-8 file.

    Raises
    ------
    FormatError
        If it cannot be read or is no UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FormatError(path, f"the file cannot be read ({error.strerror or error})", "Check the file.") from error
    except UnicodeDecodeError as error:
        raise FormatError(path, f"the file is no UTF-8 text ({error})", "Save it as UTF-8.") from error
